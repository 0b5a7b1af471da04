"""Estimates what a value holds in memory, and tells whether it has changed since it was last seen.

Takes values by the shapes of `shapes`; gives the numbers that queue limits and the ownership check are made
of.
"""

from __future__ import annotations

from sys import getsizeof
from typing import Any

from kernel_exec.payloads.codec import encode
from kernel_exec.payloads.shapes import ATOMS, MAX_DEPTH, PayloadError, RefusedError, layout_of


def estimate_bytes(value: object) -> int:
    """Return about how many bytes of memory `value` holds; of what is no payload, the outermost alone."""
    try:
        return _measure(value, MAX_DEPTH)
    except (RefusedError, RecursionError):
        return getsizeof(value)


def fingerprint(value: object) -> int | None:
    """Return a number, good in this process, that differs once the payload has changed; else None."""
    try:
        return hash(encode(value))
    except PayloadError:
        return None


def _measure(value: Any, room: int) -> int:
    if not room:
        raise RefusedError
    kind = type(value)
    if kind in ATOMS:
        return getsizeof(value)
    if kind is list:
        members = value
        size = getsizeof(value)
    elif kind is dict:
        members = value.values()
        size = getsizeof(value) + sum(map(getsizeof, value))
    else:
        layout = layout_of(kind)
        if layout is None:
            return getsizeof(value)
        members = layout.state(value).values()
        size = getsizeof(value)
    if ATOMS.issuperset(map(type, members)):
        return size + sum(map(getsizeof, members))
    return size + sum([_measure(member, room - 1) for member in members])
