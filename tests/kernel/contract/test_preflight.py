"""What is refused before anything runs, in every build."""

from typing import Any

import pytest
from documents import Document, document, edge, node, surface

from kernel_exec import (
    MissingCapabilities,
    MissingDurabilityServices,
    UnsupportedControlSurface,
    ValidatedFlow,
    load_flow,
    preflight,
    validate,
)

BOUND = object()


def plan(*parts: Document, **changes: object) -> ValidatedFlow:
    return validate(load_flow(document(*parts, **changes)))


def hinting(*hints: str) -> ValidatedFlow:
    return plan(
        *(node(f"n{i}", effects="effectful", effectHints=[hint]) for i, hint in enumerate(hints)),
    )


@pytest.mark.parametrize(
    ("hint", "resources"),
    [
        ("resource::kv::read", {"kv": BOUND}),
        ("resource::kv::read", {"kv::read": BOUND}),
        ("resource::kv", {"kv": BOUND}),
        ("resource::queue::publish", {"queue": BOUND}),
        ("resource::queue::consume", {"queue::consume": BOUND}),
        ("resource::dedupe::store", {"dedupe": BOUND}),
        ("resource::db::write::orders", {"db": BOUND}),
        ("my::own::hint", {}),
        ("resources::kv", {}),
    ],
)
def test_what_is_bound_satisfies_its_hint(hint: str, resources: dict[str, object]) -> None:
    preflight(hinting(hint), resources)


@pytest.mark.parametrize(
    ("hint", "resources"),
    [
        ("resource::kv::read", {}),
        ("resource::kv::read", {"kv::write": BOUND}),
        ("resource::kv::read", {"kv": None}),
        ("resource::kv::read", {"blob": BOUND}),
        ("resource::kv", {"kv::read": BOUND}),
        ("resource::gpu::run", {"kv": BOUND, "gpu": BOUND}),
        ("resource::", {"": BOUND}),
    ],
)
def test_what_is_not_bound_or_not_known_is_missing(hint: str, resources: dict[str, object]) -> None:
    with pytest.raises(MissingCapabilities) as caught:
        preflight(hinting(hint), resources)
    assert caught.value.hints == (hint,)


def test_missing_hints_are_listed_sorted_and_once() -> None:
    with pytest.raises(MissingCapabilities) as caught:
        preflight(hinting("resource::kv::write", "resource::blob::read", "resource::kv::write"))
    assert caught.value.to_dict() == {
        "error": "flow 'flow' needs what is not bound: resource::blob::read, resource::kv::write; "
        "bind each domain in `resources`",
        "code": "CAP101",
        "details": {"hints": ["resource::blob::read", "resource::kv::write"]},
    }


def test_determinism_hints_need_nothing_bound() -> None:
    preflight(plan(node("a", determinism="best_effort", determinismHints=["resource::clock"])))


def test_a_flow_that_halts_needs_a_checkpoint_store() -> None:
    halting = plan(node("a", durability={"halts": True}))
    with pytest.raises(MissingDurabilityServices, match="since node 'a' halts") as caught:
        preflight(halting)
    assert (caught.value.code, caught.value.services, caught.value.aliases) == (
        "DAG-CKPT-003",
        ("checkpoints",),
        ("a",),
    )
    preflight(halting, {"checkpoints": BOUND})


def test_a_strong_flow_needs_a_checkpoint_store() -> None:
    strong = plan(node("a"), policies={"durability": {"mode": "strong"}})
    with pytest.raises(MissingDurabilityServices, match="since its durability is strong"):
        preflight(strong)
    preflight(strong, {"checkpoints": BOUND})


RESERVED: dict[str, Any] = {
    "loop": {},
    "timeout": {},
    "for_each": {"source": "a", "items_pointer": "", "body_entry": "b"},
    "window": {"event_time_pointer": "", "size_ms": 1, "allowed_lateness_ms": 0, "watermark": "w"},
    "rate_limit": {"target": "a", "qps": 1, "burst": 1},
    "error_handler": {"scope": {"nodes": []}, "strategy": "fail"},
}


@pytest.mark.parametrize(("kind", "config"), RESERVED.items())
def test_a_reserved_surface_is_refused_by_its_id_and_kind(kind: str, config: object) -> None:
    reserved = plan(node("a"), node("b"), edge("a", "b"), surface(kind, config, id="mine"))
    with pytest.raises(UnsupportedControlSurface, match=f"'mine'.*{kind}") as caught:
        preflight(reserved)
    assert (caught.value.code, caught.value.id, caught.value.kind) == ("CTRL901", "mine", kind)


def test_a_partition_is_metadata_and_passes() -> None:
    partition = surface("partition", {"edge": {"from": "a", "to": "b"}, "key": "k"})
    preflight(plan(node("a"), node("b"), edge("a", "b"), partition))


def test_a_tier_with_a_store_is_served_in_every_build() -> None:
    spilling = plan(
        node("a", effectHints=["resource::blob::write"]),
        node("b"),
        edge("a", "b", buffer={"max_items": 1, "spill_tier": "remote"}),
    )
    preflight(spilling, {"blob": BOUND}, {"remote": BOUND})


def test_refusals_come_in_a_fixed_order() -> None:
    everything = plan(
        node("a", durability={"halts": True}, effectHints=["resource::kv::read"]),
        surface("loop", {}),
    )
    with pytest.raises(MissingCapabilities):
        preflight(everything)
    with pytest.raises(MissingDurabilityServices):
        preflight(everything, {"kv": BOUND})
    with pytest.raises(UnsupportedControlSurface):
        preflight(everything, {"kv": BOUND, "checkpoints": BOUND})
