"""What was encoded comes back identical in value and type (kernel contract, decision 6)."""

import sys
from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from msgspec import msgpack
from values import (
    NOT_PAYLOADS,
    Counted,
    CountedFrozen,
    Derived,
    Frozen,
    Line,
    Point,
    Slotted,
    cycles,
    identical,
    nested,
    payloads,
)

from kernel_exec import PayloadError
from kernel_exec.payloads import MAX_DEPTH, decode, encode


@settings(deadline=None)
@given(payloads)
def test_what_was_encoded_comes_back_identical(value: Any) -> None:
    assert identical(decode(encode(value)), value)


@settings(deadline=None)
@given(payloads)
def test_what_was_encoded_for_another_process_comes_back_identical(value: Any) -> None:
    assert identical(decode(encode(value, portable=True)), value)


@pytest.mark.parametrize(
    "value",
    [
        2**63,
        2**64 - 1,
        2**64,
        -(2**63),
        -(2**63) - 1,
        [10**5000, -(10**5000)],
        [True, 1, 1.0, 0, False, 0.0, -0.0],
        [float("nan"), float("inf"), float("-inf"), 5e-324],
        {"a\ud800": "\udc00b", "plain": 2**70},
        {"": None, "é": "\N{SNOWMAN}\0"},
        Point([Frozen(value=Line(Slotted({"\ud800": 2**65})))], b"".decode()),
        [Counted(), CountedFrozen([1]), Derived({})],
        [Point(msgspec.UNSET), Line(b=msgspec.UNSET), Slotted(msgspec.UNSET)],
        list(range(100_000)),
        "x" * 1_000_000,
    ],
)
def test_what_messagepack_has_no_type_for_comes_back_identical(value: Any) -> None:
    assert identical(decode(encode(value)), value)


def pointed(levels: int) -> Point:
    """Return points in points, `levels` of them."""
    value = Point()
    for _ in range(levels - 1):
        value = Point(value)
    return value


def test_what_post_init_did_once_is_not_done_again() -> None:
    derived = Derived(1)
    derived.total.append("later")
    assert identical(decode(encode([Counted(), derived])), [Counted(), derived])
    assert decode(encode(Counted())).runs_so_far == 1


def test_a_class_that_no_name_leads_to_comes_back_in_this_process() -> None:
    def make(tag: str) -> type[Any]:
        class Local(msgspec.Struct):
            value: Any
            made_by: str = tag

        return Local

    one, other = make("one"), make("other")
    back = decode(encode([one(1), other(2), one(3)]))
    assert [type(item) for item in back] == [one, other, one]
    assert [item.made_by for item in back] == ["one", "other", "one"]


def test_json_values_take_the_size_of_plain_messagepack() -> None:
    value = {"id": 7, "lines": [{"sku": "a", "price": 1.5}] * 20}
    assert encode(value) == msgpack.encode(value)


@pytest.mark.parametrize(("value", "says"), NOT_PAYLOADS)
def test_what_is_no_payload_is_refused_and_its_place_named(value: Any, says: str) -> None:
    with pytest.raises(PayloadError, match=says):
        encode(value)


@pytest.mark.parametrize(
    "value",
    [
        nested(MAX_DEPTH + 1),
        nested(MAX_DEPTH, [{}] * 20),
        nested(100_000),
        pointed(MAX_DEPTH + 1),
        [2**80, nested(MAX_DEPTH)],
        *cycles(),
        *([2**80, it] for it in cycles()),
    ],
)
def test_what_has_no_end_is_refused(value: Any) -> None:
    with pytest.raises(PayloadError, match=r"deeper than .* levels, or holds itself"):
        encode(value)


def test_the_deepest_payload_is_encoded() -> None:
    objects: Any = None
    for number in range(MAX_DEPTH):
        objects = (Point, Line, Slotted)[number % 3](objects)
    for value in (nested(MAX_DEPTH), objects, [2**80, nested(MAX_DEPTH - 1)]):
        assert identical(decode(encode(value)), value)


def extension(code: int, data: bytes) -> bytes:
    """Return a MessagePack extension."""
    return msgpack.encode(msgpack.Ext(code, data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        encode({"a": [1, 2, 3]})[:-1],
        encode([1]) + b"\x00",
        extension(99, b""),
        extension(99, msgpack.encode([f"{Point.__module__}:Point", {"x": 1, "y": 2}])),
        extension(1, b"\xc1"),
        extension(1, msgpack.encode([10**6, {}])),
        extension(1, msgpack.encode(["os:PathLike", {}])),
        extension(1, msgpack.encode(["not imported:Thing", {}])),
        extension(1, msgpack.encode([f"{Point.__module__}:Point", {"x": 1}])),
        extension(1, msgpack.encode([f"{Point.__module__}:Point"])),
        extension(4, msgpack.encode([[], 1])),
    ],
)
def test_damaged_bytes_are_a_value_error_and_nothing_else(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(data)


def test_what_a_release_has_written_the_next_one_reads() -> None:
    point = msgpack.encode([f"{Point.__module__}:Point", {"x": 1, "y": msgpack.Ext(5, b"")}])
    assert identical(decode(extension(1, point)), Point(1, msgspec.UNSET))
    assert decode(extension(2, b"\xff" + bytes(9))) == -(2**72)
    assert decode(extension(3, b"a\xed\xa0\x80")) == "a\ud800"
    assert decode(extension(4, msgpack.encode([msgpack.Ext(3, b"\xed\xa0\x80"), 1]))) == {"\ud800": 1}


def test_a_class_is_only_looked_for_where_it_is_already_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    basket = msgspec.defstruct("Basket", ["lines"])
    module = ModuleType("shop_of_this_test")
    vars(module)["Basket"] = basket
    data = extension(1, msgpack.encode(["shop_of_this_test:Basket", {"lines": [1]}]))
    with pytest.raises(ValueError, match=r"shop_of_this_test:Basket, which is not imported here"):
        decode(data)
    monkeypatch.setitem(sys.modules, "shop_of_this_test", module)
    assert decode(data) == basket([1])


def test_a_local_class_comes_back_portably_in_the_process_that_wrote_it() -> None:
    class Local(msgspec.Struct):
        value: Any

    assert decode(encode(Local(1), portable=True)) == Local(1)
