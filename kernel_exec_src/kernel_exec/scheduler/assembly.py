"""Makes the state of a run from a program: cells, bound handlers, and what moves them.

Stands between `program` and `scheduler`; linear in nodes and edges.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from kernel_exec.context import RunState
from kernel_exec.offload import Workers
from kernel_exec.payloads import copy_payload
from kernel_exec.program import LONGEST_SEGMENT, NodePlan, Program
from kernel_exec.scheduler.cells import Edge, Node, Segment, Weights
from kernel_exec.scheduler.scheduler import Scheduler
from kernel_exec.scheduler.touring import Tour

if TYPE_CHECKING:
    from kernel_exec.metrics import Meter
    from kernel_exec.scheduler.observation import Observer
    from kernel_exec.spill import SpillStore
    from kernel_exec.surfaces import Gate


class Host(Struct, frozen=True, eq=False):
    """What the host of a run binds and bounds, the same for all runs of an executor. Limits are in bytes."""

    workers: Workers = field(default_factory=Workers)
    spill_stores: Mapping[str, SpillStore] = field(default_factory=dict)
    spill_limit: int | None = None
    queue_limit: int | None = None
    isolated: bool = True
    """Every branch of a fan-out gets a payload of its own."""
    meter: Meter | None = None
    """Reports metrics, if a sink is bound."""
    check_ownership: bool = False

    @property
    def observes(self) -> bool:
        """Whether every invocation is watched."""
        return self.meter is not None or self.check_ownership


def assemble(program: Program, run: RunState, host: Host) -> Scheduler:
    """Return a scheduler for one run of `program` on the running loop, with nothing in it yet."""
    capacities = program.capacities
    copy = copy_payload if host.isolated else _share
    scheduler = Scheduler(asyncio.get_running_loop(), capacities.capture, run, copy)
    scheduler.stores = host.spill_stores
    scheduler.spill_limit = host.spill_limit
    scheduler.traced = program.traced
    scheduler.lingers = host.observes or any(
        edge.tier is not None or edge.timeout is not None for edge in program.edges
    )
    if host.queue_limit is not None:
        scheduler.weights = scheduler.outlet.weights = Weights(host.queue_limit)
    if host.observes:
        scheduler.observer = scheduler.outlet.observer = _make_observer(program, host)
    nodes = [_make_node(plan) for plan in program.nodes]
    edges = [_make_edge(program, at, nodes, observed=host.observes) for at in range(len(program.edges))]
    weighed = host.queue_limit is not None
    tours = not (scheduler.traced or scheduler.lingers)
    # Where queues are weighed, what goes from node to node is too, so every node stands alone.
    rows = {} if weighed else {row[0]: row for row in program.rows}
    within = {at for row in rows.values() for at in row[1:]}
    for at, node in enumerate(nodes):
        scheduler.nodes[node.alias] = node
        if at not in within:
            row = [program.nodes[one] for one in rows.get(at, (at,))]
            _connect(node, row[-1], edges, traced=program.traced, weighed=weighed)
            _bind(node, row, host.workers, scheduler)
            tours = tours and node.plain and node.awaited and not node.ahead
    segments = [
        _join(tuple([nodes[at] for at in line])) for line in program.segments if line[0] not in within
    ]
    for segment in segments:
        segment.nodes[0].line = _line(segment)
    for at in program.entrances:
        entrance = Edge(nodes[at].alias, nodes[at], capacities.trigger)
        scheduler.entrances[nodes[at].alias] = entrance
    scheduler.tours = _make_tours(scheduler, edges) if tours else {}
    return scheduler


def _make_node(plan: NodePlan) -> Node:
    node = Node(plan.alias, plan.manner)
    node.halts = plan.spec.halts
    node.plain = plan.plain
    return node


def _make_observer(program: Program, host: Host) -> Observer:
    from kernel_exec.scheduler.observation import Observer  # most runs are not watched

    flow = program.flow
    instruments = None if host.meter is None else host.meter.for_run(flow.name, flow.profile)
    capture = program.nodes[program.capture].alias
    return Observer(capture, instruments, check_ownership=host.check_ownership)


def _make_edge(program: Program, at: int, nodes: list[Node], *, observed: bool) -> Edge:
    plan = program.edges[at]
    edge = Edge(plan.label, nodes[plan.target], plan.capacity)
    edge.timeout = plan.timeout
    edge.tier = plan.tier
    edge.threshold = plan.threshold
    edge.wrapped = plan.wraps or observed
    return edge


def _connect(node: Node, plan: NodePlan, edges: list[Edge], *, traced: bool, weighed: bool) -> None:
    """Lead what `node` returns where `plan` says: its own, or that of the last of the row it heads."""
    routes = tuple(edges[at] for at in plan.routes)
    node.captures = plan.captures
    node.routes = routes
    node.emits = plan.plain and plan.captures and not routes
    node.spills = any(edge.tier is not None for edge in routes)
    if plan.gates:
        node.gate = _gate(routes, plan.gates)
    elif len(routes) == 1 and not (plan.captures or routes[0].wrapped):
        node.onward = routes[0].target
        node.way = None if weighed else routes[0]
    if traced and len(routes) + plan.captures > 1:
        for number, edge in enumerate(routes, start=1):
            edge.branch = number


def _bind(node: Node, row: Sequence[NodePlan], workers: Workers, scheduler: Scheduler) -> None:
    """Say how `node` is called: by the handler of its plan, or by those of all nodes of the row it heads."""
    if row[0].spec.wants_context:  # then it is a row of one
        node.contextual = scheduler.contextual = True
    calls = [(plan.spec, plan.alias, plan.spec.bind(node)) for plan in row]
    # What waits is worked ahead on, unless every invocation has to see its own context.
    placed = workers.place(calls, ahead=node.plain)
    node.call, node.inbox, node.ahead = placed.call, placed.inbox, placed.ahead
    if placed.abandon is not None:
        scheduler.abandons.append(placed.abandon)


def _join(nodes: tuple[Node, ...]) -> Segment:
    segment = Segment(nodes)
    for node in nodes:
        node.segment = segment
        node.inner = node is not nodes[0]
    return segment


def _make_tours(scheduler: Scheduler, edges: list[Edge]) -> dict[str, Tour]:
    for way in (*edges, *scheduler.entrances.values()):
        way.line = way.target.line or way.target.segment
    return {alias: Tour(way, scheduler.outlet.capacity) for alias, way in scheduler.entrances.items()}


def _line(segment: Segment) -> Segment | None:
    """Return the line that begins with a segment, if it pays to run it as a whole."""
    last, merge = segment.last, segment.last.onward
    short = segment if segment.hops > 1 or last.emits else None
    if merge and merge.plain and last.plain and merge.manner is last.manner:
        nodes = segment.nodes + merge.segment.nodes
        # A handler that leaves the loop, and is worked ahead on, suspends whoever calls it.
        if not (last.ahead or merge.ahead) and len(nodes) <= LONGEST_SEGMENT:
            return Segment(nodes, merge, short)
    return short


def _gate(routes: tuple[Edge, ...], gates: tuple[Gate, ...]) -> Callable[[Any], tuple[Edge, ...]]:
    """Return what chooses the routes: each gate closes the ways it names, but for the one it chooses.

    Which routes are open depends on the choices alone, so each combination is worked out once.
    """
    from kernel_exec.payloads import json_form  # only gates look into payloads

    named = [{target for _, target in gate.edges()} for gate in gates]
    known: dict[tuple[str | None, ...], tuple[Edge, ...]] = {}

    def choose(payload: Any) -> tuple[Edge, ...]:
        choice = tuple([gate.choose(payload, json_form) for gate in gates])
        open_routes = known.get(choice)
        if open_routes is None:
            closed = {
                alias for names, chosen in zip(named, choice, strict=True) for alias in names - {chosen}
            }
            open_routes = known[choice] = tuple(edge for edge in routes if edge.target.alias not in closed)
        return open_routes

    return choose


def _share(payload: Any) -> Any:
    return payload
