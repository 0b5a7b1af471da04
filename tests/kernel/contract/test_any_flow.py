"""What holds for every flow, however odd: it survives a round trip, is judged, drawn and never crashes."""

import json
from collections.abc import Callable
from typing import Any, get_args

from documents import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_exec import (
    FlowIR,
    InvalidFlow,
    ValidatedFlow,
    diagnose,
    dump_flow,
    flow_ir,
    load_flow,
    to_dot,
    to_mermaid,
    validate,
)
from kernel_exec.diagnostics import Code

# Few aliases, so that edges and surfaces often hit a node, each other, or themselves.
ALIASES = st.sampled_from(["a", "b", "c", "d", ""])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
POINTERS = st.sampled_from(["", "/", "/a/0", "a", "/~1", "/~"]) | TEXTS
HINTS = st.lists(
    st.sampled_from(
        ["resource::http::write", "resource::clock", "resource::dedupe", "resource::blob::read", "my::own"]
    ),
    max_size=3,
)


def one_of(enum: object) -> st.SearchStrategy[str]:
    return st.sampled_from(get_args(enum))


def record(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries(required, optional=optional)


SCHEMAS = st.just({"kind": "opaque"}) | record({"kind": st.just("named"), "name": ALIASES}, {})
NODES = record(
    {
        "id": TEXTS,
        "alias": ALIASES,
        "identifier": TEXTS,
        "name": TEXTS,
        "kind": one_of(flow_ir.NodeKind),
        "in_schema": SCHEMAS,
        "out_schema": SCHEMAS,
        "effects": one_of(flow_ir.Effects),
        "determinism": one_of(flow_ir.Determinism),
    },
    {
        "summary": st.none() | TEXTS,
        "idempotency": record(
            {}, {"key": TEXTS, "scope": one_of(flow_ir.IdempotencyScope), "ttlMs": st.integers()}
        ),
        "durability": record({}, {"checkpointable": st.booleans(), "halts": st.booleans()}),
        "determinismHints": HINTS,
        "effectHints": HINTS,
    },
)
EDGES = record(
    {
        "from": ALIASES,
        "to": ALIASES,
        "delivery": one_of(flow_ir.Delivery),
        "ordering": one_of(flow_ir.Ordering),
    },
    {
        "timeout_ms": st.none() | st.integers(),
        "transform": st.just({"kind": "into"}),
        "buffer": record(
            {}, {"max_items": st.integers(), "spill_tier": TEXTS, "spill_threshold_bytes": st.integers()}
        ),
    },
)
CONFIGS = JSON | record(
    {"source": ALIASES, "selector_pointer": POINTERS},
    {
        "v": st.integers(0, 2),
        "then": ALIASES,
        "else": ALIASES,
        "cases": st.dictionaries(TEXTS, ALIASES, max_size=3),
        "default": ALIASES,
        "items_pointer": POINTERS,
        "body_entry": ALIASES,
        "edge": record({"from": ALIASES, "to": ALIASES}, {}),
        "key": TEXTS,
    },
)
SURFACES = record(
    {
        "id": TEXTS,
        "kind": one_of(flow_ir.SurfaceKind),
        "targets": st.lists(ALIASES, max_size=2),
        "config": CONFIGS,
    },
    {},
)
DOCUMENTS = record(
    {"id": TEXTS, "name": TEXTS, "version": TEXTS, "profile": one_of(flow_ir.FlowProfile)},
    {
        "nodes": st.lists(NODES, max_size=5),
        "edges": st.lists(EDGES, max_size=8),
        "control_surfaces": st.lists(SURFACES, max_size=3),
        "policies": record({}, {"durability": record({}, {"mode": one_of(flow_ir.DurabilityMode)})}),
    },
)


def attempt[A, R](call: Callable[[A], R], argument: A) -> R | ValueError:
    try:
        return call(argument)
    except ValueError as error:
        return error


@settings(deadline=None)
@given(DOCUMENTS)
def test_what_is_dumped_loads_as_the_same_flow(source: Document) -> None:
    flow = load_flow(source)
    assert load_flow(dump_flow(flow)) == flow
    assert load_flow(json.dumps(source)) == flow


@settings(deadline=None)
@given(DOCUMENTS)
def test_diagnose_never_raises_and_finds_the_same_again(source: Document) -> None:
    flow = load_flow(source)
    found = diagnose(flow)
    assert all(finding.code in get_args(Code) for finding in found)
    assert diagnose(load_flow(source)) == found


@settings(deadline=None)
@given(DOCUMENTS)
def test_validate_refuses_exactly_what_has_an_error(source: Document) -> None:
    flow = load_flow(source)
    found = diagnose(flow)
    judged = attempt(validate, flow)
    assert isinstance(judged, ValidatedFlow | InvalidFlow)
    assert judged.diagnostics == found
    assert isinstance(judged, InvalidFlow) == any(finding.severity == "error" for finding in found)


@settings(deadline=None)
@given(DOCUMENTS)
def test_every_flow_can_be_drawn(source: Document) -> None:
    flow = load_flow(source)
    arrows = len(flow.edges)
    assert sum(" -->" in line for line in to_mermaid(flow).splitlines()) == arrows
    assert sum(" -> " in line for line in to_dot(flow).splitlines()[1:]) >= arrows


@settings(deadline=None)
@given(JSON | st.dictionaries(TEXTS, JSON))
def test_loading_any_json_gives_a_flow_or_one_clear_error(source: object) -> None:
    read = attempt(load_flow, json.dumps(source))
    assert isinstance(read, FlowIR) or str(read).startswith(("$", "not JSON"))
