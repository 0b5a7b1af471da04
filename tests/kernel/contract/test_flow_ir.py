"""The shape of Flow IR 0.1: keys, defaults, enums, derived ids and the JSON Schema."""

import json
from typing import Any, get_args

import msgspec
import pytest
from documents import document, edge, node, surface

from kernel_exec import FlowFormatError, FlowIR, dump_flow, flow_ir, load_flow
from kernel_exec.flow_ir import flow_id, node_id, schema

FULL: dict[str, Any] = {
    "id": "492cd33c-eea7-5ee4-9eb3-1a0b3b6a1655",
    "name": "everything",
    "version": "1.0.0",
    "profile": "queue",
    "summary": "Every field of the contract.",
    "nodes": [
        {
            "id": "f::a",
            "alias": "a",
            "identifier": "shop::a",
            "name": "A",
            "kind": "subflow",
            "in_schema": {"kind": "named", "name": "X"},
            "out_schema": {"kind": "opaque"},
            "effects": "effectful",
            "determinism": "nondeterministic",
            "summary": "s",
            "idempotency": {"key": "k", "scope": "partition", "ttlMs": 5},
            "durability": {"checkpointable": False, "replayable": False, "halts": True},
            "determinismHints": ["resource::clock"],
            "effectHints": ["resource::db::write"],
            "subflow_ir": {
                "id": "g",
                "name": "inner",
                "version": "1.0.0",
                "profile": "dev",
                "policies": {"lint": {"require_control_hints": True}},
            },
        }
    ],
    "edges": [
        {
            "from": "a",
            "to": "a",
            "delivery": "exactly_once",
            "ordering": "unordered",
            "partition_key": "p",
            "timeout_ms": 1,
            "transform": {"kind": "into"},
            "buffer": {"max_items": 1, "spill_threshold_bytes": 2, "spill_tier": "t", "on_drop": "d"},
        }
    ],
    "control_surfaces": [{"id": "s", "kind": "loop", "targets": ["a"], "config": {"any": [1, None, "x"]}}],
    "checkpoints": [{"id": "c", "summary": "s"}],
    "policies": {
        "lint": {"require_control_hints": True, "allow_multiple_triggers": True},
        "durability": {
            "mode": "strong",
            "checkpoint_interval": 1,
            "blob_threshold_bytes": 2,
            "lease_ttl": 3,
            "checkpoint_ttl": 4,
            "retain_completed_for": 5,
            "max_resume_attempts": 6,
            "retry_on_lease_conflict": True,
        },
    },
    "metadata": {
        "tags": ["t"],
        "entrypoints": [
            {
                "trigger_alias": "a",
                "capture_alias": "a",
                "route_path": "/r",
                "method": "POST",
                "route_aliases": ["/q"],
            }
        ],
    },
    "artifacts": [{"kind": "k", "path": "p", "format": "f"}],
}

ENUMS = {
    flow_ir.FlowProfile: ["web", "queue", "temporal", "wasm", "dev"],
    flow_ir.NodeKind: ["trigger", "inline", "activity", "subflow"],
    flow_ir.Effects: ["pure", "read_only", "effectful"],
    flow_ir.Determinism: ["strict", "stable", "best_effort", "nondeterministic"],
    flow_ir.Delivery: ["at_least_once", "at_most_once", "exactly_once"],
    flow_ir.Ordering: ["ordered", "unordered"],
    flow_ir.IdempotencyScope: ["node", "edge", "partition"],
    flow_ir.DurabilityMode: ["off", "partial", "strong"],
    flow_ir.SurfaceKind: [
        "switch", "if", "loop", "for_each", "window", "partition", "timeout", "rate_limit", "error_handler",
    ],
}  # fmt: skip


def test_every_field_of_the_contract_survives_a_round_trip_under_its_own_key() -> None:
    assert json.loads(dump_flow(load_flow(FULL))) == FULL


