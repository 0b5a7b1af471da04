"""A program that pip or micropip has just brought its kernel: a flow, and who ran it.

Run on CPython, it prints; pasted after an installation in Pyodide, its last line is the result of the whole.
"""

import json
import sys
from importlib.metadata import distribution

from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, validate

registry = NodeRegistry()


@registry.node("shop::price")
async def price(order: dict[str, int]) -> int:
    """Multiply."""
    return order["pieces"] * order["cents"]


@registry.node("shop::total")
def total(cents: int) -> str:
    """Format."""
    return f"{cents / 100:.2f}"


flow = (
    FlowBuilder("shop", "1.0.0")
    .node("price", "shop::price", kind="trigger", summary="Multiplies")
    .node("total", "shop::total", summary="Formats")
    .edge("price", "total")
    .build()
)


async def main() -> str:
    """Run the flow; tell its result, the platform, and the tag of the wheel that was installed."""
    executor = FlowExecutor(registry)
    result = await executor.run_once(validate(flow), "price", {"pieces": 3, "cents": 250}, capture="total")
    wheel = distribution("kernel-exec").read_text("WHEEL") or ""
    [tag] = [line.removeprefix("Tag: ") for line in wheel.splitlines() if line.startswith("Tag: ")]
    return json.dumps({"result": str(result), "platform": sys.platform, "tag": tag})


if sys.platform != "emscripten":
    import asyncio

    print(asyncio.run(main()))
