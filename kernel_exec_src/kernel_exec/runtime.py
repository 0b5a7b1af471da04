"""What the scheduler asks of its world: starting work, the clock, its share of the loop's time.

With `offload` and `spill` all that the kernel needs of its platform; the scheduler above reads the same
everywhere. Only public asyncio is used: an eager start is `asyncio.Task(..., eager_start=True)`.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Final
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

clock = perf_counter


def faults() -> tuple[type[BaseException], ...]:
    """Return what counts as a failure of somebody else's coroutine, to be evaluated by an `except`.

    A cancellation does that this task was not asked for: it comes from something that the coroutine awaited.
    """
    task = asyncio.current_task()
    return (Exception,) if task is not None and task.cancelling() else (Exception, asyncio.CancelledError)


_outliving: set[asyncio.Task[None]] = set()


def outlive(task: asyncio.Task[None]) -> asyncio.Task[None]:
    """Let clean-up go on to its end though nobody may wait for it: the loop alone would not keep its task."""
    _outliving.add(task)
    task.add_done_callback(_outliving.discard)
    return task


if FAST_PATH:

    class Turn:
        """The slice of the loop's time that all runs on one loop share: 2 ms, measured by the clock.

        A slice begins with the first `open` after the loop had a turn and lasts until `look` finds its end;
        then nobody runs until the loop has had another turn. A run keeps its pace, the number of hops between
        two looks: one while its handlers are slow or unknown, doubling to `TRUSTED` while they prove quick,
        so that a slice overruns by one slow handler, or by `TRUSTED` quick ones.
        """

        __slots__ = ("_end", "_seen", "begun", "spent")

        LENGTH: Final = 0.002
        _SLOW: Final = 0.0005

        def __init__(self) -> None:
            self.spent = False
            self.begun = False
            self._end = 0.0
            self._seen = 0.0

        def open(self, loop: asyncio.AbstractEventLoop) -> bool:
            """Begin a slice, or go on with the one that has begun. False when it is used up."""
            if not self.begun:
                self.begun = True
                loop.call_soon(self._loop_had_its_turn)
                self._seen = now = clock()
                self._end = now + self.LENGTH
                self.spent = False
            return not self.spent

        def look(self, pace: int, left: int) -> int:
            """See whether the slice is used up, and return the next pace of a run that went on at `pace`.

            `left` is how many hops of that it has not gone, less than zero if it went further.
            """
            now = clock()
            slow = now - self._seen > self._SLOW
            self._seen = now
            if now >= self._end:
                self.spent = True
            if slow:
                return FIRST_PACE
            return pace if pace >= TRUSTED else 2 * pace

        def _loop_had_its_turn(self) -> None:
            self.begun = False

else:

    class Turn:
        """The slice of the host's time that all runs on one loop share: 1,024 hops.

        Hops and not time, because the clock of such a host may stand still between two waits. Once used up,
        nobody runs until the host has had a turn. The host is asked to say so only when half of a slice is
        used, since every callback is a timer of its own: what is used of a slice in one turn of the host is
        forgotten together with what is used in the next.
        """

        __slots__ = ("_asked", "_left", "begun", "spent")

        LENGTH: Final = 1024

        def __init__(self) -> None:
            self.spent = False
            self.begun = False
            self._left = 0
            self._asked = False
            """The host has been asked for a call when it has had its turn."""

        def open(self, loop: asyncio.AbstractEventLoop) -> bool:
            """Begin a slice, or go on with the one that has begun. False when it is used up."""
            if not self.begun:
                self.begun = True
                self._left = self.LENGTH
                self.spent = False
            return not self.spent

        def look(self, pace: int, left: int) -> int:
            """See whether the slice is used up after `pace - left` hops; return the next pace, the same."""
            self._left -= pace - left
            if self._left <= self.LENGTH // 2:
                if not self._asked:
                    self._asked = True
                    asyncio.get_running_loop().call_soon(self._loop_had_its_turn)
                if self._left <= 0:
                    self.spent = True
            return pace

        def _loop_had_its_turn(self) -> None:
            self.begun = self._asked = False


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, Turn] = WeakKeyDictionary()


def turn_of(loop: asyncio.AbstractEventLoop) -> Turn:
    """Return the turn that all runs on `loop` share."""
    turn = _turns.get(loop)
    if turn is None:
        turn = _turns[loop] = Turn()
    return turn
