"""The comparison with other libraries, which are not installed here: they are named, the kernel is right."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

NAMES = {
    "anyio": "anyio",
    "aiostream": "aiostream",
    "pypeln": "pypeln",
    "streamz": "streamz",
    "reactivex": "reactivex",
    "pocketflow": "pocketflow",
    "sf-hamilton": "hamilton",
    "burr": "burr",
    "pydantic-graph": "pydantic_graph",
    "langgraph": "langgraph",
    "dask": "dask",
    "ray": "ray",
}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "build/native")}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_a_peer_that_is_not_installed_is_named_and_stops_no_other(tmp_path: Path) -> None:
    file = tmp_path / "peers.json"

    ran = run("-m", "benchmarks.peers", "--rounds", "1", "--json", str(file))
    rows = json.loads(file.read_bytes())["rows"]

    assert ran.returncode == 0, ran.stderr
    assert list(rows) == list(NAMES)
    for name, module in NAMES.items():
        if find_spec(module) is None:
            assert {rows[name][key] for key in ("version", "chain", "diamond", "single")} == {"not installed"}
            assert f"{name} " in ran.stdout
    assert "not installed" in ran.stdout


PROGRAM = """
import asyncio
from benchmarks.peers.shapes import SHAPES, check, kernel

async def main():
    for shape, take in zip(SHAPES, kernel(), strict=True):
        print(shape, sorted(await take(4)))

    async def loses_one(messages):
        return list(range(messages - 1))

    try:
        await check("a peer", "chain", loses_one, 3)
    except AssertionError as error:
        print(error)

asyncio.run(main())
"""


def test_the_programs_of_the_kernel_give_every_message_and_one_that_does_not_is_told() -> None:
    ran = run("-c", PROGRAM)

    assert ran.stdout.splitlines() == [
        "chain [0, 1, 2, 3]",
        "diamond [0, 0, 1, 1, 2, 2, 3, 3]",
        "single [0, 1, 2, 3]",
        "a peer, chain: [0, 1] came out of it, and not [0, 1, 2]",
    ], ran.stderr


MEASURED = """
import asyncio
from benchmarks.peers.rows import row
from benchmarks.peers.shapes import Peer, Shapes, kernel

async def main():
    chain, _, single = ours = kernel()
    for clock in ("cpu", "wall"):
        peer = Peer("msgspec", "async", clock, lambda: Shapes(chain, "it has none", single))
        found = await row(peer, ours, 5)
        print(found["chain"] > 0, found["diamond"], found["single"] > 0)

asyncio.run(main())
"""


def test_a_shape_has_a_ratio_by_either_clock_and_one_that_is_not_there_its_reason() -> None:
    ran = run("-c", MEASURED)

    assert ran.stdout.splitlines() == ["True it has none True"] * 2, ran.stderr
