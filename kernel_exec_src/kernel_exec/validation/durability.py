"""What checkpoints need of the nodes: DAG-CKPT-001, DAG-CKPT-002, DAG-CKPT-004."""

from __future__ import annotations

from collections.abc import Iterator

from kernel_exec.diagnostics import Diagnostic
from kernel_exec.validation.index import FlowIndex

__all__ = ["check"]


def check(index: FlowIndex) -> Iterator[Diagnostic]:
    """Find nodes that contradict the durability mode, and effects that a resume could repeat unnoticed."""
    mode = index.flow.policies.durability.mode
    resumed = _resume_path(index)
    for node in index.flow.nodes:
        if mode == "strong" and not node.durability.checkpointable:
            message = "durability is strong and the node is not checkpointable"
            yield Diagnostic("DAG-CKPT-001", message, alias=node.alias)
        if mode == "off" and node.durability.halts:
            message = "the node halts and durability is off; use partial or strong"
            yield Diagnostic("DAG-CKPT-002", message, alias=node.alias)
        if node.alias in resumed and node.effects == "effectful" and not node.idempotency.key:
            message = "the node is effectful and may run again after a resume; give it an idempotency key"
            yield Diagnostic("DAG-CKPT-004", message, alias=node.alias)


def _resume_path(index: FlowIndex) -> set[str]:
    """Return the aliases that may run after a resume: all when strong, else what halt nodes reach."""
    if index.flow.policies.durability.mode == "strong":
        return set(index.nodes)
    waiting = [node.alias for node in index.flow.nodes if node.durability.halts]
    reached = set(waiting)
    while waiting:
        for edge in index.out_edges[waiting.pop()]:
            if edge.to not in reached:
                reached.add(edge.to)
                waiting.append(edge.to)
    return reached
