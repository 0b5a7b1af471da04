"""A loop whose tasks begin at once, before whoever makes them has them in hand."""

import asyncio

import pytest

from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, Value, validate
from kernel_exec.durability import MemoryCheckpoints
from kernel_exec.flow_ir import Durability, DurabilityMode, DurabilityPolicy, Idempotency, Policies
from kernel_exec.spill import MemoryStore


@pytest.mark.parametrize("mode", ["partial", "strong"])
async def test_a_durable_run_halts_resumes_and_is_acknowledged(mode: DurabilityMode) -> None:
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    registry = NodeRegistry()
    policy = DurabilityPolicy(mode=mode, blob_threshold_bytes=0)
    builder = FlowBuilder("eager", "1.0.0", policies=Policies(durability=policy))
    for alias in ("in", "ask", "out"):

        async def handle(payload: list[str], alias: str = alias) -> list[str]:
            return [*payload, alias]

        halts = alias == "ask"
        registry.node(alias, halts=halts)(handle)
        key = Idempotency(key="message")
        builder.node(alias, alias, summary="-", idempotency=key, durability=Durability(halts=halts))
    plan = validate(builder.edge("in", "ask").edge("ask", "out").build())
    store, blobs = MemoryCheckpoints(), MemoryStore()
    executor = FlowExecutor(registry, resources={"checkpoints": store, "checkpoint_blobs": blobs})

    async def run() -> None:
        await executor.run_once(plan, "in", [], capture="out")
        (checkpoint,) = await store.list()
        assert await executor.resume(plan, checkpoint, ["answer"]) == Value(["answer", "out"])

    await asyncio.wait_for(run(), 5)
    assert await store.list() == []
    assert blobs.objects == {}
