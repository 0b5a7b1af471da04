"""Checkpoints that cannot be resumed are refused by code, before any handler runs (DAG-CKPT-006 to 009)."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from durable_flows import LEASE_MS, Shop, forever
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import msgpack
from msgspec.structs import replace

from kernel_exec import (
    CheckpointIncompatibleVersion,
    CheckpointLeaseConflict,
    CheckpointNotFound,
    CheckpointStateCorrupted,
    DeadlineExceeded,
    ExecutionError,
    Halted,
    MissingDurabilityServices,
    NodeContext,
    SpillStore,
    Value,
)
from kernel_exec.durability import MemoryCheckpoints
from kernel_exec.durability.records import CheckpointRecord, pack, unpack
from kernel_exec.errors import CheckpointError
from kernel_exec.spill import MemoryStore


def shop(**policy: Any) -> Shop:
    return Shop("in > ask > out", halts="ask", **policy)


async def halt(it: Shop) -> str:
    """Run until the halt, forget what the handlers did, and return the checkpoint."""
    result = await it.run()
    assert isinstance(result, Halted)
    assert result.checkpoint is not None
    it.effects.clear()
    return result.checkpoint


async def test_an_unknown_checkpoint_is_not_found() -> None:
    it = shop()
    with pytest.raises(CheckpointNotFound, match="the store has none of this id") as caught:
        await it.resume("none")
    assert caught.value.to_dict() == {
        "error": str(caught.value),
        "code": "DAG-CKPT-006",
        "details": {"checkpoint_id": "none"},
    }


async def test_a_checkpoint_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    it = shop(checkpoint_ttl=60_000)
    checkpoint = await halt(it)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    with pytest.raises(CheckpointNotFound):
        await it.resume(checkpoint)
    assert await it.store.list() == []


async def test_the_time_of_a_checkpoint_begins_anew_when_it_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expirations: list[float | None] = []

    class Noting(MemoryCheckpoints):
        async def put(self, checkpoint_id: str, data: bytes, *, owner: str, expires: float | None) -> bool:
            expirations.append(expires)
            return await super().put(checkpoint_id, data, owner=owner, expires=expires)

    async def later(payload: Any, ctx: NodeContext) -> Any:
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 10)
        return payload

    it = Shop("in > a > out", {"in": later, "a": later}, store=Noting(), mode="strong", checkpoint_ttl=60_000)
    await it.run()
    first, second, third = (expires or 0 for expires in expirations)
    assert (round(second - first), round(third - second)) == (10, 10)


async def test_a_completed_run_is_kept_for_as_long_as_the_flow_says_and_not_resumed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    it = shop(retain_completed_for=60_000)
    checkpoint = await halt(it)
    await it.resume(checkpoint, [])
    assert await it.store.list() == [checkpoint]
    with pytest.raises(CheckpointNotFound, match="its run has completed"):
        await it.resume(checkpoint, [])
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert await it.store.list() == []


async def test_of_two_that_resume_at_once_one_runs_and_the_other_is_refused() -> None:
    it = shop(retry_on_lease_conflict=False)
    checkpoint = await halt(it)
    results = await asyncio.gather(*(it.resume(checkpoint, []) for _ in range(5)), return_exceptions=True)
    assert results.count(Value(["out"])) == 1
    refused = [result for result in results if isinstance(result, ExecutionError)]
    assert {error.code for error in refused} <= {"DAG-CKPT-006", "DAG-CKPT-007"}
    assert len(refused) == 4
    assert len(it.did("out")) == 1


async def test_a_checkpoint_that_is_being_resumed_is_leased() -> None:
    it = shop(retry_on_lease_conflict=False)
    checkpoint = await halt(it)
    began, go_on = asyncio.Event(), asyncio.Event()

    async def out(payload: Any, ctx: NodeContext) -> Any:
        began.set()
        await go_on.wait()
        return payload

    it.handlers["out"] = out
    resuming = asyncio.ensure_future(it.resume(checkpoint, ["first"]))
    await began.wait()
    with pytest.raises(CheckpointLeaseConflict, match="is leased by another run") as caught:
        await it.resume(checkpoint, ["second"])
    assert caught.value.code == "DAG-CKPT-007"
    go_on.set()
    assert await resuming == Value(["first"])


async def test_the_lease_of_a_run_is_renewed_while_it_lives() -> None:
    it = shop(lease_ttl=LEASE_MS)
    checkpoint = await halt(it)
    it.handlers["out"] = forever
    resuming = asyncio.ensure_future(it.resume(checkpoint, []))
    while not it.did("out"):
        await asyncio.sleep(0)
    owner, until = it.store._leases[checkpoint]
    async with asyncio.timeout(5):
        while it.store._leases[checkpoint][1] <= until + 0.1:
            await asyncio.sleep(0.01)
    assert it.store._leases[checkpoint][0] == owner
    resuming.cancel()
    await asyncio.wait([resuming])


async def test_a_lease_is_renewed_three_times_in_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    it = shop(lease_ttl=90_000)
    checkpoint = await halt(it)
    waits: list[float] = []
    sleep = asyncio.sleep

    async def note(delay: float) -> None:
        waits.append(delay)
        await sleep(0)

    it.handlers["out"] = forever
    monkeypatch.setattr(asyncio, "sleep", note)
    await it.cut_off("out", it.resume(checkpoint, []))
    assert set(waits) == {0, 30}


async def test_a_flow_may_wait_for_the_lease_to_end() -> None:
    it = shop()
    checkpoint = await halt(it)
    await it.store.lease(checkpoint, owner="somebody who died", seconds=0.2)
    assert await it.resume(checkpoint, []) == Value(["out"])


async def test_the_lease_of_somebody_who_died_runs_out() -> None:
    it = shop(retry_on_lease_conflict=False)
    checkpoint = await halt(it)
    await it.store.lease(checkpoint, owner="somebody who died", seconds=60)
    with pytest.raises(CheckpointLeaseConflict):
        await it.resume(checkpoint, [])
    await it.store.lease(checkpoint, owner="somebody who died", seconds=0)
    assert await it.resume(checkpoint, []) == Value(["out"])


async def test_a_run_whose_lease_was_lost_is_stopped() -> None:
    it = shop(lease_ttl=60)
    checkpoint = await halt(it)
    began = asyncio.Event()

    async def out(payload: Any, ctx: NodeContext) -> Any:
        began.set()
        await asyncio.Event().wait()

    it.handlers["out"] = out
    resuming = asyncio.ensure_future(it.resume(checkpoint, []))
    await began.wait()
    it.store._leases[checkpoint] = ("a thief", time.time() + 10)
    with pytest.raises(CheckpointLeaseConflict):
        await resuming


async def test_a_flow_limits_how_often_a_checkpoint_is_resumed() -> None:
    it = shop(max_resume_attempts=2)
    checkpoint = await halt(it)

    async def out(payload: Any, ctx: NodeContext) -> Any:
        raise RuntimeError

    it.handlers["out"] = out
    for _ in range(2):
        with pytest.raises(ExecutionError, match="RuntimeError"):
            await it.resume(checkpoint, [])
    it.handlers.clear()
    with pytest.raises(CheckpointError, match="was resumed 2 times, and the flow allows 2"):
        await it.resume(checkpoint, [])


@pytest.mark.parametrize(
    "other",
    [
        lambda store: Shop("in > ask > out", halts="ask", store=store, version="1.0.1"),
        lambda store: Shop("in > ask > out", halts="ask", store=store, name="other"),
        lambda store: Shop("in > renamed > out", halts="renamed", store=store),
        lambda store: Shop("in > ask > gone", halts="ask", store=store, capture="gone"),
    ],
)
async def test_a_checkpoint_of_another_flow_or_version_is_refused(other: Callable[[Any], Shop]) -> None:
    it = shop()
    checkpoint = await halt(it)
    stranger = other(it.store)
    with pytest.raises(CheckpointIncompatibleVersion, match=r"of the flow .* in version 1\.0\.0") as caught:
        await stranger.resume(checkpoint, [])
    assert caught.value.code == "DAG-CKPT-009"
    assert stranger.effects == []
    assert await it.resume(checkpoint, []) == Value(["out"])


async def test_a_checkpoint_of_a_way_that_the_flow_has_no_more_is_refused() -> None:
    before = Shop("in > a > b > out", {"b": forever}, mode="strong")
    with pytest.raises(DeadlineExceeded):
        await before.run(deadline=0.05)
    now = Shop("in > b > out, a > out", mode="strong", store=before.store)
    with pytest.raises(CheckpointIncompatibleVersion, match="a->b"):
        await now.resume()
    assert now.effects == []


async def test_a_checkpoint_of_a_message_sent_to_a_node_that_edges_lead_to_now_is_refused() -> None:
    before = Shop("in > out", {"in": forever}, mode="strong")
    with pytest.raises(DeadlineExceeded):
        await before.run(deadline=0.05)
    now = Shop("new > in > out", mode="strong", store=before.store)
    with pytest.raises(CheckpointIncompatibleVersion, match=r"what this flow has not \(in\)"):
        await now.resume()
    assert now.effects == []
    before.handlers.clear()
    assert await before.resume() == Value(["in", "out"])


async def test_a_record_of_a_newer_kernel_is_refused() -> None:
    it = shop()
    checkpoint = await halt(it)
    data = await it.store.get(checkpoint)
    magic, _, body = data.partition(b"\n")
    newer = magic + b"\n" + msgpack.encode([2, "whatever", {"comes": "then"}, b"x"])
    assert msgpack.decode(body)[0] == 1
    await it.store.put(checkpoint, newer, owner="x", expires=None)
    with pytest.raises(CheckpointIncompatibleVersion, match=r"record version 2, and this kernel reads 1"):
        await it.resume(checkpoint, [])
    assert it.effects == []


_recorded: dict[str, bytes] = {}


async def _record() -> tuple[str, bytes]:
    if not _recorded:
        it = shop()
        checkpoint = await halt(it)
        _recorded[checkpoint] = await it.store.get(checkpoint)
    return next(iter(_recorded.items()))


async def _resume_damaged(damage: Callable[[bytes], bytes]) -> None:
    checkpoint, data = await _record()
    damaged = damage(data)
    if damaged == data:
        return
    it = shop()
    await it.store.put(checkpoint, damaged, owner="x", expires=None)
    with pytest.raises((CheckpointStateCorrupted, CheckpointIncompatibleVersion)) as caught:
        await it.resume(checkpoint, [])
    assert caught.value.checkpoint_id == checkpoint
    assert it.effects == []


@settings(deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 255))
def test_a_record_with_any_byte_changed_is_refused(where: float, value: int) -> None:
    def damage(data: bytes) -> bytes:
        at = int(where * len(data))
        return data[:at] + bytes([value]) + data[at + 1 :]

    asyncio.run(_resume_damaged(damage))


@settings(deadline=None)
@given(st.floats(0, 1, exclude_max=True))
def test_a_record_cut_short_anywhere_is_refused(where: float) -> None:
    asyncio.run(_resume_damaged(lambda data: data[: int(where * len(data))]))


@pytest.mark.parametrize("data", [b"", b"nonsense", b"flow-checkpoint\n", b"flow-checkpoint\n\x90"])
async def test_what_was_never_a_checkpoint_is_refused(data: bytes) -> None:
    it = shop()
    await it.store.put("it", data, owner="x", expires=None)
    with pytest.raises(CheckpointStateCorrupted) as caught:
        await it.resume("it", [])
    assert caught.value.code == "DAG-CKPT-008"


def _of_message(name: str) -> Callable[[CheckpointRecord], CheckpointRecord]:
    def change(record: CheckpointRecord) -> CheckpointRecord:
        assert record.halted is not None
        return replace(record, halted=replace(record.halted, message=name))

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda record: replace(record, id="another"),
        *map(_of_message, ("", "first", "-1", "1.-1", "1.")),
    ],
)
async def test_a_whole_record_that_no_kernel_writes_there_is_refused(
    change: Callable[[CheckpointRecord], CheckpointRecord],
) -> None:
    it = shop()
    checkpoint = await halt(it)
    record = unpack(checkpoint, await it.store.get(checkpoint))
    await it.store.put(checkpoint, pack(change(record)), owner="x", expires=None)
    with pytest.raises(CheckpointStateCorrupted):
        await it.resume(checkpoint, [])
    assert it.effects == []
    assert await it.store.lease(checkpoint, owner="another", seconds=1)


# --- Large states, which lie in a blob store ------------------------------------------------------


async def _big(payload: Any, ctx: NodeContext) -> Any:
    return ["x" * 5000]


def blob_shop(store: Any, blobs: SpillStore | None) -> Shop:
    return Shop(
        "in > ask > out", {"ask": _big}, halts="ask", store=store, blobs=blobs, blob_threshold_bytes=1000
    )


async def test_a_large_state_lies_in_the_blob_store_until_the_run_has_ended() -> None:
    blobs = MemoryStore()
    it = blob_shop(MemoryCheckpoints(), blobs)
    checkpoint = await halt(it)
    assert len(blobs.objects) == 1
    assert len(next(iter(blobs.objects.values()))) > 5000
    assert len(await it.store.get(checkpoint)) < 1000
    assert await it.resume(checkpoint, []) == Value(["out"])
    assert blobs.objects == {}


async def test_a_small_state_needs_no_blob() -> None:
    blobs = MemoryStore()
    it = Shop("in > ask > out", halts="ask", blobs=blobs, blob_threshold_bytes=1000)
    await halt(it)
    assert blobs.objects == {}


@pytest.mark.parametrize(
    "damage",
    [
        lambda objects: objects.clear(),
        lambda objects: objects.update({key: data[:-1] for key, data in objects.items()}),
        lambda objects: objects.update({key: data[:-1] + b"!" for key, data in objects.items()}),
    ],
)
async def test_a_blob_that_is_gone_or_damaged_is_refused(damage: Callable[[dict[str, bytes]], None]) -> None:
    blobs = MemoryStore()
    it = blob_shop(MemoryCheckpoints(), blobs)
    checkpoint = await halt(it)
    damage(blobs.objects)
    with pytest.raises(CheckpointStateCorrupted, match="blob") as caught:
        await it.resume(checkpoint, [])
    assert caught.value.code == "DAG-CKPT-008"
    assert it.effects == []


async def test_a_blob_needs_the_store_that_it_was_put_into() -> None:
    it = blob_shop(MemoryCheckpoints(), MemoryStore())
    checkpoint = await halt(it)
    with pytest.raises(ExecutionError, match="no store is bound as 'checkpoint_blobs'"):
        await blob_shop(it.store, None).resume(checkpoint, [])


# --- What the host did not bind, and stores that fail ---------------------------------------------


async def test_a_flow_that_keeps_no_checkpoints_cannot_be_resumed() -> None:
    it = Shop("in > out")
    with pytest.raises(MissingDurabilityServices, match="keeps no checkpoints"):
        await it.resume("any")


async def test_a_flow_that_halts_needs_a_store() -> None:
    it = shop()
    it.resources.clear()
    for use in (it.run(), it.resume("any")):
        with pytest.raises(MissingDurabilityServices) as caught:
            await use
        assert caught.value.code == "DAG-CKPT-003"
    assert it.effects == []


@pytest.mark.parametrize("method", ["put", "lease", "get"])
async def test_a_store_that_fails_ends_the_run_and_is_named(method: str) -> None:
    async def fail(*_: object, **__: object) -> Any:
        raise ConnectionError("the database is gone")

    it = shop()
    checkpoint = await halt(it)
    setattr(it.store, method, fail)
    with pytest.raises(CheckpointError, match=r"failed: .*the database is gone") as caught:
        await it.resume(checkpoint, [])
    assert caught.value.checkpoint_id == checkpoint
    assert it.effects == []


async def test_waiting_for_a_lease_ends_with_the_deadline() -> None:
    it = shop()
    checkpoint = await halt(it)
    await it.store.lease(checkpoint, owner="somebody else", seconds=60)
    with pytest.raises(DeadlineExceeded, match=r"its checkpoint was not to be had"):
        await it.resume(checkpoint, [], deadline=0.1)
    assert it.effects == []
