"""What edges may hold and for how long, and what makes their delivery exactly once.

CTRL101, CTRL102, SPILL001, SPILL002, SPILL003; DAG004, EXACT001, EXACT002, EXACT003.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kernel_exec.diagnostics import Diagnostic
from kernel_exec.flow_ir import EdgeIR, NodeIR
from kernel_exec.validation.index import FlowIndex

_BLOB_HINT = "resource::blob::"
# `.` and `..` are refused too: a store that keeps tiers as folders must never be led out of its own.
_TIER = r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,64}"


def check_edges(index: FlowIndex) -> Iterator[Diagnostic]:
    """Find timeouts and buffers that cannot work, and spill tiers that cannot be served."""
    for edge in index.flow.edges:
        yield from _limits(edge)
        yield from _tier(edge)
    yield from _blob_hint(index)


def _limits(edge: EdgeIR) -> Iterator[Diagnostic]:
    if edge.timeout_ms is not None and edge.timeout_ms <= 0:
        message = f"timeout_ms is {edge.timeout_ms}; give at least 1, or leave it out for no timeout"
        yield Diagnostic("CTRL101", message, edge=edge.label)
    if edge.buffer.max_items is not None and edge.buffer.max_items <= 0:
        message = (
            f"buffer.max_items is {edge.buffer.max_items}; give at least 1, or leave it out for the default"
        )
        yield Diagnostic("CTRL102", message, edge=edge.label)


def _tier(edge: EdgeIR) -> Iterator[Diagnostic]:
    tier = edge.buffer.spill_tier
    if tier is None:
        return
    if edge.buffer.max_items is None:
        message = f"buffer.spill_tier is {tier!r} but nothing overflows without buffer.max_items; give it"
        yield Diagnostic("SPILL001", message, edge=edge.label)
    if not re.fullmatch(_TIER, tier):
        message = f"buffer.spill_tier is {tier!r}; use 1 to 64 letters, digits, '-', '_' and '.'"
        yield Diagnostic("SPILL003", message, edge=edge.label)


def _blob_hint(index: FlowIndex) -> Iterator[Diagnostic]:
    spilling = [edge.label for edge in index.flow.edges if edge.buffer.spill_tier is not None]
    hints = (hint for node in index.flow.nodes for hint in node.effect_hints)
    if spilling and not any(hint.startswith(_BLOB_HINT) for hint in hints):
        message = f"an edge spills, and no node has an effect hint that starts with {_BLOB_HINT!r}; add one"
        yield Diagnostic("SPILL002", message, edge=spilling[0])


# --- Deliveries ------------------------------------------------------------------------------------------

_DEDUPE_HINT = "resource::dedupe"
_LEAST_TTL_MS = 300_000


def check_deliveries(index: FlowIndex) -> Iterator[Diagnostic]:
    """Find idempotency without a key, and exactly_once edges into nodes that cannot tell a repetition."""
    for node in index.flow.nodes:
        yield from _idempotency(node)
    for edge in index.flow.edges:
        target = index.nodes.get(edge.to)
        if edge.delivery == "exactly_once" and target is not None:
            yield from _exactly_once(edge.label, target)


def _idempotency(node: NodeIR) -> Iterator[Diagnostic]:
    if node.idempotency.key:
        return
    given = {"scope": node.idempotency.scope, "ttlMs": node.idempotency.ttl_ms}
    names = " and ".join(name for name, value in given.items() if value is not None)
    if names:
        message = f"idempotency has {names} but no key; give the key that they are for"
        yield Diagnostic("DAG004", message, alias=node.alias)


def _exactly_once(edge: str, target: NodeIR) -> Iterator[Diagnostic]:
    opening = f"the edge delivers exactly_once, and {target.alias!r} has"
    if not any(hint.startswith(_DEDUPE_HINT) for hint in target.effect_hints):
        message = f"{opening} no effect hint that starts with {_DEDUPE_HINT!r}"
        yield Diagnostic("EXACT001", message, alias=target.alias, edge=edge)
    if not target.idempotency.key:
        yield Diagnostic("EXACT002", f"{opening} no idempotency key", alias=target.alias, edge=edge)
    ttl_ms = target.idempotency.ttl_ms
    if ttl_ms is None or ttl_ms < _LEAST_TTL_MS:
        had = "no ttlMs" if ttl_ms is None else f"a ttlMs of {ttl_ms}"
        message = f"{opening} {had}; it needs at least {_LEAST_TTL_MS}"
        yield Diagnostic("EXACT003", message, alias=target.alias, edge=edge)
