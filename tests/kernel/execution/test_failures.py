"""What a run does when a handler raises (decisions 2 to 5)."""

import asyncio
from collections.abc import AsyncIterator
from copy import copy
from typing import Any

import pytest
from small_flows import close_early, collect, inline, small, soon, stream, turns

from kernel_exec import Cancelled, ExecutionError, MissingOutput, NodeFailed, Stream, Value


class Odd(BaseException):
    """An exception that is no `Exception`."""


CAUSES = [
    ValueError("no"),
    asyncio.CancelledError("mine"),
    SystemExit(3),
    GeneratorExit("odd"),
    KeyboardInterrupt(),
    TimeoutError("late"),
    Odd("odd"),
    StopAsyncIteration("odd"),
    ExceptionGroup("several", [ValueError("no"), ExceptionGroup("within", [KeyError("x")])]),
    BaseExceptionGroup("several", [asyncio.CancelledError("mine"), KeyboardInterrupt()]),
]


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: type(cause).__name__)
@pytest.mark.parametrize("kind", ["at once", "suspended", "plain", "inline"])
async def test_whatever_a_handler_raises_is_the_failure_of_its_node(cause: BaseException, kind: str) -> None:
    async def at_once(payload: Any) -> Any:
        raise cause

    async def suspended(payload: Any) -> Any:
        await asyncio.sleep(0)
        raise cause

    def plain(payload: Any) -> Any:
        raise cause

    handler = {"at once": at_once, "suspended": suspended, "plain": plain, "inline": inline(plain)}[kind]
    flow = small("in>a>out", {"a": handler})
    with pytest.raises(NodeFailed) as caught:
        await soon(flow.executor().run_once(flow.plan, "in", 1, capture="out"))
    assert caught.value.alias == "a"
    assert caught.value.cause is cause
    assert caught.value.__cause__ is cause


@pytest.mark.parametrize("kind", ["plain", "inline"])
async def test_a_plain_handler_may_raise_what_no_coroutine_can(kind: str) -> None:
    cause = StopIteration("no more")

    def plain(payload: Any) -> Any:
        raise cause

    flow = small("in>a>out", {"a": inline(plain) if kind == "inline" else plain})
    with pytest.raises(NodeFailed) as caught:
        await soon(flow.executor().run_once(flow.plan, "in", 1, capture="out"))
    assert (caught.value.alias, caught.value.cause) == ("a", cause)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: type(cause).__name__)
@pytest.mark.parametrize("yielded", [0, 2])
async def test_whatever_a_stream_raises_comes_behind_its_items(cause: BaseException, yielded: int) -> None:
    cause = copy(cause)  # what was raised holds on to the run

    async def items(payload: Any) -> AsyncIterator[int]:
        for number in range(yielded):
            yield number
        raise cause

    flow = small("in>out", {"out": stream(items)})
    result = await soon(flow.executor().run_once(flow.plan, "in", 1, capture="out"))
    assert isinstance(result, Stream)
    assert [await soon(anext(result)) for _ in range(yielded)] == [*range(yielded)]
    with pytest.raises(NodeFailed) as caught:
        await soon(anext(result))
    assert caught.value.alias == "out"
    # Python itself lets no generator raise what ends an iteration.
    told = caught.value.cause
    assert told is cause or (isinstance(cause, StopAsyncIteration) and isinstance(told, RuntimeError))


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: type(cause).__name__)
async def test_whatever_a_stream_raises_about_its_end_fails_no_other(cause: BaseException) -> None:
    cause = copy(cause)  # what was raised holds on to the run

    async def items(payload: Any) -> AsyncIterator[Any]:
        try:
            while True:
                yield payload
                await asyncio.sleep(0)
        finally:
            raise cause

    flow = small("in>out", {"out": stream(items)})
    async with flow.executor(capture_capacity=1).instantiate(flow.plan, capture="out") as run:
        for number in range(3):
            await close_early(run, number)


class Mute(Exception):
    """An exception that cannot say what it is."""

    def __init__(self, kind: type[BaseException] = ValueError) -> None:
        self.kind = kind

    def __str__(self) -> str:
        raise self.kind("nothing to say")

    __repr__ = __str__


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
async def test_what_cannot_say_what_it_is_fails_its_node_all_the_same(kind: type[BaseException]) -> None:
    async def mute(payload: Any) -> Any:
        raise Mute(kind)

    flow = small("in>a>out", {"a": mute})
    with pytest.raises(NodeFailed, match=r"'a' failed: Mute: its message could not be had") as caught:
        await soon(flow.executor().run_once(flow.plan, "in", 1, capture="out"))
    assert isinstance(caught.value.cause, Mute)
    assert "Mute" in str(caught.value.to_dict())


