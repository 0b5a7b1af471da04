"""Black formats what changed, as the project says, and the map follows."""

import pytest
from msgspec.structs import replace
from profilec_project import Project
from two_worlds import HEAD, TWO_WORLDS, Configured, unchanged

from profilec.answers import Answers
from profilec.emit.formatting import FormatError, carry_over, format_file
from profilec.emit.package import EmitError, render_package
from profilec.tree import EmittedFile, Tree


def changed(text: str) -> EmittedFile:
    return EmittedFile("shop/a.py", text.encode(), True, tuple(range(1, text.count("\n") + 2)))


def test_black_formats_and_the_map_follows() -> None:
    file = format_file(changed('def f( a,\n  b ):\n    return { "x":a,\n      "y" : b }\n\n\n\n\nx=1\n'), {})
    assert file.data == b'def f(a, b):\n    return {"x": a, "y": b}\n\n\nx = 1\n'
    assert [file.source_line(line) for line in (1, 2, 5)] == [1, 3, 9]


def test_black_takes_the_options_of_the_project() -> None:
    file = format_file(changed("x = 'a' + 'b'\n"), {"line-length": 10, "skip-string-normalization": True})
    assert b"'a'" in file.data
    assert file.data.count(b"\n") > 1


@pytest.mark.parametrize(
    "options",
    [
        'line_length = 20\nskip_string_normalization = true\ntarget_version = ["py39"]',
        'line-length = 20\nskip-string-normalization = true\ntarget-version = ["py39"]',
    ],
)
def test_black_takes_its_keys_with_hyphens_and_with_underscores(configured: Configured, options: str) -> None:
    config = configured(f'{HEAD}format = "black"\n{TWO_WORLDS}[tool.black]\n{options}\n').config
    file = format_file(changed("with first_one('a'), second_one('b'): pass\n"), config.black)
    assert file.data == b"with (\n    first_one('a'),\n    second_one('b'),\n):\n    pass\n"


def test_black_learns_the_versions_of_python_from_the_project(configured: Configured) -> None:
    text = '[project]\nname = "shop"\nrequires-python = ">=3.9"\n' + HEAD + 'format = "black"\n' + TWO_WORLDS
    config = configured(text + "[tool.black]\nline-length = 20\n").config
    file = format_file(changed("with first_one(1), second_one(2): pass\n"), config.black)
    assert file.data.startswith(b"with (\n")


def test_black_takes_what_it_has_on_trial_and_what_it_does_not_know_tells_it_nothing() -> None:
    text = 'x = "aaaaaaaaaaaaaaa bbbbbbbbbbbbb"\n'
    tried = {
        "line-length": 20,
        "preview": True,
        "enable-unstable-feature": ["string_processing", "yet_to_come"],
    }
    for options in (tried, {"line-length": 20, "unstable": True}):
        assert format_file(changed(text), options).data.count(b"\n") > 1
    assert format_file(changed(text), {"line-length": 20, "preview": True}).data == text.encode()


def test_black_writes_a_stub_file_as_one() -> None:
    text = "class A: ...\ndef run(a:int)->int: ...\ndef stop()->None: ...\n"
    file = replace(changed(text), path="shop/a.pyi")
    assert format_file(file, {}).data.decode() == (
        "class A: ...\n\ndef run(a: int) -> int: ...\ndef stop() -> None: ...\n"
    )


def test_a_version_of_python_that_black_does_not_know_yet_tells_it_nothing() -> None:
    assert format_file(changed("x  = 1\n"), {"target-version": ["py312", "py399"]}).data == b"x = 1\n"


def test_a_file_that_black_refuses_is_an_error_of_its_own() -> None:
    with pytest.raises(FormatError):
        format_file(changed("x = (\n"), {})


def test_a_split_line_keeps_its_origin() -> None:
    assert carry_over("a = f(b, c)\nd\n", (7, 9), "a = f(\n    b,\n    c,\n)\nd\n") == (7, 7, 7, 7, 9)


def test_only_changed_files_are_formatted(configured: Configured) -> None:
    config = configured(
        HEAD.replace("\n", '\nformat = "black"\n', 1) + "[tool.profilec.profiles.native]\n"
    ).config
    files = {"shop/a.py": changed("x=1\n"), "shop/b.py": unchanged("y=1\n", "shop/b.py")}
    emitted = render_package(Tree("native", files), config, Answers())
    assert emitted.files["shop/a.py"] == b"x = 1\n"
    assert emitted.files["shop/b.py"] == b"y=1\n"


SHORTER = """
from shop._profile import THREADS
from os import (
    path,
    sep,  # profilec: only THREADS
)
PATHS = [
    "a",
    "b",  # profilec: only THREADS
    "c",
]
ONE = (
    1,
    2,  # profilec: only THREADS
)
KEPT = [
    1,
    2,
]


def f(
    a,
    c,
    *,
    b=1,  # profilec: only THREADS
): ...


f(
    1,
    # two
    2,
    b=3,  # profilec: only THREADS
)
"""


SHORT = """\
from os import path

PATHS = ["a", "c"]
ONE = (1,)
KEPT = [
    1,
    2,
]


def f(a, c): ...


f(
    1,
    # two
    2,
)
"""


WHOLE = """\
from os import path, sep

PATHS = ["a", "b", "c"]
ONE = (1, 2)
KEPT = [
    1,
    2,
]


def f(a, c, *, b=1): ...


f(
    1,
    # two
    2,
    b=3,
)
"""


def test_black_lays_out_anew_what_needed_lines_for_marks(project: Project) -> None:
    configuration = project.read("pyproject.toml").replace(
        "[tool.profilec]\n", '[tool.profilec]\nformat = "black"\n'
    )
    project.write({"pyproject.toml": configuration, "src/shop/_a.py": SHORTER})
    ran = project.run("build", "--json")
    assert ran.code == 0, ran.out
    assert project.read("build/wasm/shop/_a.py") == SHORT
    assert project.read("build/native/shop/_a.py") == WHOLE


def test_what_black_refuses_refuses_the_package(configured: Configured) -> None:
    config = configured(
        HEAD.replace("\n", '\nformat = "black"\n', 1) + "[tool.profilec.profiles.native]\n"
    ).config
    with pytest.raises(EmitError) as caught:
        render_package(Tree("native", {"shop/a.py": changed("x = (\n")}), config, Answers())
    assert [(finding.code, finding.path) for finding in caught.value.findings] == [("PC505", "src/shop/a.py")]


def test_black_formats_the_syntax_of_a_newer_python_than_the_running_one(configured: Configured) -> None:
    config = configured(
        HEAD.replace("\n", '\nformat = "black"\n', 1) + "[tool.profilec.profiles.native]\n"
    ).config
    text = "try:\n    x  =  t'{1}'\nexcept A, B:\n    type Y[T=int] = T\n"
    tree = render_package(Tree("native", {"shop/a.py": changed(text)}), config, Answers()).tree
    assert tree.files["shop/a.py"].data.decode() == (
        'try:\n    x = t"{1}"\nexcept A, B:\n    type Y[T = int] = T\n'
    )
