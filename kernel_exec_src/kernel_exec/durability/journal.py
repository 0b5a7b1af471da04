"""The journal of a durable run: which messages are on their way, so that another run can go on from there.

Stands beside the scheduler, which notes every step here; takes places and payloads, gives checkpoints to a
store. A message is noted before the handler that it waits for and struck out when that handler has returned
and what it returned is noted: between the two the handler may run again, with the same key for its effects.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterable
from typing import Any, Final
from uuid import uuid4
from zlib import crc32

from msgspec.structs import replace

from kernel_exec.durability.leases import Lease, ask
from kernel_exec.durability.records import Blob, CheckpointRecord, Place, State, pack, pack_state
from kernel_exec.durability.stores import Durability
from kernel_exec.errors import CheckpointError, CheckpointLeaseConflict, ExecutionError, in_words
from kernel_exec.payloads import encode
from kernel_exec.runtime import GRACE, faults

_log = logging.getLogger(__name__)

type Way = tuple[Place, str]
"""Where a message goes, and the label of the edge that takes it there."""


class Journal:
    """What one run would have to go on from, and the checkpoint that says so. For the thread of its loop."""

    def __init__(self, durability: Durability, record: CheckpointRecord, state: State, lease: Lease) -> None:
        """Begin with what `record` and its `state` hold; nothing is written before the first `commit`."""
        self._durability = durability
        self._record = record
        self.lease = lease
        arrived = zip(record.edges, state.payloads, strict=True)
        self._places = dict(zip(record.frontier, arrived, strict=True))
        """By place: the edge that the message came by, and its encoded payload."""
        self._results = deque(state.results)
        self._halted = (record.halted, state.halted)
        self._blobs = [record.blob] if record.blob is not None else []
        """States, any of which may be the kept checkpoint's: a store can keep one and fail to say so."""
        self._kept = False
        """The store has a checkpoint of this run."""
        self._noted = 1
        self._stored = 0
        self._stored_at = float("-inf")
        self._writing: asyncio.Task[CheckpointError | None] | None = None
        self._ended = False

    @property
    def checkpoint_id(self) -> str:
        """The id under which the run's checkpoint is kept."""
        return self._record.id

    place: Final = Place
    """How the scheduler, which loads nothing of `durability` by itself, names where a message stands."""

    # What the scheduler notes ------------------------------------------------------------------------------

    def accept(self, place: Place, edge: str, payload: Any) -> None:
        """Note a message that entered the run.

        Raises:
            PayloadError: the payload cannot be kept.
        """
        self._places[place] = (edge, encode(payload, portable=True))
        self._noted += 1

    def move(self, place: Place, onward: Iterable[Way], payload: Any, *, captured: bool) -> None:
        """Note that the handler at `place` has returned `payload`, which goes `onward`, out if `captured`.

        Raises:
            PayloadError: the payload goes on and cannot be kept.
        """
        self._spread(tuple(onward), payload, captured=captured)
        del self._places[place]
        self._noted += 1

    def halt(self, place: Place, payload: Any) -> None:
        """Note that the handler at `place` halted the run, returning `payload`: from there an answer goes on.

        Raises:
            PayloadError: the payload cannot be kept.
        """
        self._halted = (place, encode(payload, portable=True))
        del self._places[place]
        self._noted += 1

    def answer(self, onward: Iterable[Way], payload: Any, *, captured: bool) -> None:
        """Note that `payload` goes on from where the run halted, as `move` does.

        Raises:
            PayloadError: the payload cannot be kept.
        """
        self._spread(tuple(onward), payload, captured=captured)
        self._halted = (None, None)
        self._noted += 1

    def take(self) -> None:
        """Note that the host has taken the oldest result."""
        self._results.popleft()
        self._noted += 1

    def _spread(self, ways: tuple[Way, ...], payload: Any, *, captured: bool) -> None:
        if not (ways or captured):
            return
        data = encode(payload, portable=True)
        for place, edge in ways:
            self._places[place] = (edge, data)
        if captured:
            self._results.append(data)

    # When it is kept ---------------------------------------------------------------------------------------

    @property
    def behind(self) -> bool:
        """Whether a strong run has to `commit` before its next handler begins."""
        since = time.monotonic() - self._stored_at
        return self._durability.strong and since >= self._durability.interval

    async def commit(self) -> None:
        """Keep everything that is noted up to now. Those who commit at the same time share one checkpoint.

        Raises:
            CheckpointLeaseConflict: somebody else has taken the checkpoint over.
            CheckpointError: the store failed.
        """
        noted = self._noted
        while self._stored < noted and not self._ended:
            if self._writing is None:
                self._writing = asyncio.Task(self._write())  # not by a factory: it must not begin before this
            if failure := await asyncio.shield(self._writing):
                raise failure

    async def suspend(self) -> None:
        """Keep what is noted and give the lease back: somebody may resume.

        Raises:
            CheckpointLeaseConflict, CheckpointError: as `commit`; the last checkpoint that was kept stands.
        """
        await self.commit()
        self._ended = True
        await self.lease.end()

    async def end(self) -> None:
        """Let go of a run that did not come to its end: somebody may resume it from what is kept.

        Never raises; does nothing after `suspend` or `complete`. A store that does not answer within the time
        of the lease is waited for no longer.
        """
        if self._ended:
            return
        try:
            async with asyncio.timeout(self._durability.lease_seconds):
                if self._durability.strong and (self._places or self._kept):
                    await self.commit()
                elif self._writing is not None:  # a halt that was interrupted
                    await asyncio.wait([self._writing])
        except (ExecutionError, TimeoutError) as error:
            _log.warning("the last steps of a run are not in its checkpoint: %s", in_words(error))
        finally:
            self._ended = True
            if self._writing is not None:
                self._writing.cancel()  # else it might take the lease when that was given back
            await self.lease.end()

    async def complete(self) -> CheckpointError | None:
        """Acknowledge: the run has ended as it should, and its checkpoint is of no use any more.

        If that goes wrong, as `commit` may or because the store takes longer than the lease, return why.
        """
        try:
            async with asyncio.timeout(self._durability.lease_seconds):
                await self._acknowledge()
        except CheckpointError as error:
            return error
        except TimeoutError:
            message = f"the store of checkpoint {self.checkpoint_id!r} has not answered within its lease"
            return CheckpointError(message, checkpoint_id=self.checkpoint_id)
        return None

    async def _acknowledge(self) -> None:
        while self._writing is not None:
            await asyncio.wait([self._writing])
        if self._ended or not self._kept:
            return
        self._ended = True
        store, retain = self._durability.store, self._durability.retain
        try:
            if retain is None:
                await self.lease.stop_renewing()  # the lease goes with the checkpoint
                owner = self.lease.owner
                if not await ask(self.checkpoint_id, lambda: store.ack(self.checkpoint_id, owner=owner)):
                    raise self.lease.conflict()
            else:
                self._record = replace(self._record, completed=True, blob=None, ttl=retain)
                await self._put(self._fill(b""))
                await self.lease.end()
        except BaseException:
            await self.lease.end(GRACE)
            raise
        await self._forget(self._blobs)

    async def _write(self) -> CheckpointError | None:
        """Write a checkpoint; return what went wrong, since who waits for it may be interrupted."""
        noted, before = self._noted, self._blobs
        try:
            if not self.lease.held:
                await self.lease.take()
            payloads = tuple(data for _, data in self._places.values())
            state = pack_state(State(payloads, tuple(self._results), self._halted[1]))
            threshold, blobs = self._durability.blob_threshold, self._durability.blobs
            if blobs is None or threshold is None or len(state) <= threshold:
                record = replace(self._fill(state), blob=None)
            else:
                blob = Blob(f"{self.checkpoint_id}-{uuid4().hex}", len(state), crc32(state))
                record = replace(self._fill(b""), blob=blob)
                try:
                    await ask(self.checkpoint_id, lambda: blobs.put(blob.key, state))
                except CheckpointError:
                    await self._forget([blob])  # it may have been kept all the same
                    raise
                self._blobs = [*before, blob]
            await self._put(record)
            self._record = record
            self._kept = True
            self._stored = noted
            self._stored_at = time.monotonic()
            self._blobs = [record.blob] if record.blob is not None else []
            await self._forget(before)
        except CheckpointError as error:
            if isinstance(error, CheckpointLeaseConflict):
                await self._forget(self._blobs[len(before) :])  # of a record that was refused
            return error
        finally:
            self._writing = None
        return None

    def _fill(self, state: bytes) -> CheckpointRecord:
        """Return the record of what is noted now."""
        return replace(
            self._record,
            frontier=tuple(self._places),
            edges=tuple(edge for edge, _ in self._places.values()),
            halted=self._halted[0],
            state=state,
            written=time.time(),
        )

    async def _put(self, record: CheckpointRecord) -> None:
        store, owner = self._durability.store, self.lease.owner
        data, expires = pack(record), record.expires
        if not await ask(record.id, lambda: store.put(record.id, data, owner=owner, expires=expires)):
            raise self.lease.conflict()

    async def _forget(self, states: Iterable[Blob]) -> None:
        """Delete the states of earlier checkpoints; one that stays costs room and nothing else."""
        blobs = self._durability.blobs
        if blobs is None:
            return
        for blob in states:
            try:
                await blobs.delete(blob.key)
            except faults() as error:
                _log.warning("the blob %s of a checkpoint stays: %s", blob.key, in_words(error))
