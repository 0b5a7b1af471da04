"""Who may work on a checkpoint: a lease taken from the store, renewed while the run lives, and given back.

Beside `stores`; used by the journal of a run, which stops when its lease is lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import uuid4

from kernel_exec.durability.stores import CheckpointStore
from kernel_exec.errors import CheckpointError, CheckpointLeaseConflict, in_words
from kernel_exec.runtime import faults, outlive

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.05
"""How often a resume that waits for another's lease to end looks again."""


async def ask[T](checkpoint_id: str, question: Callable[[], Awaitable[T]]) -> T:
    """Ask a store about a checkpoint, and await what it says.

    Raises:
        CheckpointError: it raised.
    """
    try:
        return await question()
    except faults() as error:
        message = f"the store of checkpoint {checkpoint_id!r} failed: {in_words(error)}"
        raise CheckpointError(message, checkpoint_id=checkpoint_id) from error


class Lease:
    """One owner's right to change one checkpoint; it lasts `seconds` after it was last renewed."""

    def __init__(self, store: CheckpointStore, checkpoint_id: str, seconds: float) -> None:
        self.owner = uuid4().hex
        self.on_lost: Callable[[CheckpointLeaseConflict], None] | None = None
        """Called once if somebody else has taken the checkpoint over, for want of renewal."""
        self._store = store
        self._id = checkpoint_id
        self._seconds = seconds
        self._asked = False
        self._renewal: asyncio.Task[None] | None = None

    @property
    def held(self) -> bool:
        """Whether it was taken and is being renewed."""
        return self._renewal is not None

    async def take(self, *, patient: bool = False) -> None:
        """Take the lease and keep renewing it until `end`.

        Args:
            patient: wait until another's lease ends, by being released or by running out.

        Raises:
            CheckpointLeaseConflict: another owner has it.
            CheckpointError: the store failed.
        """
        self._asked = True
        while not await ask(self._id, self._lease):
            if not patient:
                raise self.conflict()
            await asyncio.sleep(_POLL_SECONDS)
        self._renewal = asyncio.get_running_loop().create_task(self._renew())

    async def end(self, patience: float | None = None) -> None:
        """Give the lease back, if the store was asked for it; who was interrupted in that may have it.

        This goes on though its caller is interrupted, or waits no longer than `patience`, in seconds. A lease
        that cannot be given back runs out by itself.
        """
        if self._asked:
            self._asked = False
            await asyncio.wait([outlive(asyncio.Task(self._give_back()))], timeout=patience)

    async def _give_back(self) -> None:
        await self.stop_renewing()
        try:
            await ask(self._id, lambda: self._store.release(self._id, owner=self.owner))
        except CheckpointError as error:
            _log.warning("the lease could not be given back: %s", error)

    async def stop_renewing(self) -> None:
        """Renew no more; the lease still lasts for what is left of it."""
        renewal, self._renewal = self._renewal, None
        if renewal is not None:
            renewal.cancel()
            await asyncio.wait([renewal])

    def conflict(self) -> CheckpointLeaseConflict:
        """Return the refusal to work on a checkpoint that somebody else has."""
        return CheckpointLeaseConflict(
            f"checkpoint {self._id!r} is leased by another run; it is free when that run ends, or when the "
            "lease has not been renewed for its time (lease_ttl of the flow's durability policy)",
            checkpoint_id=self._id,
        )

    def _lease(self) -> Awaitable[bool]:
        return self._store.lease(self._id, owner=self.owner, seconds=self._seconds)

    async def _renew(self) -> None:
        """Renew three times in the time that the lease lasts, so that one late renewal does no harm."""
        while True:
            await asyncio.sleep(self._seconds / 3)
            try:
                held = await ask(self._id, self._lease)
            except CheckpointError as error:
                _log.warning("the lease could not be renewed: %s", error)
                continue
            if not held:
                if self.on_lost is not None:
                    self.on_lost(self.conflict())
                return
