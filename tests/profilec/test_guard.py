"""The guard of a package: where it stands, and whom it lets pass."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from two_worlds import HEAD, TWO_WORLDS, Configured, unchanged

from profilec.answers import Answers
from profilec.config import Config, Profile
from profilec.emit.guard import add_guard
from profilec.emit.package import render_package
from profilec.tree import EmittedFile, Tree


def guarded(text: str, tmp_path: Path, marker: str = "sys_platform == 'emscripten'") -> EmittedFile:
    wasm = Profile("wasm", marker=marker)
    config = Config(tmp_path, "shop", {"native": Profile("native"), "wasm": wasm})
    return add_guard(unchanged(text), wasm, config, "web-shop", Answers())


GUARD = """import sys as _sys

if _sys.platform != "emscripten":
    raise ImportError(
        "this is the wasm build of shop, for sys_platform == 'emscripten'; "
        "install the native build here instead: pip install --force-reinstall web-shop"
    )
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ('"""A shop."""\n', ""),
        ('"""A shop."""\n\nfrom __future__ import annotations\n', "\nimport os\n"),
        ("# Copyright.\n", "\nimport os\n"),
        ("# Copyright.\n\n", "# About os.\nimport os\n"),
        ("#!/usr/bin/python\n# coding: utf-8\n", "import os\n"),
        ("", "import os\n"),
        ('"""A\nshop."""\n', "\n\nclass A:\n    pass\n"),
    ],
)
def test_the_guard_stands_before_everything_but_docstring_and_future(
    before: str, after: str, tmp_path: Path
) -> None:
    file = guarded(before + after, tmp_path)
    text = file.data.decode()
    assert GUARD in text
    assert text.startswith(before)
    start = text.index(GUARD)
    assert text[:start].strip() == before.strip()
    assert text[start + len(GUARD) :].strip() == after.strip()
    ast.parse(text)
    lines, source = text.split("\n"), (before + after).split("\n")
    for number, line in enumerate(lines[:-1], 1):
        origin = file.source_line(number)
        assert line == source[origin - 1] if origin else line in ("", *GUARD.split("\n"))


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffimport os\n",
        "\ufeff# Copyright.\n\nimport os\n",
        '"""A\nshop."""\n\ndef f():\n    return 1\n\n\ndef g():\r\n    return 2\r\n',
        '"""A\rshop."""\r\rimport os\r',
        "# Copyright.\r\n\r\nx = 1\r\n\nclass A:\n    pass",
    ],
)
def test_the_guard_stands_there_whatever_ends_the_lines_of_a_file(text: str, tmp_path: Path) -> None:
    file = guarded(text, tmp_path)
    emitted = file.data.decode().lstrip("\ufeff")
    header = [isinstance(node, ast.Expr) for node in ast.parse(emitted).body]
    assert ast.unparse(ast.parse(emitted).body[header.count(True)]) == "import sys as _sys"
    assert file.data.startswith(text[:1].encode())
    source = text.lstrip("\ufeff").splitlines()
    for number, line in enumerate(emitted.splitlines(), 1):
        origin = file.source_line(number)
        assert origin in (None, 0) or source[origin - 1] == line
    assert emitted.endswith(source[-1] + text[len(text.rstrip("\r\n")) :])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import sys\n", ""),
        ('"""A shop."""\n\nimport sys\n', "\nfrom shop import cart\n"),
        ("# Copyright.\n\nimport os, sys  # both\n", "from shop import cart\n"),
        ("import os\n\n# Where are we?\nimport sys\n", "# The cart.\nfrom shop import cart\n"),
    ],
)
def test_the_guard_imports_nothing_that_its_file_has_imported_above(
    before: str, after: str, tmp_path: Path
) -> None:
    text = guarded(before + after, tmp_path).data.decode()
    guard = GUARD.removeprefix("import sys as _sys\n\n").replace("_sys.", "sys.")
    assert text == f"{before}\n{guard}" + (f"\n{after.lstrip()}" if after else "")


