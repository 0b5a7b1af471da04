"""States that lie in a store of blobs: a checkpoint that is kept has its own, whatever befell the others."""

import asyncio
from typing import Any

import pytest
from durable_flows import LEASE_MS, Shop, forever

from kernel_exec import CheckpointError, CheckpointLeaseConflict, NodeContext, Value
from kernel_exec.durability import MemoryCheckpoints
from kernel_exec.spill import MemoryStore


class Doubtful(MemoryCheckpoints):
    """A store that keeps one more state once it is `doubtful`, but does not say so, and then is `lost`."""

    doubtful = lost = False

    async def put(self, *args: Any, **options: Any) -> bool:
        if self.lost:
            raise ConnectionError("no way there")
        kept = await super().put(*args, **options)
        if self.doubtful:
            self.lost = True
            raise ConnectionError("no answer")
        return kept


async def test_the_key_of_a_state_begins_with_the_id_of_its_checkpoint() -> None:
    blobs = MemoryStore()
    it = Shop("in > out", {"out": forever}, blobs=blobs, blob_threshold_bytes=0, mode="strong")
    await it.cut_off("out", it.run())
    [checkpoint], [key] = await it.store.list(), blobs.objects
    assert key.startswith(f"{checkpoint}-")


@pytest.mark.parametrize("blobs_are_lost", [False, True])
async def test_a_checkpoint_that_was_kept_though_its_store_raised_has_its_state(
    blobs_are_lost: bool,
) -> None:
    class Blobs(MemoryStore):
        async def put(self, key: str, data: bytes) -> None:
            await super().put(key, data)
            if blobs_are_lost and it.store.lost:
                raise ConnectionError("no answer")

    it = Shop("in > out", mode="strong", store=Doubtful(), blobs=Blobs(), blob_threshold_bytes=0)
    async with it.executor().instantiate(it.plan, capture="out") as run:
        await run.send("in", [1])
        while len(it.finished) < 2:
            await asyncio.sleep(0)
        it.store.doubtful = True
        await run.send("in", [2])
        while not it.store.lost:
            await asyncio.sleep(0)
        assert await run.next() == Value([1, "in", "out"])  # so that closing has more to keep
    it.store.doubtful = it.store.lost = False
    assert await it.resume() == Value([1, "in", "out"])
    assert it.did("out") == [[1, "in"], [2, "in"]]


async def test_a_state_of_which_nobody_knew_whether_it_was_kept_goes_with_the_next_one() -> None:
    class Wavering(MemoryCheckpoints):
        puts = 0

        async def put(self, *args: Any, **options: Any) -> bool:
            self.puts += 1
            if self.puts == 2:
                raise ConnectionError("no answer")
            return await super().put(*args, **options)

    blobs = MemoryStore()
    it = Shop("in > out", mode="strong", store=Wavering(), blobs=blobs, blob_threshold_bytes=0)
    with pytest.raises(CheckpointError, match="no answer"):
        await it.run()
    assert (it.store.puts, len(blobs.objects)) == (3, 1)
    assert await it.resume() == Value(["in", "out"])
    assert blobs.objects == {}


async def test_a_run_that_was_taken_over_harms_no_state_of_its_successor() -> None:
    class Renewing(MemoryCheckpoints):
        first = ""

        async def lease(self, checkpoint_id: str, *, owner: str, seconds: float) -> bool:
            if checkpoint_id in self._leases and self.first in ("", owner):
                self.first = owner
                raise ConnectionError("no way there")
            return await super().lease(checkpoint_id, owner=owner, seconds=seconds)

    async def wait(payload: Any, ctx: NodeContext) -> Any:
        await taken_over.wait()
        return [*payload, "a"]

    taken_over = asyncio.Event()
    options: dict[str, Any] = {"mode": "strong", "blobs": MemoryStore(), "blob_threshold_bytes": 0}
    first = Shop("in > a > out", {"a": wait}, store=Renewing(), lease_ttl=LEASE_MS, **options)
    running = asyncio.ensure_future(first.run())
    while not first.did("a"):
        await asyncio.sleep(0)
    while not first.store.first:
        await asyncio.sleep(0.01)
    second = Shop("in > a > out", {"a": forever}, store=first.store, **options)
    resumed = asyncio.ensure_future(second.resume())
    while not second.did("a"):
        await asyncio.sleep(0)
    taken_over.set()
    with pytest.raises(CheckpointLeaseConflict):
        await running
    assert len(options["blobs"].objects) == 1
    (checkpoint,) = await first.store.list()
    third = Shop("in > a > out", **options)
    await third.store.put(
        checkpoint, await first.store.get(checkpoint) or b"", owner="the dead", expires=None
    )
    assert await third.resume() == Value(["in", "a", "out"])
    resumed.cancel()
    await asyncio.wait([resumed])
