"""Where journals come from: a new run begins one, and a resume reads one back and takes it over.

Last room of `durability` before the executor, which runs what these give.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple
from uuid import uuid4

from msgspec.structs import replace

from kernel_exec.durability.journal import Journal
from kernel_exec.durability.leases import Lease, ask
from kernel_exec.durability.records import CheckpointRecord, Place, State, corrupted, unpack, unpack_state
from kernel_exec.durability.stores import Durability
from kernel_exec.errors import (
    CheckpointError,
    CheckpointIncompatibleVersion,
    CheckpointNotFound,
    in_words,
)
from kernel_exec.flow_ir import FlowIR
from kernel_exec.payloads import decode
from kernel_exec.runtime import GRACE, faults


class Reopened(NamedTuple):
    """What a resume goes on from: its journal, messages by place and edge, and results to be taken."""

    journal: Journal
    record: CheckpointRecord
    messages: list[tuple[Place, str, Any]]
    results: list[Any]


def begin(durability: Durability, flow: FlowIR, *, run_id: str, trigger: str | None, capture: str) -> Journal:
    """Return the journal of a new run; nothing is written yet."""
    now = time.time()
    record = CheckpointRecord(
        id=uuid4().hex,
        flow_id=flow.id,
        flow_version=flow.version,
        run_id=run_id,
        trigger=trigger,
        capture=capture,
        idempotency=run_id,
        created=now,
        written=now,
        ttl=durability.ttl,
    )
    lease = Lease(durability.store, record.id, durability.lease_seconds)
    return Journal(durability, record, State((), (), None), lease)


async def reopen(durability: Durability, flow: FlowIR, checkpoint_id: str) -> Reopened:
    """Take a checkpoint over: lease it, read it, and count the attempt.

    Raises:
        CheckpointNotFound: there is none of this id, or its run has completed, or it has expired
        (DAG-CKPT-006). CheckpointLeaseConflict: another run has it (DAG-CKPT-007). CheckpointStateCorrupted:
        it cannot be read (DAG-CKPT-008). CheckpointIncompatibleVersion: it is of another format or another
        flow (DAG-CKPT-009). CheckpointError: the store failed, or it was resumed as often as the flow allows.
    """
    await _read(durability, flow, checkpoint_id)  # a refusal that is certain needs no lease
    lease = Lease(durability.store, checkpoint_id, durability.lease_seconds)
    try:
        await lease.take(patient=durability.patient)
        # Read again: whoever had the lease before may have gone on until a moment ago.
        record = await _read(durability, flow, checkpoint_id)
        state = unpack_state(record, await _state_bytes(durability, record))
        payloads = [_decoded(record, data) for data in state.payloads]
        results = [_decoded(record, data) for data in state.results]
        record = replace(record, attempt=record.attempt + 1)
        journal = Journal(durability, record, state, lease)
        await journal.commit()
    except BaseException:
        await lease.end(GRACE)
        raise
    messages = list(zip(record.frontier, record.edges, payloads, strict=True))
    return Reopened(journal, record, messages, results)


async def _read(durability: Durability, flow: FlowIR, checkpoint_id: str) -> CheckpointRecord:
    """Read a record and check that this flow can go on from it."""
    data = await ask(checkpoint_id, lambda: durability.store.get(checkpoint_id))
    if data is None:
        raise _not_found(checkpoint_id, "the store has none of this id")
    record = unpack(checkpoint_id, data)
    if record.completed:
        raise _not_found(checkpoint_id, "its run has completed")
    if record.expires is not None and record.expires <= time.time():
        raise _not_found(checkpoint_id, "it has expired (checkpoint_ttl of the flow's durability policy)")
    _check_flow(flow, record)
    limit = durability.max_attempts
    if limit is not None and record.attempt >= limit:
        raise CheckpointError(
            f"checkpoint {checkpoint_id!r} was resumed {record.attempt} times, and the flow allows {limit} "
            "(max_resume_attempts of its durability policy)",
            checkpoint_id=checkpoint_id,
        )
    return record


def _check_flow(flow: FlowIR, record: CheckpointRecord) -> None:
    aliases = {node.alias for node in flow.nodes}
    unknown = {record.capture, record.halted.alias if record.halted else record.capture} - aliases
    # An entrance is labelled by the node behind it, and may have become a node that edges lead to.
    ways = {(edge.label, edge.to) for edge in flow.edges}
    ways |= {(alias, alias) for alias in aliases - {to for _, to in ways}}
    taken = zip(record.edges, record.frontier, strict=False)
    unknown |= {label for label, place in taken if (label, place.alias) not in ways}
    if (record.flow_id, record.flow_version) != (flow.id, flow.version) or unknown:
        what = f"what this flow has not ({', '.join(sorted(unknown))})" if unknown else "another flow"
        raise CheckpointIncompatibleVersion(
            f"checkpoint {record.id!r} is of the flow {record.flow_id} in version {record.flow_version}, and "
            f"this is {flow.id} in version {flow.version}: it is of {what}",
            checkpoint_id=record.id,
        )


async def _state_bytes(durability: Durability, record: CheckpointRecord) -> bytes:
    if record.blob is None:
        return record.state
    if durability.blobs is None:
        raise CheckpointError(
            f"the state of checkpoint {record.id!r} is a blob, and no store is bound as 'checkpoint_blobs'",
            checkpoint_id=record.id,
        )
    try:
        return bytes(await durability.blobs.get(record.blob.key))
    except faults() as error:
        why = f"its blob {record.blob.key!r} cannot be read ({in_words(error)})"
        raise corrupted(record.id, why) from error


def _decoded(record: CheckpointRecord, data: bytes) -> Any:
    try:
        return decode(data)
    except ValueError as error:
        raise corrupted(record.id, str(error)) from error


def _not_found(checkpoint_id: str, why: str) -> CheckpointNotFound:
    return CheckpointNotFound(f"there is no checkpoint {checkpoint_id!r}: {why}", checkpoint_id=checkpoint_id)
