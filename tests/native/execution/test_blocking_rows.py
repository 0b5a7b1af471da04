"""Blocking nodes, one and several in a row: what is done in one go, what works side by side, what is kept."""

import asyncio
import contextlib
import contextvars
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from kernel_exec import (
    SKIP,
    Cancelled,
    DeadlineExceeded,
    FlowBuilder,
    FlowExecutor,
    FlowIR,
    NodeContext,
    NodeFailed,
    NodeRegistry,
    Value,
    validate,
)
from kernel_exec.flow_ir import BufferPolicy
from kernel_exec.offload import lines
from kernel_exec.offload.workers import WorkerThreads

IN_FLIGHT = 33

who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


def row(
    *handlers: Callable[..., Any], edges: Mapping[str, Mapping[str, Any]] = {}, **options: Any
) -> tuple[FlowExecutor, FlowIR]:
    """Return the flow of `handlers` one after the other, `n0` to the last, and what runs it."""
    registry = NodeRegistry()
    builder = FlowBuilder("row", "1.0.0")
    for number, handler in enumerate(handlers):
        registry.node(f"test::{number}")(handler)
        builder.node(f"n{number}", f"test::{number}", summary="-")
    for source, target in pairwise(range(len(handlers))):
        builder.edge(f"n{source}", f"n{target}", **edges.get(f"n{source}>n{target}", {}))
    options = {"trigger_capacity": IN_FLIGHT, "capture_capacity": IN_FLIGHT, **options}
    executor = FlowExecutor(registry, **options)
    return executor, builder.build()


async def values(executor: FlowExecutor, flow: FlowIR, payloads: Any) -> list[Any]:
    """Return what becomes of `payloads`."""
    results = executor.run_many(validate(flow), "n0", payloads, capture=flow.nodes[-1].alias)
    return [result.value async for result in results if isinstance(result, Value)]


async def note_all(results: AsyncIterator[Any], seen: list[Any]) -> None:
    """Append every result to `seen`, so that it shows what came before a failure."""
    async for result in results:
        seen.append(result)


class Order(Struct):
    it: float


def same(payload: Any) -> Any:
    return payload


def add_one(number: int) -> int:
    return number + 1


