"""The table shows both worlds' facts beside each other, and a script that fails anywhere fails it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def side_by_side(script: Path, program: str) -> subprocess.CompletedProcess[str]:
    script.write_text(f"import json, sys\n{program}\n")
    command: list[str | Path] = [sys.executable, ROOT / "tools/side_by_side.py", script]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_facts_stand_in_the_order_they_were_told_and_one_world_may_tell_more(tmp_path: Path) -> None:
    run = side_by_side(
        tmp_path / "tells.py",
        "print(json.dumps({'fact': 'platform', 'value': sys.platform}))\n"
        "if sys.platform == 'emscripten': print(json.dumps({'fact': 'only here', 'value': 'yes'}))",
    )

    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in run.stdout.splitlines()]
    assert [row for row in rows if row] == [
        ["platform", sys.platform, "emscripten"],
        ["only here", "", "yes"],
    ]


def test_a_script_that_fails_in_one_world_is_shown_with_its_error(tmp_path: Path) -> None:
    run = side_by_side(
        tmp_path / "fails.py", "if sys.platform == 'emscripten': raise SystemExit('no, not here')"
    )

    assert run.returncode == 1
    assert "no, not here" in run.stderr
    assert "failed in the wasm world, status 1" in run.stderr
