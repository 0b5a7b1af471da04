"""How long `pytest --profilec wasm tests/kernel` takes from the command to its first test, cold and warm.

Usage: python -m benchmarks.first_test [--rounds N]

The cold run finds no bytecode but that of the standard library, which set-up compiles; the others find what
it left behind. The tree is built beforehand. A run is ended when its first test has begun.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
_SUITE = [sys.executable, "-m", "pytest", "--profilec", "wasm", "-vv", "tests/kernel"]


def seconds_to_first_test(bytecode: Path) -> float:
    """Return the seconds until the first test of a run begins that keeps its bytecode in `bytecode`.

    Raises:
        SystemExit: none began.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    begun = perf_counter()
    with subprocess.Popen(_SUITE, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        said = b""
        while b"::" not in said:  # pytest names a test before it begins
            piece = os.read(run.stdout.fileno(), 4096)
            if not piece:
                raise SystemExit(f"benchmarks: no test began:\n{said.decode(errors='replace')}")
            said += piece
        taken = perf_counter() - begun
        run.kill()
    return taken


def main(rounds: int) -> None:
    """Measure one cold run and `rounds` warm ones, and print both."""
    subprocess.run([Path(sys.executable).with_name("profilec"), "build", "wasm"], cwd=ROOT, check=True)
    with TemporaryDirectory() as folder:
        cold = seconds_to_first_test(Path(folder))
        warm = [seconds_to_first_test(Path(folder)) for _ in range(rounds)]
    print(f"cold: {cold:.1f} s")
    print(f"warm: {median(warm):.1f} s ({min(warm):.1f} to {max(warm):.1f})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.first_test")
    parser.add_argument("--rounds", type=int, default=5)
    main(parser.parse_args().rounds)
