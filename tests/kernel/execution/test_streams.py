"""A capture node that streams: items, errors behind them, closing, dropping, and the permit that is freed."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from small_flows import close_early, slowly, small, soon, stream, turns

from kernel_exec import Cancelled, DeadlineExceeded, NodeFailed, Stream
from kernel_exec.results import Feed


async def count(number: int) -> AsyncIterator[int]:
    for item in range(number):
        yield item


async def items_of(result: Any) -> list[Any]:
    assert isinstance(result, Stream)

    async def all_items() -> list[Any]:
        return [item async for item in result]

    return await soon(all_items())


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


class Endless:
    """A handler that yields for ever, and tells when it was stopped."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()
        self.yielded = 0

    async def __call__(self, payload: Any) -> AsyncIterator[int]:
        try:
            while True:
                self.yielded += 1
                yield self.yielded
                await asyncio.sleep(0)
        finally:
            self.stopped.set()


async def test_closing_a_stream_stops_its_handler() -> None:
    endless = Endless()
    flow = small("in>out", {"out": stream(endless.__call__)})
    result = await flow.executor().run_once(flow.plan, "in", 1, capture="out")
    assert isinstance(result, Stream)
    assert [await soon(anext(result)) for _ in range(3)] == [1, 2, 3]
    await soon(result.aclose())
    await soon(endless.stopped.wait())
    with pytest.raises(StopAsyncIteration):
        await anext(result)
    await result.aclose()


async def test_what_is_left_of_a_stream_is_forgotten_when_it_is_closed() -> None:
    flow = small("in>out", {"out": stream(count)})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 10)
        result = await soon(run.next())
        assert isinstance(result, Stream)
        assert await soon(anext(result)) == 0
        await turns()
        await result.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(result)


async def test_a_handler_that_swallows_the_end_of_its_stream_is_closed_where_it_yields_next() -> None:
    closed = asyncio.Event()
    yielded = 0

    async def stubborn(payload: Any) -> AsyncIterator[int]:
        nonlocal yielded
        try:
            for yielded in range(1, 100):
                yield yielded
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(0.001)
        finally:
            closed.set()

    flow = small("in>out", {"out": stream(stubborn)})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        result = await soon(run.next())
        assert isinstance(result, Stream)
        await result.aclose()
        await soon(closed.wait())
        assert yielded < 10


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


async def test_a_closed_stream_frees_its_permit_and_its_node() -> None:
    async def endless(payload: Any) -> AsyncIterator[int]:
        while True:
            yield payload
            await asyncio.sleep(0)

    flow = small("in>out", {"out": stream(endless)})
    async with flow.executor(capture_capacity=1).instantiate(flow.plan, capture="out") as run:
        for number in range(5):
            await close_early(run, number)


async def test_dropping_a_stream_stops_its_handler() -> None:
    endless = Endless()
    flow = small("in>out", {"out": stream(endless.__call__)})
    result = await flow.executor().run_once(flow.plan, "in", 1, capture="out")
    del result
    gc.collect()
    await soon(endless.stopped.wait())


async def test_a_stream_that_is_lost_in_a_cycle_stops_its_handler_without_a_complaint() -> None:
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    endless = Endless()
    flow = small("in>out", {"out": stream(endless.__call__)})
    cycle: list[Any] = [await flow.executor().run_once(flow.plan, "in", 1, capture="out")]
    cycle.append(cycle)
    await turns()  # the handler waits for room
    del cycle
    gc.collect()
    await soon(endless.stopped.wait())
    assert not complaints


@pytest.mark.parametrize("from_async", [False, True])
async def test_run_many_goes_on_when_a_stream_was_dropped(from_async: bool) -> None:
    flow = small("in>out", {"out": stream(count)})
    payloads = slowly([5, 100, 3]) if from_async else [5, 100, 3]
    results = flow.executor().run_many(flow.plan, "in", payloads, capture="out")
    for _ in range(3):
        result = await soon(anext(results))
        assert isinstance(result, Stream)
        assert await soon(anext(result)) == 0
        del result
        gc.collect()
    with pytest.raises(StopAsyncIteration):
        await soon(anext(results))


