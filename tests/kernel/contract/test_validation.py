"""Validation: every code has documents that have it and, next to them, ones that must not."""

from collections.abc import Callable
from typing import Any, get_args

import pytest
from documents import Document, document, edge, node, surface
from findings import BLOB, CASES, IF, ROUTED, SWITCH, spill
from msgspec.structs import replace

from kernel_exec import FlowBuilder, InvalidFlow, diagnose, load_flow, validate
from kernel_exec.flow_ir import ControlSurfaceIR, SurfaceKind


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES)
def test_validation_finds(source: Document, expected: list[str]) -> None:
    found = diagnose(load_flow(source))
    places = [
        " ".join(filter(None, (finding.code, finding.alias, finding.edge, finding.surface)))
        for finding in found
    ]
    assert places == expected


@pytest.mark.parametrize("tier", ["disk", "s3.eu-west_1", "A", "a" * 64, "..."])
def test_a_tier_of_letters_digits_and_marks_is_accepted(tier: str) -> None:
    flow = load_flow(document(BLOB, node("b"), spill(max_items=1, spill_tier=tier)))
    assert diagnose(flow) == ()


@pytest.mark.parametrize("tier", ["", "../up", "a/b", "a b", "a\n", "a" * 65, ".", "..", "é", "C:", "\0"])
def test_a_tier_that_is_no_identifier_is_refused(tier: str) -> None:
    flow = load_flow(document(BLOB, node("b"), spill(max_items=1, spill_tier=tier)))
    assert [finding.code for finding in diagnose(flow)] == ["SPILL003"]


def test_a_cycle_is_reported_with_its_path_from_the_first_node_of_the_document() -> None:
    flow = load_flow(
        document(
            node("start"),
            node("b"),
            node("c"),
            node("d"),
            edge("start", "c"),
            edge("c", "d"),
            edge("d", "b"),
            edge("b", "c"),
        )
    )
    [finding] = diagnose(flow)
    assert finding.message.endswith("b -> c -> d -> b")


def test_a_cycle_behind_a_halt_is_followed_once() -> None:
    halting = node("a", durability={"halts": True})
    flow = load_flow(document(halting, node("b"), node("c"), edge("a", "b"), edge("b", "c"), edge("c", "b")))
    assert [finding.code for finding in diagnose(flow)] == ["DAG200"]


def test_an_error_alone_is_one_error() -> None:
    with pytest.raises(InvalidFlow, match="has 1 error:\n  error DAG205"):
        validate(load_flow(document(node("a"), node("a"))))


def test_all_errors_are_reported_together_with_the_warnings() -> None:
    flow = load_flow(
        document(
            node("a", summary=None, effectHints=["resource::http::read"]),
            node("a"),
            edge("a", "z", timeout_ms=0, buffer={"max_items": 0}),
            surface("if", {}),
        )
    )
    with pytest.raises(InvalidFlow) as caught:
        validate(flow)
    codes = [finding.code for finding in caught.value.diagnostics]
    assert codes == ["DAG205", "DAG202", "DAG350", "CTRL101", "CTRL102", "EFFECT201", "CTRL120"]
    assert caught.value.diagnostics == diagnose(flow)
    assert "6 errors" in str(caught.value)
    assert "DAG350" not in str(caught.value)


@pytest.mark.parametrize("judge", [validate, diagnose])
@pytest.mark.parametrize("source", [document(node("a")), None, "{}"])
def test_what_was_not_loaded_is_no_flow(judge: Callable[[Any], object], source: object) -> None:
    says = rf"a flow is what load_flow\(\) gives, not {type(source).__name__}"
    with pytest.raises(TypeError, match=says):
        judge(source)


def test_warnings_do_not_refuse_a_flow() -> None:
    plan = validate(load_flow(document(node("a", summary=None))))
    assert [str(finding) for finding in plan.diagnostics] == [
        "warn DAG350 at alias 'a': the node has no summary; say in one line what it does"
    ]


def test_callers_can_register_more_hints() -> None:
    flow = load_flow(document(node("a", effectHints=["gpu::run::fast"], determinismHints=["gpu::run"])))
    assert diagnose(flow) == ()
    found = diagnose(
        flow,
        effect_hints={"gpu::": "effectful"},
        determinism_hints={"gpu": "stable", "gpu::run": "best_effort"},
    )
    assert [finding.code for finding in found] == ["EFFECT201", "DET302"]
    assert "best_effort" in found[1].message
    with pytest.raises(InvalidFlow):
        validate(flow, effect_hints={"gpu::": "effectful"})


def test_a_plan_knows_nodes_edges_and_gates_by_alias() -> None:
    flow = load_flow(document(*ROUTED, surface("if", IF), surface("switch", SWITCH, id="t")))
    plan = validate(flow)
    assert plan.flow is flow
    assert list(plan.nodes) == ["a", "b", "c"]
    assert {alias: [edge.to for edge in edges] for alias, edges in plan.out_edges.items()} == {
        "a": ["b", "c"],
        "b": [],
        "c": [],
    }
    assert {alias: [edge.from_ for edge in edges] for alias, edges in plan.in_edges.items()} == {
        "a": [],
        "b": ["a"],
        "c": ["a"],
    }
    assert [gate.choose({"ok": True, "kind": "other"}) for gate in plan.gates["a"]] == ["b", "c"]


def test_a_chain_of_ten_thousand_nodes_that_closes_is_one_cycle() -> None:
    aliases = [f"n{number}" for number in range(10_000)]
    links = (edge(first, second) for first, second in zip(aliases, [*aliases[1:], aliases[0]], strict=True))
    [finding] = diagnose(load_flow(document(*map(node, aliases), *links)))
    assert (finding.code, finding.message.count("->")) == ("DAG200", 10_000)


ODD_CONFIGS: tuple[object, ...] = (
    *(None, 1, [], object, {1: 2}, "\ud800", {"v": 10**30}, {"qps": 10**400}),
    *({"source": "\ud800"}, {"scope": {"nodes": {"a"}}}),
    {"cases": {"\ud800": "a"}, "source": "a", "selector_pointer": "\ud800"},
)


@pytest.mark.parametrize("kind", get_args(SurfaceKind))
@pytest.mark.parametrize("config", ODD_CONFIGS, ids=repr)
def test_diagnose_does_not_raise_for_what_only_python_could_build(kind: SurfaceKind, config: object) -> None:
    flow = FlowBuilder("odd", "1.0.0").node("a", "x", summary="s").build()
    flow = replace(flow, control_surfaces=(ControlSurfaceIR("s", kind, (), config),))
    assert {finding.code for finding in diagnose(flow)} <= {
        "CTRL110",
        "CTRL111",
        "CTRL120",
        "CTRL130",
        "CTRL131",
    }
