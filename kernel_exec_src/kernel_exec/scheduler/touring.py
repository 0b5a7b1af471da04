"""Tours: messages that one driver carries to their ends while nobody else moves anything.

One after the other, each with all it leads to before the next, depth first. So every node is idle when a
message comes to it, every queue is empty, and nothing needs to be claimed, queued or counted. `scheduler`
says when there can be one, and its driver is there. Here is where a tour stands, where it goes on, and how
messages get on without it: as soon as a handler suspends, others may move.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import length_hint
from typing import TYPE_CHECKING, Any

from kernel_exec.payloads import ATOMS
from kernel_exec.results import SKIP, Result, Value
from kernel_exec.scheduler.cells import Driver, Edge, Node, Pending, Weights
from kernel_exec.scheduler.run import claim

if TYPE_CHECKING:
    from kernel_exec.scheduler.scheduler import Scheduler


class Tour:
    """The messages of one tour: what is to be carried, and what came of it."""

    __slots__ = ("bytes_entering", "bytes_given", "entering", "entrance", "given", "room", "steps")

    def __init__(self, entrance: Edge, room: int) -> None:
        self.entrance = entrance
        self.entering: Iterator[Any] = iter(())
        """The payloads that have not entered yet."""
        self.bytes_entering = 0
        """What they weighed when the first of them entered, where queues are weighed."""
        self.steps: list[tuple[Edge, Any, int]] = []
        """What the last one leads to: ways, each with a payload and its ticket; the last is taken first."""
        self.given: list[Result] = []
        """Results that the host has not taken."""
        self.bytes_given = 0
        self.room = room
        """How many of those there may be."""

    @property
    def goes_on(self) -> bool:
        """Whether there is anything left to be carried."""
        return bool(self.steps or length_hint(self.entering))

    def is_full(self, weights: Weights | None) -> bool:
        """Whether nothing more is carried before the host has taken what is given."""
        given = len(self.given)
        return given >= self.room or (given > 0 and weights is not None and weights.held > weights.limit)

    def take(self) -> tuple[list[Result], int]:
        """Return the results, and what they weigh, as the scheduler's `take_all` does."""
        given, self.given = self.given, []
        size, self.bytes_given = self.bytes_given, 0
        return given, size


def lead_on(scheduler: Scheduler, tour: Tour, node: Node, payload: Any, ticket: int) -> None:
    """Add to a tour where `send` would send what `node` returned."""
    routes = node.routes if node.gate is None else node.gate(payload)
    scheduler.weigh(payload, len(routes) + node.captures)
    if node.captures:
        give(scheduler, tour, Value(scheduler.copy(payload) if routes else payload))
        ticket = 0
    steps, branch, copies = tour.steps, payload, type(payload) not in ATOMS
    for way in routes[:0:-1]:
        steps.append((way, branch, 0))
        if copies:
            branch = scheduler.copy(payload)
    if routes:
        steps.append((routes[0], branch, ticket))


def give(scheduler: Scheduler, tour: Tour, result: Value) -> None:
    """Add a result to those of a tour, and what it weighs to what the queues hold."""
    size = scheduler.weigh(result.value)
    scheduler.lighten(-size)
    tour.bytes_given += size
    tour.given.append(result)


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
    scheduler.lighten(tour.bytes_entering)  # it is counted anew where it goes
    tour.bytes_entering = 0
    entering = [(tour.entrance, payload, 1) for payload in tour.entering]
    for way, payload, ticket in (*reversed(tour.steps), *entering):
        scheduler.permits.free -= ticket
        target = way.target
        if target.idle:
            claim(target)
            scheduler.work.appendleft((target, payload, ticket))
        else:
            scheduler.queue(way, payload, ticket, scheduler.weigh(payload))
    tour.steps.clear()
