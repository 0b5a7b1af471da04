"""A project with a suite of its own, for the tests of the pytest plugin."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


CONFIGURATION = """
[project]
name = "shop"
version = "1.0"

[tool.profilec]
source = "src"
package = "shop"
flags = "shop._profile"

[tool.profilec.profiles.native]
marker = "sys_platform != 'emscripten'"

[tool.profilec.profiles.wasm]
marker = "sys_platform == 'emscripten'"

[tool.pytest.ini_options]
addopts = "--strict-markers --strict-config"
"""


PACKAGE = """
from shop._profile import WASM

def world() -> str:
    if WASM:
        return "wasm"
    else:
        return "native"
"""


FLAGS = """
from profilec import flag

NATIVE = flag("native")
WASM = flag("wasm")
"""


SUITE = """
import asyncio, os, sys
import pytest
import shop

def test_passes(tmp_path):
    (tmp_path / "file").write_text("text")
    assert shop.world() == os.environ["EXPECTED"]

def test_fails():
    print("printed before")
    assert {"a": 1} == {"a": 2}

def test_errors(missing): ...

@pytest.mark.skip(reason="no need")
def test_is_skipped(): ...

async def test_awaits():
    await asyncio.sleep(0.01)
    assert asyncio.get_running_loop().is_running()

async def test_awaits_and_fails(monkeypatch):
    await asyncio.sleep(0)
    raise RuntimeError("in a coroutine")
"""


WORLDS = {"native": "linux", "wasm": "emscripten"}


world = pytest.mark.parametrize("profile", WORLDS)


def said(run: pytest.RunResult) -> str:
    return run.stdout.str() + run.stderr.str()
