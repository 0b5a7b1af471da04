"""What a checkpoint holds, and its bytes: versioned, checksummed, refused by code where they cannot be used.

First room of `durability`: the journal makes records, stores keep their bytes, `resume` reads them.
"""

from __future__ import annotations

from typing import Annotated, Any, Final
from zlib import crc32

import msgspec

from kernel_exec.errors import CheckpointIncompatibleVersion, CheckpointStateCorrupted

VERSION: Final = 1
"""The format of the records that this kernel writes."""

_MAGIC: Final = b"flow-checkpoint\n"


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a message stood: before the handler of the node `alias`. `permit` says whether it held one."""

    alias: str
    message: Annotated[str, msgspec.Meta(pattern=r"^\d+(\.\d+)*$")]
    permit: bool


class State(msgspec.Struct, frozen=True, array_like=True):
    """What the places hold, encoded: payloads by place, and results that the host had not taken."""

    payloads: tuple[bytes, ...]
    results: tuple[bytes, ...]
    halted: bytes | None


class Blob(msgspec.Struct, frozen=True, array_like=True):
    """Where a state lies that is too large for its record. The checksum is of the state's bytes."""

    key: str
    size: int
    checksum: int


class CheckpointRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One checkpoint: what a run needs to go on from where it was. Times are seconds since 1970, in UTC.

    The frontier and the halted place together are every message that was on its way; `edges` are the labels
    of the edges that those of the frontier came by. `idempotency` is what the keys of the run's effects begin
    with, the same on every attempt.
    """

    id: str
    flow_id: str
    flow_version: str
    run_id: str
    trigger: str | None
    capture: str
    idempotency: str
    frontier: tuple[Place, ...] = ()
    edges: tuple[str, ...] = ()
    halted: Place | None = None
    state: bytes = b""
    blob: Blob | None = None
    created: float
    written: float
    resume_after: float | None = None
    ttl: float | None
    attempt: int = 0
    completed: bool = False

    @property
    def expires(self) -> float | None:
        """When the checkpoint may be forgotten, None for never."""
        return None if self.ttl is None else self.written + self.ttl


def pack(record: CheckpointRecord) -> bytes:
    """Return the bytes of `record`, from which `unpack` makes it again."""
    body = msgspec.msgpack.encode(record)
    return _MAGIC + msgspec.msgpack.encode((VERSION, crc32(body), body))


def unpack(checkpoint_id: str, data: bytes) -> CheckpointRecord:
    """Return the record that `data` was packed from.

    Raises:
        CheckpointStateCorrupted: the bytes are damaged, or were never a checkpoint.
        CheckpointIncompatibleVersion: they are of a format that this kernel does not know.
    """
    try:
        data = bytes(data)  # whatever kind of bytes the store gives
        if not data.startswith(_MAGIC):
            raise ValueError("it does not begin as checkpoints do")
        version, *rest = msgspec.msgpack.decode(data[len(_MAGIC) :], type=list[Any]) or [None]
        if type(version) is not int:
            raise ValueError("it has no version")
        if version == VERSION:
            checksum, body = msgspec.convert(rest, tuple[int, bytes])
            if crc32(body) != checksum:
                raise ValueError("its checksum differs")
            record = msgspec.msgpack.decode(body, type=CheckpointRecord)
            if record.id != checkpoint_id:
                raise ValueError("it is another's")
            return record
    except (ValueError, TypeError) as error:
        raise corrupted(checkpoint_id, str(error)) from error
    raise CheckpointIncompatibleVersion(
        f"checkpoint {checkpoint_id!r} is of the record version {version}, and this kernel reads {VERSION}: "
        "resume it with the kernel that wrote it, or a newer one",
        checkpoint_id=checkpoint_id,
    )


def pack_state(state: State) -> bytes:
    """Return the bytes of `state`."""
    return msgspec.msgpack.encode(state)


def unpack_state(record: CheckpointRecord, data: bytes) -> State:
    """Return the state of `record` from its bytes.

    Raises:
        CheckpointStateCorrupted: they are damaged, or do not belong to the record.
    """
    blob = record.blob
    try:
        if blob is not None and (len(data) != blob.size or crc32(data) != blob.checksum):
            raise ValueError(f"the blob {blob.key!r} is not what was put there")
        state = msgspec.msgpack.decode(data, type=State)
        if len(state.payloads) != len(record.frontier):
            raise ValueError("its state is of another frontier")
        if len(record.edges) != len(record.frontier):
            raise ValueError("not every message of it came by an edge")
    except ValueError as error:
        raise corrupted(record.id, str(error)) from error
    return state


def corrupted(checkpoint_id: str, why: str) -> CheckpointStateCorrupted:
    """Return the refusal of a checkpoint that cannot be read, because of `why`."""
    return CheckpointStateCorrupted(
        f"checkpoint {checkpoint_id!r} cannot be read: {why}", checkpoint_id=checkpoint_id
    )
