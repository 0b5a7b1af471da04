"""Estimates what a value holds in memory, and tells whether it has changed since it was last seen.

Takes values by the shapes of `shapes`; gives the numbers that queue limits and the ownership check are made
of.
"""

from __future__ import annotations

from collections.abc import Iterable
from sys import getsizeof
from typing import Any

from kernel_exec.payloads.shapes import ATOMS, MAX_DEPTH, PayloadError, RefusedError, layout_of


def estimate_bytes(value: Any) -> int:
    """Return about how many bytes of memory `value` holds; of what is no payload, the outermost alone."""
    kind = type(value)
    if kind is int:
        size: int = 28 + (value.bit_length() >> 3)
        return size
    if kind in ATOMS:
        return getsizeof(value)
    try:
        return _measure(value, MAX_DEPTH)
    except (RefusedError, RecursionError):
        return getsizeof(value)


def fingerprint(value: object) -> int | None:
    """Return a number, good in this process, that differs once the payload has changed; else None."""
    from kernel_exec.payloads.codec import encode  # only runs that check ownership pay for it

    try:
        return hash(encode(value))
    except PayloadError:
        return None


def _measure(value: Any, room: int) -> int:
    """Add up rules of thumb for what CPython needs: asking it for every part costs more than a copy would."""
    if not room:
        raise RefusedError
    kind = type(value)
    if kind is dict:
        size = 64 + 30 * len(value) + _measure_all(value, room) + _measure_all(value.values(), room)
    elif kind is list:
        size = 56 + 8 * len(value) + _measure_all(value, room)
    elif (layout := layout_of(kind)) is not None:
        state = layout.state(value)
        size = 56 + 8 * len(state) + _measure_all(state.values(), room)
    else:
        size = getsizeof(value)
    return size


def _measure_all(values: Iterable[Any], room: int) -> int:
    size = 0
    for value in values:
        kind = type(value)
        if kind is str:
            size += 49 + (len(value) if value.isascii() else 4 * len(value))
        elif kind is int:
            size += 28 + (value.bit_length() >> 3)
        elif kind in ATOMS:
            size += 24
        else:
            size += _measure(value, room - 1)
    return size
