"""Values for the payload tests: the classes they are made of, strategies, and what "identical" means."""

import dataclasses
import enum
import math
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import strategies as st


class Point(msgspec.Struct):
    x: Any = None
    y: Any = None


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    value: Any


class Counted(msgspec.Struct, rename="camel", tag="counted", omit_defaults=True):
    """Its `__post_init__` leaves a trace, so that running it twice would show."""

    runs_so_far: int = 0
    note: Any = None

    def __post_init__(self) -> None:
        self.runs_so_far += 1


class CountedFrozen(msgspec.Struct, frozen=True, dict=True):
    note: Any = None

    def __post_init__(self) -> None:
        vars(self)["seen"] = [self.note]


@dataclass
class Line:
    a: Any = None
    b: Any = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Slotted:
    value: Any = None


@dataclass
class Derived:
    """Keeps something besides its fields."""

    a: Any = None
    total: Any = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.total = [self.a]
        self.runs = getattr(self, "runs", 0) + 1


@dataclass
class Box[T]:
    """Notes `Box[int]` on itself where it was made by that name."""

    value: T


class LooseBox[T](msgspec.Struct, dict=True):
    value: T


class Colour(enum.Enum):
    RED = "red"


class Number(enum.IntEnum):
    ONE = 1


class Label(enum.StrEnum):
    A = "a"


class Text(str):
    __slots__ = ()


@dataclass
class FancyList(list):  # type: ignore[type-arg]  # what is in it does not matter
    a: int = 0


texts = st.text(st.characters(codec=None, categories=("L", "N", "P", "Cs", "Zs")), max_size=6)
atoms = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**70), max_value=2**70)
    | st.floats()
    | texts
)
fields = atoms | st.just(msgspec.UNSET)
records = st.lists(st.dictionaries(texts, atoms, max_size=3), min_size=8, max_size=12)
payloads = st.recursive(
    atoms | records,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(texts, inner, max_size=4)
        | st.builds(Point, inner, fields)
        | st.builds(Frozen, value=inner)
        | st.builds(Counted, note=inner)
        | st.builds(CountedFrozen, inner)
        | st.builds(Line, fields, b=inner)
        | st.builds(Slotted, inner)
        | st.builds(Derived, inner)
        | st.builds(Box[Any], inner)
        | st.builds(LooseBox[Any], inner)
    ),
    max_leaves=12,
)

odd = st.sampled_from(
    [
        (),
        (1, "a"),
        frozenset({1}),
        b"bytes",
        1j,
        ...,
        Number.ONE,
        Label.A,
        Colour.RED,
        Text("text"),
        Decimal("1.5"),
        UUID(int=1),
        datetime(2000, 1, 1),
        OrderedDict(a=1),
        defaultdict(list),
        {1: "a"},
        {None: "a"},
        {Text("a"): 1},
        {Label.A: 1},
    ]
)
"""What is no payload, though some codec would take it for one and give back another type."""

mixtures = st.recursive(
    atoms | odd,
    lambda inner: (
        st.lists(inner, max_size=12)
        | st.dictionaries(texts, inner, max_size=3)
        | st.lists(st.dictionaries(texts, inner, max_size=2), min_size=8, max_size=12)
        | st.builds(Point, inner, inner)
        | st.builds(Line, inner, b=inner)
    ),
    max_leaves=24,
)
"""Payloads, and values that are none because of something in them."""


def is_payload(value: Any) -> bool:
    """Tell by the letter of decision 6, one member at a time, whether `value` is a payload."""
    if type(value) is list:
        return all(map(is_payload, value))
    if type(value) is dict:
        return all(type(key) is str for key in value) and all(map(is_payload, value.values()))
    if type(value) in (Point, Line):
        return all(map(is_payload, state(value).values()))
    return type(value) in (type(None), bool, int, float, str)


