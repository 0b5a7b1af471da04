"""A handler that waits without awaiting, by `time.sleep` or `run_sync`: the loop goes on meanwhile."""

import asyncio
from typing import Any

import pytest
from pyodide.ffi import run_sync

from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, Value, validate


@pytest.mark.parametrize("messages", [2, 3, 10])
@pytest.mark.parametrize("graph", ["a", "a>b", "a>b, a>c"])
async def test_many_messages_wait_for_one_whose_handler_does(messages: int, graph: str) -> None:
    inside = most_inside = 0
    registry = NodeRegistry()

    @registry.node("test::first")
    async def first(payload: int) -> int:
        nonlocal inside, most_inside
        inside += 1
        most_inside = max(most_inside, inside)
        if payload == 0:
            await asyncio.sleep(0)
        elif payload == 1:
            run_sync(asyncio.sleep(0.01))
        inside -= 1
        return payload

    @registry.node("test::same")
    async def same(payload: Any) -> Any:
        return payload

    builder = FlowBuilder("f", "1.0.0").node("a", "test::first", summary="s")
    for source, target in (line.split(">") for line in graph.split(", ") if ">" in line):
        builder.node(target, "test::same", summary="s").edge(source, target)
    executor = FlowExecutor(registry, trigger_capacity=1)
    results = executor.run_many(validate(builder.build()), "a", range(messages), capture="a")
    async with asyncio.timeout(10):
        assert [result async for result in results] == [Value(number) for number in range(messages)]
    assert most_inside == 1
