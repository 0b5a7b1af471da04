"""What is left to do with a flow that has no errors: the plan that everything after validation takes.

Last room of `validation`: index and findings in, `ValidatedFlow` out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from kernel_exec.diagnostics import Diagnostic
from kernel_exec.flow_ir import ControlSurfaceIR, EdgeIR, FlowIR, NodeIR
from kernel_exec.validation.index import FlowIndex

if TYPE_CHECKING:
    from kernel_exec.surfaces import Gate

__all__ = ["ValidatedFlow", "plan_flow"]


class ValidatedFlow(Struct, frozen=True, eq=False, weakref=True):
    """A flow without errors, and what validation already knows of it. Compared and hashed by identity.

    Only `validate` makes one. The mappings are by alias and hold every alias, but for `gates`, which
    holds those that are the source of an `if` or `switch`.
    """

    flow: FlowIR
    diagnostics: tuple[Diagnostic, ...]
    nodes: Mapping[str, NodeIR]
    out_edges: Mapping[str, tuple[EdgeIR, ...]]
    in_edges: Mapping[str, tuple[EdgeIR, ...]]
    gates: Mapping[str, tuple[Gate, ...]]


def plan_flow(index: FlowIndex, findings: tuple[Diagnostic, ...]) -> ValidatedFlow:
    """Return the plan of a flow whose `findings` are warnings only."""
    surfaces = index.flow.control_surfaces
    gates = _gates(surfaces) if surfaces else {}
    return ValidatedFlow(index.flow, findings, index.nodes, index.out_edges, index.in_edges, gates)


def _gates(surfaces: Iterable[ControlSurfaceIR]) -> dict[str, tuple[Gate, ...]]:
    from kernel_exec.surfaces import EXECUTED, IfConfig, SwitchConfig, read_surface  # only gated flows pay

    gates: dict[str, tuple[Gate, ...]] = {}
    for surface in surfaces:
        if surface.kind in EXECUTED:
            gate = read_surface(surface)
            assert isinstance(gate, IfConfig | SwitchConfig)
            gates[gate.source] = (*gates.get(gate.source, ()), gate)
    return gates
