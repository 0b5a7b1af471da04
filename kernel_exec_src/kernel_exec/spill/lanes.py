"""What the scheduler asks of a place that holds what an edge cannot, and the lane that a bound store serves.

First room of `spill`. A lane belongs to one edge of one run; the item that `write` returns stands in the
inbox in the payload's place, so that order is kept whatever the lane does.
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple, Protocol
from uuid import uuid4
from zlib import crc32

from kernel_exec.errors import SpillFailed, in_words
from kernel_exec.runtime import faults

_log = logging.getLogger(__name__)


class SpillLane(Protocol):
    """Holds the encoded payloads that one edge of one run has no room for."""

    async def write(self, data: bytes) -> Any:
        """Keep `data` and return the item that stands for it.

        Raises:
            SpillFailed: it could not be kept, and the lane does not hold it.
        """
        ...

    async def read(self, item: Any) -> bytes:
        """Return what `item` stands for, once; the lane holds it no longer.

        Raises:
            SpillFailed: it cannot be read, is shorter than it was, or is damaged.
        """
        ...

    async def close(self) -> None:
        """Remove everything that is still held. Never raises, and the lane is of no use afterwards."""
        ...


class SpillStore(Protocol):
    """What a host binds to serve a spill tier: bytes by key. Keys are letters, digits and hyphens.

    Any exception of these methods fails the run with `SpillFailed`. A cancelled `put` may have stored the
    object or not: the kernel deletes its key in either case, so deleting an unknown key is no error.
    """

    async def put(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`."""
        ...

    async def get(self, key: str) -> bytes:
        """Return what is kept under `key`."""
        ...

    async def delete(self, key: str) -> None:
        """Forget what is kept under `key`, if anything is."""
        ...


class MemoryStore:
    """A `SpillStore` that keeps objects in this process."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        """What is kept, by key."""

    async def put(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`."""
        self.objects[key] = data

    async def get(self, key: str) -> bytes:
        """Return what is kept under `key`.

        Raises:
            KeyError: nothing is.
        """
        return self.objects[key]

    async def delete(self, key: str) -> None:
        """Forget what is kept under `key`, if anything is."""
        self.objects.pop(key, None)


class StoredItem(NamedTuple):
    """Stands for one payload in a store. The checksum stays here, where the store cannot damage it."""

    key: str
    size: int
    checksum: int


class StoreLane:
    """A lane whose payloads are objects in a bound store; they are deleted before the run ends."""

    def __init__(self, edge: str, tier: str, store: SpillStore) -> None:
        self._edge = edge
        self._tier = tier
        self._store = store
        self._held: set[str] = set()

    async def write(self, data: bytes) -> StoredItem:
        """Put `data` under a key that no other run uses.

        Raises:
            SpillFailed: the store raised.
        """
        item = StoredItem(f"spill-{uuid4().hex}", len(data), crc32(data))
        # Before the store is asked: a put that fails or is cancelled may have stored it all the same.
        self._held.add(item.key)
        try:
            await self._store.put(item.key, data)
        except faults() as error:
            raise self._failure(f"the store could not keep {item.key}: {in_words(error)}") from error
        return item

    async def read(self, item: StoredItem) -> bytes:
        """Get the object and delete it.

        Raises:
            SpillFailed: the store raised, or gave other bytes than it was given.
        """
        try:
            data = await self._store.get(item.key)
            whole = crc32(data) == item.checksum
        except faults() as error:
            raise self._failure(f"the store could not give back {item.key}: {in_words(error)}") from error
        if not whole:
            raise self._failure(
                f"the store was given {item.size} bytes for {item.key} and gave back {len(data)} others"
            )
        await self._delete(item.key)
        return data

    async def close(self) -> None:
        """Delete every object that is still in the store. One that cannot be deleted is logged."""
        for key in sorted(self._held):
            await self._delete(key)
            if key in self._held:
                _log.warning(
                    "%s: the object %s stays in the store of the tier %r", self._edge, key, self._tier
                )

    async def _delete(self, key: str) -> None:
        """Delete `key`; if that fails the payload is safe all the same, and closing tries again."""
        try:
            await self._store.delete(key)
        except faults():
            return
        self._held.discard(key)

    def _failure(self, reason: str) -> SpillFailed:
        message = f"edge {self._edge}, spill tier {self._tier!r}: {reason}"
        return SpillFailed(message, edge=self._edge, tier=self._tier, reason=reason)
