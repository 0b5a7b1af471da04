"""Blocking nodes, one and several in a row: what is done in one go, what works side by side, what is kept."""

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from blocking_rows import IN_FLIGHT, add_one, row, same, set_patience, values
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from kernel_exec import (
    SKIP,
    FlowBuilder,
    FlowExecutor,
    NodeContext,
    NodeFailed,
    NodeRegistry,
    Value,
    validate,
)
from kernel_exec.flow_ir import BufferPolicy
from kernel_exec.offload.workers import WorkerThreads

who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


class Order(Struct):
    it: float


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every call by which a thread woke the loop."""
    seen: list[object] = []
    inner = asyncio.BaseEventLoop.call_soon_threadsafe

    def note(loop: Any, callback: Any, *arguments: Any, **options: Any) -> asyncio.Handle:
        seen.append(callback)
        return inner(loop, callback, *arguments, **options)

    monkeypatch.setattr(asyncio.BaseEventLoop, "call_soon_threadsafe", note)
    return seen


@pytest.mark.parametrize("length", [1, 10])
async def test_a_full_inbox_comes_back_with_one_wake_however_long_the_row(
    length: int, wakes: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_patience(monkeypatch, 60.0)
    executor, flow = row(*[add_one] * length)
    assert await values(executor, flow, range(10 * IN_FLIGHT)) == [n + length for n in range(10 * IN_FLIGHT)]
    assert len(wakes) == 10


async def test_quick_handlers_in_a_row_run_on_one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def note(payload: Any) -> Any:
        threads.append(threading.get_ident())
        return payload

    set_patience(monkeypatch, 60.0)
    executor, flow = row(*[note] * 5)
    assert await values(executor, flow, range(IN_FLIGHT)) == list(range(IN_FLIGHT))
    assert len(threads) == 5 * IN_FLIGHT
    assert len(set(threads)) == 1


@pytest.mark.parametrize("length", [1, 3])
async def test_a_result_does_not_wait_for_a_handler_that_sits_in_the_next_message(length: int) -> None:
    release = threading.Event()

    def sit(number: int) -> int:
        if number == 3:
            release.wait(10)
        return number

    executor, flow = row(*[same] * (length - 1), sit)
    async with executor.instantiate(validate(flow), capture=f"n{length - 1}") as run:
        for number in range(6):
            await run.send("n0", number)
        for number in range(3):
            assert await asyncio.wait_for(run.next(), 5) == Value(number)
        release.set()
        assert [await run.next() for _ in range(3)] == [Value(3), Value(4), Value(5)]


async def test_slow_handlers_in_a_row_work_side_by_side_and_in_order() -> None:
    both = threading.Barrier(2)
    count = 6

    def first(number: int) -> int:
        time.sleep(0.005)
        if number:
            both.wait(10)  # while the second is at the message before
        return number

    def second(number: int) -> int:
        if number < count - 1:
            both.wait(10)
        return number

    executor, flow = row(first, second)
    assert await values(executor, flow, range(count)) == list(range(count))


async def test_a_message_that_comes_while_a_slow_row_works_is_begun_beside_it() -> None:
    begun = threading.Event()

    def first(payload: str) -> str:
        if payload == "late":
            begun.set()
        return payload

    def second(payload: str) -> str:
        if payload == "early":
            assert begun.wait(10)
        return payload

    executor, flow = row(first, second)
    async with executor.instantiate(validate(flow), capture="n1") as run:
        await run.send("n0", "early")
        waiting = asyncio.create_task(run.next())
        await asyncio.sleep(0.02)
        await run.send("n0", "late")
        assert await asyncio.wait_for(waiting, 5) == Value("early")
        assert await run.next() == Value("late")


async def test_a_row_sees_the_context_of_each_run_that_it_serves() -> None:
    def ask(payload: Any) -> list[str]:
        return [who.get()]

    def ask_again(seen: list[str]) -> list[str]:
        seen.append(who.get())
        who.set("handler")
        return seen

    executor, flow = row(ask, ask_again)
    plan = validate(flow)
    for caller in ("anna", "bert", "carl"):
        who.set(caller)
        assert await executor.run_once(plan, "n0", 1, capture="n1") == Value([caller, caller])


async def test_what_an_edge_may_hold_is_kept_where_the_flow_says_it() -> None:
    release = threading.Event()
    through = []

    def note(number: int) -> int:
        through.append(number)
        return number

    def sit(number: int) -> int:
        release.wait(10)
        return number

    executor, flow = row(note, sit, edges={"n0>n1": {"buffer": BufferPolicy(max_items=1)}})
    async with executor.instantiate(validate(flow), capture="n1") as run:
        for number in range(10):
            await run.send("n0", number)
        settled = -1
        while settled != len(through):
            settled = len(through)
            await asyncio.sleep(0.05)
        # The first inbox is worked ahead on, but what it gave waits there for the edge.
        assert run.scheduler.nodes["n0"].routes[0].held <= 1
        release.set()
        assert [await run.next() for _ in range(10)] == [Value(number) for number in range(10)]


async def test_every_node_of_a_row_is_observed_where_somebody_listens() -> None:
    seen = []

    class Sink:
        def counter(self, name: str, value: float, labels: Any) -> None: ...

        def gauge(self, name: str, value: float, labels: Any) -> None: ...

        def histogram(self, name: str, value: float, labels: Any) -> None:
            if name == "lattice.executor.node_latency_ms":
                seen.append(labels["node"])

    executor, flow = row(same, same, same, metrics=Sink())
    assert await values(executor, flow, range(3)) == [0, 1, 2]
    assert sorted(seen) == ["n0"] * 3 + ["n1"] * 3 + ["n2"] * 3


async def test_a_handler_of_a_row_that_asks_for_its_context_gets_its_own() -> None:
    def key(payload: list[str], ctx: NodeContext) -> list[str]:
        return [*payload, ctx.idempotency_key.partition(":")[2]]

    executor, flow = row(same, key, same, key)
    assert await values(executor, flow, [[], []]) == [["n1:1", "n3:1"], ["n1:2", "n3:2"]]


QUICK, SLOW = 0.0, 0.002


@given(
    takes=st.lists(st.sampled_from([QUICK, QUICK, SLOW]), min_size=7, max_size=7),
    skipped=st.sets(st.tuples(st.integers(0, 4), st.integers(0, 11)), max_size=4),
    length=st.integers(1, 5),
)
@settings(deadline=None, max_examples=25)
def test_whatever_is_slow_a_row_keeps_order_and_runs_each_node_once_at_a_time(
    takes: list[float], skipped: set[tuple[int, int]], length: int
) -> None:
    seen: list[list[int]] = [[] for _ in range(length)]
    busy = [threading.Lock() for _ in range(length)]

    def node(at: int) -> Callable[[int], Any]:
        def work(number: int) -> Any:
            assert busy[at].acquire(blocking=False), "two messages are at one node"
            time.sleep(takes[(at * 3 + number) % len(takes)])
            seen[at].append(number)
            busy[at].release()
            return SKIP if (at, number) in skipped else number

        return work

    async def run() -> list[int]:
        executor, flow = row(*[node(at) for at in range(length)])
        return await asyncio.wait_for(values(executor, flow, range(12)), 20)

    wanted = list(range(12))
    came = []
    for at in range(length):
        came.append(wanted)
        wanted = [number for number in wanted if (at, number) not in skipped]
    assert asyncio.run(run()) == wanted
    assert seen == came


@pytest.mark.parametrize("options", [{}, {"trigger_capacity": 1}, {"edge_capacity": 1}])
async def test_every_node_of_a_slow_row_is_at_work_at_a_time_however_little_may_wait_before_it(
    options: dict[str, int],
) -> None:
    length, count = 3, 7
    meet = threading.Barrier(length)

    def node(at: int) -> Callable[[int], int]:
        def work(number: int) -> int:
            if length - 1 <= number + at < count:
                meet.wait(10)  # with all the others, each one message further on
            return number

        return work

    executor, flow = row(*[node(at) for at in range(length)], **options)
    async with executor.instantiate(validate(flow), capture="n2") as run:

        async def send() -> None:
            for number in range(count):
                await run.send("n0", number)

        sending = asyncio.create_task(send())
        for number in range(count):
            assert await asyncio.wait_for(run.next(), 20) == Value(number)
        await sending


async def test_a_row_fed_by_an_edge_where_little_may_wait_works_side_by_side_too() -> None:
    meet = threading.Barrier(3)

    def node(at: int) -> Callable[[int], int]:
        def work(number: int) -> int:
            if 2 <= number + at < 7:
                meet.wait(10)
            return number

        return work

    async def pass_on(payload: Any) -> Any:
        return payload

    executor, flow = row(
        pass_on, *[node(at) for at in range(3)], edges={"n0>n1": {"buffer": BufferPolicy(max_items=1)}}
    )
    assert await asyncio.wait_for(values(executor, flow, range(7)), 20) == list(range(7))


async def test_no_more_threads_than_the_bound_work_in_a_slow_row() -> None:
    lock, inside, most = threading.Lock(), 0, 0

    def work(number: int) -> int:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.002)
        with lock:
            inside -= 1
        return number

    executor, flow = row(*[work] * (WorkerThreads.LIMIT + 4))
    assert await values(executor, flow, range(20)) == list(range(20))
    assert 1 < most <= WorkerThreads.LIMIT


async def test_results_worked_ahead_wait_where_the_edge_behind_them_has_no_room() -> None:
    release, beyond = asyncio.Event(), []

    async def hold(number: int) -> int:
        beyond.append(number)
        await release.wait()
        return number

    executor, flow = row(same, same, hold, edges={"n1>n2": {"buffer": BufferPolicy(max_items=2)}})
    async with executor.instantiate(validate(flow), capture="n2") as run:
        for number in range(10):
            await run.send("n0", number)
        for _ in range(20):
            await asyncio.sleep(0.002)
        head = run.scheduler.nodes["n0"]
        assert beyond == [0]
        assert head.routes[0].held == 2
        assert len(head.inbox) >= 6
        release.set()
        assert [await run.next() for _ in range(10)] == [Value(number) for number in range(10)]


async def test_a_payload_is_converted_for_every_node_of_a_row() -> None:
    def double(number: float) -> float:
        assert type(number) is float
        return number * 2

    def text(number: float) -> dict[str, float]:
        return {"it": number}

    def back(order: Order) -> float:
        return order.it

    executor, flow = row(double, text, back)
    assert await executor.run_once(validate(flow), "n0", 1, capture="n2") == Value(2.0)
    executor, flow = row(text, same, double)
    with pytest.raises(NodeFailed, match="'n2' failed: ValidationError"):
        await executor.run_once(validate(flow), "n0", 1, capture="n2")


async def test_a_row_beside_another_branch_has_a_payload_of_its_own() -> None:
    def mark(payload: list[str]) -> list[str]:
        payload.append("row")
        return payload

    async def come_in(payload: list[str]) -> list[str]:
        return payload

    registry = NodeRegistry()
    registry.node("test::in")(come_in)
    registry.node("test::mark")(mark)
    builder = FlowBuilder("branches", "1.0.0").node("in", "test::in", summary="-")
    for name in ("a", "b", "c", "d", "out"):
        builder.node(name, "test::in" if name in ("d", "out") else "test::mark", summary="-")
    for source, target in (("in", "a"), ("a", "b"), ("b", "c"), ("c", "out"), ("in", "d"), ("d", "out")):
        builder.edge(source, target)
    results = FlowExecutor(registry).run_many(
        validate(builder.build()), "in", [[] for _ in range(50)], capture="out"
    )
    seen = [result.value async for result in results if isinstance(result, Value)]
    assert sorted(seen) == [[]] * 50 + [["row"] * 3] * 50


async def test_ten_thousand_blocking_nodes_in_a_row_run() -> None:
    executor, flow = row(*[add_one] * 10_000)
    assert await values(executor, flow, range(3)) == [10_000, 10_001, 10_002]
