"""What makes a delivery exactly once: DAG004, EXACT001, EXACT002, EXACT003."""

from __future__ import annotations

from collections.abc import Iterator

from kernel_exec.diagnostics import Diagnostic
from kernel_exec.flow_ir import NodeIR
from kernel_exec.validation.index import FlowIndex

__all__ = ["check"]

_DEDUPE_HINT = "resource::dedupe"
_LEAST_TTL_MS = 300_000


def check(index: FlowIndex) -> Iterator[Diagnostic]:
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
