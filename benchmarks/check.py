"""Tells whether a fresh run is worse than a kept one by more than both runs scatter."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.record import Record, Row

__all__ = ["regressions"]

LEAST_NOISE, MOST_NOISE = 0.05, 0.3
"""The share of a ratio that no machine repeats better than, and beyond which scatter excuses nothing."""


def regressions(kept: Record, fresh: Record) -> Iterator[str]:
    """Yield a sentence for every row that is worse in `fresh`, or missing from a world that both ran.

    Also where they have no world in common: then nothing was compared.
    """
    if not any(_same_world(fresh, world) for world in kept.worlds):
        yield f"nothing to compare: measured {', '.join(fresh.worlds)}; kept {', '.join(kept.worlds)}"
    for world, rows in kept.worlds.items():
        found = {row.name: row for row in _same_world(fresh, world)}
        for row in rows if found else ():
            now = found.get(row.name)
            if now is None:
                yield f"{world}: {row.name}: is no longer measured"
            elif _worse_by(row, now) > (noise := _noise(row, now)):
                yield f"{world}: {row.name}: {now.median:.2f}, and was {row.median:.2f} ± {noise:.2f}"


def _same_world(record: Record, world: str) -> list[Row]:
    """Return the rows of the world whose name agrees but for the last part of a version."""
    return next((rows for name, rows in record.worlds.items() if _series(name) == _series(world)), [])


def _series(world: str) -> str:
    return world.rpartition(".")[0] or world


def _worse_by(before: Row, now: Row) -> float:
    return now.median - before.median if before.at_most else before.median - now.median


def _noise(before: Row, now: Row) -> float:
    """Return twice the wider of the two distances between quartiles, within limits."""
    scatter = 2 * max(before.high - before.low, now.high - now.low)
    return min(max(scatter, LEAST_NOISE * before.median), MOST_NOISE * before.median)
