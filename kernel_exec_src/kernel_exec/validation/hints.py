"""What nodes declare against what their hints need: EFFECT201, DET302."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from kernel_exec.diagnostics import Diagnostic
from kernel_exec.flow_ir import Determinism, Effects, NodeIR
from kernel_exec.validation.index import FlowIndex

__all__ = ["check"]

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


def check(
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
