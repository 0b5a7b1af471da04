"""A capture node that streams: items, errors behind them, and the permit that is freed."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from small_flows import Endless, count, items_of, small, soon, stream, turns

from kernel_exec import DeadlineExceeded, NodeFailed, Stream
from kernel_exec.results import Feed


@pytest.mark.parametrize("number", [0, 1, 5, 100])
async def test_run_once_gives_a_stream_of_what_the_handler_yields(number: int) -> None:
    flow = small("in>out", {"out": stream(count)})
    result = await flow.executor().run_once(flow.plan, "in", number, capture="out")
    assert await items_of(result) == list(range(number))
    with pytest.raises(StopAsyncIteration):
        await anext(result)


async def test_streams_of_several_messages_follow_one_another() -> None:
    flow = small("in>a>out", {"out": stream(count)})
    async with flow.executor(capture_capacity=2).instantiate(flow.plan, capture="out") as run:
        await run.send("in", 2)
        await run.send("in", 40)
        assert await items_of(await soon(run.next())) == [0, 1]
        await soon(run.send("in", 3))
        assert await items_of(await soon(run.next())) == list(range(40))
        assert await items_of(await soon(run.next())) == [0, 1, 2]
        for number in range(20):
            await soon(run.send("in", number))
            assert await items_of(await soon(run.next())) == list(range(number))
        await turns()
        assert run.scheduler.permits.free == 2


async def test_a_second_task_that_waits_for_the_next_item_is_refused() -> None:
    async def slow(number: int) -> AsyncIterator[int]:
        for item in range(number):
            await asyncio.sleep(0.01)
            yield item

    flow = small("in>out", {"out": stream(slow)})
    result = await flow.executor().run_once(flow.plan, "in", 3, capture="out")
    first, second = await soon(asyncio.gather(items_of(result), items_of(result), return_exceptions=True))
    assert first == [0, 1, 2]
    assert isinstance(second, RuntimeError)


async def test_a_reader_that_gave_up_hinders_no_other() -> None:
    go = asyncio.Event()

    async def held(number: int) -> AsyncIterator[int]:
        await go.wait()
        for item in range(number):
            yield item

    flow = small("in>out", {"out": stream(held)})
    result = await flow.executor().run_once(flow.plan, "in", 3, capture="out")
    assert isinstance(result, Stream)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(result), 0.01)
    go.set()
    assert await items_of(result) == [0, 1, 2]


async def test_run_many_gives_a_stream_for_each_payload() -> None:
    flow = small("in>out", {"out": stream(count)})
    results = flow.executor().run_many(flow.plan, "in", [3, 1, 0, 30], capture="out")
    assert [await items_of(result) async for result in results] == [[0, 1, 2], [0], [], list(range(30))]


async def test_an_error_in_a_stream_comes_behind_its_items() -> None:
    async def broken(number: int) -> AsyncIterator[int]:
        for item in range(number):
            yield item
        raise ValueError("broken")

    for number in (0, 3, 50):
        flow = small("in>out", {"out": stream(broken)})
        result = await flow.executor().run_once(flow.plan, "in", number, capture="out")
        assert isinstance(result, Stream)
        assert [await soon(anext(result)) for _ in range(number)] == list(range(number))
        with pytest.raises(NodeFailed) as caught:
            await soon(anext(result))
        assert caught.value.alias == "out"
        assert isinstance(caught.value.cause, ValueError)


async def test_a_stream_that_fails_before_its_first_item_is_still_a_stream_of_its_failure() -> None:
    async def broken(payload: Any) -> AsyncIterator[int]:
        if payload:
            raise ValueError
        yield 1

    flow = small("in>out", {"out": stream(broken)})
    result = await flow.executor().run_once(flow.plan, "in", 1, capture="out")
    with pytest.raises(NodeFailed):
        await items_of(result)


async def test_a_node_takes_no_other_message_until_the_last_item_of_its_stream_is_taken() -> None:
    began: list[int] = []

    async def note(number: int) -> AsyncIterator[int]:
        began.append(number)
        for item in range(number):
            yield item

    flow = small("in>out", {"out": stream(note)})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 3)
        await run.send("in", 4)
        first = await soon(run.next())
        assert isinstance(first, Stream)
        await turns()
        assert [await anext(first), await anext(first)] == [0, 1]
        await turns()
        assert began == [3]
        assert await items_of(first) == [2]
        assert await items_of(await soon(run.next())) == [0, 1, 2, 3]


async def test_a_stream_holds_no_more_than_a_few_items_for_a_slow_host() -> None:
    endless = Endless()
    flow = small("in>out", {"out": stream(endless.__call__)})
    result = await flow.executor().run_once(flow.plan, "in", 1, capture="out")
    assert isinstance(result, Stream)
    for _ in range(200):
        await asyncio.sleep(0)
    assert endless.yielded < 50
    await result.aclose()


async def test_a_deadline_ends_a_stream_too() -> None:
    async def hang(payload: Any) -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(3600)

    flow = small("in>out", {"out": stream(hang)})
    result = await flow.executor().run_once(flow.plan, "in", 1, capture="out", deadline=0.03)
    assert isinstance(result, Stream)
    assert await soon(anext(result)) == 1
    with pytest.raises(DeadlineExceeded):
        await soon(anext(result))


@pytest.mark.parametrize("items", [3, 10_000])
async def test_a_stream_that_swallows_its_cancellation_ends_with_its_run(items: int) -> None:
    swallowed, done = asyncio.Event(), asyncio.Event()

    async def swallow(payload: Any) -> AsyncIterator[int]:
        yield 0
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            swallowed.set()
        try:
            for item in range(items):
                yield item
        finally:
            done.set()

    flow = small("in>out", {"out": stream(swallow)})
    tasks = asyncio.all_tasks()
    result = await flow.executor().run_once(flow.plan, "in", 1, capture="out", deadline=0.03)
    assert isinstance(result, Stream)
    assert await soon(anext(result)) == 0
    await soon(swallowed.wait())
    await soon(done.wait())
    await turns()
    for _ in range(2):
        with pytest.raises(DeadlineExceeded):
            await soon(anext(result))
    assert asyncio.all_tasks() <= tasks  # those of others may have ended meanwhile


async def test_side_branches_end_before_the_stream_does() -> None:
    done = []

    async def side(payload: Any) -> None:
        await asyncio.sleep(0.01)
        done.append(payload)

    flow = small("in>out, in>side", {"out": stream(count), "side": side})
    result = await flow.executor().run_once(flow.plan, "in", 3, capture="out")
    assert await items_of(result) == [0, 1, 2]
    assert done == [3]


async def test_a_failure_elsewhere_is_raised_behind_the_items_of_a_stream() -> None:
    async def fail(payload: Any) -> None:
        await asyncio.sleep(0.005)
        raise ValueError

    async def two(payload: Any) -> AsyncIterator[int]:
        yield 1
        yield 2
        await asyncio.sleep(3600)

    flow = small("in>out, in>side", {"out": stream(two), "side": fail})
    result = await flow.executor().run_once(flow.plan, "in", 3, capture="out")
    assert isinstance(result, Stream)
    assert [await soon(anext(result)) for _ in range(2)] == [1, 2]
    with pytest.raises(NodeFailed) as caught:
        await soon(anext(result))
    assert caught.value.alias == "side"


async def test_a_generator_may_await_and_use_timeouts_and_task_groups() -> None:
    async def careful(number: int) -> AsyncIterator[int]:
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            for item in range(number):
                yield await group.create_task(asyncio.sleep(0, item))

    flow = small("in>out", {"out": stream(careful)})
    result = await flow.executor().run_once(flow.plan, "in", 30, capture="out")
    assert await items_of(result) == list(range(30))


async def test_an_executor_serves_one_stream_after_the_other() -> None:
    flow = small("in>out", {"out": stream(count)})
    executor = flow.executor()
    for number in range(5):
        assert await items_of(await executor.run_once(flow.plan, "in", number, capture="out")) == list(
            range(number)
        )


@pytest.mark.parametrize("swallow", [True, False])
async def test_the_end_of_a_stream_is_forgotten_though_its_handler_swallowed_it(swallow: bool) -> None:
    left: list[int] = []

    async def waits(number: int) -> AsyncIterator[int]:
        task = asyncio.current_task()
        assert task is not None
        left.append(task.cancelling())
        yield number
        if number == 1:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if not swallow:
                    raise ValueError("odd") from None

    flow = small("in>out", {"out": stream(waits)})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        await run.send("in", 2)
        first = await soon(run.next())
        assert isinstance(first, Stream)
        assert await soon(anext(first)) == 1
        await turns()
        await soon(first.aclose())
        assert await items_of(await soon(run.next())) == [2]
    assert left == [0, 0]


async def test_a_stream_that_ended_does_not_outlive_a_run_that_failed_beside_it() -> None:
    fail = asyncio.Event()

    async def stubborn(payload: Any) -> AsyncIterator[int]:
        yield 1
        while not fail.is_set():
            with suppress(asyncio.CancelledError):
                await fail.wait()
                await asyncio.sleep(3600)

    async def side(payload: Any) -> Any:
        await fail.wait()
        raise LookupError

    flow = small("in>out, in>side", {"out": stream(stubborn), "side": side})
    tasks = asyncio.all_tasks()
    result = await flow.executor().run_once(flow.plan, "in", 1, capture="out")
    await turns()
    fail.set()
    await turns()
    assert asyncio.all_tasks() <= tasks  # those of others may have ended meanwhile
    with pytest.raises(NodeFailed):
        await items_of(result)


async def test_a_run_keeps_nothing_of_streams_that_have_ended() -> None:
    flow = small("in>out", {"out": stream(count)})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        for number in range(20):
            await run.send("in", number)
            assert await items_of(await soon(run.next())) == list(range(number))
        await turns()
        gc.collect()
        assert sum(isinstance(one, Feed) for one in gc.get_objects()) <= 1
