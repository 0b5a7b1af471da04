"""The host's side of the scheduler: permits that bound a run, and the queue of what was captured.

Stands between the drivers, which capture and release, and `instance`, whose `send` and `next` wait here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from kernel_exec.results import Result

if TYPE_CHECKING:
    from kernel_exec.scheduler.cells import Node, Weights
    from kernel_exec.scheduler.observation import Observer


class Permits:
    """How many messages may be on their way; permits go to those who wait in the order they came.

    Invariant: `free` is positive only while nobody waits.
    """

    __slots__ = ("_loop", "free", "on_free", "waiters")

    def __init__(self, loop: asyncio.AbstractEventLoop, count: int) -> None:
        self._loop = loop
        self.free = count
        self.on_free: Callable[[], None] | None = None
        """Called when a permit became free that nobody waited for; set by one who feeds."""
        self.waiters: deque[asyncio.Future[bool]] = deque()

    async def wait(self) -> bool:
        """Wait for a permit when none is free. True with one in hand, False when the run is over."""
        waiter: asyncio.Future[bool] = asyncio.Future(loop=self._loop)
        self.waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled() and waiter.result():
                self.release()  # it was ours already; somebody else shall have it
            raise

    def release(self, count: int = 1) -> None:
        """Give permits back, to those who wait in the order they came."""
        while count and self.waiters:
            waiter = self.waiters.popleft()
            if not waiter.done():
                waiter.set_result(True)
                count -= 1
        self.free += count
        if count and self.on_free is not None:
            self.on_free()

    def close(self) -> None:
        """Send everybody who waits away without a permit."""
        while self.waiters:
            waiter = self.waiters.popleft()
            if not waiter.done():
                waiter.set_result(False)


class Outlet:
    """The capture queue: results in order, each with whether it holds a permit, and who waits for them."""

    __slots__ = (
        "_loop",
        "_permits",
        "blocked",
        "capacity",
        "direct_room",
        "discarding",
        "filled",
        "observer",
        "readers",
        "results",
        "weights",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, permits: Permits, capacity: int) -> None:
        self._loop = loop
        self._permits = permits
        self.capacity = capacity
        self.results: deque[tuple[Result, int, int]] = deque()
        """Each with its ticket, and its bytes where queues are weighed."""
        self.blocked: deque[Node] = deque()
        """Captures that found the queue full; a node is here at most once."""
        self.readers: deque[asyncio.Future[None]] = deque()
        self.discarding = False
        """What comes is not kept: the host has what it wants of this run."""
        self.direct_room = capacity
        """How many results a driver may append by itself: all that the queue holds, none while
        `discarding`."""
        self.filled = False
        """A result took the last room, and the pump has not heeded it yet."""
        self.observer: Observer | None = None
        self.weights: Weights | None = None
        """What all queues may hold, this one too."""

    def keep(self) -> None:
        """Keep what comes from here on."""
        self.discarding = False
        self.direct_room = self.capacity

    def has_room(self, size: int) -> bool:
        """Whether a result of `size` bytes can be put.

        Where queues are weighed an empty queue takes any result: else a full run could wait for its host
        while the host waits for a result.
        """
        if self.discarding or not self.results:
            return True
        if len(self.results) >= self.capacity:
            return False
        return self.weights is None or self.weights.held + size <= self.weights.limit

    def put(self, result: Result, ticket: int, size: int = 0) -> None:
        """Add a result of `size` bytes, and wake one who waits for it."""
        if self.discarding:
            if ticket & 1:
                self._permits.release()
            return
        self.results.append((result, ticket, size))
        self.filled = len(self.results) >= self.capacity
        if self.weights is not None:
            self.weights.held += size
        if self.observer is not None:
            self.observer.captured()
        if self.readers:
            self.wake_one()

    def discard(self) -> None:
        """Free what the queue holds, and keep nothing from here on."""
        self.discarding = True
        self.direct_room = 0
        while self.results:
            _, ticket, size = self.results.popleft()
            if ticket & 1:
                self._permits.release()
            if self.weights is not None:
                self.weights.held -= size
            if self.observer is not None:
                self.observer.taken()

    async def wait(self) -> None:
        """Wait until something may have changed: a result came, or the run drained or ended."""
        reader: asyncio.Future[None] = asyncio.Future(loop=self._loop)
        self.readers.append(reader)
        try:
            await reader
        except asyncio.CancelledError:
            if self.results:
                self.wake_one()  # if the wake was for this one, it would be lost
            raise

    def wake_one(self) -> None:
        """Wake the first who waits."""
        while self.readers:
            reader = self.readers.popleft()
            if not reader.done():
                reader.set_result(None)
                return

    def wake_all(self) -> None:
        """Wake everybody who waits, to look for themselves."""
        while self.readers:
            self.wake_one()
