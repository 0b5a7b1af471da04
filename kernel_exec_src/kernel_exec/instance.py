"""A run that the host holds open: send payloads in, take results out, finish or cancel it.

Stands between the scheduler and `executor`, which makes instances. Everything here happens on the loop's
thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from types import TracebackType
from typing import Any, Self

from kernel_exec.errors import Cancelled, ExecutionError
from kernel_exec.results import Result
from kernel_exec.runtime import GRACE, outlive
from kernel_exec.scheduler import Scheduler
from kernel_exec.scheduler.cells import Edge

_log = logging.getLogger(__name__)


class FlowInstance(AsyncIterator[Result]):
    """One run of a flow, captured at one node. Made by `FlowExecutor.instantiate`.

    `send` and `next` may be called concurrently, from different tasks of the loop that it was made on. A run
    that is no longer wanted is cancelled by leaving its `async with` block, or by dropping the instance.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self._finished = False
        self._sending = 0

    async def send(self, trigger: str, payload: Any) -> None:
        """Send `payload` to the node `trigger`, waiting while the run holds as much as it may.

        Args:
            trigger: the alias of a node without inbound edges.
            payload: what its handler is given, converted to what that annotates.

        Raises:
            UnknownTrigger: the flow has no node of that alias without inbound edges.
            Cancelled: the run was finished before, or cancelled or closed, also while this call waited.
            QueueLimitExceeded: the payload alone is larger than all queues may be; the run has failed.
            PayloadError: the run is durable and the payload cannot be kept.
            ExecutionError: the run has failed; this is its failure.
        """
        scheduler = self.scheduler
        entrance = scheduler.entrances.get(trigger) or scheduler.entrance(trigger)
        if self._finished or scheduler.stopped:
            raise self._over()
        size = 0 if scheduler.weights is None else scheduler.weigh(payload)
        if scheduler.permits.free:
            scheduler.permits.free -= 1
        else:
            await self._while_sending(self._wait_for_permit())
        if entrance.held >= entrance.capacity or (size and scheduler.lacking(entrance, size) is not None):
            await self._while_sending(self._wait_for_room(entrance, size))
        scheduler.accept(entrance, payload, size)
        if scheduler.permits.free:
            scheduler.schedule()
        else:
            scheduler.pump()  # whoever sends next has to wait for what this moves

    async def next(self) -> Result:
        """Return the next result, waiting for it; what failed the run is raised behind the results before it.

        Raises:
            StopAsyncIteration: the run was finished and everything is drained, or it halted.
            Cancelled: the run was cancelled or closed.
            ExecutionError: the run failed.
        """
        scheduler = self.scheduler
        outlet = scheduler.outlet
        while not outlet.results:
            if scheduler.stopped:
                if scheduler.error is not None:
                    raise scheduler.error.with_traceback(None)
                raise StopAsyncIteration
            if scheduler.work:
                scheduler.pump()
                if outlet.results or scheduler.stopped:
                    continue
            if self._finished and not self._sending and scheduler.drained:
                await _acknowledge(scheduler)
                raise StopAsyncIteration
            await outlet.wait()
        return scheduler.take()

    def finish(self) -> None:
        """Say that nothing more will be sent: iteration ends, and `next` with it, when all is drained."""
        self._finished = True
        self.scheduler.outlet.wake_all()

    def cancel(self, reason: str | None = None) -> None:
        """Stop all handlers and forget all results; pending and later `send` and `next` raise `Cancelled`.

        What the run has spilled is removed, and its checkpoint free to be resumed, when its handlers have
        ended; leaving the `async with` block waits a moment for that.

        Args:
            reason: what `Cancelled.reason` says, and its message too.
        """
        message = "the run was cancelled" if reason is None else f"the run was cancelled: {reason}"
        drop(self.scheduler, Cancelled(message, reason=reason))

    def __aiter__(self) -> Self:
        return self

    __anext__ = next

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        scheduler = self.scheduler
        if scheduler.drained and not (scheduler.stopped or scheduler.outlet.results):
            await _acknowledge(scheduler)
        scheduler.discard(Cancelled("the run was closed", reason="closed"))
        await close(scheduler)

    def __del__(self) -> None:
        scheduler = self.scheduler
        if scheduler.leaves_something and not scheduler.loop.is_closed():
            # The last reference may go on any thread.
            scheduler.loop.call_soon_threadsafe(drop, scheduler)

    async def _while_sending(self, waiting: Awaitable[None]) -> None:
        """Await a part of `send`, during which the run is not drained."""
        self._sending += 1
        try:
            await waiting
        finally:
            self._sending -= 1
            if self._finished:
                self.scheduler.outlet.wake_all()

    async def _wait_for_permit(self) -> None:
        # The run may have ended since the permit was given.
        if not await self.scheduler.permits.wait() or self.scheduler.stopped:
            raise self._over()

    async def _wait_for_room(self, entrance: Edge, size: int) -> None:
        """Wait, with a permit in hand, until there is room on the entrance and in all queues together."""
        scheduler = self.scheduler
        try:
            while (full := scheduler.lacking(entrance, size)) is not None:
                room: asyncio.Future[None] = asyncio.Future(loop=scheduler.loop)
                full.blocked = (*full.blocked, room)
                await room
                if scheduler.stopped:
                    raise self._over()
        except BaseException:
            scheduler.permits.release()
            raise

    def _over(self) -> ExecutionError:
        """Return why nothing can be sent any more."""
        error = self.scheduler.error
        if error is not None:
            return error.with_traceback(None)
        return Cancelled("the run has ended: nothing more can be sent", reason="ended")


_PATIENCE = 5.0
"""Seconds after which a cancelled handler is taken to have swallowed its cancellation."""


async def close(scheduler: Scheduler) -> None:
    """Wait a moment for a stopped run to clean up; what takes longer goes on alone."""
    if scheduler.handlers() or scheduler.lanes or scheduler.journal:
        await asyncio.wait([_cleaning(scheduler)], timeout=GRACE)


def drop(scheduler: Scheduler, error: Cancelled | None = None) -> None:
    """End a run that its host has lost, or given up because of `error`, and clean up behind it."""
    scheduler.discard(error or Cancelled("the run was dropped", reason="dropped"))
    if (scheduler.lanes or scheduler.journal) and not scheduler.loop.is_closed():
        _cleaning(scheduler)


def _cleaning(scheduler: Scheduler) -> asyncio.Task[None]:
    """Return the task that cleans up behind a run; there is one, whoever asks for it first."""
    if scheduler.cleaning is None:
        scheduler.cleaning = outlive(scheduler.loop.create_task(_clean_up(scheduler)))
    return scheduler.cleaning


async def _clean_up(scheduler: Scheduler) -> None:
    """Let the drivers end, one of which may be reading or writing; then remove what is spilled."""
    handlers = scheduler.handlers()
    if handlers:
        await asyncio.wait(handlers, timeout=_PATIENCE)
    for lane in scheduler.lanes:
        await lane.close()
    scheduler.lanes.clear()
    if scheduler.journal is not None:
        await scheduler.journal.end()
        scheduler.journal = None


async def _acknowledge(scheduler: Scheduler) -> None:
    """Say that a durable run has come to its end; if that cannot be said, its checkpoint stays."""
    if scheduler.journal is not None and (failure := await scheduler.journal.complete()):
        _log.warning("the run has ended, and its checkpoint stays: %s", failure)
