"""Writes Flow IR from Python: names and graph in, a `FlowIR` with derived ids out.

Stands after `loading`. It sees to it that a flow has the shape of Flow IR; what it is worth, `validate` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

import msgspec

from kernel_exec.flow_ir import (
    BufferPolicy,
    ControlSurfaceIR,
    Delivery,
    Determinism,
    Durability,
    EdgeIR,
    Effects,
    FlowIR,
    FlowProfile,
    Idempotency,
    IntoTransform,
    Metadata,
    NamedSchema,
    NodeIR,
    NodeKind,
    OpaqueSchema,
    Ordering,
    Policies,
    SchemaRef,
    SurfaceKind,
    dump_flow,
    flow_id,
    node_id,
)
from kernel_exec.loading import check_json, encoded, misshapen


class FlowBuilder:
    """Collects the parts of one flow; every method but `build` returns the builder.

    Args:
        name: the flow's name; its id is derived from that and `version` (Flow IR, "Shape").
        version: a semantic version, such as `1.0.0`.
        profile: the world that the flow is meant for.
        summary: a sentence for readers.
        policies: what validation insists on, and when checkpoints are written.
        metadata: tags, and how hosts reach the flow.

    Example:
        >>> flow = (
        ...     FlowBuilder("greet", "1.0.0")
        ...     .node("in", "greet::receive", kind="trigger", summary="Takes a name")
        ...     .node("out", "greet::answer", summary="Says hello")
        ...     .edge("in", "out")
        ...     .build()
        ... )
        >>> [node.alias for node in flow.nodes]
        ['in', 'out']
    """

    def __init__(
        self,
        name: str,
        version: str,
        *,
        profile: FlowProfile = "dev",
        summary: str | None = None,
        policies: Policies = Policies(),
        metadata: Metadata = Metadata(),
    ) -> None:
        self._name = name
        self._version = version
        self._flow_profile = profile
        self._summary = summary
        self._policies = policies
        self._metadata = metadata
        self._id = flow_id(name, version)
        self._nodes: list[NodeIR] = []
        self._edges: list[EdgeIR] = []
        self._surfaces: list[ControlSurfaceIR] = []

    def node(
        self,
        alias: str,
        identifier: str,
        *,
        kind: NodeKind = "inline",
        name: str | None = None,
        summary: str | None = None,
        in_schema: str | None = None,
        out_schema: str | None = None,
        effects: Effects = "pure",
        determinism: Determinism = "strict",
        effect_hints: Iterable[str] = (),
        determinism_hints: Iterable[str] = (),
        idempotency: Idempotency = Idempotency(),
        durability: Durability = Durability(),
        subflow_ir: FlowIR | None = None,
    ) -> Self:
        """Add a node.

        Args:
            alias: its name in the flow, which edges and hosts use.
            identifier: what its handler is registered under.
            kind: which kind of node it is (Flow IR, "Shape").
            name: its name for readers; the alias unless given.
            summary: a sentence for readers.
            in_schema: the name of the schema of its payloads; None for an opaque one.
            out_schema: the same of its results.
            effects: the most that it does to the world.
            determinism: how repeatable its results are.
            effect_hints: what it does, such as `resource::kv::read`; a host has to bind that.
            determinism_hints: what its results depend on, as a clock.
            idempotency: how it tells a repeated message from a new one.
            durability: what checkpoints may assume of it, and whether it halts the run.
            subflow_ir: the flow that a `subflow` stands for.
        """
        self._nodes.append(
            NodeIR(
                id=node_id(self._id, alias),
                alias=alias,
                identifier=identifier,
                name=alias if name is None else name,
                kind=kind,
                in_schema=_schema(in_schema),
                out_schema=_schema(out_schema),
                effects=effects,
                determinism=determinism,
                summary=summary,
                idempotency=idempotency,
                durability=durability,
                determinism_hints=tuple(determinism_hints),
                effect_hints=tuple(effect_hints),
                subflow_ir=subflow_ir,
            )
        )
        return self

    def edge(
        self,
        from_: str,
        to: str,
        *,
        delivery: Delivery = "at_least_once",
        ordering: Ordering = "ordered",
        partition_key: str | None = None,
        timeout_ms: int | None = None,
        into: bool = False,
        buffer: BufferPolicy = BufferPolicy(),
    ) -> Self:
        """Add an edge.

        Args:
            from_: the alias that it leads from.
            to: the alias that it leads to.
            delivery: for hosts; no run goes by it.
            ordering: for hosts as well.
            partition_key: for hosts as well.
            timeout_ms: milliseconds from when the edge takes a message to the end of the target's handler.
            into: whether to declare that the payload converts into the target's schema; for hosts as well.
            buffer: how much it may hold, and where it spills beyond that.
        """
        self._edges.append(
            EdgeIR(
                from_=from_,
                to=to,
                delivery=delivery,
                ordering=ordering,
                partition_key=partition_key,
                timeout_ms=timeout_ms,
                transform=IntoTransform("into") if into else None,
                buffer=buffer,
            )
        )
        return self

    def if_(self, id: str, source: str, pointer: str, *, then: str, else_: str) -> Self:
        """Add an `if` surface: `pointer` into the output of `source` gives the boolean that chooses."""
        config = {"v": 1, "source": source, "selector_pointer": pointer, "then": then, "else": else_}
        return self.surface(id, "if", config, targets=(then, else_))

    def switch(
        self, id: str, source: str, pointer: str, cases: Mapping[str, str], *, default: str | None = None
    ) -> Self:
        """Add a `switch` surface: `pointer` into the output of `source` gives the string that chooses."""
        config: dict[str, object] = {
            "v": 1,
            "source": source,
            "selector_pointer": pointer,
            "cases": dict(cases),
        }
        if default is not None:
            config["default"] = default
        targets = (*cases.values(), *(() if default is None else (default,)))
        return self.surface(id, "switch", config, targets=dict.fromkeys(targets))

    def surface(self, id: str, kind: SurfaceKind, config: object, *, targets: Iterable[str] = ()) -> Self:
        """Add a control surface of any kind; `config` is the JSON value that the contract gives for it."""
        self._surfaces.append(ControlSurfaceIR(id=id, kind=kind, targets=tuple(targets), config=config))
        return self

    def build(self) -> FlowIR:
        """Return the flow as it stands now.

        Raises:
            FlowFormatError: something was given that Flow IR does not take, such as a word it does not know,
            or that cannot be written as JSON.
        """
        flow = FlowIR(
            id=self._id,
            name=self._name,
            version=self._version,
            profile=self._flow_profile,
            summary=self._summary,
            nodes=tuple(self._nodes),
            edges=tuple(self._edges),
            control_surfaces=tuple(self._surfaces),
            policies=self._policies,
            metadata=self._metadata,
        )
        _check_shape(flow)
        return flow


def _check_shape(flow: FlowIR) -> None:
    """Refuse what no text holds, and what a type checker would."""
    for index, surface in enumerate(flow.control_surfaces):
        check_json(surface.config, (((None, "control_surfaces"), index), "config"), 4)
    encoded(dump_flow, flow)
    try:
        msgspec.convert(msgspec.to_builtins(flow), FlowIR)
    except msgspec.ValidationError as error:
        raise misshapen(str(error)) from None


def _schema(name: str | None) -> SchemaRef:
    return OpaqueSchema() if name is None else NamedSchema(name)
