"""Rows of blocking nodes for tests: the flow of some handlers, and what shows how they were run."""

from collections.abc import AsyncIterator, Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest

from kernel_exec import (
    FlowBuilder,
    FlowExecutor,
    FlowIR,
    NodeRegistry,
    Value,
    validate,
)
from kernel_exec.offload import lines

IN_FLIGHT = 33


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


def same(payload: Any) -> Any:
    return payload


def add_one(number: int) -> int:
    return number + 1


def set_patience(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let handlers pass for quick that take up to `seconds`, however busy this machine is."""
    for name in ("TOO_LONG", "SLOW"):
        monkeypatch.setattr(lines, name, seconds)
