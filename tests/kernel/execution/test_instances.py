"""A run that the host holds open: permits, backpressure, finish, cancel, leaving, dropping."""

import asyncio
import gc
from typing import Any

import pytest
from small_flows import Gate, collect, same, small, soon, turns

from kernel_exec import SKIP, Cancelled, NodeFailed, UnknownTrigger, Value


async def test_send_and_next_work_from_two_tasks() -> None:
    flow = small("in>a>out")
    async with flow.executor().instantiate(flow.plan, capture="out") as run:

        async def produce() -> None:
            for number in range(500):
                await run.send("in", number)
            run.finish()

        producer = asyncio.create_task(produce())
        assert await collect(run) == list(range(500))
        await producer


async def test_send_and_next_in_turns_need_no_second_task() -> None:
    flow = small("in>a>out")
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        for number in range(100):
            await run.send("in", number)
            assert await soon(run.next()) == Value(number)


async def test_permits_bound_the_messages_on_their_way() -> None:
    flow = small("in>a>b>out")
    async with flow.executor(capture_capacity=3).instantiate(flow.plan, capture="out") as run:
        for number in range(3):
            await soon(run.send("in", number))
        fourth = asyncio.create_task(run.send("in", 3))
        await turns()
        assert not fourth.done()
        assert await soon(run.next()) == Value(0)
        await soon(fourth)


async def test_a_permit_is_free_again_wherever_its_message_ends() -> None:
    async def drop(payload: Any) -> Any:
        return SKIP

    flow = small("in>out, in>leaf, in>dropped>out", {"out": drop, "dropped": drop})
    async with flow.executor(capture_capacity=1).instantiate(flow.plan, capture="out") as run:
        for number in range(50):
            await soon(run.send("in", number))


async def test_sends_are_served_in_the_order_they_came() -> None:
    flow = small("in>out")
    async with flow.executor(capture_capacity=1).instantiate(flow.plan, capture="out") as run:
        sends = [asyncio.create_task(run.send("in", number)) for number in range(20)]
        results = [(await soon(run.next())).value for _ in sends]
        await soon(asyncio.gather(*sends))
    assert results == list(range(20))


async def test_a_cancelled_send_gives_its_place_to_the_next() -> None:
    flow = small("in>out")
    async with flow.executor(capture_capacity=1).instantiate(flow.plan, capture="out") as run:
        await run.send("in", 0)
        given_up = asyncio.create_task(run.send("in", 1))
        patient = asyncio.create_task(run.send("in", 2))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
        assert await soon(run.next()) == Value(0)
        await soon(patient)
        assert await soon(run.next()) == Value(2)
        run.finish()
        assert await collect(run) == []


async def test_a_send_that_is_cancelled_as_its_turn_comes_gives_it_on() -> None:
    flow = small("in>out")
    async with flow.executor(capture_capacity=1).instantiate(flow.plan, capture="out") as run:
        await run.send("in", 0)
        given_up = asyncio.create_task(run.send("in", 1))
        await turns()
        assert await soon(run.next()) == Value(0)  # which frees the permit for the one that waits
        given_up.cancel()
        await soon(run.send("in", 2))
        assert await soon(run.next()) == Value(2)


async def test_several_readers_each_get_a_result() -> None:
    flow = small("in>out")
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        readers = [asyncio.create_task(run.next()) for _ in range(5)]
        given_up = asyncio.create_task(run.next())
        await asyncio.sleep(0)
        given_up.cancel()
        for number in range(5):
            await run.send("in", number)
        results = await soon(asyncio.gather(*readers))
    assert sorted(result.value for result in results) == list(range(5))


@pytest.mark.parametrize("graph", ["in>out", "in>out, in>busy"])
async def test_nothing_is_lost_when_a_reader_gives_up_just_as_its_result_comes(graph: str) -> None:
    flow = small(graph, {"busy": Gate()})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        first = asyncio.create_task(run.next())
        second = asyncio.create_task(run.next())
        await asyncio.sleep(0)
        await run.send("in", 1)
        await asyncio.sleep(0)
        first.cancel()
        assert await soon(second) == Value(1)


