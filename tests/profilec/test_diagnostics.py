"""How findings look, how they merge, and that every code has its page."""

import re

import pytest
from msgspec.structs import replace
from profilec_project import CONFIGURATION, Project

from profilec.diagnostics import CODES, Code, Finding, did_you_mean, merged, render

FINDING = Finding(
    "PC401",
    "src/shop/spill.py",
    41,
    8,
    15,
    "unknown flag `SPIL_FS`",
    "did you mean `SPILL_FS`?",
    source_line="    if SPIL_FS:",
    notes=("declared in shop/_profile.py:6: NATIVE, WASM, SPILL_FS",),
)


def test_a_finding_shows_place_line_caret_hint_and_notes() -> None:
    assert render(FINDING) == (
        "src/shop/spill.py:41:8: PC401 unknown flag `SPIL_FS`\n"
        "   |\n"
        "41 |     if SPIL_FS:\n"
        "   |        ^^^^^^^ did you mean `SPILL_FS`?\n"
        "   = declared in shop/_profile.py:6: NATIVE, WASM, SPILL_FS"
    )


def test_profiles_are_named_where_they_make_a_difference() -> None:
    shown = render(replace(FINDING, profiles=("native", "wasm")))
    assert shown.startswith("src/shop/spill.py:41:8: PC401 unknown flag `SPIL_FS` [native, wasm]\n")


def test_a_warning_says_that_it_is_one() -> None:
    assert ": PC409 warning: unused" in render(Finding("PC409", "pyproject.toml", message="unused"))


def test_a_finding_without_a_line_shows_no_excerpt() -> None:
    assert render(Finding("PC006", "pyproject.toml", message="no folder", hint="make it")) == (
        "pyproject.toml: PC006 no folder\n  = make it"
    )


@pytest.mark.parametrize("before", ["\t", "\t \t", "中文 ", ""])
def test_the_caret_stands_below_the_fault(before: str) -> None:
    line = f"{before}X = 1"
    column = len(before) + 1
    shown = render(replace(FINDING, source_line=line, column=column, end_column=column + 1, line=1, hint=""))
    excerpt, caret = shown.split("\n")[2:4]
    width = {"\t": "\t", "中": "  ", "文": "  ", " ": " "}
    assert excerpt == f"1 | {line}"
    assert caret == "  | " + "".join(width[character] for character in before) + "^"


def test_nothing_in_a_line_is_an_order_to_the_terminal() -> None:
    line = "'\x1b[2J\x9b1m\x7fe\u0301\x0c' + FLAG"
    column = line.index("FLAG") + 1
    shown = render(replace(FINDING, source_line=line, column=column, end_column=column + 4, hint=""))
    excerpt, caret = shown.split("\n")[2:4]
    assert excerpt.endswith("| '␛[2J�1m␡e\u0301␌' + FLAG")
    assert caret.index("^") == excerpt.index("FLAG") - 1  # the accent stands above its letter


def test_a_very_long_line_is_shown_around_the_fault() -> None:
    line = "x" * 5000 + "FLAG" + "y" * 5000
    shown = render(replace(FINDING, source_line=line, column=5001, end_column=5005))
    excerpt, caret = shown.split("\n")[2:4]
    assert len(excerpt) < 200
    assert excerpt[caret.index("^") : caret.rindex("^") + 1] == "FLAG"


def test_the_same_fault_in_several_profiles_is_one_finding() -> None:
    found = [replace(FINDING, profiles=(name,)) for name in ("native", "wasm", "native")]
    assert merged(found) == (replace(FINDING, profiles=("native", "wasm")),)


def test_a_fault_that_profiles_meet_at_different_lines_is_one_finding_that_names_them_all() -> None:
    first = replace(FINDING, line=2, also=(5,), profiles=("edge",))
    second = replace(FINDING, line=5, also=(7, 9), profiles=("wasm",))
    other = replace(FINDING, line=7, message="something else")
    one, another = merged([second, other, first])
    assert (one.line, one.also, one.profiles) == (2, (5, 7, 9), ("edge", "wasm"))
    assert another == other


def test_further_lines_of_a_fault_are_shown_below_its_notes() -> None:
    shown = render(replace(FINDING, also=(42, 44))).split("\n")
    assert shown[-1] == "   = also in lines 42, 44"
    assert render(replace(FINDING, also=(44,))).endswith("   = also in line 44")


def test_findings_are_ordered_by_place() -> None:
    places = [("b", 1, 1), ("a", 10, 1), ("a", 2, 5), ("a", 2, 3)]
    found = [replace(FINDING, path=path, line=line, column=column) for path, line, column in places]
    assert [(one.path, one.line, one.column) for one in merged(found)] == sorted(places)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("SPIL_FS", "did you mean `SPILL_FS`?"),
        ("spill_fs", "did you mean `SPILL_FS`?"),
        ("fiels", "did you mean `FILES`?"),
        ("RED", ""),
        ("WASM_ONLY_THING", ""),
    ],
)
def test_a_misspelt_name_gets_the_nearest_known_one(name: str, hint: str) -> None:
    assert did_you_mean(name, ["SPILL_FS", "THREADS", "NATIVE", "FILES"]) == hint


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_every_code_is_documented(code: Code) -> None:
    assert code.name in CODES
    assert re.fullmatch(r"PC[0-6]\d\d", code.name)
    assert code.title
    assert not code.title.endswith(".")
    assert code.explanation.endswith(".")
    assert code.instead or not code.example


def test_what_is_left_as_it_stands_is_shown_on_one_short_line(project: Project) -> None:
    facts = "    modules = { ssl = false }\n"
    project.write({"pyproject.toml": CONFIGURATION.rstrip(" ") + facts})
    names = "".join(
        f"    # number {number}\n    from ssl import (  # number\n        N{number}\n    )\n"
        for number in range(20)
    )
    project.write({"src/shop/a.py": f"try:\n{names}except ImportError:\n    pass\nprint(N1)\n"})
    found = [f for f in project.run("check", "--json").json["findings"] if f["code"] == "PC107"]
    assert found
    assert all(len(one["message"]) < 150 and "number" not in one["message"] for one in found)
    assert all(
        one["message"].startswith("`from ssl import ( N0 ); from ssl import ( N1 ); from ") for one in found
    )
    assert {one["hint"] for one in found} == {"put what needs it under the same condition"}


def test_what_is_left_for_another_module_names_that_module(project: Project) -> None:
    facts = '    facts = { "sys.platform" = "emscripten" }\n'
    source = "import sys\n\nif sys.platform != 'emscripten':\n    def work(): ...\n"
    project.write({"pyproject.toml": CONFIGURATION.rstrip(" ") + facts, "src/shop/a.py": source})
    project.write({"src/shop/b.py": "x = 1\n", "src/shop/c.py": "from shop.a import work\n"})
    (found,) = [f for f in project.run("check", "--json").json["findings"] if f["code"] == "PC107"]
    assert found["notes"] == [
        "line 4: another module asks for `work`, which goes", "src/shop/c.py asks for it",
    ]  # fmt: skip


def test_a_choice_that_nothing_imports_is_found_where_no_flag_stands(project: Project) -> None:
    project.write({"src/shop/a.py": "LIMIT = choose(native=1, wasm=2)\n"})
    ran = project.run("check")
    assert "src/shop/a.py:1:9: PC101 `choose` is not imported from `profilec`" in ran.out
    assert "from profilec import choose" in ran.out
