"""What a payload is: a JSON value, or a struct or dataclass made of payloads (kernel contract, decision 6).

First room of `payloads`: it takes a value apart and puts one together again, and says where a value stops
being a payload. Copying, encoding and measuring all walk values by what is written here.
"""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import MemberDescriptorType, NoneType
from typing import Any, Final, cast

import msgspec
from msgspec import Struct, StructMeta, UnsetType

ATOMS: Final = frozenset({NoneType, bool, int, float, str, UnsetType})
"""The exact types of the values that hold no others and never change: two branches may share them.
The last is that of `UNSET`, which stands in a field that was not given."""

KEYS: Final = frozenset({str})

GENERIC: Final = "__orig_class__"
"""Where `typing` notes that an instance was made by way of `Box[int]`, which says nothing of its value."""

_DICTS: Final = frozenset({dict})

MANY: Final = 8
"""From this many members of a list on, `copy_records` is worth asking."""

MAX_DEPTH: Final = 256
"""How deep a payload may nest. It keeps every walk clear of the interpreter's own limit."""


class PayloadError(TypeError):
    """A value would have to be copied or spilled and is no payload; the message names the place in it."""


class RefusedError(Exception):
    """A walk met what is no payload, or went too deep; `refusal` says where. Never leaves `payloads`."""


class Layout(Struct, frozen=True, eq=False):
    """Where a struct or dataclass type keeps its values: in named slots, in a `__dict__`, or in both."""

    kind: type[Any]
    slots: tuple[str, ...]
    has_dict: bool

    def state(self, value: object) -> dict[str, Any]:
        """Return every value that `value` holds, by name; slots that were never filled are left out.

        What a dataclass keeps in its `__dict__` besides its fields belongs to its state: a `__post_init__`
        that is not run again may have put it there.
        """
        if isinstance(value, msgspec.Struct):
            state = msgspec.structs.asdict(value)
        else:
            state = {name: getattr(value, name) for name in self.slots if hasattr(value, name)}
        if self.has_dict:
            state.update(vars(value))
            state.pop(GENERIC, None)
        return state

    def copy(self, value: object) -> object:
        """Make an instance that holds the same objects as `value`, without running `__init__` again."""
        instance: object
        if isinstance(value, msgspec.Struct):
            # By name, since the class may have a way of its own.
            instance = msgspec.Struct.__copy__(value)  # type: ignore[attr-defined]  # msgspec's stubs lack it
        else:
            instance = object.__new__(self.kind)
            for name in self.slots:
                if hasattr(value, name):
                    object.__setattr__(instance, name, getattr(value, name))
        if self.has_dict:
            vars(instance).update(vars(value))
        return instance

    def put(self, instance: object, name: str, member: object) -> None:
        """Fill a slot, of a frozen instance too."""
        if isinstance(instance, msgspec.Struct):
            msgspec.structs.force_setattr(instance, name, member)
        else:
            object.__setattr__(instance, name, member)

    def revive(self, state: Mapping[str, Any]) -> object:
        """Make an instance that holds `state`, without running `__init__` or `__post_init__` again."""
        if issubclass(self.kind, msgspec.Struct):
            return self._revive_struct(state)
        instance = object.__new__(self.kind)
        for name in self.slots:
            if name in state:
                object.__setattr__(instance, name, state[name])
        if self.has_dict:
            vars(instance).update((name, item) for name, item in state.items() if name not in self.slots)
        return instance

    def _revive_struct(self, state: Mapping[str, Any]) -> object:
        fields = {name: state[name] for name in self.slots}
        if hasattr(self.kind, "__post_init__"):
            instance = _unchecked_twin(self.kind)(**fields)
            instance.__class__ = self.kind
        else:
            instance = self.kind(**fields)
        if self.has_dict:
            vars(instance).update((name, item) for name, item in state.items() if name not in fields)
        return instance