async def test_after_finish_what_is_on_its_way_is_still_delivered() -> None:
    flow = small("in>a>out")
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        for number in range(5):
            await run.send("in", number)
        run.finish()
        with pytest.raises(Cancelled):
            await run.send("in", 6)
        assert await collect(run) == list(range(5))
        with pytest.raises(StopAsyncIteration):
            await soon(run.next())


async def test_finish_wakes_a_reader_that_waits_for_nothing() -> None:
    flow = small("in>out")
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        reader = asyncio.create_task(collect(run))
        await asyncio.sleep(0)
        run.finish()
        assert await soon(reader) == []


async def test_a_send_that_waits_when_the_run_is_finished_is_still_taken() -> None:
    flow = small("in>out")
    async with flow.executor(capture_capacity=1).instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        waiting = asyncio.create_task(run.send("in", 2))
        await asyncio.sleep(0)
        run.finish()
        assert await collect(run) == [1, 2]
        await waiting


async def test_cancel_ends_what_waits_and_what_comes() -> None:
    async def hang(payload: Any) -> Any:
        await asyncio.sleep(3600)

    flow = small("in>out", {"out": hang})
    async with flow.executor(capture_capacity=1).instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        send = asyncio.create_task(run.send("in", 2))
        reader = asyncio.create_task(run.next())
        await turns()
        run.cancel("enough")
        for waiting in (send, reader):
            with pytest.raises(Cancelled, match="enough") as caught:
                await soon(waiting)
            assert caught.value.reason == "enough"
        for later in (run.send("in", 3), run.next()):
            with pytest.raises(Cancelled, match="enough"):
                await soon(later)


async def test_a_send_that_was_let_on_as_the_run_ended_is_refused() -> None:
    flow = small("in>out")
    async with flow.executor(capture_capacity=1).instantiate(flow.plan, capture="out") as run:
        await run.send("in", 0)
        waiting = asyncio.create_task(run.send("in", 1))
        await turns()
        await run.next()  # its permit is free: the one who waits for it comes to that in the loop's next turn
        run.cancel("too late")
        with pytest.raises(Cancelled, match="too late"):
            await soon(waiting)


async def test_a_send_that_would_have_to_wait_once_more_as_the_run_ended_does_not_hang() -> None:
    busy = asyncio.Event()

    async def hold(payload: Any) -> Any:
        await busy.wait()
        return payload

    flow = small("in>out, other>drop", {"in": hold, "drop": lambda payload: SKIP})
    executor = flow.executor(capture_capacity=3, trigger_capacity=1)
    async with executor.instantiate(flow.plan, capture="out") as run:
        await run.send("in", 0)
        await run.send("in", 1)  # the entrance is full from here on
        await run.send("other", 2)
        waiting = asyncio.create_task(run.send("in", 3))
        await turns(1)
        while run.scheduler.permits.waiters:  # until the message at `drop` has ended
            await asyncio.sleep(0)
        run.cancel("too late")
        with pytest.raises(Cancelled, match="too late"):
            await soon(waiting)


async def test_cancel_stops_the_handlers() -> None:
    stopped = []

    async def hang(payload: Any) -> Any:
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.append(payload)

    flow = small("in>a, in>b", {"a": hang, "b": hang})
    async with flow.executor().instantiate(flow.plan, capture="b") as run:
        await run.send("in", 1)
        await turns()
        run.cancel()
        await turns()
        assert stopped == [1, 1]


@pytest.mark.parametrize("capture", ["out", "a"])
async def test_leaving_never_waits_for_draining(capture: str) -> None:
    flow = small("in>a>out, in>b>out, in>c>out")
    run = flow.executor(edge_capacity=1, capture_capacity=1).instantiate(flow.plan, capture=capture)

    async def leave() -> None:
        async with run:
            await run.send("in", 1)
            await turns()

    await soon(leave(), 1)
    with pytest.raises(Cancelled):
        await run.next()


