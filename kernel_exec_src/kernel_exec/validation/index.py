"""The graph of a flow, looked up by alias: built once, read by every family and kept by the plan.

First room of `validation`. It accepts any flow: of nodes with one alias the first counts, and
edges that lead from or to nowhere are left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from kernel_exec.flow_ir import EdgeIR, FlowIR, NodeIR

__all__ = ["FlowIndex", "index_flow"]


class FlowIndex(Struct, frozen=True, eq=False):
    """Nodes by alias, and by alias the edges that leave and enter; all in the order of the document."""

    flow: FlowIR
    nodes: Mapping[str, NodeIR]
    out_edges: Mapping[str, tuple[EdgeIR, ...]]
    in_edges: Mapping[str, tuple[EdgeIR, ...]]


def index_flow(flow: FlowIR) -> FlowIndex:
    """Return the index of `flow`."""
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
