"""What blocking nodes have worked ahead: in what bounds it is sent on, whom it wakes, how it is given up."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from blocking_rows import row, same, set_patience

from kernel_exec import SKIP, FlowBuilder, FlowExecutor, FlowInstance, NodeRegistry, Value, validate
from kernel_exec.flow_ir import BufferPolicy


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a full inbox come back in one go, however busy this machine is."""
    set_patience(monkeypatch, 60.0)


@pytest.mark.parametrize("length", [1, 3])
async def test_what_is_skipped_gives_its_permit_back(length: int) -> None:
    def skip_odd(number: int) -> Any:
        return SKIP if number % 2 else number

    executor, flow = row(*[same] * (length - 1), skip_odd, capture_capacity=8)
    async with executor.instantiate(validate(flow), capture=f"n{length - 1}") as run:
        for number in range(8):
            await run.send("n0", number)
        run.finish()
        assert [result async for result in run] == [Value(number) for number in range(0, 8, 2)]
        assert run.scheduler.permits.free == 8


@asynccontextmanager
async def twelve_sent(
    work: Callable[[int], int], hold: Callable[[int], Awaitable[int]]
) -> AsyncIterator[FlowInstance]:
    """A run of a blocking node and of one that takes no more than one message from it, with twelve sent."""
    bound = {"n0>n1": {"buffer": BufferPolicy(max_items=1)}}
    executor, flow = row(work, hold, edges=bound, capture_capacity=12)
    async with executor.instantiate(validate(flow), capture="n1") as run:
        for number in range(12):
            await run.send("n0", number)
        yield run


async def test_everybody_who_waits_for_a_result_gets_one_whatever_goes_on_beside() -> None:
    async def hang(payload: Any) -> None:
        await asyncio.Event().wait()

    registry, builder = NodeRegistry(), FlowBuilder("beside", "1.0.0")
    for alias, handler in (("out", same), ("side", hang)):
        registry.node(f"test::{alias}")(handler)
        builder.node(alias, f"test::{alias}", summary="-")
    async with FlowExecutor(registry).instantiate(validate(builder.build()), capture="out") as run:
        await run.send("side", 0)
        waiting = [asyncio.create_task(run.next()) for _ in range(5)]
        await asyncio.sleep(0)
        for number in range(5):
            await run.send("out", number)
        results = await asyncio.wait_for(asyncio.gather(*waiting), 5)
        assert results == [Value(number) for number in range(5)]


async def test_the_queue_of_results_holds_no_more_than_it_may() -> None:
    registry, builder = NodeRegistry(), FlowBuilder("fan", "1.0.0")

    @registry.node("test::copy", inline=True)
    def copy(payload: Any) -> Any:
        return payload

    registry.node("test::same")(same)
    for alias in ("in", "a", "b", "c"):
        builder.node(alias, "test::copy", summary="-")
    builder.node("out", "test::same", summary="-")
    for alias in ("a", "b", "c"):
        builder.edge("in", alias).edge(alias, "out")
    executor = FlowExecutor(registry, capture_capacity=4)
    async with executor.instantiate(validate(builder.build()), capture="out") as run:
        for number in range(4):
            await run.send("in", number)
        for _ in range(20):
            await asyncio.sleep(0.002)
            assert len(run.scheduler.outlet.results) <= 4
        run.finish()
        results = [result.value async for result in run if isinstance(result, Value)]
        assert sorted(results) == sorted([*range(4)] * 3)


async def test_what_is_weighed_is_taken_off_the_scales_again() -> None:
    executor, flow = row(same, queue_limit_bytes=100_000)
    async with executor.instantiate(validate(flow), capture="n0") as run:
        for number in range(20):
            await run.send("n0", f"{number:01000}")
        run.finish()
        assert [result async for result in run] == [Value(f"{number:01000}") for number in range(20)]
        assert run.scheduler.weights is not None
        assert run.scheduler.weights.held == 0


async def test_a_row_whose_results_wait_for_room_begins_nothing_when_its_run_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_patience(monkeypatch, 0.0)  # every result as soon as it is there
    begun, steps = [], threading.Semaphore(3)

    def work(number: int) -> int:
        steps.acquire(timeout=5)
        begun.append(number)
        return number

    async def hold(number: int) -> int:
        await asyncio.Event().wait()
        return number

    async with twelve_sent(work, hold) as run:
        while len(begun) < 3:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        assert begun == [0, 1, 2]  # one is held, one waits for it, and one is pending: no call waits for more
        run.cancel()
        for _ in range(12):
            steps.release()
        while len(begun) < 4:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
    assert begun == [0, 1, 2, 3]


async def test_what_a_row_works_on_while_its_results_wait_for_room_is_done_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_patience(monkeypatch, 0.0)  # every result as soon as it is there
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    worked, go = list[int](), asyncio.Event()

    def work(number: int) -> int:
        time.sleep(0.001)
        worked.append(number)
        return number

    async def hold(number: int) -> int:
        await go.wait()
        return number

    async with twelve_sent(work, hold) as run:
        while len(worked) < 12:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        go.set()
        run.finish()
        assert [result async for result in run] == [Value(number) for number in range(12)]
    assert worked == list(range(12))
    assert complaints == []