@pytest.mark.parametrize("way", ["close", "close twice", "drop", "leave"])
async def test_a_handler_cleans_up_undisturbed_when_its_stream_has_gone(way: str) -> None:
    cleaned = asyncio.Event()

    async def tidy(payload: Any) -> AsyncIterator[int]:
        try:
            for item in range(1000):
                yield item
                await asyncio.sleep(0)
        finally:
            await asyncio.sleep(0.01)
            cleaned.set()

    flow = small("in>out", {"out": stream(tidy)})
    if way in ("close twice", "leave"):
        async with flow.executor().instantiate(flow.plan, capture="out") as run:
            await run.send("in", 1)
            result = await soon(run.next())
            assert isinstance(result, Stream)
            await result.aclose()
            await turns()  # it is at its cleaning up when the run ends, or the stream is closed again
            if way == "close twice":
                await result.aclose()
                await soon(cleaned.wait(), 5)
    else:
        result = await flow.executor().run_once(flow.plan, "in", 1, capture="out")
        assert isinstance(result, Stream)
        assert await soon(anext(result)) == 0
        if way == "close":
            await result.aclose()
        del result
        gc.collect()
    await soon(cleaned.wait(), 5)


async def test_closing_a_stream_lets_its_reader_go_however_long_the_handler_cleans_up() -> None:
    go_on = asyncio.Event()

    async def hang(payload: Any) -> AsyncIterator[int]:
        try:
            await asyncio.Event().wait()
            yield 1
        finally:
            await go_on.wait()

    flow = small("in>out", {"out": stream(hang)})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        result = await soon(run.next())
        assert isinstance(result, Stream)
        reading = asyncio.create_task(anext(result, "the end"))
        await turns()
        await result.aclose()
        assert await soon(reading) == "the end"
        go_on.set()


@pytest.mark.parametrize("way", ["close", "drop"])
async def test_the_side_branches_of_a_stream_that_its_host_leaves_are_stopped(way: str) -> None:
    stopped = asyncio.Event()

    async def side(payload: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    flow = small("in>out, in>side", {"out": stream(count), "side": side})
    result = await soon(flow.executor().run_once(flow.plan, "in", 100, capture="out"))
    assert isinstance(result, Stream)
    assert await soon(anext(result)) == 0
    await turns()
    if way == "close":
        await soon(result.aclose())
    del result
    gc.collect()
    await soon(stopped.wait())


async def test_leaving_an_instance_stops_its_stream() -> None:
    endless = Endless()
    flow = small("in>out", {"out": stream(endless.__call__)})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        result = await soon(run.next())
    await soon(endless.stopped.wait())
    with pytest.raises(Cancelled):
        await soon(anext(result))


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


async def test_a_clean_up_that_fails_when_the_host_has_gone_fails_nothing_else() -> None:
    async def untidy(number: int) -> AsyncIterator[int]:
        try:
            for item in range(number):
                yield item
        finally:
            if number == 100:
                raise ValueError("could not clean up")

    flow = small("in>out", {"out": stream(untidy)})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 100)
        await run.send("in", 3)
        first = await soon(run.next())
        assert isinstance(first, Stream)
        assert await soon(anext(first)) == 0
        await soon(first.aclose())
        assert await items_of(await soon(run.next())) == [0, 1, 2]


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


async def test_a_handler_that_follows_a_closed_stream_can_be_stopped_too() -> None:
    stopped: list[int] = []

    async def hang(number: int) -> AsyncIterator[int]:
        yield number
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.append(number)

    flow = small("in>out", {"out": stream(hang)})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        await run.send("in", 2)
        for number in (1, 2):
            result = await soon(run.next())
            assert isinstance(result, Stream)
            assert await soon(anext(result)) == number
            await turns()
            if number == 1:
                await soon(result.aclose())
    await turns()
    assert stopped == [1, 2]
