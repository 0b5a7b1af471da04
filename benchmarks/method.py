"""What specialising costs and gives: each emitted tree against the un-compiled source that it was made from.

Every figure is of whole processes that take turns, since one interpreter can hold only one `kernel_exec`.

How fast the same bytecode runs depends on where its objects lie in memory, by as much as 6 %, and that on
whatever was imported before. So every process that measures a run has memory of its own to begin with, some
of it free again at random, and there are many.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import quantiles

from benchmarks.record import Row

ROOT = Path(__file__).resolve().parent.parent
SOURCE = f"{ROOT / 'kernel_exec_src'}{os.pathsep}{ROOT / 'codegen'}"

_RUN = """
import asyncio, random, time
taken = [bytes(random.randrange(3_000)) for _ in range(random.randrange(20_000))]
del taken[::2]
from benchmarks.cases import Driven, chain, same
async def main():
    driven = Driven(chain(10), same)
    for program in (driven.run_many, driven.in_turns, driven.once):
        await program(500)
    begun = time.process_time()
    for program in (driven.run_many, driven.in_turns, driven.once):
        await program({messages})
    print(time.process_time() - begun)
asyncio.run(main())
"""

_IMPORT = """
import asyncio, msgspec, time
begun = time.perf_counter()
import kernel_exec
print(time.perf_counter() - begun)
"""


def method(scale: float, rounds: int) -> list[Row]:
    """Measure the trees in `build` against the source; a ratio above 1 is what specialising gives."""
    native, wasm = [sys.executable], [str(ROOT / "tools/wasm-python")]
    run = _RUN.format(messages=int(40_000 * scale))
    as_wasm = {"PROFILEC_PROFILE": "wasm"}
    return [
        _compare("the native tree runs, against the source", native, run, "native", {}, 4 * rounds, goal=1),
        _compare(
            "the native tree is imported, against the source", native, _IMPORT, "native", {}, rounds, goal=1
        ),
        _compare(
            "the wasm tree is imported, against the source", wasm, _IMPORT, "wasm", as_wasm, rounds, goal=1
        ),
        _sizes("the wasm tree is smaller, in bytes of Python", "wasm"),
    ]


def _compare(
    name: str, python: list[str], code: str, tree: str, source: Mapping[str, str], rounds: int, goal: float
) -> Row:
    """Return how many times longer the source takes; each round is one process of either, in turn."""

    def of_source() -> float:
        return _printed(python, code, SOURCE, source)

    def of_tree() -> float:
        return _printed(python, code, str(ROOT / "build" / tree), {})

    return _ratio(name, of_source, of_tree, rounds, goal)


def _ratio(name: str, slow: Callable[[], float], fast: Callable[[], float], rounds: int, goal: float) -> Row:
    slow(), fast()
    ratios = [slow() / fast() for _ in range(max(3, rounds))]
    low, middle, high = quantiles(ratios, n=4)
    return Row(name, middle, low, high, goal=goal)


def _printed(python: list[str], code: str, path: str, more: Mapping[str, str]) -> float:
    environment = {**os.environ, **more, "PYTHONPATH": f"{path}{os.pathsep}{ROOT}"}
    environment.pop(
        "PYTHONDONTWRITEBYTECODE", None
    )  # an import is measured with the bytecode of the last one
    gc.collect()
    run = subprocess.run([*python, "-c", code], env=environment, capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"benchmarks: {python[0]} ended with {run.returncode}:\n{run.stderr}")
    return float(run.stdout)


def _sizes(name: str, tree: str) -> Row:
    ratio = _bytes(ROOT / "kernel_exec_src") / _bytes(ROOT / "build" / tree / "kernel_exec")
    return Row(name, ratio, ratio, ratio, goal=1)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*.py"))
