"""Blocking handlers: where they run, in which order, how they are bounded, interrupted and abandoned."""

import asyncio
import contextvars
import gc
import inspect
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel_exec import (
    DeadlineExceeded,
    FlowBuilder,
    FlowExecutor,
    NodeContext,
    NodeFailed,
    NodeRegistry,
    ValidatedFlow,
    Value,
    once,
    validate,
)
from kernel_exec.offload import lines
from kernel_exec.offload.workers import WorkerThreads

who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


def chain(registry: NodeRegistry, *handlers: Any, inline: bool = False) -> tuple[ValidatedFlow, str, str]:
    """Return the flow of `handlers` one after the other, and its first and last alias."""
    builder = FlowBuilder("chain", "1.0.0")
    names = [f"n{number}" for number in range(len(handlers))]
    for name, handler in zip(names, handlers, strict=True):
        plain = not inspect.iscoroutinefunction(handler)
        registry.node(f"test::{name}", inline=inline and plain)(handler)
        builder.node(name, f"test::{name}", summary="-")
    for source, target in pairwise(names):
        builder.edge(source, target)
    return validate(builder.build()), names[0], names[-1]


async def same(payload: Any) -> Any:
    return payload


class Seats:
    """A handler that sits on its worker until all may stand up, unless it is told to go."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.release = threading.Event()

    def sit(self, payload: Any) -> Any:
        """Take a seat."""
        if payload != "go":
            self.taken.append(payload)
            self.release.wait(10)
        return payload

    async def until(self, number: int) -> None:
        """Wait until so many seats were taken."""
        while len(self.taken) < number:
            await asyncio.sleep(0)


async def test_a_plain_handler_runs_off_the_loops_thread_unless_it_is_inline() -> None:
    def where(payload: Any) -> Any:
        return threading.current_thread() is threading.main_thread()

    for inline in (False, True):
        registry = NodeRegistry()
        plan, first, last = chain(registry, where, inline=inline)
        result = await FlowExecutor(registry).run_once(plan, first, 1, capture=last)
        assert result == Value(inline)


async def test_blocking_handlers_do_not_block_the_loop() -> None:
    release = threading.Event()

    def sit(payload: Any) -> bool:
        return release.wait(10)

    registry = NodeRegistry()
    plan, first, last = chain(registry, sit)
    running = asyncio.create_task(FlowExecutor(registry).run_once(plan, first, 1, capture=last))
    await asyncio.sleep(0.01)
    release.set()
    assert await running == Value(True)


async def test_one_invocation_at_a_time_in_order_through_blocking_nodes() -> None:
    inside = 0

    def work(number: int) -> int:
        nonlocal inside
        inside += 1
        assert inside == 1
        time.sleep(0.0002)
        inside -= 1
        return number

    registry = NodeRegistry()
    plan, first, last = chain(registry, same, work, same)
    results = FlowExecutor(registry).run_many(plan, first, range(200), capture=last)
    assert [result.value async for result in results] == list(range(200))  # type: ignore[union-attr]  # values only


async def test_a_full_inbox_goes_to_a_worker_as_one_job(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = 0
    submit = WorkerThreads.submit

    def count(self: WorkerThreads, job: Any) -> None:
        nonlocal jobs
        jobs += 1
        submit(self, job)

    monkeypatch.setattr(WorkerThreads, "submit", count)
    registry = NodeRegistry()
    plan, first, last = chain(registry, same, lambda payload: payload)
    async with FlowExecutor(registry, capture_capacity=33, trigger_capacity=33).instantiate(
        plan, capture=last
    ) as run:
        for number in range(33):
            await run.send(first, number)
        assert [(await run.next()).value for _ in range(33)] == list(range(33))  # type: ignore[union-attr]  # a Value
    assert jobs <= 3


async def test_a_job_of_quick_handlers_comes_back_with_one_wake_of_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wakes = 0
    loop = asyncio.get_running_loop()
    wake = loop.call_soon_threadsafe

    def count(*arguments: Any, **options: Any) -> Any:
        nonlocal wakes
        wakes += 1
        return wake(*arguments, **options)

    monkeypatch.setattr(loop, "call_soon_threadsafe", count)
    monkeypatch.setattr(lines, "TOO_LONG", 60.0)  # however busy this machine is
    registry = NodeRegistry()
    plan, first, last = chain(registry, lambda payload: payload)
    executor = FlowExecutor(registry, capture_capacity=33, trigger_capacity=33)
    results = executor.run_many(plan, first, range(330), capture=last)
    assert [result.value async for result in results] == list(range(330))  # type: ignore[union-attr]  # values only
    assert wakes == 10


async def test_a_result_does_not_wait_for_the_handler_of_the_next_message() -> None:
    release = threading.Event()

    def sits_in_the_second(payload: Any) -> Any:
        if payload == 1:
            release.wait(10)
        return payload

    registry = NodeRegistry()
    plan, first, last = chain(registry, sits_in_the_second)
    async with FlowExecutor(registry).instantiate(plan, capture=last) as run:
        for number in range(3):
            await run.send(first, number)
        assert await asyncio.wait_for(run.next(), 5) == Value(0)
        release.set()
        assert [await run.next(), await run.next()] == [Value(1), Value(2)]


async def test_a_blocking_handler_sees_a_copy_of_the_callers_context() -> None:
    def ask(payload: Any) -> str:
        seen = who.get()
        who.set("handler")
        return seen

    registry = NodeRegistry()
    plan, first, last = chain(registry, ask)
    who.set("caller")
    executor = FlowExecutor(registry)
    for _ in range(2):
        assert await executor.run_once(plan, first, 1, capture=last) == Value("caller")
    assert who.get() == "caller"


async def test_handlers_that_ask_at_once_are_told_the_same_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting = threading.Barrier(2)

    def make_id() -> UUID:
        """Make an id when another thread is about to make one, or is kept from it."""
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.5)
        return uuid4()

    monkeypatch.setattr(once, "uuid4", make_id)
    registry, builder = NodeRegistry(), FlowBuilder("two", "1.0.0")

    @registry.node("test::tell")
    def tell(payload: Any, ctx: NodeContext) -> str:
        return ctx.labels["lf.run_id"]

    registry.node("test::same")(same)
    for alias, identifier in (("in", "same"), ("a", "tell"), ("b", "tell"), ("out", "same")):
        builder.node(alias, f"test::{identifier}", summary="-")
    builder.edge("in", "a").edge("in", "b").edge("a", "out").edge("b", "out")
    results = FlowExecutor(registry).run_many(validate(builder.build()), "in", [1], capture="out")
    one, other = [result async for result in results]
    assert one == other


async def test_a_deadline_abandons_a_handler_that_sits_in_a_thread_and_tells_it() -> None:
    told = threading.Event()

    def sit(payload: Any, ctx: NodeContext) -> None:
        while not ctx.cancelled:
            time.sleep(0.001)
        told.set()

    registry = NodeRegistry()
    plan, first, last = chain(registry, sit)
    begun = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        await FlowExecutor(registry).run_once(plan, first, 1, capture=last, deadline=0.05)
    assert time.monotonic() - begun < 0.1
    assert await asyncio.to_thread(told.wait, 5)


async def test_what_waits_behind_an_abandoned_handler_is_never_run() -> None:
    ran = []
    release = threading.Event()

    def sit(number: int) -> None:
        ran.append(number)
        release.wait(5)

    registry = NodeRegistry()
    plan, first, last = chain(registry, sit)
    async with FlowExecutor(registry).instantiate(plan, capture=last) as run:
        for number in range(5):
            await run.send(first, number)
        await asyncio.sleep(0.05)
        run.cancel()
    release.set()
    await asyncio.sleep(0.05)
    assert ran == [0]


@pytest.mark.parametrize("levels", [1, 3])
async def test_handlers_that_wait_for_runs_of_their_own_leave_them_workers(
    levels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WorkerThreads, "LIMIT", 2)
    loop = asyncio.get_running_loop()
    registry = NodeRegistry()

    def count_down(level: int) -> Any:
        if level == 0:
            return 0
        running = executor.run_once(plan, start, level - 1, capture=end)
        result = asyncio.run_coroutine_threadsafe(running, loop).result(10)
        assert isinstance(result, Value)
        return 1 + result.value

    plan, start, end = chain(registry, count_down)
    executor = FlowExecutor(registry)
    runs = [executor.run_once(plan, start, levels, capture=end) for _ in range(6)]
    assert await asyncio.gather(*runs) == [Value(levels)] * 6


async def test_abandoned_workers_no_longer_count_against_the_bound() -> None:
    seats = Seats()
    registry = NodeRegistry()
    plan, first, last = chain(registry, seats.sit)
    executor = FlowExecutor(registry)
    for number in range(WorkerThreads.LIMIT + 5):
        running = asyncio.ensure_future(executor.run_once(plan, first, "sit", capture=last))
        await seats.until(number + 1)
        running.cancel()
        await asyncio.wait([running])
    assert await asyncio.wait_for(executor.run_once(plan, first, "go", capture=last), 5) == Value("go")
    seats.release.set()


async def test_what_waits_for_a_worker_gets_the_place_of_one_that_is_abandoned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(WorkerThreads, "LIMIT", 1)
    seats = Seats()
    registry = NodeRegistry()
    plan, first, last = chain(registry, seats.sit)
    executor, before = FlowExecutor(registry), set(threading.enumerate())
    sits = asyncio.ensure_future(executor.run_once(plan, first, "sit", capture=last))
    await seats.until(1)
    waits = asyncio.ensure_future(executor.run_once(plan, first, "go", capture=last))
    await asyncio.sleep(0)
    sits.cancel()
    assert await asyncio.wait_for(waits, 5) == Value("go")
    seats.release.set()
    async with asyncio.timeout(WorkerThreads.PATIENCE / 2):  # the one that was abandoned ends
        while len(set(threading.enumerate()) - before) > 1:
            gc.collect()
            await asyncio.sleep(0.001)


async def test_what_is_abandoned_before_a_worker_comes_to_it_costs_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(WorkerThreads, "LIMIT", 1)
    seats = Seats()
    registry = NodeRegistry()
    plan, first, last = chain(registry, seats.sit)
    executor = FlowExecutor(registry)
    sits = asyncio.ensure_future(executor.run_once(plan, first, "sit", capture=last))
    await seats.until(1)
    wait = [asyncio.ensure_future(executor.run_once(plan, first, "wait", capture=last)) for _ in range(3)]
    await asyncio.sleep(0)
    for running in wait:
        running.cancel()
    await asyncio.wait(wait)
    seats.release.set()
    assert await sits == Value("sit")
    assert await asyncio.wait_for(executor.run_once(plan, first, "go", capture=last), 5) == Value("go")


async def test_few_workers_serve_many_runs_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkerThreads, "LIMIT", 50)
    registry = NodeRegistry()
    plan, first, last = chain(registry, lambda payload: payload)
    executor, before = FlowExecutor(registry), set(threading.enumerate())
    for number in range(40):
        assert await executor.run_once(plan, first, number, capture=last) == Value(number)
    assert len(set(threading.enumerate()) - before) < 10


async def test_a_worker_that_is_there_takes_what_no_other_can_be_started_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    seats = Seats()
    registry = NodeRegistry()
    plan, first, last = chain(registry, seats.sit)
    executor, before = FlowExecutor(registry), set(threading.enumerate())
    sits = asyncio.ensure_future(executor.run_once(plan, first, "first", capture=last))
    await seats.until(1)
    assert len(set(threading.enumerate()) - before) == 1
    monkeypatch.setattr(threading.Thread, "start", refuse)
    waits = asyncio.ensure_future(executor.run_once(plan, first, "second", capture=last))
    await asyncio.sleep(0)
    seats.release.set()
    assert await asyncio.wait_for(asyncio.gather(sits, waits), 5) == [Value("first"), Value("second")]


async def test_no_more_threads_than_the_bound_work_at_once() -> None:
    most = 0

    def work(payload: Any) -> Any:
        nonlocal most
        most = max(most, sum(thread.name == "kernel-exec-worker" for thread in threading.enumerate()))
        time.sleep(0.001)
        return payload

    registry = NodeRegistry()
    plan, first, last = chain(registry, work)
    executor = FlowExecutor(registry)
    before = sum(thread.name == "kernel-exec-worker" for thread in threading.enumerate())
    runs = [executor.run_once(plan, first, number, capture=last) for number in range(200)]
    assert await asyncio.gather(*runs) == [Value(number) for number in range(200)]
    assert most <= WorkerThreads.LIMIT + before


async def test_whatever_a_thread_raises_is_the_failure_of_its_node() -> None:
    class Odd(BaseException):
        pass

    for cause in (
        ValueError(),
        SystemExit(),
        asyncio.CancelledError(),
        KeyboardInterrupt(),
        GeneratorExit(),
        Odd(),
    ):

        def fail(payload: Any, cause: BaseException = cause) -> None:
            raise cause

        registry = NodeRegistry()
        plan, first, last = chain(registry, same, fail, same)
        with pytest.raises(NodeFailed) as caught:
            await FlowExecutor(registry).run_once(plan, first, 1, capture=last)
        assert (caught.value.alias, caught.value.cause) == ("n1", cause)


async def test_the_messages_before_one_that_fails_in_a_thread_are_delivered() -> None:
    def refuse_five(number: int) -> int:
        if number == 5:
            raise ValueError
        return number

    registry = NodeRegistry()
    plan, first, last = chain(registry, refuse_five)
    results = FlowExecutor(registry).run_many(plan, first, range(10), capture=last)
    assert [(await anext(results)).value for _ in range(5)] == [0, 1, 2, 3, 4]  # type: ignore[union-attr]  # a Value
    with pytest.raises(NodeFailed):
        await anext(results)


@pytest.mark.parametrize("loop", ["asyncio", "debug"])
def test_a_program_ends_though_a_handler_still_sits_in_a_thread(loop: str) -> None:
    program = """
