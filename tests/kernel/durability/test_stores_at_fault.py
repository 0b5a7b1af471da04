"""Stores that hang, lose a call or give back what they should not: the run says so, and in time."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from durable_flows import LEASE_MS, Shop, forever

from kernel_exec import (
    CheckpointError,
    CheckpointLeaseConflict,
    CheckpointNotFound,
    CheckpointStateCorrupted,
    DeadlineExceeded,
    FlowBuilder,
    FlowExecutor,
    Halted,
    NodeContext,
    NodeFailed,
    NodeRegistry,
    PayloadError,
    UnregisteredNode,
    Value,
)
from kernel_exec.durability import MemoryCheckpoints
from kernel_exec.flow_ir import Idempotency
from kernel_exec.spill import MemoryStore


class Hanging(MemoryCheckpoints):
    """A store that does what it is asked, and of which the method named `hangs` then does not answer."""

    hangs = ""

    def __getattribute__(self, name: str) -> Any:
        method = super().__getattribute__(name)
        if name in ("hangs", "__dict__") or name != self.hangs:
            return method

        async def hang(*args: Any, **options: Any) -> Any:
            await method(*args, **options)
            await asyncio.Event().wait()

        return hang


@pytest.mark.parametrize("method", ["put", "ack", "lease"])
async def test_a_deadline_does_not_wait_for_a_store_that_hangs(method: str) -> None:
    it = Shop("in > out", mode="strong", store=Hanging())
    it.store.hangs = method
    begun = asyncio.get_running_loop().time()
    with pytest.raises(DeadlineExceeded) as caught:
        await asyncio.wait_for(it.run(deadline=0.05), 5)
    assert asyncio.get_running_loop().time() - begun < 1
    assert caught.value.result == (Value(["in", "out"]) if method == "ack" else None)


@pytest.mark.parametrize("method", ["put", "get", "lease"])
async def test_a_resume_that_was_interrupted_leaves_the_checkpoint_to_the_next(method: str) -> None:
    it = Shop("in > ask > out", halts="ask", store=Hanging(), lease_ttl=60_000)
    await it.run()
    it.store.hangs = method
    with pytest.raises(DeadlineExceeded):
        await asyncio.wait_for(it.resume(payload=[], deadline=0.05), 5)
    it.store.hangs = ""
    assert await asyncio.wait_for(it.resume(payload=[]), 5) == Value(["out"])


async def test_closing_ends_though_the_store_hangs() -> None:
    it = Shop("in > out", mode="strong", store=Hanging(), lease_ttl=LEASE_MS)

    async def use() -> None:
        async with it.executor().instantiate(it.plan, capture="out") as run:
            await run.send("in", [])
            await run.next()
            it.store.hangs = "ack"

    await asyncio.wait_for(use(), 5)


async def test_a_run_without_a_deadline_ends_though_its_end_cannot_be_said() -> None:
    it = Shop("in > out", mode="strong", store=Hanging(), lease_ttl=LEASE_MS)
    it.store.hangs = "ack"
    with pytest.raises(CheckpointError, match="has not answered within its lease") as caught:
        await asyncio.wait_for(it.run(), 5)
    assert caught.value.result == Value(["in", "out"])


async def test_a_store_that_hangs_keeps_nobody_from_its_checkpoint_for_long() -> None:
    policy = {"lease_ttl": LEASE_MS, "checkpoint_interval": 10_000, "retry_on_lease_conflict": False}
    it = Shop("in > a > out", {"a": forever}, mode="strong", store=Hanging(), **policy)
    running = asyncio.ensure_future(it.run(deadline=0.05))
    while not it.store._kept:
        await asyncio.sleep(0)
    it.store.hangs = "put"
    with pytest.raises(DeadlineExceeded):
        await running
    it.store.hangs = ""
    it.handlers.clear()
    for _ in range(40):
        await asyncio.sleep(LEASE_MS / 4000)
        with suppress(CheckpointLeaseConflict):
            assert await it.resume() == Value(["in", "a", "out"])
            return
    raise AssertionError("the lease is still being renewed")


def answer_late(store: MemoryCheckpoints, method: str, seconds: float) -> None:
    """Let a store take its time before it does what it is asked."""
    asked = getattr(store, method)

    async def late(*arguments: Any, **options: Any) -> Any:
        await asyncio.sleep(seconds)
        return await asked(*arguments, **options)

    setattr(store, method, late)


@pytest.mark.parametrize("method", ["lease", "put", "release"])
async def test_a_halt_that_was_interrupted_leaves_its_checkpoint_to_whoever_resumes(method: str) -> None:
    it = Shop("in > ask > out", halts="ask", lease_ttl=60_000)
    answer_late(it.store, method, 0.1)
    with pytest.raises(DeadlineExceeded):
        await it.run(deadline=0.05)
    async with asyncio.timeout(5):
        while not await it.store.list():
            await asyncio.sleep(0.01)
        assert await it.resume(payload=[]) == Value(["out"])


async def test_a_renewal_that_goes_on_when_it_is_interrupted_takes_no_lease_that_was_given_back() -> None:
    class Diligent(MemoryCheckpoints):
        """Renews though it was interrupted, as what writes on a thread may."""

        renewing = asyncio.Event()

        async def lease(self, checkpoint_id: str, *, owner: str, seconds: float) -> bool:
            if checkpoint_id in self._leases and not self.renewing.is_set():
                self.renewing.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    for _ in range(5):
                        await asyncio.sleep(0)
                    await super().lease(checkpoint_id, owner=owner, seconds=seconds)
            return await super().lease(checkpoint_id, owner=owner, seconds=seconds)

    store = Diligent()

    async def until_it_is_renewed(payload: Any, ctx: NodeContext) -> Any:
        await store.renewing.wait()
        return payload

    policy = {"mode": "strong", "lease_ttl": LEASE_MS, "retry_on_lease_conflict": False}
    it = Shop("in > ask > out", {"in": until_it_is_renewed}, halts="ask", store=store, **policy)
    assert isinstance(await it.run(), Halted)
    await asyncio.sleep(0.01)
    assert await it.resume(payload=[]) == Value(["out"])


async def test_a_halt_that_was_interrupted_is_given_up_when_its_store_takes_longer_than_a_lease() -> None:
    it = Shop("in > ask > out", halts="ask", lease_ttl=50)
    given_up = asyncio.Event()

    async def hang(*_: object, **__: object) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    it.store.lease = hang
    with pytest.raises(DeadlineExceeded):
        await it.run(deadline=0.02)
    await asyncio.wait_for(given_up.wait(), 5)
    assert await it.store.list() == []


async def test_a_lease_that_cannot_be_given_back_holds_up_no_deadline() -> None:
    it = Shop("in > ask > out", halts="ask")
    await it.run()
    reads = iter([it.store.get])

    async def read_once(checkpoint: str) -> Any:
        return await next(reads, hang)(checkpoint)

    async def hang(*_: object, **__: object) -> Any:
        await asyncio.Event().wait()

    it.store.get, it.store.release = read_once, hang
    with pytest.raises(DeadlineExceeded):
        await asyncio.wait_for(it.resume(payload=[], deadline=0.05), 5)


@pytest.mark.parametrize("milliseconds", [0, -1])
async def test_a_lease_of_no_time_is_one_of_the_usual_time(milliseconds: int) -> None:
    renewed: list[float] = []

    class Counting(MemoryCheckpoints):
        async def lease(self, checkpoint_id: str, *, owner: str, seconds: float) -> bool:
            renewed.append(seconds)
            return await super().lease(checkpoint_id, owner=owner, seconds=seconds)

    async def out(payload: Any, ctx: Any) -> Any:
        await asyncio.sleep(0.05)
        return payload

    it = Shop("in > out", {"out": out}, mode="strong", store=Counting(), lease_ttl=milliseconds)
    await it.run()
    assert renewed == [30.0]


async def test_times_beyond_all_reason_are_as_good_as_for_ever() -> None:
    it = Shop("in > ask > out", halts="ask", lease_ttl=10**400, checkpoint_ttl=10**400)
    result = await it.run()
    assert isinstance(result, Halted)
    assert await asyncio.wait_for(it.resume(payload=[]), 5) == Value(["out"])


async def test_times_below_zero_are_zero() -> None:
    times = dict.fromkeys(
        ("checkpoint_interval", "lease_ttl", "checkpoint_ttl", "retain_completed_for"), -(10**400)
    )
    it = Shop("in > out", mode="strong", **times)
    assert await it.run() == Value(["in", "out"])
    assert await it.store.list() == []


@pytest.mark.parametrize("data", ["text", 7, [b"flow-checkpoint\n"]])
async def test_a_store_that_gives_no_bytes_is_refused(data: Any) -> None:
    it = Shop("in > ask > out", halts="ask")
    await it.store.put("it", data, owner="x", expires=None)
    with pytest.raises(CheckpointStateCorrupted):
        await it.resume("it", [])


@pytest.mark.parametrize("kind", [bytearray, memoryview])
async def test_any_kind_of_bytes_can_be_resumed(kind: Any) -> None:
    blobs = MemoryStore()
    it = Shop("in > ask > out", halts="ask", blobs=blobs, blob_threshold_bytes=0)
    result = await it.run()
    assert isinstance(result, Halted)
    assert result.checkpoint is not None
    await it.store.put(
        result.checkpoint, kind(await it.store.get(result.checkpoint)), owner="x", expires=None
    )
    blobs.objects = {key: kind(data) for key, data in blobs.objects.items()}
    assert await asyncio.wait_for(it.resume(payload=[]), 5) == Value(["out"])


@pytest.mark.parametrize("given", [None, 7, "text"])
async def test_a_blob_store_that_gives_no_bytes_is_refused(given: Any) -> None:
    blobs = MemoryStore()
    it = Shop("in > ask > out", halts="ask", blobs=blobs, blob_threshold_bytes=0)
    await it.run()
    blobs.objects = dict.fromkeys(blobs.objects, given)
    with pytest.raises(CheckpointStateCorrupted, match="blob"):
        await it.resume(payload=[])


@pytest.mark.parametrize("method", ["put", "lease"])
async def test_a_store_that_was_cancelled_itself_has_failed(method: str) -> None:
    async def lose(*_: object, **__: object) -> Any:
        raise asyncio.CancelledError("the connection was closed")

    it = Shop("in > out", mode="strong")
    setattr(it.store, method, lose)
    with pytest.raises(CheckpointError, match="CancelledError: the connection was closed"):
        await asyncio.wait_for(it.run(), 5)


# --- What cannot be kept, and answers that cannot go on -------------------------------------------


async def test_a_send_that_cannot_be_kept_holds_no_permit() -> None:
    it = Shop("in > out", mode="strong")
    async with it.executor().instantiate(it.plan, capture="out") as run:
        for _ in range(20):
            with pytest.raises(PayloadError):
                await asyncio.wait_for(run.send("in", object()), 5)
        await asyncio.wait_for(run.send("in", []), 5)
        assert await run.next() == Value(["in", "out"])


@pytest.mark.parametrize(
    ("answer", "cause"), [({}, LookupError), ({"way": 7}, TypeError), ({"way": object()}, TypeError)]
)
async def test_an_answer_that_cannot_go_on_fails_the_node_that_halted(
    answer: Any, cause: type[Exception]
) -> None:
    it = Shop(
        "in > ask > a > out, ask > b > out",
        halts="ask",
        build=lambda builder: builder.switch("way", "ask", "/way", {"a": "a", "b": "b"}),
    )
    await it.run()
    with pytest.raises(NodeFailed) as caught:
        await it.resume(payload=answer)
    assert caught.value.alias == "ask"
    assert isinstance(caught.value.cause, cause)
    result = await it.resume(payload={"way": "b"})
    assert isinstance(result, Value)


def arrows(builder: FlowBuilder) -> None:
    """Add two branches of which the edges `a` to `b->c` and `a->b` to `c` have the same label."""
    for alias, handler in {"a->b": "quick", "b->c": "slow", "c": "quick"}.items():
        builder.node(alias, f"test::{handler}", summary="-", idempotency=Idempotency(key="message"))
    for source, target in [("in", "a->b"), ("a", "b->c"), ("a->b", "c"), ("b->c", "out"), ("c", "out")]:
        builder.edge(source, target)


async def test_a_message_is_taken_up_at_its_own_node_whatever_its_alias_looks_like() -> None:
    seen: list[tuple[str, Any]] = []

    async def quick(payload: Any, ctx: NodeContext) -> Any:
        return [*payload, ctx.alias]

    async def slow(payload: Any, ctx: NodeContext) -> Any:
        seen.append((ctx.alias, payload))
        if len(seen) == 1:
            await asyncio.Event().wait()
        return [*payload, ctx.alias]

    it = Shop("in > a, quick > out, slow > out", {"quick": quick, "slow": slow}, build=arrows, mode="strong")
    with pytest.raises(DeadlineExceeded):
        await it.run(deadline=0.05)
    assert isinstance(await it.resume(), Value)
    assert seen == [("b->c", ["in", "a"])] * 2


# --- Faults that cost nothing ---------------------------------------------------------------------


async def test_a_renewal_that_fails_is_tried_again() -> None:
    class Shaky(MemoryCheckpoints):
        asked = 0

        async def lease(self, *args: Any, **options: Any) -> bool:
            self.asked += 1
            if self.asked == 2:
                raise ConnectionError("for a moment")
            return await super().lease(*args, **options)

    it = Shop("in > out", {"out": forever}, mode="strong", store=Shaky(), lease_ttl=LEASE_MS)
    running = asyncio.ensure_future(it.run())
    async with asyncio.timeout(5):
        while it.store.asked <= 3:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])


@pytest.mark.parametrize("error", [ConnectionError("read only"), asyncio.CancelledError("closed")], ids=repr)
async def test_a_blob_that_cannot_be_deleted_costs_nothing_but_room(error: BaseException) -> None:
    class Stubborn(MemoryStore):
        async def delete(self, key: str) -> None:
            raise error

    it = Shop("in > out", mode="strong", blobs=Stubborn(), blob_threshold_bytes=0)
    assert await it.run() == Value(["in", "out"])
    assert await it.store.list() == []


async def test_a_blob_that_was_kept_though_its_store_raised_does_not_stay() -> None:
    class Late(MemoryStore):
        async def put(self, key: str, data: bytes) -> None:
            await super().put(key, data)
            raise ConnectionError("no answer")

    blobs = Late()
    it = Shop("in > ask > out", halts="ask", blobs=blobs, blob_threshold_bytes=0)
    with pytest.raises(CheckpointError, match="no answer"):
        await it.run()
    assert blobs.objects == {}


async def test_a_store_need_not_forget_what_has_expired() -> None:
    it = Shop("in > ask > out", halts="ask", checkpoint_ttl=1)
    result = await it.run()
    assert isinstance(result, Halted)
    assert result.checkpoint is not None
    data, _ = it.store._kept[result.checkpoint]
    await asyncio.sleep(0.05)
    await it.store.put(result.checkpoint, data, owner="x", expires=None)
    with pytest.raises(CheckpointNotFound, match="it has expired"):
        await it.resume(result.checkpoint, [])


async def test_a_resume_that_does_not_fit_its_handlers_leaves_the_checkpoint_free() -> None:
    it = Shop("in > ask > out", halts="ask", lease_ttl=60_000)
    result = await it.run()
    assert isinstance(result, Halted)
    assert result.checkpoint is not None
    executor = FlowExecutor(NodeRegistry(), resources=it.resources)
    with pytest.raises(UnregisteredNode):
        await executor.resume(it.plan, result.checkpoint, [])
    assert await asyncio.wait_for(it.resume(payload=[]), 5) == Value(["out"])


async def test_an_instance_that_ended_but_cannot_say_so_ends_all_the_same() -> None:
    async def fail(*_: object, **__: object) -> bool:
        raise ConnectionError("the database is gone")

    it = Shop("in > out", mode="strong")
    async with it.executor().instantiate(it.plan, capture="out") as run:
        await run.send("in", [])
        run.finish()
        assert await run.next() == Value(["in", "out"])
        it.store.ack = fail
        with pytest.raises(StopAsyncIteration):
            await run.next()
    assert len(await it.store.list()) == 1
