"""A run that halted in one world is resumed in the other: the same messages, payloads and keys."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

ORDERS = """\
from dataclasses import dataclass
import msgspec


class Item(msgspec.Struct):
    sku: str
    price: float


@dataclass
class Order:
    number: int
    items: list[Item]
    note: str
"""

SCRIPT = """\
import asyncio, json, sys
from pathlib import Path
from kernel_exec import FlowBuilder, FlowExecutor, NodeContext, NodeRegistry, validate
from kernel_exec.durability import MemoryCheckpoints
from kernel_exec.flow_ir import Durability
from orders import Item, Order

what, record = sys.argv[1], Path(sys.argv[2])
registry, handled = NodeRegistry(), []
order = Order(-(2**70), [Item("a", float("inf")), Item("b", -0.0)], "\\ud800 \\N{SNOWMAN}")


@registry.node("shop::same")
async def same(payload, ctx: NodeContext):
    handled.append([ctx.labels["lf.run_id"], ctx.idempotency_key, repr(payload)])
    return payload


@registry.node("shop::ask", halts=True)
async def ask(payload):
    await asyncio.sleep(0)
    return payload


@registry.node("shop::check")
async def check(payload, ctx: NodeContext):
    await same(payload, ctx)
    if what == "begin":
        await asyncio.Event().wait()
    return payload


builder = FlowBuilder("shop", "1.0.0").node("in", "shop::same").node("check", "shop::check")
builder.node("ask", "shop::ask", durability=Durability(halts=True)).node("out", "shop::same")
plan = validate(builder.edge("in", "check").edge("in", "ask").edge("ask", "out").build())


async def main():
    store = MemoryCheckpoints()
    executor = FlowExecutor(registry, resources={"checkpoints": store})
    if what == "begin":
        halted = await executor.run_once(plan, "in", order, capture="out")
        record.write_bytes(await store.get(halted.checkpoint))
        result = halted.checkpoint, halted.payload
    else:
        await store.put(sys.argv[3], record.read_bytes(), owner="", expires=None)
        result = await executor.resume(plan, sys.argv[3], order)
        assert await store.list() == []
    print(json.dumps({"world": sys.platform, "handled": handled, "result": result}, default=repr))


asyncio.run(main())
"""


def run(world: str, *arguments: str | Path, folder: Path) -> Any:
    python = [sys.executable] if world == "native" else [ROOT / "tools/wasm-python"]
    ran = subprocess.run(
        [*python, "shop.py", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "build" / world)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize(("begun", "resumed"), [("native", "wasm"), ("wasm", "native")])
def test_a_checkpoint_of_one_world_is_resumed_in_the_other(begun: str, resumed: str, tmp_path: Path) -> None:
    (tmp_path / "orders.py").write_text(ORDERS)
    (tmp_path / "shop.py").write_text(SCRIPT)
    record = tmp_path / "record"

    first = run(begun, "begin", record, folder=tmp_path)
    checkpoint, payload = first["result"]
    second = run(resumed, "resume", record, checkpoint, folder=tmp_path)

    assert {first["world"], second["world"]} == {sys.platform, "emscripten"}
    [_, check] = first["handled"]
    [again, out] = second["handled"]
    assert again == check  # with its payload, its key and the id of its run
    assert out[2] == payload
    assert second["result"] == f"Value(value={payload})"
