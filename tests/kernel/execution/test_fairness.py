"""Ready work gives the loop its turns (decision 17), and one slow handler holds up nobody else."""

import asyncio
import gc
import time
from collections.abc import Iterator
from typing import Any

import pytest
from small_flows import collect, same, small, soon, turns

from kernel_exec import NodeContext, NodeFailed, Value


def least_turns(hops: int, seconds: float) -> float:
    """Return how many turns the loop must have had: one every 5 ms, or every 4,096 hops (decision 17)."""
    return min(hops / 4096, seconds / 0.005)


@pytest.fixture(autouse=True)
def _no_collection() -> Iterator[None]:
    """Going through all the objects of the test process is not what is measured here."""
    gc.disable()
    yield
    gc.enable()


LINE = ">".join(["in", *(f"n{number}" for number in range(18)), "out"])


@pytest.mark.parametrize("bound", [8, 4_000])
@pytest.mark.parametrize(
    ("graph", "messages", "hops"),
    [
        ("out", 30_000, 1),
        (LINE, 20_000, 20),
        ("in>a>out, in>b>out", 10_000, 5),
        ("in>a, in>b, in>out", 10_000, 4),
        ("in>a>b>out, a>c", 10_000, 5),
    ],
    ids=["one node", "line", "diamond", "leaves", "line and leaf"],
)
async def test_the_loop_has_turns_while_work_is_always_ready(
    graph: str, messages: int, hops: int, bound: int
) -> None:
    had = 0

    async def beat() -> None:
        nonlocal had
        while True:
            had += 1
            await asyncio.sleep(0)

    flow = small(graph)
    executor = flow.executor(trigger_capacity=bound, edge_capacity=bound, capture_capacity=bound)
    entry = graph.partition(">")[0]
    beating = asyncio.create_task(beat())
    begun = time.process_time()
    results = await collect(executor.run_many(flow.plan, entry, range(messages), capture="out"))
    seconds = time.process_time() - begun
    beating.cancel()
    assert set(results) == set(range(messages))
    assert had >= least_turns(messages * hops, seconds) > 1


async def test_the_loop_has_turns_while_a_caller_never_waits() -> None:
    had = 0

    async def beat() -> None:
        nonlocal had
        while True:
            had += 1
            await asyncio.sleep(0)

    flow = small(">".join(f"n{number}" for number in range(20)))
    executor = flow.executor()
    beating = asyncio.create_task(beat())
    begun = time.process_time()
    for number in range(3_000):
        assert await executor.run_once(flow.plan, "n0", number, capture="n19") == Value(number)
    seconds = time.process_time() - begun
    beating.cancel()
    assert had >= least_turns(3_000 * 20, seconds) > 1


async def test_many_that_waited_for_the_same_share_a_slice_when_they_go_on() -> None:
    lines, length, waiting, hops, had = 2_000, 15, 0, 0, 0
    go = asyncio.Event()

    async def wait(payload: Any, ctx: NodeContext) -> Any:  # which keeps it out of every line
        nonlocal waiting
        waiting += 1
        await go.wait()
        return payload

    async def count(payload: Any) -> Any:
        nonlocal hops
        hops += 1
        return payload

    stops = [[f"wait{line}", *(f"n{line}_{at}" for at in range(length))] for line in range(lines)]
    waits = {f"wait{line}": wait for line in range(lines)}
    flow = small(", ".join(">".join(["in", *line]) for line in stops), {"in": same, **waits}, default=count)
    async with flow.executor().instantiate(flow.plan, capture="in") as run:
        await run.send("in", 1)
        while waiting < lines:
            await asyncio.sleep(0)
        go.set()
        begun = time.process_time()
        while hops < lines * length:
            await asyncio.sleep(0)
            had += 1
        assert had >= least_turns(hops, time.process_time() - begun) > 1
        assert await run.next() == Value(1)


