"""The compiler as a library."""

import sys
from pathlib import Path

import libcst as cst
import pytest
from case_files import CONFIGURATION, FLAGS

import profilec
from profilec.config import Config, load_config

SOURCE = """\
from shop._profile import THREADS

if THREADS:
    mode = "threads"
else:
    mode = "loop"
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/_profile.py").write_text(FLAGS)
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION)
    return load_config(tmp_path)


def test_a_text_is_compiled_for_one_profile(config: Config) -> None:
    assert profilec.compile_source(SOURCE, "native", config) == 'mode = "threads"\n'
    assert profilec.compile_source(SOURCE, "wasm", config) == 'mode = "loop"\n'


def test_a_text_without_annotations_stays_as_it_is(config: Config) -> None:
    text = "x  =  1 ;  y=2\r\n\t\n"
    assert profilec.compile_source(text, "wasm", config) == text


def test_a_text_of_other_profiles_becomes_empty(config: Config) -> None:
    assert profilec.compile_source("# profilec: only THREADS\nx = 1\n", "wasm", config) == ""


def test_faults_are_raised_with_their_findings(config: Config) -> None:
    with pytest.raises(profilec.CompileError, match="line 2: unknown flag `THREDS`") as raised:
        profilec.compile_source("from shop import _profile as p\nx = 1 if p.THREDS else 2\n", "wasm", config)
    assert [finding.code for finding in raised.value.findings] == ["PC101"]


def test_a_name_that_is_lost_is_one_fault_with_all_lines_that_read_it(config: Config) -> None:
    text = SOURCE.partition("else:")[0] + "print(mode)\nprint(mode, mode)\nprint(mode)\n"
    with pytest.raises(profilec.CompileError) as raised:
        profilec.compile_source(text, "wasm", config)
    (finding,) = raised.value.findings
    assert (finding.code, finding.line) == ("PC302", 5)
    assert (finding.notes, finding.also) == (("line 4 binds it",), (6, 7))


def test_the_lines_that_a_profile_keeps(config: Config) -> None:
    module = cst.parse_module(SOURCE)
    assert profilec.active(module, "native", config) == {4}
    assert profilec.active(module, "wasm", config) == {6}
    assert profilec.active(cst.parse_module("x = 1\n\ny = 2\n"), "wasm", config) == {1, 2, 3}


def test_only_what_ends_a_line_for_python_counts(config: Config) -> None:
    module = cst.parse_module("x = '\x0c\u2028'\r\n\x0c\ny = 1")
    assert profilec.active(module, "wasm", config) == {1, 2, 3}


@pytest.mark.parametrize("codec", ["shift_jis", "latin-1", "utf-8"])
def test_a_text_may_name_an_encoding(codec: str, config: Config) -> None:
    text = f"# coding: {codec}\nx = 'い'\n"
    assert profilec.compile_source(text, "wasm", config) == text


def test_a_changed_text_may_name_an_encoding(config: Config) -> None:
    text = f"# coding: shift_jis\n{SOURCE}place = 'い'\n"
    assert profilec.compile_source(text, "wasm", config).endswith("\nplace = 'い'\n")


def test_what_no_file_can_hold_is_a_fault_of_the_text(config: Config) -> None:
    with pytest.raises(profilec.CompileError):
        profilec.compile_source(f"{SOURCE}x = '\ud800'\n", "wasm", config)


def test_the_module_of_flags_may_be_a_package(config: Config) -> None:
    module = config.package_folder / "_profile.py"
    (config.package_folder / "_profile").mkdir()
    module.rename(config.package_folder / "_profile/__init__.py")
    assert profilec.compile_source(SOURCE, "wasm", config) == 'mode = "loop"\n'


def test_the_project_is_the_one_around_the_working_directory(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(config.root)
    assert profilec.active(cst.parse_module(SOURCE), "wasm") == {6}


def test_compiling_neither_imports_nor_executes_the_source(config: Config) -> None:
    profilec.compile_source("import this_is_never_imported\nraise SystemExit\n", "wasm", config)
    assert "this_is_never_imported" not in sys.modules


def test_lines_that_end_with_a_lone_carriage_return_are_refused(config: Config) -> None:
    with pytest.raises(profilec.CompileError) as raised:
        profilec.compile_source(SOURCE.replace("\n", "\r"), "wasm", config)
    assert [(finding.code, finding.line) for finding in raised.value.findings] == [("PC605", 1)]
