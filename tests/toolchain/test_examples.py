"""The examples run as they stand on both trees, and tell the same story wherever the worlds do not differ."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORLDS: dict[str, list[str | Path]] = {"native": [sys.executable], "wasm": [ROOT / "tools/wasm-python"]}


def output(world: str, example: str) -> str:
    """Run an example on the built tree of a world; it has to end well and to keep quiet on stderr."""
    run = subprocess.run(
        [*WORLDS[world], ROOT / "examples" / example],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / f"build/{world}")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (run.stderr, run.returncode) == ("", 0)
    return run.stdout


def facts(world: str) -> dict[str, str]:
    lines = map(json.loads, output(world, "order_pipeline/main.py").splitlines())
    return {line["fact"]: line["value"] for line in lines}


def bookings(world: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the ETL said before its first booking, and from there on."""
    lines = [json.loads(line) for line in output(world, "meter_readings.py").splitlines()]
    return [line for line in lines if "refused" in line], [line for line in lines if "refused" not in line]


def test_the_order_pipeline_spills_natively_and_is_refused_in_wasm_unless_a_store_is_bound() -> None:
    native, wasm = facts("native"), facts("wasm")
    burst = "a burst, spilling to local files"
    stored = "a burst, spilling to a bound store"

    for number in ("A-1", "A-2", "A-3", "A-4", "A-5"):
        assert native[f"order {number}"] == wasm[f"order {number}"]
    assert native["the blocking label printer ran on"] == "a worker thread"
    assert wasm["the blocking label printer ran on"] == "the loop's thread"
    assert wasm[burst].startswith("refused: SPILL901")
    for told in (native[burst], native[stored], wasm[stored]):
        answered, _, waited = told.partition("; ")
        assert answered == "200 answered, in order"
        assert int(waited.split()[0]) > 100, told


@pytest.mark.parametrize("world", WORLDS)
def test_the_tracking_page_streams_until_the_parcel_arrives_or_the_visitor_leaves(world: str) -> None:
    assert output(world, "parcel_tracking.py").splitlines() == [
        'data: {"place": "depot Graz", "delivered": false}',
        'data: {"place": "depot Wien", "delivered": false}',
        'data: {"place": "van 12", "delivered": false}',
        'data: {"place": "front door", "delivered": true}',
        'data: {"place": "depot Graz"} (page closed)',
    ]


def test_the_meter_readings_are_booked_once_in_both_worlds_and_only_wasm_needs_a_store() -> None:
    (native_refusal, native), (wasm_refusal, wasm) = bookings("native"), bookings("wasm")

    assert native == wasm
    assert [line["done"] for line in native[:-1]].count("booked before") == 4
    assert native[-1] == {
        "ledger": {"C-1:6": 24, "C-2:6": 3, "C-1:7": 8, "C-2:7": 11, "C-1:8": 0, "C-2:8": 0}
    }
    assert native_refusal == []
    assert [line["refused"] for line in wasm_refusal] == ["SPILL901"]