async def test_leaving_ends_with_a_handler_that_swallows_its_cancellation() -> None:
    release = asyncio.Event()

    async def stubborn(payload: Any) -> Any:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    flow = small("in>out", {"in": stubborn})

    async def leave() -> None:
        async with flow.executor().instantiate(flow.plan, capture="out") as run:
            await run.send("in", 1)
            await turns()

    await soon(leave(), 1)
    release.set()
    await asyncio.sleep(0)


async def test_leaving_does_not_hide_what_was_raised_inside() -> None:
    flow = small("in>out")
    with pytest.raises(KeyError):
        async with flow.executor().instantiate(flow.plan, capture="out"):
            raise KeyError("mine")


async def test_a_dropped_instance_stops_its_handlers() -> None:
    stopped = asyncio.Event()

    async def hang(payload: Any) -> Any:
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.set()

    flow = small("in>out", {"out": hang})
    run = flow.executor().instantiate(flow.plan, capture="out")
    await run.send("in", 1)
    await turns()
    del run
    gc.collect()
    await soon(stopped.wait())


async def test_a_dropped_iteration_of_run_many_stops_its_handlers() -> None:
    stopped = asyncio.Event()

    async def hang(number: int) -> Any:
        try:
            if number:
                await asyncio.sleep(3600)
        finally:
            if number:
                stopped.set()
        return number

    flow = small("in>out", {"out": hang})
    async for result in flow.executor().run_many(flow.plan, "in", range(10), capture="out"):
        assert result == Value(0)
        await turns()
        break
    gc.collect()
    await soon(stopped.wait())


async def test_sending_to_what_is_no_trigger_says_what_is() -> None:
    flow = small("in>out")
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        with pytest.raises(UnknownTrigger, match="'in'"):
            await run.send("out", 1)
        await run.send("in", 1)
        assert await soon(run.next()) == Value(1)


async def test_a_full_flow_that_nobody_drains_can_be_left_and_drained() -> None:
    flow = small("in>a>out, in>b>out, a>b", default=same)
    async with flow.executor(edge_capacity=1, capture_capacity=2, trigger_capacity=1).instantiate(
        flow.plan, capture="out"
    ) as run:
        sends = [asyncio.create_task(run.send("in", number)) for number in range(30)]
        await turns()
        run.finish()
        assert len(await collect(run)) == 90
        await soon(asyncio.gather(*sends))


async def test_a_handler_may_cancel_its_own_run() -> None:
    async def cancel(payload: Any) -> Any:
        run.cancel("from inside")
        return payload

    later = []

    async def after(payload: Any) -> Any:
        later.append(payload)

    flow = small("in>a>b>out", {"a": cancel, "b": after})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        with pytest.raises(Cancelled, match="from inside"):
            await soon(run.next())
    assert not later


async def test_a_handler_may_send_to_its_own_run() -> None:
    async def feed(number: int) -> int:
        if number:
            await run.send("in", number - 1)
        return number

    flow = small("in>out", {"in": feed})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 5)
        assert [(await soon(run.next())).value for _ in range(6)] == [5, 4, 3, 2, 1, 0]


async def test_a_handler_that_sends_the_last_message_there_is_room_for_and_fails_is_named() -> None:
    async def feed(payload: Any) -> Any:
        await run.send("other", 2)
        raise ValueError(payload)

    flow = small("in>out, other>out", {"in": feed})
    async with flow.executor(capture_capacity=2).instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        with pytest.raises(NodeFailed) as caught:
            await soon(run.next())
        assert caught.value.alias == "in"


def test_an_instance_outlives_its_loop_without_a_sound() -> None:
    async def hang(payload: Any) -> Any:
        await asyncio.sleep(3600)

    flow = small("in>out", {"out": hang})

    async def start() -> Any:
        run = flow.executor().instantiate(flow.plan, capture="out")
        await run.send("in", 1)
        await turns()
        return run

    run = asyncio.run(start())
    del run
    gc.collect()
