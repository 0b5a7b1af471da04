"""The shop: what an order is and what each step does with it. No step knows of the graph around it.

`flow.py` connects the steps, `main.py` runs them.
"""

import asyncio
import threading
import time
from typing import Literal

from msgspec import Struct

from kernel_exec import NodeContext, NodeRegistry

registry = NodeRegistry()


class Line(Struct):
    """So many pieces of one article, at a price in cents each."""

    article: str
    pieces: int
    cents: int
    grams: int = 500


class Order(Struct):
    """What a customer sent."""

    number: str
    country: str
    lines: list[Line]
    express: bool = False


class Checked(Struct):
    """An order and whether the shop takes it."""

    order: Order
    verdict: Literal["accepted", "rejected"]
    reason: str = ""


class Sale(Struct):
    """An accepted order with its price, on its way to the customer by `lane`."""

    number: str
    cents: int
    lane: Literal["express", "parcel", "freight"]
    receipt: str = ""
    carrier: str = ""


class Outcome(Struct):
    """What the customer is told."""

    number: str
    answer: str


class PaymentProvider:
    """Stands for a payment provider on the network: each charge takes a while."""

    def __init__(self) -> None:
        self.charges = 0

    async def charge(self, number: str, cents: int) -> str:
        """Take `cents` and return the number of the receipt, about a millisecond later."""
        await asyncio.sleep(0.001)
        self.charges += 1
        return f"R{cents:06}-{number}"


class LabelPrinter:
    """Stands for the driver of a label printer, which can only be called and waited for."""

    def __init__(self) -> None:
        self.used_on_loop_thread: bool | None = None

    def print(self, text: str) -> None:
        """Print a label; blocks for about a millisecond."""
        self.used_on_loop_thread = threading.current_thread() is threading.main_thread()
        time.sleep(0.001)


@registry.node("shop::receive")
async def receive(order: Order) -> Order:
    """Take an order in; its payload has become an `Order` by the annotation."""
    return order


@registry.node("shop::check")
async def check(order: Order) -> Checked:
    """Refuse what cannot be sold or delivered."""
    if not order.lines:
        return Checked(order, "rejected", "it is empty")
    if any(line.pieces < 1 for line in order.lines):
        return Checked(order, "rejected", "it asks for less than one piece")
    if order.country not in {"AT", "CH", "DE"}:
        return Checked(order, "rejected", f"we do not deliver to {order.country}")
    return Checked(order, "accepted")


@registry.node("shop::price")
async def price(checked: Checked) -> Sale:
    """Add up, with a rebate of 10 % from 500.00 on, and choose the lane by weight."""
    lines = checked.order.lines
    cents = sum(line.pieces * line.cents for line in lines)
    if cents >= 500_00:
        cents -= cents // 10
    heavy = sum(line.pieces * line.grams for line in lines) > 30_000
    lane: Literal["express", "parcel", "freight"] = "freight" if heavy else "parcel"
    if checked.order.express and not heavy:
        lane = "express"
    return Sale(checked.order.number, cents, lane)


@registry.node("shop::charge")
async def charge(sale: Sale, ctx: NodeContext) -> Sale:
    """Take the money."""
    provider: PaymentProvider = ctx.resources["http"]
    sale.receipt = await provider.charge(sale.number, sale.cents)
    return sale


@registry.node("shop::label")
def label(sale: Sale, ctx: NodeContext) -> Sale:
    """Print the label for the lane. A plain `def`, because the printer's driver blocks."""
    printer: LabelPrinter = ctx.resources["printer"]
    printer.print(f"{sale.number} {sale.lane}")
    return sale


@registry.node("shop::ship_express")
async def ship_express(sale: Sale) -> Sale:
    """Hand the order to the courier of the day."""
    sale.carrier = "courier, today"
    return sale


@registry.node("shop::ship_parcel")
async def ship_parcel(sale: Sale) -> Sale:
    """Hand the order to the parcel service."""
    sale.carrier = "parcel, two days"
    return sale


@registry.node("shop::ship_freight")
async def ship_freight(sale: Sale) -> Sale:
    """Book a place on the lorry."""
    sale.carrier = "freight, on Thursday"
    return sale


@registry.node("shop::confirm")
async def confirm(sale: Sale, ctx: NodeContext) -> Outcome:
    """Archive the receipt and write the confirmation."""
    archive: dict[str, str] = ctx.resources["blob"]
    archive[sale.number] = sale.receipt
    return Outcome(sale.number, f"{sale.cents / 100:.2f} paid, {sale.carrier}")


@registry.node("shop::decline")
async def decline(checked: Checked) -> Outcome:
    """Write the refusal."""
    return Outcome(checked.order.number, f"declined: {checked.reason}")


@registry.node("shop::answer")
async def answer(outcome: Outcome) -> Outcome:
    """Send the answer out: where accepted and declined orders meet again."""
    return outcome
