"""The driver hand-off: who may move which message when.

A *driver* is a coroutine that carries messages. It takes one from a node that is ready, awaits the node's
handler itself, and hands the result straight to the next node that is idle; what nobody can take at once
waits in an inbox. A handler that never suspends therefore costs one `await` and nothing else.

The *pump* starts drivers, each as an eagerly started task. While a driver has not suspended, the pump is
below it on the stack (the driver is *attended*) and nobody else can run. When a handler suspends, the driver
goes on living as an ordinary task that belongs to that handler; the pump *adopts* it and starts another for
the rest. A driver that comes back from a suspension goes on carrying, but before it awaits another handler it
makes sure that a pump will
come for what else is ready: otherwise that would be stranded while it waits.

Who may do what, on the one thread of the loop:

- Only a driver takes messages from inboxes, and only the driver that holds a node invokes it or sends for it.
- Claiming takes an idle node; `_release` gives it back, to the work if its inbox has more. Between the two
  exactly one driver, one hand-off or one `pending` entry is responsible for it.
- A node that finds no room is left `pending` and waits where the room is missing; whoever makes room there
  puts it back to work, and the driver that takes it sends the rest first.
- `stop` ends everything: nothing is taken or sent afterwards.

Whatever makes something ready happens under a pump, or in a driver, which looks again before it leaves, or
calls `schedule`. So while there is ready work, somebody runs or is about to.
"""

from __future__ import annotations

from asyncio import Task
from collections.abc import Iterator
from contextvars import Context
from itertools import islice
from typing import Any, Final

from kernel_exec.context import RunState
from kernel_exec.errors import UnknownTrigger
from kernel_exec.results import SKIP, Result, Value
from kernel_exec.runtime import TRUSTED
from kernel_exec.scheduler.cells import Driver, Edge, Node, Parcel
from kernel_exec.scheduler.invocation import invoke
from kernel_exec.scheduler.journaling import place_of
from kernel_exec.scheduler.observation import broken_seal
from kernel_exec.scheduler.run import Run, claim, end_exclusive_run
from kernel_exec.scheduler.spilling import send_spilling, unpack

__all__ = ["END", "ROOM", "Scheduler"]

END: Final = object()
"""What `accept_many` returns behind the last payload."""

ROOM: Final = object()
"""What it returns where more payloads may come, and there was no room for any."""


