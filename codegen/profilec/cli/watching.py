"""Waiting for a change of a project's files, for `profilec build --watch`."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from profilec.sources import is_passed_over

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


def _stamps(root: Path, source: Path) -> dict[str, tuple[int, int, int]]:
    """When each file was written or put there, and its length; what this process writes to is left out."""
    written, stamps = [], {}
    for number in (1, 2):
        with suppress(OSError):
            written.append(os.fstat(number))
    for entry in (*(one for one in os.scandir(root) if one.is_file()), *_below(str(source))):
        with suppress(FileNotFoundError):
            status = entry.stat()
            if not any(os.path.samestat(status, one) for one in written):
                stamps[entry.path] = status.st_mtime_ns, status.st_ctime_ns, status.st_size
    return stamps


def _below(folder: str) -> Iterator[os.DirEntry[str]]:
    """The files of a package in a folder and in those in it, as far as they can be read."""
    pending = [folder]
    while pending:
        entries: list[os.DirEntry[str]] = []
        with suppress(FileNotFoundError, PermissionError):
            entries += os.scandir(pending.pop())
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                yield from () if is_passed_over(entry.name) else (entry,)
            elif entry.name != "__pycache__":
                pending.append(entry.path)
