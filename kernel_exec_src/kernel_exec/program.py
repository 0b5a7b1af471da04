"""Compiles a validated flow, a registry and a capture node into the static graph that the scheduler walks.

Stands between `validation`, `registry` and the `scheduler`: everything that can be known before a message
moves is settled here once, and a program serves any number of runs. All of it is linear in nodes and edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from kernel_exec._profile import THREADS
from kernel_exec.errors import NodeMismatch, UnknownCapture, UnregisteredNode
from kernel_exec.flow_ir import EdgeIR, FlowIR, NodeIR
from kernel_exec.offload import leaves_the_loop  # profilec: only THREADS
from kernel_exec.registry import NodeRegistry, NodeSpec
from kernel_exec.runtime import seconds_of
from kernel_exec.validation import ValidatedFlow

if TYPE_CHECKING:
    from kernel_exec.surfaces import Gate

LONGEST_SEGMENT = 100
"""Nodes of a line after which a new segment begins, so that a slice of the loop's time is looked at in
between."""


class Manner(Enum):
    """How a handler is invoked."""

    AWAITED = "awaited"
    CALLED = "called"
    STREAMED = "streamed"


class Capacities(Struct, frozen=True):
    """How many messages an edge, an entrance and the capture queue hold; at least one each."""

    edge: int = 32
    trigger: int = 8
    capture: int = 8


class NodePlan(Struct, frozen=True, eq=False):
    """A node: what runs it and where its output goes.

    `routes` are edges by index, in the order of the document.
    """

    alias: str
    spec: NodeSpec
    manner: Manner
    captures: bool
    routes: tuple[int, ...]
    gates: tuple[Gate, ...]
    plain: bool
    """Awaiting or calling the handler is all there is to an invocation."""


class EdgePlan(Struct, frozen=True, eq=False):
    """An edge between two nodes, by index. `timeout` is in seconds, `threshold` in bytes."""

    label: str
    source: int
    target: int
    capacity: int
    timeout: float | None
    tier: str | None
    threshold: int | None

    @property
    def wraps(self) -> bool:
        """Whether every message of it is timed or measured, so that none is handed over directly."""
        return self.timeout is not None or self.threshold is not None


class Program(Struct, frozen=True, eq=False):
    """The static graph of a flow captured at one node."""

    flow: FlowIR
    capture: int
    capacities: Capacities
    nodes: tuple[NodePlan, ...]
    edges: tuple[EdgePlan, ...]
    entrances: tuple[int, ...]
    """The nodes without inbound edges, whatever their kind: those that can be sent to."""
    segments: tuple[tuple[int, ...], ...]
    """Maximal lines of plain nodes that one driver may run without bookkeeping; every node is in exactly
    one."""
    rows: tuple[tuple[int, ...], ...]
    """Two and more nodes each, whose handlers leave the loop and that nobody looks in between: messages go
    in at the first and come out of the last, and what happens between is `offload`'s."""
    traced: bool
    """A handler can ask which message it works on, so messages are named."""


def compile_program(
    plan: ValidatedFlow,
    registry: NodeRegistry,
    capture: str,
    capacities: Capacities,
    *,
    observed: bool = False,
) -> Program:
    """Return the program of `plan`.

    Args:
        plan: what `validate` gave.
        registry: the handlers that its nodes name.
        capture: the alias of the node whose results leave the run.
        capacities: what edges without `max_items`, entrances and the capture queue hold.
        observed: somebody watches every invocation (metrics, checks, checkpoints), so no node is plain.

    Raises:
        UnknownCapture: the flow has no node of that alias.
        UnregisteredNode: an identifier has no handler.
        NodeMismatch: flow and registration contradict each other on whether a node halts, or a node streams
        where no stream can go.
        TypeError: a handler's annotation cannot be resolved.
    """
    if capture not in plan.nodes:
        raise UnknownCapture(f"flow {plan.flow.name!r} has no node {capture!r} to capture", alias=capture)
    index = {alias: at for at, alias in enumerate(plan.nodes)}
    edges: list[EdgePlan] = []
    nodes: list[NodePlan] = []
    for alias, node in plan.nodes.items():
        routes = []
        for edge in plan.out_edges[alias]:
            routes.append(len(edges))
            edges.append(_plan_edge(edge, index, capacities))
        spec = _specify(node, registry)
        captures = alias == capture
        _check_stream(node, spec, captures=captures, forwards=bool(routes))
        manner = _manner(spec)
        timed = any(edge.timeout_ms is not None for edge in plan.in_edges[alias])
        plain = not (observed or timed or spec.stream or spec.halts or spec.wants_context)
        nodes.append(NodePlan(alias, spec, manner, captures, tuple(routes), plan.gates.get(alias, ()), plain))
    inbound = {index[alias]: len(found) for alias, found in plan.in_edges.items()}
    return Program(
        flow=plan.flow,
        capture=index[capture],
        capacities=capacities,
        nodes=tuple(nodes),
        edges=tuple(edges),
        entrances=tuple(at for at, found in inbound.items() if not found),
        segments=_segments(nodes, edges, inbound),
        rows=_rows(nodes, edges, inbound, capacities) if THREADS else (),
        traced=observed or any(node.spec.wants_context for node in nodes),
    )


