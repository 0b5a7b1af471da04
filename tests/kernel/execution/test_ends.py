"""Nothing begins in a run that has ended, whoever ends it and wherever it is then."""

import asyncio
import gc
import weakref
from dataclasses import dataclass
from typing import Any

import pytest
from small_flows import small, soon, turns

from kernel_exec import Cancelled, FlowInstance, NodeFailed
from kernel_exec.flow_ir import BufferPolicy
from kernel_exec.spill import MemoryStore


class Ending(MemoryStore):
    """A store whose host has its run cancelled while it serves one of the calls."""

    def __init__(self, last: str) -> None:
        super().__init__()
        self.run: FlowInstance
        self.last = last
        self.calls: list[str] = []

    async def put(self, key: str, data: bytes) -> None:
        self.note("put")
        await super().put(key, data)

    async def get(self, key: str) -> bytes:
        self.note("get")
        return await super().get(key)

    def note(self, call: str) -> None:
        self.calls.append(call)
        if " ".join(self.calls) == self.last:
            self.run.cancel()


@pytest.mark.parametrize(
    ("last", "limit", "begun"),
    [
        ("put", None, ["in 0", "out 0", "in 1", "in 2"]),
        ("put put put put get", None, [*(f"in {number}" for number in range(6)), "out 0", "out 1"]),
        # Here `in` waits for room in the lane before the second.
        ("put get put", 100, [*(f"in {number}" for number in range(5)), "out 0", "out 1", "out 2"]),
    ],
)
async def test_a_run_that_ends_while_its_store_is_asked_begins_no_further_handler(
    last: str, limit: int | None, begun: list[str]
) -> None:
    seen: list[str] = []

    async def source(payload: str) -> str:
        seen.append(f"in {payload[-1]}")
        return payload

    async def target(payload: str) -> str:
        seen.append(f"out {payload[-1]}")
        await go.wait()
        return payload

    go = asyncio.Event()
    store = Ending(last)
    buffer = BufferPolicy(max_items=1, spill_tier="shelf")
    flow = small("in>out", {"in": source, "out": target}, edges={"in>out": {"buffer": buffer}})
    executor = flow.executor(capture_capacity=50, spill_limit_bytes=limit, spill_stores={"shelf": store})
    async with executor.instantiate(flow.plan, capture="out") as run:
        store.run = run
        for number in range(6):
            await run.send("in", f"{number:060}")
        await turns()
        go.set()
        await turns()
        assert " ".join(store.calls) == last
        assert sorted(seen) == sorted(begun)
        with pytest.raises(Cancelled):
            await soon(run.next())


@pytest.mark.parametrize("suspends", [False, True], ids=["quick", "suspends"])
@pytest.mark.parametrize("before", [0, 500], ids=["at first", "on a quick line"])
async def test_behind_a_handler_that_cancels_its_run_nothing_begins(before: int, suspends: bool) -> None:
    passed: list[int] = []

    async def cancel_at_last(number: int) -> int:
        if number == before:
            run.cancel()
            if suspends:
                await asyncio.shield(asyncio.sleep(0))
        return number

    async def note(number: int) -> int:
        passed.append(number)
        return number

    flow = small("in>a>b>c>out", {"a": cancel_at_last, "b": note})
    executor = flow.executor(capture_capacity=before + 4, trigger_capacity=before + 4)
    async with executor.instantiate(flow.plan, capture="out") as run:
        for number in range(before + 3):
            await run.send("in", number)
        await turns(before + 60)
        with pytest.raises(Cancelled):
            await soon(run.next())
    assert passed == list(range(len(passed)))
    assert len(passed) <= before


async def test_of_two_that_cancel_a_run_the_first_says_why() -> None:
    async def clean_up_badly(payload: Any) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("this comes after the end")

    flow = small("in>out", {"out": clean_up_badly})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        await turns()
        run.cancel("first")
        run.cancel("second")
        await turns()
        for late in (run.next(), run.send("in", 2)):
            with pytest.raises(Cancelled, match="first"):
                await soon(late)


async def test_a_run_that_failed_stays_so_when_it_is_cancelled() -> None:
    async def fail(payload: Any) -> Any:
        raise ValueError("broken")

    flow = small("in>out", {"out": fail})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        await turns()
        run.cancel("too late")
        with pytest.raises(NodeFailed, match="broken"):
            await soon(run.next())


async def test_an_ended_run_keeps_no_payload_for_the_time_that_its_edges_allow() -> None:
    @dataclass
    class Parcel:
        what: str

    async def make(payload: str) -> Parcel:
        parcel = Parcel(payload)
        made.append(weakref.ref(parcel))
        return parcel

    async def hold(parcel: Parcel) -> str:
        await asyncio.Event().wait()
        return parcel.what

    made: list[weakref.ref[Parcel]] = []
    flow = small("in>out", {"in": make, "out": hold}, edges={"in>out": {"timeout_ms": 3_600_000}})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        for number in range(3):
            await run.send("in", str(number))
        await turns()
        run.cancel()
        await turns()
    del run
    await turns()
    gc.collect()
    assert len(made) == 3
    assert [parcel() for parcel in made] == [None] * 3
