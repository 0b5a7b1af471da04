# profilec: only SPILL_FS
"""The lane that local files serve: segments, each written from its start to its end and read back by offset.

Stands behind `spill.open_lane`. A segment is a file that has no name in any folder from the moment it is
open, so nothing remains on disk whatever ends the process. It is written from the start again whenever
everything in it has been read, and given back to the disk when a newer one has taken its place.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from typing import IO, Any, Final, NamedTuple
from zlib import crc32

from kernel_exec.errors import SpillFailed

SEGMENT_BYTES: Final = 16 * 1024 * 1024
"""A segment that has grown to this size is followed by a new one."""

INLINE_BYTES: Final = 128 * 1024
"""Up to this size the page cache takes and gives a payload faster than a thread could be asked to."""


class Segment:
    """One file without a name. `end` is where the next record goes, `live` counts those yet to be read."""

    __slots__ = ("_busy", "_closing", "_file", "end", "live")

    def __init__(self) -> None:
        # Open until `close`, longer than any block.
        self._file: IO[bytes] = tempfile.TemporaryFile(buffering=0, prefix="kernel-exec-")  # noqa: SIM115
        self._busy = 0
        self._closing = False
        self.end = 0
        self.live = 0

    @property
    def descriptor(self) -> int:
        """The file's number in this process.

        Raises:
            OSError: the file is closed, or about to be.
        """
        if self._closing:
            raise OSError("the file was closed with the run it belongs to")
        return self._file.fileno()

    async def on_thread[T](self, job: Callable[..., T], *arguments: Any) -> T:
        """Run `job` on the descriptor on a thread, where it would keep the loop from its work.

        A job that was cancelled is not stopped by that; its descriptor stays open until the thread is done,
        since the next file to be opened would get the same number.
        """
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(None, job, self.descriptor, *arguments)
        self._busy += 1
        running.add_done_callback(self._job_done)
        return await asyncio.shield(running)

    def close(self) -> None:
        """Give the file back to the disk, now or when the last job on it is done."""
        self._closing = True
        if not self._busy:
            self._file.close()

    def _job_done(self, job: asyncio.Future[Any]) -> None:
        self._busy -= 1
        if self._closing:
            self.close()


class Record(NamedTuple):
    """Stands for one payload in a segment. The checksum stays here, where the disk cannot damage it."""

    segment: Segment
    offset: int
    size: int
    checksum: int


class SegmentLane:
    """A lane in local files: one segment that is written to, and older ones until they have been read."""

    def __init__(self, edge: str, tier: str) -> None:
        self._edge = edge
        self._tier = tier
        self._current: Segment | None = None
        self._segments: set[Segment] = set()

    async def write(self, data: bytes) -> Record:
        """Append `data` to the current segment.

        Raises:
            SpillFailed: the file cannot be opened or written, the disk being full for one.
        """
        size = len(data)
        try:
            segment = self._current or self._open_segment()
            # Room is taken before anything can suspend, so that writes that overlap in time do not on disk.
            # If the write is cancelled, so is the run: the room stays taken until the lane is closed.
            offset = segment.end
            segment.end += size
            segment.live += 1
            if segment.end >= SEGMENT_BYTES:
                self._current = None
            if size <= INLINE_BYTES:
                checksum = _write(segment.descriptor, data, offset)
            else:
                checksum = await segment.on_thread(_write, data, offset)
        except OSError as error:
            raise self._failure(f"writing {size} bytes to a file in {_folder()} failed: {error}") from error
        return Record(segment, offset, size, checksum)

    async def read(self, item: Record) -> bytes:
        """Read a record back and give up its room.

        Raises:
            SpillFailed: the file cannot be read, ends before the record does, or the record is damaged.
        """
        segment, offset, size, checksum = item
        try:
            if size <= INLINE_BYTES:
                data, found = _read(segment.descriptor, size, offset)
            else:
                data, found = await segment.on_thread(_read, size, offset)
        except OSError as error:
            raise self._failure(f"reading {size} bytes back failed: {error}") from error
        if len(data) < size:
            raise self._failure(f"a file in {_folder()} ended at {len(data)} of the {size} bytes of a record")
        if found != checksum:
            raise self._failure(f"a record of {size} bytes in {_folder()} is damaged: its checksum differs")
        self._release(segment)
        return data

    async def close(self) -> None:
        """Give all files back to the disk."""
        while self._segments:
            self._segments.pop().close()

    def _open_segment(self) -> Segment:
        self._current = Segment()
        self._segments.add(self._current)
        return self._current

    def _release(self, segment: Segment) -> None:
        segment.live -= 1
        if segment.live:
            return
        if segment is self._current:
            segment.end = 0
        else:
            self._segments.discard(segment)
            segment.close()

    def _failure(self, reason: str) -> SpillFailed:
        message = f"edge {self._edge}, spill tier {self._tier!r}: {reason}"
        return SpillFailed(message, edge=self._edge, tier=self._tier, reason=reason)


def _write(descriptor: int, data: bytes, offset: int) -> int:
    """Write all of `data` and return its checksum. A disk that is nearly full takes a part, then raises."""
    done = os.pwrite(descriptor, data, offset)
    while done < len(data):
        written = os.pwrite(descriptor, memoryview(data)[done:], offset + done)
        if not written:
            raise OSError("the file takes no more bytes")
        done += written
    return crc32(data)


def _read(descriptor: int, size: int, offset: int) -> tuple[bytes, int]:
    """Read up to `size` bytes, fewer only at the end of the file, and return them with their checksum."""
    data = os.pread(descriptor, size, offset)
    while len(data) < size:
        more = os.pread(descriptor, size - len(data), offset + len(data))
        if not more:
            break
        data += more
    return data, crc32(data)


def _folder() -> str:
    """Return where the files are, for messages; finding it fails where there is no folder for them at all."""
    try:
        return tempfile.gettempdir()
    except OSError:
        return "the folder for temporary files"
