# profilec: only THREADS
"""Payloads at work: what one worker takes along a row of blocking handlers.

Made by `lines` on the loop's thread, run by `workers` on another; here is all that both touch.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context, ContextVar
from typing import Any

from kernel_exec.results import SKIP
from kernel_exec.runtime import clock

LEVEL: ContextVar[int] = ContextVar("kernel_exec.offload.level", default=0)
"""How many blocking handlers, one within the other, may be waiting for what runs in a context."""


class Job:
    """Payloads for the handlers `begin` to `end` of a row, the last not among them.

    The worker takes all payloads through one handler, then all through the next. So where it is, nothing is
    behind it, and what the handler has returned is all there is ahead. One wake of the loop serves the whole
    job, at its end: that is right for quick handlers.

    A job that takes too long is put in a `hurry`. Then it ends with the handler it is at, the others are free
    for another worker, and every result wakes the loop. The lock is between this and the worker's step to
    the next handler: after `hurry`, `begin` and `end` say for good where the worker is.

    Which thread may do what: the worker alone takes steps and appends to `results`. The loop takes from
    `results` once the job `is_settled`. The worker appends before it looks whether anybody is in a hurry, and
    the loop says so before it looks at `results`: so one of the two sees the other. `_notified` is set while
    a wake is on its way, and cleared by the wake before it looks: what was appended before the clearing is
    seen by that wake, and what is appended after it causes another.
    """

    __slots__ = (
        "_calls",
        "_context",
        "_heeds",
        "_lock",
        "_loop",
        "_notified",
        "_on_news",
        "_payloads",
        "abandoned",
        "at",
        "begin",
        "end",
        "ended",
        "failure",
        "hurried",
        "results",
        "running",
        "seconds",
        "timer",
    )

    def __init__(
        self,
        calls: Sequence[Callable[[Any], Any]],
        begin: int,
        end: int,
        payloads: deque[Any],
        context: Context,
        on_news: Callable[[], None],
    ) -> None:
        self.begin = begin
        self.end = end
        self.at = begin
        """The handler that the worker is at. The worker's own, until the job is settled."""
        self.results: deque[Any] = deque()
        """What the handler `at` has returned, in the order of the payloads."""
        self.failure: tuple[int, BaseException] | None = None
        """Which handler raised what; it belongs behind the results. The worker's own, until `ended`."""
        self.seconds: dict[int, float] = {}
        """What handlers took for a payload on average. The worker's own, until `ended`."""
        self.ended = False
        self.hurried = False
        self.running = False
        """A worker is at it. This is the mark of `workers`, under their lock."""
        self.abandoned = False
        self.timer: asyncio.TimerHandle
        """When it has taken too long; set by who made it."""
        self._calls = calls
        self._payloads = payloads
        self._context = context
        self._on_news = on_news
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._heeds = False
        """The worker looks around after every payload."""
        self._notified = False

    # On the loop's thread -----------------------------------------------------------------------------------

    @property
    def is_settled(self) -> bool:
        """Whether the worker takes no further step, so that the loop may take what is in `results`."""
        return self.ended or self.hurried

    def hurry(self) -> None:
        """Have every result as soon as it is there, and no further handler than the one that is being run."""
        with self._lock:
            self.hurried = self._heeds = True
            self.begin, self.end = self.at, self.at + 1

    def abandon(self) -> None:
        """Want no further handler to be run; the one that is being run is left alone."""
        self.abandoned = self._heeds = True

    def _wake(self) -> None:
        self._notified = False
        self._on_news()

    # On a worker --------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Take the payloads along; stop behind one that fails, or when nobody wants the rest."""
        payloads: deque[Any] | None = self._payloads
        self._payloads = deque()
        while payloads is not None and not self.abandoned:
            # Each handler has a context of its own, as if it had a worker of its own.
            self._context.copy().run(self._handle, payloads)
            payloads = self._step()

    def tell(self) -> None:
        """See that the loop looks at this job, once for all that is there when it does."""
        if self._notified or self.abandoned:
            return
        self._notified = True
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:  # the loop was closed while the handler sat on the worker
            self.abandoned = True

    def _handle(self, payloads: deque[Any]) -> None:
        LEVEL.set(LEVEL.get() + 1)
        call, append = self._calls[self.at], self.results.append
        begun = clock()
        try:
            for payload in payloads:
                # A message that was skipped keeps its place, or nobody could tell whose result is whose.
                append(payload if payload is SKIP else call(payload))
                if self._heeds:
                    self.tell()
                    if self.abandoned:
                        return
        except BaseException as error:  # whatever it is, it is the node's failure and not the worker's
            self.failure = self.at, error
        self.seconds[self.at] = (clock() - begun) / len(payloads)

    def _step(self) -> deque[Any] | None:
        """Go on to the next handler and return what goes there, if it is this job's to do that."""
        with self._lock:
            if not self.results or self.at + 1 == self.end:
                self.ended = True
                return None
            payloads, self.results = self.results, deque()
            self.at += 1
            return payloads
