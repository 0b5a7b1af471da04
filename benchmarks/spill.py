"""What spilling an item and getting it back costs, against the obvious way: a JSON file per item."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.cases import Case
from kernel_exec.payloads import decode, encode
from kernel_exec.spill import open_lane

PAYLOADS: dict[str, tuple[Any, float]] = {
    "1 KB of text": ("x" * 1000, 8),
    "64 KB of text": ("x" * 64_000, 4),
    "1 KB of records": ([{"id": number, "name": f"n{number}"} for number in range(35)], 8),
    "64 KB of records": ([{"id": number, "name": f"n{number}"} for number in range(2000)], 4),
}
"""What is spilled, and how many times faster that is to be."""


async def a_file_each(payload: Any, items: int) -> None:
    """Write a JSON file per item, then read each and remove it."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, str(number)) for number in range(items)]
        for file in files:
            file.write_text(json.dumps(payload))
        for file in files:
            json.loads(file.read_text())
            file.unlink()


async def a_lane(payload: Any, items: int) -> None:
    """Write and read as an edge does that spills to local files."""
    lane = open_lane("a->b", "tier", {})
    written = [await lane.write(encode(payload)) for _ in range(items)]
    for item in written:
        decode(await lane.read(item))
    await lane.close()


def spill_cases(scale: float) -> Iterator[Case]:
    """Yield a row for each payload."""
    for name, (payload, goal) in PAYLOADS.items():
        items = max(10, int((400 if name.startswith("1 KB") else 60) * scale))
        yield Case(
            f"spill put and get, {name}",
            partial(a_file_each, payload, items),
            partial(a_lane, payload, items),
            goal,
        )
