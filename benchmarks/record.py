"""What a run of the benchmarks found: plain data, and the file that it is kept in.

Between the rooms that measure (`cases`, `growth`, `method`) and those that show or judge (`page`, `check`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

__all__ = ["QUEUED", "Record", "Row", "read", "write"]

QUEUED = "bytes of memory per queued message"
"""The one row that is no ratio."""


class Row(Struct, frozen=True):
    """One ratio: its median, between the quartiles of its rounds, and what to reach where that is set."""

    name: str
    median: float
    low: float
    high: float
    goal: float | None = None
    at_most: bool = False
    """Whether a smaller ratio is the better one."""

    @property
    def is_reached(self) -> bool:
        """Whether the goal is met, to the two digits that are shown; also where none is set."""
        if self.goal is None:
            return True
        shown = round(self.median, 2)
        return shown <= self.goal if self.at_most else shown >= self.goal


class Record(Struct, frozen=True):
    """All rows of one run, by what they were measured on, such as `CPython 3.12.1`."""

    worlds: dict[str, list[Row]]
    rounds: int = 0
    scale: float = 1.0
    """The share of the work that was done, and how often; only a whole run is worth keeping."""
    peers: dict[str, Any] | None = None
    """What `benchmarks.peers` wrote, where it was run."""


def read(path: Path) -> Record:
    """Return what was written.

    Raises:
        SystemExit: there is no such file, or it is none of ours.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except FileNotFoundError:
        raise SystemExit(f"benchmarks: {path} is not there: `make bench` writes it") from None
    except msgspec.DecodeError as error:
        raise SystemExit(f"benchmarks: {path} is no record of a run: {error}") from None


def write(record: Record, path: Path) -> None:
    """Write a record, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
    unfinished.replace(path)
