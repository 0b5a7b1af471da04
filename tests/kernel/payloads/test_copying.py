"""A copy is identical to its original and shares nothing that can change (kernel contract, decision 6)."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
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
    is_payload,
    mixtures,
    mutable_parts,
    nested,
    once_odd,
    payloads,
)

from kernel_exec import PayloadError
from kernel_exec.payloads import MAX_DEPTH, copy_payload, decode, encode


@settings(deadline=None)
@given(payloads)
def test_a_copy_is_identical_in_value_and_type(value: Any) -> None:
    assert identical(copy_payload(value), value)


@settings(deadline=None)
@given(payloads)
def test_a_copy_shares_nothing_that_can_change(value: Any) -> None:
    assert not set(mutable_parts(copy_payload(value))) & set(mutable_parts(value))


@settings(deadline=None)
@given(mixtures)
def test_what_is_copied_and_what_is_encoded_are_payloads_and_nothing_else(value: Any) -> None:
    for use in (copy_payload, encode, lambda it: encode(it, portable=True)):
        if is_payload(value):
            use(value)
        else:
            with pytest.raises(PayloadError):
                use(value)


@pytest.mark.parametrize("last", [{}, {"id": [1]}, {"a\ud800": 2**70}, once_odd(), vars(Derived(1)), 5, [5]])
def test_many_records_are_copied_as_they_are(last: Any) -> None:
    value = [{"id": number, "name": None} for number in range(20)] + [last]
    copied = copy_payload(value)
    assert identical(copied, value)
    assert not set(mutable_parts(copied)) & set(mutable_parts(value))
    assert identical(decode(encode(value)), value)


@pytest.mark.parametrize(
    "value",
    [
        Point([1], {"a": Line(b=[2])}),
        Frozen(value=[1]),
        Counted(),
        CountedFrozen("n"),
        Derived(1),
        Slotted(Slotted([None])),
        [True, 1, 1.0, -0.0, float("nan"), float("-inf"), 10**5000, "\ud800"],
        {"\udfff": [1], "": {}},
    ],
)
def test_structs_dataclasses_and_odd_atoms_are_copied_as_they_are(value: Any) -> None:
    assert identical(copy_payload(value), value)


def test_what_post_init_did_once_is_not_done_again() -> None:
    counted, derived = Counted(), Derived(1)
    derived.total.append("later")
    assert copy_payload(counted).runs_so_far == 1
    assert copy_payload(derived).runs == 1
    assert copy_payload(derived).total == [1, "later"]


def test_a_class_that_says_how_to_copy_it_is_not_asked() -> None:
    class Own(msgspec.Struct):
        value: Any = None

        def __copy__(self) -> Any:
            return None

        __deepcopy__ = __copy__

    own = Own([1])
    copied = copy_payload(own)
    assert identical(copied, own)
    assert copied.value is not own.value


@pytest.mark.parametrize("options", [{"gc": False}, {"weakref": True, "dict": True}, {"cache_hash": True}])
def test_structs_of_every_kind_are_copied(options: dict[str, bool]) -> None:
    kind = msgspec.defstruct("Odd", [("a", Any), ("b", Any, None)], frozen=True, eq=True, **options)
    value = kind("x", b="y")
    hash(value)
    assert identical(copy_payload([value, kind([1])]), [value, kind([1])])
    assert hash(copy_payload(value)) == hash(value)


def test_a_slot_that_was_never_filled_stays_so() -> None:
    empty = object.__new__(Slotted)
    assert not hasattr(copy_payload(empty), "value")


def test_the_same_member_twice_becomes_two() -> None:
    member: list[int] = []
    first, second = copy_payload([member, member])
    first.append(1)
    assert second == []


@pytest.mark.parametrize(("value", "says"), NOT_PAYLOADS)
def test_what_is_no_payload_is_refused_and_its_place_named(value: Any, says: str) -> None:
    with pytest.raises(PayloadError, match=says):
        copy_payload(value)


@pytest.mark.parametrize(
    "value", [nested(MAX_DEPTH + 1), nested(MAX_DEPTH, [{}] * 20), nested(100_000), *cycles()]
)
def test_what_has_no_end_is_refused(value: Any) -> None:
    with pytest.raises(PayloadError, match=r"deeper than .* levels, or holds itself"):
        copy_payload(value)


def test_the_deepest_payload_is_copied() -> None:
    assert copy_payload(nested(MAX_DEPTH)) == nested(MAX_DEPTH)
    records = nested(MAX_DEPTH - 1, [{}] * 20)
    assert copy_payload(records) == records
    assert identical(decode(encode(records)), records)
    objects: Any = None
    for _ in range(MAX_DEPTH):
        objects = Point(objects)
    assert identical(copy_payload(objects), objects)