class Scheduler(Run):
    """A run, and what moves it. Made by `assembly`; used on the thread of its loop only."""

    __slots__ = ()

    # What the host does -------------------------------------------------------------------------------------

    @property
    def drained(self) -> bool:
        """Whether nothing moves and nothing will, until the host sends: no message is on its way."""
        return not (self.work or self._live or self._pumping or self.outlet.blocked)

    def at_once(self) -> Result | None:
        """Return the result of a run that has come to its end already and left nothing behind, else None.

        The result is not taken: the scheduler is to be used for another run, or not at all.
        """
        outlet = self.outlet
        if self.lingers or self.work or self._live or outlet.blocked or self.stopped or not outlet.results:
            return None
        return outlet.results[0][0]

    @property
    def reusable(self) -> bool:
        """Whether the run left nothing behind, so that the scheduler may serve another."""
        return self.drained and not (self.stopped or self.feeds or self.lingers)

    def begin(self, run: RunState | None, context: Context) -> None:
        """Forget a run that has drained and serve another: `run`, whose handlers see copies of `context`.

        None will do for a run where nobody is `contextual`.
        """
        self.context = context
        self.sent = 0
        outlet = self.outlet
        if outlet.results or outlet.discarding:
            outlet.reset()
        self.permits.free = outlet.capacity
        if run is not None:
            self.run = run
            for node in self.contextual:
                assert node.context is not None
                node.context._join(run)

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
        self.accept(entrance, payload, 0)

    def accept(self, entrance: Edge, payload: Any, size: int) -> None:
        """Let a message in that holds a permit, on an entrance with room. The caller pumps or schedules."""
        ticket = 1
        target = entrance.target
        if self.traced:
            ticket = self._name()
            if self.journal is not None:
                self.journal.accept(place_of(target, ticket), entrance.label, payload)
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
        taken = size = 0
        ticket = 1
        try:
            for payload in islice(payloads, room):
                if weights is not None:
                    size = self.weigh(payload)
                    if weights.held + size > weights.limit and (inbox or not target.idle):
                        return payload
                    weights.held += size
                if self.traced:
                    ticket = self._name()
                    if self.journal is not None:
                        self.journal.accept(place_of(target, ticket), entrance.label, payload)
                taken += 1
                inbox.append((payload, entrance, ticket, size or None))
        finally:
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
        bytes_taken = 0
        for result, ticket, size in results:
            taken.append(result)
            bytes_taken += size
            if ticket & 1:
                permits.release()
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

    def schedule(self) -> None:
        """See that the pump runs in the loop's next turn."""
        if not self._scheduled and not self.stopped:
            self._scheduled = True
            self._loop.call_soon(self._pump_scheduled)

    def pump(self) -> None:
        """Start drivers until nothing is ready or the slice is spent; then see that the loop comes back."""
        if self._pumping:
            return
        turn, loop, work = self._turn, self._loop, self.work
        if not turn.open(loop):
            self.schedule()
            return
        self._pumping = True
        try:
            while work and not (self.stopped or turn.spent):
                driver, context = self._driver, self.context.copy()
                task = Task(self._drive(driver, context), loop=loop, context=context, eager_start=True)
                if not task.done():
                    self._driver = Driver()
                    self._adopt(driver, task)
                self._pace = turn.look(self._pace)
        finally:
            self._pumping = False
        if work or self.outlet.readers or self.observer is not None:
            self._look_again()

    def handlers(self) -> list[Task[None]]:
        """Return the tasks whose handlers have suspended and not ended."""
        return [driver.task for driver in self._live if driver.task is not None]

    def _name(self) -> int:
        """Return a ticket with a permit, and a name of its own, for a message that enters."""
        self.sent += 1
        return self.sent << 1 | 1

    # The pump -----------------------------------------------------------------------------------------------

    def _pump_scheduled(self) -> None:
        self._scheduled = False
        if not self.stopped:
            self.pump()

    def _adopt(self, driver: Driver, task: Task[None]) -> None:
        """Let a driver go that has suspended in a handler: from here on it is a task like any other.

        Inside an exclusive run it held the node where the run began and stands on another. Now it holds that
        one, and the rest of the run is taken from it, since it can no longer know that nobody is inside.
        """
        driver.attended = False
        driver.task = task
        self._live.add(driver)
        first = driver.run_from
        if first is not None:
            driver.node = driver.standing()
            end_exclusive_run(driver)
            driver.run_from = None
            if driver.node is not first:
                claim(driver.node)
                self._release(first)
        if self.stopped:  # the handler itself, before it suspended
            task.cancel()

    def _left(self, driver: Driver) -> None:
        """Let a driver end that the pump had let go, and go on with what it leaves."""
        self._live.discard(driver)
        if self.work and not self.stopped:
            self.pump()
        else:
            self._look_again()

    def _look_again(self) -> None:
        """See that what is ready is not stranded, and tell the host if nothing more will come."""
        if self.stopped:
            return
        if self.work:
            self.schedule()
        elif self.drained:
            if self.observer is not None and (alias := self.observer.culprit()) is not None:
                self.fail(self.nodes[alias], broken_seal(alias))
            if self.outlet.readers:
                self.outlet.wake_all()

    # Drivers ------------------------------------------------------------------------------------------------

    async def _drive(self, driver: Driver, context: Context) -> None:
        """Carry messages until nothing is ready, the slice is spent, or a handler marked the context."""
        # Local names for what every hop looks at, and what does not change while this driver lives.
        work, turn, outlet, weights = self.work, self._turn, self.outlet, self.weights
        results, skip, unmarked = outlet.results, SKIP, self.context
        budget, size = self._pace, 0
        trusted = budget == TRUSTED
        try:
            while True:
                # Take a message: one that was handed over, or the first in the inbox of a node that is ready.
                node, payload, ticket = work.pop()
                if ticket < 0:
                    if node.pending is not None:
                        driver.node = node
                        sent = await self._send_rest(driver, node)
                        if self.stopped or not (sent or work):
                            return
                        if not sent:
                            continue
                    if not node.inbox:
                        self._release(node)
                        if not work:
                            return
                        continue
                    payload, edge, ticket, parcel = node.inbox.popleft()
                    if parcel is None:
                        edge.held -= 1
                        if edge.blocked:
                            self.make_room(edge)
                    elif isinstance(parcel, Parcel):
                        payload = await unpack(self, driver, node, edge, payload, parcel)
                        if self.stopped:
                            return
                    else:
                        self.took(edge, parcel)

                # Carry it on, from node to node, for as long as the next one is idle. `held` is the node that
                # this driver has claimed; it is `node` but for the end of an exclusive run.
                while True:
                    if trusted and node.leads and driver.attended and node.segment.busy == node.inner:
                        # An exclusive run: nobody else can reach these nodes, so only the first one is
                        # claimed. If one of them suspends, `_adopt` claims that one and ends the run there.
                        driver.run_from = held = node
                        calls = node.segment.calls[node.position :] if node.position else node.segment.calls
                        hops, emits = len(calls), node.segment.emits
                        while True:
                            driver.calls = remaining = iter(calls)
                            if node.awaited:
                                for call in remaining:
                                    payload = await call(payload)
                                    if payload is skip:
                                        break
                            else:
                                for call in remaining:
                                    payload = call(payload)
                                    if payload is skip:
                                        break
                            budget -= hops
                            # Where the line ends at the host, as what else there is to do would have it, its
                            # whole inbox is carried on in one go.
                            if (
                                not emits
                                or payload is skip
                                or not driver.attended
                                or len(results) >= outlet.direct_room
                                or not (weights is None or outlet.has_room(size := self.weigh(payload)))
                            ):
                                break
                            results.append((Value(payload), ticket, size))
                            if weights is not None:
                                weights.held += size
                            if outlet.readers:
                                outlet.wake_one()
                            if budget <= 0:
                                budget = self._pace = turn.look(self._pace)
                                trusted = budget == TRUSTED
                            if (
                                not trusted
                                or turn.spent
                                or not node.inbox
                                or work
                                or context != unmarked
                            ):
                                payload, ticket = skip, 0  # nothing is left to hand on
                                break
                            payload, edge, ticket, parcel = message = node.inbox.popleft()
                            if parcel is None:
                                edge.held -= 1
                                if edge.blocked:
                                    self.make_room(edge)
                            elif isinstance(parcel, Parcel):
                                node.inbox.appendleft(message)
                                payload, ticket = skip, 0
                                break
                            else:
                                self.took(edge, parcel)
                        if driver.run_from is not None:
                            driver.run_from = None
                            node = held.segment.last
                        else:
                            held = node = driver.node
                    else:
                        driver.node = held = node
                        if not node.plain:
                            payload = await invoke(self, driver, node, payload, ticket)
                        elif node.awaited:
                            payload = await node.call(payload)
                        else:
                            payload = node.call(payload)
                        budget -= 1

                    if not driver.attended:
                        if self.stopped:
                            return
                        trusted = False
                        if not turn.begun:
                            turn.open(self._loop)
                            budget = self._pace
                        elif turn.spent:
                            budget = 0

                    # Hand the result on; what cannot be handed over is sent, and the journey ends here.
                    target = node.onward
                    if payload is skip:
                        target = None
                        if ticket & 1:
                            self.permits.release()
                    elif target is not None and target.idle:
                        target.idle = False
                        if target.inner:
                            target.segment.busy += 1
                    elif (way := node.way) is not None and way.held < way.capacity:
                        # As `send`, but for what a single way with room does not need.
                        way.held += 1
                        way.target.inbox.append((payload, way, ticket, None))
                        target = None
                    elif (
                        node.emits
                        and len(results) < outlet.direct_room
                        and (weights is None or outlet.has_room(size := self.weigh(payload)))
                    ):
                        results.append((Value(payload), ticket, size))
                        if weights is not None:
                            weights.held += size
                        if outlet.readers:
                            outlet.wake_one()
                    else:
                        target = None
                        if held is not node:
                            claim(node)
                            self._release(held)
                            driver.node = held = node
                        routes = node.routes if node.gate is None else node.gate(payload)
                        if node.spills:
                            at = -1 if node.captures else 0
                            sent = await send_spilling(self, driver, node, payload, ticket, routes, at)
                            if self.stopped:
                                return
                        else:
                            sent = self.send(node, payload, ticket, routes, -1 if node.captures else 0)
                        if not sent:
                            break  # whoever makes room there sees to the node

                    # Give back what was held: `_release`, but for the call.
                    if held.inbox:
                        work.appendleft(held.ready)
                    else:
                        held.idle = True
                        if held.inner:
                            held.segment.busy -= 1
                        if weights is not None and weights.blocked:
                            self.make_room(weights)
                    if target is None:
                        break
                    node = target
                    if work and not driver.attended:
                        self.pump()  # what else is ready shall not wait for the next handler of this message
                        if self.stopped:
                            return
                        if turn.spent:
                            budget = 0
                    if budget <= 0:
                        budget = self._pace = turn.look(self._pace)
                        trusted = budget == TRUSTED
                        if turn.spent:
                            work.append((node, payload, ticket))
                            return

                # Go on with the next one, unless the slice is spent, or it would see what a handler of this
                # one set, or others would have to wait for it.
                if not work:
                    return
                if budget <= 0:
                    budget = self._pace = turn.look(self._pace)
                    trusted = budget == TRUSTED
                    if turn.spent:
                        return
                if context != unmarked or (not driver.attended and len(work) > 1):
                    return
        except BaseException as error:
            self._failed(driver, error)
        finally:
            if not driver.attended:
                self._left(driver)

    def before_waiting(self, driver: Driver) -> None:
        """See that nothing is stranded if `driver` suspends now; the pump sees to it while attended."""
        if not driver.attended and self.work:
            self.schedule()

    def _failed(self, driver: Driver, error: BaseException) -> None:
        """End the run for what a handler raised, unless it is over already: then it was being stopped."""
        if self.stopped:
            return
        self._live.discard(driver)  # it ends by itself and is not to be cancelled
        self.fail(driver.node if driver.run_from is None else driver.standing(), error)

    async def _send_rest(self, driver: Driver, node: Node) -> bool:
        """Send what `node` had no room for before. False: there is still none."""
        pending = node.pending
        assert pending is not None
        node.pending = None
        if node.spills:
            return await send_spilling(self, driver, node, *pending)
        return self.send(node, *pending)
