"""What nodes declare: against what their hints need (EFFECT201, DET302), and against what checkpoints do.

DAG-CKPT-001, DAG-CKPT-002, DAG-CKPT-004.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from kernel_exec.diagnostics import Diagnostic
from kernel_exec.flow_ir import Determinism, Effects, NodeIR
from kernel_exec.validation.index import FlowIndex

# The models list both scales from least to most; what stands later covers what stands before.
_EFFECTS: tuple[Effects, ...] = get_args(Effects)
_DETERMINISM: tuple[Determinism, ...] = get_args(Determinism)

_LEAST_EFFECTS: dict[str, Effects] = {
    "resource::http::read": "read_only",
    "resource::http::write": "effectful",
    "resource::db::write": "effectful",
}
_STRICTEST_DETERMINISM: dict[str, Determinism] = {
    "resource::clock": "best_effort",
    "resource::http": "best_effort",
    "resource::rng": "best_effort",
}


def check_hints(
    index: FlowIndex, effect_hints: Mapping[str, Effects], determinism_hints: Mapping[str, Determinism]
) -> Iterator[Diagnostic]:
    """Find nodes that declare less than their hints need; the mappings add to the contract's prefixes."""
    least = {**_LEAST_EFFECTS, **effect_hints}
    strictest = {**_STRICTEST_DETERMINISM, **determinism_hints}
    for node in index.flow.nodes:
        yield from _effects(node, least)
        yield from _determinism(node, strictest)


def _effects(node: NodeIR, least: Mapping[str, Effects]) -> Iterator[Diagnostic]:
    for hint in node.effect_hints:
        needed = [_EFFECTS.index(level) for prefix, level in least.items() if hint.startswith(prefix)]
        if needed and _EFFECTS.index(node.effects) < max(needed):
            message = f"effects is {node.effects} and the hint {hint!r} needs {_EFFECTS[max(needed)]}"
            yield Diagnostic("EFFECT201", message, alias=node.alias)


def _determinism(node: NodeIR, strictest: Mapping[str, Determinism]) -> Iterator[Diagnostic]:
    for hint in node.determinism_hints:
        needed = [_DETERMINISM.index(level) for prefix, level in strictest.items() if hint.startswith(prefix)]
        if needed and _DETERMINISM.index(node.determinism) < max(needed):
            allowed = _DETERMINISM[max(needed)]
            message = f"determinism is {node.determinism} and the hint {hint!r} allows at most {allowed}"
            yield Diagnostic("DET302", message, alias=node.alias)


# --- Checkpoints -----------------------------------------------------------------------------------------


def check_durability(index: FlowIndex) -> Iterator[Diagnostic]:
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
