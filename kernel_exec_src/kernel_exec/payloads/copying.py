"""Copies a payload for a branch of its own, so that no branch sees what another does to it (decision 6).

Takes a value by the shapes of `shapes`, gives one that is equal in value and in type. Strings and numbers are
shared, so a walk has little to do but look at types. A codec has to be told by that same walk that it may be
used, and then makes every string and number anew: it is slower at every size (`python -m benchmarks copy`).
"""

from __future__ import annotations

from typing import Any

from kernel_exec.payloads.shapes import (
    ATOMS,
    GENERIC,
    MANY,
    MAX_DEPTH,
    Layout,
    RefusedError,
    copy_records,
    layout_of,
    refusal,
)


def copy_payload[T](value: T) -> T:
    """Return a copy of `value` that shares with it only what cannot change.

    Raises:
        PayloadError: the value, or something in it, is no payload.
    """
    if type(value) in ATOMS:
        return value
    try:
        copied: T = _copy(value, MAX_DEPTH)
    except (RefusedError, RecursionError):
        raise refusal(value) from None
    return copied


def _copy(value: Any, room: int) -> Any:
    if not room:
        raise RefusedError
    kind = type(value)
    if kind is dict:
        # Most members are atoms: copying them all in C and then replacing the few others is the fast way.
        copied = value.copy()
        for key, member in value.items():
            if type(key) is not str:
                raise RefusedError
            if type(member) not in ATOMS:
                copied[key] = _copy(member, room - 1)
        return copied
    if kind is list:
        if len(value) >= MANY and room > 1 and (copied := copy_records(value)) is not None:
            return copied
        return [item if type(item) in ATOMS else _copy(item, room - 1) for item in value]
    layout = layout_of(kind)
    if layout is None:
        raise RefusedError
    return _copy_object(value, layout, room)


def _copy_object(value: object, layout: Layout, room: int) -> object:
    instance = layout.copy(value)
    for name in layout.slots:
        member = getattr(instance, name, None)  # a slot that was never filled stays so
        if type(member) not in ATOMS:
            layout.put(instance, name, _copy(member, room - 1))
    if layout.has_dict:
        attributes = vars(instance)
        for name, member in attributes.items():
            if type(member) not in ATOMS and name != GENERIC:
                attributes[name] = _copy(member, room - 1)
    return instance
