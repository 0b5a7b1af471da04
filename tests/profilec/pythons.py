"""The other Pythons of this machine for which the wheels are there that the compiler needs."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MINORS = range(12, 20)


def other_pythons(wheels: Path) -> list[str]:
    """One Python of each other version that runs, and that LibCST's wheel in a folder is for."""
    found = {}
    for minor in MINORS:
        if (3, minor) == sys.version_info[:2] or not [*wheels.glob(f"libcst-*-cp3{minor}-cp3{minor}-*.whl")]:
            continue
        for python in _named(minor):
            done = subprocess.run(
                [python, "-c", "import sys; print(sys.version_info[1])"], capture_output=True
            )
            if done.stdout.strip() == str(minor).encode():
                found.setdefault(minor, python)
    return [*found.values()]


def _named(minor: int) -> Iterator[str]:
    if (on_path := shutil.which(f"python3.{minor}")) is not None:
        yield on_path
    yield from map(str, sorted(Path.home().glob(f".pyenv/versions/3.{minor}*/bin/python3")))
