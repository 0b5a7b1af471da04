"""Where plain handlers run, and so how they are called.

With `runtime` and `spill` all that the kernel needs of its platform. The scheduler sees a node like any
other: `Workers.place` says how to call its handler.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from kernel_exec._profile import THREADS
from kernel_exec.offload.lines import FailedFurtherOn, Inbox, Line  # profilec: only THREADS
from kernel_exec.offload.workers import WorkerThreads  # profilec: only THREADS
from kernel_exec.registry import NodeSpec
from profilec import only

__all__ = [
    "Ahead",
    "Placed",
    "Workers",
    "blamed",
    "leaves_the_loop",  # profilec: only THREADS
]


class Ahead(Protocol):
    """Where messages are worked on while they wait in the inbox."""

    results: deque[Any]
    """What became of the first messages in the inbox, in order: calling for one of them would return this."""

    def took(self, count: int) -> None:
        """Note that so many of `results` were taken, and their messages from the inbox."""
        ...


class Placed(NamedTuple):
    """How to call a handler where it was placed."""

    call: Callable[[Any], Any]
    inbox: deque[Any]
    """Where the messages for it have to wait."""
    ahead: Ahead | None
    abandon: Callable[[], None] | None
    """What abandons it when the run is over, if anything does."""


@only(THREADS)
def leaves_the_loop(spec: NodeSpec) -> bool:
    """Tell whether the handler runs elsewhere than on the loop's thread, so that its call is awaited."""
    return not (spec.is_async or spec.stream or spec.inline)


def blamed(alias: str, error: BaseException) -> tuple[str, BaseException]:
    """Return which node failed, and of what, when calling what was placed at the node `alias` raised."""
    if THREADS and isinstance(error, FailedFurtherOn):
        return error.alias, error.cause
    return alias, error


class Workers:
    """Where the handlers of one executor run."""

    if THREADS:

        def __init__(self) -> None:
            # Who waits for a run holds none of the workers that the run may need.
            self._levels: defaultdict[tuple[int, int], WorkerThreads] = defaultdict(WorkerThreads)

        def __del__(self) -> None:
            for threads in tuple(self._levels.values()):  # runs on other threads may use further ones
                threads.dismiss()

    def place(self, row: Sequence[tuple[NodeSpec, str, Callable[[Any], Any]]], *, ahead: bool) -> Placed:
        """Place a handler, or several that each feed the next alone, to be called like one.

        Args:
            row: the handler, the alias of its node, and how it would be called in place; more than one only
                where all of them leave the loop.
            ahead: messages may be worked on while they wait in the inbox.
        """
        if THREADS and leaves_the_loop(row[0][0]):
            inbox = Inbox() if len(row) > 1 else deque()
            calls = [(alias, call) for _, alias, call in row]
            line = Line(self._levels, calls, inbox if ahead else deque())
            return Placed(line.call, inbox, line if ahead else None, line.abandon)
        _, _, call = row[0]
        return Placed(call, deque(), None, None)
