"""A loop that was closed with work left leaves no more behind than others do."""

import asyncio
import gc
import time
import weakref
from collections import deque
from contextvars import copy_context
from itertools import pairwise

import pytest

from kernel_exec import Cancelled, FlowBuilder, FlowExecutor, FlowInstance, NodeRegistry, Value, validate
from kernel_exec.durability import MemoryCheckpoints
from kernel_exec.flow_ir import Durability
from kernel_exec.offload.jobs import Job


def slow(payload: object) -> object:
    time.sleep(0.003)  # more than a slice
    return payload


def leave_a_run_behind() -> weakref.ref[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    registry = NodeRegistry()
    registry.node("test::slow", inline=True)(slow)
    builder = FlowBuilder("f", "1.0.0")
    for alias in "abcdef":
        builder.node(alias, "test::slow", summary="-")
    for source, target in pairwise("abcdef"):
        builder.edge(source, target)
    plan = validate(builder.build())

    async def start() -> object:
        run = FlowExecutor(registry).instantiate(plan, capture="f")
        await run.send("a", 1)
        await run.send("a", 2)
        return run

    run = loop.run_until_complete(start())
    loop.close()
    del run
    return weakref.ref(loop)


def test_a_run_that_waited_for_its_turn_does_not_keep_its_loop() -> None:
    first = leave_a_run_behind()
    leave_a_run_behind()
    gc.collect()
    assert first() is None


def test_an_executor_serves_the_next_loop_when_one_is_closed() -> None:
    registry = NodeRegistry()

    @registry.node("test::wait")
    async def wait(payload: object) -> object:
        await asyncio.sleep(0.001)
        return payload

    plan = validate(FlowBuilder("f", "1.0.0").node("a", "test::wait", summary="-").build())
    executor = FlowExecutor(registry)
    for number in range(3):
        assert asyncio.run(executor.run_once(plan, "a", number, capture="a")) == Value(number)


def test_a_run_may_be_cancelled_after_its_loop_was_closed() -> None:
    registry = NodeRegistry()

    @registry.node("test::halt", halts=True)
    async def halt(payload: object) -> object:
        return payload

    builder = FlowBuilder("f", "1.0.0").node(
        "a", "test::halt", summary="-", durability=Durability(halts=True)
    )
    plan = validate(builder.build())
    executor = FlowExecutor(registry, resources={"checkpoints": MemoryCheckpoints()})

    async def start() -> FlowInstance:
        return executor.instantiate(plan, capture="a")

    run = asyncio.run(start())
    run.cancel()
    with pytest.raises(Cancelled):
        asyncio.run(run.send("a", 1))


def test_a_job_whose_loop_was_closed_begins_no_further_payload() -> None:
    begun: list[int] = []

    async def make() -> Job:
        return Job([begun.append], 0, 1, deque(range(3)), copy_context(), lambda: None)

    job = asyncio.run(make())
    job.hurry()
    job.run()
    assert begun == [0]
