"""What blocking nodes have worked ahead: in what bounds it is sent on, whom it wakes, how it is given up."""

import asyncio
import threading
from typing import Any

import pytest
from blocking_rows import row, same, set_patience, values

from kernel_exec import SKIP, FlowBuilder, FlowExecutor, NodeRegistry, Value, validate
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
    assert await values(executor, flow, range(100)) == list(range(0, 100, 2))


async def test_everybody_who_waits_for_a_result_gets_one() -> None:
    executor, flow = row(same)
    async with executor.instantiate(validate(flow), capture="n0") as run:
        waiting = [asyncio.create_task(run.next()) for _ in range(5)]
        await asyncio.sleep(0)
        for number in range(5):
            await run.send("n0", number)
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


async def test_queues_that_are_weighed_go_on_for_ever() -> None:
    executor, flow = row(same, queue_limit_bytes=10_000)
    payloads = [f"{number:01000}" for number in range(100)]
    assert await asyncio.wait_for(values(executor, flow, payloads), 10) == payloads


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

    bound = {"n0>n1": {"buffer": BufferPolicy(max_items=1)}}
    executor, flow = row(work, hold, edges=bound, capture_capacity=12)
    async with executor.instantiate(validate(flow), capture="n1") as run:
        for number in range(12):
            await run.send("n0", number)
        await asyncio.sleep(0.05)
        assert begun == [0, 1, 2]  # one is held, one waits for it, and one is pending: no call waits for more
        run.cancel()
        for _ in range(12):
            steps.release()
        await asyncio.sleep(0.05)
    assert begun == [0, 1, 2, 3]
