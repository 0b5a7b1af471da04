"""What a checkpoint holds at each moment, and when nothing is asked of the store any more."""

import asyncio
import gc
import pickle
from collections import Counter
from typing import Any

import msgspec
import pytest
from durable_flows import LEASE_MS, Shop, forever

from kernel_exec import (
    SKIP,
    CheckpointError,
    CheckpointStateCorrupted,
    Halted,
    MissingOutput,
    NodeContext,
    NodeFailed,
    Value,
)
from kernel_exec.durability import MemoryCheckpoints
from kernel_exec.durability.records import unpack
from kernel_exec.payloads import codec
from kernel_exec.spill import MemoryStore


class Counting(MemoryCheckpoints):
    """A store that counts what it is asked, by method."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def __getattribute__(self, name: str) -> Any:
        if name in ("put", "get", "ack", "lease", "release", "list"):
            self.asked[name] += 1
        return super().__getattribute__(name)


async def is_kept(it: Shop, ctx: NodeContext) -> bool:
    """Tell whether the only checkpoint has the message of an invocation before its node."""
    (checkpoint,) = await it.store.list()
    record = unpack(checkpoint, await it.store.get(checkpoint))
    message = ctx.idempotency_key.rpartition(":")[2]
    return (ctx.alias, message) in {(place.alias, place.message) for place in record.frontier}


async def test_every_message_is_kept_where_it_is_before_its_handler_begins() -> None:
    kept: list[bool] = []
    second = asyncio.Event()

    async def look(payload: Any, ctx: NodeContext) -> Any:
        kept.append(await is_kept(it, ctx))
        if ctx.alias == "b":
            await second.wait()
        return payload

    it = Shop("in > a > b > out", {"in": look, "a": look, "b": look}, mode="strong")
    async with it.executor().instantiate(it.plan, capture="out") as run:
        await run.send("in", [1])
        while len(kept) < 3:
            await asyncio.sleep(0)
        await run.send("in", [2])
        while len(kept) < 5:
            await asyncio.sleep(0)
        second.set()
        assert [await run.next(), await run.next()] == [Value([1, "out"]), Value([2, "out"])]
    assert kept == [True] * 6


async def test_a_strong_run_that_halts_goes_on_from_its_answer() -> None:
    it = Shop("in > ask > out", halts="ask", mode="strong")
    assert isinstance(await it.run(), Halted)
    assert await it.resume(payload=["answer"]) == Value(["answer", "out"])
    assert it.did("ask") == [["in"]]
    assert await it.store.list() == []


async def test_a_checkpoint_is_of_its_own_run_whatever_runs_came_before() -> None:
    it = Shop("in > out, ask > out", halts="ask")
    executor = it.executor()
    for _ in range(3):
        assert await executor.run_once(it.plan, "in", [], capture="out") == Value(["in", "out"])
    halted = await executor.run_once(it.plan, "ask", [], capture="out")
    assert isinstance(halted, Halted)
    assert halted.checkpoint is not None
    record = unpack(halted.checkpoint, await it.store.get(halted.checkpoint))
    assert record.run_id == it.contexts[-1].labels["lf.run_id"]
    assert len({context.labels["lf.run_id"] for context in it.contexts}) == 4


@pytest.mark.parametrize("cancelled", [False, True])
async def test_an_instance_that_was_dropped_or_cancelled_can_be_resumed(cancelled: bool) -> None:
    it = Shop("in > a > out", {"a": forever}, mode="strong", lease_ttl=60_000)
    run = it.executor().instantiate(it.plan, capture="out")
    await run.send("in", [])
    while not it.did("a"):
        await asyncio.sleep(0)
    if cancelled:
        run.cancel()
    else:
        del run
        gc.collect()
    it.handlers.clear()
    assert await asyncio.wait_for(it.resume(), 5) == Value(["in", "a", "out"])


async def test_an_answer_is_given_once_however_often_the_run_is_resumed() -> None:
    it = Shop("in > ask > a > out", {"a": forever}, halts="ask", mode="strong")
    assert isinstance(await it.run(), Halted)
    await it.cut_off("a", it.resume(payload=["first"]))
    it.handlers.clear()
    assert await it.resume(payload=["second"]) == Value(["first", "a", "out"])
    assert it.did("a") == [["first"], ["first"]]


async def test_a_result_that_the_host_has_taken_is_not_given_again() -> None:
    it = Shop("in > out, in > a > b > side", {"side": forever}, mode="strong")
    async with it.executor().instantiate(it.plan, capture="out") as run:
        await run.send("in", [])
        while not it.did("side"):
            await asyncio.sleep(0)
        assert await run.next() == Value(["in", "out"])
    it.handlers.clear()
    with pytest.raises(MissingOutput):
        await it.resume()
    assert len(it.did("side")) == 2
    assert await it.store.list() == []


async def test_a_run_that_ends_without_a_result_is_acknowledged() -> None:
    async def skip(payload: Any, ctx: NodeContext) -> Any:
        return SKIP

    it = Shop("in > out", {"out": skip}, mode="strong")
    with pytest.raises(MissingOutput):
        await it.run()
    assert await it.store.list() == []


async def test_a_state_that_is_deleted_slowly_takes_no_later_one_along() -> None:
    class SlowBlobs(MemoryStore):
        deletions = 0

        async def delete(self, key: str) -> None:
            self.deletions += 1
            await asyncio.sleep(0.02)
            await super().delete(key)

    async def until_a_second_is_deleted(payload: Any, ctx: NodeContext) -> Any:
        while blobs.deletions < 2:
            await asyncio.sleep(0)
        return payload

    blobs = SlowBlobs()
    handlers = {"a": until_a_second_is_deleted, "side": forever, "out": forever}
    it = Shop("in > a > side, in > b > out", handlers, mode="strong", blobs=blobs, blob_threshold_bytes=0)
    await it.cut_off("side", it.run())
    await asyncio.sleep(0.05)
    it.handlers.clear()
    assert await it.resume() == Value(["in", "b", "out"])
    await asyncio.sleep(0.05)
    assert (await it.store.list(), blobs.objects) == ([], {})


async def test_a_result_that_nobody_took_keeps_its_checkpoint() -> None:
    it = Shop("in > out", mode="strong")
    async with it.executor().instantiate(it.plan, capture="out") as run:
        await run.send("in", [])
        while len(it.finished) < 2:
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
    assert await it.resume() == Value(["in", "out"])


async def test_an_instance_that_failed_can_be_resumed() -> None:
    async def fail(payload: Any, ctx: NodeContext) -> Any:
        raise ValueError("not yet")

    it = Shop("in > a > out", {"a": fail}, mode="strong")
    async with it.executor().instantiate(it.plan, capture="out") as run:
        await run.send("in", [])
        with pytest.raises(NodeFailed):
            await run.next()
    it.handlers.clear()
    assert await it.resume() == Value(["in", "a", "out"])


async def test_what_goes_no_further_need_not_be_kept() -> None:
    async def side(payload: Any, ctx: NodeContext) -> Any:
        return object()

    it = Shop("in > out, in > side", {"side": side}, mode="strong")
    assert await it.run() == Value(["in", "out"])


async def test_a_halt_beside_a_result_keeps_its_checkpoint() -> None:
    async def ask_later(payload: Any, ctx: NodeContext) -> Any:
        await asyncio.sleep(0.01)
        return payload

    it = Shop("in > out, in > ask > end", {"ask": ask_later}, halts="ask")
    assert await it.run() == Value(["in", "out"])
    assert len(await it.store.list()) == 1
    assert await it.resume(payload=["answer"]) == Value(["in", "out"])
    assert it.did("end") == [["answer"]]
    assert await it.store.list() == []


async def test_what_was_sent_and_never_begun_can_be_resumed() -> None:
    it = Shop("in > out", mode="strong")
    async with it.executor().instantiate(it.plan, capture="out") as run:
        await run.send("in", [])
    assert it.effects == []
    assert await it.resume() == Value(["in", "out"])


# --- Checkpoints for another process --------------------------------------------------------------


class Order(msgspec.Struct):
    sku: str


def forget_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be another process, which has encoded nothing yet."""
    monkeypatch.setattr(codec, "_classes", [])
    monkeypatch.setattr(codec, "_numbers", {})
    monkeypatch.setattr(codec, "_named", {})


