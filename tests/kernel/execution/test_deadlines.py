"""Deadlines interrupt what is suspended (decision 1), and edges keep their time (decision 8)."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from small_flows import collect, inline, small, soon, stream

from kernel_exec import DeadlineExceeded, NodeContext, NodeFailed, Stream, Value

IN_TIME = 0.05
"""Seconds after its deadline within which `run_once` has returned."""


async def ends_in_time(deadline: float, attempt: Callable[[], Awaitable[object]]) -> bool:
    """Tell whether an attempt ended in time: a machine with too much to do may hold up some of them."""
    for _ in range(5):
        begun = time.monotonic()
        await attempt()
        if time.monotonic() - begun < deadline + IN_TIME:
            return True
    return False


async def hang(payload: Any) -> Any:
    await asyncio.sleep(3600)


async def test_a_deadline_interrupts_a_suspended_handler() -> None:
    flow = small("in>a>out", {"a": hang})
    executor = flow.executor()

    async def run() -> None:
        with pytest.raises(DeadlineExceeded) as caught:
            await soon(executor.run_once(flow.plan, "in", 1, capture="out", deadline=0.03))
        assert caught.value.deadline == 0.03

    assert await ends_in_time(0.03, run)


@pytest.mark.parametrize("graph", ["in>a>out", "in>out, in>a"], ids=["before", "beside"])
async def test_a_deadline_abandons_a_handler_that_swallows_its_cancellation(graph: str) -> None:
    told = []
    release = asyncio.Event()

    async def stubborn(payload: Any, ctx: NodeContext) -> Any:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                told.append(ctx.cancelled)

    flow = small(graph, {"a": stubborn})

    async def run() -> None:
        told.clear()
        with pytest.raises(DeadlineExceeded):
            await soon(flow.executor().run_once(flow.plan, "in", 1, capture="out", deadline=0.02))
        assert told == [True]

    try:
        assert await ends_in_time(0.02, run)
    finally:
        release.set()  # or the loop would wait for it for ever, if the test fails
    await asyncio.sleep(0)


async def test_a_run_that_ends_in_time_is_not_touched_by_its_deadline() -> None:
    flow = small("in>a>out", {"a": lambda payload: payload})
    executor = flow.executor()
    for number in range(50):
        assert await executor.run_once(flow.plan, "in", number, capture="out", deadline=5) == Value(number)
    await asyncio.sleep(0)


async def test_the_deadline_of_a_handler_that_never_yields_applies_when_it_returns() -> None:
    def busy(payload: Any) -> Any:
        ends = time.monotonic() + 0.02
        while time.monotonic() < ends:
            pass
        return payload

    flow = small("in>out", {"in": inline(busy)})
    with pytest.raises(DeadlineExceeded):
        await flow.executor().run_once(flow.plan, "in", 1, capture="out", deadline=0.01)


async def test_a_deadline_that_passed_with_the_capture_carries_the_result() -> None:
    def busy(payload: Any) -> Any:
        ends = time.monotonic() + 0.02
        while time.monotonic() < ends:
            pass
        return payload

    flow = small("in>out", {"out": inline(busy)})
    with pytest.raises(DeadlineExceeded) as caught:
        await flow.executor().run_once(flow.plan, "in", 1, capture="out", deadline=0.01, finish="capture")
    assert caught.value.result == Value(1)


async def test_a_deadline_that_passes_in_a_side_branch_carries_the_result() -> None:
    flow = small("in>out, in>side", {"side": hang})
    with pytest.raises(DeadlineExceeded) as caught:
        await soon(flow.executor().run_once(flow.plan, "in", 1, capture="out", deadline=0.02))
    assert caught.value.result == Value(1)


async def test_the_deadline_of_a_run_that_has_ended_does_not_stop_the_next() -> None:
    flow = small("in>out", {"in": nap})
    executor = flow.executor()
    assert await executor.run_once(flow.plan, "in", 0.001, capture="out", deadline=0.3) == Value(0.001)
    assert await executor.run_once(flow.plan, "in", 0.33, capture="out") == Value(0.33)


async def nap(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds


@pytest.mark.parametrize("deadline", [-1, float("nan"), "2"])
async def test_a_deadline_that_is_no_time_is_refused(deadline: Any) -> None:
    flow = small("in>out")
    with pytest.raises(ValueError, match="a deadline is 0 seconds or more, not"):
        await flow.executor().run_once(flow.plan, "in", 1, capture="out", deadline=deadline)


@pytest.mark.parametrize("deadline", [float("inf"), 1e300, 10**400, 10**10])
async def test_a_deadline_beyond_all_reason_never_comes(deadline: float) -> None:
    async def brief(payload: Any) -> Any:
        await asyncio.sleep(0.01)
        return payload

    flow = small("in>out", {"in": brief}, edges={"in>out": {"timeout_ms": 10**400}})
    assert await flow.executor().run_once(flow.plan, "in", 1, capture="out", deadline=deadline) == Value(1)


async def test_a_deadline_of_zero_is_over_at_once() -> None:
    flow = small("in>out", {"in": hang})
    with pytest.raises(DeadlineExceeded):
        await soon(flow.executor().run_once(flow.plan, "in", 1, capture="out", deadline=0))


@contextmanager
def hurried_clock() -> Iterator[None]:
    """Let 10 ms pass between any two looks at the clock, as where the collector has its turn there."""
    loop = asyncio.get_running_loop()
    real, looks = loop.time, itertools.count()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loop, "time", lambda: real() + next(looks) * 0.01)
        yield


@pytest.mark.parametrize("deadline", [0.005, 0.015, 0.025, 0.035, 0.045, 0.055])
async def test_a_deadline_may_pass_between_two_looks_at_the_clock(deadline: float) -> None:
    flow = small("in>a>out", {"a": hang})
    with hurried_clock(), pytest.raises(DeadlineExceeded):
        await flow.executor().run_once(flow.plan, "in", 1, capture="out", deadline=deadline)


async def test_the_time_of_an_edge_may_pass_between_two_looks_at_the_clock() -> None:
    flow = small("in>a>out", {"a": hang}, edges={"in>a": {"timeout_ms": 1}})
    with hurried_clock(), pytest.raises(NodeFailed) as caught:
        await flow.executor().run_once(flow.plan, "in", 1, capture="out")
    assert isinstance(caught.value.cause, TimeoutError)


async def test_an_edge_that_times_out_fails_its_target() -> None:
    flow = small("in>a>out", {"a": hang}, edges={"in>a": {"timeout_ms": 20}})

    async def run() -> None:
        with pytest.raises(NodeFailed) as caught:
            await soon(flow.executor().run_once(flow.plan, "in", 1, capture="out"))
        assert caught.value.alias == "a"
        assert isinstance(caught.value.cause, TimeoutError)

    assert await ends_in_time(0.02, run)


async def test_the_time_of_an_edge_runs_while_a_message_waits() -> None:
    async def slow_first(number: int) -> int:
        if number == 0:
            await asyncio.sleep(3600)
        return number

    flow = small("in>a>out", {"in": slow_first, "a": slow_first}, edges={"in>a": {"timeout_ms": 2000}})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        assert await soon(run.next()) == Value(1)
        flow = small("in>a>out", {"a": slow_first}, edges={"in>a": {"timeout_ms": 30}})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 0)
        await run.send("in", 1)
        with pytest.raises(NodeFailed) as caught:
            await soon(run.next())
        assert caught.value.alias == "a"


async def test_messages_within_the_time_of_their_edge_pass() -> None:
    async def brief(number: int) -> int:
        await asyncio.sleep(0)
        return number

    flow = small(
        "in>a>b>out", {"a": brief}, edges={"in>a": {"timeout_ms": 2000}, "a>b": {"timeout_ms": 2000}}
    )
    results = flow.executor().run_many(flow.plan, "in", range(100), capture="out")
    assert await collect(results) == list(range(100))


async def test_the_time_of_an_edge_ends_with_a_stream_and_not_with_its_reader() -> None:
    async def few(number: int) -> AsyncIterator[int]:
        for item in range(number):
            yield item

    flow = small("in>out", {"out": stream(few)}, edges={"in>out": {"timeout_ms": 30}})
    result = await flow.executor().run_once(flow.plan, "in", 3, capture="out")
    assert isinstance(result, Stream)
    items = []
    async for item in result:
        items.append(item)
        await asyncio.sleep(0.03)
    assert items == [0, 1, 2]


async def test_an_edge_whose_target_never_yields_fails_it_when_it_returns() -> None:
    def busy(payload: Any) -> Any:
        ends = time.monotonic() + 0.02
        while time.monotonic() < ends:
            pass
        return payload

    flow = small("in>a>out", {"a": inline(busy)}, edges={"in>a": {"timeout_ms": 5}})
    with pytest.raises(NodeFailed) as caught:
        await flow.executor().run_once(flow.plan, "in", 1, capture="out")
    assert (caught.value.alias, type(caught.value.cause)) == ("a", TimeoutError)


async def test_the_time_of_a_message_that_was_in_time_is_kept_no_longer() -> None:
    flow = small("in>out", edges={"in>out": {"timeout_ms": 60_000}})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        for number in range(3):
            await run.send("in", number)
            assert await soon(run.next()) == Value(number)
        assert not run.scheduler.timers
