"""Measures in this interpreter and prints a row per ratio; the whole table is `benchmarks.suite`'s.

Usage: python -m benchmarks [--rounds N] [--scale S] [--json FILE] [WORD…]; only rows whose names have all the
words. Growth is measured where it is asked for by name, `growth`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from benchmarks.cases import IN_PYODIDE, Case, Driven, all_cases, chain, floor, same
from benchmarks.copies import copy_cases
from benchmarks.record import Record, Row, write
from benchmarks.timing import Ratio, compare, marginal

PYODIDE = sys.platform == "emscripten"


def world() -> str:
    """Return what a run of this interpreter is called."""
    version = sys.version.split()[0]
    return f"Pyodide, CPython {version}" if PYODIDE else f"CPython {version}"


def shown(row: Row) -> str:
    """Return a line of the table."""
    goal = ""
    if row.goal is not None:
        goal = f", goal {'at most' if row.at_most else 'at least'} {row.goal:g}"
        goal += "" if row.is_reached else ": falls short"
    return f"{row.name:44} {row.median:8.2f} ({row.low:.2f} to {row.high:.2f}){goal}"


def cases(scale: float) -> Iterable[Case]:
    """Yield the rows that this world can have."""
    yield from all_cases(scale, threads=not PYODIDE)
    yield from copy_cases(scale)
    if not PYODIDE:
        from benchmarks.spill import spill_cases  # the wasm tree has no files

        yield from spill_cases(scale)


async def marginal_hop(way: str, scale: float, rounds: int) -> Ratio:
    """Return what a further node costs a message, in awaits of its handler."""
    short, long = Driven(chain(10), same), Driven(chain(100), same)
    count = int(4000 * scale)
    return await marginal(
        partial(getattr(short, way), count),
        partial(getattr(long, way), count),
        partial(floor, 10, count),
        partial(floor, 100, count),
        rounds * 2,
    )


async def main(rounds: int, scale: float, words: list[str]) -> list[Row]:
    """Measure and print row by row."""
    rows: list[Row] = []

    def note(row: Row) -> None:
        print(shown(row), flush=True)
        rows.append(row)

    print(f"{world()}: times faster than one task per node and one queue per edge")
    for case in cases(scale):
        if all(word in case.name for word in words):
            ratio = await compare(case.slow, case.fast, rounds)
            note(Row(case.name, *ratio, goal=IN_PYODIDE.get(case.name) if PYODIDE else case.target))
    for way in ("run_many", "in_turns"):
        name = f"marginal hop over the floor, {way}"
        if all(word in name for word in words):
            ratio = await marginal_hop(way, scale, rounds)
            note(Row(name, *ratio, goal=None if PYODIDE else 1.10, at_most=True))
    if words == ["growth"]:
        from benchmarks.growth import growth

        for row in await growth(scale):
            note(row)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("words", nargs="*")
    given = parser.parse_args()
    measured = asyncio.run(main(given.rounds, given.scale, given.words))
    if given.json is not None:
        write(Record({world(): measured}), given.json)
