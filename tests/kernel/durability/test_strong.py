"""Wherever a strong run dies, a resume does the rest: nothing is missing, what is repeated shares a key."""

import asyncio
import gc
import time
from collections import Counter
from typing import Any

import pytest
from durable_flows import Handler, Shop, forever
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_exec import (
    CheckpointLeaseConflict,
    DeadlineExceeded,
    FlowExecutor,
    NodeContext,
    NodeFailed,
    PayloadError,
    Stream,
    Value,
)
from kernel_exec.durability import MemoryCheckpoints
from kernel_exec.errors import CheckpointError
from kernel_exec.spill import MemoryStore


class RecordingStore(MemoryCheckpoints):
    """A store that remembers everything it was ever given, and how much of `finished` was there then."""

    def __init__(self) -> None:
        super().__init__()
        self.finished: list[str] = []
        self.history: list[tuple[str, bytes]] = []
        self.finished_by: list[int] = []

    async def put(self, checkpoint_id: str, data: bytes, *, owner: str, expires: float | None) -> bool:
        await asyncio.sleep(0)
        self.history.append((checkpoint_id, data))
        self.finished_by.append(len(self.finished))
        return await super().put(checkpoint_id, data, owner=owner, expires=expires)


def strong(graph: str, *arguments: Any, **options: Any) -> Shop:
    shop = Shop(graph, *arguments, store=RecordingStore(), mode="strong", **options)
    shop.store.finished = shop.finished
    return shop


async def taken_up(checkpoint: tuple[str, bytes], graph: str, **options: Any) -> tuple[Shop, Any]:
    """Resume a checkpoint in a world in which its run died right after writing it."""
    shop = strong(graph, **options)
    await shop.store.put(*checkpoint, owner="the dead", expires=None)
    return shop, await shop.resume()


GRAPHS = [
    "in > out",
    "in > a > b > c > out",
    "in > out > tail > end",
    "in > a > out, in > b > end",
    "in > a > join, in > b > join, join > out",
    "in > a > join > tail > end, in > b > join, in > c > out",
    "in > a > b > out, a > c > b, a > d > end, d > e > end",
]


@pytest.mark.parametrize("graph", GRAPHS)
async def test_every_checkpoint_leads_to_the_same_effects_under_the_same_keys(graph: str) -> None:
    shop = strong(graph)
    result = await shop.run()
    assert isinstance(result, Value)
    assert await shop.store.list() == []
    whole = {key: (node, payload) for node, payload, key in shop.effects}
    assert len(whole) == len(shop.effects)
    assert shop.store.history
    for at, checkpoint in enumerate(shop.store.history):
        resumed, again = await taken_up(checkpoint, graph)
        assert isinstance(again, Value)
        assert await resumed.store.list() == []
        repeated = {key: (node, payload) for node, payload, key in resumed.effects}
        assert repeated.items() <= whole.items(), at
        if at == 0:
            assert repeated == whole


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_whenever_a_run_dies_no_effect_is_missing(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 7))
    edges = [f"n{data.draw(st.integers(0, to - 1))} > n{to}" for to in range(1, size)]
    extra = data.draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=4))
    edges += [f"n{one} > n{other}" for one, other in extra if one < other]
    graph = ", ".join(edges)
    order = data.draw(st.permutations(range(size)))

    async def scenario() -> None:
        async def uneven(payload: Any, ctx: NodeContext) -> Any:
            for _ in range(order[int(ctx.alias[1:])] % 3):
                await asyncio.sleep(0)
            return [*payload, ctx.alias]

        handlers = {f"n{number}": uneven for number in range(size)}
        shop = strong(graph, handlers, capture=f"n{size - 1}")
        await shop.run()
        history = shop.store.history
        at = data.draw(st.integers(0, len(history) - 1))
        resumed, _ = await taken_up(history[at], graph, handlers=handlers, capture=f"n{size - 1}")
        # Nothing that the run did after this checkpoint counts: it was dead.
        done = shop.finished[: shop.store.finished_by[at]]
        assert set(shop.finished) == {*done, *resumed.finished}

    asyncio.run(scenario())


async def test_nothing_runs_before_its_message_is_kept() -> None:
    shop = strong("in > a > out")
    kept: list[int] = []

    async def look(payload: Any, ctx: NodeContext) -> Any:
        kept.append(len(shop.store.history))
        return payload

    shop.handlers = {"in": look, "a": look, "out": look}
    await shop.run()
    assert kept == [1, 2, 3]


