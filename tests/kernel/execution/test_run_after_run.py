"""One run after the other on one executor: what one leaves behind is nothing to the next."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from itertools import pairwise
from typing import Any

import pytest
from small_flows import small, soon, stream, turns

from kernel_exec import (
    SKIP,
    DeadlineExceeded,
    ExecutionError,
    MissingOutput,
    NodeFailed,
    QueueLimitExceeded,
    Stream,
    Value,
)
from kernel_exec.once import Pool
from kernel_exec.scheduler import Scheduler


@pytest.mark.parametrize("capacity", [1, 2])
@pytest.mark.parametrize("graph", ["in>a>out, in>b>out, in>c>out", "in>out>side, in>a>out>side, in>b>out"])
async def test_captures_that_the_queue_had_no_room_for_are_gone(graph: str, capacity: int) -> None:
    passed: list[int] = []

    async def note(number: int) -> int:
        passed.append(number)
        return number

    flow = small(graph, {"out": note})
    executor = flow.executor(capture_capacity=capacity)
    for number in range(20):
        assert await soon(executor.run_once(flow.plan, "in", number, capture="out")) == Value(number)
    assert passed == [number for number in range(20) for _ in range(3)]


async def test_bytes_of_the_runs_before_do_not_count_to_the_limit() -> None:
    flow = small("in>a>out, in>b>out")
    executor = flow.executor(queue_limit_bytes=10_000)
    for number in range(20):
        payload = f"{number:03000}"
        assert await soon(executor.run_once(flow.plan, "in", payload, capture="out")) == Value(payload)


async def test_a_payload_that_no_queue_may_hold_reaches_no_handler() -> None:
    begun: list[str] = []

    async def note(payload: str) -> int:
        begun.append(payload)
        return len(payload)

    flow = small("in>out", {"in": note})
    with pytest.raises(QueueLimitExceeded):
        await flow.executor(queue_limit_bytes=10_000).run_once(flow.plan, "in", "x" * 20_000, capture="out")
    assert not begun


async def test_side_branches_that_outlast_a_slice_end_before_the_run_does() -> None:
    seen: list[int] = []

    async def busy(number: int) -> int:
        ends = time.perf_counter() + 0.0005
        while time.perf_counter() < ends:
            pass
        return number

    async def last(number: int) -> int:
        seen.append(number)
        return number

    # More than two milliseconds where the clock counts, more than 2,048 hops where they do.
    side = [*(f"busy{at}" for at in range(10)), *(f"n{at}" for at in range(2_100)), "last"]
    graph = ", ".join(["in>out", f"in>{side[0]}", *map(">".join, pairwise(side))])
    flow = small(graph, {"last": last, **dict.fromkeys(side[:10], busy)})
    executor = flow.executor()
    for number in range(3):
        assert await soon(executor.run_once(flow.plan, "in", number, capture="out")) == Value(number)
        assert seen == list(range(number + 1))


async def test_a_failure_beside_the_capture_that_nobody_wants_to_know_is_not_of_the_next_run() -> None:
    async def fail(payload: Any) -> Any:
        raise ValueError("beside")

    flow = small("in>out, in>side", {"side": fail})
    executor = flow.executor()
    for number in range(3):
        result = await soon(executor.run_once(flow.plan, "in", number, capture="out", finish="capture"))
        assert result == Value(number)


async def test_an_executor_keeps_little_of_many_runs_at_once() -> None:
    async def wait(payload: Any) -> Any:
        await asyncio.sleep(0)
        return payload

    def schedulers() -> int:
        gc.collect()
        return sum(isinstance(thing, Scheduler) for thing in gc.get_objects())

    flow = small("in>out", {"in": wait})
    executor, before = flow.executor(), schedulers()
    await asyncio.gather(*(executor.run_once(flow.plan, "in", 1, capture="out") for _ in range(200)))
    assert schedulers() <= before + Pool.MOST_IDLE


@pytest.mark.parametrize("end", ["read", "close", "drop", "keep"])
async def test_a_stream_without_items_has_no_say_in_the_next_run(end: str) -> None:
    async def after_a_while(payload: list[int]) -> list[int]:
        for _ in range(1 + len(payload)):
            await asyncio.sleep(0.05)
        return payload

    async def each(payload: list[int]) -> AsyncIterator[int]:
        for item in payload:
            yield item

    flow = small("in>out", {"in": after_a_while, "out": stream(each)})
    executor = flow.executor()
    empty = await executor.run_once(flow.plan, "in", [], capture="out", deadline=0.5)
    assert isinstance(empty, Stream)
    following = asyncio.ensure_future(executor.run_once(flow.plan, "in", [1] * 10, capture="out"))
    await turns()
    match end:
        case "read":
            assert [item async for item in empty] == []
        case "close":
            await empty.aclose()
        case "drop":
            del empty
            gc.collect()
    full = await soon(following)
    assert isinstance(full, Stream)
    assert [item async for item in full] == [1] * 10


_MARK: ContextVar[int] = ContextVar("_MARK", default=0)


async def _suspend(number: int) -> int:
    await asyncio.sleep(0)
    return number


async def _fail(number: int) -> int:
    raise ValueError(number)


async def _mark(number: int) -> int:
    _MARK.set(number)
    return number


async def _skip(number: int) -> Any:
    return SKIP


async def _keep_the_loop(number: int) -> int:
    ends = time.perf_counter() + 0.02  # longer than the deadline below
    while time.perf_counter() < ends:
        pass
    return number


@pytest.mark.parametrize("queue_limit_bytes", [None, 10_000])
@pytest.mark.parametrize("capture_capacity", [1, 8])
@pytest.mark.parametrize("where", ["first", "side", "beside", "after"])
@pytest.mark.parametrize(
    ("odd", "error"),
    [(_suspend, None), (_mark, None), (_skip, None), (_fail, NodeFailed), (_keep_the_loop, DeadlineExceeded)],
)
async def test_one_run_in_three_is_not_like_the_others(
    odd: Callable[[int], Any],
    error: type[ExecutionError] | None,
    where: str,
    capture_capacity: int,
    queue_limit_bytes: int | None,
) -> None:
    ended: list[int] = []

    async def now_and_then(number: int) -> Any:
        assert _MARK.get() == 0, "another run is seen"
        return await odd(number) if number % 3 == 2 else number

    async def end(number: int) -> int:
        ended.append(number)
        return number

    if odd is _skip and where == "first":
        error = MissingOutput
    flow = small(
        "first>out, first>side, first>beside, beside>out, side>end, out>after, after>end",
        {where: now_and_then, "end": end},
    )
    executor = flow.executor(capture_capacity=capture_capacity, queue_limit_bytes=queue_limit_bytes)
    for number in range(24):
        raises = error if number % 3 == 2 else None
        deadline = 0.01 if raises is DeadlineExceeded else None
        run = executor.run_once(flow.plan, "first", number, capture="out", deadline=deadline)
        if raises is None:
            assert await soon(run) == Value(number)
        else:
            with pytest.raises(raises) as raised:
                await soon(run)
            assert raised.value.result in (None, Value(number))
    usual = [number for number in range(24) if number % 3 != 2]
    assert [number for number in ended if number % 3 != 2] == [number for number in usual for _ in range(3)]
