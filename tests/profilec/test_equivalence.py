"""Random annotated programs: the emitted one does what the un-compiled one does as that profile."""

import re

import libcst as cst
import pytest
from case_files import CONFIGURATION, FLAGS
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import ProgramWriter

from profilec import CompileError, compile_source
from profilec.config import Config, load_config

VALUES = {
    "native": {"NATIVE": True, "WASM": False, "THREADS": True, "SPILL_FS": True},
    "wasm": {"NATIVE": False, "WASM": True, "THREADS": False, "SPILL_FS": False},
}
IMPORT = "from shop._profile import NATIVE, SPILL_FS, THREADS, WASM\n\n"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("project")
    (folder / "shop").mkdir()
    (folder / "shop/_profile.py").write_text(FLAGS)
    (folder / "pyproject.toml").write_text(CONFIGURATION)
    return load_config(folder)


@st.composite
def programs(draw: st.DrawFn) -> str:
    return ProgramWriter(lambda below: draw(st.integers(0, below - 1))).program()


def _compiled(program: str, profile: str, config: Config) -> str | None:
    """Compile a program, or return None where it is refused for what removal would change."""
    try:
        return compile_source(IMPORT + program, profile, config)
    except CompileError as error:
        if all(finding.code in ("PC104", "PC302") for finding in error.findings):
            return None
        raise


def _run(text: str, values: dict[str, bool], x: int, y: int) -> list[object]:
    said: list[object] = []

    def log(*values: object) -> int:
        said.append(values)
        if len(said) > 200:
            raise ValueError("too long")
        return len(said) % 3

    scope: dict[str, object] = {**values, "log": log}
    exec(text, scope)
    try:
        said.append(scope["program"](x, y, None))  # type: ignore[operator]  # exec gives objects
    except (ValueError, AssertionError, TypeError, UnboundLocalError) as error:
        said.append(repr(error))
    return said


@settings(max_examples=400, deadline=None)
@given(programs(), st.integers(0, 2), st.integers(0, 2))
def test_an_emitted_program_does_what_the_source_does(config: Config, program: str, x: int, y: int) -> None:
    for profile, values in VALUES.items():
        emitted = _compiled(program, profile, config)
        if emitted is None:
            continue
        cst.parse_module(emitted)
        assert not re.search(r"\b(NATIVE|WASM|THREADS|SPILL_FS)\b", emitted)
        assert _run(emitted, {}, x, y) == _run(program, values, x, y)
        assert compile_source(emitted, profile, config) == emitted