async def test_branches_that_begin_together_share_a_checkpoint() -> None:
    branches = [f"in > b{number}" for number in range(20)]
    shop = strong(", ".join(["in > out", *branches]))
    await shop.run()
    assert len(shop.store.history) < 10


async def test_a_flow_may_write_less_often() -> None:
    shop = strong("in > a > b > c > d > out", checkpoint_interval=60_000)
    await shop.run()
    assert len(shop.store.history) == 1
    resumed, result = await taken_up(shop.store.history[0], "in > a > b > c > d > out")
    assert result == Value(["in", "a", "b", "c", "d", "out"])
    assert [key for _, _, key in resumed.effects] == [key for _, _, key in shop.effects]


async def test_a_result_that_the_host_had_not_taken_is_given_by_the_resume() -> None:
    shop = strong("in > out, in > slow", {"slow": forever})
    running = asyncio.ensure_future(shop.run())
    while not shop.did("slow") or len(shop.did("out")) == 0:
        await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.wait([running])
    shop.handlers.clear()
    shop.effects.clear()
    assert await shop.resume() == Value(["in", "out"])


@pytest.mark.parametrize("how", ["failed", "cancelled", "late"])
async def test_a_run_that_did_not_end_can_be_resumed_at_once(how: str) -> None:
    async def fail(payload: Any, ctx: NodeContext) -> Any:
        raise RuntimeError

    handlers = {"a": fail if how == "failed" else forever}
    shop = strong("in > a > out", handlers)
    if how == "failed":
        with pytest.raises(NodeFailed):
            await shop.run()
    elif how == "late":
        with pytest.raises(DeadlineExceeded):
            await shop.run(deadline=0.05)
    else:
        await shop.cut_off("a", shop.run())
    shop.handlers.clear()
    assert await asyncio.wait_for(shop.resume(), 5) == Value(["in", "a", "out"])
    assert [node for node, _, _ in shop.effects if node != "a"] == ["in", "out"]
    assert len({key for _, _, key in shop.effects}) == 3


async def test_a_run_that_ends_in_time_is_acknowledged_in_time() -> None:
    shop = strong("in > a > out", {"a": forever})
    await shop.cut_off("a", shop.run(deadline=60))
    shop.handlers.clear()
    assert await shop.resume(deadline=60) == Value(["in", "a", "out"])
    assert await shop.run(deadline=60) == Value(["in", "a", "out"])
    assert await shop.store.list() == []


async def test_a_running_run_holds_the_lease_of_its_checkpoint() -> None:
    shop = strong("in > a > out", {"a": forever}, retry_on_lease_conflict=False)
    running = asyncio.ensure_future(shop.run())
    while not shop.did("a"):
        await asyncio.sleep(0.001)
    with pytest.raises(CheckpointLeaseConflict):
        await shop.resume()
    running.cancel()
    await asyncio.wait([running])


async def test_a_run_that_another_has_taken_over_stops_at_its_next_checkpoint() -> None:
    shop = strong("in > a > out")

    async def robbed(payload: Any, ctx: NodeContext) -> Any:
        (checkpoint,) = await shop.store.list()
        shop.store._leases[checkpoint] = ("a thief", time.time() + 10)
        return payload

    shop.handlers["a"] = robbed
    with pytest.raises(CheckpointLeaseConflict):
        await shop.run()
    assert shop.did("out") == []


async def test_a_store_that_fails_ends_the_run() -> None:
    shop = strong("in > a > out")

    async def broken(payload: Any, ctx: NodeContext) -> Any:
        async def fail(*_: object, **__: object) -> bool:
            raise ConnectionError("the database is gone")

        shop.store.put = fail
        return payload

    shop.handlers["a"] = broken
    with pytest.raises(CheckpointError, match="the database is gone"):
        await shop.run()
    assert shop.did("out") == []


async def test_an_instance_that_drained_is_acknowledged_when_it_is_left() -> None:
    shop = strong("in > out")
    async with shop.executor().instantiate(shop.plan, capture="out") as run:
        for number in range(5):
            await run.send("in", [number])
            assert await run.next() == Value([number, "in", "out"])
        assert len(await shop.store.list()) == 1
    assert await shop.store.list() == []