@pytest.mark.parametrize("stalled", ["in", "a", "halted"])
async def test_another_process_finds_the_classes_of_what_was_kept(
    stalled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def same(payload: Any, ctx: NodeContext) -> Any:
        return payload

    handlers = dict.fromkeys(("in", "a", "ask", "out"), same)
    it = Shop("in > a > ask > out", {**handlers, stalled: forever}, halts="ask", mode="strong")
    if stalled == "halted":
        assert isinstance(await it.run(Order("x")), Halted)
    else:
        await it.cut_off(stalled, it.run(Order("x")))
        it.handlers = handlers
    forget_classes(monkeypatch)
    result = await it.resume(payload=Order("y"))
    if stalled != "halted":
        assert isinstance(result, Halted)
        assert result.payload == Order("x")
    else:
        assert result == Value(Order("y"))


async def test_a_class_that_another_process_has_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fill(payload: Any, ctx: NodeContext) -> Any:
        return msgspec.defstruct("Basket", [])()

    it = Shop("in > out", {"in": fill, "out": forever}, mode="strong")
    await it.cut_off("out", it.run())
    it.effects.clear()
    forget_classes(monkeypatch)
    with pytest.raises(CheckpointStateCorrupted, match="Basket, which is not imported here"):
        await it.resume(payload=[])
    assert it.effects == []


@pytest.mark.parametrize("fails_from", range(2, 7))
async def test_a_checkpoint_that_could_not_be_replaced_still_has_its_state(fails_from: int) -> None:
    class Failing(MemoryCheckpoints):
        puts = 0
        fails_from = 0

        async def put(self, *args: Any, **options: Any) -> bool:
            self.puts += 1
            if 0 < self.fails_from <= self.puts:
                raise ConnectionError("the database is gone")
            return await super().put(*args, **options)

    it = Shop(
        "in > a > b > c > d > out",
        mode="strong",
        store=Failing(),
        blobs=MemoryStore(),
        blob_threshold_bytes=0,
    )
    it.store.fails_from = fails_from
    with pytest.raises(CheckpointError):
        await it.run()
    it.store.fails_from = 0
    assert await it.resume() == Value(["in", "a", "b", "c", "d", "out"])


@pytest.mark.parametrize("bound", [{"blobs": MemoryStore()}, {"blob_threshold_bytes": 1}])
async def test_without_a_store_for_blobs_and_a_threshold_a_state_lies_in_its_record(
    bound: dict[str, Any],
) -> None:
    it = Shop("in > ask > out", halts="ask", **bound)
    assert isinstance(await it.run(), Halted)
    assert await it.resume(payload=["y"]) == Value(["y", "out"])
    assert not bound.get("blobs", MemoryStore()).objects


async def test_a_state_of_exactly_the_threshold_lies_in_its_record() -> None:
    blobs = MemoryStore()
    policy: dict[str, Any] = {"halts": "ask", "blobs": blobs}
    await Shop("in > ask > out", blob_threshold_bytes=0, **policy).run()
    (size,) = map(len, blobs.objects.values())
    blobs.objects.clear()
    await Shop("in > ask > out", blob_threshold_bytes=size, **policy).run()
    assert blobs.objects == {}
    await Shop("in > ask > out", blob_threshold_bytes=size - 1, **policy).run()
    assert [len(data) for data in blobs.objects.values()] == [size]


# --- When nothing is asked ------------------------------------------------------------------------


async def test_a_run_that_does_not_halt_asks_nothing_of_the_store() -> None:
    it = Shop("in > a > out, ask > out", halts="ask", store=Counting())
    assert await it.run() == Value(["in", "a", "out"])
    assert it.store.asked == {}


async def test_a_run_that_was_acknowledged_gives_no_lease_back() -> None:
    it = Shop("in > out", mode="strong", store=Counting())
    await it.run()
    assert (it.store.asked["ack"], it.store.asked["release"]) == (1, 0)


@pytest.mark.parametrize("policy", [{}, {"retain_completed_for": 60_000}, {"halts": "in"}])
async def test_a_run_that_has_ended_asks_nothing_any_more(policy: dict[str, Any]) -> None:
    it = Shop("in > out", mode="strong", store=Counting(), lease_ttl=LEASE_MS, **policy)
    await it.run()
    asked = dict(it.store.asked)
    await asyncio.sleep(1.5 * LEASE_MS / 1000)
    assert it.store.asked == asked


async def test_a_store_forgets_what_has_expired_though_nobody_asks_for_it() -> None:
    it = Shop("in > out", mode="strong", retain_completed_for=1)
    sizes = []
    for _ in range(40):
        await it.run()
        await asyncio.sleep(0.002)
        sizes.append(len(pickle.dumps(it.store)))
    assert max(sizes) < 4 * sizes[0]


async def test_a_checkpoint_that_is_retained_is_leased_by_nobody() -> None:
    it = Shop("in > out", mode="strong", retain_completed_for=60_000, lease_ttl=60_000)
    await it.run()
    (checkpoint,) = await it.store.list()
    assert await it.store.lease(checkpoint, owner="the host", seconds=1)
    record = unpack(checkpoint, await it.store.get(checkpoint))
    assert (record.completed, record.frontier, record.state) == (True, (), b"")