def _plan_edge(edge: EdgeIR, index: Mapping[str, int], capacities: Capacities) -> EdgePlan:
    buffer = edge.buffer
    return EdgePlan(
        label=edge.label,
        source=index[edge.from_],
        target=index[edge.to],
        capacity=capacities.edge if buffer.max_items is None else buffer.max_items,
        timeout=None if edge.timeout_ms is None else seconds_of(edge.timeout_ms),
        tier=buffer.spill_tier,
        threshold=None if buffer.spill_tier is None else buffer.spill_threshold_bytes,
    )


def _specify(node: NodeIR, registry: NodeRegistry) -> NodeSpec:
    if node.identifier not in registry:
        raise UnregisteredNode(
            f"node {node.alias!r} needs a handler for {node.identifier!r}: "
            f"register one with @registry.node({node.identifier!r})",
            identifier=node.identifier,
            alias=node.alias,
        )
    spec = registry.get(node.identifier)
    if spec.halts != node.durability.halts:
        says = "halts, and its handler is registered without halts=True"
        if spec.halts:
            says = "does not halt, and its handler is registered with halts=True"
        raise NodeMismatch(
            f"the flow says that node {node.alias!r} {says}", alias=node.alias, identifier=node.identifier
        )
    return spec


def _check_stream(node: NodeIR, spec: NodeSpec, *, captures: bool, forwards: bool) -> None:
    """Refuse a stream that cannot leave the run: not on the capture node, or with edges out of it."""
    if not spec.stream or (captures and not forwards):
        return
    why = "has outgoing edges" if captures else "is not the capture node"
    raise NodeMismatch(
        f"the handler of node {node.alias!r} streams, and the node {why}: only results of the run can stream",
        alias=node.alias,
        identifier=node.identifier,
    )


def _manner(spec: NodeSpec) -> Manner:
    if spec.stream:
        return Manner.STREAMED
    return Manner.AWAITED if spec.is_async or (THREADS and leaves_the_loop(spec)) else Manner.CALLED


def _segments(
    nodes: list[NodePlan], edges: list[EdgePlan], inbound: Mapping[int, int]
) -> tuple[tuple[int, ...], ...]:
    """Partition the nodes into lines: each leads to the next alone, and feeds it alone.

    A line is of one manner, so that its handlers are called in one loop: `a -> b -> c`, c captured, is one
    line. A handler that leaves the loop suspends whoever calls it, so it is a line of its own.
    """
    following = {
        at: edge.target
        for at, edge in _only_ways(nodes, edges, inbound)
        if nodes[at].manner is nodes[edge.target].manner
        and not (THREADS and (leaves_the_loop(nodes[at].spec) or leaves_the_loop(nodes[edge.target].spec)))
    }
    segments: list[tuple[int, ...]] = []
    for line in _lines(following, range(len(nodes))):
        segments.extend(
            tuple(line[cut : cut + LONGEST_SEGMENT]) for cut in range(0, len(line), LONGEST_SEGMENT)
        )
    return tuple(segments)


def _rows(
    nodes: list[NodePlan], edges: list[EdgePlan], inbound: Mapping[int, int], capacities: Capacities
) -> tuple[tuple[int, ...], ...]:
    """Find the rows of handlers that leave the loop, each leading to the next alone.

    An edge whose bound or tier the flow states stays an edge that messages wait on. And a row is not longer
    than the messages that can be in it, one and those in its inbox: else its handlers could not all be at
    work at a time.
    """
    following = {
        at: edge.target
        for at, edge in _only_ways(nodes, edges, inbound)
        if leaves_the_loop(nodes[at].spec)
        and leaves_the_loop(nodes[edge.target].spec)
        and edge.tier is None
        and edge.capacity == capacities.edge
    }
    if not following:
        return ()
    holds: dict[int, int] = {}
    if capacities.trigger + 1 < capacities.capture:  # else the permits bound what is sent before an entrance
        holds = {at: capacities.trigger for at, found in inbound.items() if not found}
    for edge in edges:
        # What is spilled comes back only when its turn comes.
        capacity = 0 if edge.tier is not None else edge.capacity
        holds[edge.target] = min(capacity, holds.get(edge.target, capacity))
    rows: list[tuple[int, ...]] = []
    for line in _lines(following, following):
        while len(line) > 1:
            longest = holds.get(line[0], len(line)) + 1
            row, line = line[:longest], line[longest:]
            if len(row) > 1:
                rows.append(tuple(row))
    return tuple(rows)


def _only_ways(
    nodes: list[NodePlan], edges: list[EdgePlan], inbound: Mapping[int, int]
) -> Iterator[tuple[int, EdgePlan]]:
    """Yield the edges that are the only way out of a plain node and into another, and their sources.

    What passes there, nobody chooses, measures or captures.
    """
    for at, node in enumerate(nodes):
        if not node.plain or node.captures or node.gates or len(node.routes) != 1:
            continue
        edge = edges[node.routes[0]]
        if inbound[edge.target] == 1 and nodes[edge.target].plain and not edge.wraps:
            yield at, edge


def _lines(following: Mapping[int, int], starts: Iterable[int]) -> Iterator[list[int]]:
    """Yield each start that follows no other, with all that follow it."""
    inner = set(following.values())
    for at in starts:
        if at not in inner:
            line = [at]
            while line[-1] in following:
                line.append(following[line[-1]])
            yield line
