"""The whole of it: every world in turn, into one record, from which the page and the plot are made.

Usage: python -m benchmarks.suite [--check] [--rounds N] [--scale S]

Without `--check` it writes docs/benchmarks.json, .md and .svg; with it, it compares with the kept record and
exits with 1 where a ratio has become worse than it scatters.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.check import regressions
from benchmarks.edge import edge
from benchmarks.method import method
from benchmarks.page import render_page, render_plot
from benchmarks.record import Record, Row, read, write

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
KEPT = DOCS / "benchmarks.json"
SCRATCH = ROOT / "build/bench"


def interpreters() -> list[list[str]]:
    """Return how to start each interpreter to measure in: this one, perhaps another CPython, Pyodide."""
    found = [[sys.executable]]
    other = other_python()
    if other is not None:
        found.append([str(other)])
    return [*found, [str(ROOT / "tools/wasm-python")]]


def other_python() -> Path | None:
    """Return a CPython 3.13 that has what the native tree needs in a place of its own, if there is one."""
    base = _find("3.13")
    if base is None or sys.version_info[:2] == (3, 13):
        print(
            "benchmarks: no other CPython (3.13) was found on PATH or in ~/.pyenv/versions", file=sys.stderr
        )
        return None
    folder = SCRATCH / "3.13"
    python = folder / "bin/python"
    if not python.exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([base, "-m", "venv", folder], check=True)
        locked = ["--no-deps", "--require-hashes", "--only-binary=:all:", "-r", "requirements/index.txt"]
        subprocess.run([python, "-m", "pip", "-qq", "install", *locked], cwd=ROOT, check=True)
    return python


def _find(version: str) -> str | None:
    installed = sorted(Path.home().glob(f".pyenv/versions/{version}*/bin/python3"))
    for candidate in (f"python{version}", *map(str, installed)):
        runs = shutil.which(candidate)
        if (
            runs
            and subprocess.run([runs, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0
        ):
            return runs
    return None


def measure(python: list[str], *arguments: str) -> dict[str, list[Row]]:
    """Run `python -m benchmarks` with the arguments, its output shown here, and return its rows by world."""
    file = SCRATCH / "rows.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "build/native")}
    if python[0].endswith("wasm-python"):
        del environment["PYTHONPATH"]
    command = [*python, "-m", "benchmarks", "--json", str(file), *arguments]
    status = subprocess.run(command, cwd=ROOT, env=environment).returncode
    if status != 0:
        raise SystemExit(f"benchmarks: {' '.join(command)} ended with status {status}")
    return read(file).worlds


def peers(rounds: int) -> dict[str, Any]:
    """Return what the comparison with peers found, in the venv of their own that `make bench` makes."""
    python = ROOT / "build/peers/bin/python"
    if not python.exists():
        raise SystemExit("benchmarks: no peers in build/peers: `make bench` installs them there")
    file = SCRATCH / "peers.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "build/native")}
    command = [str(python), "-m", "benchmarks.peers", "--rounds", str(rounds), "--json", str(file)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    found: dict[str, Any] = json.loads(file.read_bytes())
    return found


def main(*, check: bool, rounds: int, scale: float) -> int:
    """Measure everything; return the exit status."""
    kept = read(KEPT) if check else None
    others = None if check else peers(rounds)
    options = ("--rounds", str(rounds), "--scale", str(scale))
    worlds: dict[str, list[Row]] = {}
    for python in interpreters():
        worlds |= measure(python, *options)
    worlds["method"] = method(scale, rounds)
    worlds["edge"] = edge(rounds)
    if kept is not None:
        worse = list(regressions(kept, Record(worlds)))
        print("\n".join(worse) or "no ratio is worse than it scatters")
        return 1 if worse else 0
    for world, rows in measure([sys.executable], *options, "growth").items():
        worlds[f"growth on {world}"] = rows
    record = Record(worlds, rounds, scale, others)
    write(record, KEPT)
    (DOCS / "benchmarks.md").write_text(render_page(record), encoding="utf-8")
    (DOCS / "benchmarks.svg").write_text(render_plot(record), encoding="utf-8")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suite", description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--scale", type=float, default=1.0)
    given = parser.parse_args()
    sys.exit(main(check=given.check, rounds=given.rounds, scale=given.scale))
