"""Runs the order pipeline three times and prints each fact as a line of JSON: `{"fact": …, "value": …}`.

The same script, unchanged, runs on CPython and inside WebAssembly; `make` prints both side by side. First a
day's orders; then a burst that overflows an edge into local files, which one world has and the other refuses
before anything runs; then the same burst with the tier bound to a store, which both have.
"""

import asyncio
import json
import platform
from collections.abc import Iterable, Iterator, Mapping

from flow import HELD_IN_MEMORY, order_pipeline
from orders import LabelPrinter, Line, Order, Outcome, PaymentProvider, registry

from kernel_exec import FlowExecutor, FlowIR, UnsupportedSpill, Value, validate
from kernel_exec.spill import MemoryStore

LAMP = Line("lamp", pieces=2, cents=4950)
DRUM = Line("cable drum", pieces=4, cents=18900, grams=9000)
DAY = [
    Order("A-1", "DE", [LAMP]),
    Order("A-2", "CH", [Line("fuse", pieces=9, cents=120)], express=True),
    Order("A-3", "US", [LAMP]),
    Order("A-4", "AT", [DRUM]),
    Order("A-5", "DE", []),
]
BURST = [Order(f"B-{number}", "DE", [LAMP]) for number in range(200)]


def tell(fact: str, value: str) -> None:
    """Print one fact for whoever reads along, a person or tools/side_by_side.py."""
    print(json.dumps({"fact": fact, "value": value}))


def shop_resources(**others: object) -> dict[str, object]:
    """Return what the steps work with: the domains that the flow declares, and the printer."""
    return {"http": PaymentProvider(), "blob": {}, "printer": LabelPrinter()} | others


async def answers(flow: FlowIR, orders: Iterable[Order], executor: FlowExecutor) -> list[Outcome]:
    """Send all `orders` through the flow and return what comes out, in that order."""
    results = executor.run_many(validate(flow), "receive", orders, capture="answer")
    return [result.value async for result in results if isinstance(result, Value)]


async def a_day() -> None:
    """Five orders: each lane, and two that the check declines."""
    printer = LabelPrinter()
    executor = FlowExecutor(registry, resources=shop_resources(printer=printer))
    for outcome in sorted(await answers(order_pipeline(), DAY, executor), key=lambda outcome: outcome.number):
        tell(f"order {outcome.number}", outcome.answer)
    place = "the loop's thread" if printer.used_on_loop_thread else "a worker thread"
    tell("the blocking label printer ran on", place)


async def a_burst(fact: str, spill_stores: Mapping[str, MemoryStore]) -> None:
    """Two hundred orders at once, far more than the edge to the payment provider holds."""
    provider = PaymentProvider()
    resources = shop_resources(http=provider)
    executor = FlowExecutor(
        registry, resources=resources, spill_stores=spill_stores, capture_capacity=len(BURST)
    )
    waiting = 0

    def arrive() -> Iterator[Order]:
        nonlocal waiting
        yield from BURST
        waiting = len(BURST) - provider.charges  # The last one has been taken in.

    try:
        outcomes = await answers(order_pipeline(spill_tier="overflow"), arrive(), executor)
    except UnsupportedSpill as refusal:
        tell(fact, f"refused: {refusal.code} {refusal}")
        return
    in_order = [outcome.number for outcome in outcomes] == [order.number for order in BURST]
    order = "in order" if in_order else "out of order"
    tell(fact, f"{len(outcomes)} answered, {order}; {waiting} waited where {HELD_IN_MEMORY} fit")


async def main() -> None:
    """Tell where this runs, then run the day and the two bursts."""
    tell("runs on", f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}")
    await a_day()
    await a_burst("a burst, spilling to local files", {})
    await a_burst("a burst, spilling to a bound store", {"overflow": MemoryStore()})


if __name__ == "__main__":
    asyncio.run(main())
