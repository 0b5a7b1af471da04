"""Prints the table; the exit code is 0 also where a goal is missed, for the numbers are the message.

Usage: python -m benchmarks.compiler [--factor N | --hundred-thousand]; the largest generated tree has N
thousand files, or, in a run of its own, a hundred thousand.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.compiler.rows import Row, groups, hundred_thousand


def shown(row: Row) -> str:
    """A line of the table."""
    goal = f"{'at least' if row.at_least else 'at most'} {row.goal:g}{row.unit}"
    return f"{row.name:60} {row.value:8.2f}{row.unit:2} goal {goal}{'' if row.is_reached else ': missed'}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compiler", description=__doc__)
    parser.add_argument("--factor", type=int, default=4, metavar="N")
    parser.add_argument("--hundred-thousand", action="store_true")
    given = parser.parse_args()
    print(f"Python {sys.version.split()[0]}: CPU time of whole processes")
    for group in (hundred_thousand,) if given.hundred_thousand else groups(given.factor):
        with tempfile.TemporaryDirectory() as folder:
            for row in group(Path(folder)):
                print(shown(row), flush=True)
