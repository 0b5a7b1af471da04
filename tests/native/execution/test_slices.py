"""The loop gets its turn while work is always ready, by the thread's own time (decision 17)."""

import asyncio
import time
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, ValidatedFlow, validate
from kernel_exec.runtime import TRUSTED, turn_of


async def quick(payload: Any) -> Any:
    return payload


def work(seconds: float) -> None:
    ends = time.thread_time() + seconds
    while time.thread_time() < ends:
        pass


async def busy(payload: Any) -> Any:
    work(0.002)
    return payload


async def beat(gaps: list[float]) -> None:
    """Note how much of the thread's time passes between two turns of the loop."""
    while True:
        before = time.thread_time()
        await asyncio.sleep(0)
        gaps.append(time.thread_time() - before)


def chain(handler: Any) -> tuple[ValidatedFlow, NodeRegistry]:
    registry = NodeRegistry()
    registry.node("test::node")(handler)
    builder = FlowBuilder("slices", "1.0.0")
    names = [f"n{number}" for number in range(10)]
    for name in names:
        builder.node(name, "test::node", summary="-")
    for source, target in pairwise(names):
        builder.edge(source, target)
    return validate(builder.build()), registry


@pytest.mark.parametrize(
    ("handler", "messages", "bound"), [(quick, 5_000, 0.005), (busy, 20, 0.008)], ids=["quick", "busy"]
)
async def test_no_slice_overruns_by_more_than_a_handler(handler: Any, messages: int, bound: float) -> None:
    plan, registry = chain(handler)
    gaps: list[float] = []
    async with FlowExecutor(registry).instantiate(plan, capture="n9") as run:
        beating = asyncio.create_task(beat(gaps))
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


async def test_handlers_that_were_quick_and_become_slow_overrun_once_by_the_hops_between_two_looks() -> None:
    async def slow_later(payload: int) -> int:
        if payload >= 100:
            work(0.002)
        return payload

    plan, registry = chain(slow_later)
    gaps: list[float] = []
    beating = asyncio.create_task(beat(gaps))
    await asyncio.sleep(0)
    results = FlowExecutor(registry).run_many(plan, "n0", range(116), capture="n9")
    assert len([result async for result in results]) == 116
    beating.cancel()
    *others, last = sorted(gaps)
    assert last < (TRUSTED + 10) * 0.002 + 0.008  # a line of ten is run as a whole
    assert max(others) < 0.008


async def test_many_that_go_on_in_one_turn_and_wait_again_share_a_slice() -> None:
    lines = 100
    go, stay, gaps, waiting = asyncio.Event(), asyncio.Event(), list[float](), 0
    registry = NodeRegistry()
    registry.node("test::quick")(quick)

    @registry.node("test::wait")
    async def wait(payload: str) -> str:
        if payload == "wait":
            await go.wait()
        return payload

    @registry.node("test::wait_again")
    async def wait_again(payload: str) -> str:
        nonlocal waiting
        if payload == "wait":
            waiting += 1
            work(0.0002)
            await stay.wait()
        return payload

    builder = FlowBuilder("slices", "1.0.0").node("in", "test::quick", summary="-")
    for line in range(lines):
        builder.node(f"wait{line}", "test::wait", summary="-").node(
            f"again{line}", "test::wait_again", summary="-"
        )
        builder.edge("in", f"wait{line}").edge(f"wait{line}", f"again{line}")
    async with FlowExecutor(registry).instantiate(validate(builder.build()), capture="in") as run:
        for payload in ["be quick"] * 20 + ["wait"]:  # looks at the slice are far between then
            await run.send("in", payload)
            await run.next()
        await asyncio.sleep(0.05)
        beating = asyncio.create_task(beat(gaps))
        await asyncio.sleep(0)
        go.set()
        while waiting < lines:
            await asyncio.sleep(0)
        beating.cancel()
    assert max(gaps) < 0.01


async def test_those_that_a_slice_is_used_up_for_are_not_called_and_have_the_next() -> None:
    loop = asyncio.get_running_loop()
    turn, called = turn_of(loop), list[int]()

    def use_up(number: int) -> None:
        turn.open(loop)
        called.append(number)
        work(2 * turn.LENGTH)
        turn.look(1, 0)

    for number in range(5):
        turn.wait(loop, partial(use_up, number))
    for turns in range(1, 6):
        await asyncio.sleep(0)
        assert len(called) == turns
    assert sorted(called) == [*range(5)]


def test_an_interrupt_in_one_run_takes_no_turn_from_the_others() -> None:
    went_on: list[str] = []

    def interrupted() -> None:
        raise KeyboardInterrupt

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        turn = turn_of(loop)
        for pump in (lambda: went_on.append("first"), interrupted, lambda: went_on.append("last")):
            turn.wait(loop, pump)
        with pytest.raises(KeyboardInterrupt):
            loop.run_forever()
        turn.wait(loop, loop.stop)
        loop.run_forever()
    assert sorted(went_on) == ["first", "last"]
