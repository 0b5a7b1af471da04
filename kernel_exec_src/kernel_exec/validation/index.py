"""The graph of a flow, looked up by alias, and the plan that it becomes where nobody finds an error.

First room of `validation`: every family reads the index, and everything after validation takes the plan. The
index accepts any flow: of nodes with one alias the first counts, and edges that lead from or to nowhere are
left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from kernel_exec.diagnostics import Diagnostic
from kernel_exec.flow_ir import ControlSurfaceIR, EdgeIR, FlowIR, NodeIR

if TYPE_CHECKING:
    from kernel_exec.surfaces import Gate


class FlowIndex(Struct, frozen=True, eq=False):
    """Nodes by alias, and by alias the edges that leave and enter; all in the order of the document."""

    flow: FlowIR
    nodes: Mapping[str, NodeIR]
    out_edges: Mapping[str, tuple[EdgeIR, ...]]
    in_edges: Mapping[str, tuple[EdgeIR, ...]]


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


def index_flow(flow: FlowIR) -> FlowIndex:
    """Return the index of `flow`.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(flow, FlowIR):
        raise TypeError(f"a flow is what load_flow() gives, not {type(flow).__name__}")
    nodes: dict[str, NodeIR] = {}
    for node in flow.nodes:
        nodes.setdefault(node.alias, node)
    leaving: dict[str, list[EdgeIR]] = {alias: [] for alias in nodes}
    entering: dict[str, list[EdgeIR]] = {alias: [] for alias in nodes}
    for edge in flow.edges:
        if edge.from_ in nodes and edge.to in nodes:
            leaving[edge.from_].append(edge)
            entering[edge.to].append(edge)
    return FlowIndex(flow, nodes, _frozen(leaving), _frozen(entering))


def _frozen(lists: dict[str, list[EdgeIR]]) -> dict[str, tuple[EdgeIR, ...]]:
    return {alias: tuple(edges) for alias, edges in lists.items()}


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
