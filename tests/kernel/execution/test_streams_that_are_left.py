"""A stream whose host closes it, drops it or leaves: its handler is stopped, and its permit is freed."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from small_flows import Endless, close_early, count, items_of, slowly, small, soon, stream, turns

from kernel_exec import Cancelled, Stream


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
