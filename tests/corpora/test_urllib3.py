"""A package that never heard of the compiler is specialised by facts alone, and passes its own suite."""

import re
import subprocess
import sys
from pathlib import Path

from corpora import FOLDER

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/urllib3"


def example(script: str) -> str:
    """Run a script of the example, and return what it prints."""
    ran = subprocess.run(
        [sys.executable, EXAMPLE / script, FOLDER / "urllib3"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_urllib3_is_specialised_for_both_worlds_and_passes_its_own_suite() -> None:
    told = example("specialise.py")
    native, wasm = (
        FOLDER / "urllib3/urllib3-2.8.0/build" / profile / "urllib3" for profile in ("native", "wasm")
    )
    for tree in (native, wasm):
        assert "sys.platform" not in (tree / "__init__.py").read_text(encoding="utf-8")
    assert not [file for file in native.rglob("*") if "emscripten" in file.name]
    assert "emscripten" not in (native / "__init__.py").read_text(encoding="utf-8")
    assert (wasm / "__init__.py").read_text(encoding="utf-8").endswith("\n\ninject_into_urllib3()\n")
    assert re.search(r"PC405 `socket` .*(\n.*)+?imports urllib3\.connection\n", told)
    assert re.search(r"PC405 `threading` is forbidden \[wasm\]", told)
    example("own_suite.py")
