"""What a branch's own copy of a payload costs, against `copy.deepcopy` and against the codec that spills.

A value may go through the codec only where it comes back identical in type; finding that out is part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from typing import Any

from benchmarks.cases import Case
from kernel_exec.payloads import copy_payload, decode, encode


def order(number: int) -> dict[str, Any]:
    """Return a record with others in it, about 100 bytes of JSON."""
    lines = [{"sku": f"a{number}", "price": 1.5}, {"sku": "b", "price": number / 8}]
    return {"id": number, "customer": {"name": f"n{number}", "vat": None}, "lines": lines}


def record(number: int) -> dict[str, Any]:
    """Return a flat record, about 100 bytes of JSON."""
    return {"id": number, "name": "x" * 60, "price": number / 8, "paid": True}


SIZES: dict[str, tuple[int, float]] = {"100 B": (1, 4000), "10 KB": (100, 60), "1 MB": (10_000, 1)}
"""Members of about 100 bytes in a payload, and how often it is copied."""


def round_trip(value: Any) -> Any:
    """Copy by encoding and decoding."""
    return decode(encode(value))


async def _repeated(copy: Callable[[Any], Any], payload: Any, times: int) -> None:
    for _ in range(times):
        copy(payload)


def copy_cases(scale: float) -> Iterator[Case]:
    """Yield two rows for each payload; the copy is to be no slower than the codec."""
    for member in (order, record):
        for size, (members, times) in SIZES.items():
            payload = [member(number) for number in range(members)]
            count = max(1, int(times * scale))
            fast = partial(_repeated, copy_payload, payload, count)
            name = f"copy of {size} of {member.__name__}s, against"
            yield Case(f"{name} deepcopy", partial(_repeated, deepcopy, payload, count), fast, None)
            yield Case(f"{name} the codec", partial(_repeated, round_trip, payload, count), fast, 1)
