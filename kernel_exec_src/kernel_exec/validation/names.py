"""Names and what they stand for: DAG205, DAG202, DAG104, DAG201, DAG350."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kernel_exec.diagnostics import Diagnostic
from kernel_exec.flow_ir import NamedSchema
from kernel_exec.validation.index import FlowIndex

__all__ = ["check"]


def check(index: FlowIndex) -> Iterator[Diagnostic]:
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
