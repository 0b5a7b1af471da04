"""Prints the table: every row of the speed goals that baseline A and the floor can be compared on.

Usage: python -m benchmarks [--rounds N] [--scale S] [WORD…]; only rows whose names have all the words.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from functools import partial

from benchmarks.cases import Driven, all_cases, chain, floor, same
from benchmarks.timing import Ratio, compare, marginal

IN_PYODIDE = {"chain of 10, run_many": "14", "chain of 10, send, next": "30", "chain of 10, run_once": "50"}
"""The goals that are set for Pyodide; the other rows are there to be seen."""


def row(name: str, ratio: Ratio, goal: str) -> str:
    """Return a line of the table. `goal` is the one for CPython."""
    if sys.platform == "emscripten":
        goal = IN_PYODIDE.get(name, "not set")
    return f"{name:40} {ratio.median:7.2f} ({ratio.low:.2f} to {ratio.high:.2f}), goal {goal}"


async def main(rounds: int, scale: float, words: list[str]) -> None:
    """Measure and print row by row."""
    print(f"Python {sys.version.split()[0]} on {sys.platform}: times faster than baseline A")
    for case in all_cases(scale, threads=sys.platform != "emscripten"):
        if all(word in case.name for word in words):
            ratio = await compare(case.slow, case.fast, rounds)
            print(row(case.name, ratio, case.target))
    if all(word in "marginal hop" for word in words):
        short, long = Driven(chain(10), same), Driven(chain(100), same)
        count = int(2000 * scale)
        for way in ("run_many", "in_turns"):
            hop = await marginal(
                partial(getattr(short, way), count),
                partial(getattr(long, way), count),
                partial(floor, 10, count),
                partial(floor, 100, count),
                rounds * 2,
            )
            print(row(f"marginal hop over the floor, {way}", hop, "1.10"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("words", nargs="*")
    given = parser.parse_args()
    asyncio.run(main(given.rounds, given.scale, given.words))