def test_missing_optional_fields_take_the_defaults_of_the_contract() -> None:
    flow = load_flow(
        {
            **document(node("a", summary=None), edge("a", "a")),
            "metadata": {"entrypoints": [{"trigger_alias": "a", "capture_alias": "a"}]},
        }
    )
    [made], [joined], [entry] = flow.nodes, flow.edges, flow.metadata.entrypoints
    assert (flow.summary, flow.control_surfaces, flow.checkpoints, flow.artifacts) == (None, (), (), ())
    assert (flow.policies.lint.require_control_hints, flow.policies.lint.allow_multiple_triggers) == (
        False,
        None,
    )
    assert msgspec.structs.asdict(flow.policies.durability) == {
        "mode": "partial",
        "checkpoint_interval": None,
        "blob_threshold_bytes": None,
        "lease_ttl": None,
        "checkpoint_ttl": None,
        "retain_completed_for": None,
        "max_resume_attempts": None,
        "retry_on_lease_conflict": None,
    }
    assert flow.metadata.tags == ()
    assert (entry.route_path, entry.method, entry.route_aliases) == (None, None, ())
    assert msgspec.structs.asdict(made.durability) == {
        "checkpointable": True,
        "replayable": True,
        "halts": False,
    }
    assert msgspec.structs.asdict(made.idempotency) == {"key": None, "scope": None, "ttl_ms": None}
    assert (made.determinism_hints, made.effect_hints, made.subflow_ir) == ((), (), None)
    assert (joined.partition_key, joined.timeout_ms, joined.transform) == (None, None, None)
    assert msgspec.structs.asdict(joined.buffer) == {
        "max_items": None,
        "spill_threshold_bytes": None,
        "spill_tier": None,
        "on_drop": None,
    }


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        *((document(), key) for key in ("id", "name", "version", "profile")),
        *((node("a"), key) for key in node("a") if key != "summary"),
        *((edge("a", "b"), key) for key in ("from", "to", "delivery", "ordering")),
        *((surface("if", {}), key) for key in ("id", "kind", "targets", "config")),
    ],
)
def test_a_required_field_cannot_be_missing(source: dict[str, Any], missing: str) -> None:
    part = {key: value for key, value in source.items() if key != missing}
    place = {"alias": "nodes", "from": "edges", "config": "control_surfaces"}
    room = next((name for key, name in place.items() if key in source), None)
    whole = part if room is None else {**document(), room: [part]}
    with pytest.raises(FlowFormatError, match=f"missing required field `{missing}`"):
        load_flow(whole)


@pytest.mark.parametrize(("enum", "values"), ENUMS.items(), ids=str)
def test_enums_have_the_values_of_the_contract_in_its_order(enum: object, values: list[str]) -> None:
    assert list(get_args(enum)) == values


def test_unknown_fields_are_ignored() -> None:
    plain = document(node("a"), edge("a", "a"))
    extended = document(node("a", colour="red"), edge("a", "a", weight={"deep": [1]}), future=True)
    assert load_flow(extended) == load_flow(plain)


def test_a_flow_id_is_derived_from_name_and_version() -> None:
    assert flow_id("s2_site_flow", "1.0.0") == "492cd33c-eea7-5ee4-9eb3-1a0b3b6a1655"
    assert flow_id("s2_site_flow", "1.0.1") != flow_id("s2_site_flow", "1.0.0")


def test_a_node_id_is_the_flow_id_and_the_alias() -> None:
    assert node_id("492cd33c", "price") == "492cd33c::price"


def test_the_ids_of_a_document_are_taken_as_they_stand() -> None:
    flow = load_flow({**document(node("a", id="any")), "id": "not derived"})
    assert (flow.id, flow.nodes[0].id) == ("not derived", "any")


def test_models_never_change() -> None:
    with pytest.raises(AttributeError):
        load_flow(document()).name = "other"  # type: ignore[misc]  # refusing this is what is tested


def test_the_json_schema_describes_the_keys_of_the_contract() -> None:
    described = schema()
    definitions = described["$defs"]
    assert described["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(definitions["FlowIR"]["properties"]) == set(FULL)
    assert set(definitions["NodeIR"]["properties"]) == set(FULL["nodes"][0])
    assert set(definitions["EdgeIR"]["properties"]) == set(FULL["edges"][0])
    assert set(definitions["NodeIR"]["required"]) == set(node("a")) - {"summary"}
    assert definitions["NodeIR"]["description"].startswith("One node: ")
    assert json.loads(json.dumps(described)) == described


def test_what_is_built_by_hand_and_what_is_read_are_equal() -> None:
    built = FlowIR(id="flow", name="flow", version="1.0.0", profile="dev")
    assert built == load_flow(document())
