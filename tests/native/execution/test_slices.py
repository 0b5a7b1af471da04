"""The loop gets its turn while work is always ready, by the thread's own time (decision 17)."""

import asyncio
import time
from itertools import pairwise
from typing import Any

import pytest

from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, validate


async def quick(payload: Any) -> Any:
    return payload


async def busy(payload: Any) -> Any:
    ends = time.thread_time() + 0.002
    while time.thread_time() < ends:
        pass
    return payload


@pytest.mark.parametrize(
    ("handler", "messages", "bound"), [(quick, 5_000, 0.005), (busy, 20, 0.008)], ids=["quick", "busy"]
)
async def test_no_slice_overruns_by_more_than_a_handler(handler: Any, messages: int, bound: float) -> None:
    registry = NodeRegistry()
    registry.node("test::node")(handler)
    builder = FlowBuilder("slices", "1.0.0")
    names = [f"n{number}" for number in range(10)]
    for name in names:
        builder.node(name, "test::node", summary="-")
    for source, target in pairwise(names):
        builder.edge(source, target)
    plan = validate(builder.build())
    gaps: list[float] = []

    async def beat() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            gaps.append(time.thread_time() - before)

    async with FlowExecutor(registry).instantiate(plan, capture="n9") as run:
        beating = asyncio.create_task(beat())
        await asyncio.sleep(0)

        async def produce() -> None:
            for number in range(messages):
                await run.send("n0", number)
            run.finish()

        producer = asyncio.create_task(produce())
        assert len([result async for result in run]) == messages
        await producer
        beating.cancel()
    # Two milliseconds of the slice and two of a handler; the rest is for a machine that is busy elsewhere.
    assert max(gaps) < bound


async def test_many_that_waited_for_the_same_share_a_slice_when_they_go_on() -> None:
    waiting, go, gaps = 0, asyncio.Event(), list[float]()

    async def wait(payload: Any) -> Any:
        nonlocal waiting
        waiting += 1
        await go.wait()
        return payload

    async def work(payload: Any) -> Any:
        ends = time.thread_time() + 0.0001
        while go.is_set() and time.thread_time() < ends:
            pass
        return payload

    async def beat() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            gaps.append(time.thread_time() - before)

    registry, builder = NodeRegistry(), FlowBuilder("slices", "1.0.0")
    for handler in (quick, wait, work):
        registry.node(f"test::{handler.__name__}")(handler)
    builder.node("in", "test::quick", summary="-")
    for line in range(100):
        builder.node(f"n{line}_0", "test::wait", summary="-")
        builder.edge("in", f"n{line}_0")
        for at in range(1, 10):
            builder.node(f"n{line}_{at}", "test::work", summary="-")
            builder.edge(f"n{line}_{at - 1}", f"n{line}_{at}")
    async with FlowExecutor(registry).instantiate(validate(builder.build()), capture="in") as run:
        await run.send("in", 1)
        await run.next()
        while waiting < 100:
            await asyncio.sleep(0)
        beating = asyncio.create_task(beat())
        go.set()
        run.finish()
        assert [result async for result in run] == []
        beating.cancel()
    # Ninety milliseconds of work: two of a slice, one of a line, and the rest for a machine that is busy.
    assert max(gaps) < 0.02
