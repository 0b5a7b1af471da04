"""Prints the graph of a flow as Mermaid or Graphviz DOT text.

Stands after `surfaces`, whose gates label the edges they choose among. Any flow can be drawn, valid or
not: an edge that names an unknown alias leads to a node drawn dashed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from kernel_exec.errors import InvalidControlSurface
from kernel_exec.flow_ir import FlowIR, NodeIR, NodeKind
from kernel_exec.surfaces import IfConfig, SwitchConfig, read_surface

_MERMAID_SHAPES: dict[NodeKind, tuple[str, str]] = {
    "trigger": ("([", "])"),
    "inline": ("[", "]"),
    "activity": ("[[", "]]"),
    "subflow": ("{{", "}}"),
}
_DOT_SHAPES: dict[NodeKind, str] = {
    "trigger": "oval",
    "inline": "box",
    "activity": "component",
    "subflow": "box3d",
}

# What would end a quoted Mermaid label or be read as HTML, an entity or Markdown in it, or anywhere in a line
# as a directive, `%%{`, or as a statement, `direction LR`.
_MERMAID_ESCAPED = r'["#%&<>`\\]|(?<=direction) '
# What would end a quoted DOT string, be read as an escape or, by Graphviz, as an HTML entity.
_DOT_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\", "&": "&amp;"})


def to_mermaid(flow: FlowIR) -> str:
    """Return `flow` as a Mermaid flowchart."""
    lines = ["flowchart TD"]
    for name, alias, node in _boxes(flow):
        if node is None:
            lines += [f'    {name}["{_mermaid(alias)}"]', f"    style {name} stroke-dasharray: 4"]
        else:
            opening, closing = _MERMAID_SHAPES[node.kind]
            lines.append(f'    {name}{opening}"{_mermaid(alias)}<br/>{_mermaid(node.identifier)}"{closing}')
    for source, target, label in _arrows(flow):
        arrow = f'-->|"{_mermaid(label)}"|' if label else "-->"
        lines.append(f"    {source} {arrow} {target}")
    return "\n".join(lines) + "\n"


def to_dot(flow: FlowIR) -> str:
    """Return `flow` as a Graphviz digraph."""
    lines = [f'digraph "{_dot(flow.name)}" {{']
    for name, alias, node in _boxes(flow):
        if node is None:
            lines.append(f'    {name} [label="{_dot(alias)}", style=dashed];')
        else:
            label = f"{_dot(alias)}\\n{_dot(node.identifier)}"
            lines.append(f'    {name} [label="{label}", shape={_DOT_SHAPES[node.kind]}];')
    for source, target, label in _arrows(flow):
        attributes = f' [label="{_dot(label)}"]' if label else ""
        lines.append(f"    {source} -> {target}{attributes};")
    return "\n".join((*lines, "}")) + "\n"


def _boxes(flow: FlowIR) -> Iterator[tuple[str, str, NodeIR | None]]:
    """Give the drawn name, the alias and the node of every box; no node where only an edge names it."""
    nodes = {node.alias: node for node in reversed(flow.nodes)}
    for alias, name in _drawn_names(flow).items():
        yield name, alias, nodes.get(alias)


def _arrows(flow: FlowIR) -> Iterator[tuple[str, str, str]]:
    """Give the names of both boxes and the label, which may be empty, of every edge."""
    names, labels = _drawn_names(flow), _gate_labels(flow)
    for edge in flow.edges:
        yield names[edge.from_], names[edge.to], labels.get((edge.from_, edge.to), "")


def _drawn_names(flow: FlowIR) -> dict[str, str]:
    """Return a name without special characters for every alias, those that only edges mention last."""
    mentioned = (end for edge in flow.edges for end in (edge.from_, edge.to))
    aliases = dict.fromkeys((*(node.alias for node in flow.nodes), *mentioned))
    return {alias: f"n{number}" for number, alias in enumerate(aliases)}


def _gate_labels(flow: FlowIR) -> dict[tuple[str, str], str]:
    """Return what must be selected for a gated edge to be followed; gates that cannot be read have no say."""
    labels: dict[tuple[str, str], list[str]] = defaultdict(list)
    for surface in flow.control_surfaces:
        try:
            gate = read_surface(surface)
        except InvalidControlSurface:
            continue
        if isinstance(gate, IfConfig):
            labels[gate.source, gate.then].append("true")
            labels[gate.source, gate.else_].append("false")
        elif isinstance(gate, SwitchConfig):
            for case, target in gate.cases.items():
                labels[gate.source, target].append(f"'{case}'")
            if gate.default is not None:
                labels[gate.source, gate.default].append("default")
    return {edge: " | ".join(texts) for edge, texts in labels.items()}


def _mermaid(text: str) -> str:
    return re.sub(_MERMAID_ESCAPED, lambda found: f"#{ord(found[0])};", _printable(text))


def _dot(text: str) -> str:
    return _printable(text).translate(_DOT_ESCAPES)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
