"""An interrupt that is raised in a task goes through the loop at once, and nothing hides it."""

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, validate


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_among_payloads_that_come_with_time_waits_for_no_result(
    kind: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    registry = NodeRegistry()

    @registry.node("test::wait")
    async def wait(payload: int) -> None:
        await asyncio.Event().wait()

    plan = validate(FlowBuilder("f", "1.0.0").node("a", "test::wait", summary="-").build())

    async def payloads() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0)
        raise kind("at once")

    async def run() -> None:
        async with asyncio.timeout(5):
            async for _ in FlowExecutor(registry).run_many(plan, "a", payloads(), capture="a"):
                pass

    with pytest.raises(kind, match="at once"):
        asyncio.run(run())
    gc.collect()
    assert not caplog.records
