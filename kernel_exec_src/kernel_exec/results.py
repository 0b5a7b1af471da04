"""What a run gives its host: `Value`, `Stream` or `Halted`; and `SKIP`, by which a handler gives nothing.

Made by the scheduler, handed out by `instance` and `executor`. A stream has two ends: the host holds the
`Stream`, the node's driver holds the `Feed` behind it, and a dropped `Stream` closes its feed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import Enum
from typing import Any, Final, Literal, Self, final

from msgspec import Struct

from kernel_exec.errors import ExecutionError


@final
class Skip(Enum):
    """The type of `SKIP`."""

    SKIP = "skip"


SKIP: Final[Literal[Skip.SKIP]] = Skip.SKIP
"""What a handler returns to send nothing on: the message ends there and its permit is free again."""


class Value(Struct, frozen=True):
    """One payload that the capture node returned."""

    value: Any


class Halted(Struct, frozen=True):
    """The run ended at the halting node `alias`, which returned `payload`.

    `checkpoint` is the id to resume from, None where no checkpoint store is bound.
    """

    alias: str
    payload: Any
    checkpoint: str | None = None


class Feed:
    """The node's end of a stream: a short queue of items between the node's driver and the host.

    Invariants: at most one side waits at a time, each on its own future; `error` is raised after the last
    item; once `closed`, the host is gone and nothing more is kept.
    """

    __slots__ = ("_items", "_reader", "_writer", "closed", "ended", "error", "loop", "on_close")

    CAPACITY: Final = 16

    def __init__(self, loop: asyncio.AbstractEventLoop, on_close: Callable[[], object]) -> None:
        self.loop = loop
        """The loop on which both ends live."""
        self.on_close = on_close
        """Interrupts the node that feeds, once, when the host goes before the end."""
        self._items: deque[object] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self.ended = False
        self.closed = False
        self.error: BaseException | None = None

    @property
    def exhausted(self) -> bool:
        """Whether the host has taken all that there will be."""
        return self.ended and not self._items

    async def put(self, item: object) -> bool:
        """Queue an item, waiting for room. False when host or run is gone and the node should stop."""
        while not (self.closed or self.ended):
            if len(self._items) < self.CAPACITY:
                self._items.append(item)
                _wake(self._reader)
                return True
            self._writer = asyncio.Future(loop=self.loop)
            await self._writer
        return False

    def end(self, error: BaseException | None = None, *, at_once: bool = False) -> None:
        """Say that no item follows. `error` is raised behind the items, or `at_once` in their place."""
        if self.ended:
            return
        if at_once:
            self._items.clear()
        self.ended = True
        self.error = error
        _wake(self._reader)
        _wake(self._writer)

    async def get(self) -> object:
        """Return the next item; after the last, raise the error of the stream or StopAsyncIteration.

        Raises:
            RuntimeError: another task waits for the next item.
        """
        if self._reader is not None and not self._reader.done():
            raise RuntimeError("another task waits for the next item of this stream: iterate it in one task")
        while not self._items:
            if self.closed:
                raise StopAsyncIteration
            if self.ended:
                raise StopAsyncIteration if self.error is None else self.error.with_traceback(None)
            self._reader = asyncio.Future(loop=self.loop)
            await self._reader
        item = self._items.popleft()
        _wake(self._writer)
        return item

    async def drained(self) -> None:
        """Wait until the host has taken the last item, or gone."""
        while self._items and not self.closed:
            self._writer = asyncio.Future(loop=self.loop)
            await self._writer

    def close(self) -> None:
        """Let the host go: drop what is queued and interrupt the node if it still feeds."""
        self.closed = True
        self._items.clear()
        _wake(self._reader)
        _wake(self._writer)
        if not self.ended:
            self.on_close()


class Stream(AsyncIterator[Any]):
    """The items of a streaming capture node, one by one, as its handler yields them.

    Iterating raises `NodeFailed` where the handler raised, behind the items before it, and whatever else
    ended the run. `aclose()`, or dropping the stream, stops the handler. Until then, or until its last item
    is taken, the node takes no other message: a host that keeps a stream and reads no further waits in vain
    for the next result. To be iterated by one task at a time.
    """

    __slots__ = ("__weakref__", "_abandon", "_conclude", "_feed")

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._abandon: Callable[[], None] = feed.close
        self._conclude: Callable[[bool], Awaitable[None]] | None = None

    def follow(self, conclude: Callable[[bool], Awaitable[None]], abandon: Callable[[], None]) -> None:
        """Tie a run to the stream that is its result.

        Args:
            conclude: awaited once, when the stream has ended; its argument says whether it came to its end.
            abandon: called, on the loop's thread, if the stream is dropped before.
        """
        self._conclude = conclude
        self._abandon = abandon

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self._feed.get()
        except (StopAsyncIteration, ExecutionError) as end:
            await self._end(complete=isinstance(end, StopAsyncIteration))
            raise

    async def aclose(self) -> None:
        """Stop the handler and forget the rest. What the handler raises about it is not raised here."""
        self._feed.close()
        await self._end(complete=False)

    def __del__(self) -> None:
        feed = self._feed
        if not (feed.closed or feed.loop.is_closed() or (feed.exhausted and self._conclude is None)):
            # The last reference may go on any thread.
            feed.loop.call_soon_threadsafe(self._abandon)

    async def _end(self, *, complete: bool) -> None:
        conclude, self._conclude = self._conclude, None
        if conclude is not None:
            await conclude(complete)


type Result = Value | Stream | Halted


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
