# profilec: only SPILL_FS
"""A store whose objects are files in a folder of the host's choosing, and survive a restart.

Beside the other stores of `spill`; it serves a spill tier or checkpoint blobs.
"""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4


class DirectoryStore:
    """A `SpillStore` over a folder, which is made if it does not exist. Several processes may share it.

    An object is there whole or not at all: it is written beside its place and then moved.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Use `folder`.

        Raises:
            OSError: it is not there and cannot be made.
        """
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    async def put(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`; nothing is kept if this is cancelled.

        Raises:
            OSError: the file cannot be written.
        """
        partial = self.folder / f".{uuid4().hex}.partial"
        unwanted = threading.Event()
        try:
            await asyncio.to_thread(_write, partial, data, unwanted)
        except BaseException:
            # A thread that is still writing cannot be stopped: whichever of us is later removes the file.
            unwanted.set()
            partial.unlink(missing_ok=True)
            raise
        partial.replace(self._place(key))

    async def get(self, key: str) -> bytes:
        """Return what is kept under `key`.

        Raises:
            OSError: nothing is, or the file cannot be read.
        """
        return await asyncio.to_thread(self._place(key).read_bytes)

    async def delete(self, key: str) -> None:
        """Forget what is kept under `key`, if anything is.

        Raises:
            OSError: the file cannot be removed.
        """
        self._place(key).unlink(missing_ok=True)

    def _place(self, key: str) -> Path:
        # No key leaves the folder: a separator is quoted, and no name is `.` or `..`.
        return self.folder / f"{quote(key, safe='')}.object"


def _write(path: Path, data: bytes, unwanted: threading.Event) -> None:
    try:
        path.write_bytes(data)
    finally:
        if unwanted.is_set():
            path.unlink(missing_ok=True)
