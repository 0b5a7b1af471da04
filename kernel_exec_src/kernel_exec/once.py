"""Single runs: schedulers that are used again, and what a run does when its result is not there at once.

Beside `instance`, behind `executor.run_once`. Most runs of quick handlers never come here but to borrow: they
end on one tour.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from kernel_exec.context import CheckpointInfo, RunState
from kernel_exec.errors import Cancelled, DeadlineExceeded, ExecutionError, MissingOutput
from kernel_exec.instance import close, drop
from kernel_exec.program import Program
from kernel_exec.results import Result, Stream, Value
from kernel_exec.runtime import LONGEST, outlive
from kernel_exec.scheduler import Host, Scheduler, answer, assemble, attach, restore

if TYPE_CHECKING:
    from kernel_exec.durability import Durability, Reopened

type Finish = Literal["all", "capture"]

type Limit = tuple[float, float]
"""When a run has to end, by the clock of its loop, and the seconds that it was given."""


class Pool:
    """Makes the schedulers of one program. Those that ended a run with nothing left in them serve again."""

    MOST_IDLE = 64

    def __init__(
        self, program: Program, host: Host, resources: Mapping[str, Any], durability: Durability | None
    ) -> None:
        self._program = program
        self._host = host
        self._resources = resources
        self._durability = durability
        self._idle: deque[Scheduler] = deque(maxlen=self.MOST_IDLE)

    def make(self, trigger: str | None = None) -> Scheduler:
        """Return a new scheduler on the running loop."""
        run = self._new_run(trigger)
        scheduler = assemble(self._program, run, self._host)
        if self._durability is not None:
            from kernel_exec.durability import begin  # only flows that are durable pay for it

            program = self._program
            run_id, capture = run.labels["lf.run_id"], program.nodes[program.capture].alias
            journal = begin(self._durability, program.flow, run_id=run_id, trigger=trigger, capture=capture)
            attach(scheduler, journal)
        return scheduler

    def make_from(self, reopened: Reopened, payload: Any) -> Scheduler:
        """Return a scheduler that goes on from a checkpoint, with `payload` from where that halted."""
        journal, record = reopened.journal, reopened.record
        info = CheckpointInfo(record.id, journal.lease.owner, record.attempt)
        scheduler = assemble(self._program, self._new_run(record.trigger, record.run_id, info), self._host)
        attach(scheduler, journal)
        for result in reopened.results:
            scheduler.outlet.put(Value(result), 0)
        restore(scheduler, reopened.messages)
        if record.halted is not None:
            answer(scheduler, journal, record.halted, payload)
        return scheduler

    def borrow(self, trigger: str) -> Scheduler:
        """Return a scheduler on the running loop with nothing in it, for a run of its own."""
        loop = asyncio.get_running_loop()
        while self._idle:
            scheduler = self._idle.pop()
            if scheduler.loop is loop:
                scheduler.begin(self._new_run(trigger) if scheduler.contextual else None, copy_context())
                return scheduler
        return self.make(trigger)

    def give_back(self, scheduler: Scheduler) -> None:
        """Keep a scheduler whose run left nothing behind for the next."""
        self._idle.append(scheduler)

    def _new_run(
        self, trigger: str | None, run_id: str | None = None, checkpoint: CheckpointInfo | None = None
    ) -> RunState:
        return RunState(lambda: self._labels(trigger, run_id, checkpoint), self._resources, checkpoint)

    def _labels(
        self, trigger: str | None, run_id: str | None, checkpoint: CheckpointInfo | None
    ) -> dict[str, str]:
        """Make the labels of a run (Flow IR, "Run metadata"), when somebody first asks for them."""
        program = self._program
        labels = {
            "lf.run_id": run_id or str(uuid4()),
            "lf.flow_id": program.flow.id,
            "lf.capture_alias": program.nodes[program.capture].alias,
        }
        if len(program.entrances) == 1:
            trigger = program.nodes[program.entrances[0]].alias
        if trigger is not None:
            labels["lf.trigger_alias"] = trigger
        if checkpoint is not None:
            labels["lf.checkpoint_id"] = checkpoint.id
            labels["lf.resume_id"] = checkpoint.resume_id
            labels["lf.resume_attempt"] = str(checkpoint.attempt)
        return labels


def seconds(deadline: float) -> float:
    """Return `deadline` if it is a number of seconds that can be waited for.

    Raises:
        ValueError: it is negative or not a number.
    """
    if not (isinstance(deadline, int | float) and deadline >= 0):
        raise ValueError(f"a deadline is 0 seconds or more, not {deadline!r}")
    return min(deadline, LONGEST)


async def see_through(
    scheduler: Scheduler, capture: str, limit: Limit | None, finish: Finish, result: Result | None
) -> Result:
    """Wait for the first result, unless it is there, and for side branches where `finish` says so; then end.

    A stream is returned at once, and the run ends with it, unless it has ended already.

    Raises:
        DeadlineExceeded: the run took longer than `limit`.
        MissingOutput: it ended without a result.
        ExecutionError: it failed.
    """
    timer = _arm(scheduler, limit)
    try:
        if result is None:
            result = await _first(scheduler, capture, limit)
        if isinstance(result, Value) and finish == "all":
            await _others(scheduler)
        if limit is not None and scheduler.loop.time() >= limit[0]:
            scheduler.stop(_too_late(limit[1]))  # the timer has had no turn if handlers kept the loop
        if isinstance(scheduler.error, DeadlineExceeded):
            raise scheduler.error
        if isinstance(result, Value):
            await _complete(scheduler, limit)
    except BaseException as error:
        if isinstance(error, ExecutionError):
            error.result = result
        await _end(scheduler, timer)
        raise
    if isinstance(result, Stream) and not scheduler.reusable:
        _follow(scheduler, result, timer, limit)
    else:
        await _end(scheduler, timer)
    return result


def _arm(scheduler: Scheduler, limit: Limit | None) -> asyncio.TimerHandle | None:
    """See that the run is stopped at its limit: at once if that has passed while handlers kept the loop."""
    if limit is None:
        return None
    ends, deadline = limit
    error = _too_late(deadline)
    left = ends - scheduler.loop.time()
    if left <= 0:
        scheduler.stop(error)
        return None
    return scheduler.loop.call_later(left, scheduler.stop, error)


async def _first(scheduler: Scheduler, capture: str, limit: Limit | None) -> Result:
    outlet = scheduler.outlet
    while not outlet.results:
        if scheduler.error is not None:
            raise scheduler.error
        if scheduler.drained:
            await _complete(scheduler, limit)
            raise MissingOutput(f"the run ended, and nothing reached {capture!r}", alias=capture)
        await outlet.wait()
    return scheduler.take(delivered=False)


async def _others(scheduler: Scheduler) -> None:
    """Let what is still on its way end; nothing more is captured (kernel decision 5)."""
    scheduler.discard_results()
    while not (scheduler.drained or scheduler.stopped):
        await scheduler.outlet.wait()
    if scheduler.error is not None:
        raise scheduler.error


async def _complete(scheduler: Scheduler, limit: Limit | None) -> None:
    """Acknowledge a durable run. A store that takes longer than the run may goes on with that alone."""
    if scheduler.journal is None:
        return
    completing = outlive(scheduler.loop.create_task(scheduler.journal.complete()))
    done, _ = await asyncio.wait([completing], timeout=limit and max(0.0, limit[0] - scheduler.loop.time()))
    if not done:
        assert limit is not None
        raise _too_late(limit[1])
    if failure := completing.result():
        raise failure


def _too_late(deadline: float) -> DeadlineExceeded:
    return DeadlineExceeded(f"the run did not end within {deadline} s", deadline=deadline)


async def _end(scheduler: Scheduler, timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
    if not scheduler.reusable:
        scheduler.discard(Cancelled("the run has ended", reason="ended"))
        await close(scheduler)
    else:
        scheduler.outlet.results.clear()


def _follow(
    scheduler: Scheduler, stream: Stream, timer: asyncio.TimerHandle | None, limit: Limit | None
) -> None:
    """Tie the run to its stream: it ends with it, and is stopped when that is closed or dropped."""

    async def conclude(complete: bool) -> None:
        try:
            if complete:
                await _others(scheduler)
                await _complete(scheduler, limit)
        finally:
            await _end(scheduler, timer)

    stream.follow(conclude, partial(drop, scheduler))
