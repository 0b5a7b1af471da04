# profilec: only THREADS
"""Blocking handlers as the scheduler sees them: a row of nodes is called like one, and awaited.

Behind `Workers.place`; what it has to do it makes into `jobs`, for `workers`. Most rows are of one node.

Messages go out in batches: whoever is awaited takes along what waits in the inbox. A job takes its batch as
far along the row as the way is free, which for quick handlers is to its end: then one worker and one wake of
the loop serve the whole inbox and the whole row. A job that takes too long is put in a hurry and keeps only
the handler it is at. What that returns goes on in jobs of its own, and so does, from then on, what comes to a
handler that was slow the last time: slow handlers work side by side, each on another message.

All of this is on the loop's thread. What may be read off a line between two steps of the loop:

- A handler belongs to at most one job, and so to one worker: `begin <= handler < end` for one of `_jobs`.
- A message is in one place: in the inbox, in `_waiting` before a handler, in a job, or in `results`. Within
  the row messages never overtake each other, because jobs and queues are worked off in order.
- `_out` messages were given out and what became of them is not taken yet. All but the one that is awaited
  still stand in the inbox, as the first in it: there they count, so an inbox bounds what is in its row.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context, copy_context
from itertools import islice
from typing import Any, Final

from kernel_exec.offload.jobs import LEVEL, Job
from kernel_exec.offload.workers import WorkerThreads

TOO_LONG: Final = 0.001
"""Seconds after which a job is put in a hurry."""

SLOW: Final = 0.0001
"""Seconds for one payload from which a handler is not run together with others: more than it costs to go
to another worker."""


class FailedFurtherOn(Exception):
    """The handler of a node behind the first of a row raised `cause`, or any raised what no coroutine can."""

    def __init__(self, alias: str, cause: BaseException) -> None:
        super().__init__(alias, cause)
        self.alias = alias
        self.cause = cause


class Inbox(deque[Any]):
    """The inbox of a row, which can tell of a message that comes while others are further on in the row."""

    on_message: Callable[[], None] | None = None

    def append(self, message: Any, /) -> None:
        """Put a message behind the others."""
        super().append(message)
        if self.on_message is not None:
            self.on_message()


class Line:
    """The place of a blocking node, or of several in a row.

    Args:
        levels: the workers of each process and `LEVEL`; a forked process has none of the threads.
        row: the alias and the call of each node.
        inbox: the messages behind the current one, to work ahead on; an `Inbox` for more nodes than one.
    """

    def __init__(
        self,
        levels: Mapping[tuple[int, int], WorkerThreads],
        row: Sequence[tuple[str, Callable[[Any], Any]]],
        inbox: deque[Any],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._levels = levels
        self._threads = levels[os.getpid(), 0]
        """The workers of the run that the line serves."""
        self._aliases = tuple([alias for alias, _ in row])
        self._calls = tuple([call for _, call in row])
        self._inbox = inbox
        self.results: deque[Any] = deque()
        """What has come to the end of the row."""
        self._failure: BaseException | None = None
        """What ends the run when the results before it are taken."""
        self._abandoned = False
        self._out = 0
        self._jobs: list[Job] = []
        self._waiting: dict[int, deque[Any]] = {}
        """Payloads before a handler that another job still holds, by handler."""
        self._slow: set[int] = set()
        """The handlers that were slow the last time."""
        self._context: Context
        """What every handler's context is a copy of: that of whoever waited last."""
        self._waiter: asyncio.Future[None] | None = None
        """Set while a call waits; done when there is something for it."""

    async def call(self, payload: Any) -> Any:
        """Return what the row makes of `payload`; perhaps it was worked ahead on."""
        if not self.results:
            await self._wait(payload)
        self._out -= 1
        return self.results.popleft()

    def took(self, count: int) -> None:
        """Note that so many of `results` were taken, and their messages from the inbox."""
        self._out -= count

    def abandon(self) -> None:
        """Want nothing more of what is out, ever; handlers that sit in it are left alone."""
        self._abandoned = True
        self._threads.abandon(self._jobs)
        self._jobs.clear()

    async def _wait(self, payload: Any) -> None:
        """Return when there is a result, or raise what a handler raised."""
        self._context = copy_context()
        self._threads = self._levels[os.getpid(), LEVEL.get()]
        if not self._out:
            self._out = 1
            self._waiting[0] = deque((payload,))
        try:
            while not self.results and self._failure is None:
                self._waiter = asyncio.Future(loop=self._loop)
                self._advance()
                await self._waiter
        finally:
            self._waiter = None
            self._listen(None)
        if not self.results:
            assert self._failure is not None
            raise self._failure

    # What happens while a call waits, or its result is on its way -------------------------------------------

    def _advance(self) -> None:
        """Take what the jobs have done, and make jobs of what waits before handlers that nobody is at."""
        if self._abandoned:
            return
        for job in tuple(self._jobs):
            if job.is_settled:
                self._collect(job)
        if self._failure is not None:
            return
        waiter = self._waiter
        if waiter is not None:
            self._empty_inbox()
            self._listen(self._message_came)
        for handler in sorted(self._waiting, reverse=True):
            if end := self._end_of_free(handler):
                self._start(handler, end)
        if waiter is not None and self.results and not waiter.done():
            waiter.set_result(None)

    def _collect(self, job: Job) -> None:
        """Take over what a settled job has; forget it if it has ended."""
        ended = job.ended  # looked at first: what comes after it would be missed
        if job.results:
            if job.at + 1 == len(self._calls):
                place = self.results
            else:
                place = self._waiting.setdefault(job.at + 1, deque())
            if ended:
                place.extend(job.results)
            else:
                while job.results:
                    place.append(job.results.popleft())
        if ended:
            self._jobs.remove(job)
            job.timer.cancel()
            for handler, seconds in job.seconds.items():
                if seconds > SLOW:
                    self._slow.add(handler)
                else:
                    self._slow.discard(handler)
            if job.failure is not None:
                self._fail(*job.failure)

    def _fail(self, handler: int, cause: BaseException) -> None:
        """Let the call that waits, or the next that finds no result, end the run."""
        is_plain = handler == 0 and not isinstance(cause, StopIteration)  # PEP 479
        self._failure = cause if is_plain else FailedFurtherOn(self._aliases[handler], cause)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _empty_inbox(self) -> None:
        """Let what is in the inbox wait at the first handler, up to a message that has to be unpacked."""
        waiting = self._waiting.setdefault(0, deque())
        append, waited = waiting.append, len(waiting)
        for payload, _edge, _ticket, parcel in islice(self._inbox, self._out - 1, None):
            if parcel is None or isinstance(parcel, int):
                append(payload)
            else:
                break
        self._out += len(waiting) - waited
        if not waiting:
            del self._waiting[0]

    def _end_of_free(self, handler: int) -> int:
        """Return how far one job may go from `handler` on; 0 if another job holds that."""
        end = len(self._calls)
        for job in self._jobs:
            if job.begin > handler:
                end = min(end, job.begin)
            elif handler < job.end:
                return 0
        if handler in self._slow:
            return handler + 1
        return min([end, *[slow for slow in self._slow if slow > handler]]) if self._slow else end

    def _start(self, begin: int, end: int) -> None:
        """Make a job of what waits at a handler."""
        job = Job(self._calls, begin, end, self._waiting.pop(begin), self._context, self._advance)
        job.timer = self._loop.call_later(TOO_LONG, self._take_too_long, job)
        self._jobs.append(job)
        try:
            self._threads.submit(job)
        except RuntimeError as error:  # the platform has no thread for it
            self._fail(begin, error)

    def _take_too_long(self, job: Job) -> None:
        job.hurry()
        self._advance()

    def _message_came(self) -> None:
        """Give out what comes to the inbox, in the loop's next turn, in which more may have come."""
        self._listen(None)
        self._loop.call_soon(self._advance)

    def _listen(self, on_message: Callable[[], None] | None) -> None:
        """Have a message that comes to the inbox told; with one node it could not be begun anyway."""
        if isinstance(self._inbox, Inbox):
            self._inbox.on_message = on_message
