"""What edges and queues hold: backpressure, spill to a store, limits in bytes (decisions 7, 9, 14)."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from small_flows import Gate, collect, small, soon, stream, turns

from kernel_exec import Cancelled, DeadlineExceeded, NodeFailed, PayloadError, SpillFailed, Value
from kernel_exec.flow_ir import BufferPolicy
from kernel_exec.spill import MemoryStore


def spilling(max_items: int, threshold: int | None = None) -> dict[str, Any]:
    return {"buffer": BufferPolicy(max_items=max_items, spill_tier="shelf", spill_threshold_bytes=threshold)}


class Counting(MemoryStore):
    """A store that counts, and fails on command."""

    def __init__(self) -> None:
        super().__init__()
        self.puts = 0
        self.broken = ""
        self.pause = 0.0

    async def put(self, key: str, data: bytes) -> None:
        await asyncio.sleep(self.pause)
        if self.broken == "put":
            raise OSError("the shelf is full")
        self.puts += 1
        await super().put(key, data)

    async def get(self, key: str) -> bytes:
        await asyncio.sleep(self.pause)
        data = await super().get(key)
        return data[:-1] if self.broken == "get" else data


async def test_a_full_edge_holds_its_producer_back() -> None:
    handled = []

    async def note(number: int) -> int:
        handled.append(number)
        return number

    gate = Gate()
    flow = small(
        "in>out>slow", {"in": note, "slow": gate}, edges={"out>slow": {"buffer": BufferPolicy(max_items=2)}}
    )
    async with flow.executor(edge_capacity=2, trigger_capacity=2).instantiate(
        flow.plan, capture="slow"
    ) as run:
        sends = [asyncio.create_task(run.send("in", number)) for number in range(8)]
        await turns()
        # One in the slow node, two before it, one that out could not send on, two before that, one in `in`.
        assert len(handled) <= 7
        gate.open.set()
        assert [(await soon(run.next())).value for _ in range(8)] == list(range(8))
        await soon(asyncio.gather(*sends))


@pytest.mark.parametrize("pause", [0.0, 0.001], ids=["quick store", "slow store"])
async def test_an_edge_that_is_full_spills_and_keeps_the_order(pause: float) -> None:
    gate = Gate()
    store = Counting()
    store.pause = pause
    flow = small("in>out", {"out": gate}, edges={"in>out": spilling(2)})
    async with flow.executor(capture_capacity=50, spill_stores={"shelf": store}).instantiate(
        flow.plan, capture="out"
    ) as run:
        for number in range(20):
            await soon(run.send("in", {"number": number}))
        async with asyncio.timeout(10):
            while store.puts < 17:
                await asyncio.sleep(pause)
        await turns()
        assert store.puts == 17
        gate.open.set()
        assert [(await soon(run.next())).value for _ in range(20)] == [
            {"number": number} for number in range(20)
        ]
        assert not store.objects


async def test_nothing_is_worked_on_before_it_has_been_read_back() -> None:
    worked: list[Any] = []

    def work(payload: Any) -> Any:
        worked.append(payload)
        return payload

    flow = small("in>work>out", {"work": work}, edges={"in>work": spilling(2)})
    executor = flow.executor(spill_stores={"shelf": Counting()}, trigger_capacity=40, capture_capacity=40)
    payloads = list(range(40))
    assert await collect(executor.run_many(flow.plan, "in", payloads, capture="out")) == payloads
    assert worked == payloads


async def test_a_payload_over_the_threshold_spills_though_there_is_room() -> None:
    store = Counting()
    flow = small("in>out", edges={"in>out": spilling(10, threshold=100)})
    executor = flow.executor(spill_stores={"shelf": store})
    payloads = ["x" * size for size in (10, 200, 20, 300)]
    assert await collect(executor.run_many(flow.plan, "in", payloads, capture="out")) == payloads
    assert store.puts == 2
    assert not store.objects


@pytest.mark.parametrize(("letters", "spills"), [(97, False), (98, True), (99, True)])
async def test_the_threshold_is_of_the_bytes_that_are_written(letters: int, spills: bool) -> None:
    store = Counting()
    flow = small(
        "in>out", edges={"in>out": spilling(10, threshold=100)}
    )  # a short text has two bytes of its own
    executor = flow.executor(spill_stores={"shelf": store})
    payload = "x" * letters
    assert await executor.run_once(flow.plan, "in", payload, capture="out") == Value(payload)
    assert store.puts == spills


async def test_a_payload_under_the_threshold_spills_where_there_is_no_room() -> None:
    store, gate = Counting(), Gate()
    flow = small("in>out", {"out": gate}, edges={"in>out": spilling(1, threshold=1000)})
    executor = flow.executor(capture_capacity=10, spill_stores={"shelf": store})
    async with executor.instantiate(flow.plan, capture="out") as run:
        for number in range(5):
            await run.send("in", number)
        await turns()
        assert store.puts == 3
        gate.open.set()
        assert [(await soon(run.next())).value for _ in range(5)] == list(range(5))


@pytest.mark.parametrize(("limit", "puts"), [(203, 1), (204, 2), (205, 2)])
async def test_a_lane_holds_just_what_the_limit_allows(limit: int, puts: int) -> None:
    store, gate = Counting(), Gate()
    flow = small("in>out", {"out": gate}, edges={"in>out": spilling(1)})
    executor = flow.executor(capture_capacity=10, spill_limit_bytes=limit, spill_stores={"shelf": store})
    async with executor.instantiate(flow.plan, capture="out") as run:
        for _ in range(6):
            await run.send("in", "x" * 100)
        await turns()
        assert store.puts == puts


async def test_a_producer_that_waits_at_one_way_goes_on_with_the_others() -> None:
    gate = Gate()
    bounds = {"in>x": {"buffer": BufferPolicy(max_items=1)}, "in>b": spilling(1)}
    flow = small("in>x, in>b", {"x": gate}, edges=bounds)
    executor = flow.executor(capture_capacity=10, spill_stores={"shelf": MemoryStore()})
    async with executor.instantiate(flow.plan, capture="b") as run:
        for number in range(5):
            await run.send("in", number)
        await turns()
        gate.open.set()
        assert [(await soon(run.next())).value for _ in range(5)] == list(range(5))
        assert gate.passed == list(range(5))


async def test_beyond_the_spill_limit_the_producer_waits() -> None:
    gate = Gate()
    store = Counting()
    flow = small("in>out", {"out": gate}, edges={"in>out": spilling(1)})
    executor = flow.executor(capture_capacity=50, spill_limit_bytes=1000, spill_stores={"shelf": store})
    payloads = [f"{number:0200}" for number in range(20)]
    async with executor.instantiate(flow.plan, capture="out") as run:
        sends = [asyncio.create_task(run.send("in", payload)) for payload in payloads]
        await turns()
        assert 1 <= store.puts <= 4
        gate.open.set()
        assert [(await soon(run.next())).value for _ in payloads] == payloads
        await soon(asyncio.gather(*sends))


@pytest.mark.parametrize("broken", ["put", "get"])
async def test_a_store_that_fails_fails_the_run_and_says_where(broken: str) -> None:
    gate = Gate()
    store = Counting()
    store.broken = broken
    flow = small("in>out", {"out": gate}, edges={"in>out": spilling(1)})
    async with flow.executor(spill_stores={"shelf": store}).instantiate(flow.plan, capture="out") as run:
        for number in range(4):
            await run.send("in", number)
        await turns()
        gate.open.set()
        with pytest.raises(SpillFailed) as caught:
            await collect(run)
        assert (caught.value.edge, caught.value.tier) == ("in->out", "shelf")
        with pytest.raises(SpillFailed):
            await soon(run.send("in", 5))


FIVE_TO_M = ", ".join(f"in>d{number}>m" for number in range(5))
FIVE_AT_ONCE = f"{FIVE_TO_M}, m>out"


@pytest.mark.parametrize("way", ["leave", "drop", "cancel"])
async def test_a_run_that_nobody_is_at_work_in_leaves_no_object_in_the_store(way: str) -> None:
    store = MemoryStore()
    flow = small(FIVE_AT_ONCE, edges={"m>out": spilling(1)})
    executor = flow.executor(capture_capacity=1, spill_stores={"shelf": store})
    run = executor.instantiate(flow.plan, capture="out")
    await run.send("in", 1)
    await turns()
    assert len(store.objects) == 2  # one result, one that `out` could not send on, one before it
    if way == "leave":
        async with run:
            pass
    elif way == "cancel":
        run.cancel()
        run.cancel("once more")
    else:
        del run
        gc.collect()
    await turns()
    assert not store.objects


async def count(payload: Any) -> AsyncIterator[int]:
    while True:
        yield payload


async def test_a_run_whose_stream_came_too_late_leaves_no_object_in_the_store() -> None:
    store = MemoryStore()
    handlers = {"out": stream(count), "last": Gate()}
    flow = small(f"in>out, {FIVE_TO_M}, m>last", handlers, edges={"m>last": spilling(1, threshold=1)})
    executor = flow.executor(spill_stores={"shelf": store})
    with pytest.raises(DeadlineExceeded):
        await executor.run_once(flow.plan, "in", 1, capture="out", deadline=0.0)
    await turns()
    assert not store.objects


async def test_a_run_whose_stream_is_dropped_leaves_no_object_in_the_store() -> None:
    store = MemoryStore()
    handlers = {"out": stream(count), "last": Gate()}
    flow = small(f"in>out, {FIVE_TO_M}, m>last", handlers, edges={"m>last": spilling(1)})
    result = await flow.executor(spill_stores={"shelf": store}).run_once(flow.plan, "in", 1, capture="out")
    await turns()
    assert store.objects
    del result
    gc.collect()
    await turns()
    assert not store.objects


async def test_room_in_a_lane_is_used_again_and_again() -> None:
    async def slow(payload: Any) -> Any:
        await asyncio.sleep(0.001)
        return payload

    store = Counting()
    flow = small("in>out", {"out": slow}, edges={"in>out": spilling(1)})
    executor = flow.executor(capture_capacity=10, spill_limit_bytes=1000, spill_stores={"shelf": store})
    payloads = ["x" * 400 + str(number) for number in range(30)]
    assert await collect(executor.run_many(flow.plan, "in", payloads, capture="out")) == payloads
    assert store.puts > 10


async def test_an_edge_that_has_spilled_holds_messages_again_when_it_is_empty() -> None:
    gate, store = Gate(), Counting()
    flow = small("in>out", {"out": gate}, edges={"in>out": spilling(2)})
    executor = flow.executor(capture_capacity=10, spill_stores={"shelf": store})
    async with executor.instantiate(flow.plan, capture="out") as run:
        for puts in (3, 6, 9):  # one is handled, and two are on the edge
            gate.open.clear()
            for number in range(6):
                await run.send("in", number)
            await turns()
            assert store.puts == puts
            gate.open.set()
            assert [(await soon(run.next())).value for _ in range(6)] == list(range(6))


@pytest.mark.parametrize("at", ["put", "get"])
async def test_what_is_ready_does_not_wait_for_a_slow_store(at: str) -> None:
    beside: list[int] = []

    async def source(number: int) -> int:
        await asyncio.sleep(0)
        return number

    async def note(number: int) -> int:
        beside.append(number)
        return number

    async def target(number: int) -> int:
        await go.wait()
        return number

    go = asyncio.Event()
    store = Counting()
    flow = small(
        "in>side, in>out", {"in": source, "side": note, "out": target}, edges={"in>out": spilling(1)}
    )
    executor = flow.executor(capture_capacity=10, spill_stores={"shelf": store})
    async with executor.instantiate(flow.plan, capture="out") as run:
        for number in range(2):
            await run.send("in", number)
        if at == "get":
            await run.send("in", 2)
            while not store.puts:
                await asyncio.sleep(0)
        store.pause = 3600
        if at == "get":
            go.set()
            assert [await soon(run.next()), await soon(run.next())] == [Value(0), Value(1)]
        last = 3 if at == "get" else 2
        await run.send("in", last)
        await turns()
        assert beside == list(range(last + 1))


async def test_what_is_no_payload_fails_the_node_whose_edge_would_spill_it() -> None:
    flow = small("in>out", edges={"in>out": spilling(1, threshold=1)})
    with pytest.raises(NodeFailed) as caught:
        await flow.executor(spill_stores={"shelf": MemoryStore()}).run_once(
            flow.plan, "in", object(), capture="out"
        )
    assert caught.value.alias == "in"
    assert isinstance(caught.value.cause, PayloadError)


async def test_branches_spill_each_for_itself() -> None:
    gates = [Gate(), Gate()]
    store = Counting()
    flow = small(
        "in>a>out, in>b>out, in>c>out",
        {"a": gates[0], "b": gates[1]},
        edges={"in>a": spilling(1), "in>b": spilling(2)},
    )
    async with flow.executor(capture_capacity=10, spill_stores={"shelf": store}).instantiate(
        flow.plan, capture="out"
    ) as run:
        for number in range(10):
            await run.send("in", [number])
        run.finish()
        await turns()
        for gate in gates:
            gate.open.set()
        results = await collect(run)
    assert sorted(results) == sorted([[number] for number in range(10)] * 3)
    assert gates[0].passed == gates[1].passed == [[number] for number in range(10)]
    assert store.puts
    assert not store.objects


async def test_leaving_a_cancelled_run_waits_for_the_store_to_be_empty() -> None:
    class Slow(Counting):
        async def delete(self, key: str) -> None:
            await asyncio.sleep(0)
            await super().delete(key)

    store = Slow()
    flow = small("in>out", {"out": Gate()}, edges={"in>out": spilling(1)})
    async with flow.executor(capture_capacity=20, spill_stores={"shelf": store}).instantiate(
        flow.plan, capture="out"
    ) as run:
        for number in range(10):
            await run.send("in", number)
        await turns()
        assert store.objects
        run.cancel()
    assert not store.objects


@pytest.mark.parametrize("bounds", [{"trigger_capacity": 1}, {"queue_limit_bytes": 5_000}])
async def test_closing_while_sends_wait_for_room_ends_them(bounds: dict[str, int]) -> None:
    flow = small("in>out", {"in": Gate()})
    run = flow.executor(**bounds).instantiate(flow.plan, capture="out")
    async with run:
        sends = [asyncio.create_task(run.send("in", "x" * 3_000)) for _ in range(5)]
        await turns()
    results = await soon(asyncio.gather(*sends, return_exceptions=True))
    assert [type(result) for result in results] == [type(None), type(None), Cancelled, Cancelled, Cancelled]
