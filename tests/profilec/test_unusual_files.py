"""Files that a reader stumbles over: other line ends, encodings, blanks, depths and sizes than most."""

import ast
import os
import subprocess
import sys
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profilec_project import Project

from profilec.prove.names.modules import is_grammatical

DEEP = "".join(f"{' ' * depth}if x{depth}:\n" for depth in range(90)) + " " * 90 + "x = 1\n"

UNTOUCHED: dict[str, bytes] = {
    "carriage returns": b"x = 1\r\n\r\nif x:\r\n    y = 2\r\n",
    "old carriage returns": b"x = 1\ry = 2\r",
    "mixed line ends": b'x = 1\r\ny = """a\nb\r\n"""\nz = 3\r\n',
    "a byte order mark": b"\xef\xbb\xbfx = 1\n",
    "a byte order mark and a cookie": b"\xef\xbb\xbf# coding: utf-8\nx = 1\n",
    "a cookie for latin-1": b"# -*- coding: latin-1 -*-\nname = '\xe9t\xe9'\n",
    "a cookie in the second line": b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nprice = '\x80'\n",
    "form feeds": b"x = 1\n\f\ndef f():\n    pass\n\f\n\f    # after\n",
    "tabs": b"if x:\n\ty = 1\n\tif y:\n\t\tz = 2\n",
    "no last newline": b"x = 1\ny = 2",
    "blanks at the end": b"x = 1   \n\n   \n\t",
    "continued lines": b"x = 1 + \\\n    2\nif x and \\\n   y: pass\n",
    "nothing": b"",
    "only a comment": b"# nothing",
    "only a newline": b"\r\n",
    "blanks before colons": b"try :\n    pass\nexcept  (A , B)  as e :\n    pass\nfinally :\n    pass\n",
    "deep blocks": DEEP.encode(),
    "a long chain": b"x = " + b" + ".join([b"1"] * 500) + b"\n",
    "strings of every kind": b"a = rb'\\x' b'y'; b = f'{a!r:>{width}} {{}}'; c = '''\n''' \"\\\n\"\n",
    "names in other scripts": "größe = 1\nπ = größe\n变量 = π\n".encode(),
    "semicolons": b"x = 1; y = 2;\nif x: y = 3; z = 4\n",
    "async and match as names": b"match = 1\ncase = match\ntype = case\n_ = type\nprint(match, case, type)\n",
    "template strings of Python 3.14": b"name = 'x'\ny = t'{name!r:>{width}}'\n",
    "exceptions without parentheses of Python 3.14": b"try:\n    pass\nexcept A, B:\n    pass\n",
    "parameters of types of Python 3.13": b"def f[T = int](x: T) -> T: ...\ntype P[**Q = [int]] = Q\n",
}


def test_unusual_files_without_annotations_come_out_byte_for_byte(project: Project) -> None:
    files = {f"src/shop/unusual_{number}.py": content for number, content in enumerate(UNTOUCHED.values())}
    project.write({**files, "src/shop/table.bin": bytes(range(256)), "src/shop/empty.txt": b""})
    ran = project.run("build", "--json")
    assert [finding["code"] for finding in ran.json["findings"]] == ["PC106"], ran.out
    for profile in ("native", "wasm"):
        built = project.files(f"build/{profile}/shop")
        for (path, content), name in zip(files.items(), UNTOUCHED, strict=True):
            assert built[path.removeprefix("src/shop/")] == content, f"{name}, {profile}"
        assert built["table.bin"] == bytes(range(256))


BROKEN = (
    b"(", b"\"\"\"", b"x = \\", b"x = '\xff'\n", b"  x = 1\n", b"x = 1\0", b"f'{'", b"x = 09",
    b"if x:\n\ty\n        z\n", b"# coding: klingon\n", b"# coding: ascii\nx = '\xff'\n",
    b"from __future__ import _\n", b"nonlocal x\n", b"return\n",
)  # fmt: skip


