"""tools/wasm-python stands in for `python`: these are the things about `python` that it has to keep."""

import subprocess
import tomllib
from pathlib import Path

import pytest

from profilec.emit.templating import rendered

ROOT = Path(__file__).resolve().parents[2]
WASM_PYTHON = ROOT / "tools/wasm-python"


def wasm_python(
    *arguments: str | Path, cwd: Path = ROOT, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    path = {"PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [WASM_PYTHON, *arguments],
        cwd=cwd,
        env=path | environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_script_runs_as_main_with_its_arguments_in_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("NAME = 'imported from beside the script'")
    (tmp_path / "script.py").write_text(
        "import asyncio, beside, os, sys\n"
        "print(__name__, __file__)\n"
        "print(sys.argv, os.getcwd(), sys.platform)\n"
        "print(beside.NAME)\n"
        "print(asyncio.run(asyncio.sleep(0.01, 'asyncio.run works')))\n"
    )
    (tmp_path / "elsewhere").mkdir()

    run = wasm_python("../script.py", "one", "--two", cwd=tmp_path / "elsewhere")

    assert run.stdout.splitlines() == [
        f"__main__ {tmp_path}/elsewhere/../script.py",
        f"['../script.py', 'one', '--two'] {tmp_path}/elsewhere emscripten",
        "imported from beside the script",
        "asyncio.run works",
    ]
    assert (run.stderr, run.returncode) == ("", 0)


def test_files_written_with_relative_and_absolute_paths_appear_on_this_machine(tmp_path: Path) -> None:
    code = "import sys; open('relative', 'w').write('r'); open(sys.argv[1], 'w').write('a')"

    run = wasm_python("-c", code, tmp_path / "absolute", cwd=tmp_path)

    assert run.returncode == 0, run.stderr
    assert (tmp_path / "relative").read_text() + (tmp_path / "absolute").read_text() == "ra"


def test_pythonpath_comes_first_then_the_wasm_tree_and_the_wasm_dependencies_last(tmp_path: Path) -> None:
    (tmp_path / "found").mkdir()
    (tmp_path / "found/wanted.py").write_text("WHERE = 'PYTHONPATH'")
    code = "import msgspec, sys, wanted; print(wanted.WHERE, msgspec.json.encode([1]), *sys.path, sep='\\n')"

    run = wasm_python("-c", code, cwd=tmp_path, PYTHONPATH="found")

    where, encoded, *path = run.stdout.splitlines()
    assert (where, encoded) == ("PYTHONPATH", "b'[1]'")
    assert path[:3] == ["", f"{tmp_path}/found", f"{ROOT}/build/wasm"]
    assert path[-1] == f"{ROOT}/.venv/wasm/lib"


def test_standard_input_and_output_pass_through_in_order(tmp_path: Path) -> None:
    (tmp_path / "echo.py").write_text(
        "import sys\n"
        "for line in sys.stdin:\n"
        "    print('out', line, end='')\n"
        "    print('err', line, end='', file=sys.stderr)\n"
    )

    run = subprocess.run(
        [WASM_PYTHON, tmp_path / "echo.py"],
        input="1\n2\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )

    assert run.stdout == "out 1\nerr 1\nout 2\nerr 2\n"


def test_a_module_runs_with_dash_m() -> None:
    assert wasm_python("-m", "json.tool", "--compact", stdin='{"a": 1}').stdout == '{"a":1}\n'


@pytest.mark.parametrize(
    ("code", "status", "stderr"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('a sentence')", 1, "a sentence\n"),
        ("import asyncio\nasync def f(): raise SystemExit(4)\nasyncio.run(f())", 4, ""),
        ("import os; os._exit(5)", 5, ""),
        ("import atexit; atexit.register(lambda: print('bye')); raise SystemExit(6)", 6, ""),
    ],
)
def test_the_status_is_the_scripts_own(code: str, status: int, stderr: str) -> None:
    run = wasm_python("-c", code)

    assert (run.returncode, run.stderr) == (status, stderr)
    assert ("bye" in run.stdout) == ("atexit" in code)


def test_an_uncaught_exception_is_status_one_and_a_traceback_of_the_script_alone(tmp_path: Path) -> None:
    (tmp_path / "fails.py").write_text("def f():\n    raise KeyError('x')\n\nf()\n")

    run = wasm_python("fails.py", cwd=tmp_path)

    assert run.returncode == 1
    first, frame, *_, last = run.stderr.splitlines()
    assert first == "Traceback (most recent call last):"
    assert frame == f'  File "{tmp_path}/fails.py", line 4, in <module>'
    assert last == "KeyError: 'x'"


def test_a_script_that_is_not_there_is_status_two_and_a_sentence() -> None:
    run = wasm_python("nowhere.py")

    assert (run.returncode, run.stderr) == (
        2,
        "wasm-python: can't open file 'nowhere.py': No such file or directory\n",
    )


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            "import asyncio\nasync def f(): await asyncio.Future()\nasyncio.run(f())", id="loop run dry"
        ),
        pytest.param("import js; js.process.exit(0)", id="exit of the host"),
        pytest.param("import ctypes; ctypes.string_at(-5)", id="crash of the interpreter"),
        pytest.param(
            "import asyncio, js\njs.eval('setTimeout(() => {throw 1}, 1)')\nasyncio.run(asyncio.sleep(1))",
            id="error in a host callback",
        ),
    ],
)
def test_a_run_that_dies_in_javascript_fails_and_says_so_without_quoting_pyodide(code: str) -> None:
    run = wasm_python("-c", code)

    assert run.returncode == 1
    assert "wasm-python: the run died in JavaScript: " in run.stderr
    assert len(run.stderr) < 5_000


def test_without_an_environment_it_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    alone = tmp_path / "tools/wasm-python"
    alone.write_bytes(WASM_PYTHON.read_bytes())
    alone.chmod(0o755)

    run = subprocess.run([alone, "-c", "1"], capture_output=True, text=True)

    assert run.returncode == 1
    assert "make setup" in run.stderr


def test_the_first_configuration_knows_every_module_that_the_standard_library_lacks_here() -> None:
    code = (
        "import sys\nfrom importlib.util import find_spec\n"
        "print(*(name for name in sys.stdlib_module_names if name[0] != '_' and find_spec(name) is None))\n"
    )
    missing = set(wasm_python("-c", code).stdout.split())
    written = tomllib.loads(rendered("init.toml.j2", {"package": "shop", "source": "."}))
    modules = written["tool"]["profilec"]["profiles"]["wasm"]["modules"]
    assert {name for name, is_there in modules.items() if not is_there} == missing - {"pydoc_data"}
