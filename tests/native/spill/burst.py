"""A run that spills to local files, for tests: payloads come faster than they are handled."""

import asyncio
from typing import Any

from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, ValidatedFlow, Value, validate
from kernel_exec.flow_ir import BufferPolicy
from kernel_exec.spill import segments

SMALL = "s" * 100
LARGE = "L" * (segments.INLINE_BYTES + 100)
"""Too large to be written in place."""


class Burst:
    """A flow of two nodes: `in` hands on faster than `slow` takes, so the edge between them spills."""

    def __init__(self, pause: float = 0.0, **options: Any) -> None:
        self.taken: list[Any] = []
        self.pause = pause
        registry = NodeRegistry()

        @registry.node("in")
        async def begin(payload: Any) -> Any:
            return payload

        @registry.node("slow")
        async def slow(payload: Any) -> Any:
            await asyncio.sleep(self.pause)
            self.taken.append(payload["number"])
            return payload["number"]

        self.executor = FlowExecutor(registry, resources={"blob": 1}, capture_capacity=64, **options)
        buffer = BufferPolicy(max_items=1, spill_tier="disk")
        builder = FlowBuilder("burst", "1.0.0").node("in", "in", effect_hints=["resource::blob::write"])
        builder = builder.node("slow", "slow", summary="-").edge("in", "slow", buffer=buffer)
        self.plan: ValidatedFlow = validate(builder.build())

    async def run(self, count: int, text: str) -> list[int]:
        """Send `count` payloads as fast as permits allow, and return what came out."""
        payloads = ({"number": number, "text": text} for number in range(count))
        run = self.executor.run_many(self.plan, "in", payloads, capture="slow")
        return [result.value async for result in run if isinstance(result, Value)]
