"""Judges a whole flow: every finding, in a stable order, and a plan if none of them is an error.

Stands between `flow_ir` and `preflight`. A family of codes is a function from the index of a flow to
its findings; this file runs them in a fixed order. Within a family findings
follow the document. Every family is linear in nodes, edges and surfaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kernel_exec.diagnostics import Diagnostic
from kernel_exec.errors import InvalidFlow
from kernel_exec.flow_ir import Determinism, Effects, FlowIR
from kernel_exec.validation.edges import check_deliveries, check_edges
from kernel_exec.validation.graph import check_cycles, check_names
from kernel_exec.validation.index import FlowIndex, ValidatedFlow, index_flow, plan_flow
from kernel_exec.validation.nodes import check_durability, check_hints

__all__ = ["ValidatedFlow", "diagnose", "validate"]


def validate(
    flow: FlowIR,
    *,
    effect_hints: Mapping[str, Effects] = {},
    determinism_hints: Mapping[str, Determinism] = {},
) -> ValidatedFlow:
    """Return the plan of `flow`, with its warnings on `.diagnostics`.

    Args:
        flow: what `load_flow` or `FlowBuilder` gave.
        effect_hints: further prefixes of effect hints, each with the least effects that it needs (EFFECT201).
        determinism_hints: further prefixes of determinism hints, each with the strictest determinism that it
            allows (DET302).

    Raises:
        InvalidFlow: there are errors; all findings are on its `.diagnostics`.
        TypeError: `flow` is something else, as a dict that was not loaded.
    """
    index = index_flow(flow)
    findings = tuple(_findings(index, effect_hints, determinism_hints))
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        lines = "".join(f"\n  {error}" for error in errors)
        raise InvalidFlow(f"flow {flow.name!r} has {_counted(errors)}:{lines}", diagnostics=findings)
    return plan_flow(index, findings)


def diagnose(
    flow: FlowIR,
    *,
    effect_hints: Mapping[str, Effects] = {},
    determinism_hints: Mapping[str, Determinism] = {},
) -> tuple[Diagnostic, ...]:
    """Return every finding of any flow, errors and warnings; the arguments are those of `validate`.

    Raises:
        TypeError: `flow` is something else, as a dict that was not loaded.
    """
    return tuple(_findings(index_flow(flow), effect_hints, determinism_hints))


def _findings(
    index: FlowIndex, effect_hints: Mapping[str, Effects], determinism_hints: Mapping[str, Determinism]
) -> Iterator[Diagnostic]:
    yield from check_names(index)
    yield from check_cycles(index)
    yield from check_edges(index)
    yield from check_hints(index, effect_hints, determinism_hints)
    yield from check_deliveries(index)
    if index.flow.control_surfaces:
        from kernel_exec.validation import control  # most flows have none, and pay for none

        yield from control.check(index)
    yield from check_durability(index)


def _counted(errors: list[Diagnostic]) -> str:
    return "1 error" if len(errors) == 1 else f"{len(errors)} errors"
