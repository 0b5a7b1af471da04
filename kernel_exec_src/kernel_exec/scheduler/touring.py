"""Tours: messages that one driver carries to their ends while nobody else moves anything.

One after the other, each with all it leads to before the next, depth first. So every node is idle when a
message comes to it, every queue is empty, and nothing needs to be claimed, queued or counted. `scheduler`
says when there can be one, and its driver is there. Here is where a tour stands, where it goes on, and how
messages get on without it: as soon as a handler suspends, others may move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernel_exec.payloads import ATOMS
from kernel_exec.results import SKIP, Value
from kernel_exec.scheduler.cells import Driver, Edge, Node, Pending
from kernel_exec.scheduler.run import claim

if TYPE_CHECKING:
    from kernel_exec.scheduler.scheduler import Scheduler


class Tour:
    """The messages of one tour: what is to be carried, and what came of it."""

    __slots__ = ("bytes_given", "entering", "entrance", "given", "left", "limit", "rests", "room", "steps")

    def __init__(self, entrance: Edge, room: int) -> None:
        self.entrance = entrance
        self.entering: list[Any] = []
        """The payloads that have not entered yet; the last is taken first, as from `steps`."""
        self.steps: list[tuple[Edge, Any, int]] = []
        """What the last one leads to: ways, each with a payload and its ticket."""
        self.given: list[Value] = []
        """Results that the host has not taken."""
        self.bytes_given = 0
        self.room = room
        """How many of those there may be."""
        self.limit = 0
        """What the queues may hold of them, in bytes, beside what has not entered yet."""
        self.rests = False
        """It goes on when the host has taken what is given: there is no room for more, or nothing left."""
        self.left = 0
        """How many hops there are to the next look at the slice."""

    @property
    def goes_on(self) -> bool:
        """Whether there is anything left to be carried."""
        return bool(self.steps or self.entering)

    def take(self) -> tuple[list[Value], int]:
        """Return the results, and what they weigh, as the scheduler's `take_all` does."""
        given, self.given = self.given, []
        size, self.bytes_given = self.bytes_given, 0
        return given, size


def lead_on(scheduler: Scheduler, tour: Tour, node: Node, payload: Any, ticket: int) -> None:
    """Add to a tour where `send` would send what `node` returned."""
    routes = node.routes if node.gate is None else node.gate(payload)
    size = scheduler.weigh(payload, len(routes) + node.captures)
    if node.captures:
        tour.given.append(Value(scheduler.copy(payload) if routes else payload))
        tour.bytes_given += size
        scheduler.lighten(-size)
        ticket = 0
    if routes:
        copy = scheduler.copy if type(payload) not in ATOMS else None
        steps = tour.steps
        steps += [(way, copy(payload) if copy else payload, 0) for way in routes[:0:-1]]
        steps.append((routes[0], payload, ticket))


async def leave(scheduler: Scheduler, driver: Driver, payload: Any) -> None:
    """Let the work have what a handler returned that had suspended on a tour."""
    if (task := driver.task) is not None and task.cancelling():
        await driver.heed(task)
    node = driver.node
    if scheduler.stopped:
        return
    if payload is SKIP:
        scheduler.permits.release(driver.ticket)
        scheduler.release(node)
    else:
        routes = node.routes if node.gate is None else node.gate(payload)
        node.pending = Pending(payload, driver.ticket, routes, -1 if node.captures else 0)
        scheduler.work.append(node.ready)


def let_in(scheduler: Scheduler, tour: Tour) -> None:
    """Let the work have what is left of a tour: at nodes that are idle, and in the inboxes of the others."""
    if scheduler.stopped:
        return
    entering = [(tour.entrance, payload, 1) for payload in tour.entering]
    for way, payload, ticket in reversed((*entering, *tour.steps)):
        scheduler.permits.free -= ticket
        target = way.target
        if target.idle:
            claim(target)
            scheduler.work.appendleft((target, payload, ticket))
        else:
            scheduler.queue(way, payload, ticket, scheduler.weigh(payload))
    tour.entering.clear()
    tour.steps.clear()
