"""Answers a tracking page from a Flow IR document: the parcel as it is known, then every scan as it happens.

`parcel_tracking.flow.json` is the graph. The capture node streams: the host reads events from it for as long
as the page is open, here into lines of a server-sent event stream, and closes it when the visitor leaves.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

from msgspec import Struct

from kernel_exec import FlowExecutor, NodeContext, NodeRegistry, Stream, load_flow, validate

DOCUMENT = Path(__file__).with_name("parcel_tracking.flow.json")
registry = NodeRegistry()


class TrackingRequest(Struct):
    """The number in the address of the tracking page."""

    number: str


class Parcel(Struct):
    """What the carrier knows of a parcel."""

    number: str
    scans: list[str]


class TrackingEvent(Struct):
    """One line of the tracking page."""

    number: str
    place: str
    delivered: bool = False


@registry.node("parcels::request")
async def request(payload: TrackingRequest) -> TrackingRequest:
    """Take the request as the web server passes it on."""
    return payload


@registry.node("parcels::lookup")
async def lookup(wanted: TrackingRequest, ctx: NodeContext) -> Parcel:
    """Find the parcel; one that nobody knows fails the request."""
    known: dict[str, list[str]] = ctx.resources["kv"]
    return Parcel(wanted.number, known[wanted.number])


@registry.node("parcels::follow", stream=True)
async def follow(parcel: Parcel) -> AsyncIterator[TrackingEvent]:
    """Tell the scans so far, then wait for those to come until the parcel is delivered."""
    for place in parcel.scans:
        yield TrackingEvent(parcel.number, place)
    for place in ("van 12", "front door"):
        await asyncio.sleep(0.01)
        yield TrackingEvent(parcel.number, place, delivered=place == "front door")


async def main() -> None:
    """Print one visitor's events to the end, and another's until they close the page."""
    plan = validate(load_flow(DOCUMENT.read_bytes()))
    executor = FlowExecutor(registry, resources={"kv": {"P-7": ["depot Graz", "depot Wien"]}})

    patient = await executor.run_once(plan, "request", {"number": "P-7"}, capture="follow", deadline=2.0)
    assert isinstance(patient, Stream)
    async for event in patient:
        print("data:", json.dumps({"place": event.place, "delivered": event.delivered}))

    hasty = await executor.run_once(plan, "request", {"number": "P-7"}, capture="follow")
    assert isinstance(hasty, Stream)
    print("data:", json.dumps({"place": (await anext(hasty)).place}), "(page closed)")
    await hasty.aclose()


if __name__ == "__main__":
    asyncio.run(main())