@pytest.mark.parametrize(
    "text", ["import os\nimport json\nimport sys\n", "import sys; import js\n", "import sys as s\n"]
)
def test_the_guard_stands_before_imports_of_anything_else(text: str, tmp_path: Path) -> None:
    assert guarded(text, tmp_path).data.decode() == f"{GUARD}\n{text}"


def test_the_guard_imports_what_of_its_modules_is_not_imported_yet(tmp_path: Path) -> None:
    marker = "sys_platform == 'emscripten' and os_name == 'posix'"
    text = guarded("import sys\n", tmp_path, marker).data.decode()
    assert text.startswith("import sys\n\nimport os as _os\n\nif sys.platform != ")
    ast.parse(text)


@pytest.mark.parametrize(
    "code", ["x = t'{y}'\n", "type P[T = int] = T\n", "try:\n    x\nexcept A, B:\n    y\n"]
)
def test_the_guard_stands_at_one_place_whichever_python_runs(code: str, tmp_path: Path) -> None:
    before = '"""A shop."""\n\nfrom __future__ import annotations\n'
    for head, rest in ((before, code), (before, "x = 1\n" + code), ("# Copyright.\n", code)):
        plain, newer = (guarded(head + text, tmp_path).data.decode() for text in ("x = 1\n", rest))
        assert newer.split(GUARD)[0] == plain.split(GUARD)[0]
        assert newer.split(GUARD)[1].strip() == rest.strip()


def test_the_guard_takes_the_newlines_of_its_file(tmp_path: Path) -> None:
    file = guarded('"""A shop."""\r\n\r\nimport os\r\n', tmp_path)
    assert b"\n" not in file.data.replace(b"\r\n", b"")


def test_a_profile_without_a_marker_has_no_guard(tmp_path: Path) -> None:
    file = unchanged("import os\n")
    native = Profile("native")
    assert add_guard(file, native, Config(tmp_path, "shop", {"native": native}), "shop", Answers()) is file


def test_the_guard_refuses_the_other_world_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_bytes(guarded("import os\n", tmp_path).data)
    ran = subprocess.run([sys.executable, "-c", "import shop"], cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1] == (
        "ImportError: this is the wasm build of shop, for sys_platform == 'emscripten'; "
        "install the native build here instead: pip install --force-reinstall web-shop"
    )


def test_every_package_of_a_namespace_has_the_guard(configured: Configured) -> None:
    config = configured(HEAD + TWO_WORLDS).config
    paths = ("shop/till/__init__.py", "shop/till/cash/__init__.py", "shop/far/off/__init__.py", "shop/a.py")
    tree = Tree("native", {path: unchanged("", path) for path in paths})
    written = render_package(tree, config, Answers()).files
    guarded = [path for path in paths if b"this is the native build of shop" in written[path]]
    assert guarded == ["shop/till/__init__.py", "shop/far/off/__init__.py"]


def test_the_guard_lets_its_own_world_pass(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    marker = "sys_platform != 'emscripten' and python_version >= '3.8'"
    (tmp_path / "shop" / "__init__.py").write_bytes(guarded("import os\n", tmp_path, marker).data)
    subprocess.run([sys.executable, "-W", "error", "-c", "import shop"], cwd=tmp_path, check=True)


def test_a_guard_advises_no_build_of_the_same_marker(tmp_path: Path) -> None:
    wasm, small = (Profile(name, marker="sys_platform == 'emscripten'") for name in ("wasm", "small"))
    config = Config(tmp_path, "shop", {"native": Profile("native"), "wasm": wasm, "small": small})
    text = add_guard(unchanged(""), wasm, config, "web-shop", Answers()).data.decode()
    assert "install the native build here instead" in text


def test_a_guard_names_the_tag_of_the_wheel_that_belongs_here(configured: Configured) -> None:
    config = configured(HEAD + TWO_WORLDS).config
    file = add_guard(unchanged(""), config.profiles["native"], config, "web-shop", Answers())
    assert b'here instead: web-shop with the tag py3-none-pyemscripten_2026_0_wasm32"' in file.data
