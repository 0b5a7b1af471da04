"""What ends a row of blocking nodes: failures, deadlines, cancelling; nothing further is begun."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from blocking_rows import IN_FLIGHT, note_all, row, same, set_patience, values

from kernel_exec import (
    SKIP,
    Cancelled,
    DeadlineExceeded,
    NodeFailed,
    Value,
    validate,
)


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
        while not begun:
            await asyncio.sleep(0)
        await asyncio.sleep(0.02)  # the row knows that it is slow
        await run.send("n0", 2)
        run.cancel()
        await asyncio.sleep(0.02)
    release.set()
    assert begun == [1]


@pytest.mark.parametrize("length", [1, 2])
async def test_what_came_while_a_handler_sat_in_what_it_failed_on_is_not_begun(length: int) -> None:
    release, begun = threading.Event(), []

    def fail(number: int) -> None:
        begun.append(number)
        release.wait(10)
        raise ValueError(number)

    executor, flow = row(fail, *[same] * (length - 1))
    async with executor.instantiate(validate(flow), capture=f"n{length - 1}") as run:
        for number in range(5):
            await run.send("n0", number)
            await asyncio.sleep(0.005)  # the worker has the first, and the others wait
        release.set()
        with pytest.raises(NodeFailed, match="0"):
            await asyncio.wait_for(run.next(), 5)
    await asyncio.sleep(0.02)
    assert begun == [0]


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
