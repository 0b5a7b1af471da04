"""Prints the table: how many times longer others take for a message than kernel_exec.

Usage: python -m benchmarks.peers [--rounds N] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
from pathlib import Path

from benchmarks.peers.graphs import GRAPHS
from benchmarks.peers.rows import Row, row
from benchmarks.peers.schedulers import SCHEDULERS
from benchmarks.peers.shapes import SHAPES, check, kernel
from benchmarks.peers.streams import STREAMS

PEERS = (*STREAMS, *GRAPHS, *SCHEDULERS)


def shown(name: str, found: Row) -> str:
    """Return a line of the table; reasons follow the cells that they stand in for."""
    cells, reasons = [], []
    for shape, cell in zip(SHAPES, (found["chain"], found["diamond"], found["single"]), strict=True):
        cells.append("-" if isinstance(cell, str) else f"{cell:.1f}")
        if isinstance(cell, str) and cell != found["version"]:
            reasons.append(f"  {shape}: {cell}")
    line = f"{name:15} {found['version']:14} {found['handlers']:8} {found['clock']:5}"
    return line + "".join(f"{cell:>9}" for cell in cells) + "".join(reasons)


async def main(rounds: int) -> dict[str, Row]:
    """Measure and print row by row."""
    ours = kernel()
    for shape, take in zip(SHAPES, ours, strict=True):
        await check("kernel_exec", shape, take)
    print(f"CPython {platform.python_version()}: times longer per message than kernel_exec")
    print(
        f"{'peer':15} {'version':14} {'handlers':8} {'time':5}" + "".join(f"{shape:>9}" for shape in SHAPES)
    )
    rows: dict[str, Row] = {}
    for peer in PEERS:
        rows[peer.name] = await row(peer, ours, rounds)
        print(shown(peer.name, rows[peer.name]), flush=True)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args()
    measured = asyncio.run(main(given.rounds))
    if given.json is not None:
        record = {"python": platform.python_version(), "rows": measured}
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