import asyncio, time
from kernel_exec import *
registry = NodeRegistry()
@registry.node("sit")
def sit(payload): time.sleep(60)
plan = validate(FlowBuilder("f", "1.0.0").node("n", "sit", summary="-").build())
async def main():
    try:
        await FlowExecutor(registry).run_once(plan, "n", 1, capture="n", deadline=0.05)
    except DeadlineExceeded as error:
        print(error)
asyncio.run(main(), debug=%r)
"""
    begun = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", program % (loop == "debug")],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert "did not end within 0.05 s" in ended.stdout
    assert not ended.stderr
    assert time.monotonic() - begun < 20


async def test_an_idle_worker_goes_home_and_another_comes_when_it_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(WorkerThreads, "LIMIT", 1)
    monkeypatch.setattr(WorkerThreads, "PATIENCE", 0.001)
    registry = NodeRegistry()
    plan, first, last = chain(registry, lambda payload: payload)
    executor, before = FlowExecutor(registry), set(threading.enumerate())
    for number in range(3):
        running = executor.run_once(plan, first, number, capture=last)
        assert await asyncio.wait_for(running, 5) == Value(number)
        async with asyncio.timeout(5):
            while set(threading.enumerate()) - before:
                await asyncio.sleep(0.001)


async def test_idle_workers_go_with_their_executor_and_its_runs() -> None:
    registry, seats, before = NodeRegistry(), Seats(), set(threading.enumerate())
    plan, first, last = chain(registry, seats.sit)
    run = FlowExecutor(registry).instantiate(plan, capture=last)
    await run.send(first, 1)
    for _ in range(9):
        await FlowExecutor(registry).run_once(plan, first, "go", capture=last)
    await asyncio.wait_for(seats.until(1), 5)
    seats.release.set()
    async with asyncio.timeout(WorkerThreads.PATIENCE / 2):
        while len(set(threading.enumerate()) - before) > 1:
            gc.collect()
            await asyncio.sleep(0.001)
        assert await run.next() == Value(1)
        del run
        while set(threading.enumerate()) - before:
            gc.collect()
            await asyncio.sleep(0.001)


async def test_an_idle_worker_keeps_nothing_of_what_it_did() -> None:
    class Thing:
        """What a weak reference can be had to."""

    registry = NodeRegistry()
    plan, first, last = chain(registry, lambda payload: Thing())
    executor = FlowExecutor(registry)
    result = await executor.run_once(plan, first, 1, capture=last)
    assert isinstance(result, Value)
    kept = weakref.ref(result.value)
    del result
    async with asyncio.timeout(WorkerThreads.PATIENCE / 2):
        while kept() is not None:
            gc.collect()
            await asyncio.sleep(0.001)
