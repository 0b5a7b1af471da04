"""What `kernel-exec run` leaves behind when a signal ends it: clean stores, and runs that can be resumed."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kernel_exec import FlowBuilder, dump_flow
from kernel_exec.durability import SqliteCheckpoints
from kernel_exec.flow_ir import BufferPolicy, DurabilityPolicy, Idempotency, Policies

HANDLERS = """
import asyncio
from kernel_exec import FlowExecutor, NodeRegistry
from kernel_exec.durability import SqliteCheckpoints
from kernel_exec.spill import DirectoryStore

registry = NodeRegistry()
spilled = DirectoryStore("spilled")
executor = FlowExecutor(
    registry,
    resources={"checkpoints": SqliteCheckpoints("checkpoints.db"), "blob": object()},
    spill_stores={"disk": spilled},
)

@registry.node("t::in")
async def receive(payload): return payload

@registry.node("t::out")
async def wait(payload):
    while not [*spilled.folder.glob("*.object")]:
        await asyncio.sleep(0.01)
    print("null", flush=True)
    await asyncio.Event().wait()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_a_signal_ends_can_be_resumed_at_once_and_leaves_nothing_spilled(
    number: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "handlers.py").write_text(HANDLERS)
    policies = Policies(durability=DurabilityPolicy(mode="strong"))
    builder = FlowBuilder("test", "1.0.0", policies=policies)
    for alias in ("in", "out"):
        key = Idempotency(key="message")
        builder.node(
            alias,
            f"t::{alias}",
            summary="-",
            effect_hints=["resource::blob::write"],
            effects="effectful",
            idempotency=key,
        )
    buffer = BufferPolicy(max_items=1, spill_tier="disk")
    (tmp_path / "flow.json").write_bytes(dump_flow(builder.edge("in", "out", buffer=buffer).build()))
    (tmp_path / "in.jsonl").write_text("1\n" * 5)
    ends = ("--nodes", "handlers:executor", "--trigger", "in", "--capture", "out", "--input", "in.jsonl")
    with subprocess.Popen(
        [sys.executable, "-m", "kernel_exec", "run", "flow.json", *ends],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"null\n"
        running.send_signal(number)
        assert running.wait(30) == 128 + number
    assert list((tmp_path / "spilled").iterdir()) == []
    assert asyncio.run(is_free(tmp_path / "checkpoints.db"))


async def is_free(path: Path) -> bool:
    """Tell whether the one checkpoint of a store can be resumed at once."""
    store = SqliteCheckpoints(path)
    (checkpoint,) = await store.list()
    free = await store.lease(checkpoint, owner="the next", seconds=1)
    store.close()
    return free
