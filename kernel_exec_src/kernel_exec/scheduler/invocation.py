"""Invocations of nodes that are not plain: those that stream, halt, ask for their context, or are timed.

Beside the drivers, which come here with such a node in hand. A plain node never does: there the call is all.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from kernel_exec.context import NodeContext
from kernel_exec.program import Manner
from kernel_exec.results import SKIP, Feed, Halted, Stream
from kernel_exec.scheduler.cells import Driver, Edge, Node, name_of
from kernel_exec.scheduler.journaling import keep, keep_halted, note

if TYPE_CHECKING:
    from kernel_exec.scheduler.observation import Observer
    from kernel_exec.scheduler.scheduler import Scheduler


async def invoke(scheduler: Scheduler, driver: Driver, node: Node, payload: Any, ticket: int) -> Any:
    """Return what the handler of `node` returns for `payload`; SKIP where nothing goes on from here."""
    journal = scheduler.journal
    if journal is not None:
        await keep(scheduler, driver, journal)
    if node.contextual:
        node.context = NodeContext(scheduler.run, node.alias, name_of(ticket))
    if scheduler.observer is None:
        result = await _handle(scheduler, driver, node, payload)
    else:
        result = await _handle_observed(scheduler, scheduler.observer, driver, node, payload)
    if node.parcel is not None:
        _settle(scheduler, node)
    if scheduler.stopped:
        return result
    if node.halts and result is not SKIP:
        await _halt(scheduler, driver, node, ticket, result)
    elif journal is not None:
        note(journal, node, ticket, result)
    return result


async def _handle(scheduler: Scheduler, driver: Driver, node: Node, payload: Any) -> Any:
    if node.manner is Manner.STREAMED:
        return await _stream(scheduler, driver, node, payload)
    return await node.call(payload) if node.awaited else node.call(payload)


async def _handle_observed(
    scheduler: Scheduler, observer: Observer, driver: Driver, node: Node, payload: Any
) -> Any:
    observer.started(node.alias)
    if scheduler.stopped:  # by whoever heard of it
        return SKIP
    try:
        result = await _handle(scheduler, driver, node, payload)
    finally:
        observer.ended(node.alias)
    return observer.returned(node.alias, result)


async def _halt(scheduler: Scheduler, driver: Driver, node: Node, ticket: int, result: Any) -> None:
    """End the run with a checkpoint to go on from, if a store is bound."""
    checkpoint = None
    if scheduler.journal is not None:
        checkpoint = await keep_halted(scheduler, driver, scheduler.journal, node, ticket, result)
    scheduler.outlet.put(Halted(node.alias, result, checkpoint), ticket)
    scheduler.stop(None)


def late(edge: Edge) -> TimeoutError:
    """Return the cause of a failure for a message that took longer than `edge` allows (kernel decision 8)."""
    return TimeoutError(
        f"a message on {edge.label} was not handled within {edge.timeout} s of its acceptance"
    )


def _settle(scheduler: Scheduler, node: Node) -> None:
    """Put an end to the message's time; a handler that never let the loop look at it may have passed it."""
    parcel, node.parcel = node.parcel, None
    if parcel is None or parcel.timer is None:
        return
    parcel.timer.cancel()
    scheduler.timers.discard(parcel.timer)
    if scheduler.loop.time() >= parcel.due:
        raise TimeoutError("its handler ended later than the edge allows")


_streaming: set[asyncio.Task[Any]] = set()
"""What streams: a loop holds its tasks weakly, and these may wait for nobody but their host."""


async def _stream(scheduler: Scheduler, driver: Driver, node: Node, payload: Any) -> Any:
    """Feed the host what the handler yields.

    The message ends when the host has taken the last item, or gone.
    """
    if scheduler.outlet.discarding:
        return SKIP
    task = asyncio.current_task()
    assert task is not None
    if task not in _streaming:
        _streaming.add(task)
        task.add_done_callback(_streaming.discard)
    feed = Feed(scheduler.loop, driver.interrupt)
    scheduler.feeds.add(feed)
    scheduler.outlet.put(Stream(feed), 0)
    if scheduler.observer is not None:
        scheduler.observer.streamed()
        if scheduler.stopped:
            return SKIP
    try:
        async with aclosing(node.call(payload)) as items:
            async for item in items:
                if not await feed.put(item):
                    break
    except BaseException:
        if not feed.closed:  # else the host has gone, and how the handler cleans up fails nothing
            raise
    _settle(scheduler, node)  # what the host takes to read the last items is not the handler's time
    feed.end()
    if not scheduler.stopped:
        await feed.drained()
    scheduler.feeds.discard(feed)
    return SKIP
