"""What a run asks of the host's loop: each callback is a timer of the host's, so many messages share one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pytest

from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, validate
from kernel_exec.validation import ValidatedFlow

NODES = 10
MESSAGES = 1000

type Handler = Callable[[object], Awaitable[object]]
type Program = Callable[[FlowExecutor, ValidatedFlow], Awaitable[None]]


def chain() -> ValidatedFlow:
    builder = FlowBuilder("f", "1.0.0")
    for at in range(NODES):
        builder.node(f"n{at}", "test::handler", summary="s")
    for at in range(NODES - 1):
        builder.edge(f"n{at}", f"n{at + 1}")
    return validate(builder.build())


async def at_once(payload: object) -> object:
    return payload


async def suspending(payload: object) -> object:
    await asyncio.sleep(0)
    return payload


async def run_many(executor: FlowExecutor, plan: ValidatedFlow) -> None:
    results = executor.run_many(plan, "n0", range(MESSAGES), capture="n9")
    assert await count(results) == MESSAGES


async def send_and_next(executor: FlowExecutor, plan: ValidatedFlow) -> None:
    async with executor.instantiate(plan, capture="n9") as run:
        for number in range(MESSAGES):
            await run.send("n0", number)
            await run.next()


async def producer_and_consumer(executor: FlowExecutor, plan: ValidatedFlow) -> None:
    async with executor.instantiate(plan, capture="n9") as run:

        async def produce() -> None:
            for number in range(MESSAGES):
                await run.send("n0", number)
            run.finish()

        producer = asyncio.create_task(produce())
        assert await count(run) == MESSAGES
        await producer


async def run_once(executor: FlowExecutor, plan: ValidatedFlow) -> None:
    for number in range(MESSAGES):
        await executor.run_once(plan, "n0", number, capture="n9")


async def count(results: AsyncIterator[object]) -> int:
    return sum([1 async for _ in results])


_counted: ContextVar[bool] = ContextVar("counted", default=False)
"""Set for what this test starts, and not for the clean-up of tests before it, which have the same loop."""


@contextmanager
def timers() -> Iterator[list[float]]:
    """Note the delay of every timer that is asked of the host: Pyodide makes one of each callback."""
    loop = asyncio.get_running_loop()
    call_later = loop.call_later
    asked: list[float] = []

    def noted(delay: float, callback: Callable[..., object], *arguments: object, **options: object) -> object:
        if _counted.get():
            asked.append(delay)
        return call_later(delay, callback, *arguments, **options)  # type: ignore[arg-type]  # passed on as it came

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loop, "call_later", noted)
        token = _counted.set(True)
        yield asked
        _counted.reset(token)


async def callbacks(handler: Handler, program: Program) -> int:
    registry = NodeRegistry()
    registry.node("test::handler")(handler)
    executor = FlowExecutor(registry)
    with timers() as asked:
        await program(executor, chain())
    return len(asked)


@pytest.mark.parametrize(
    ("program", "most"),
    [(run_many, 12), (send_and_next, 12), (producer_and_consumer, 400), (run_once, 12)],
)
async def test_ten_thousand_hops_of_quick_handlers_share_a_few_callbacks(program: Program, most: int) -> None:
    assert 0 < await callbacks(at_once, program) <= most


@pytest.mark.parametrize(
    ("program", "most"),
    [(run_many, 3), (send_and_next, 4), (producer_and_consumer, 5), (run_once, 3)],
)
async def test_handlers_that_suspend_cost_little_more_than_they_ask_for_themselves(
    program: Program, most: int
) -> None:
    own = NODES * MESSAGES
    assert own < await callbacks(suspending, program) <= own + most * MESSAGES


async def test_runs_that_take_turns_share_the_callback() -> None:
    async def together(executor: FlowExecutor, plan: ValidatedFlow) -> None:
        await asyncio.gather(*[run_many(executor, plan) for _ in range(5)])

    assert await callbacks(at_once, together) <= 200


async def test_an_idle_run_asks_for_nothing() -> None:
    async def sleep() -> int:
        with timers() as asked:
            await asyncio.sleep(0.03)
        return len(asked)

    registry = NodeRegistry()
    registry.node("test::handler")(at_once)
    alone = await sleep()
    async with FlowExecutor(registry).instantiate(chain(), capture="n9") as run:
        await run.send("n0", 1)
        await run.next()
        assert await sleep() == alone
