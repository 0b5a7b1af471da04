"""Spill: where the payloads of an edge go that has no room for them (kernel contract, decisions 7 and 9).

The scheduler opens a lane per spilling edge and run. A store that the host bound for the tier always serves
it; which tiers can be served at all, `preflight` has settled before anything runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from kernel_exec._profile import SPILL_FS
from kernel_exec.errors import UnsupportedSpill
from kernel_exec.spill.directory import DirectoryStore  # profilec: only SPILL_FS
from kernel_exec.spill.lanes import MemoryStore, SpillLane, SpillStore, StoreLane
from kernel_exec.spill.segments import SegmentLane  # profilec: only SPILL_FS
from profilec import stub

__all__ = [
    "DirectoryStore",  # profilec: only SPILL_FS
    "MemoryStore",
    "SpillLane",
    "SpillStore",
    "open_lane",
]


def open_lane(edge: str, tier: str, stores: Mapping[str, SpillStore]) -> SpillLane:
    """Return a lane for one edge of one run; it takes nothing from the platform until something is written.

    Args:
        edge: the edge as `from->to`, for messages.
        tier: the spill tier that the edge names.
        stores: what the host bound, by tier.

    Raises:
        UnsupportedSpill: nothing serves the tier.
    """
    store = stores.get(tier)
    return _open_local(edge, tier) if store is None else StoreLane(edge, tier, store)


@stub(
    unless=SPILL_FS,
    error=UnsupportedSpill,
    code="SPILL901",
    message="edge {edge} spills to the tier {tier!r}, which no local files serve here: bind a store for it",
)
def _open_local(edge: str, tier: str) -> SpillLane:
    """Return a lane in local files, which serve any tier."""
    return SegmentLane(edge, tier)
