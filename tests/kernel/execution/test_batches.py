"""Runs that are fed and emptied in batches behave as if it were one message at a time."""

import asyncio
from typing import Any

import pytest
from small_flows import collect, small

from kernel_exec import Value

TEXT = "x" * 400


@pytest.mark.parametrize("limit", [None, 1_000, 2_000])
async def test_a_whole_inbox_goes_down_a_line_in_order(limit: int | None) -> None:
    flow = small("a>b>c")
    executor = flow.executor(queue_limit_bytes=limit)
    payloads = [f"{TEXT}{number}" for number in range(50)]
    assert await collect(executor.run_many(flow.plan, "a", payloads, capture="c")) == payloads


async def test_a_payload_that_found_the_queues_full_is_not_lost() -> None:
    async def slow(payload: Any) -> Any:
        await asyncio.sleep(0)
        return payload

    flow = small("a>b>c", {"b": slow})
    executor = flow.executor(queue_limit_bytes=1_000, capture_capacity=4)
    payloads = [f"{TEXT}{number}" for number in range(30)]
    assert await collect(executor.run_many(flow.plan, "a", payloads, capture="c")) == payloads


async def test_a_handler_that_stops_the_run_in_a_line_ends_it_there() -> None:
    invoked: list[Any] = []

    async def stops(payload: Any) -> Any:
        if payload == 1:
            run.cancel("enough")
        return payload

    async def notes(payload: Any) -> Any:
        invoked.append(payload)
        return payload

    flow = small("a>b>c", {"a": stops, "b": notes})
    run = flow.executor().instantiate(flow.plan, capture="c")
    async with run:
        for number in range(4):
            await run.send("a", number)
        with pytest.raises(Exception, match="enough"):
            await collect(run)  # a slice may end before, and give the first result
    assert invoked == [0]


async def test_a_send_that_takes_the_last_permit_moves_what_it_sent() -> None:
    invoked: list[Any] = []

    async def notes(payload: Any) -> Any:
        invoked.append(payload)
        return payload

    flow = small("a>b", {"b": notes})
    async with flow.executor(capture_capacity=2).instantiate(flow.plan, capture="b") as run:
        await run.send("a", 0)
        assert invoked == []
        await run.send("a", 1)
        assert invoked == [0, 1]
        assert [await run.next(), await run.next()] == [Value(0), Value(1)]
