"""The state of one run: where its messages wait, how they get from node to node, and how it all ends.

Made by `assembly`; `scheduler`, which is a run too, moves the messages and states who may call what. A
message waits in the inbox of its node, in a hand-off, or as what a node has pending; `send` finds out which.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import copy_context
from sys import maxsize
from typing import TYPE_CHECKING, Any

from kernel_exec.context import RunState
from kernel_exec.errors import ExecutionError, NodeFailed, QueueLimitExceeded, in_words
from kernel_exec.offload import blamed
from kernel_exec.payloads import ATOMS, estimate_bytes
from kernel_exec.results import SKIP, Feed, Value
from kernel_exec.runtime import FIRST_PACE, turn_of
from kernel_exec.scheduler.cells import (
    Driver,
    Edge,
    Node,
    Parcel,
    Pending,
    Spilled,
    Weights,
    Work,
    branch_of,
)
from kernel_exec.scheduler.invocation import late
from kernel_exec.scheduler.outlet import Outlet, Permits

if TYPE_CHECKING:
    from kernel_exec.durability import Journal
    from kernel_exec.offload import Ahead
    from kernel_exec.scheduler.observation import Observer
    from kernel_exec.spill import SpillLane, SpillStore


class Run(ABC):
    """Everything about one run but what moves it. Used on the thread of its loop only."""

    __slots__ = (
        "_driver",
        "_live",
        "_pace",
        "_pumping",
        "_scheduled",
        "_turn",
        "abandons",
        "cleaning",
        "context",
        "contextual",
        "copy",
        "entrances",
        "error",
        "feeds",
        "journal",
        "lanes",
        "lingers",
        "loop",
        "nodes",
        "observer",
        "outlet",
        "permits",
        "run",
        "sent",
        "spill_limit",
        "stopped",
        "stores",
        "timers",
        "traced",
        "weights",
        "work",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, permits: int, run: RunState, copy: Callable[[Any], Any]
    ) -> None:
        self.loop = loop
        """The loop that the run lives on."""
        self._turn = turn_of(loop)
        self._pace = FIRST_PACE
        """How many hops a driver may go before it looks at the slice again."""
        self._live: set[Driver] = set()
        """The drivers that have suspended and not ended; each holds a node."""
        self._driver = Driver()
        """The driver that the pump is below, and the one it starts next: the last that did not suspend."""
        self._pumping = False
        self._scheduled = False

        self.work: deque[Work] = deque()
        """What a driver can take up, from the right: first what was handed over, the latest before all, so
        that a branch is followed down; then the nodes that are ready, as they became so."""
        self.permits = Permits(loop, permits)
        self.outlet = Outlet(loop, self.permits, permits)
        self.weights: Weights | None = None
        self.run = run
        self.copy = copy
        """Makes the payload of a further branch."""
        self.context = copy_context()
        """What every handler's context is a copy of."""
        self.nodes: dict[str, Node] = {}
        self.contextual = False
        """There are handlers that ask for their context."""
        self.entrances: dict[str, Edge] = {}
        self.sent = 0
        """Messages that entered the run, where they are named: the name of the last."""
        self.traced = False
        """Messages are named, because somebody may ask for the name."""
        self.lingers = False
        """There can be more to a run's end than that nothing moves: lanes, timers, a journal, an observer."""
        self.stores: Mapping[str, SpillStore] = {}
        self.spill_limit: int | None = None
        """Bytes that one edge may hold in its lane."""
        self.lanes: list[SpillLane] = []
        self.journal: Journal | None = None
        """Where every message is noted, if the run is durable."""
        self.observer: Observer | None = None
        """Who watches every invocation and queue, if the host wants that."""
        self.feeds: set[Feed] = set()
        self.timers: set[asyncio.TimerHandle] = set()
        self.abandons: list[Callable[[], None]] = []
        """What tells the workers that nobody waits for them."""
        self.cleaning: asyncio.Task[None] | None = None
        """What removes all that the run has left behind, once that has begun."""
        self.stopped = False
        self.error: ExecutionError | None = None
        """What ended the run, once it is stopped; None if it ended as it should."""

    # What moves it ------------------------------------------------------------------------------------------

    @abstractmethod
    def pump(self) -> None:
        """Move what is ready, until nothing is or the slice is spent."""

    def schedule(self) -> None:
        """See that the pump runs in the loop's next turn."""
        if not self._scheduled and not self.stopped:
            self._scheduled = True
            self._turn.wait(self.loop, self._pump_scheduled)

    def _pump_scheduled(self) -> None:
        self._scheduled = False
        if self.outlet.has_room(0):
            self.pump()
        else:
            self.loop.call_soon(self.pump)  # behind the host, which may have been woken for what is there

    # How it ends --------------------------------------------------------------------------------------------

    def stop(self, error: ExecutionError | None, *, at_once: bool = False) -> None:
        """End the run because of `error`, or None if it has come to its end. Only the first call counts.

        Handlers are cancelled, those on workers abandoned, and everybody who waits is sent to look at
        `error`. Results that were captured stay for the host, and items of a stream, unless it ends
        `at_once`.
        """
        if self.stopped:
            return
        self.stopped = True
        self.error = error
        self.run.cancelled = True
        end_exclusive_run(self._driver)
        self._driver.attended = False  # so that it looks, when it is back from its handler
        for driver in self._live:
            driver.interrupt()
        for abandon in self.abandons:
            abandon()
        for timer in self.timers:
            timer.cancel()
        for feed in self.feeds:
            feed.end(error, at_once=at_once)
        self.permits.close()
        for entrance in self.entrances.values():
            self.make_room(entrance)
        if self.weights is not None:
            self.make_room(self.weights)
        if self.observer is not None:
            self.observer.stopped(error)
        self.work.clear()
        self.outlet.wake_all()

    def fail(self, node: Node, cause: BaseException) -> None:
        """End the run because the handler of `node` raised `cause`, or its payload could not go on."""
        alias, cause = blamed(node.alias, cause)
        message = f"node {alias!r} failed: {in_words(cause)}"
        self.stop(NodeFailed(message, alias=alias, cause=cause))

    def discard(self, error: ExecutionError) -> None:
        """End the run because nobody wants it any more, and forget its results; `error` says why."""
        self.stop(error, at_once=True)
        self.outlet.results.clear()

    # How messages get on ------------------------------------------------------------------------------------

    def send(self, node: Node, payload: Any, ticket: int, routes: tuple[Edge, ...], at: int) -> bool:
        """Send what `node` returned along `routes` from position `at`, where -1 is the capture queue.

        The permit goes the first way taken. Every way but the last gets a copy, so that the original stays
        whole until all copies are made. False: there is no room somewhere, and the node is left `pending`
        there.
        """
        last = len(routes) - 1
        size = 0 if self.weights is None else self.weigh(payload, last - at + 1)
        if at < 0:
            if not self.outlet.has_room(size):
                node.pending = Pending(payload, ticket, routes, at)
                self.outlet.blocked.append(node)
                if self.observer is not None:
                    self.observer.blocked()
                return False
            self.outlet.put(Value(payload if last < 0 else self.copy(payload)), ticket, size)
            ticket &= ~1
            at = 0
        elif last < 0 and ticket & 1:
            self.permits.release()
        copies = type(payload) not in ATOMS
        handed: list[Work] = []
        for edge in routes[at:]:
            target = edge.target
            if target.idle and not edge.wrapped:
                branch = self.copy(payload) if copies and at < last else payload
                target.idle = False  # `claim`, but for the call
                if target.inner:
                    target.segment.busy += 1
                handed.append((target, branch, branch_of(ticket, edge.branch) if edge.branch else ticket))
            else:
                full = self.lacking(edge, size)
                if full is not None:
                    full.blocked = (*full.blocked, node)
                    node.pending = Pending(payload, ticket, routes, at)
                    break
                branch = self.copy(payload) if copies and at < last else payload
                self.queue(edge, branch, branch_of(ticket, edge.branch) if edge.branch else ticket, size)
            ticket &= ~1
            at += 1
        self.work.extend(reversed(handed))  # the last is taken up first, and that shall be the first branch
        return at > last

    def send_ahead(self, node: Node, ahead: Ahead) -> None:
        """Send what became of the first messages in the inbox of `node`, as the driver that holds it would.

        One result of it went the only way it can go. The others that are there go the same way, as far as
        there is room; the rest goes one by one.
        """
        ready, inbox, way, outlet = ahead.results, node.inbox, node.way, self.outlet
        if not ready or self.weights is not None:
            return
        room = outlet.direct_room - len(outlet.results) if way is None else way.capacity - way.held
        count = min(room, len(ready))
        for _ in range(count):
            payload = ready.popleft()
            _, edge, ticket, _ = inbox.popleft()
            edge.held -= 1
            if edge.blocked:
                self.make_room(edge)
            if payload is SKIP:
                if ticket & 1:
                    self.permits.release()
            elif way is not None:
                way.held += 1
                way.target.inbox.append((payload, way, ticket, None))
            else:
                outlet.results.append((Value(payload), ticket, 0))
                if outlet.readers:
                    outlet.wake_one()
        if count > 0:
            ahead.took(count)

    def lacking(self, edge: Edge, size: int) -> Edge | Weights | None:
        """Return what lacks room for `size` bytes more: the edge, or all queues together; else None."""
        if edge.held >= edge.capacity:
            return edge
        weights = self.weights
        if weights is None or weights.held + size <= weights.limit or edge.target.idle:
            # An idle node takes its message at once. So the last of those who wait for bytes can always go
            # on: nothing that its messages lead to waits for any.
            return None
        return weights

    def weigh(self, payload: Any, copies: int = 1) -> int:
        """Return what `payload` weighs in a queue, in bytes; 0 where queues are not weighed.

        Raises:
            QueueLimitExceeded: its `copies` together weigh more than all queues may hold; the run is over.
        """
        weights = self.weights
        if weights is None:
            return 0
        size = estimate_bytes(payload)
        if size * copies > weights.limit:
            many = f"{copies} copies of " if copies > 1 else ""
            message = (
                f"{many}a payload of about {size} bytes cannot go into queues that may hold {weights.limit} "
                "bytes together: raise queue_limit_bytes, or send less at a time"
            )
            error = QueueLimitExceeded(message, limit_bytes=weights.limit, payload_bytes=size * copies)
            self.stop(error)
            raise error
        return size

    def queue(
        self, edge: Edge, payload: Any, ticket: int, size: int = 0, spilled: Spilled | None = None
    ) -> None:
        """Put a message into the inbox at the end of `edge`, which has room for it."""
        parcel: Parcel | int | None = size or None
        if edge.wrapped or spilled is not None:
            parcel = Parcel(size, spilled)
            if edge.timeout is not None:
                parcel.due = self.loop.time() + edge.timeout
                parcel.timer = self.loop.call_later(edge.timeout, self._time_out, edge)
                self.timers.add(parcel.timer)
        if spilled is None:
            edge.held += 1
        if self.weights is not None:
            self.weights.held += size
        target = edge.target
        if self.observer is not None and edge.wrapped:
            self.observer.queued(edge.label)
        target.inbox.append((payload, edge, ticket, parcel))
        if target.idle:
            claim(target)
            self.work.appendleft(target.ready)

    def took(self, edge: Edge, size: int) -> None:
        """Count a message of `size` bytes off the queues that held it in memory."""
        edge.held -= 1
        if edge.blocked:
            self.make_room(edge)
        self.lighten(size)

    def lighten(self, size: int) -> None:
        """Count `size` bytes off what the queues hold in memory."""
        if size and self.weights is not None:
            self.weights.held -= size
            if self.weights.blocked:
                self.make_room(self.weights)

    def make_room(self, place: Edge | Weights) -> None:
        """Let those try again who found no room at `place`."""
        waiters, place.blocked = place.blocked, ()
        for waiter in waiters:
            if isinstance(waiter, Node):
                self.work.appendleft(waiter.ready)
            elif not waiter.done():
                waiter.set_result(None)

    def release(self, node: Node) -> None:
        """Give a node back that was claimed: to the ready ones if messages wait for it, else it is idle."""
        if node.inbox:
            self.work.appendleft(node.ready)
        else:
            node.idle = True
            if node.inner:
                node.segment.busy -= 1
            if self.weights is not None and self.weights.blocked:
                self.make_room(self.weights)  # a message for an idle node needs no room

    def _time_out(self, edge: Edge) -> None:
        """End the run because a message is still on its way."""
        self.fail(edge.target, late(edge))


def claim(node: Node) -> None:
    """Take an idle node."""
    node.idle = False
    if node.inner:
        node.segment.busy += 1


def end_exclusive_run(driver: Driver) -> None:
    """Take the rest of its exclusive run from a driver; its loop ends when the current handler returns."""
    if driver.calls is not None:
        # An iterator over a tuple can be moved to any position (the pickle protocol of iterators).
        driver.calls.__setstate__(maxsize)
