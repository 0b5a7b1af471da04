"""Where plain handlers run, and so how they are called.

With `runtime` and `spill` all that the kernel needs of its platform. The scheduler sees a node like any
other: `Workers.place` says how to call its handler.
"""

from __future__ import annotations

import asyncio  # profilec: only THREADS
import os  # profilec: only THREADS
import threading  # profilec: only THREADS
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context  # profilec: only THREADS
from typing import Any

from kernel_exec._profile import THREADS
from kernel_exec.registry import NodeSpec
from profilec import only

__all__ = ["Placed", "Workers", "leaves_the_loop"]

type Placed = tuple[Callable[[Any], Any], Callable[[], None] | None]
"""How to call a handler where it was placed, and what abandons it when the run is over, if anything does."""


def leaves_the_loop(spec: NodeSpec) -> bool:
    """Tell whether the handler runs elsewhere than on the loop's thread, so that its call is awaited."""
    if THREADS:
        return not (spec.is_async or spec.stream or spec.inline)
    return False


@only(THREADS)
class Job:
    """Payloads of one node, handled one after the other on a worker, and the results on their way back.

    The worker appends to `results`, the loop takes from it. One wake of the loop serves the whole job, at
    its end; only where the loop has waited for `_TOO_LONG` does every result wake it, because then handlers
    are slow. The worker appends before it looks whether the loop is in a `_hurry`, and the loop says so
    before it looks at the results: so one of the two sees the other.

    `_notified` is set while a wake is on its way, and cleared by the wake before it looks: what was appended
    before the clearing is seen by that wake, and what is appended after it causes another.
    """

    _TOO_LONG = 0.001

    def __init__(self, call: Callable[[Any], Any], payloads: list[Any], context: Context) -> None:
        self.abandoned = False
        self.running = False
        self.left = len(payloads)
        """Results that the loop has not taken yet."""
        self._call = call
        self._payloads = payloads
        self._context = context
        self._loop = asyncio.get_running_loop()
        self.results: deque[tuple[Any, BaseException | None]] = deque()
        """In the order of the payloads: what the handler returned, or raised."""
        self._waiter: asyncio.Future[None] | None = None
        self._notified = False
        self._hurry = False

    def run(self) -> None:
        """Handle the payloads, on a worker; stop after one that fails, or when nobody wants the rest."""
        for payload in self._payloads:
            if self.abandoned:
                return
            error: BaseException | None = None
            result: Any = None
            try:
                result = self._context.run(self._call, payload)
            except BaseException as raised:  # whatever it is, it is the node's failure and not the worker's
                error = raised
            self.results.append((result, error))
            if error is not None:
                break
            if self._hurry:
                self._notify()
        self._notify()

    async def wait(self) -> None:
        """Wait until there are results."""
        while not self.results:
            self._waiter = self._loop.create_future()
            timer = None if self._hurry else self._loop.call_later(self._TOO_LONG, self._hurry_up)
            try:
                await self._waiter
            finally:
                if timer is not None:
                    timer.cancel()

    def _hurry_up(self) -> None:
        self._hurry = True
        self._wake()

    def _notify(self) -> None:
        if self._notified or self.abandoned:
            return
        self._notified = True
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:  # the loop was closed while the handler sat on the worker
            self.abandoned = True

    def _wake(self) -> None:
        self._notified = False
        if self.results and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


@only(THREADS)
class Bench:
    """The place of one node: its calls are awaited, while a worker handles the payloads.

    Work goes out in batches: a call takes along what else waits in the node's inbox, so that one job and one
    wake of the loop serve a whole inbox, in order.
    """

    def __init__(
        self, workers: Workers, call: Callable[[Any], Any], inbox: deque[tuple[Any, Any, int, Any]] | None
    ) -> None:
        self._workers = workers
        self._call = call
        self._inbox = inbox
        self._job: Job | None = None

    async def call(self, payload: Any) -> Any:
        """Return what the handler makes of `payload`, perhaps while an earlier one was awaited."""
        job = self._job
        if job is None or not job.left:
            job = self._job = Job(self._call, [payload, *self._waiting()], copy_context())
            self._workers.submit(job)
        if not job.results:
            try:
                await job.wait()
            except (asyncio.CancelledError, GeneratorExit):
                self.abandon()
                raise
        job.left -= 1
        result, error = job.results.popleft()
        if error is not None:
            raise error
        return result

    def abandon(self) -> None:
        """Want nothing more of the job at work; a handler that sits in it is left alone."""
        if self._job is not None:
            self._workers.abandon(self._job)
            self._job = None

    def _waiting(self) -> list[Any]:
        """Return the payloads in the inbox, up to the first that has to be unpacked when its turn comes."""
        payloads: list[Any] = []
        for payload, _edge, _ticket, parcel in self._inbox or ():
            if parcel is not None and not isinstance(parcel, int):
                break
            payloads.append(payload)
        return payloads


if THREADS:

    class Workers:
        """Daemon threads, started when needed up to a bound, that run the jobs of one executor.

        Every thread that counts is in `_count`; those that wait for a job are in `_idle` too. A worker whose
        job was abandoned stops counting at once, so that its place can be filled, and ends when its handler
        lets it.
        """

        _LIMIT = min(32, (os.cpu_count() or 1) + 4)
        _PATIENCE = 5.0
        """Seconds that an idle worker waits for a job before it ends."""

        def __init__(self) -> None:
            self._changed = threading.Condition()
            self._jobs: deque[Job] = deque()
            self._count = 0
            self._idle = 0

        def place(self, spec: NodeSpec, call: Callable[[Any], Any], inbox: deque[Any] | None) -> Placed:
            """Return how to call a handler, given how it would be called in place.

            Args:
                spec: the handler.
                call: calls it with a payload.
                inbox: the messages behind the current one, to work ahead on; None if each must wait its turn.
            """
            if not leaves_the_loop(spec):
                return call, None
            bench = Bench(self, call, inbox)
            return bench.call, bench.abandon

        @only(THREADS)
        def submit(self, job: Job) -> None:
            """Queue a job; start a worker if none is idle and the bound allows."""
            with self._changed:
                self._jobs.append(job)
                self._staff()

        @only(THREADS)
        def abandon(self, job: Job) -> None:
            """Want nothing more of a job. The worker in it, if any, no longer counts."""
            with self._changed:
                if job.abandoned:
                    return
                job.abandoned = True
                if job.running:
                    self._count -= 1
                    self._staff()

        def _staff(self) -> None:
            """See that somebody takes the queued jobs; called with the lock held."""
            if self._idle >= len(self._jobs):
                self._changed.notify()
            elif self._count < self._LIMIT:
                self._count += 1
                threading.Thread(target=self._work, name="kernel-exec-worker", daemon=True).start()

        def _work(self) -> None:
            while (job := self._next_job()) is not None:
                job.run()
                with self._changed:
                    job.running = False
                    if job.abandoned:
                        return

        def _next_job(self) -> Job | None:
            """Wait for a job. None, and the worker has stopped counting, when none came for a while."""
            with self._changed:
                while True:
                    while self._jobs:
                        job = self._jobs.popleft()
                        if not job.abandoned:
                            job.running = True
                            return job
                    self._idle += 1
                    came = self._changed.wait(self._PATIENCE)
                    self._idle -= 1
                    if not came and not self._jobs:
                        self._count -= 1
                        return None

else:

    class Workers:
        """Places handlers: every one runs where it is called, on the one thread there is."""

        def place(self, spec: NodeSpec, call: Callable[[Any], Any], inbox: deque[Any] | None) -> Placed:
            """Return `call` as it is."""
            return call, None