def identical(one: object, other: object) -> bool:
    """Tell whether both are the same in value and type through and through: NaN is NaN, -0.0 is not 0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float) and isinstance(other, float):
        return (math.isnan(one) and math.isnan(other)) or (
            one == other and math.copysign(1, one) == math.copysign(1, other)
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(identical, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(identical(one[key], other[key]) for key in one)
    if isinstance(one, msgspec.Struct) or dataclasses.is_dataclass(one):
        return identical(state(one), state(other))
    return one == other


def state(value: Any) -> dict[str, Any]:
    """Return everything an object holds, field or not, but for how its generic class was written."""
    names = getattr(value, "__struct_fields__", None) or [f.name for f in dataclasses.fields(value)]
    held = {**{name: getattr(value, name) for name in names}, **getattr(value, "__dict__", {})}
    return {name: item for name, item in held.items() if name != "__orig_class__"}


def mutable_parts(value: Any) -> list[int]:
    """Return the identities of everything in `value` that could be changed in place."""
    if isinstance(value, list):
        return [id(value), *(part for item in value for part in mutable_parts(item))]
    if isinstance(value, dict):
        return [id(value), *(part for item in value.values() for part in mutable_parts(item))]
    if isinstance(value, msgspec.Struct) or dataclasses.is_dataclass(value):
        return [id(value), *(part for item in state(value).values() for part in mutable_parts(item))]
    return []


def nested(levels: int, innermost: list[Any] | None = None) -> list[Any]:
    """Return lists in lists, `levels` of them."""
    value = [] if innermost is None else innermost
    for _ in range(levels - 1):
        value = [value]
    return value


def cycles() -> list[Any]:
    """Return values that hold themselves: once, many times over, and through an object."""
    alone: list[Any] = []
    alone.append(alone)
    crowd: dict[str, Any] = {}
    crowd.update({str(number): crowd for number in range(50)})
    point = Point()
    point.x = [point]
    return [alone, crowd, point]


def once_odd() -> dict[Any, Any]:
    """Return a plain dict that once had three keys of another type, of which its table may still tell."""
    value: dict[Any, Any] = {1: 1, 2: 2, 3: 3, "a": 1, "b": 2, "c": 3}
    for key in (1, 2, 3):
        del value[key]
    return value


LIVING = Derived((1,))
"""An object whose dict is still in use."""

NOT_PAYLOADS: list[tuple[Any, str]] = [
    ((1,), r"at \$ there is a tuple"),
    ({"k": [1, {2}]}, r"at \$\.k\[1\] there is a set"),
    (b"bytes", r"at \$ there is a bytes"),
    ([bytearray(b"x")], r"at \$\[0\] there is a bytearray"),
    (object(), r"at \$ there is a object"),
    (lambda: None, r"at \$ there is a function"),
    (Line(Slotted([3, Colour.RED])), r"at \$\.a\.value\[1\] there is a .*Colour"),
    (Number.ONE, r"at \$ there is a .*Number"),
    (Text("x"), r"at \$ there is a .*Text"),
    (FancyList(), r"at \$ there is a .*FancyList"),
    (Point, r"at \$ there is a .*StructMeta"),
    ({1: 2}, r"the keys of a payload are str; at \$ there is the key 1 of type int"),
    ({"a": {Text("k"): 2}}, r"at \$\.a there is the key 'k' of type .*Text"),
    (Point(x={None: 1}), r"at \$\.x there is the key None"),
    ([{"id": 1}] * 20 + [{"id": (1,)}], r"at \$\[20\]\.id there is a tuple"),
    ([{"id": 1}] * 20 + [{2: 1}], r"at \$\[20\] there is the key 2 of type int"),
    ([{"id": 1}] * 20 + [{Text("id"): 1}], r"at \$\[20\] there is the key 'id' of type .*Text"),
    ([{"id": 1}] * 20 + [OrderedDict(id=1)], r"at \$\[20\] there is a .*OrderedDict"),
    ([{"id": 1}] * 20 + [Number.ONE], r"at \$\[20\] there is a .*Number"),
    ([{"id": 1}] * 20 + [once_odd(), vars(LIVING)], r"at \$\[21\]\.a there is a tuple"),
]
