"""The two doors of a run: how the host's messages get in, and how results get out.

Stands between `run`, whose state it is, and `scheduler`, which moves what came in. `instance`, `once` and
`many` are the hosts; they wait where there is no room or no result, and nothing here does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextvars import Context
from itertools import islice
from typing import Any, Final

from kernel_exec.context import RunState
from kernel_exec.errors import UnknownTrigger
from kernel_exec.payloads import PayloadError
from kernel_exec.results import Result, Value
from kernel_exec.scheduler.cells import Edge
from kernel_exec.scheduler.journaling import note_entry
from kernel_exec.scheduler.run import Run, claim

END: Final = object()
"""What `accept_many` returns behind the last payload."""

ROOM: Final = object()
"""What it returns where more payloads may come, and there was no room for any."""


class Doors(Run):
    """A run as its host sees it."""

    __slots__ = ()

    @property
    def drained(self) -> bool:
        """Whether nothing moves and nothing will, until the host sends, or takes a result that is there."""
        return not (self.work or self._live or self._pumping)

    def at_once(self) -> Result | None:
        """Return the first result of a run that has ended already and left nothing behind, else None.

        Other results are forgotten, and nothing is counted: the scheduler is for another run now.
        """
        outlet = self.outlet
        if self.lingers or self.work or self._live or outlet.blocked or self.stopped or not outlet.results:
            return None
        result, _, _ = outlet.results[0]
        outlet.results.clear()
        return result

    @property
    def reusable(self) -> bool:
        """Whether the run left nothing behind, so that the scheduler may serve another."""
        return self.drained and not (self.stopped or self.lingers)

    @property
    def leaves_something(self) -> bool:
        """Whether there is something to stop or to clean up, should the host go now."""
        return not self.stopped or bool(self.lanes or self.journal)

    def begin(self, run: RunState | None, context: Context) -> None:
        """Forget a run that has drained and serve another: `run`, whose handlers see copies of `context`.

        None will do for a run where nobody is `contextual`.
        """
        self.context = context
        self.sent = 0
        outlet = self.outlet
        if outlet.discarding:
            outlet.keep()
        if self.weights is not None:
            self.weights.held = 0
        self.permits.free = outlet.capacity
        if run is not None:
            self.run = run

    def entrance(self, trigger: str) -> Edge:
        """Return the entrance to the node `trigger`.

        Raises:
            UnknownTrigger: there is none.
        """
        entrance = self.entrances.get(trigger)
        if entrance is None:
            why = "has inbound edges" if trigger in self.nodes else "is not in the flow"
            can = ", ".join(map(repr, self.entrances))
            raise UnknownTrigger(f"node {trigger!r} {why}; what can be sent to is {can}", alias=trigger)
        return entrance

    def enter(self, trigger: str, payload: Any) -> None:
        """Let the one message of a new run in.

        Raises:
            UnknownTrigger: nothing can be sent to `trigger`.
            QueueLimitExceeded: the payload is larger than all queues may be.
        """
        entrance = self.entrances.get(trigger) or self.entrance(trigger)
        if self.weights is not None:
            self.weigh(payload)
        self.permits.free -= 1
        if self.traced:
            self.accept(entrance, payload, 0)
        else:  # the same, but for what an empty run does not need
            target = entrance.target
            target.idle = False
            self.work.append((target, payload, 1))

    def accept(self, entrance: Edge, payload: Any, size: int) -> None:
        """Let a message in that holds a permit, on an entrance with room. The caller pumps or schedules.

        Raises:
            PayloadError: the run is durable and the payload cannot be kept; its permit is free again.
        """
        ticket = 1
        target = entrance.target
        if self.traced:
            ticket = self._name()
            if self.journal is not None:
                try:
                    note_entry(self.journal, entrance, ticket, payload)
                except PayloadError:
                    self.permits.release()
                    raise
        if target.idle:
            target.idle = False
            self.work.append((target, payload, ticket))
        else:
            entrance.held += 1
            if self.weights is not None:
                self.weights.held += size
            target.inbox.append((payload, entrance, ticket, size or None))

    def accept_many(self, entrance: Edge, payloads: Iterator[Any]) -> Any:
        """Let messages in while `payloads` gives some, permits are free and there is room. The caller pumps.

        Returns:
            `END` if `payloads` has no more, `ROOM` if nothing can be taken from it now; else the payload that
            was taken and found the queues full. An error of `payloads` is raised with what came before it
            let in.
        """
        permits, target, weights = self.permits, entrance.target, self.weights
        inbox = target.inbox
        room = min(permits.free, entrance.capacity - entrance.held)
        before = len(inbox)
        ticket = 1
        size = 0
        try:
            for payload in islice(payloads, room):
                if weights is not None:
                    size = self.weigh(payload)
                    if weights.held + size > weights.limit and (inbox or not target.idle):
                        return payload
                if self.traced:
                    ticket = self._name()
                    if self.journal is not None:
                        note_entry(self.journal, entrance, ticket, payload)
                if weights is not None:
                    weights.held += size
                inbox.append((payload, entrance, ticket, size or None))
        finally:
            taken = len(inbox) - before
            permits.free -= taken
            entrance.held += taken
            if taken and target.idle:
                claim(target)
                self.work.appendleft(target.ready)
        return END if taken < room else ROOM

    def take(self, *, delivered: bool = True) -> Result:
        """Return the first result, and let a capture go on that found the queue full.

        A durable run keeps a result that is not `delivered` yet: the host may never get it from this process.
        """
        outlet = self.outlet
        result, ticket, size = outlet.results.popleft()
        if ticket & 1:
            if self.permits.waiters:
                self.permits.release()
            else:
                self.permits.free += 1
        if size:
            self.lighten(size)
        if self.observer is not None:
            self.observer.taken()
        if delivered and self.journal is not None and isinstance(result, Value):
            self.journal.take()
        if outlet.blocked:
            self.work.appendleft(outlet.blocked.popleft().ready)
            self.schedule()
        return result

    def take_all(self) -> tuple[list[Result], int]:
        """Return all results there are, at least one, as `take` would one by one; and their bytes.

        They count until the host has them: the caller lightens the queues of those bytes then.
        """
        results, permits, blocked = self.outlet.results, self.permits, self.outlet.blocked
        if self.observer is not None or self.journal is not None:
            return [self.take()], 0
        taken: list[Result] = []
        bytes_taken = freed = 0
        for result, ticket, size in results:
            taken.append(result)
            bytes_taken += size
            freed += ticket & 1
        permits.release(freed)
        results.clear()
        if blocked:
            self.work.extendleft(node.ready for node in blocked)
            blocked.clear()
            self.schedule()
        return taken, bytes_taken

    def discard_results(self) -> None:
        """Keep no results from here on."""
        self.outlet.discard()
        if self.weights is not None:
            self.make_room(self.weights)
        self.work.extendleft(node.ready for node in self.outlet.blocked)
        self.outlet.blocked.clear()
        if self.work:
            self.schedule()

    def handlers(self) -> list[asyncio.Task[None]]:
        """Return the tasks whose handlers have suspended and not ended."""
        return [driver.task for driver in self._live if driver.task is not None]

    def _name(self) -> int:
        """Return a ticket with a permit, and a name of its own, for a message that enters."""
        self.sent += 1
        return self.sent << 1 | 1
