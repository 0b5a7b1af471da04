"""Processes that work answers out beside this one.

Each is given a batch of questions over a pipe of its own, and the next one when it has answered. Nothing is
shared: when this process ends, however it ends, the pipes end, and so do the others.
"""

import gc
import multiprocessing
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess

_BATCHES = 8
"""Batches for each process: fewer, and the last one works alone; more, and handing them out costs."""


class WorkerError(Exception):
    """A process ended before it had answered."""


class Workers:
    """Some processes, until they are closed."""

    def __init__(self, jobs: int) -> None:
        """Start them."""
        self._pipes: list[Connection] = []
        self._processes: list[BaseProcess] = []
        context = _context()
        with _uninterrupted():
            for _ in range(jobs):
                here, there = context.Pipe()
                process = context.Process(target=_work, args=(there, gc.get_threshold()), daemon=True)
                process.start()
                there.close()
                self._pipes.append(here)
                self._processes.append(process)

    def map[Q, A](self, question: Callable[[Q], A], about: Sequence[Q]) -> list[A]:
        """Return the answers to some questions in their order.

        Raises:
            WorkerError: a process was killed.
            Exception: what working out an answer raised.
        """
        size = max(1, len(about) // (len(self._pipes) * _BATCHES))
        waiting = [(start, about[start : start + size]) for start in range(0, len(about), size)][::-1]
        answers: dict[int, list[A]] = {}
        working: dict[Connection, int] = {}
        idle = [*self._pipes]
        while waiting or working:
            while idle and waiting:
                start, batch = waiting.pop()
                pipe = idle.pop()
                working[pipe] = start
                pipe.send((question, batch))
            ready = wait(list(working))
            for pipe in [pipe for pipe in working if pipe in ready]:
                answers[working.pop(pipe)] = _received(pipe)
                idle.append(pipe)
        return [answer for start in sorted(answers) for answer in answers[start]]

    def close(self) -> None:
        """End the processes, whatever they are at."""
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.terminate()
            process.join()


def prepare() -> None:
    """Begin to import what processes work with, where they are started later, and do not wait for it."""
    if sys.platform != "win32":
        _context()
        with _uninterrupted():
            forkserver.ensure_running()


def _context() -> SpawnContext | ForkServerContext:
    """How processes start: not as copies of this one, which a thread of ours, as for progress, would harm."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["profilec.settle", "profilec.prove", "profilec.emit.formatting"])
    return context


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep interrupts from the processes that are started: they are for the one that asks."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # it lets interrupts through again, so it has to be there before
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _received[A](pipe: Connection) -> list[A]:
    try:
        found: list[A] | Exception = pipe.recv()
    except (EOFError, OSError):
        raise WorkerError("a process was killed while it worked") from None
    if isinstance(found, Exception):
        raise found
    return found


def _work(pipe: Connection, threshold: tuple[int, int, int]) -> None:
    """Answer until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*threshold)
    with suppress(EOFError, OSError):
        while True:
            question, batch = pipe.recv()
            try:
                pipe.send(list(map(question, batch)))
            except (pickle.PicklingError, OSError):
                raise
            except Exception as error:  # whoever asked raises it
                pipe.send(error)
