"""Random graphs against a plain interpreter: nothing lost, doubled, reordered or run twice at once."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metrics_sink import Sink
from small_flows import Handler, Marked, Small, inline, small, soon

from kernel_exec import SKIP, FlowExecutor, FlowInstance, NodeFailed
from kernel_exec.flow_ir import BufferPolicy
from kernel_exec.spill import MemoryStore

KINDS = ["at once", "suspends", "pauses", "plain", "inline"]


class Shape(NamedTuple):
    """A random graph: the edges of `n0 … n<size - 1>` lead from lower to higher numbers."""

    size: int
    edges: tuple[tuple[int, int], ...]
    kinds: tuple[str, ...]
    switch: int | None
    spills: frozenset[tuple[int, int]]
    edge_capacity: int
    capture_capacity: int
    queue_limit: int | None


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    size = draw(st.integers(2, 9))
    pairs = [(source, target) for target in range(1, size) for source in range(target)]
    edges = draw(st.lists(st.sampled_from(pairs), min_size=size - 1, max_size=2 * size))
    branching = [number for number in range(size) if sum(source == number for source, _ in edges) > 1]
    return Shape(
        size,
        tuple(edges),
        tuple(draw(st.lists(st.sampled_from(KINDS), min_size=size, max_size=size))),
        draw(st.none() | st.sampled_from(branching)) if branching else None,
        frozenset(draw(st.lists(st.sampled_from(edges), max_size=2))),
        draw(st.integers(1, 4)),
        draw(st.integers(1, 6)),
        draw(st.none() | st.just(12_000)),
    )


class Log:
    """What the nodes did: which messages came to each, and how many were inside at once."""

    def __init__(self) -> None:
        self.came: dict[int, list[tuple[int, ...]]] = defaultdict(list)
        self.inside: Counter[int] = Counter()
        self.most_inside = 0
        self.refused: tuple[int, int] | None = None
        """A node, and the number of the messages that it raises for."""

    def enter(self, node: int, path: list[int]) -> None:
        self.came[node].append(tuple(path))
        if self.refused == (node, path[0]):
            raise LookupError(path)
        self.inside[node] += 1
        self.most_inside = max(self.most_inside, self.inside[node])

    def leave(self, node: int) -> None:
        self.inside[node] -= 1


def passes(node: int, path: list[int]) -> bool:
    """Tell whether a node sends a message on: every seventh ends at a node by SKIP."""
    return (sum(path) + node) % 7 != 3


def chosen(shape: Shape, path: list[int]) -> str:
    """Return the target that the switch chooses for a message, as its alias."""
    targets = [target for source, target in shape.edges if source == shape.switch]
    return f"n{targets[sum(path) % len(targets)]}"


class Expected(NamedTuple):
    """What `capture` gives, and how many messages come to every node and pass every queue."""

    results: Counter[tuple[int, ...]]
    invocations: Counter[str]
    queued: Counter[str]


def expected(shape: Shape, triggers: list[int], capture: int) -> Expected:
    """Work out what comes of a run, one message after the other, with no scheduler at all."""
    all_of_it = Expected(Counter(), Counter(), Counter())
    results, invocations, queued = all_of_it

    def visit(node: int, path: list[int]) -> None:
        invocations[f"n{node}"] += 1
        if not passes(node, path):
            return
        on = [*path, node]
        if node == capture:
            results[tuple(on)] += 1
            queued[f"capture::n{node}"] += 1
        for source, target in shape.edges:
            if source == node and (shape.switch != node or f"n{target}" == chosen(shape, on)):
                queued[f"n{source}->n{target}"] += 1
                visit(target, on)

    for number, trigger in enumerate(triggers):
        visit(trigger, [number])
    return all_of_it


def handler_of(shape: Shape, node: int, log: Log) -> Handler | Marked:
    kind = shape.kinds[node]

    def work(message: dict[str, Any]) -> Any:
        path = message["path"]
        if not passes(node, path):
            return SKIP
        path.append(node)  # every branch owns its payload, or this would be seen by others
        message["to"] = chosen(shape, path) if shape.switch == node else ""
        return message

    async def suspend(message: dict[str, Any]) -> Any:
        log.enter(node, message["path"])
        if kind == "suspends":
            await asyncio.sleep(0)
        elif kind == "pauses":
            await asyncio.sleep(0.0001)
        log.leave(node)
        return work(message)

    def plain(message: dict[str, Any]) -> Any:
        log.enter(node, message["path"])
        log.leave(node)
        return work(message)

    return {"plain": plain, "inline": inline(plain)}.get(kind, suspend)


def flow_of(shape: Shape, log: Log) -> Small:
    names = [f"n{number}" for number in range(shape.size)]
    lines = [*names, *(f"n{source}>n{target}" for source, target in shape.edges)]
    spilling = BufferPolicy(max_items=1, spill_tier="shelf", spill_threshold_bytes=None)

    def build(builder: Any) -> None:
        if shape.switch is not None:
            targets = {f"n{target}" for source, target in shape.edges if source == shape.switch}
            builder.switch("s", f"n{shape.switch}", "/to", {target: target for target in sorted(targets)})

    return small(
        ", ".join(lines),
        {name: handler_of(shape, number, log) for number, name in enumerate(names)},
        edges={f"n{source}>n{target}": {"buffer": spilling} for source, target in shape.spills},
        build=build,
    )


def executor_of(shape: Shape, flow: Small, store: MemoryStore, sink: Sink | None = None) -> FlowExecutor:
    return flow.executor(
        edge_capacity=shape.edge_capacity,
        capture_capacity=shape.capture_capacity,
        trigger_capacity=2,
        queue_limit_bytes=shape.queue_limit,
        spill_stores={"shelf": store},
        metrics=sink,
    )


async def run(
    shape: Shape, executor: FlowExecutor, flow: Small, triggers: list[int], capture: int
) -> list[Any]:
    async with executor.instantiate(flow.plan, capture=f"n{capture}") as instance:
        producer = asyncio.create_task(produce(instance, triggers))
        results = [tuple(result.value["path"]) async for result in instance]  # type: ignore[union-attr]  # a Value
        await producer
        scheduler = instance.scheduler
        assert scheduler.permits.free == shape.capture_capacity
        assert scheduler.weights is None or scheduler.weights.held == 0
        return results


async def produce(instance: FlowInstance, triggers: list[int]) -> None:
    for number, trigger in enumerate(triggers):
        await instance.send(f"n{trigger}", {"path": [number], "to": ""})
    instance.finish()


def in_order(came: list[tuple[int, ...]]) -> Iterator[list[int]]:
    """Yield, for every way by which messages came to a node, the numbers of these messages."""
    ways: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, *way in came:
        ways[tuple(way)].append(number)
    yield from ways.values()


def of_each(name: str, counts: Counter[tuple[str, ...]]) -> Counter[str]:
    """Return the counts of one instrument by its node or edge, which is the last of its labels."""
    totals = Counter[str]()
    for (instrument, *labels), count in counts.items():
        if instrument == name:
            totals[labels[-1]] += count
    return totals


def entries_of(shape: Shape) -> list[int]:
    return sorted(set(range(shape.size)) - {target for _, target in shape.edges})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shape=shapes(), data=st.data())
def test_a_random_graph_gives_what_a_plain_interpreter_gives(shape: Shape, data: st.DataObject) -> None:
    triggers = data.draw(st.lists(st.sampled_from(entries_of(shape)), max_size=25))
    capture = data.draw(st.integers(0, shape.size - 1))
    log = Log()
    store = MemoryStore()
    flow = flow_of(shape, log)
    results = asyncio.run(soon(run(shape, executor_of(shape, flow, store), flow, triggers, capture), 20))
    assert Counter(results) == expected(shape, triggers, capture).results
    assert log.most_inside <= 1
    assert not store.objects
    # Messages that came by the same way from the same trigger came in the order in which they were sent.
    if len(set(shape.edges)) == len(shape.edges):
        for came in log.came.values():
            assert all(numbers == sorted(numbers) for numbers in in_order(came))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shape=shapes(), data=st.data())
def test_the_metrics_of_a_random_graph_are_exact(shape: Shape, data: st.DataObject) -> None:
    triggers = data.draw(st.lists(st.sampled_from(entries_of(shape)), max_size=15))
    capture = data.draw(st.integers(0, shape.size - 1))
    sink = Sink()
    flow = flow_of(shape, Log())
    executor = executor_of(shape, flow, MemoryStore(), sink)
    asyncio.run(soon(run(shape, executor, flow, triggers, capture), 20))
    truth = expected(shape, triggers, capture)
    assert of_each("node_latency_ms", sink.observed) == truth.invocations
    assert of_each("active_nodes", sink.rises) == truth.invocations
    assert of_each("queue_depth", sink.rises) == truth.queued
    assert not any(sink.gauges.values())
    assert not sink.counters


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shape=shapes(), data=st.data())
def test_the_metrics_of_a_random_graph_that_fails_are_exact(shape: Shape, data: st.DataObject) -> None:
    triggers = data.draw(st.lists(st.sampled_from(entries_of(shape)), min_size=1, max_size=15))
    capture = data.draw(st.integers(0, shape.size - 1))
    log, sink = Log(), Sink()
    log.refused = data.draw(st.integers(0, shape.size - 1)), data.draw(st.integers(0, len(triggers) - 1))
    flow = flow_of(shape, log)
    executor = executor_of(shape, flow, MemoryStore(), sink)
    failure: NodeFailed | None = None
    try:
        asyncio.run(soon(run(shape, executor, flow, triggers, capture), 20))
    except NodeFailed as error:
        failure = error
    errors = {} if failure is None else {("node_errors_total", "LookupError", failure.alias): 1}
    cancelled = of_each("cancellations_total", sink.counters)
    assert errors == {key: count for key, count in sink.counters.items() if key[0] == "node_errors_total"}
    begun = of_each("active_nodes", sink.rises)
    assert of_each("node_latency_ms", sink.observed) + cancelled == begun
    for node, came in log.came.items():
        assert begun[f"n{node}"] >= len(came)
        if shape.kinds[node] != "plain":  # which may have begun, and not yet be where it runs
            assert begun[f"n{node}"] == len(came)
    assert not any(sink.gauges.values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("limit", [None, 6_000])
def test_a_wide_and_deep_graph_gives_the_same_whatever_its_handlers_do(kind: str, limit: int | None) -> None:
    edges = tuple(
        (source, target) for source in range(8) for target in range(source + 1, 9) if (source + target) % 2
    )
    shape = Shape(9, edges, (kind,) * 9, None, frozenset(), 1, 3, limit)
    log = Log()
    flow = flow_of(shape, log)
    executor = executor_of(shape, flow, MemoryStore())
    results = asyncio.run(soon(run(shape, executor, flow, [0] * 20, 8), 30))
    assert Counter(results) == expected(shape, [0] * 20, 8).results
    assert log.most_inside <= 1
