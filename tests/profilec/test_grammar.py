"""Every corner of the grammar of Python 3.12 to 3.14 may stand in an annotated file.

`grammar.corners` holds them, each below a line `#: name`; what they would do does not matter.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from profilec import compile_source
from profilec.config import Config

FILE = Path(__file__).parent / "grammar.corners"
_PARTS = re.split(r"^#: (.*)\n", FILE.read_bytes().decode(), flags=re.M)
CORNERS = dict(zip(_PARTS[1::2], _PARTS[2::2], strict=True))
STRINGS_OF_SEVERAL_LINES = re.compile(r"'''|\"\"\"|'\{\n|'[^'\n]*\\\n")
MOVABLE = [name for name, text in CORNERS.items() if not STRINGS_OF_SEVERAL_LINES.search(text)]

HEAD = "from shop._profile import THREADS, WASM\n\n"
GONE = "if WASM:\n    gone = 1\n"


def indented(text: str) -> str:
    """Move the lines that are not blank one step in; a form feed sets the column back, so it stays first."""
    return re.sub(r"^(\f*)(?=[^\n]*[^\s])", r"\1    ", text, flags=re.M)


@pytest.mark.parametrize("name", CORNERS)
def test_what_stands_beside_an_annotation_stays_as_it_is(name: str, config: Config) -> None:
    assert compile_source(f"{HEAD}{GONE}{CORNERS[name]}{GONE}", "native", config) == CORNERS[name]


@pytest.mark.parametrize("name", MOVABLE)
def test_what_stands_in_a_branch_moves_out_of_it(name: str, config: Config) -> None:
    text = CORNERS[name]
    assert compile_source(f"{HEAD}if THREADS:\n{indented(text)}{GONE}", "native", config) == text
    source = f"{HEAD}def f():\n    if THREADS:\n{indented(indented(text))}\n\nb = 2\n"
    assert compile_source(source, "native", config) == f"def f():\n{indented(text)}\n\nb = 2\n"


@pytest.mark.parametrize("name", MOVABLE)
def test_what_stands_in_a_branch_that_goes_is_gone(name: str, config: Config) -> None:
    source = f"{HEAD}a = 1\nif WASM:\n{indented(CORNERS[name])}b = 2\n"
    assert compile_source(source, "native", config) == "a = 1\nb = 2\n"


def test_every_corner_is_python_3_14() -> None:
    code = (
        "import ast, re, sys, warnings; warnings.simplefilter('ignore'); print(sys.version_info[:2])\n"
        f"text = open({str(FILE)!r}, newline='').read()\n"
        "for corner in re.split(r'^#: .*\\n', text, flags=re.M): ast.parse(corner)"
    )
    run = subprocess.run([sys.executable, "-m", "profilec.wasm", "-c", code], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("(3, 14)\n", "")
