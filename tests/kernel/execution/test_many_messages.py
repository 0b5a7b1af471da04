"""A run that many messages have gone through at once, when one of them does something else."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextvars import ContextVar
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from small_flows import Small, collect, small, soon, turns

from kernel_exec import SKIP, NodeFailed, QueueLimitExceeded, Result, Value
from kernel_exec.many import run_many

QUICK = 60
"""Messages after which a run takes its handlers to be quick."""

SURPRISES = ["suspends", "pauses", "works", "sleeps", "marks", "skips", "suspends and skips"]

mark: ContextVar[int | None] = ContextVar("mark", default=None)


class Case(NamedTuple):
    """A random graph: all of `n0 … n<size - 1>` are behind `n0`; and what messages do at which node."""

    size: int
    edges: tuple[tuple[int, int], ...]
    capture: int
    messages: int
    surprises: dict[tuple[int, int], str]
    trigger_capacity: int
    capture_capacity: int
    queue_limit: int | None = None


@st.composite
def cases(draw: st.DrawFn) -> Case:
    size = draw(st.integers(1, 6))
    into = [(draw(st.integers(0, target - 1)), target) for target in range(1, size)]
    pairs = [(source, target) for target in range(1, size) for source in range(target)]
    more = draw(st.lists(st.sampled_from(pairs), max_size=4)) if pairs else []
    messages = draw(st.integers(QUICK, QUICK + 30))
    places = st.tuples(st.integers(0, size - 1), st.integers(QUICK - 10, messages - 1))
    return Case(
        size,
        (*into, *more),
        draw(st.integers(0, size - 1)),
        messages,
        draw(st.dictionaries(places, st.sampled_from(SURPRISES), max_size=6)),
        draw(st.integers(1, 9)),
        draw(st.integers(1, 9)),
        draw(st.sampled_from([None, 1_500, 3_000, 1_000_000])),
    )


class Log:
    """What happened: the paths by which messages came to each node, and how many were inside at once."""

    def __init__(self) -> None:
        self.came: defaultdict[int, list[tuple[int, ...]]] = defaultdict(list)
        self.inside: Counter[int] = Counter()


def sleep() -> None:
    """Wait without awaiting; in Pyodide others go on meanwhile."""
    time.sleep(0.003)


def flow_of(case: Case, log: Log) -> Small:
    def handler(node: int) -> Any:
        async def handle(path: list[int]) -> Any:
            number = path[0]
            log.came[node].append(tuple(path))
            log.inside[node] += 1
            assert log.inside[node] == 1
            assert mark.get() in (None, number)
            surprise = case.surprises.get((node, number))
            if surprise in ("suspends", "suspends and skips"):
                await asyncio.sleep(0)
            elif surprise == "pauses":
                await asyncio.sleep(0.001)
            elif surprise == "works":  # longer than a slice
                ends = time.perf_counter() + 0.003
                while time.perf_counter() < ends:
                    pass
            elif surprise == "sleeps":
                sleep()
            elif surprise == "marks":
                mark.set(number)
            log.inside[node] -= 1
            if surprise in ("skips", "suspends and skips"):
                return SKIP
            path.append(node)  # every branch owns its payload, or this would be seen by others
            return path

        return handle

    names = [f"n{node}" for node in range(case.size)]
    lines = [*names, *(f"n{source}>n{target}" for source, target in case.edges)]
    return small(", ".join(lines), {name: handler(node) for node, name in enumerate(names)})


def expected(case: Case) -> Counter[tuple[int, ...]]:
    """Work out what comes out, one message after the other, with no scheduler at all."""
    results: Counter[tuple[int, ...]] = Counter()

    def visit(node: int, path: tuple[int, ...]) -> None:
        if case.surprises.get((node, path[0])) in ("skips", "suspends and skips"):
            return
        on = (*path, node)
        if node == case.capture:
            results[on] += 1
        for source, target in case.edges:
            if source == node:
                visit(target, on)

    for number in range(case.messages):
        visit(0, (number,))
    return results


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
@example(Case(3, ((0, 1), (1, 2)), 0, 88, {(0, 50): "suspends"}, 1, 1))
def test_nothing_is_lost_doubled_reordered_or_inside_twice(case: Case) -> None:
    log = Log()
    flow = flow_of(case, log)
    executor = flow.executor(
        edge_capacity=2,
        trigger_capacity=case.trigger_capacity,
        capture_capacity=case.capture_capacity,
        queue_limit_bytes=case.queue_limit,
    )
    taken = 0
    given_back: list[tuple[int, ...]] = []

    def payloads() -> Iterator[list[int]]:
        nonlocal taken
        for number in range(case.messages):
            taken += 1
            yield [number]

    async def run() -> None:
        instance = executor.instantiate(flow.plan, capture=f"n{case.capture}")
        async for result in run_many(instance, "n0", payloads()):
            assert isinstance(result, Value)
            given_back.append(tuple(result.value))
        assert instance.scheduler.permits.free == case.capture_capacity
        weights = instance.scheduler.weights
        assert weights is None or weights.held == 0

    asyncio.run(soon(run()))

    assert taken == case.messages
    assert Counter(given_back) == expected(case)
    for node, came in log.came.items():
        ways: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
        for number, *way in came:
            ways[tuple(way)].append(number)
        for way, numbers in ways.items():
            assert numbers == sorted(numbers), (node, way)


async def collect_into(values: list[Any], results: AsyncIterator[Result]) -> None:
    async for result in results:
        assert isinstance(result, Value)
        values.append(result.value)


FLOWS = {
    "a chain": ("a>b>c", 1),
    "a diamond": ("a>b>c, a>x>c", 2),
    "a wide fan": (", ".join(f"a>b{number}>c" for number in range(20)), 20),
    "a capture that forwards": ("a>c, a>c>b", 2),
}
"""Graphs from `a`, captured at `c`, and the results of a message."""


@pytest.mark.parametrize(("graph", "results"), FLOWS.values(), ids=FLOWS)
async def test_results_come_message_by_message_and_no_further_ahead_than_there_is_room(
    graph: str, results: int
) -> None:
    taken = captured = 0

    def payloads() -> Iterator[int]:
        nonlocal taken
        for number in range(QUICK * 2):
            taken += 1
            yield number

    async def capture(payload: int) -> int:
        nonlocal captured
        captured += 1
        return payload

    flow = small(graph, {"c": capture})
    messages_ahead, results_ahead = [], []
    values = []
    async for result in flow.executor(capture_capacity=4).run_many(flow.plan, "a", payloads(), capture="c"):
        assert isinstance(result, Value)
        values.append(result.value)
        messages_ahead.append(taken - -(-len(values) // results))
        results_ahead.append(captured - len(values))
    assert values == [number for number in range(QUICK * 2) for _ in range(results)]
    assert max(messages_ahead) <= 4
    assert max(results_ahead) <= 5  # those in the queue, and one that finds it full


@pytest.mark.parametrize("place", ["a", "b", "c"])
async def test_a_failure_names_its_node_and_comes_behind_the_results_before_it(place: str) -> None:
    async def fails(payload: int) -> int:
        if payload == QUICK:
            raise ValueError("no")
        return payload

    flow = small("a>b>c, a>x>c", {place: fails})
    values: list[int] = []
    with pytest.raises(NodeFailed) as failure:
        await collect_into(values, flow.executor().run_many(flow.plan, "a", range(QUICK * 2), capture="c"))
    assert (failure.value.alias, type(failure.value.cause)) == (place, ValueError)
    assert values == [number for number in range(QUICK) for _ in range(2)]


async def test_a_payload_that_no_branch_can_have_a_copy_of_fails_the_node_that_gave_it() -> None:
    async def gives(payload: int) -> object:
        return object() if payload == QUICK else payload

    flow = small("n>a>b>c, a>x>c", {"a": gives})
    with pytest.raises(NodeFailed) as failure:
        await collect(flow.executor().run_many(flow.plan, "n", range(QUICK * 2), capture="c"))
    assert failure.value.alias == "a"


@pytest.mark.parametrize("place", ["a", "b", "c"])
@pytest.mark.parametrize("first", [True, False])
async def test_a_handler_that_cancels_its_own_task_fails_alone(place: str, first: bool) -> None:
    async def handle(payload: int) -> int:
        if payload == QUICK:
            if not first:
                await asyncio.sleep(0)
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            if first:
                await asyncio.sleep(0)
        return payload

    flow = small("a>b>c", {place: handle})
    with pytest.raises(NodeFailed) as failure:
        await collect(flow.executor().run_many(flow.plan, "a", range(QUICK * 2), capture="c"))
    assert (failure.value.alias, type(failure.value.cause)) == (place, asyncio.CancelledError)


@pytest.mark.parametrize("at", range(QUICK, QUICK + 9))
async def test_what_payloads_raise_comes_behind_the_results_of_those_before(at: int) -> None:
    def payloads() -> Iterator[int]:
        yield from range(at)
        raise OSError("no more")

    flow = small("a>b>c, a>x>c")
    values: list[int] = []
    with pytest.raises(OSError, match="no more"):
        await collect_into(values, flow.executor().run_many(flow.plan, "a", payloads(), capture="c"))
    assert values == [number for number in range(at) for _ in range(2)]


@pytest.mark.parametrize("graph", ["a>c, a>side", "a>c>side", "a>c, a>x>side"])
async def test_a_side_branch_may_wait_for_what_the_next_message_does(graph: str) -> None:
    """Its message has no permit any more: the result that had it is with the host."""
    next_came = asyncio.Event()

    async def first(payload: int) -> int:
        if payload == QUICK + 1:
            next_came.set()
        return payload

    async def side(payload: int) -> int:
        if payload == QUICK:
            await next_came.wait()
        return payload

    flow = small(graph, {"a": first, "side": side})
    executor = flow.executor(capture_capacity=1)
    values = await collect(executor.run_many(flow.plan, "a", range(QUICK * 2), capture="c"))
    assert values == list(range(QUICK * 2))


@pytest.mark.parametrize("place", ["a", "b", "c"])
async def test_what_waits_on_the_first_way_holds_its_permit(place: str) -> None:
    let_on = asyncio.Event()
    taken = 0

    def payloads() -> Iterator[int]:
        nonlocal taken
        for number in range(QUICK * 2):
            taken += 1
            yield number

    async def waits(payload: int) -> int:
        if payload == QUICK:
            await let_on.wait()
        return payload

    flow = small("a>b>c, a>x", {place: waits})
    executor = flow.executor(capture_capacity=3)
    collected = asyncio.create_task(collect(executor.run_many(flow.plan, "a", payloads(), capture="c")))
    await turns()
    assert taken <= QUICK + 3
    let_on.set()
    assert await collected == list(range(QUICK * 2))


async def test_a_message_takes_its_ways_in_their_order() -> None:
    came: defaultdict[int, list[str]] = defaultdict(list)

    def handler(alias: str) -> Any:
        async def handle(payload: int) -> int:
            came[payload].append(alias)
            return payload

        return handle

    flow = small("a>b>c, a>x>c, a>y>z, a>c", {alias: handler(alias) for alias in "abcxyz"})
    await collect(flow.executor().run_many(flow.plan, "a", range(QUICK * 2), capture="c"))
    assert {"".join(way).replace("c", "").replace("z", "") for way in came.values()} == {"abxy"}


@pytest.mark.parametrize("place", ["a", "b", "x", "c"])
async def test_messages_pass_one_that_waits_where_the_graph_lets_them(place: str) -> None:
    let_on = asyncio.Event()
    came: defaultdict[str, list[int]] = defaultdict(list)

    def handler(alias: str) -> Any:
        async def handle(payload: int) -> int:
            came[alias].append(payload)
            if (alias, payload) == (place, QUICK):
                await let_on.wait()
            return payload

        return handle

    flow = small("a>b>c, a>x>c", {alias: handler(alias) for alias in "abxc"})
    results = flow.executor().run_many(flow.plan, "a", range(QUICK + 4), capture="c")
    collected = asyncio.create_task(collect(results))
    await turns()
    behind = {"a": "bxc", "b": "c", "x": "c", "c": ""}[place]
    for alias in "abxc":
        waits = alias == place or (place == "a" and alias in behind)
        assert (QUICK + 1 in came[alias]) is not waits, alias
    let_on.set()
    assert Counter(await collected) == Counter([*range(QUICK + 4)] * 2)


async def test_every_handler_runs_in_a_task_that_is_not_that_of_the_host() -> None:
    tasks = set()

    async def handle(payload: int) -> int:
        tasks.add(asyncio.current_task())
        return payload

    flow = small("a>b>c, a>x>c", default=handle)
    await collect(flow.executor().run_many(flow.plan, "a", range(QUICK * 2), capture="c"))
    assert None not in tasks
    assert asyncio.current_task() not in tasks


@pytest.mark.parametrize("take", [QUICK * 2, QUICK * 2 + 1, QUICK * 2 + 5])
async def test_the_host_may_leave_in_the_middle_of_a_message(take: int) -> None:
    handled = []

    async def side(payload: int) -> int:
        handled.append(payload)
        return payload

    flow = small("a>b>c, a>x>c", {"x": side})
    results = flow.executor().run_many(flow.plan, "a", range(QUICK * 4), capture="c")
    for _ in range(take):
        await anext(results)
    assert isinstance(results, AsyncGenerator)
    await results.aclose()
    count = len(handled)
    await turns()
    assert len(handled) == count <= take // 2 + 9


async def test_a_payload_whose_copies_are_too_large_together_comes_behind_the_results_before_it() -> None:
    flow = small("a>b, a>c")
    payloads = [*range(QUICK), "x" * 1000, QUICK]
    values: list[Any] = []
    results = flow.executor(queue_limit_bytes=3000).run_many(flow.plan, "a", payloads, capture="a")
    with pytest.raises(QueueLimitExceeded, match="3 copies of a payload"):
        await soon(collect_into(values, results))
    assert values == list(range(QUICK))
