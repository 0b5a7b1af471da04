"""What the wasm build refuses before anything runs, since it has no files."""

from pathlib import Path

import pytest

from kernel_exec import FlowBuilder, UnsupportedSpill, load_flow, preflight, validate
from kernel_exec.flow_ir import BufferPolicy

RESOURCES = {"blob": object()}


def spilling(*tiers: str) -> FlowBuilder:
    builder = FlowBuilder("f", "1.0.0").node("a", "x", effect_hints=["resource::blob::write"]).node("b", "x")
    for tier in tiers:
        builder.edge("a", "b", buffer=BufferPolicy(max_items=1, spill_tier=tier))
    return builder


def test_a_tier_without_a_store_is_refused_by_edge_and_tier() -> None:
    plan = validate(spilling("disk").build())
    with pytest.raises(UnsupportedSpill) as caught:
        preflight(plan, RESOURCES)
    assert caught.value.to_dict() == {
        "error": "edge a->b spills to the tier 'disk', which no local files serve here: bind a store for it",
        "code": "SPILL901",
        "details": {"edge": "a->b", "tier": "disk"},
    }


def test_the_first_tier_without_a_store_is_named_every_time() -> None:
    plan = validate(spilling("one", "two", "three").build())
    for _ in range(3):
        with pytest.raises(UnsupportedSpill) as caught:
            preflight(plan, RESOURCES, {"one": object()})
        assert caught.value.tier == "two"


def test_a_tier_with_a_store_is_served() -> None:
    preflight(validate(spilling("disk").build()), RESOURCES, {"disk": object()})


def test_a_path_is_refused_with_what_to_do_instead() -> None:
    with pytest.raises(TypeError, match="reads no files: hand load_flow the JSON text, or a dict"):
        load_flow(Path("flow.json"))
