"""Writing flows from Python."""

from collections.abc import Callable
from typing import Any

import pytest

from kernel_exec import FlowBuilder, FlowFormatError, diagnose, dump_flow, load_flow, validate
from kernel_exec.flow_ir import BufferPolicy, FlowIR, Idempotency, IntoTransform, NamedSchema, flow_id


def orders() -> FlowIR:
    return (
        FlowBuilder("orders", "2.1.0", profile="web", summary="Prices orders.")
        .node("in", "shop::receive", kind="trigger", summary="Receives.", out_schema="Order")
        .node("price", "shop::price", summary="Prices.", in_schema="Order", idempotency=Idempotency(key="id"))
        .node(
            "audit",
            "shop::audit",
            name="Audit trail",
            summary="Keeps.",
            effect_hints=["resource::blob::write"],
        )
        .edge("in", "price", into=True, buffer=BufferPolicy(max_items=8, spill_tier="disk"))
        .edge("in", "audit", timeout_ms=50)
        .switch("route", "in", "/kind", {"sale": "price", "offer": "price"}, default="audit")
        .build()
    )


def test_a_built_flow_is_valid_and_survives_a_round_trip() -> None:
    flow = orders()
    assert diagnose(flow) == ()
    assert load_flow(dump_flow(flow)) == flow


def test_ids_are_derived_from_name_version_and_alias() -> None:
    flow = orders()
    assert flow.id == flow_id("orders", "2.1.0")
    assert [node.id for node in flow.nodes] == [f"{flow.id}::{alias}" for alias in ("in", "price", "audit")]


def test_what_is_given_arrives_in_the_flow() -> None:
    flow = orders()
    receive, price, audit = flow.nodes
    assert (flow.profile, flow.summary) == ("web", "Prices orders.")
    assert (receive.kind, receive.out_schema, receive.name) == ("trigger", NamedSchema("Order"), "in")
    assert price.idempotency.key == "id"
    assert (audit.name, audit.effect_hints) == ("Audit trail", ("resource::blob::write",))
    assert [edge.transform for edge in flow.edges] == [IntoTransform("into"), None]
    assert (flow.edges[0].buffer.max_items, flow.edges[1].timeout_ms) == (8, 50)


def test_gates_are_written_as_the_contract_has_them() -> None:
    [route] = orders().control_surfaces
    assert (route.id, route.kind, route.targets) == ("route", "switch", ("price", "audit"))
    assert route.config == {
        "v": 1,
        "source": "in",
        "selector_pointer": "/kind",
        "cases": {"sale": "price", "offer": "price"},
        "default": "audit",
    }
    builder = (
        FlowBuilder("f", "1.0.0").node("a", "x").node("b", "x").node("c", "x").edge("a", "b").edge("a", "c")
    )
    plan = validate(builder.if_("choice", "a", "/ok", then="b", else_="c").build())
    assert plan.gates["a"][0].choose({"ok": False}) == "c"


def test_building_twice_gives_two_equal_flows_and_the_builder_goes_on() -> None:
    builder = FlowBuilder("f", "1.0.0").node("a", "x")
    first = builder.build()
    assert builder.build() == first
    builder.node("b", "x")
    assert [node.alias for node in first.nodes] == ["a"]
    assert [node.alias for node in builder.build().nodes] == ["a", "b"]


ITSELF: dict[str, object] = {}
ITSELF["again"] = [ITSELF]


def nested(levels: int) -> list[Any]:
    return [nested(levels - 1)] if levels > 1 else []


MISTAKES: dict[str, tuple[Callable[[Any], object], str]] = {
    "a word that is none": (
        lambda flow: flow.node("a", "t::a", effects="efectful"),
        "$.nodes[0].effects: invalid enum value 'efectful', expected one of effectful, pure, read_only",
    ),
    "no text": (
        lambda flow: flow.node("a", "t::a").node(7, "t::b"),
        "$.nodes[1].alias: expected `str`, got `int`",
    ),
    "no whole number": (
        lambda flow: flow.edge("a", "b", timeout_ms=1.5),
        "$.edges[0].timeout_ms: expected `int | null`, got `float`",
    ),
    "an unknown kind of surface": (
        lambda flow: flow.surface("s", "while", {}),
        "$.control_surfaces[0].kind: invalid enum value 'while', expected one of error_handler, for_each, "
        "if, loop, partition, rate_limit, switch, timeout, window",
    ),
    "half of a character": (
        lambda flow: flow.node("a\ud800", "t::a"),
        "not JSON: U+D800 is half of a character, which no text may hold",
    ),
    "an object": (
        lambda flow: flow.node("a", object()),
        "not JSON: Encoding objects of type object is unsupported",
    ),
    "a number that is none": (
        lambda flow: flow.edge("a", "b", timeout_ms=float("nan")),
        "$.edges[0].timeout_ms: expected `int | null`, got `float`",
    ),
    "a config that is no JSON": (
        lambda flow: flow.surface("r", "loop", {}).surface("s", "loop", {"items": [1, {2}]}),
        "$.control_surfaces[1].config.items[1]: set is not a JSON value",
    ),
    "a config that holds itself": (
        lambda flow: flow.surface("s", "loop", ITSELF),
        "objects and arrays are nested deeper than 100 levels",
    ),
}


@pytest.mark.parametrize(("build", "says"), MISTAKES.values(), ids=MISTAKES)
def test_what_flow_ir_does_not_take_is_refused_by_its_place(
    build: Callable[[Any], object], says: str
) -> None:
    builder = FlowBuilder("odd", "1.0.0")
    build(builder)
    with pytest.raises(FlowFormatError) as caught:
        builder.build()
    assert str(caught.value) == says


@pytest.mark.parametrize("given", [("x\ud800", "1.0.0"), ("x", "1.0.0\udfff")])
def test_a_name_or_version_that_is_no_text_is_refused_with_the_rest(given: tuple[str, str]) -> None:
    with pytest.raises(FlowFormatError, match=r"not JSON: U\+D[8F]\w\w is half of a character"):
        FlowBuilder(*given).node("a", "t::a").build()


@pytest.mark.parametrize("levels", [97, 98])
def test_a_config_nests_as_deep_as_a_document_may(levels: int) -> None:
    builder = FlowBuilder("deep", "1.0.0").surface("s", "loop", nested(levels))
    if levels > 97:
        with pytest.raises(FlowFormatError, match="nested deeper than 100 levels"):
            builder.build()
    else:
        assert load_flow(dump_flow(builder.build())) == builder.build()
