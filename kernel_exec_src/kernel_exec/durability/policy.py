"""How a flow wants its runs to be durable, in the units of Python.

First of `durability`: takes the policy of Flow IR and what the host binds, gives what the journal works by.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from kernel_exec.durability.stores import CheckpointStore
from kernel_exec.flow_ir import FlowIR

if TYPE_CHECKING:
    from kernel_exec.spill import SpillStore

CHECKPOINTS: Final = "checkpoints"
BLOBS: Final = "checkpoint_blobs"

_LEASE_SECONDS: Final = 30.0
"""How long a lease lasts where the flow does not say."""

_LONGEST_MS: Final = 10**15
"""What is longer than this, 30,000 years, is this: clocks count in floats."""


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
        lease_seconds=_seconds(max(policy.lease_ttl or 0, 0)) or _LEASE_SECONDS,
        ttl=_seconds(policy.checkpoint_ttl),
        retain=_seconds(policy.retain_completed_for),
        max_attempts=policy.max_resume_attempts,
        patient=bool(policy.retry_on_lease_conflict),
    )


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else min(milliseconds, _LONGEST_MS) / 1000
