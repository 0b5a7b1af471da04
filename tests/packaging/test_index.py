"""One index for both worlds: pip on CPython takes the native wheel, micropip in Pyodide the wasm wheel."""

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from loopback import Index

ROOT = Path(__file__).resolve().parents[2]
FLOW = Path(__file__).with_name("flow.py")
KERNEL = re.compile("kernel_exec-.*")


def quiet(*command: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command with nothing of this environment but a path to programs, and no configuration of pip."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(command, env=environment, input=given, capture_output=True, text=True, timeout=300)


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A virtual environment with nothing in it; return its folder of programs."""
    venv.create(tmp_path / "fresh", symlinks=True)
    return tmp_path / "fresh/bin"


def pip(fresh: Path, index: Index, *arguments: str | Path) -> str:
    """Run pip for an environment, with the index as the one place to get anything from."""
    run = quiet(
        *(sys.executable, "-m", "pip", "--python", fresh / "python", arguments[0]),
        *("--index-url", index.simple, "--no-cache-dir", "--disable-pip-version-check", *arguments[1:]),
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def micropip(pyodide: str, index: Index, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a Pyodide under Node that has nothing but micropip."""
    command = [ROOT / ".venv/bin/node", FLOW.with_name("install.mjs"), ROOT / "node_modules" / pyodide]
    return quiet(*command, index.url_of("micropip"), given=program)


def fetched_kernels(index: Index) -> list[str]:
    return [name for name in index.fetched if KERNEL.fullmatch(name)]


# --- What a user does -----------------------------------------------------------------------------


def test_pip_on_cpython_takes_the_native_wheel_with_its_command_and_it_runs_a_flow(
    index: Index, fresh: Path
) -> None:
    pip(fresh, index, "install", "kernel-exec")

    ran = quiet(fresh / "python", FLOW)
    drawn = quiet(fresh / "kernel-exec", "graph", ROOT / "examples/parcel_tracking.flow.json")

    assert json.loads(ran.stdout) == {
        "result": "Value(value='7.50')",
        "platform": sys.platform,
        "tag": "py3-none-any",
    }
    assert (drawn.returncode, drawn.stdout.partition("\n")[0]) == (0, "flowchart TD"), drawn.stderr
    assert fetched_kernels(index) == ["kernel_exec-0.1.0-py3-none-any.whl"]


def test_micropip_in_pyodide_takes_the_wasm_wheel_and_it_runs_a_flow(index: Index, flow_after: str) -> None:
    ran = micropip("pyodide", index, flow_after.replace("INDEX", index.simple))

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "result": "Value(value='7.50')",
        "platform": "emscripten",
        "tag": "py3-none-pyemscripten_2026_0_wasm32",
    }
    assert fetched_kernels(index) == ["kernel_exec-0.1.0-py3-none-pyemscripten_2026_0_wasm32.whl"]


def test_on_another_abi_micropip_takes_the_wheel_for_any_platform_and_its_guard_speaks(index: Index) -> None:
    """Without dependencies: msgspec has no wheel for that ABI."""
    ran = micropip(
        "pyodide-0.29",
        index,
        f'import micropip\nawait micropip.install("kernel-exec", index_urls=["{index.simple}"], deps=False)\n'
        "import kernel_exec\n",
    )

    assert fetched_kernels(index) == ["kernel_exec-0.1.0-py3-none-any.whl"]
    assert ran.returncode == 1
    assert ran.stderr.strip().splitlines()[-1] == (
        "ImportError: this is the native build of kernel_exec, for sys_platform != 'emscripten'; install the "
        "wasm build here instead: kernel-exec with the tag py3-none-pyemscripten_2026_0_wasm32"
    )


# --- What a developer does ------------------------------------------------------------------------


def test_pip_builds_this_repository_in_isolation_to_the_wheel_that_is_published(
    index: Index, fresh: Path, tmp_path: Path, wheels: dict[str, Path]
) -> None:
    pip(fresh, index, "wheel", "--no-deps", "--wheel-dir", tmp_path / "built", ROOT)

    [built] = (tmp_path / "built").iterdir()
    assert (built.name, built.read_bytes()) == (wheels["native"].name, wheels["native"].read_bytes())


def test_a_stranger_installs_a_project_editable_and_sees_a_changed_line(
    index: Index, fresh: Path, stranger: Path
) -> None:
    pip(fresh, index, "install", "--editable", stranger)
    first = quiet(fresh / "vane").stdout

    source = stranger / "src/weather_vane/__init__.py"
    source.write_text(source.read_text().replace("the wind of", "a light breeze of"))

    assert first == "the wind of the desktop\n"
    assert quiet(fresh / "vane").stdout == "a light breeze of the desktop\n"


def test_pyodide_build_makes_a_strangers_wheel_and_leaves_nothing_in_the_project(
    stranger: Path, tmp_path: Path
) -> None:
    before = sorted(stranger.rglob("*"))

    built = quiet(sys.executable, ROOT / "tools/wasm_wheel.py", stranger, tmp_path / "out")

    assert built.returncode == 0, built.stdout + built.stderr
    [wheel] = (tmp_path / "out").iterdir()
    assert wheel.name == "weather_vane-2.1-py3-none-pyemscripten_2026_0_wasm32.whl"
    assert sorted(stranger.rglob("*")) == before
