"""One process at a time: builds that write to the same folder, runs that fill the same environment."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder against other processes, which wait. The lock ends with the process, however it ends.

    On Windows nothing is held: what is written there is put in place by renaming.

    Args:
        folder: it gets a file `.lock`, which stays.

    Raises:
        OSError: the file cannot be written, or the file system has no locks.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with (folder / ".lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
