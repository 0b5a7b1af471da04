"""The driver hand-off: who may move which message when.

A *driver* is a coroutine that carries messages. It takes one from a node that is ready, awaits the node's
handler itself, and hands the result straight to the next node that is idle; what nobody can take at once
waits in an inbox. A handler that never suspends therefore costs one `await` and nothing else.

The *pump* starts drivers, each as an eagerly started task. While a driver has not suspended, the pump is
below it on the stack (the driver is *attended*) and nobody else can run. When a handler suspends, the driver
goes on living as an ordinary task that belongs to that handler; the pump *adopts* it and starts another for
the rest. A driver that comes back from a suspension carries its message on, but before it awaits another
handler it pumps what else is ready: that would be stranded while it waits, and it begins in the same turn of
the loop. So does what is left when such a driver ends.

Who may do what, on the one thread of the loop:

- Only a driver takes messages from inboxes, and only the driver that holds a node invokes it or sends for it.
- Claiming takes an idle node; `release` gives it back, to the work if its inbox has more. Between the two
  exactly one driver, one hand-off or one `pending` entry is responsible for it.
- A node that finds no room is left `pending` and waits where the room is missing; whoever makes room there
  puts it back to work, and the driver that takes it sends the rest first.
- `stop` ends everything: nothing is taken or sent afterwards.

Whatever makes something ready happens under a pump, or in a driver, which looks again before it leaves, or
calls `schedule`. So while there is ready work, somebody runs or is about to.
"""

from __future__ import annotations

from asyncio import Task
from contextvars import Context
from typing import TYPE_CHECKING, Any

from kernel_exec.payloads import estimate_bytes
from kernel_exec.results import SKIP, Result, Value
from kernel_exec.runtime import FIRST_PACE, TRUSTED
from kernel_exec.scheduler.cells import Driver, Node, Parcel
from kernel_exec.scheduler.doors import Doors
from kernel_exec.scheduler.invocation import invoke
from kernel_exec.scheduler.run import claim, end_exclusive_run
from kernel_exec.scheduler.spilling import send_spilling, unpack
from kernel_exec.scheduler.touring import Tour, lead_on, leave, let_in

if TYPE_CHECKING:
    from collections.abc import Mapping


