"""What a build read outside of its project, so that the next one can tell whether any of that has changed.

A file is told by its size, its time and its number on the disk, and is not read again; a folder changes with
the names in it.
"""

import os
from collections.abc import Mapping

type State = tuple[int, int, int] | None
"""How a file or folder was found; None where there was none."""


def state_of(path: str) -> State:
    """How a file or folder is found now."""
    try:
        found = os.stat(path)  # noqa: PTH116  # a path is slow to make, and there may be many
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def is_as_seen(seen: Mapping[str, State]) -> bool:
    """Whether everything is still as it was found."""
    return all(state_of(path) == state for path, state in seen.items())
