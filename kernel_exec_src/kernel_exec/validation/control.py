"""Control surfaces against the graph: CTRL110 to CTRL112, CTRL120 to CTRL122, CTRL130 to CTRL132."""

from __future__ import annotations

from collections.abc import Iterator

from kernel_exec.diagnostics import Code, Diagnostic
from kernel_exec.errors import UNREADABLE_GATES, InvalidControlSurface
from kernel_exec.flow_ir import ControlSurfaceIR, SurfaceKind
from kernel_exec.surfaces import Gate, IfConfig, SurfaceConfig, SwitchConfig, read_surface
from kernel_exec.validation.index import FlowIndex

_MISSING_EDGE: dict[SurfaceKind, Code] = {"switch": "CTRL111", "if": "CTRL121"}
_SECOND: dict[SurfaceKind, Code] = {"switch": "CTRL112", "if": "CTRL122"}


def check(index: FlowIndex) -> Iterator[Diagnostic]:
    """Find surfaces that cannot be read, or speak of nodes and edges that are not there."""
    pairs = {(edge.from_, edge.to) for edge in index.flow.edges}
    gated: set[tuple[SurfaceKind, str]] = set()
    for surface in index.flow.control_surfaces:
        try:
            config = read_surface(surface)
        except InvalidControlSurface as error:
            message = f"the {surface.kind} cannot be read: {error.reason}"
            yield Diagnostic(error.code, message, surface=surface.id)
            continue
        if isinstance(config, IfConfig | SwitchConfig):
            yield from _gate(index, surface, config, pairs, gated)
        else:
            yield from _reserved(index, surface, config, pairs)


def _gate(
    index: FlowIndex,
    surface: ControlSurfaceIR,
    gate: Gate,
    pairs: set[tuple[str, str]],
    gated: set[tuple[SurfaceKind, str]],
) -> Iterator[Diagnostic]:
    if gate.source not in index.nodes:
        message = f"the {surface.kind} has the source {gate.source!r}, and no node has this alias"
        yield Diagnostic(UNREADABLE_GATES[surface.kind], message, surface=surface.id)
        return
    for source, target in gate.edges():
        if (source, target) not in pairs:
            message = f"the {surface.kind} names {target!r}, and there is no edge to it from {source!r}"
            yield Diagnostic(
                _MISSING_EDGE[surface.kind], message, edge=f"{source}->{target}", surface=surface.id
            )
    if (surface.kind, gate.source) in gated:
        message = f"{gate.source!r} has another {surface.kind} already; join the two"
        yield Diagnostic(_SECOND[surface.kind], message, alias=gate.source, surface=surface.id)
    gated.add((surface.kind, gate.source))


def _reserved(
    index: FlowIndex, surface: ControlSurfaceIR, config: SurfaceConfig | None, pairs: set[tuple[str, str]]
) -> Iterator[Diagnostic]:
    edges = config.edges() if config else ()
    aliases = [
        *surface.targets,
        *(config.aliases() if config else ()),
        *(end for edge in edges for end in edge),
    ]
    for alias in dict.fromkeys(aliases):
        if alias not in index.nodes:
            message = f"the {surface.kind} names {alias!r}, and no node has this alias"
            yield Diagnostic("CTRL131", message, alias=alias, surface=surface.id)
    for source, target in edges:
        if source in index.nodes and target in index.nodes and (source, target) not in pairs:
            message = f"the {surface.kind} needs an edge from {source!r} to {target!r}"
            yield Diagnostic("CTRL132", message, edge=f"{source}->{target}", surface=surface.id)
