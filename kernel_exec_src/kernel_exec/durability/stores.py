"""What a host binds as `"checkpoints"`, the store in memory, and how a flow wants a store to be used.

Beside `records`, whose bytes stores keep: they never look inside. Times are in seconds; those of stores since
1970, in UTC.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import Struct

from kernel_exec.flow_ir import FlowIR
from kernel_exec.runtime import seconds_of

if TYPE_CHECKING:
    from kernel_exec.spill import SpillStore

CHECKPOINTS: Final = "checkpoints"
BLOBS: Final = "checkpoint_blobs"

_LEASE_SECONDS: Final = 30.0
"""How long a lease lasts where the flow does not say."""


class CheckpointStore(Protocol):
    """Keeps checkpoints by id, and lends each to one owner at a time.

    A lease is what keeps two processes from resuming one checkpoint: each method that changes something does
    so only while no other owner holds a lease that has not run out, and answers whether it did. Every method
    is atomic: whatever ends the process, it has happened whole or not at all.
    """

    async def put(self, checkpoint_id: str, data: bytes, *, owner: str, expires: float | None) -> bool:
        """Keep `data` in the place of what was kept before. After `expires`, a time, it may be forgotten."""
        ...

    async def get(self, checkpoint_id: str) -> bytes | None:
        """Return what is kept, or None."""
        ...

    async def ack(self, checkpoint_id: str, *, owner: str) -> bool:
        """Forget a checkpoint whose run has ended, and its lease."""
        ...

    async def lease(self, checkpoint_id: str, *, owner: str, seconds: float) -> bool:
        """Lend the checkpoint to `owner` for that long from now: anew, or for longer if it has it already."""
        ...

    async def release(self, checkpoint_id: str, *, owner: str) -> None:
        """End the lease of `owner`, if it has one."""
        ...

    async def list(self) -> list[str]:
        """Return the ids of what is kept, oldest first."""
        ...


class MemoryCheckpoints:
    """A `CheckpointStore` in this process: it survives the run, not the process."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[bytes, float | None]] = {}
        self._leases: dict[str, tuple[str, float]] = {}
        self._puts = 0
        """Since what has expired was forgotten last."""

    async def put(self, checkpoint_id: str, data: bytes, *, owner: str, expires: float | None) -> bool:
        """Keep `data` in the place of what was kept before."""
        if self._is_lent_to_other(checkpoint_id, owner):
            return False
        self._kept[checkpoint_id] = (data, expires)
        self._puts += 1
        if self._puts > len(self._kept):  # often enough to keep it small, seldom enough to cost little
            self._forget_expired()
        return True

    async def get(self, checkpoint_id: str) -> bytes | None:
        """Return what is kept, or None."""
        self._forget_expired()
        data, _ = self._kept.get(checkpoint_id, (None, None))
        return data

    async def ack(self, checkpoint_id: str, *, owner: str) -> bool:
        """Forget a checkpoint whose run has ended, and its lease."""
        if self._is_lent_to_other(checkpoint_id, owner):
            return False
        self._kept.pop(checkpoint_id, None)
        self._leases.pop(checkpoint_id, None)
        return True

    async def lease(self, checkpoint_id: str, *, owner: str, seconds: float) -> bool:
        """Lend the checkpoint to `owner` for that long from now."""
        if self._is_lent_to_other(checkpoint_id, owner):
            return False
        self._leases[checkpoint_id] = (owner, time.time() + seconds)
        return True

    async def release(self, checkpoint_id: str, *, owner: str) -> None:
        """End the lease of `owner`, if it has one."""
        if self._leases.get(checkpoint_id, ("", 0.0))[0] == owner:
            del self._leases[checkpoint_id]

    async def list(self) -> list[str]:
        """Return the ids of what is kept, oldest first."""
        self._forget_expired()
        return [*self._kept]

    def _is_lent_to_other(self, checkpoint_id: str, owner: str) -> bool:
        holder, until = self._leases.get(checkpoint_id, (owner, 0.0))
        return holder != owner and until > time.time()

    def _forget_expired(self) -> None:
        self._puts = 0
        now = time.time()
        expired = [key for key, (_, expires) in self._kept.items() if expires is not None and expires <= now]
        for checkpoint_id in expired:
            del self._kept[checkpoint_id]
            self._leases.pop(checkpoint_id, None)


class Durability(Struct, frozen=True, eq=False):
    """What one flow's checkpoints are kept by, and where. Times are in seconds."""

    store: CheckpointStore
    blobs: SpillStore | None
    strong: bool
    """A checkpoint at every node boundary, not only where a node halts."""
    interval: float
    """The least time between two checkpoints of a strong run."""
    blob_threshold: int | None
    lease_seconds: float
    ttl: float | None
    retain: float | None
    """How long the checkpoint of a completed run is kept; None forgets it at once."""
    max_attempts: int | None
    patient: bool
    """A resume waits for another's lease to end."""


def durability_of(flow: FlowIR, resources: Mapping[str, Any]) -> Durability:
    """Return how runs of `flow`, which keeps checkpoints, are durable.

    `preflight` has seen to it that a store is bound.
    """
    policy = flow.policies.durability
    return Durability(
        store=resources[CHECKPOINTS],
        blobs=resources.get(BLOBS),
        strong=policy.mode == "strong",
        interval=_seconds(policy.checkpoint_interval) or 0.0,
        blob_threshold=policy.blob_threshold_bytes,
        lease_seconds=_seconds(policy.lease_ttl) or _LEASE_SECONDS,
        ttl=_seconds(policy.checkpoint_ttl),
        retain=_seconds(policy.retain_completed_for),
        max_attempts=policy.max_resume_attempts,
        patient=bool(policy.retry_on_lease_conflict),
    )


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else seconds_of(milliseconds)