async def test_what_says_nothing_is_named_by_its_type() -> None:
    async def quiet(payload: Any) -> Any:
        raise LookupError

    flow = small("in>out", {"in": quiet})
    with pytest.raises(NodeFailed, match=r"^node 'in' failed: LookupError$"):
        await soon(flow.executor().run_once(flow.plan, "in", 1, capture="out"))


@pytest.mark.parametrize("kind", ["coroutine", "inline"])
async def test_stop_iteration_is_a_failure_too(kind: str) -> None:
    async def coroutine(payload: Any) -> Any:
        next(iter(()))

    def plain(payload: Any) -> Any:
        next(iter(()))

    flow = small("in>out", {"in": coroutine if kind == "coroutine" else inline(plain)})
    with pytest.raises(NodeFailed) as caught:
        await soon(flow.executor().run_once(flow.plan, "in", 1, capture="out"))
    assert caught.value.alias == "in"


async def test_the_node_that_failed_is_named_wherever_it_stands_in_a_line() -> None:
    names = [f"n{number}" for number in range(20)]

    async def refuse(number: int) -> int:
        if number > 100:
            raise ValueError(number)
        return number

    for at in (0, 7, 19):
        flow = small(">".join(names), {names[at]: refuse})
        executor = flow.executor()
        for _ in range(30):
            await executor.run_once(flow.plan, "n0", 1, capture="n19")
        with pytest.raises(NodeFailed) as caught:
            await executor.run_once(flow.plan, "n0", 101, capture="n19")
        assert caught.value.alias == names[at]


