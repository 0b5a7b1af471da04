"""Two results prove one suite only if they are there, name their platforms and hold the same tests."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def result(path: Path, platform: str, *tests: str) -> Path:
    cases = ""
    for test in tests:
        identity, _, outcome = test.partition(" ")
        module, _, name = identity.partition("::")
        cases += f'<testcase classname="tests.{module}" name="{name}">{outcome}</testcase>'
    properties = f'<properties><property name="platform" value="{platform}"/></properties>'
    path.write_text(f"<testsuites><testsuite>{properties}{cases}</testsuite></testsuites>")
    return path


def compare(native: Path, wasm: Path) -> tuple[int, str]:
    command: list[str | Path] = [sys.executable, ROOT / "tools/compare_junit.py", native, wasm]
    run = subprocess.run(command, capture_output=True, text=True)
    return run.returncode, (run.stdout + run.stderr).replace(str(native.parent), "")


@pytest.fixture
def native(tmp_path: Path) -> Path:
    return result(
        tmp_path / "native.xml", "linux", "kernel.test_a::one", "kernel.test_a::two", "native.test_b::three"
    )


def test_the_same_tests_on_both_platforms_are_accepted_whatever_else_each_world_ran(
    native: Path, tmp_path: Path
) -> None:
    wasm = result(
        tmp_path / "wasm.xml", "emscripten", "kernel.test_a::two", "kernel.test_a::one", "wasm.test_c::four"
    )

    assert compare(native, wasm) == (0, "tests.kernel: the same 2 tests passed on linux and emscripten\n")


@pytest.mark.parametrize(
    ("platform", "tests", "complaint"),
    [
        ("emscripten", ["kernel.test_a::one"], "wasm: not run: tests.kernel.test_a::two"),
        (
            "emscripten",
            ["kernel.test_a::one", "kernel.test_a::two", "kernel.test_a::new"],
            "native: not run: tests.kernel.test_a::new",
        ),
        (
            "emscripten",
            ["kernel.test_a::one", "kernel.test_a::two <skipped/>"],
            "wasm: failed or skipped: tests.kernel.test_a::two",
        ),
        (
            "emscripten",
            ["kernel.test_a::one", "kernel.test_a::two <failure/>"],
            "wasm: failed or skipped: tests.kernel.test_a::two",
        ),
        (
            "linux",
            ["kernel.test_a::one", "kernel.test_a::two"],
            "the wasm result names linux as its platform, not emscripten",
        ),
    ],
)
def test_a_difference_is_refused_and_named(
    native: Path, tmp_path: Path, platform: str, tests: list[str], complaint: str
) -> None:
    wasm = result(tmp_path / "wasm.xml", platform, *tests)

    assert compare(native, wasm) == (1, f"{complaint}\n")


@pytest.mark.parametrize("content", [None, "", "<testsuites><testsuite>"])
def test_a_result_that_is_missing_or_cut_short_is_refused(
    native: Path, tmp_path: Path, content: str | None
) -> None:
    wasm = tmp_path / "wasm.xml"
    if content is not None:
        wasm.write_text(content)

    status, said = compare(native, wasm)

    assert status == 1
    assert said.startswith("/wasm.xml: the suite left no readable result")


def test_results_without_a_single_test_are_refused(tmp_path: Path) -> None:
    native, wasm = result(tmp_path / "native.xml", "linux"), result(tmp_path / "wasm.xml", "emscripten")

    assert compare(native, wasm) == (1, "the native result holds no test of tests.kernel\n")
