"""What spilling an item and getting it back costs, against the obvious way: a JSON file per item.

Both ways write all items and then read them all, and neither asks for them to be on the disk, so what is
compared is work of the processor: encoding, system calls, decoding. Making the folder and opening the lane
are part of it, once for all items. A lane gives back every type as it was and finds damage; a JSON file does
neither.

Records have a row more: msgspec alone encodes and decodes them, nothing is checked and nothing written. No
way to spill them can be faster than that.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import msgpack

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
    """Write a JSON file per item, in one folder, then read each and remove it."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, str(number)) for number in range(items)]
        for file in files:
            file.write_text(json.dumps(payload))
        for file in files:
            json.loads(file.read_text())
            file.unlink()


async def msgspec_alone(payload: Any, items: int) -> None:
    """Encode all items, then decode each."""
    for data in [msgpack.encode(payload) for _ in range(items)]:
        msgpack.decode(data)


async def a_lane(payload: Any, items: int) -> None:
    """Write and read as an edge does that spills to local files."""
    lane = open_lane("a->b", "tier", {})
    written = [await lane.write(encode(payload)) for _ in range(items)]
    for item in written:
        decode(await lane.read(item))
    await lane.close()


def spill_cases(scale: float) -> Iterator[Case]:
    """Yield the rows of each payload."""
    for name, (payload, goal) in PAYLOADS.items():
        items = max(10, int((400 if name.startswith("1 KB") else 60) * scale))
        slow = partial(a_file_each, payload, items)
        yield Case(f"spill put and get, {name}", slow, partial(a_lane, payload, items), goal)
        if name.endswith("records"):
            yield Case(f"spill ceiling, {name}", slow, partial(msgspec_alone, payload, items), None)
