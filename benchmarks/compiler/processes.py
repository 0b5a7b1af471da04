"""Runs a program in a process of its own, with bytecode as where it is installed, and tells what it cost."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What a process used.

    Attributes:
        cpu: seconds of CPU time, of its children too.
        wall: seconds from its start to its end.
        peak: the most memory that it held, in MiB.
    """

    cpu: float
    wall: float
    peak: float


def run(*command: str | Path) -> Cost:
    """Run a program to its end.

    Raises:
        RuntimeError: it failed.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    ) as process:
        said = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {said.decode(errors='replace')}")
    wall = time.perf_counter() - start
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def build(root: Path, *options: str) -> Cost:
    """Run `profilec build` on a project."""
    return run(sys.executable, "-m", "profilec.cli", "build", "-C", root, *options)


def python(code: str, *arguments: str | Path) -> Cost:
    """Run a few lines of Python."""
    return run(sys.executable, "-c", code, *arguments)
