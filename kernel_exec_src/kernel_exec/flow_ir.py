# profilec: keep
"""The models of Flow IR 0.1: what importers, editors and hosts exchange, as frozen structs.

Stands at the start of the flow of data. The JSON keys are the contract's; where a key is not a Python name in
snake case (`from`, `ttlMs`, `effectHints`) the attribute is, and the struct renames it. Unknown fields are
ignored, missing optional ones take the contract's default. What the values mean together is for `validation`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

FlowProfile = Literal["web", "queue", "temporal", "wasm", "dev"]
NodeKind = Literal["trigger", "inline", "activity", "subflow"]
Effects = Literal["pure", "read_only", "effectful"]
"""What a node may do to the world, from least to most."""
Determinism = Literal["strict", "stable", "best_effort", "nondeterministic"]
"""How repeatable a node's output is, from most to least."""
Delivery = Literal["at_least_once", "at_most_once", "exactly_once"]
Ordering = Literal["ordered", "unordered"]
IdempotencyScope = Literal["node", "edge", "partition"]
DurabilityMode = Literal["off", "partial", "strong"]
SurfaceKind = Literal[
    "switch", "if", "loop", "for_each", "window", "partition", "timeout", "rate_limit", "error_handler"
]


class _Model(Struct, frozen=True, omit_defaults=True):
    """What all models share: they never change, and defaults are left out when written."""


class OpaqueSchema(_Model, frozen=True, tag_field="kind", tag="opaque"):
    """A payload whose schema nobody states."""


class NamedSchema(_Model, frozen=True, tag_field="kind", tag="named"):
    """A payload of the schema `name`."""

    name: str


SchemaRef = OpaqueSchema | NamedSchema


class Idempotency(_Model, frozen=True, rename={"ttl_ms": "ttlMs"}):
    """How a node tells a repeated message from a new one. `ttl_ms` is in milliseconds."""

    key: str | None = None
    scope: IdempotencyScope | None = None
    ttl_ms: int | None = None


class Durability(_Model, frozen=True):
    """What checkpoints may assume of a node, and whether it halts the run."""

    checkpointable: bool = True
    replayable: bool = True
    halts: bool = False


class NodeIR(
    _Model, frozen=True, rename={"determinism_hints": "determinismHints", "effect_hints": "effectHints"}
):
    """One node: `alias` is its name in the flow, `identifier` the key its handler is registered under."""

    id: str
    alias: str
    identifier: str
    name: str
    kind: NodeKind
    in_schema: SchemaRef
    out_schema: SchemaRef
    effects: Effects
    determinism: Determinism
    summary: str | None = None
    idempotency: Idempotency = Idempotency()
    durability: Durability = Durability()
    determinism_hints: tuple[str, ...] = ()
    effect_hints: tuple[str, ...] = ()
    subflow_ir: FlowIR | None = None


class IntoTransform(_Model, frozen=True):
    """The one transform an edge may declare: the payload converts into the target's schema."""

    kind: Literal["into"]


class BufferPolicy(_Model, frozen=True):
    """What an edge may hold, and where it spills beyond that."""

    max_items: int | None = None
    spill_threshold_bytes: int | None = None
    spill_tier: str | None = None
    on_drop: str | None = None


class EdgeIR(_Model, frozen=True, rename={"from_": "from"}):
    """One edge between two aliases. `timeout_ms` is in milliseconds."""

    from_: str
    to: str
    delivery: Delivery
    ordering: Ordering
    partition_key: str | None = None
    timeout_ms: int | None = None
    transform: IntoTransform | None = None
    buffer: BufferPolicy = BufferPolicy()

    @property
    def label(self) -> str:
        """The edge as diagnostics and metrics name it: `from->to`."""
        return f"{self.from_}->{self.to}"


class ControlSurfaceIR(_Model, frozen=True):
    """A control surface; `surfaces` reads its `config` according to `kind`."""

    id: str
    kind: SurfaceKind
    targets: tuple[str, ...]
    config: Any


class Checkpoint(_Model, frozen=True):
    """A point that the author of a flow names as safe to resume from."""

    id: str
    summary: str | None = None


class LintPolicy(_Model, frozen=True):
    """What validation shall insist on or let pass."""

    require_control_hints: bool = False
    allow_multiple_triggers: bool | None = None


class DurabilityPolicy(_Model, frozen=True):
    """When checkpoints are written and how long they live. Times are in milliseconds."""

    mode: DurabilityMode = "partial"
    checkpoint_interval: int | None = None
    blob_threshold_bytes: int | None = None
    lease_ttl: int | None = None
    checkpoint_ttl: int | None = None
    retain_completed_for: int | None = None
    max_resume_attempts: int | None = None
    retry_on_lease_conflict: bool | None = None


class Policies(_Model, frozen=True):
    """The policies of a flow."""

    lint: LintPolicy = LintPolicy()
    durability: DurabilityPolicy = DurabilityPolicy()


class Entrypoint(_Model, frozen=True):
    """How a host reaches the flow: what to send to, what to capture, and under which route."""

    trigger_alias: str
    capture_alias: str
    route_path: str | None = None
    method: str | None = None
    route_aliases: tuple[str, ...] = ()


class Metadata(_Model, frozen=True):
    """What hosts and editors want to know about a flow; it changes nothing in a run."""

    tags: tuple[str, ...] = ()
    entrypoints: tuple[Entrypoint, ...] = ()


class Artifact(_Model, frozen=True):
    """A file that was made for the flow."""

    kind: str
    path: str
    format: str | None = None


class FlowIR(_Model, frozen=True):
    """A whole flow: a graph of nodes and edges, with what steers it and what hosts want to know."""

    id: str
    name: str
    version: str
    profile: FlowProfile
    summary: str | None = None
    nodes: tuple[NodeIR, ...] = ()
    edges: tuple[EdgeIR, ...] = ()
    control_surfaces: tuple[ControlSurfaceIR, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    policies: Policies = Policies()
    metadata: Metadata = Metadata()
    artifacts: tuple[Artifact, ...] = ()


def flow_id(name: str, version: str) -> str:
    """Return the UUID of a flow, derived from its name and version (Flow IR, "Shape"; RFC 9562, UUIDv5)."""
    from uuid import NAMESPACE_DNS, uuid5  # only builders derive ids, and importing uuid is slow

    namespace = uuid5(NAMESPACE_DNS, "lattice.flow")
    return str(uuid5(namespace, f"{name}:{version}".encode(errors="surrogatepass")))


def node_id(flow: str, alias: str) -> str:
    """Return the id of the node `alias` in the flow whose id is `flow` (Flow IR, "Shape")."""
    return f"{flow}::{alias}"


def dump_flow(flow: FlowIR) -> bytes:
    """Return `flow` as JSON that `load_flow` reads back to an equal flow; defaults need not be written."""
    return msgspec.json.encode(flow)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a Flow IR document, as JSON values."""
    described = msgspec.json.schema(FlowIR)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Flow IR 0.1"}
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode({**head, **described}))
    return plain
