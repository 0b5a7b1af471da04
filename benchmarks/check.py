"""Tells whether a fresh run is worse than a kept one by more than both runs scatter."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.record import Record, Row

__all__ = ["regressions"]

LEAST_NOISE = 0.05
"""The share of a ratio that no machine repeats better than."""


def regressions(kept: Record, fresh: Record) -> Iterator[str]:
    """Yield a sentence for every row that is worse in `fresh`, or missing from a world that both ran."""
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
    series = world.rpartition(".")[0]
    return next((rows for name, rows in record.worlds.items() if name.rpartition(".")[0] == series), [])


def _worse_by(before: Row, now: Row) -> float:
    return now.median - before.median if before.at_most else before.median - now.median


def _noise(before: Row, now: Row) -> float:
    """Return twice the wider of the two distances between quartiles."""
    scatter = max(before.high - before.low, now.high - now.low)
    return max(2 * scatter, LEAST_NOISE * before.median)
