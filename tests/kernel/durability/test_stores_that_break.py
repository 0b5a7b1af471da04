"""Stores that break when they are called, when a run ends, or when nobody waits for them any more."""

import asyncio
import gc
from typing import Any

import pytest
from durable_flows import LEASE_MS, Shop

from kernel_exec import CheckpointError, Halted, Value
from kernel_exec.durability import MemoryCheckpoints


class Closed(MemoryCheckpoints):
    """A store whose method named `closed` raises at once, as what hands on to a closed pool does."""

    closed = ""

    def __getattribute__(self, name: str) -> Any:
        if name in ("closed", "__dict__") or name != self.closed:
            return super().__getattribute__(name)
        raise RuntimeError("closed")


@pytest.mark.parametrize("method", ["put", "lease"])
async def test_a_store_that_raises_before_it_can_be_awaited_is_to_blame_and_no_node_is(method: str) -> None:
    it = Shop("in > out", mode="strong", store=Closed())
    it.store.closed = method
    with pytest.raises(CheckpointError, match=r"the store of checkpoint .* failed: RuntimeError: closed"):
        await it.run()


@pytest.mark.parametrize("method", ["put", "lease", "get"])
async def test_a_resume_tells_of_a_store_that_raises_before_it_can_be_awaited(method: str) -> None:
    it = Shop("in > ask > out", halts="ask", store=Closed())
    await it.run()
    (checkpoint,) = await it.store.list()
    it.store.closed = method
    with pytest.raises(CheckpointError, match="failed: RuntimeError: closed"):
        await it.resume(checkpoint, [])
    it.store.closed = ""
    assert await it.resume(checkpoint, []) == Value(["out"])


async def test_a_lease_that_cannot_be_given_back_costs_no_result(caplog: pytest.LogCaptureFixture) -> None:
    it = Shop("in > ask > out", halts="ask", store=Closed())
    it.store.closed = "release"
    assert isinstance(await it.run(), Halted)
    assert "the lease could not be given back" in caplog.text


async def test_a_run_that_could_not_be_acknowledged_can_be_resumed_at_once() -> None:
    it = Shop("in > out", mode="strong", store=Closed(), retry_on_lease_conflict=False)
    it.store.closed = "ack"
    with pytest.raises(CheckpointError, match="failed: RuntimeError: closed") as caught:
        await it.run()
    assert caught.value.result == Value(["in", "out"])
    it.store.closed = ""
    assert await it.resume() == Value(["in", "out"])
    assert await it.store.list() == []


class Dead(MemoryCheckpoints):
    """A store of which no method answers while it is `dead`."""

    METHODS = ("put", "get", "ack", "lease", "release", "list")

    def __init__(self) -> None:
        super().__init__()
        self.dead = False
        self.alive_again = asyncio.Event()

    def __getattribute__(self, name: str) -> Any:
        method = super().__getattribute__(name)
        if name not in Dead.METHODS or not self.dead:
            return method

        async def hang(*args: Any, **options: Any) -> Any:
            await self.alive_again.wait()
            return await method(*args, **options)

        return hang


@pytest.mark.parametrize("policy", [{}, {"retain_completed_for": 60_000}])
async def test_closing_ends_though_no_method_of_the_store_answers(policy: dict[str, int]) -> None:
    it = Shop("in > out", mode="strong", store=Dead(), lease_ttl=LEASE_MS, **policy)

    async def use() -> None:
        async with it.executor().instantiate(it.plan, capture="out") as run:
            await run.send("in", [])
            await run.next()
            it.store.dead = True

    await asyncio.wait_for(use(), 5)
    it.store.alive_again.set()
    await asyncio.sleep(0.01)


class Breaking(MemoryCheckpoints):
    """A store whose method named `breaks` raises, but not before `go_on` is set."""

    breaks = ""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def put(self, *args: Any, **options: Any) -> bool:
        await self._break("put")
        return await super().put(*args, **options)

    async def ack(self, *args: Any, **options: Any) -> bool:
        await self._break("ack")
        return await super().ack(*args, **options)

    async def _break(self, method: str) -> None:
        if method == self.breaks:
            self.asked.set()
            await self.go_on.wait()
            raise OSError("too late")


@pytest.mark.parametrize("method", ["put", "ack"])
async def test_a_store_that_fails_when_nobody_waits_for_it_any_more_is_no_error_of_the_loop(
    method: str,
) -> None:
    told: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(str(context.get("exception"))))
    for turns in range(8):  # in one of these it fails between the run's end and its clean-up
        it = Shop("in > ask > out", halts="ask", store=Breaking())
        await it.run()
        it.store.breaks = method
        running = asyncio.ensure_future(it.resume(payload=[]))
        await it.store.asked.wait()
        running.cancel()
        for _ in range(turns):
            await asyncio.sleep(0)
        it.store.go_on.set()
        await asyncio.wait([running])
        await asyncio.sleep(0.01)
        del it, running
        gc.collect()
    loop.set_exception_handler(None)
    assert not [error for error in told if "too late" in error]