async def test_many_payloads_are_acknowledged_when_all_are_through() -> None:
    shop = strong("in > a > out")
    payloads = [[number] for number in range(50)]
    results = [result async for result in shop.executor().run_many(shop.plan, "in", payloads, capture="out")]
    assert results == [Value([number, "in", "a", "out"]) for number in range(50)]
    assert await shop.store.list() == []
    keys = Counter(key for _, _, key in shop.effects)
    assert len(keys) == 150
    assert set(keys.values()) == {1}


async def test_an_instance_that_is_left_early_can_be_resumed() -> None:
    shop = strong("in > a > out", {"a": forever})
    async with shop.executor().instantiate(shop.plan, capture="out") as run:
        for number in range(3):
            await run.send("in", [number])
        await asyncio.sleep(0.02)
    shop.handlers.clear()
    await shop.resume()
    assert sorted(payload[0] for payload in shop.did("out")) == [0, 1, 2]


async def test_a_result_that_was_left_is_given_by_the_resume_and_not_worked_out_again() -> None:
    shop = strong("in > out")
    async with shop.executor().instantiate(shop.plan, capture="out") as run:
        await run.send("in", [])
        while not run.scheduler.outlet.results:
            await asyncio.sleep(0)
    assert await shop.resume() == Value(["in", "out"])
    assert len(shop.did("in")) == len(shop.did("out")) == 1
    assert await shop.store.list() == []


async def test_an_instance_that_nothing_was_sent_to_writes_nothing() -> None:
    shop = strong("in > out")
    async with shop.executor().instantiate(shop.plan, capture="out"):
        pass
    assert shop.store.history == []


@pytest.mark.parametrize("way", ["close", "drop"])
async def test_a_stream_is_given_again_until_it_has_ended(way: str) -> None:
    shop = strong("in > out")

    @shop.registry.node("test::stream", stream=True)
    async def stream(payload: Any) -> Any:
        for number in range(3):
            yield number

    shop.registry._specs["test::out"] = shop.registry.get("test::stream")
    result = await shop.run()
    assert isinstance(result, Stream)
    await anext(result)
    if way == "close":
        await result.aclose()
    del result
    gc.collect()
    again = await shop.resume()
    assert [item async for item in again] == [0, 1, 2]
    assert await shop.store.list() == []


async def test_large_states_leave_one_blob_at_a_time_and_none_at_the_end() -> None:
    counts: list[int] = []

    class Counting(MemoryStore):
        async def put(self, key: str, data: bytes) -> None:
            await super().put(key, data)
            counts.append(len(self.objects))

    blobs = Counting()
    shop = strong("in > a > b > c > out", blobs=blobs, blob_threshold_bytes=100)
    await shop.run(["x" * 500])
    assert len(counts) >= 4
    assert max(counts) <= 2
    assert blobs.objects == {}


async def test_a_run_that_is_acknowledged_writes_no_more_for_the_side_branches_that_it_stops() -> None:
    class Slow(MemoryCheckpoints):
        async def put(self, *arguments: Any, **options: Any) -> bool:
            await asyncio.sleep(0.03)
            return await super().put(*arguments, **options)

    def after(seconds: float) -> Handler:
        async def handle(payload: Any, ctx: NodeContext) -> Any:
            await asyncio.sleep(seconds)
            return payload

        return handle

    # While a checkpoint is written for `a1`, `b1` waits for the next one, and then the result is there.
    handlers = {"a": after(0), "b": after(0.01), "out": after(0.02)}
    shop = Shop("in > out, in > a > a1, in > b > b1", handlers, mode="strong", store=Slow())
    assert await shop.run(finish="capture") == Value(["in"])
    await asyncio.sleep(0.1)
    assert await shop.store.list() == []


async def test_a_payload_that_cannot_be_kept_takes_no_room_from_those_before_it() -> None:
    third = asyncio.Event()

    async def count(payload: Any, ctx: NodeContext) -> Any:
        if payload == 3:
            third.set()
        return [payload, "-" * 500]

    async def await_third(payload: Any, ctx: NodeContext) -> Any:
        await asyncio.wait_for(third.wait(), 5)
        return payload[0]

    shop = Shop("in > out", {"in": count, "out": await_third}, mode="strong")
    executor = FlowExecutor(shop.registry, resources=shop.resources, queue_limit_bytes=1000)
    results = executor.run_many(shop.plan, "in", [1, 2, 3, ["-" * 200, {4}]], capture="out")
    assert [await anext(results) for _ in range(3)] == [Value(1), Value(2), Value(3)]
    with pytest.raises(PayloadError):
        await anext(results)
