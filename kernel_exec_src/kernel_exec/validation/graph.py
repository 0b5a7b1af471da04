"""The graph as a whole: what names stand for, and cycles.

DAG104, DAG201, DAG202, DAG205, DAG350; DAG200.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kernel_exec.diagnostics import Diagnostic
from kernel_exec.flow_ir import NamedSchema
from kernel_exec.validation.index import FlowIndex


def check_names(index: FlowIndex) -> Iterator[Diagnostic]:
    """Find names that are taken twice, lead nowhere, or do not fit together."""
    yield from _duplicate_aliases(index)
    yield from _unknown_aliases(index)
    yield from _triggers(index)
    yield from _schemas(index)
    yield from _summaries(index)


def _duplicate_aliases(index: FlowIndex) -> Iterator[Diagnostic]:
    for alias, count in Counter(node.alias for node in index.flow.nodes).items():
        if count > 1:
            yield Diagnostic(
                "DAG205", f"{count} nodes have the alias {alias!r}; give each its own", alias=alias
            )


def _unknown_aliases(index: FlowIndex) -> Iterator[Diagnostic]:
    for edge in index.flow.edges:
        for role, alias in (("source", edge.from_), ("target", edge.to)):
            if alias not in index.nodes:
                message = f"no node has the alias {alias!r}, the {role} of this edge"
                yield Diagnostic("DAG202", message, alias=alias, edge=edge.label)


def _triggers(index: FlowIndex) -> Iterator[Diagnostic]:
    triggers = [node.alias for node in index.flow.nodes if node.kind == "trigger"]
    if len(triggers) > 1 and index.flow.policies.lint.allow_multiple_triggers is not True:
        message = (
            f"the flow has {len(triggers)} triggers ({', '.join(triggers)}); keep one, "
            "or set policies.lint.allow_multiple_triggers"
        )
        yield Diagnostic("DAG104", message)


def _schemas(index: FlowIndex) -> Iterator[Diagnostic]:
    for edge in index.flow.edges:
        if edge.transform is not None or not (edge.from_ in index.nodes and edge.to in index.nodes):
            continue
        given, wanted = index.nodes[edge.from_].out_schema, index.nodes[edge.to].in_schema
        if isinstance(given, NamedSchema) and isinstance(wanted, NamedSchema) and given.name != wanted.name:
            message = (
                f"{edge.from_!r} gives {given.name}, {edge.to!r} takes {wanted.name}; add an `into` transform"
            )
            yield Diagnostic("DAG201", message, edge=edge.label)


def _summaries(index: FlowIndex) -> Iterator[Diagnostic]:
    for node in index.flow.nodes:
        if not node.summary:
            yield Diagnostic(
                "DAG350", "the node has no summary; say in one line what it does", alias=node.alias
            )


# --- Cycles: once for every group of nodes that reach each other, with a path through it -----------------


def check_cycles(index: FlowIndex) -> Iterator[Diagnostic]:
    """Find the cycles of the graph, in the order of the node that comes first in the document."""
    position = {alias: place for place, alias in enumerate(index.nodes)}
    cycles = [_rotated(_cycle_in(index, group), position) for group in _knots(index)]
    for cycle in sorted(cycles, key=lambda cycle: position[cycle[0]]):
        path = " -> ".join((*cycle, cycle[0]))
        yield Diagnostic("DAG200", f"the graph has a cycle: {path}", alias=cycle[0])


def _successors(index: FlowIndex, alias: str) -> Iterator[str]:
    return (edge.to for edge in index.out_edges[alias])


def _knots(index: FlowIndex) -> Iterator[set[str]]:
    """Give the strongly connected groups that hold a cycle.

    Tarjan's algorithm with its recursion laid out on a stack, since a flow may be deeper than Python's.
    """
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: dict[str, None] = {}
    for root in index.nodes:
        if root in order:
            continue
        path = [(root, _successors(index, root))]
        order[root] = low[root] = len(order)
        open_[root] = None
        while path:
            alias, successors = path[-1]
            for next_ in successors:
                if next_ not in order:
                    order[next_] = low[next_] = len(order)
                    open_[next_] = None
                    path.append((next_, _successors(index, next_)))
                    break
                if next_ in open_:
                    low[alias] = min(low[alias], order[next_])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[alias])
                if low[alias] == order[alias]:
                    group = _closed(open_, alias)
                    if len(group) > 1 or alias in _successors(index, alias):
                        yield group


def _closed(open_: dict[str, None], root: str) -> set[str]:
    group: set[str] = set()
    while root not in group:
        group.add(open_.popitem()[0])
    return group


def _cycle_in(index: FlowIndex, group: set[str]) -> list[str]:
    """Return a cycle of `group`.

    From any node of it, steps that stay inside must come back to their own trail.
    """
    alias = min(group)
    trail: dict[str, None] = {}
    while alias not in trail:
        trail[alias] = None
        alias = next(next_ for next_ in _successors(index, alias) if next_ in group)
    steps = list(trail)
    return steps[steps.index(alias) :]


def _rotated(cycle: list[str], position: dict[str, int]) -> list[str]:
    first = cycle.index(min(cycle, key=position.__getitem__))
    return cycle[first:] + cycle[:first]
