"""Reading a flow: every source gives the same flow, and every fault one error that names its place."""

import json
from enum import StrEnum
from typing import Any

import pytest
from documents import document, edge, node, surface

from kernel_exec import FlowFormatError, load_flow
from kernel_exec.loading import MAX_DEPTH

GOOD = document(node("a"), node("b"), edge("a", "b"))


def nested(levels: int) -> list[object]:
    value: list[object] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def cyclic() -> dict[str, object]:
    whole: dict[str, object] = document()
    whole["self"] = [whole]
    return whole


@pytest.mark.parametrize(
    "as_source",
    [
        dict,
        json.dumps,
        lambda d: json.dumps(d).encode(),
        lambda d: json.dumps(d).encode("utf-8-sig"),
        lambda d: "\ufeff" + json.dumps(d),
        lambda d: bytearray(json.dumps(d, indent=2).encode()),
    ],
)
def test_a_dict_and_its_text_give_the_same_flow(as_source: Any) -> None:
    flow = load_flow(as_source(GOOD))
    assert [item.alias for item in flow.nodes] == ["a", "b"]
    assert flow == load_flow(GOOD)


class Text(str):
    pass


class Whole(int):
    pass


class Real(float):
    pass


class Profile(StrEnum):
    DEV = "dev"


def test_values_of_subclasses_are_read_as_what_json_has_for_them() -> None:
    config = {Text("key"): [Text("x"), Whole(3), Real(1.5), True], "profile": Profile.DEV}
    flow = load_flow(document(surface("loop", config), name=Text("flow"), profile=Profile.DEV))
    assert flow == load_flow(document(surface("loop", {"key": ["x", 3, 1.5, True], "profile": "dev"})))


def test_a_flow_is_not_changed_by_changing_the_dict_it_was_read_from() -> None:
    config = {"list": [1]}
    source = document(surface("loop", config))
    flow = load_flow(source)
    config["list"].append(2)
    source["nodes"].append(node("late"))
    assert flow.control_surfaces[0].config == {"list": [1]}
    assert flow.nodes == ()


MISSHAPEN = {
    "a wrong type": (
        document(node("a"), node("b", name=3)),
        "$.nodes[1].name",
        "$.nodes[1].name: expected `str`, got `int`",
    ),
    "a missing field": (
        {**document(), "edges": [{"from": "a", "to": "b", "delivery": "at_least_once"}]},
        "$.edges[0]",
        "$.edges[0]: object missing required field `ordering`",
    ),
    "an unknown word": (
        document(*(node(alias) for alias in "abc"), node("d", kind="inlin")),
        "$.nodes[3].kind",
        "$.nodes[3].kind: invalid enum value 'inlin', expected one of activity, inline, subflow, trigger",
    ),
    "an unknown word in an optional field": (
        document(node("a", idempotency={"scope": "flow"})),
        "$.nodes[0].idempotency.scope",
        "$.nodes[0].idempotency.scope: invalid enum value 'flow', expected one of edge, node, partition",
    ),
    "a number where a word belongs": (
        document(node("a", kind=7)),
        "$.nodes[0].kind",
        "$.nodes[0].kind: expected `str`, got `int`",
    ),
    "an unknown schema": (
        document(node("a", in_schema={"kind": "json"})),
        "$.nodes[0].in_schema.kind",
        "$.nodes[0].in_schema.kind: invalid value 'json', expected one of opaque, named",
    ),
    "a named schema without a name": (
        document(node("a", in_schema={"kind": "named"})),
        "$.nodes[0].in_schema",
        "$.nodes[0].in_schema: object missing required field `name`",
    ),
    "a transform of no kind": (
        document(edge("a", "b", transform={})),
        "$.edges[0].transform",
        "$.edges[0].transform: object missing required field `kind`",
    ),
    "an unknown transform": (
        document(edge("a", "b", transform={"kind": "as"})),
        "$.edges[0].transform.kind",
        "$.edges[0].transform.kind: invalid enum value 'as', expected one of into",
    ),
    "a fault in a subflow": (
        document(node("a", subflow_ir={**document(), "profile": "cloud"})),
        "$.nodes[0].subflow_ir.profile",
        "$.nodes[0].subflow_ir.profile: invalid enum value 'cloud', "
        "expected one of dev, queue, temporal, wasm, web",
    ),
    "a null where a list belongs": (
        {**document(), "nodes": None},
        "$.nodes",
        "$.nodes: expected `array`, got `null`",
    ),
    "a key that is no string": ({**document(), "x": [{3: 4}]}, "$.x[0]", "$.x[0]: the key 3 is not a string"),
    "a value that JSON has not": ({**document(), "x": {"y": {1}}}, "$.x.y", "$.x.y: set is not a JSON value"),
    "a number that JSON has not": (
        {**document(), "x": [float("nan")]},
        "$.x[0]",
        "$.x[0]: nan is not a JSON number",
    ),
    "a string that no text can hold": (
        {**document(), "name": "\ud800"},
        "$",
        "not JSON: U+D800 is half of a character, which no text may hold",
    ),
    "a text that no text can hold": (
        '"\ud800"',
        "$",
        "not JSON: U+D800 is half of a character, which no text may hold",
    ),
    "an integer that no text would be made of": (
        {**document(), "x": 10**5000},
        "$",
        "not JSON: Exceeds the limit (4300 digits) for integer string conversion; "
        "use sys.set_int_max_str_digits() to increase the limit",
    ),
    "no object": ("[]", "$", "$: expected `object`, got `array`"),
    "a syntax error": (
        '{"id": "x",\n "name": }',
        "$",
        "not JSON: JSON is malformed: invalid character at line 2, column 10",
    ),
    "a text that ends early": ('{"id": "x"', "$", "not JSON: Input data was truncated"),
    "nothing": (b"", "$", "not JSON: Input data was truncated"),
    "bytes that are not UTF-8": (b'{"ignored": "\xff"}', "$", "not JSON: not UTF-8 at byte 13"),
}


