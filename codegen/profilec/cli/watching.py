"""Waiting for a change of a project's files, for `profilec build --watch`."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

_PAUSE = 0.25
"""Seconds between two looks."""


def changes(root: Path, source: Path) -> Iterator[None]:
    """Come back at once, and then after each change of a file of the source or beside `pyproject.toml`.

    Args:
        root: the folder that holds `pyproject.toml`.
        source: the folder of the package.
    """
    seen = _stamps(root, source)
    yield
    while True:
        time.sleep(_PAUSE)
        found = _stamps(root, source)
        if found != seen:
            seen = found
            yield


def _stamps(root: Path, source: Path) -> dict[str, tuple[int, int]]:
    """When each file was last written, and its length."""
    pending, stamps = [str(source)], {}
    for entry in os.scandir(root):
        if entry.is_file():
            status = entry.stat()
            stamps[entry.path] = status.st_mtime_ns, status.st_size
    while pending:
        try:
            entries = list(os.scandir(pending.pop()))
        except FileNotFoundError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    pending.append(entry.path)
            elif not entry.name.endswith(".pyc"):
                try:
                    status = entry.stat()
                except FileNotFoundError:
                    continue
                stamps[entry.path] = status.st_mtime_ns, status.st_size
    return stamps