async def test_a_failure_does_not_overtake_the_results_before_it() -> None:
    async def refuse_five(number: int) -> int:
        if number == 5:
            raise ValueError
        return number

    flow = small("in>a>out", {"a": refuse_five})
    results = flow.executor().run_many(flow.plan, "in", range(10), capture="out")
    assert [(await soon(anext(results))).value for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(NodeFailed):
        await soon(anext(results))


async def test_after_a_failure_everything_that_waits_or_comes_raises() -> None:
    release = asyncio.Event()

    async def fail(payload: Any) -> Any:
        await release.wait()
        raise ValueError

    flow = small("in>out", {"in": fail})
    async with flow.executor(capture_capacity=1).instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        waiting = [asyncio.create_task(run.send("in", 2)), asyncio.create_task(run.next())]
        await turns()
        release.set()
        for task in waiting:
            with pytest.raises(NodeFailed):
                await soon(task)
        for _ in range(2):
            with pytest.raises(NodeFailed):
                await soon(run.send("in", 3))
            with pytest.raises(NodeFailed):
                await soon(run.next())


async def test_a_failure_of_the_one_message_that_there_is_room_for_ends_an_iteration() -> None:
    async def fail(payload: Any) -> Any:
        raise LookupError

    flow = small("in>out", {"in": fail})
    with pytest.raises(NodeFailed):
        await collect(flow.executor(capture_capacity=1).run_many(flow.plan, "in", range(3), capture="out"))


async def test_a_failure_stops_the_other_handlers() -> None:
    stopped = asyncio.Event()

    async def hang(payload: Any) -> Any:
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.set()

    async def fail(payload: Any) -> Any:
        await asyncio.sleep(0.001)
        raise ValueError

    flow = small("in>a, in>b", {"a": hang, "b": fail})
    with pytest.raises(NodeFailed):
        await soon(flow.executor().run_once(flow.plan, "in", 1, capture="a"))
    await soon(stopped.wait())


async def test_a_failure_ends_the_feeding_of_an_asynchronous_source() -> None:
    given: list[int] = []

    async def fail(number: int) -> int:
        if number == 3:
            raise ValueError(number)
        return number

    async def source() -> AsyncIterator[int]:
        for number in range(1000):
            given.append(number)
            yield number

    flow = small("in>out", {"out": fail})
    results = flow.executor().run_many(flow.plan, "in", source(), capture="out")
    values = []
    with pytest.raises(NodeFailed):  # noqa: PT012 - what came before it is looked at
        async for result in results:
            values.append(result)
    assert values == [Value(number) for number in range(3)]
    assert len(given) < 100


async def test_a_failure_under_full_edges_hangs_nobody() -> None:
    async def fail_later(number: int) -> int:
        if number == 40:
            raise ValueError
        return number

    flow = small("in>a>c>out, in>b>c, b>out", {"c": fail_later})
    executor = flow.executor(edge_capacity=1, capture_capacity=1, trigger_capacity=1)
    with pytest.raises(NodeFailed):
        await collect(executor.run_many(flow.plan, "in", range(100), capture="out"))


async def test_side_branches_of_run_once_are_finished_before_it_returns() -> None:
    done = []

    async def side(payload: Any) -> Any:
        await asyncio.sleep(0.01)
        done.append(payload)

    flow = small("in>out, in>side", {"side": side})
    assert await flow.executor().run_once(flow.plan, "in", 1, capture="out") == Value(1)
    assert done == [1]


async def test_finish_capture_stops_the_side_branches() -> None:
    done = []

    async def side(payload: Any) -> Any:
        try:
            await asyncio.sleep(0.01)
            done.append("ended")
        except asyncio.CancelledError:
            done.append("stopped")
            raise

    flow = small("in>out, in>side", {"side": side})
    result = await flow.executor().run_once(flow.plan, "in", 1, capture="out", finish="capture")
    assert result == Value(1)
    await asyncio.sleep(0.02)
    assert done == ["stopped"]


async def test_another_way_to_finish_than_the_two_there_are_is_refused() -> None:
    begun: list[int] = []

    async def note(number: int) -> int:
        begun.append(number)
        return number

    flow = small("in>out", {"in": note})
    typo: Any = "captured"
    with pytest.raises(ValueError, match="finish must be 'all' or 'capture', not 'captured'"):
        await flow.executor().run_once(flow.plan, "in", 1, capture="out", finish=typo)
    assert not begun


@pytest.mark.parametrize("delay", [None, 0, 0.005], ids=["at once", "next turn", "later"])
async def test_a_side_branch_that_fails_after_the_capture_carries_the_result(delay: float | None) -> None:
    async def side(payload: Any) -> Any:
        if delay is not None:
            await asyncio.sleep(delay)
        raise ValueError("side")

    flow = small("in>x>out, in>z>side", {"side": side})
    with pytest.raises(NodeFailed) as caught:
        await flow.executor().run_once(flow.plan, "in", 1, capture="out")
    assert caught.value.alias == "side"
    assert caught.value.result in (Value(1), None)
    if delay:
        assert caught.value.result == Value(1)


async def test_further_captures_of_run_once_are_discarded() -> None:
    handled = []

    async def note(payload: Any) -> Any:
        await asyncio.sleep(0)
        handled.append(payload)
        return payload

    branches = [f"b{number}" for number in range(30)]
    flow = small(", ".join(f"in>{branch}>out" for branch in branches), {"out": note})
    executor = flow.executor(capture_capacity=2, edge_capacity=1)
    assert await soon(executor.run_once(flow.plan, "in", 1, capture="out")) == Value(1)
    assert len(handled) == 30


async def test_nothing_captured_is_a_missing_output() -> None:
    flow = small("in>a, in>out", build=lambda b: b.switch("s", "in", "", {"go": "out"}))
    with pytest.raises(MissingOutput) as caught:
        await soon(flow.executor().run_once(flow.plan, "in", "stop", capture="out"))
    assert caught.value.alias == "out"


async def test_cancelling_the_caller_of_run_once_stops_its_handlers() -> None:
    stopped = asyncio.Event()

    async def hang(payload: Any) -> Any:
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.set()

    flow = small("in>out", {"out": hang})
    call = asyncio.create_task(flow.executor().run_once(flow.plan, "in", 1, capture="out"))
    await turns()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(call)
    await soon(stopped.wait())


async def test_a_failed_run_leaves_the_executor_as_good_as_new() -> None:
    async def refuse_one(number: int) -> int:
        if number == 1:
            raise ValueError
        return number

    flow = small("in>a>out", {"a": refuse_one})
    executor = flow.executor()
    for number in (0, 1, 2, 1, 3):
        call = executor.run_once(flow.plan, "in", number, capture="out")
        if number == 1:
            with pytest.raises(NodeFailed):
                await call
        else:
            assert await call == Value(number)


async def test_every_failure_of_a_run_is_an_execution_error() -> None:
    async def fail(payload: Any) -> Any:
        raise Odd

    flow = small("in>out", {"out": fail})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        with pytest.raises(ExecutionError):
            await run.next()
    with pytest.raises(ExecutionError):
        await run.next()
    assert issubclass(Cancelled, ExecutionError)