class Scheduler(Doors):
    """A run, and what moves it. Made by `assembly`; used on the thread of its loop only."""

    __slots__ = ("tours",)

    tours: Mapping[str, Tour]
    """By the node where it begins; none where a node or queue asks for more than awaiting handlers."""

    def pump(self) -> None:
        """Start drivers until nothing is ready or the slice is spent; then see that the loop comes back.

        It also ends when a driver has filled the outlet: a result that the host makes room for in time does
        not wait, nor keep its node from others. If the host takes none in its turn, the rest goes on.
        """
        if self._pumping:
            return
        turn, loop, work, outlet = self._turn, self.loop, self.work, self.outlet
        if not turn.begun:
            turn.open(loop)
        self._pumping = True
        try:
            while work and not (self.stopped or turn.spent):
                driver, context = self._driver, self.context.copy()
                task = Task(self._drive(driver, context), loop=loop, context=context, eager_start=True)
                if not task.done():
                    self._driver = Driver()
                    self._adopt(driver, task)
                self._pace = turn.look(self._pace, driver.left)
                if outlet.filled:
                    outlet.filled = False
                    break
        finally:
            self._pumping = False
        if work or outlet.readers or self.observer is not None:
            self._look_again()

    # The pump -----------------------------------------------------------------------------------------------

    def _adopt(self, driver: Driver, task: Task[None]) -> None:
        """Let a driver go that has suspended in a handler: from here on it is a task like any other.

        Inside an exclusive run it held the node where the run began and stands on another. Now it holds that
        one, and the rest of the run is taken from it, since it can no longer know that nobody is inside.
        """
        driver.attended = False
        driver.task = task
        self._live.add(driver)
        if driver.line is not None:
            first = driver.line.nodes[0]
            driver.node = driver.standing()
            end_exclusive_run(driver)
            driver.line = None
            if driver.node is not first:
                claim(driver.node)
                self.release(first)
        if self.stopped:  # the handler itself, before it suspended
            driver.interrupt()

    def _left(self, driver: Driver) -> None:
        """Let a driver end that the pump had let go, and go on with what it leaves.

        Many may end in one turn of the loop, none of them having gone far enough to look at the slice.
        """
        self._live.discard(driver)
        self.outlet.filled = False
        self._pace = self._turn.look(self._pace, driver.left)
        self.pump()

    def _look_again(self) -> None:
        """See that what is ready is not stranded, and tell the host if nothing more will come."""
        if self.work:
            self.schedule()
        elif self.drained:
            if self.observer is not None and (culprit := self.observer.culprit()) is not None:
                alias, mutated = culprit
                self.fail(self.nodes[alias], mutated)
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
                        self.release(node)
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
                    line = node.line if trusted and driver.attended else None
                    if (
                        line is not None
                        and (merge := line.merge) is not None
                        and (not merge.idle or merge.segment.busy)
                    ):
                        line = line.short
                    if line is not None and not node.segment.busy:
                        # An exclusive run: nobody else can reach these nodes now, so only the first one is
                        # claimed. If one of them suspends, `_adopt` claims that one and ends the run there.
                        driver.line, held = line, node
                        calls, hops, emits = line.calls, line.hops, line.emits
                        inbox, awaited, room = node.inbox, node.awaited, outlet.direct_room
                        while True:
                            driver.calls = remaining = iter(calls)
                            if awaited:
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
                            # Where the line ends at the host its whole inbox is carried on in one go, unless
                            # there are branches to be followed. This is `has_room`, but for the call.
                            if (
                                not emits
                                or payload is skip
                                or not driver.attended
                                or len(results) >= room
                                or (
                                    weights is not None
                                    and weights.held + (size := self.weigh(payload)) > weights.limit
                                    and results
                                )
                            ):
                                break
                            results.append((Value(payload), ticket, size))
                            if weights is not None:
                                weights.held += size
                            if outlet.readers:
                                outlet.wake_one()
                            if budget <= 0:
                                budget = self._pace = turn.look(self._pace, budget)
                                trusted = budget == TRUSTED
                                if turn.spent:
                                    budget, trusted = 0, False
                            if not (inbox or work or (weights is not None and weights.blocked)):
                                driver.line = None
                                node.idle = True  # `release` has no more to do here
                                return
                            if len(results) >= room:
                                outlet.filled = True
                            elif (
                                inbox and trusted and context == unmarked and not (work and work[-1][2] >= 0)
                            ):
                                payload, edge, ticket, parcel = message = inbox.popleft()
                                if parcel is None:
                                    edge.held -= 1
                                    if edge.blocked:
                                        self.make_room(edge)
                                    continue
                                if isinstance(parcel, int):
                                    self.took(edge, parcel)
                                    continue
                                inbox.appendleft(message)
                            driver.line = None
                            self.release(node)
                            break
                        if driver.line is not None:
                            driver.line = None
                            driver.node = node = line.last
                        elif driver.attended:
                            break  # what it gave is with the host
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
                        if (task := driver.task) is not None and task.cancelling():
                            await driver.heed(task)
                        if self.stopped:
                            return
                        trusted = False
                        if not turn.begun:
                            turn.open(self.loop)
                            budget = self._pace
                        elif turn.spent:
                            budget = 0
                        else:
                            # Many may go on in one turn of the loop and wait again, each before its own
                            # look: so they look in turn, and each of them where it is hops that count.
                            turn.begun += FIRST_PACE
                            if turn.begun > self._pace:
                                turn.begun = 1
                                budget = self._pace = turn.look(self._pace, budget)
                                if turn.spent:
                                    budget = 0

                    # Hand the result on; what cannot be handed over is sent, and the journey ends here.
                    target = None
                    if payload is skip:
                        if ticket & 1:
                            self.permits.release()
                    elif (onward := node.onward) is not None and onward.idle:
                        target = onward
                        target.idle = False
                        if target.inner:
                            target.segment.busy += 1
                    elif (way := node.way) is not None and way.held < way.capacity:
                        # As `send`, but for what a single way with room does not need.
                        way.held += 1
                        way.target.inbox.append((payload, way, ticket, None))
                        if node.ahead is not None:
                            self.send_ahead(node, node.ahead)
                    elif node.emits and outlet.has_room(size := self.weigh(payload)):
                        outlet.put(Value(payload), ticket, size)
                        if node.ahead is not None:
                            self.send_ahead(node, node.ahead)
                    else:
                        if held is not node:
                            claim(node)
                            self.release(held)
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

                    # Give back what was held: `release`, but for the call.
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
                    if budget <= 0:
                        budget = self._pace = turn.look(self._pace, budget)
                        trusted = budget == TRUSTED
                        if turn.spent:
                            work.append((node, payload, ticket))
                            return

                # Go on with the next one, unless the slice is spent, or it would see what a handler of this
                # one set, or others would have to wait for it, the host before all.
                if not work:
                    return
                if budget <= 0:
                    budget = self._pace = turn.look(self._pace, budget)
                    trusted = budget == TRUSTED
                    if turn.spent:
                        return
                if context != unmarked or outlet.filled or (not driver.attended and len(work) > 1):
                    return
        except BaseException as error:
            # Counts for nothing if the run is over already: then the handler was being stopped.
            self.fail(driver.node if driver.line is None else driver.standing(), error)
        finally:
            driver.left = budget
            if not driver.attended:
                self._left(driver)

    def before_waiting(self, driver: Driver) -> None:
        """See that nothing is stranded if `driver` suspends now; the pump sees to it while attended."""
        if not driver.attended and self.work:
            self.schedule()

    async def _send_rest(self, driver: Driver, node: Node) -> bool:
        """Send what `node` had no room for before. False: there is still none."""
        pending = node.pending
        assert pending is not None
        node.pending = None
        if node.spills:
            return await send_spilling(self, driver, node, *pending)
        return self.send(node, *pending)

    def calm(self) -> bool:
        """Whether what moves is quick and asks for nothing but awaiting handlers: soon nothing will move."""
        return not (self._pace < TRUSTED or self._live or self.stopped or self._turn.spent)

    def run_through(self, trigger: str, payload: Any) -> Result | None:
        """Let the one message of a new run in. Return its result if that ended the run at once, else None.

        Raises:
            UnknownTrigger: nothing can be sent to `trigger`.
            QueueLimitExceeded: the payload is larger than all queues may be.
        """
        tour, turn = self.tours.get(trigger), self._turn
        if tour is None or self._pace < TRUSTED or turn.spent:  # a new run is `calm` but for this
            self.enter(trigger, payload)
            self.pump()
            return self.at_once()
        if self.weights is not None:
            tour.limit = self.weights.limit - self.weigh(payload)
        tour.entering.append(payload)
        self.tour(tour)
        # The next run may be long in coming, or be one of many that are short.
        tour.left = self._pace = turn.look(self._pace, tour.left)
        given, size = tour.take()
        if given and not (tour.steps or self.work or self._live or self.stopped):
            return given[0]
        self.lighten(size)
        for result in given:
            self.outlet.put(result, 0, self.weigh(result.value))
        let_in(self, tour)
        self.pump()
        return None

    def tour(self, tour: Tour) -> None:
        """Go on with `tour`, in a run that is `calm` and in which nothing else moves.

        It pauses where there is no more room for results. If others get a say, because a handler suspended
        or the slice is spent, what is left of it is let in as if it had been sent.
        """
        loop = self.loop
        if not self._turn.begun:
            self._turn.open(loop)
        self._pumping = True
        try:
            while True:
                driver, context = self._driver, self.context.copy()
                task = Task(self._tour(driver, context, tour), loop=loop, context=context, eager_start=True)
                if not task.done():
                    self._driver = Driver()
                    assert driver.line is not None
                    self.permits.free -= driver.ticket
                    claim(driver.line.nodes[0])
                    self._adopt(driver, task)
                elif tour.rests:
                    return
                if not self.calm():
                    break
        finally:
            self._pumping = False
        let_in(self, tour)

    async def _tour(self, driver: Driver, context: Context, tour: Tour) -> None:
        """Be the driver of a tour, until a handler suspends or marks the context."""
        steps, entering, first = tour.steps, tour.entering, tour.entrance.line
        given, room, weights, budget = tour.given, tour.room, self.weights, tour.left
        turn, skip, unmarked = self._turn, SKIP, self.context
        tour.rests = False
        try:
            while True:
                if steps:
                    way, payload, driver.ticket = steps.pop()
                    line = way.line
                elif entering:
                    line, payload, driver.ticket = first, entering.pop(), 1
                else:
                    tour.rests = True
                    return
                driver.line = line
                driver.calls = remaining = iter(line.calls)
                for call in remaining:
                    payload = await call(payload)
                    if payload is skip:
                        break
                budget -= line.hops
                if not driver.attended:
                    await leave(self, driver, payload)
                    return
                if payload is skip:
                    pass
                elif line.emits:
                    if weights is not None:
                        size = estimate_bytes(payload)
                        if size > weights.limit:
                            self.weigh(payload)  # which refuses it
                        weights.held += size
                        tour.bytes_given += size
                    given.append(Value(payload))
                else:
                    lead_on(self, tour, line.last, payload, driver.ticket)

                if len(given) >= room or (weights is not None and weights.held > tour.limit):
                    tour.rests = True
                    return
                if budget <= 0:
                    budget = self._pace = turn.look(self._pace, budget)
                    if turn.spent or budget < TRUSTED:
                        return
                if context != unmarked:
                    return
        except BaseException as error:
            self.fail(driver.node if driver.line is None else driver.standing(), error)
        finally:
            driver.left = tour.left = budget
            if driver.attended:
                driver.line = None
            else:
                self._left(driver)
