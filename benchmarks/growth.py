"""How cost grows with nodes, messages, payloads, messages in flight: each against the first of its series."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import Any

from benchmarks.cases import Driven, chain, fan, same
from benchmarks.record import QUEUED, Row
from benchmarks.timing import Program, seconds
from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, validate

NODES = (2, 10, 100, 1_000, 10_000)
MESSAGES = (1, 100, 1_000, 10_000, 100_000, 1_000_000)
BYTES = (100, 1_000, 10_000, 100_000, 1_000_000)
IN_FLIGHT = (1, 8, 64, 512)


async def growth(scale: float) -> list[Row]:
    """Measure every series; `scale` is the share of the work to do."""
    rows: list[Row] = []
    for series in (_nodes, _messages, _payloads, _in_flight):
        costs = [(name, await _cost(program, units)) for name, program, units in series(scale)]
        first = costs[0][1]
        rows.extend(_row(name, cost / first) for name, cost in costs)
    rows.append(_row(QUEUED, await _queued_bytes(2_000)))
    return rows


def _row(name: str, value: float) -> Row:
    return Row(name, value, value, value, at_most=True)


async def _cost(program: Program, units: float) -> float:
    """Return the seconds of a unit: the median of five runs behind one to warm up."""
    await program()
    return median([await seconds(program) for _ in range(5)]) / units


def _nodes(scale: float) -> Iterator[tuple[str, Program, float]]:
    for nodes in NODES:
        messages = max(20, int(60_000 * scale) // nodes)
        driven = Driven(chain(nodes), same)
        yield f"a hop in a chain of {nodes:,} nodes", partial(driven.in_turns, messages), messages * nodes


def _messages(scale: float) -> Iterator[tuple[str, Program, float]]:
    driven = Driven(chain(10), same)
    for messages in MESSAGES:
        if messages <= 1_000_000 * scale:
            yield f"a message of {messages:,} in one run_many", partial(driven.run_many, messages), messages


def _payloads(scale: float) -> Iterator[tuple[str, Program, float]]:
    for size in BYTES:
        payload = [{"id": number, "name": "x" * 60} for number in range(max(1, size // 100))]
        messages = max(10, int(400_000 * scale) // size)
        yield f"a payload of {size:,} bytes to two branches, a byte", _branching(
            payload, messages
        ), messages * size


def _branching(payload: Any, messages: int) -> Program:
    plan, executor = fan(2).flow(same, 8)

    async def program() -> None:
        async for _ in executor.run_many(plan, "in", (payload for _ in range(messages)), capture="out"):
            pass

    return program


def _in_flight(scale: float) -> Iterator[tuple[str, Program, float]]:
    for permits in IN_FLIGHT:
        driven = Driven(chain(10), same, permits)
        messages = int(4_000 * scale) + permits
        yield f"a message with {permits} in flight", partial(driven.run_many, messages), messages


async def _queued_bytes(messages: int) -> float:
    """Return what a message costs that waits in an inbox, its payload left out."""
    release = asyncio.Event()

    async def held(payload: Any) -> Any:
        await release.wait()
        return payload

    registry = NodeRegistry()
    registry.node("bench::held")(held)
    flow = FlowBuilder("bench", "1.0.0").node("held", "bench::held", summary="-").build()
    executor = FlowExecutor(registry, trigger_capacity=messages, capture_capacity=messages + 1)
    async with executor.instantiate(validate(flow), capture="held") as run:
        await run.send("held", None)
        await asyncio.sleep(0)
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(messages - 1):
            await run.send("held", None)
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return (after - before) / (messages - 1)
