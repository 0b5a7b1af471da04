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
