"""Nothing begins in a run that has ended, whoever ends it and wherever it is then."""

import asyncio

import pytest
from small_flows import small, soon, turns

from kernel_exec import Cancelled, FlowInstance
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
