"""Random graphs against a plain interpreter: nothing lost, doubled, reordered or run twice at once."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_flows import Handler, Marked, Small, inline, small, soon

from kernel_exec import SKIP, FlowInstance
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

    def enter(self, node: int, path: list[int]) -> None:
        self.came[node].append(tuple(path))
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


def expected(shape: Shape, triggers: list[int], capture: int) -> Counter[tuple[int, ...]]:
    """Work out what `capture` gives, one message after the other, with no scheduler at all."""
    results: Counter[tuple[int, ...]] = Counter()

    def visit(node: int, path: list[int]) -> None:
        if not passes(node, path):
            return
        on = [*path, node]
        if node == capture:
            results[tuple(on)] += 1
        for source, target in shape.edges:
            if source == node and (shape.switch != node or f"n{target}" == chosen(shape, on)):
                visit(target, on)

    for number, trigger in enumerate(triggers):
        visit(trigger, [number])
    return results


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


async def run(shape: Shape, flow: Small, triggers: list[int], capture: int, store: MemoryStore) -> list[Any]:
    executor = flow.executor(
        edge_capacity=shape.edge_capacity,
        capture_capacity=shape.capture_capacity,
        trigger_capacity=2,
        queue_limit_bytes=shape.queue_limit,
        spill_stores={"shelf": store},
    )
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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shape=shapes(), data=st.data())
def test_a_random_graph_gives_what_a_plain_interpreter_gives(shape: Shape, data: st.DataObject) -> None:
    entries = sorted(set(range(shape.size)) - {target for _, target in shape.edges})
    triggers = data.draw(st.lists(st.sampled_from(entries), max_size=25))
    capture = data.draw(st.integers(0, shape.size - 1))
    log = Log()
    store = MemoryStore()
    flow = flow_of(shape, log)
    results = asyncio.run(soon(run(shape, flow, triggers, capture, store), 20))
    assert Counter(results) == expected(shape, triggers, capture)
    assert log.most_inside <= 1
    assert not store.objects
    # Messages that came by the same way from the same trigger came in the order in which they were sent.
    if len(set(shape.edges)) == len(shape.edges):
        for came in log.came.values():
            assert all(numbers == sorted(numbers) for numbers in in_order(came))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("limit", [None, 6_000])
def test_a_wide_and_deep_graph_gives_the_same_whatever_its_handlers_do(kind: str, limit: int | None) -> None:
    edges = tuple(
        (source, target) for source in range(8) for target in range(source + 1, 9) if (source + target) % 2
    )
    shape = Shape(9, edges, (kind,) * 9, None, frozenset(), 1, 3, limit)
    log = Log()
    results = asyncio.run(soon(run(shape, flow_of(shape, log), [0] * 20, 8, MemoryStore()), 30))
    assert Counter(results) == expected(shape, [0] * 20, 8)
    assert log.most_inside <= 1
