"""The tools that take arguments say how they are called, and do nothing else when asked."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.mark.parametrize(
    "tool", ["browser_suite.py", "compare_junit.py", "dist.py", "side_by_side.py", "wasm_wheel.py"]
)
@pytest.mark.parametrize(("argument", "status"), [("--help", 0), ("--hlep", 2), (None, 2)])
def test_a_tool_says_how_it_is_called(tool: str, argument: str | None, status: int, tmp_path: Path) -> None:
    command = [sys.executable, str(TOOLS / tool), *([argument] if argument else [])]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert (done.returncode, list(tmp_path.iterdir())) == (status, [])
    assert (done.stdout + done.stderr).startswith(f"usage: {tool} ")
