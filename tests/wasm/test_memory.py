"""What a run may hold where memory has a ceiling that nothing can raise."""

import asyncio
from collections.abc import Iterator

import pyodide_js  # type: ignore[import-not-found]  # Pyodide's own bridge, which has no stubs
import pytest

from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, QueueLimitExceeded, validate

MEGABYTE = 1024 * 1024
CEILING = 128 * MEGABYTE
"""What an isolate has on Cloudflare Workers."""


def heap() -> int:
    """Return the bytes of WebAssembly memory, which only ever grows."""
    return int(pyodide_js._module.HEAPU8.length)


async def same(payload: object) -> object:
    return payload


def executor() -> FlowExecutor:
    registry = NodeRegistry()
    registry.node("test::same")(same)
    return FlowExecutor(registry)


PLAN = validate(
    FlowBuilder("f", "1.0.0")
    .node("in", "test::same", summary="s")
    .node("left", "test::same", summary="s")
    .node("right", "test::same", summary="s")
    .node("out", "test::same", summary="s")
    .edge("in", "left")
    .edge("in", "right")
    .edge("left", "out")
    .edge("right", "out")
    .build()
)


def payloads(count: int) -> Iterator[dict[str, object]]:
    return ({"number": number, "text": "x" * 100} for number in range(count))


async def test_the_heap_is_flat_over_a_hundred_thousand_messages() -> None:
    async def through(count: int) -> int:
        results = executor().run_many(PLAN, "in", payloads(count), capture="out")
        return sum([1 async for _ in results])

    # The heap grows by whole steps, the last of them late in a first run: only an equal run is a fair start.
    assert await through(100_000) == 200_000
    warm = heap()
    assert await through(100_000) == 200_000
    assert heap() == warm


async def test_a_payload_above_the_ceiling_of_the_queues_is_refused() -> None:
    with pytest.raises(QueueLimitExceeded, match="raise queue_limit_bytes, or send less at a time"):
        await executor().run_once(PLAN, "in", "x" * (65 * MEGABYTE), capture="out")


async def test_sends_wait_instead_of_growing_past_the_ceiling() -> None:
    started = asyncio.Event()

    async def never(payload: object) -> object:
        started.set()
        await asyncio.Event().wait()
        return payload

    registry = NodeRegistry()
    registry.node("test::never")(never)
    plan = validate(FlowBuilder("g", "1.0.0").node("in", "test::never", summary="s").build())
    sent = 0
    before = heap()
    async with FlowExecutor(registry, trigger_capacity=1000, capture_capacity=1000).instantiate(
        plan, capture="in"
    ) as run:

        async def send_forever() -> None:
            nonlocal sent
            while True:
                await run.send("in", f"{sent:08}" * (MEGABYTE // 8))
                sent += 1

        sending = asyncio.create_task(send_forever())
        await started.wait()
        await asyncio.sleep(0.05)
        assert not sending.done()
        assert 60 <= sent <= 70
        sending.cancel()
    assert heap() - before < CEILING
