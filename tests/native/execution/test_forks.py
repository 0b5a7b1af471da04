"""A process that was forked off uses what the one before it has used already."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from kernel_exec import CheckpointError, FlowBuilder, FlowExecutor, NodeRegistry, Value, validate
from kernel_exec.durability import SqliteCheckpoints
from kernel_exec.flow_ir import Durability

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

registry = NodeRegistry()


@registry.node("test::block")
def block(payload: int) -> int:
    return payload + 1


@registry.node("test::halt", halts=True)
async def halt(payload: int) -> int:
    return payload


def comes_true_in_a_fork(check: Coroutine[Any, Any, bool]) -> bool:
    """Tell whether `check` gives true in a process that is forked off here."""
    child = os.fork()
    if child == 0:
        signal.alarm(10)  # whatever hangs, this process ends
        try:
            os._exit(0 if asyncio.run(asyncio.wait_for(check, timeout=5)) else 1)
        finally:
            os._exit(2)
    check.close()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def test_blocking_handlers_run_where_the_process_before_had_threads_for_them() -> None:
    plan = validate(FlowBuilder("f", "1.0.0").node("a", "test::block", summary="-").build())
    executor = FlowExecutor(registry)

    async def run(payload: int) -> bool:
        return await executor.run_once(plan, "a", payload, capture="a") == Value(payload + 1)

    assert asyncio.run(run(1))
    assert comes_true_in_a_fork(run(2))
    assert asyncio.run(run(3))


def test_a_store_that_another_process_has_opened_says_so(tmp_path: Path) -> None:
    builder = FlowBuilder("f", "1.0.0").node(
        "a", "test::halt", summary="-", durability=Durability(halts=True)
    )
    plan = validate(builder.build())
    store = SqliteCheckpoints(tmp_path / "checkpoints.db")
    executor = FlowExecutor(registry, resources={"checkpoints": store})

    async def run() -> str:
        try:
            await executor.run_once(plan, "a", 1, capture="a")
        except CheckpointError as error:
            return str(error)
        return ""

    async def is_refused() -> bool:
        return "open it in each process" in await run()

    assert not asyncio.run(run())
    assert comes_true_in_a_fork(is_refused())
    assert not asyncio.run(run())
    store.close()