async def test_many_that_waited_for_the_same_share_a_slice_where_they_wait_again_at_once() -> None:
    lines, waiting, hops, had = 5_000, 0, 0, 0
    go, stay = asyncio.Event(), asyncio.Event()

    async def wait(payload: Any, ctx: NodeContext) -> Any:  # which keeps it out of every line
        nonlocal waiting
        if payload == "wait":
            waiting += 1
            await go.wait()
        return payload

    async def wait_again(payload: Any, ctx: NodeContext) -> Any:
        nonlocal hops
        if payload == "wait":
            hops += 1
            sum(range(1_000))
            await stay.wait()
        return payload

    handlers = {f"wait{line}": wait for line in range(lines)}
    graph = ", ".join(f"in>wait{line}>again{line}" for line in range(lines))
    flow = small(graph, {"in": same, **handlers}, default=wait_again)
    async with flow.executor().instantiate(flow.plan, capture="in") as run:
        await run.send("in", "be quick")  # so that looks at the slice are far between
        assert await run.next() == Value("be quick")
        await run.send("in", "wait")
        while waiting < lines:
            await asyncio.sleep(0)
        go.set()
        begun = time.process_time()
        while hops < lines:
            await asyncio.sleep(0)
            had += 1
        assert had >= least_turns(hops, time.process_time() - begun) > 1


async def test_runs_on_one_loop_have_their_turns_of_it() -> None:
    flow, order = small(">".join(f"n{number}" for number in range(10))), list[int]()
    executor = flow.executor()

    async def follow(which: int) -> None:
        async for _ in executor.run_many(flow.plan, "n0", range(4_000), capture="n9"):
            order.append(which)

    await asyncio.gather(*[follow(which) for which in range(5)])
    half = order[: len(order) // 2]
    shares = [half.count(which) for which in range(5)]
    assert min(shares) >= len(half) // 50, f"nobody waits for the others to end: {shares}"


async def test_a_handler_that_waits_holds_up_only_its_own_node() -> None:
    release = asyncio.Event()

    async def wait(payload: Any) -> Any:
        await release.wait()
        return payload

    flow = small("in>slow>out, in>quick>out", {"slow": wait})
    async with flow.executor(capture_capacity=20).instantiate(flow.plan, capture="out") as run:
        for number in range(10):
            await run.send("in", number)
        assert [(await soon(run.next())).value for _ in range(10)] == list(range(10))
        release.set()
        assert [(await soon(run.next())).value for _ in range(10)] == list(range(10))


async def test_nodes_of_a_chain_work_at_the_same_time() -> None:
    inside: set[str] = set()
    most = 0

    def work(alias: str) -> Any:
        async def handler(payload: Any) -> Any:
            nonlocal most
            assert alias not in inside, "one invocation of a node at a time"
            inside.add(alias)
            most = max(most, len(inside))
            await asyncio.sleep(0.001)
            inside.remove(alias)
            return payload

        return handler

    flow = small("a>b>c>d", {alias: work(alias) for alias in "abcd"})
    assert await collect(flow.executor().run_many(flow.plan, "a", range(30), capture="d")) == list(range(30))
    assert most > 1


async def test_what_becomes_ready_begins_in_the_same_turn_of_the_loop() -> None:
    begun: list[tuple[str, int, int]] = []
    turn = 0

    async def beat() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    def waits(alias: str) -> Any:
        async def handler(payload: Any) -> Any:
            begun.append((alias, payload, turn))
            await asyncio.sleep(0)
            return payload

        return handler

    flow = small("a>b>c", {alias: waits(alias) for alias in "abc"})
    async with flow.executor().instantiate(flow.plan, capture="c") as run:
        for number in range(4):
            await run.send("a", number)
        beating = asyncio.create_task(beat())
        assert [(await soon(run.next())).value for _ in range(4)] == [0, 1, 2, 3]
        beating.cancel()
    # Message by message one turn apart, and node by node too: nobody waits for a turn that it does not need.
    first = {alias: next(at for name, _, at in begun if name == alias) for alias in "abc"}
    for alias, number, at in begun:
        assert at - first[alias] <= number + 1


async def test_a_message_goes_no_further_once_what_was_started_before_it_has_failed() -> None:
    invoked: list[int] = []

    async def breaks_on_the_second(payload: Any) -> Any:
        if payload == 1:
            raise ValueError("the second")
        await asyncio.sleep(0)
        return payload

    async def notes(payload: Any) -> Any:
        invoked.append(payload)
        return payload

    flow = small("a>b", {"a": breaks_on_the_second, "b": notes})
    async with flow.executor().instantiate(flow.plan, capture="b") as run:
        await run.send("a", 0)
        await run.send("a", 1)
        with pytest.raises(NodeFailed, match="the second"):
            await soon(run.next())
        await turns()
    assert invoked == []
