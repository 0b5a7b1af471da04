"""What all queues of a run hold together, in bytes (decision 14)."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from small_flows import Gate, collect, small, soon, turns

from kernel_exec import QueueLimitExceeded, Value
from kernel_exec.payloads import estimate_bytes


async def test_a_payload_larger_than_all_queues_is_refused() -> None:
    flow = small("in>out")
    executor = flow.executor(queue_limit_bytes=10_000)
    with pytest.raises(QueueLimitExceeded, match=r"^a payload of about") as caught:
        await executor.run_once(flow.plan, "in", "x" * 20_000, capture="out")
    assert caught.value.limit_bytes == 10_000
    assert caught.value.payload_bytes > 20_000
    async with executor.instantiate(flow.plan, capture="out") as run:
        with pytest.raises(QueueLimitExceeded):
            await run.send("in", "x" * 20_000)
        with pytest.raises(QueueLimitExceeded):
            await run.next()
    assert await executor.run_once(flow.plan, "in", "x" * 5_000, capture="out") == Value("x" * 5_000)


async def test_a_payload_as_large_as_all_queues_goes_through() -> None:
    flow, payload = small("in>out"), "x" * 5_000
    size = estimate_bytes(payload)
    executor = flow.executor(queue_limit_bytes=size)
    assert await executor.run_once(flow.plan, "in", payload, capture="out") == Value(payload)
    with pytest.raises(QueueLimitExceeded):
        await flow.executor(queue_limit_bytes=size - 1).run_once(flow.plan, "in", payload, capture="out")


async def test_copies_that_are_larger_together_than_all_queues_are_refused() -> None:
    flow = small("in>a, in>b, in>c")
    executor = flow.executor(queue_limit_bytes=10_000)
    with pytest.raises(QueueLimitExceeded, match=r"^3 copies of a payload of about") as caught:
        await executor.run_once(flow.plan, "in", "x" * 4_000, capture="a")
    assert 12_000 < caught.value.payload_bytes < 13_000
    assert await executor.run_once(flow.plan, "in", "x" * 3_000, capture="a") == Value("x" * 3_000)


@pytest.mark.parametrize(
    ("at", "most"), [("in", 4), ("out", 5)]  # one is handled and three fit; one that `in` cannot send on
)
async def test_sends_wait_while_the_queues_hold_their_limit(at: str, most: int) -> None:
    gate = Gate()
    flow = small("in>out", {at: gate})
    executor = flow.executor(queue_limit_bytes=10_000, trigger_capacity=100, capture_capacity=100)
    payloads = [f"{number:03000}" for number in range(10)]
    async with executor.instantiate(flow.plan, capture="out") as run:
        sends = [asyncio.create_task(run.send("in", payload)) for payload in payloads]
        await turns()
        assert sum(send.done() for send in sends) == most
        gate.open.set()
        assert [(await soon(run.next())).value for _ in payloads] == payloads
        await soon(asyncio.gather(*sends))


@pytest.mark.parametrize(
    ("at", "bounds", "held"),
    [
        ("in", {"queue_limit_bytes": 10_000}, 3),
        ("in", {"trigger_capacity": 5}, 5),
        ("in", {"capture_capacity": 7}, 6),
        ("out", {"queue_limit_bytes": 10_000}, 4),  # the fourth is what `in` cannot send on
    ],
)
async def test_run_many_takes_no_more_payloads_than_there_is_room_for(
    at: str, bounds: dict[str, int], held: int
) -> None:
    taken = passed = 0

    def payloads() -> Iterator[str]:
        nonlocal taken
        for number in range(40):
            taken += 1
            yield f"{number:03000}"

    async def step(payload: str) -> str:
        nonlocal passed
        await steps.acquire()
        passed += 1
        return payload

    steps = asyncio.Semaphore(0)
    flow = small("in>out", {at: step})
    executor = flow.executor(**{"trigger_capacity": 100, "capture_capacity": 100, **bounds})
    results = executor.run_many(flow.plan, "in", payloads(), capture="out")
    collecting = asyncio.create_task(collect(results))
    for number in range(30):
        await turns()
        assert passed == number
        # One is handled, and one may be in hand that found no room.
        assert 1 + held <= taken - passed <= 2 + held
        steps.release()
    for _ in range(10):
        steps.release()
    assert len(await collecting) == 40


async def test_results_that_nobody_takes_count_to_the_limit() -> None:
    flow = small("in>out")
    executor = flow.executor(queue_limit_bytes=10_000, trigger_capacity=100, capture_capacity=100)
    payloads = [f"{number:03000}" for number in range(20)]
    async with executor.instantiate(flow.plan, capture="out") as run:
        sends = [asyncio.create_task(run.send("in", payload)) for payload in payloads]
        await turns()
        waiting = sum(not send.done() for send in sends)
        assert waiting >= 12  # three results fit, one waits for room, three messages wait behind it
        assert [(await soon(run.next())).value for _ in payloads] == payloads
        await soon(asyncio.gather(*sends))


@pytest.mark.parametrize("heavy", ["payloads", "results"])
@pytest.mark.parametrize("graph", ["in>out", "in>a>b>out", "in>a>out, in>b>out", "in>out, out>after"])
async def test_quick_handlers_are_as_far_ahead_as_the_queues_may_hold(graph: str, heavy: str) -> None:
    taken = made = 0

    def payloads() -> Iterator[str]:
        nonlocal taken
        for number in range(300):
            taken += 1
            yield f"{number:03000}" if heavy == "payloads" else str(number)

    async def make(payload: str) -> str:
        nonlocal made
        made += 1
        if made == 200:
            await asyncio.sleep(0)
        return f"{int(payload):03000}" if heavy == "results" else payload

    flow = small(graph, {"out": make})
    executor = flow.executor(queue_limit_bytes=10_000, trigger_capacity=50, capture_capacity=100)
    each = 2 if "in>b" in graph else 1
    ahead = []
    async for _ in executor.run_many(flow.plan, "in", payloads(), capture="out"):
        number = len(ahead) + 1
        ahead.append(taken - number // each if heavy == "payloads" else made - number)
    assert max(ahead) <= 8  # three of them fit, the others are in the hands of nodes
    assert max(ahead[-30:]) >= 2
    assert (taken, made, len(ahead)) == (300, 300 * each, 300 * each)


@pytest.mark.parametrize("where", ["payloads", "results"])
@pytest.mark.parametrize(
    ("graph", "size"), [("in>out", 20_000), (", ".join(f"in>b{number}>out" for number in range(10)), 2_000)]
)
async def test_a_payload_larger_than_all_queues_ends_many_behind_those_before(
    graph: str, size: int, where: str
) -> None:
    async def grow(payload: str) -> str:
        return payload if where == "payloads" else "x" * int(payload)

    flow = small(graph, {"out" if graph == "in>out" else "in": grow})
    executor = flow.executor(queue_limit_bytes=10_000)
    results = []

    async def take(payloads: list[str]) -> None:
        async for result in executor.run_many(flow.plan, "in", payloads, capture="out"):
            results.append(result)

    sizes = ["1"] * 100 + [str(size)] + ["1"] * 100
    payloads = sizes if where == "results" else ["x" * int(one) for one in sizes]
    with pytest.raises(QueueLimitExceeded) as caught:
        await take(payloads)
    assert caught.value.payload_bytes > 20_000
    ways = len(flow.plan.flow.edges) // 2 or 1
    assert 90 * ways < len(results) <= 100 * ways


async def test_queues_under_a_limit_give_the_same_results() -> None:
    async def grow(number: int) -> str:
        await asyncio.sleep(0)
        return f"{number:02000}"

    flow = small("in>a>out, in>b>out, b>c>out", {"in": grow})
    executor = flow.executor(queue_limit_bytes=9_000)
    results = await collect(executor.run_many(flow.plan, "in", range(100), capture="out"))
    assert sorted(results) == sorted([f"{number:02000}" for number in range(100)] * 3)


async def test_a_fan_out_larger_than_all_queues_is_refused() -> None:
    branches = ", ".join(f"in>b{number}>out" for number in range(10))
    flow = small(branches)
    executor = flow.executor(queue_limit_bytes=10_000)
    assert await executor.run_once(flow.plan, "in", "x" * 500, capture="out") == Value("x" * 500)
    with pytest.raises(QueueLimitExceeded, match="10 copies"):
        await executor.run_once(flow.plan, "in", "x" * 2_000, capture="out")


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("kind", ["suspends", "plain"])
@pytest.mark.parametrize("graph", ["in>a>b>c>out", "in>a>c>out, in>b>c, b>out", "in>a>out, a>b>out, b>c>out"])
async def test_a_run_at_its_limit_always_goes_on(graph: str, kind: str, watched: bool) -> None:
    async def brief(payload: Any) -> Any:
        await asyncio.sleep(0)
        return payload

    def plain(payload: Any) -> Any:
        return payload

    flow = small(graph, default=brief if kind == "suspends" else plain)
    payloads = ["x" * 4_000] * 30
    free = await collect(flow.executor().run_many(flow.plan, "in", payloads, capture="out"))
    executor = flow.executor(
        queue_limit_bytes=9_000, capture_capacity=30, trigger_capacity=30, check_ownership=watched
    )
    assert await collect(executor.run_many(flow.plan, "in", payloads, capture="out")) == free


async def test_a_result_that_is_taken_makes_room_for_a_send_to_a_node_that_is_busy() -> None:
    flow = small("in, other", {"other": Gate()})
    executor = flow.executor(queue_limit_bytes=10_000)
    async with executor.instantiate(flow.plan, capture="in") as run:
        await run.send("other", "x" * 4_000)  # it is being handled, and never will have been
        await run.send("other", "x" * 4_000)
        await run.send("in", "x" * 4_000)
        sending = asyncio.create_task(run.send("other", "x" * 4_000))
        await turns()
        assert not sending.done()
        assert await soon(run.next()) == Value("x" * 4_000)
        await soon(sending)
