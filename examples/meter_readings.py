"""Sums meter readings by customer and hour from a Flow IR document, and books each sum exactly once.

`meter_readings.flow.json` is the graph. A queue may deliver an upload twice; the last edge is
`exactly_once`, so the booking remembers what it has done. That edge spills to the tier `disk`: where no local
files serve a tier, preflight refuses the flow before anything runs, and the host binds a store of its own.
"""

import asyncio
import json
from pathlib import Path

from msgspec import Struct

from kernel_exec import (
    SKIP,
    FlowExecutor,
    NodeContext,
    NodeRegistry,
    UnsupportedSpill,
    ValidatedFlow,
    Value,
    load_flow,
    preflight,
    validate,
)
from kernel_exec.spill import MemoryStore

DOCUMENT = Path(__file__).with_name("meter_readings.flow.json")

FILES = {
    "1-06": "C-1,6\n10\n14",
    "2-06": "C-2,6\n3",
    "1-07": "C-1,7\n8",
    "2-07": "C-2,7\n5\n6",
    "1-08": "C-1,8\n",
    "2-08": "C-2,8\n",
}

registry = NodeRegistry()


class Upload(Struct):
    """The announcement of a file."""

    file: str


class Readings(Struct):
    """What one file says: readings of one customer in one hour, in kWh."""

    customer: str
    hour: int
    kwh: list[int]


class HourBatch(Struct):
    """All readings of one customer in an hour that is over."""

    customer: str
    hour: int
    kwh: list[int]


class Booking(Struct):
    """What became of an hour: the sum, and whether it had been booked before."""

    customer: str
    hour: int
    kwh: int
    repeated: bool


@registry.node("meters::consume")
async def consume(upload: Upload) -> Upload:
    """Take an announcement off the queue."""
    return upload


@registry.node("meters::read")
async def read(upload: Upload, ctx: NodeContext) -> Readings:
    """Fetch the file and read its lines: customer and hour, then one reading each."""
    files: dict[str, str] = ctx.resources["blob"]
    head, *lines = files[upload.file].splitlines()
    customer, hour = head.split(",")
    return Readings(customer, int(hour), [int(line) for line in lines])


class Hours:
    """The hours that are still open: one for each customer."""

    def __init__(self) -> None:
        self._open: dict[str, HourBatch] = {}

    async def window(self, readings: Readings) -> HourBatch | object:
        """Gather readings; the first one of another hour closes the hour before and sends it on."""
        open_hour = self._open.get(readings.customer)
        if open_hour and open_hour.hour == readings.hour:
            open_hour.kwh += readings.kwh
            return SKIP
        self._open[readings.customer] = HourBatch(readings.customer, readings.hour, readings.kwh)
        return open_hour or SKIP


registry.node("meters::window")(Hours().window)


@registry.node("meters::book")
async def book(batch: HourBatch, ctx: NodeContext) -> Booking:
    """Book the sum of an hour, unless it has been booked."""
    booked: set[str] = ctx.resources["dedupe"]
    ledger: dict[str, int] = ctx.resources["db"]
    key, total = f"{batch.customer}:{batch.hour}", sum(batch.kwh)
    repeated = key in booked
    if not repeated:
        booked.add(key)
        ledger[key] = total
    return Booking(batch.customer, batch.hour, total, repeated)


def spill_stores(plan: ValidatedFlow, resources: dict[str, object]) -> dict[str, MemoryStore]:
    """Return a store for the flow's spill tier where local files do not serve it."""
    try:
        preflight(plan, resources)
    except UnsupportedSpill as refusal:
        print(json.dumps({"refused": refusal.code, "bound instead": "a store in memory"}))
        return {refusal.tier: MemoryStore()}
    return {}


async def main() -> None:
    """Run a morning's uploads, then all of them again, as a queue does after a crash."""
    plan = validate(load_flow(DOCUMENT.read_bytes()))
    ledger: dict[str, int] = {}
    resources: dict[str, object] = {"queue": True, "blob": FILES, "db": ledger, "dedupe": set()}
    executor = FlowExecutor(registry, resources=resources, spill_stores=spill_stores(plan, resources))

    uploads = [Upload(file) for file in FILES] * 2
    async for result in executor.run_many(plan, "consume", uploads, capture="book"):
        assert isinstance(result, Value)
        booking: Booking = result.value
        done = "booked before" if booking.repeated else f"booked {booking.kwh} kWh"
        print(json.dumps({"customer": booking.customer, "hour": booking.hour, "done": done}))
    print(json.dumps({"ledger": ledger}))


if __name__ == "__main__":
    asyncio.run(main())
