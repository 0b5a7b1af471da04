"""Many payloads through one run: fed as fast as results make room, from any iterable.

Beside `instance`, behind `executor.run_many`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from kernel_exec.errors import ExecutionError
from kernel_exec.instance import FlowInstance
from kernel_exec.payloads import estimate_bytes
from kernel_exec.results import Result
from kernel_exec.runtime import GRACE, outlive
from kernel_exec.scheduler import END, ROOM, Scheduler
from kernel_exec.scheduler.touring import Tour, let_in


def run_many(
    instance: FlowInstance, trigger: str, payloads: Iterable[Any] | AsyncIterable[Any]
) -> AsyncIterator[Result]:
    """Return an iterator over what `instance` makes of `payloads`; the instance ends with it.

    Raises:
        UnknownTrigger: nothing can be sent to `trigger`.
        TypeError: `payloads` is no iterable.
    """
    instance.scheduler.entrance(trigger)
    if isinstance(payloads, AsyncIterable):
        return _from_async(instance, trigger, payloads)
    return _from_sync(instance, trigger, iter(payloads))


async def _from_sync(instance: FlowInstance, trigger: str, payloads: Iterator[Any]) -> AsyncIterator[Result]:
    """Feed before every wait for a result: as much as there is room for, with no task in between."""
    async with instance:
        scheduler = instance.scheduler
        feeder = Feeder(scheduler, trigger, payloads)
        while feeder.goes_on_tour() or await feeder.wait_for_result():
            results, size = feeder.take()
            for result in results:
                yield result
            del results, result  # a stream that the host has dropped would go on else
            if size:
                scheduler.lighten(size)
        if feeder.failure is not None:
            raise feeder.failure


class Feeder:
    """Puts payloads of an iterator into a run whenever permits are free."""

    def __init__(self, scheduler: Scheduler, trigger: str, payloads: Iterator[Any]) -> None:
        self._scheduler = scheduler
        scheduler.permits.on_free = scheduler.outlet.wake_one
        self.failure: Exception | None = None
        """What the iterator raised, if anything; nothing is taken from it afterwards."""
        self._entrance = scheduler.entrance(trigger)
        self._payloads: Iterator[Any] | None = payloads
        """None when nothing more is taken from it, and nothing waits."""
        self._waiting: list[Any] = []
        """The payload that was taken and found no room yet, if there is one."""
        self._tour = scheduler.tours.get(trigger)

    async def wait_for_result(self) -> bool:
        """Feed until there is a result to take. False when everything is drained, or the run halted.

        Raises:
            ExecutionError: the run failed.
        """
        scheduler = self._scheduler
        outlet = scheduler.outlet
        while not outlet.results:
            if scheduler.stopped:
                if scheduler.error is not None:
                    raise scheduler.error
                return False
            try:
                self._feed()
            except Exception as error:
                self.failure = error
                self._payloads = None
            scheduler.pump()
            if outlet.results or scheduler.stopped:
                continue
            if self._payloads is None and scheduler.drained:
                return False
            if not self._can_feed():
                await outlet.wait()
            if self.goes_on_tour():
                break
        return True

    def take(self) -> tuple[Sequence[Result], int]:
        """Return all results there are, of a tour or of the run, as the scheduler's `take_all` does."""
        if self._tour is not None and self._tour.given:
            return self._tour.take()
        return self._scheduler.take_all()

    def goes_on_tour(self) -> bool:
        """Carry payloads through the run if nothing else moves in it. True if that gave results."""
        tour, scheduler = self._tour, self._scheduler
        if tour is None or scheduler.outlet.results:
            return False
        while scheduler.calm():
            if not tour.goes_on:
                if self._payloads is None or not scheduler.drained:
                    return False
                self._fill(tour, self._payloads)
                if scheduler.stopped:
                    return False
            scheduler.tour(tour)
            if tour.given:
                return True
        let_in(scheduler, tour)
        return False

    def _fill(self, tour: Tour, payloads: Iterator[Any]) -> None:
        """Take payloads for a tour: as many as there may be results, and as the queues may hold."""
        weights = self._scheduler.weights
        batch: list[Any] = []
        most = min(tour.room, tour.entrance.capacity)
        try:
            if weights is None:
                batch.extend(islice(payloads, most))
            else:
                tour.limit = weights.limit
                waiting, self._waiting = self._waiting, []
                for payload in islice(chain(waiting, payloads), most):
                    size = estimate_bytes(payload) if batch else self._scheduler.weigh(payload)
                    if batch and weights.held + size > tour.limit:
                        self._waiting.append(payload)
                        break
                    tour.limit -= size
                    batch.append(payload)
        except Exception as error:
            self.failure = error
        if len(batch) < most and not self._waiting:
            self._payloads = None
        tour.entering = batch[::-1]

    def _waits_for_tour(self) -> bool:
        """Whether nothing is let in for the moment, since what moves is about to come to its end."""
        return self._tour is not None and bool(self._scheduler.work) and self._scheduler.calm()

    def _can_feed(self) -> bool:
        """Whether feeding again lets something in: messages may have ended without a result."""
        if self._payloads is None or not self._scheduler.permits.free:
            return False
        if self._waits_for_tour():
            return False
        size = self._scheduler.weigh(self._waiting[0]) if self._waiting else 0
        return self._scheduler.lacking(self._entrance, size) is None

    def _feed(self) -> None:
        """Let in what there is room for."""
        payloads = self._payloads
        if payloads is None or not self._can_feed():
            return
        if self._waiting:
            payloads, self._waiting = chain(self._waiting, payloads), []
        left = self._scheduler.accept_many(self._entrance, payloads)
        if left is END:
            self._payloads = None
        elif left is not ROOM:
            self._waiting = [left]


async def _from_async(
    instance: FlowInstance, trigger: str, payloads: AsyncIterable[Any]
) -> AsyncIterator[Result]:
    """Feed from a task beside, since `payloads` may keep its consumer waiting while results come."""

    async def feed() -> None:
        try:
            async for payload in payloads:
                try:
                    await instance.send(trigger, payload)
                except ExecutionError:
                    return  # the run has ended, and `next` says why
        finally:
            instance.finish()

    async with instance:
        feeder = outlive(asyncio.create_task(feed()))
        try:
            async for result in instance:
                yield result
                del result
            if feeder.done():
                feeder.result()
        finally:
            feeder.cancel()
            await asyncio.wait([feeder], timeout=GRACE)
