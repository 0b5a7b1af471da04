"""Copies a payload for a branch of its own, so that no branch sees what another does to it (decision 6).

Takes a value by the shapes of `shapes`, gives one that is equal in value and in type. A direct walk beats a
round trip through a codec at every size, because strings and numbers are shared and nothing else needs to be
checked.
"""

from __future__ import annotations

from typing import Any

from kernel_exec.payloads.shapes import ATOMS, MAX_DEPTH, RefusedError, layout_of, refusal


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
        return [item if type(item) in ATOMS else _copy(item, room - 1) for item in value]
    layout = layout_of(kind)
    if layout is None:
        raise RefusedError
    state = layout.state(value)
    for name, member in state.items():
        if type(member) not in ATOMS:
            state[name] = _copy(member, room - 1)
    return layout.revive(state)