def set_patience(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let handlers pass for quick that take up to `seconds`, however busy this machine is."""
    for name in ("TOO_LONG", "SLOW"):
        monkeypatch.setattr(lines, name, seconds)


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


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("slow", [False, True])
async def test_a_failure_names_the_node_of_a_row_and_comes_behind_the_results_before_it(
    at: int, slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cause = ValueError("five")
    if not slow:
        set_patience(monkeypatch, 60.0)

    def work(number: int) -> int:
        if slow:
            time.sleep(0.003)
        return number

    def fail(number: int) -> int:
        if number == 5:
            raise cause
        return work(number)

    handlers: list[Callable[..., Any]] = [work, work, work]
    handlers[at] = fail
    executor, flow = row(*handlers)
    results = executor.run_many(validate(flow), "n0", range(10), capture="n2")
    seen: list[Any] = []
    with pytest.raises(NodeFailed) as caught:
        await note_all(results, seen)
    assert (caught.value.alias, caught.value.cause) == (f"n{at}", cause)
    assert seen == [Value(number) for number in range(len(seen))]
    if not slow:
        assert len(seen) == 5


@pytest.mark.parametrize("slow", [False, True])
async def test_a_message_that_is_skipped_within_a_row_ends_there_and_no_other_does(slow: bool) -> None:
    reached = []

    def odd(number: int) -> Any:
        if slow:
            time.sleep(0.003)
        return number if number % 2 else SKIP

    def note(number: int) -> int:
        reached.append(number)
        return number

    executor, flow = row(same, odd, note)
    assert await values(executor, flow, range(10)) == [1, 3, 5, 7, 9]
    assert reached == [1, 3, 5, 7, 9]


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


@pytest.mark.parametrize("length", [1, 4])
async def test_cancelling_lets_nothing_of_a_row_run_on_but_the_handler_that_sits(length: int) -> None:
    release = threading.Event()
    sitting = threading.Event()
    ran = []

    def sit(number: int) -> int:
        sitting.set()
        release.wait(10)
        return number

    def note(number: int) -> int:
        ran.append(number)
        return number

    executor, flow = row(sit, *[note] * length)
    async with executor.instantiate(validate(flow), capture=f"n{length}") as run:
        for number in range(5):
            await run.send("n0", number)
        assert await asyncio.to_thread(sitting.wait, 5)
        run.cancel()
    release.set()
    await asyncio.sleep(0.05)
    assert ran == []


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


@pytest.mark.parametrize("at", [0, 1, 2])
async def test_a_deadline_abandons_a_handler_anywhere_in_a_row(at: int) -> None:
    release, reached = threading.Event(), []

    def sit(payload: Any) -> Any:
        release.wait(10)
        return payload

    def note(payload: Any) -> Any:
        reached.append(payload)
        return payload

    handlers = [same, same, same, note]
    handlers[at] = sit
    executor, flow = row(*handlers)
    begun = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        await executor.run_once(validate(flow), "n0", 1, capture="n3", deadline=0.05)
    assert time.monotonic() - begun < 0.1
    release.set()
    assert await asyncio.wait_for(executor.run_once(validate(flow), "n0", 2, capture="n3"), 5) == Value(2)
    await asyncio.sleep(0.02)
    assert reached == [2]


@pytest.mark.parametrize("after", [0.0, 0.0005, 0.001, 0.0015, 0.003, 0.005, 0.008, 0.013])
async def test_whenever_a_run_ends_no_further_handler_of_its_rows_is_begun(after: float) -> None:
    begun = 0

    def work(number: int) -> int:
        nonlocal begun
        begun += 1
        time.sleep(0.0007 * (number % 3))
        return number

    executor, flow = row(*[work] * 4)
    async with executor.instantiate(validate(flow), capture="n3") as run:
        for number in range(IN_FLIGHT):
            await run.send("n0", number)
        taking = asyncio.create_task(run.next())
        await asyncio.sleep(after)
        run.cancel()
        with contextlib.suppress(Cancelled):
            await asyncio.wait_for(taking, 5)
        await asyncio.sleep(0.002)  # a handler that had been chosen begins
        before = begun
        await asyncio.sleep(0.01)
        assert begun == before
    assert await asyncio.wait_for(values(executor, flow, range(5)), 5) == list(range(5))


async def test_a_message_that_came_just_before_the_end_is_not_begun() -> None:
    release, begun = threading.Event(), []

    def note(number: int) -> int:
        begun.append(number)
        return number

    def sit(number: int) -> int:
        release.wait(10)
        return number

    executor, flow = row(note, sit)
    async with executor.instantiate(validate(flow), capture="n1") as run:
        await run.send("n0", 1)
        await asyncio.sleep(0.02)  # the row knows that it is slow
        await run.send("n0", 2)
        run.cancel()
        await asyncio.sleep(0.02)
    release.set()
    assert begun == [1]


@pytest.mark.parametrize("at", [0, 1, 2])
async def test_whatever_is_raised_within_a_row_is_the_failure_of_its_node(at: int) -> None:
    class Empty(Exception):
        def __len__(self) -> int:
            return 0

    for cause in (
        Empty(),
        SystemExit(),
        asyncio.CancelledError(),
        KeyboardInterrupt(),
        GeneratorExit(),
    ):

        def fail(payload: Any, cause: BaseException = cause) -> None:
            raise cause

        handlers: list[Callable[..., Any]] = [same, same, same]
        handlers[at] = fail
        executor, flow = row(*handlers)
        with pytest.raises(NodeFailed) as caught:
            await executor.run_once(validate(flow), "n0", 1, capture="n2")
        assert (caught.value.alias, caught.value.cause) == (f"n{at}", cause)


async def test_where_no_thread_can_be_started_the_node_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    executor, flow = row(same, same)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(NodeFailed, match="'n0' failed: RuntimeError: can't start"):
            await asyncio.wait_for(executor.run_once(validate(flow), "n0", 1, capture="n1"), 5)
    assert await asyncio.wait_for(executor.run_once(validate(flow), "n0", 1, capture="n1"), 5) == Value(1)


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
