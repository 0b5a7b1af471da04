"""What an edge may hold and for how long: CTRL101, CTRL102, SPILL001, SPILL002, SPILL003."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kernel_exec.diagnostics import Diagnostic
from kernel_exec.flow_ir import EdgeIR
from kernel_exec.validation.index import FlowIndex

__all__ = ["check"]

_BLOB_HINT = "resource::blob::"
# `.` and `..` are refused too: a store that keeps tiers as folders must never be led out of its own.
_TIER = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,64}")


def check(index: FlowIndex) -> Iterator[Diagnostic]:
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
    if not _TIER.fullmatch(tier):
        message = f"buffer.spill_tier is {tier!r}; use 1 to 64 letters, digits, '-', '_' and '.'"
        yield Diagnostic("SPILL003", message, edge=edge.label)


def _blob_hint(index: FlowIndex) -> Iterator[Diagnostic]:
    spilling = [edge.label for edge in index.flow.edges if edge.buffer.spill_tier is not None]
    hints = (hint for node in index.flow.nodes for hint in node.effect_hints)
    if spilling and not any(hint.startswith(_BLOB_HINT) for hint in hints):
        message = f"an edge spills, and no node has an effect hint that starts with {_BLOB_HINT!r}; add one"
        yield Diagnostic("SPILL002", message, edge=spilling[0])
