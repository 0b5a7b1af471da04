"""What the scheduler asks of its world: starting work, the clock, its share of the loop's time.

With `offload` and `spill` all that the kernel needs of its platform. Only public asyncio is used: an eager
start is `asyncio.Task(..., eager_start=True)`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final
from weakref import WeakKeyDictionary

from kernel_exec._profile import FAST_PATH
from profilec import choose

GRACE: Final = 0.02
"""Seconds that closing a run waits for its handlers to clean up after they were cancelled."""

QUEUE_LIMIT_BYTES: Final[int | None] = choose(native=None, wasm=64 * 1024 * 1024)
"""What all queues of a run may hold together where the host says nothing (kernel decision 14)."""

TRUSTED: Final = choose(native=16, wasm=64)
"""Hops between two looks at the slice once handlers have shown that they are quick."""

FIRST_PACE: Final = choose(native=1, wasm=64)
"""Hops between two looks at the slice before that, and when they have become slow."""

LONGEST: Final = 1e12
"""Seconds, 30,000 years: a time beyond this is this, since clocks count in floats."""

clock = perf_counter


def seconds_of(milliseconds: int) -> float:
    """Return a time that a flow gives in the unit of clocks."""
    return max(0, min(milliseconds, LONGEST * 1000)) / 1000


def faults() -> tuple[type[BaseException], ...]:
    """Return what counts as a failure of somebody else's coroutine, to be evaluated by an `except`.

    A cancellation does that this task was not asked for: it comes from something that the coroutine awaited.
    """
    task = asyncio.current_task()
    return (Exception,) if task is not None and task.cancelling() else (Exception, asyncio.CancelledError)


_outliving: set[asyncio.Task[Any]] = set()


def outlive[T](task: asyncio.Task[T]) -> asyncio.Task[T]:
    """Let clean-up go on to its end though nobody may wait for it: the loop alone would not keep its task."""
    _outliving.add(task)
    task.add_done_callback(_outliving.discard)
    return task


class Turn:
    """The slice of the loop's time that all runs on one loop share.

    A slice begins with the first `open` after the loop had a turn and lasts until `look` finds its end; then
    nobody runs until the loop has had another turn. Those that have something to do then `wait` for it, all
    of them with one callback, and in turn: who came first has most of the next slice, and comes last then.
    Who finds it used up is not called, and comes first: what a turn costs does not grow with those that wait.
    """

    if FAST_PATH:
        __slots__ = ("_asked", "_end", "_seen", "_waiting", "begun", "spent")

        LENGTH: Final = 0.002
        """Seconds; a run keeps its pace, the number of hops between two looks at the clock: one while its
        handlers are slow or unknown, doubling to `TRUSTED` while they prove quick, so that a slice overruns
        by one slow handler, or by `TRUSTED` quick ones."""

        _SLOW: Final = 0.0005
    else:
        __slots__ = ("_asked", "_left", "_waiting", "begun", "spent")

        LENGTH: Final = 2048
        """Hops and not time, because the clock of a browser may stand still between two waits."""

    def __init__(self) -> None:
        self.spent = False
        self.begun = 0
        """Not 0 from `open` to the loop's next turn; counts those that went on since one of them looked."""
        self._asked = False
        """The loop has been asked for a call when it has had its turn."""
        self._waiting: deque[Callable[[], None]] = deque()
        if FAST_PATH:
            self._end: float
            self._seen: float
        else:
            self._left: int

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin a slice, or go on with the one that has begun, which may be used up."""
        if not self.begun:
            self.begun = 1
            self.spent = False
            if FAST_PATH:
                self._ask(loop)
                self._seen = now = clock()
                self._end = now + self.LENGTH
            else:
                self._left = self.LENGTH

    def look(self, pace: int, left: int) -> int:
        """See whether the slice is used up, and return the next pace of a run that went on at `pace`.

        `left` is how many hops of that it has not gone, less than zero if it went further.
        """
        if FAST_PATH:
            now = clock()
            slow = now - self._seen > self._SLOW
            self._seen = now
            if now >= self._end:
                self.spent = True
            if slow:
                return FIRST_PACE
            return pace if pace >= TRUSTED else 2 * pace
        self._left -= pace - left
        if self._left <= 0:
            self.spent = True
        return pace

    def wait(self, loop: asyncio.AbstractEventLoop, pump: Callable[[], None]) -> None:
        """Have `pump` called in the next turn of the loop."""
        self._waiting.append(pump)
        self._ask(loop)

    def _ask(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._asked:
            self._asked = True
            loop.call_soon(self._loop_had_its_turn)

    def _loop_had_its_turn(self) -> None:
        self.begun = 0
        self._asked = self.spent = False
        self._waiting.rotate(-1)
        for _ in range(len(self._waiting)):
            if self.spent:
                self._waiting.rotate(1)  # those that are left come first in the next turn
                self._ask(asyncio.get_running_loop())
                break
            self._waiting.popleft()()  # an interrupt here costs those behind it a turn, and not their place


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, Turn] = WeakKeyDictionary()


def turn_of(loop: asyncio.AbstractEventLoop) -> Turn:
    """Return the turn that all runs on `loop` share."""
    turn = _turns.get(loop)
    if turn is None:
        # The loops of other threads come and go meanwhile.
        for reference in _turns.keyrefs():
            if (other := reference()) is not None and other.is_closed():
                _turns.pop(other, None)  # what waits in its turn would keep it for ever
        turn = _turns[loop] = Turn()
    return turn
