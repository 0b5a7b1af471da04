"""What comes before a first result inside Pyodide: the import, and all that a flow needs before it has run.

Usage: python -m benchmarks.edge [--rounds N]

Every round is an interpreter of its own. Both packages lie in its own file system, where an installation puts
them, with their bytecode. msgspec, which every flow is read with, is imported first and is the measure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from benchmarks.record import Row

__all__ = ["Start", "edge", "rows_of"]

ROOT = Path(__file__).resolve().parent.parent

_ROUND = """
import asyncio, importlib.util, json, shutil, sys, sysconfig
from time import perf_counter

installed = sysconfig.get_paths()["purelib"]
for name in ("msgspec", "kernel_exec"):
    folder = importlib.util.find_spec(name).submodule_search_locations[0]
    shutil.copytree(folder, f"{installed}/{name}")
sys.path.insert(0, installed)

node = {
    "identifier": "bench::same", "kind": "inline", "effects": "pure", "determinism": "strict", "summary": "s",
    "in_schema": {"kind": "opaque"}, "out_schema": {"kind": "opaque"},
}
aliases = [f"n{at}" for at in range(10)]
edge = {"delivery": "at_least_once", "ordering": "ordered"}
text = json.dumps({
    "id": "f", "name": "f", "version": "1.0.0", "profile": "wasm",
    "nodes": [{**node, "id": f"f::{alias}", "alias": alias, "name": alias} for alias in aliases],
    "edges": [{**edge, "from": one, "to": other} for one, other in zip(aliases, aliases[1:])],
})

async def main():
    begun = perf_counter()
    import msgspec
    measure = perf_counter()
    from kernel_exec import FlowExecutor, NodeRegistry, load_flow, validate
    imported = perf_counter()
    registry = NodeRegistry()

    @registry.node("bench::same")
    async def same(payload):
        return payload

    plan = validate(load_flow(text))
    result = await FlowExecutor(registry).run_once(plan, "n0", {"number": 1}, capture="n9")
    done = perf_counter()
    assert result.value == {"number": 1}
    print(json.dumps([measure - begun, imported - measure, done - imported]))

asyncio.run(main())
"""


class Start(NamedTuple):
    """Seconds that one interpreter took for each step, in this order."""

    msgspec: float
    kernel: float
    first_result: float


def edge(rounds: int) -> list[Row]:
    """Measure in `rounds` interpreters, after one that leaves the bytecode behind."""
    _run("from kernel_exec import FlowExecutor, load_flow, validate")
    return rows_of([Start(*json.loads(_run(_ROUND))) for _ in range(max(5, rounds))])


def rows_of(starts: list[Start]) -> list[Row]:
    """Return the rows of what was measured."""
    over = [start.kernel / start.msgspec for start in starts]
    milliseconds = [start.first_result * 1000 for start in starts]
    return [
        _row("importing kernel_exec, in imports of msgspec", over, goal=1),
        _row("from there to the first result of ten nodes, in ms", milliseconds, goal=10),
    ]


def _row(name: str, figures: list[float], goal: float) -> Row:
    low, middle, high = quantiles(figures, n=4)
    return Row(name, middle, low, high, goal, at_most=True)


def _run(code: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    python = str(ROOT / "tools/wasm-python")
    done = subprocess.run([python, "-c", code], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"benchmarks: {python} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.edge")
    parser.add_argument("--rounds", type=int, default=9)
    for row in edge(parser.parse_args().rounds):
        between = f"({row.low:.2f} to {row.high:.2f})"
        print(f"{row.name}: {row.median:.2f} {between}, at most {row.goal:g}{'' if row.is_reached else ' ✗'}")