@pytest.mark.parametrize(("source", "path", "message"), MISSHAPEN.values(), ids=MISSHAPEN)
def test_a_fault_is_one_error_that_names_its_place(source: Any, path: str, message: str) -> None:
    with pytest.raises(FlowFormatError) as caught:
        load_flow(source)
    assert caught.value.path == path
    assert str(caught.value) == message


@pytest.mark.parametrize("as_source", [dict, json.dumps])
def test_a_hundred_levels_are_read_and_one_more_is_refused(as_source: Any) -> None:
    load_flow(as_source({**document(), "extra": nested(MAX_DEPTH - 1)}))
    with pytest.raises(FlowFormatError, match="nested deeper than 100 levels"):
        load_flow(as_source({**document(), "extra": nested(MAX_DEPTH)}))


@pytest.mark.parametrize(
    "source",
    [
        "[" * 1_000_000,
        '{"a":' * 1_000_000,
        "{" + '"a":[' * 200 + "]" * 200 + "}",
        {**document(), "extra": nested(100_000)},
        cyclic(),
    ],
    ids=["arrays", "objects", "mixed", "a deep dict", "a dict that holds itself"],
)
def test_hostile_nesting_is_refused_before_it_is_read(source: Any) -> None:
    with pytest.raises(FlowFormatError, match="nested deeper than 100 levels"):
        load_flow(source)


def test_brackets_in_strings_are_no_nesting() -> None:
    text = json.dumps({**document(), "summary": '\\"[{' * 1_000})
    assert load_flow(text).summary == '\\"[{' * 1_000


@pytest.mark.parametrize("text", ['"' + '\\"' * 500_000, '"' * 500_001, "\\" * 500_000])
def test_hostile_strings_are_refused_in_linear_time(text: str) -> None:
    with pytest.raises(FlowFormatError):
        load_flow(text)


@pytest.mark.parametrize("source", [None, 3, [document()], (1,)])
def test_what_is_no_source_is_a_type_error(source: Any) -> None:
    with pytest.raises(TypeError, match="load_flow takes a dict, JSON text or a path"):
        load_flow(source)