def _lay_out(kind: type[Any]) -> Layout | None:
    """Return how a struct or dataclass type is laid out, or None for any other type.

    A dataclass that is not made by plain `object.__new__` (an enumeration, an exception, a subclass of
    `list`) is more than its fields, and so no payload.
    """
    if issubclass(kind, msgspec.Struct):
        return Layout(kind, kind.__struct_fields__, bool(kind.__dictoffset__))
    if dataclasses.is_dataclass(kind) and kind.__new__ is object.__new__:
        return Layout(kind, tuple(_slots_of(kind)), bool(kind.__dictoffset__))
    return None


def copy_records(value: list[Any]) -> list[Any] | None:
    """Return a copy of a list of dicts that hold atoms alone; None if there may be anything else in it.

    No line of Python runs for each of them, so this takes about half the time of a walk.
    """
    first = value[0]
    if type(first) is not dict or not ATOMS.issuperset(map(type, first.values())):
        return None
    if not _DICTS.issuperset(map(type, value)):
        return None
    copies = list(map(dict.copy, value))
    # The collector is told of a dict's values, and of its keys too unless each of them is exactly a `str`.
    # So where it is told of as many objects as there are values, these are the values and the keys are fine.
    # Of copies that is true; a dict in which some object keeps its attributes may tell of none of them.
    held = gc.get_referents(*copies)
    return copies if len(held) == sum(map(len, copies)) and ATOMS.issuperset(map(type, held)) else None


# mypy does not see that a class is hashable, hence the cast.
layout_of = cast(Callable[[type[Any]], Layout | None], lru_cache(maxsize=1024)(_lay_out))
"""Return how a struct or dataclass type is laid out, or None for any other type."""


def _slots_of(kind: type[Any]) -> Iterator[str]:
    for base in reversed(kind.__mro__):
        for name, member in vars(base).items():
            if isinstance(member, MemberDescriptorType):
                yield name


def _make_twin(kind: type[Any]) -> Any:
    """Return a struct type laid out like `kind` that runs no `__post_init__` and is not frozen.

    A struct can be made by its constructor only. An instance of this twin is given the real class afterwards.
    """
    body = {"__module__": kind.__module__, "__post_init__": lambda self: None}
    return StructMeta(kind.__name__, (kind,), body, frozen=False)


_unchecked_twin = cast(Callable[[type[Any]], Any], lru_cache(maxsize=1024)(_make_twin))


def refusal(value: object) -> PayloadError:
    """Return the error that says where in `value`, and why, it is no payload."""
    pending = [("$", value, MAX_DEPTH)]
    while pending:
        path, item, room = pending.pop()
        if type(item) in ATOMS:
            continue
        if not room:
            return PayloadError(
                f"the payload nests deeper than {MAX_DEPTH} levels, or holds itself, below {path[:60]}..."
            )
        members = _members(item)
        if members is None:
            return PayloadError(
                f"a payload is JSON, a struct or a dataclass; at {path} there is a {_name(type(item))}"
            )
        wrong = next((key for key in members if not isinstance(key, str | int)), None)
        if wrong is not None:
            return PayloadError(
                f"the keys of a payload are str; at {path} there is the key {wrong.key!r} of type "
                f"{_name(type(wrong.key))}"
            )
        steps = [
            (f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}", member, room - 1)
            for key, member in members.items()
        ]
        pending.extend(reversed(steps))
    return PayloadError("the payload nests deeper than the stack that is left here allows")


class _WrongKey(Struct, frozen=True, eq=False):
    key: Any


def _members(item: Any) -> dict[Any, Any] | None:
    """Return what `item` holds, by index or by name, keys that are not `str` marked; None if no payload."""
    if type(item) is list:
        return dict(enumerate(item))
    if type(item) is dict:
        return {key if type(key) is str else _WrongKey(key): member for key, member in item.items()}
    layout = layout_of(type(item))
    return None if layout is None else layout.state(item)


def _name(kind: type[Any]) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