def has_a_tree(data: bytes) -> bool:
    """Whether the standard library's parser reads a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            ast.parse(data)
        except (SyntaxError, ValueError):
            return False
    return True


@given(
    st.sampled_from([*UNTOUCHED.values(), *BROKEN]),
    st.sampled_from([*UNTOUCHED.values(), *BROKEN, b""]),
    st.integers(0, 40),
)
def test_what_is_grammatical_is_what_has_a_syntax_tree(first: bytes, second: bytes, length: int) -> None:
    for data in (first, first + second, first[:length] + second):
        if is_grammatical(None, data) != has_a_tree(data):
            # The compiler is asked instead where a cookie may stand, and rejects more.
            assert b"coding" in data
            assert any(word in data for word in (b"nonlocal", b"return", b"import _"))


def test_a_literal_of_five_megabytes_comes_out_byte_for_byte(project: Project) -> None:
    content = b"DATA = '" + b"x" * 5_000_000 + b"'\n"
    project.write({"src/shop/data.py": content})
    assert project.run("build").code == 0
    assert project.files("build/wasm")["shop/data.py"] == content


def test_a_literal_of_five_megabytes_may_stand_beside_a_flag(project: Project) -> None:
    head, data = b"from shop._profile import THREADS\n\n", b"DATA = '" + b"x" * 5_000_000 + b"'\n"
    project.write({"src/shop/data.py": head + b"if THREADS:\n    a = 1\nelse:\n    a = 2\n" + data})
    assert project.run("build").code == 0
    assert project.files("build/wasm")["shop/data.py"] == b"a = 2\n" + data


HEAD = b"from shop._profile import THREADS\n"
CHANGED: dict[str, tuple[bytes, bytes]] = {
    "carriage returns": (
        b"if THREADS:\r\n    a = 1\r\nelse:\r\n    # two\r\n    a = 2\r\n\r\n\r\nb = 3\r\n",
        b"# two\r\na = 2\r\n\r\n\r\nb = 3\r\n",
    ),
    "an emptied suite between carriage returns": (
        b"def f():\r\n    if THREADS:\r\n        g()\r\n",
        b"def f():\r\n    pass\r\n",
    ),
    "tabs": (b"if x:\n\tif not THREADS:\n\t\ty = 1\n\t\tz = 2\n", b"if x:\n\ty = 1\n\tz = 2\n"),
    "form feeds": (
        b"a = 1\n\f\nif not THREADS:\n    x = 1\n\f\ny = 2\n",
        b"a = 1\n\f\nx = 1\n\f\ny = 2\n",
    ),
    "no last newline": (b"x = 1\nif not THREADS:\n    y = 2", b"x = 1\ny = 2"),
    "no last newline, and nothing to keep there": (b"x = 1\nif THREADS:\n    y = 2", b"x = 1\n"),
    "lines of a string": (
        b'if not THREADS:\n    x = """\n    a\n  b"""\n    y = 2\n',
        b'x = """\n    a\n  b"""\ny = 2\n',
    ),
    "continued lines": (
        b"if not THREADS:\n    x = 1 + \\\n      2\n    y = (1,\n  2)\n",
        b"x = 1 + \\\n  2\ny = (1,\n2)\n",
    ),
    "blanks before a colon": (
        b"try :\n    x = 1\nexcept  A :\n    if not THREADS :\n        y = 2\n",
        b"try :\n    x = 1\nexcept  A :\n    y = 2\n",
    ),
    "a comment that would name the encoding": (
        b"if THREADS:\n    x = 1\n# encoding=None is meant here\ny = '\xc3\xa9'\n",
        b"# coding: utf-8\n# encoding=None is meant here\ny = '\xc3\xa9'\n",
    ),
    "carriage returns before such a comment": (
        b"if THREADS:\r\n    x = 1\r\n\r\n# coding: latin-1\r\ny = '\xc3\xa9'\r\n",
        b"# coding: utf-8\r\n# coding: latin-1\r\ny = '\xc3\xa9'\r\n",
    ),
    "letters of several bytes": (
        "größe = '✓'\nif not THREADS:\n    π = '𝄞'\nx = 'é'\n".encode(),
        "größe = '✓'\nπ = '𝄞'\nx = 'é'\n".encode(),
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_what_surrounds_an_annotation_is_kept_as_it_is(name: str, project: Project) -> None:
    before, after = CHANGED[name]
    newline = b"\r\n" if b"\r\n" in before else b"\n"
    project.write({"src/shop/_a.py": HEAD.replace(b"\n", newline) + before})
    ran = project.run("build", "--json")
    assert ran.code == 0, ran.out
    assert project.files("build/wasm")["shop/_a.py"] == after


def test_the_line_for_the_shell_stays_the_first(project: Project) -> None:
    head = b"#!/usr/bin/python3\n"
    project.write(
        {"src/shop/_a.py": head + HEAD + b"if THREADS:\n    x = 1\n# coding: latin-1\ny = '\xc3\xa9'\n"}
    )
    assert project.run("build").code == 0
    built = project.files("build/wasm")["shop/_a.py"]
    assert built == head + b"# coding: utf-8\n# coding: latin-1\ny = '\xc3\xa9'\n"
    assert project.run("build", "--keep-lines").code == 0
    assert project.files("build/wasm")["shop/_a.py"] == (
        head + b"# coding: utf-8\n\n\n# coding: latin-1\ny = '\xc3\xa9'\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbf" + HEAD + b"if not THREADS:\n    x = 1\n", b"\xef\xbb\xbfx = 1\n"),
        (
            b"# coding: latin-1\n" + HEAD + b"if not THREADS:\n    x = '\xe9'\ny = '\xff'\n",
            b"# coding: latin-1\nx = '\xe9'\ny = '\xff'\n",
        ),
    ],
    ids=["byte order mark", "latin-1"],
)
def test_a_changed_file_keeps_its_encoding(before: bytes, after: bytes, project: Project) -> None:
    project.write({"src/shop/_a.py": before})
    assert project.run("build").code == 0
    assert project.files("build/wasm")["shop/_a.py"] == after


REFUSED: dict[str, tuple[bytes, str]] = {
    "a statement of an older Python": (b'print "hello"\n', "PC601"),
    "an octal number of an older Python": (b"mode = 0644\n", "PC601"),
    "a name that is none": ("x = 1\n€ = 2\n".encode(), "PC601"),
    "a null character in a text": (b"x = 1\ny = 'a\0'\n", "PC601"),
    "a null character in a comment": (b"x = 1\n# \0\n", "PC601"),
    "an encoding that is none": (b"# coding: no-such-codec\nx = 1\n", "PC602"),
    "bytes that are not UTF-8": (b"x = '\xe9'\n", "PC602"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_parser_reads_is_refused_or_copied_where_the_configuration_says_so(
    name: str, project: Project
) -> None:
    content, code = REFUSED[name]
    project.write({"src/shop/data/old.py": content})
    ran = project.run("build", "--json")
    assert (ran.code, [found["code"] for found in ran.json["findings"] if found["code"] != "PC106"]) == (
        1,
        [code],
    )
    assert project.files() == {}
    told = project.read("pyproject.toml").replace(
        "[tool.profilec]", '[tool.profilec]\ncopy = ["shop/data/**"]'
    )
    project.write({"pyproject.toml": told})
    assert project.run("build").code == 0
    assert project.files("build/native")["shop/data/old.py"] == content


def test_what_editors_keep_beside_an_open_file_is_no_part_of_the_package(project: Project) -> None:
    kept = [".a.py.swp", "a.py~", "#a.py#"]
    project.write({"src/shop/a.py": "x = 1\n", **{f"src/shop/{name}": "x = (\n" for name in kept}})
    (project.root / "src/shop/.#a.py").symlink_to("somebody@somewhere.1:2")
    assert project.run("build", "--json").codes == ["PC106"]
    assert project.files("build/native/shop").keys() == {"__init__.py", "a.py"}


def test_a_null_character_is_shown_where_it_is(project: Project) -> None:
    project.write({"src/shop/a.py": b"x = 1\ny = 'a\0'\n"})
    found = {finding["code"]: finding for finding in project.run("check", "--json").json["findings"]}
    assert [found["PC601"][part] for part in ("line", "column", "end_column")] == [2, 7, 8]


def test_code_that_nests_too_deeply_for_a_parser_is_one_finding(project: Project) -> None:
    nested = b"x = " + b"(" * 4000 + b"1" + b")" * 4000 + b"\nif THREADS:\n    y = 1\n"
    project.write({"src/shop/_a.py": HEAD + nested})
    ran = project.run("build", "--json")
    assert "PC603" in ran.codes
    assert {found["path"] for found in ran.json["findings"]} <= {"src/shop/_a.py", "src/shop/_profile.py"}
    assert project.files() == {}


def test_what_is_no_file_is_refused_and_not_waited_for(project: Project) -> None:
    os.mkfifo(project.root / "src/shop/pipe.py")
    (project.root / "src/shop/link.py").symlink_to("pipe.py")
    (project.root / "src/shop/circle.py").symlink_to("circle.py")
    (project.root / "src/shop/shared").symlink_to(project.root)
    ran = project.run("check", "--json")
    refused = [finding for finding in ran.json["findings"] if finding["code"] == "PC611"]
    assert [(finding["path"], finding["message"]) for finding in refused] == [
        ("src/shop/circle.py", "the link leads to nothing that can be read"),
        ("src/shop/link.py", "the link leads to nothing that can be read"),
        ("src/shop/pipe.py", "this is no file but a pipe, a socket or a device"),
        ("src/shop/shared", "the link leads to a folder"),
    ]


def test_an_annotated_file_with_lone_carriage_returns_is_refused(project: Project) -> None:
    text = b"from shop._profile import THREADS\r\nif THREADS:\r    x = 1\n\r\ndef f():\r    y = 2\r    y\r"
    project.write({"src/shop/a.py": text})
    assert "PC605" in project.run("check", "--json").codes


def test_what_can_be_run_as_a_program_can_be_so_in_a_tree(project: Project) -> None:
    script = project.root / "src/shop/bin/run.sh"
    project.write({"src/shop/bin/run.sh": "#!/bin/sh\n", "src/shop/data.txt": "x\n"})
    emitted = project.root / "build/wasm/shop"
    for mode, is_program in ((0o755, True), (0o644, False), (0o744, True)):
        script.chmod(mode)
        assert project.run("build").code == 0
        assert bool((emitted / "bin/run.sh").stat().st_mode & 0o100) is is_program
        assert not (emitted / "data.txt").stat().st_mode & 0o111


def test_a_name_that_the_locale_cannot_read_is_refused_with_what_to_set(project: Project) -> None:
    project.write({"src/shop/größe.py": "x = 1\n"})
    assert project.run("build").code == 0
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "profilec.cli", "build", "-C", str(project.root)]
    refused = subprocess.run(
        command, env=os.environ | ascii_only, capture_output=True, text=True, check=False
    )
    assert (refused.returncode, refused.stderr) == (1, "")
    assert "PC611 the name of the file is not Unicode" in refused.stdout
    assert "set PYTHONUTF8=1" in refused.stdout
