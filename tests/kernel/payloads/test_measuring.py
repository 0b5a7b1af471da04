"""Estimates follow the size of a payload, fingerprints its value, and objects have a JSON form."""

import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from values import Counted, Derived, Frozen, Line, Point, cycles, nested, payloads

from kernel_exec.payloads import copy_payload, estimate_bytes, fingerprint, json_form

TEXT = "x" * 10_000


@pytest.mark.parametrize(
    "payload",
    [
        "x" * 10_000,
        ["x" * 10_000],
        {"k": "x" * 10_000},
        {"x" * 10_000: 1},
        Point(["x" * 10_000]),
        Line(b="x" * 10_000),
    ],
)
def test_an_estimate_counts_text_wherever_it_lies(payload: Any) -> None:
    assert 10_000 < estimate_bytes(payload) < 11_000


def test_an_estimate_grows_with_every_member() -> None:
    rows = [{"sku": "a", "price": 1.5} for _ in range(1000)]
    assert 900 * estimate_bytes(rows[0]) < estimate_bytes(rows) < 1100 * estimate_bytes(rows[0])


@settings(deadline=None)
@given(payloads)
def test_every_payload_has_an_estimate(value: Any) -> None:
    assert estimate_bytes(value) > 0


@pytest.mark.parametrize("value", [object(), {1, 2}, b"x" * 5000, nested(100_000), *cycles()])
def test_what_is_no_payload_is_estimated_by_its_outermost_object(value: Any) -> None:
    assert estimate_bytes(value) == sys.getsizeof(value)


@settings(deadline=None)
@given(payloads)
def test_a_copy_has_the_fingerprint_of_its_original(value: Any) -> None:
    assert fingerprint(copy_payload(value)) == fingerprint(value)


def test_a_fingerprint_changes_with_the_payload() -> None:
    payload = {"lines": [Point(1)]}
    before = fingerprint(payload)
    payload["lines"][0].y = 2
    assert fingerprint(payload) != before


def test_what_is_no_payload_has_no_fingerprint() -> None:
    assert fingerprint({"k": object()}) is None


@pytest.mark.parametrize("value", [None, True, 2**70, "text", [Point()], {"k": Point()}])
def test_json_is_its_own_json_form(value: Any) -> None:
    assert json_form(value) is value


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (Point(1, Frozen(value=[2])), {"x": 1, "y": {"value": [2]}}),
        (Counted(note=1), {"type": "counted", "runsSoFar": 1, "note": 1}),
        (Derived(1), {"a": 1, "total": [1]}),
    ],
)
def test_the_json_form_of_an_object_is_what_would_be_written(value: Any, form: Any) -> None:
    assert json_form(value) == form


class Entry(msgspec.Struct):
    sku: str
    quantity: int


def held(value: Any) -> int:
    """Return what CPython itself says that a value and all it holds take."""
    parts: list[Any] = []
    match value:
        case dict():
            parts = [*value, *value.values()]
        case list():
            parts = value
        case Entry():
            parts = [value.sku, value.quantity]
    return sys.getsizeof(value) + sum(map(held, parts))


@pytest.mark.parametrize(
    "value",
    [
        {f"key {number}": number for number in range(1000)},
        list(range(1000, 2000)),
        [[number] for number in range(1000)],
        [Entry(f"sku {number}", number) for number in range(1000)],
        [{"a": 1.5, "b": None}] * 1000,
        "x" * 1000,
        2**10_000,
    ],
    ids=["dict", "list", "lists", "structs", "records", "text", "integer"],
)
def test_an_estimate_is_near_the_truth(value: Any) -> None:
    assert 0.5 < estimate_bytes(value) / held(value) < 3
