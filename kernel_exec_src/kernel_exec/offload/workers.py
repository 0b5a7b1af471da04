# profilec: only THREADS
"""The threads that blocking handlers run on: started when needed up to a bound, and gone when idle.

Beside `lines`, which says what there is to do. The threads of one executor serve all its runs, but for those
that handlers on them may wait for, which have threads of their own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue

from kernel_exec.offload.jobs import Job


class WorkerThreads:
    """Daemon threads that run jobs, at most `LIMIT` that count.

    `_count` are the threads that count. `_spare` is how many more of them wait for a job than jobs wait for a
    thread; it is negative while jobs wait. A worker whose job was abandoned stops counting at once, so that
    its place can be filled, and ends when its handler lets it.
    """

    LIMIT = min(32, (os.cpu_count() or 1) + 4)
    PATIENCE = 5.0
    """Seconds that an idle worker waits for a job before it ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        """What there is to do; None lets a worker go that nobody counts on."""
        self._count = 0
        self._spare = 0

    def submit(self, job: Job) -> None:
        """Queue a job; start a worker if none is idle and the bound allows.

        Raises:
            RuntimeError: no worker is there, and none can be started.
        """
        with self._lock:
            self._spare -= 1
            self._jobs.put(job)
            self._staff()

    def abandon(self, jobs: Iterable[Job]) -> None:
        """Want nothing more of some jobs. The workers in them, if any, no longer count."""
        with self._lock:
            for job in jobs:
                if job.running and not job.abandoned:
                    self._count -= 1
                job.abandon()
            with suppress(RuntimeError):  # then the next job that is queued sees to those before it
                self._staff()

    def dismiss(self) -> None:
        """Let idle workers go at once; without the lock, since garbage may be collected while it is held."""
        for _ in range(self._count):
            self._jobs.put(None)

    def _staff(self) -> None:
        """See that somebody takes the queued jobs; called with the lock held."""
        while self._spare < 0 and self._count < self.LIMIT:
            worker = threading.Thread(target=self._work, name="kernel-exec-worker", daemon=True)
            try:
                worker.start()
            except RuntimeError:
                if self._count:
                    return  # those that are there will come to it
                raise
            self._count += 1
            self._spare += 1

    def _work(self) -> None:
        while (job := self._next_job()) is not None:
            job.run()
            with self._lock:
                job.running = False
                if job.abandoned:
                    return
                self._spare += 1
            job.tell()
            del job  # an idle worker keeps no payload alive

    def _next_job(self) -> Job | None:
        """Wait for a job. None, and the worker has stopped counting, when none came or it was dismissed."""
        while True:
            try:
                job = self._jobs.get(timeout=self.PATIENCE)
            except Empty:
                job = None
            with self._lock:
                if job is None:
                    if self._spare <= 0:
                        continue  # there is a job for everyone who waits
                    self._count -= 1
                    self._spare -= 1
                    return None
                if not job.abandoned:
                    job.running = True
                    return job
                self._spare += 1
