"""Edges that spill: sending by way of a lane, and getting back what it holds (kernel decision 7).

Beside the drivers, which come here with the nodes and messages that need it. A spilled message keeps its
place in the inbox, so order is that of acceptance whatever the lane does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernel_exec.errors import SpillFailed
from kernel_exec.scheduler.cells import Driver, Edge, Node, Parcel, Pending, Spilled, branch_of

if TYPE_CHECKING:
    from kernel_exec.scheduler.scheduler import Scheduler


async def send_spilling(
    scheduler: Scheduler,
    driver: Driver,
    node: Node,
    payload: Any,
    ticket: int,
    routes: tuple[Edge, ...],
    at: int,
) -> bool:
    """Send as `Scheduler.send` does, one way after the other, where some of them may spill.

    `driver` holds `node`. False: there is no room, not in a lane either, and the node is left `pending`.
    """
    if not routes:
        return scheduler.send(node, payload, ticket, routes, at)
    last = len(routes) - 1
    while at <= last:
        data = None if at < 0 else _overflow(scheduler, routes[at], payload)
        if data is not None:
            await _spill(scheduler, driver, routes[at], data, ticket)
            if scheduler.stopped:
                return True
        else:
            branch = payload if at == last else scheduler.copy(payload)
            ways = () if at < 0 else (routes[at],)
            if not scheduler.send(node, branch, ticket, ways, min(at, 0)):
                node.pending = Pending(payload, ticket, routes, at)
                return False
        ticket &= ~1
        at += 1
    return True


async def unpack(
    scheduler: Scheduler, driver: Driver, node: Node, edge: Edge, payload: Any, parcel: Parcel
) -> Any:
    """Return the payload of a message that `driver` took for `node`, from its lane if it was spilled."""
    node.parcel = parcel
    if scheduler.observer is not None and edge.wrapped:
        scheduler.observer.left_queue(edge.label)
    if parcel.spilled is None:
        scheduler.took(edge, parcel.size)
        return payload
    lane, item, size = parcel.spilled
    driver.node = node
    scheduler.before_waiting(driver)
    try:
        data = await lane.read(item)
    except SpillFailed as error:
        scheduler.stop(error)
        raise
    edge.spilled_bytes -= size
    if edge.blocked:
        scheduler.make_room(edge)
    from kernel_exec.payloads import decode  # only a run that spills pays for it

    return decode(data)


def _overflow(scheduler: Scheduler, edge: Edge, payload: Any) -> bytes | None:
    """Return the bytes to spill if `edge` has no room for `payload`, or it is too large; else None.

    Raises:
        PayloadError: it would have to be spilled, or measured, and is no payload.
    """
    if edge.tier is None:
        return None
    size = scheduler.weigh(payload)
    full = scheduler.lacking(edge, size) is not None
    if not full and edge.threshold is None:
        return None
    from kernel_exec.payloads import encode  # only a run that spills pays for it

    data = encode(payload)
    if not full and len(data) < (edge.threshold or 0):
        return None
    limit = scheduler.spill_limit
    return data if limit is None or edge.spilled_bytes + len(data) <= limit else None


async def _spill(scheduler: Scheduler, driver: Driver, edge: Edge, data: bytes, ticket: int) -> None:
    lane = edge.lane
    if lane is None:
        from kernel_exec.spill import open_lane

        assert edge.tier is not None
        lane = edge.lane = open_lane(edge.label, edge.tier, scheduler.stores)
        scheduler.lanes.append(lane)
    edge.spilled_bytes += len(data)
    scheduler.before_waiting(driver)
    try:
        item = await lane.write(data)
    except SpillFailed as error:
        scheduler.stop(error)
        raise
    if not scheduler.stopped:
        name = branch_of(ticket, edge.branch) if edge.branch else ticket
        scheduler.queue(edge, None, name, spilled=Spilled(lane, item, len(data)))
