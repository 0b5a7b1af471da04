"""`pytest --profilec PROFILE` on a stranger's project without a conftest, on CPython and in WebAssembly."""

import os
import pty
import shutil
import subprocess
import sys
import sysconfig
import venv
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import pytest
from shop_suite import CONFIGURATION, ROOT, SUITE, WORLDS, said, world

from profilec.config import Profile
from profilec.testing.worlds import runs_here

pytest_plugins = ["pytester"]


@world
def test_a_suite_passes_fails_errors_and_awaits_as_in_any_run(
    shop: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    monkeypatch.setenv("EXPECTED", profile)
    shop.makepyfile(SUITE)

    run = shop.runpytest_subprocess("--profilec", profile, "--durations=2", "-rA", "--junitxml=junit.xml")

    run.assert_outcomes(passed=2, failed=2, errors=1, skipped=1)
    assert run.ret == 1
    run.stdout.fnmatch_lines(
        [
            f"profilec: {profile} ({shop.path}/build/{profile}) on CPython *, {WORLDS[profile]}",
            "E       fixture 'missing' not found",
            "E       AssertionError: assert {'a': 1} == {'a': 2}",
            "*Captured stdout call*",
            "printed before",
            "E       RuntimeError: in a coroutine",
            "*= slowest 2 durations =*",
            "FAILED *::test_fails*",
        ]
    )
    suite = ElementTree.parse(shop.path / "junit.xml").getroot()[0]
    assert suite.get("tests") == "6"
    properties = {entry.get("name"): entry.get("value") for entry in suite.iter("property")}
    assert properties == {"profile": profile, "platform": WORLDS[profile]}


@world
def test_arguments_choose_and_stop_as_in_any_run(shop: pytest.Pytester, profile: str) -> None:
    shop.makepyfile("def test_a(): assert 0\ndef test_b(): assert 0\ndef test_c(): ...")

    stopped = shop.runpytest_subprocess("--profilec", profile, "-x", "-v")
    collected = shop.runpytest_subprocess("--profilec", profile, "-k", "b", "--collect-only", "-q")

    stopped.assert_outcomes(failed=1)
    stopped.stdout.fnmatch_lines(["*::test_a FAILED*", "*stopping after 1 failures*"])
    collected.stdout.fnmatch_lines(["*::test_b", "1/3 tests collected (2 deselected)*"])
    assert [stopped.ret, collected.ret] == [1, 0]


@world
def test_a_module_that_cannot_be_collected_is_an_error_with_its_traceback(
    shop: pytest.Pytester, profile: str
) -> None:
    shop.makepyfile("import shop.nowhere")

    run = shop.runpytest_subprocess("--profilec", profile)

    run.assert_outcomes(errors=1)
    assert run.ret == 2
    run.stdout.fnmatch_lines(["E   ModuleNotFoundError: No module named 'shop.nowhere'"])


def test_usage_errors_are_those_of_the_pytest_inside(shop: pytest.Pytester) -> None:
    run = shop.runpytest_subprocess("--profilec", "wasm", "--no-such-option")

    assert run.ret == 4
    assert said(run).count("unrecognized arguments: --no-such-option") == 1
    assert "Traceback" not in said(run)
    assert "there is no result" not in said(run)


def test_output_from_inside_has_colours_on_a_terminal_and_none_in_a_pipe(
    shop: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.makepyfile("def test_a(): ...")
    monkeypatch.delenv("PY_COLORS")  # pytester's
    monkeypatch.setenv("TERM", "xterm")
    terminal, its_end = pty.openpty()
    command = [sys.executable, "-m", "pytest", "--profilec", "wasm"]

    with subprocess.Popen(command, stdout=its_end, stderr=its_end) as run:
        os.close(its_end)
        shown = b"".join(iter(lambda: read_terminal(terminal), b""))

    assert run.returncode == 0
    assert b"\x1b[32m" in shown
    assert "\x1b[32m" not in said(shop.runpytest_subprocess("--profilec", "wasm"))


def read_terminal(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so when the other side has closed its end.
        return b""


@world
def test_the_tree_is_imported_also_where_the_source_lies_first_on_the_path(
    shop: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    """The working directory (`python -m pytest`) and a conftest's folder come before what a plugin adds."""
    (shop.path / "src/shop").rename(shop.path / "shop")
    shop.makefile(".toml", pyproject=CONFIGURATION.replace('source = "src"\n', ""))
    shop.makeconftest("import shop\nWORLD = shop.world()")
    monkeypatch.setenv("PYTHONPATH", str(shop.path))
    shop.makepyfile(
        "import conftest, shop, sys\n"
        f"def test_world(): assert (shop.world(), conftest.WORLD) == ({profile!r}, {profile!r})"
    )

    shop.runpytest_subprocess("--profilec", profile).assert_outcomes(passed=1)


def test_a_changed_source_is_seen_by_the_next_run(shop: pytest.Pytester) -> None:
    shop.makepyfile("import shop\ndef test_new(): assert shop.NEW == 1")
    assert shop.runpytest_subprocess("--profilec", "native").ret == 1

    with (shop.path / "src/shop/__init__.py").open("a") as source:
        source.write("\nNEW = 1\n")

    assert shop.runpytest_subprocess("--profilec", "native").ret == 0


def test_the_profile_may_stand_in_the_configuration(shop: pytest.Pytester) -> None:
    shop.makefile(".toml", pyproject=CONFIGURATION.replace('"--strict', '"--profilec wasm --strict'))
    shop.makepyfile("import shop\ndef test_world(): assert shop.world() == 'wasm'")

    shop.runpytest_subprocess().assert_outcomes(passed=1)


@world
def test_workers_of_xdist_and_marks_of_asyncio_are_taken_in_both_worlds(
    shop: pytest.Pytester, profile: str
) -> None:
    text = CONFIGURATION.replace("--strict-config", "--strict-config -n 2 --dist load")
    if profile == "native":  # where pytest-asyncio would declare its own mark
        text += 'markers = ["asyncio"]\n'
    else:
        text += 'asyncio_mode = "auto"\n'
    shop.makefile(".toml", pyproject=text)
    shop.makepyfile(
        f"import asyncio, pytest, shop\n@pytest.mark.asyncio\n@pytest.mark.parametrize('number', range(6))\n"
        f"async def test_world(number): assert shop.world() == {profile!r}"
    )

    run = shop.runpytest_subprocess("--profilec", profile, "--junitxml=junit.xml")

    run.assert_outcomes(passed=6)
    suite = ElementTree.parse(shop.path / "junit.xml").getroot()[0]
    assert "platform" in {entry.get("name") for entry in suite.iter("property")}


def test_a_process_that_a_test_starts_has_the_tree_on_its_path(shop: pytest.Pytester) -> None:
    shop.makepyfile(
        "import subprocess, sys\n"
        "def test_child():\n"
        "    code = 'import shop; print(shop.world(), shop.__file__)'\n"
        "    out = subprocess.check_output([sys.executable, '-c', code], text=True)\n"
        f"    assert out.split() == ['native', {str(shop.path / 'build/native/shop/__init__.py')!r}]"
    )

    shop.runpytest_subprocess("--profilec", "native").assert_outcomes(passed=1)


def test_without_the_option_nothing_is_different(shop: pytest.Pytester) -> None:
    (shop.path / "src/shop/__init__.py").write_text("changed = True")
    built = (shop.path / "build/native").stat().st_mtime
    shop.makepyfile(
        "import os, sys\n"
        "async def test_coroutine(): ...\n"
        "def test_nothing_is_loaded_or_set():\n"
        "    ours = {name for name in sys.modules if name.partition('.')[0] == 'profilec'}\n"
        "    assert ours == {'profilec', 'profilec.lacking', 'profilec.markers', 'profilec.pytest_plugin'}\n"
        "    assert 'build' not in os.environ.get('PYTHONPATH', '')\n"
    )

    run = shop.runpytest_subprocess()

    run.assert_outcomes(passed=1, failed=1)
    run.stdout.fnmatch_lines(["*async def functions are not natively supported.*"])
    assert "profilec:" not in said(run)
    assert (shop.path / "build/native").stat().st_mtime == built


@pytest.mark.parametrize(
    ("profile", "here"),
    [
        (Profile("p"), True),
        (Profile("p", marker="sys_platform == 'linux'"), True),
        (Profile("p", marker="sys_platform == 'emscripten'"), False),
        (Profile("p", marker="python_version >= '3'", wheel_tag="py3-none-any"), True),
        (Profile("p", facts={"sys.platform": "linux"}), True),
        (Profile("p", facts={"sys.platform": "emscripten"}), False),
        (Profile("p", marker="python_version >= '3'", facts={"sys.platform": "emscripten"}), False),
        (Profile("p", wheel_tag="py3-none-pyemscripten_2026_0_wasm32"), False),
    ],
)
def test_a_profiles_world_is_read_off_what_it_declares(profile: Profile, here: bool) -> None:
    assert runs_here(profile) == here


@pytest.fixture
def fresh_environment(shop: pytest.Pytester) -> Path:
    """The Python of an environment that has run nothing inside WebAssembly but a bare pytest."""
    environment = shop.path / "environment"
    venv.create(environment, with_pip=False)
    shutil.copytree(Path(sys.prefix, "wasm"), environment / "wasm", copy_function=os.link)
    (shop.path / "node_modules").symlink_to(ROOT / "node_modules")
    ours = [str(ROOT / "codegen"), sysconfig.get_path("purelib")]
    next(environment.glob("lib/python3*/site-packages")).joinpath("ours.pth").write_text("\n".join(ours))
    return environment / "bin/python"


@pytest.mark.parametrize("name", ["test", "tests"])
def test_what_the_tests_declare_is_installed_for_webassembly_by_the_first_run(
    name: str, shop: pytest.Pytester, fresh_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = shop.mkdir("wheels")
    put_wheel(
        wheels, "tested_with", ["only_inside; sys_platform == 'emscripten'", "nowhere; os_name == 'nt'"]
    )
    put_wheel(wheels, "only_inside", ["for_threads; sys_platform != 'emscripten'"])
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    group = f'{name} = ["tested_with>=1", "uvloop; sys_platform != \'emscripten\'"]\n'
    shop.makefile(".toml", pyproject=f"{CONFIGURATION}\n[dependency-groups]\n{group}")
    shop.makepyfile("import only_inside, shop, tested_with\ndef test_a(): assert shop.world() == 'wasm'")
    command = [fresh_environment, "-m", "pytest", "--profilec", "wasm"]

    first = shop.run(*command)
    wheels.rename(shop.path / "gone")
    second = shop.run(*command)

    first.assert_outcomes(passed=1)
    assert "profilec: installing tested_with>=1 for pyemscripten_" in first.stderr.str()
    second.assert_outcomes(passed=1)
    assert second.stderr.str() == ""


def test_what_the_plugin_imports_is_installed_for_a_project_that_requires_nothing(
    shop: pytest.Pytester, fresh_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in fresh_environment.parents[1].glob("wasm/lib/msgspec*"):
        shutil.rmtree(folder)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(ROOT / ".venv/wheels"))
    shop.makepyfile("import shop\ndef test_a(): assert shop.world() == 'wasm'")

    run = shop.run(fresh_environment, "-m", "pytest", "--profilec", "wasm")

    run.assert_outcomes(passed=1)
    assert "profilec: installing msgspec>=0.20 for pyemscripten_" in run.stderr.str()


def test_a_package_that_cannot_be_had_for_webassembly_is_named_in_what_pip_says(
    shop: pytest.Pytester, fresh_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    shop.makefile(".toml", pyproject=CONFIGURATION + '\n[dependency-groups]\ntest = ["nowhere-to-be-had"]\n')

    run = shop.run(fresh_environment, "-m", "pytest", "--profilec", "wasm")

    assert run.ret == 4
    assert "ERROR: profilec: pip failed with status 1:" in said(run)
    assert "No matching distribution found for nowhere-to-be-had" in said(run)
    assert "what cannot be there needs a marker" in said(run)
    assert "Traceback" not in said(run)


def put_wheel(folder: Path, name: str, requirements: list[str]) -> None:
    """Write a pure wheel of one empty module."""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    metadata += "".join(f"Requires-Dist: {requirement}\n" for requirement in requirements)
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{name}-1.0.dist-info/METADATA", metadata)
        wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")
