"""Every kept line at the number that it has in the source, and still the same program."""

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from case_files import all_cases, compile_case, project_of, read_case

from profilec.emit.keep_lines import NoRoomError, keep_lines
from profilec.tree import EmittedFile

MOVE = {
    "grammar/nested_fstrings": "lines go from within a string",
    "comments/try_on_one_line": "the body of a `try` on one line, and of its `else`, become one suite",
    "statements/what_is_written_moves_with_its_suite": "so they do here",
}
"""The cases with a line that cannot stay at its number."""


def emitted(path: Path, folder: Path) -> Iterator[EmittedFile]:
    """Give what all profiles make of the modules of a case, where it is changed and is Python."""
    for tree in compile_case(project_of(read_case(path), folder)).trees.values():
        for file in tree.files.values():
            if file.changed and file.path.endswith(".py"):
                yield file


def program(data: bytes) -> str | None:
    """Return what a text means to this Python, if it can read it."""
    try:
        return ast.dump(ast.parse(data))
    except SyntaxError:
        return None


@pytest.mark.parametrize("path", all_cases(), ids=lambda path: f"{path.parent.name}/{path.stem}")
@pytest.mark.filterwarnings("ignore:invalid escape sequence:SyntaxWarning")  # which cases are about
def test_each_line_of_a_case_stays_at_its_number_or_is_refused(path: Path, tmp_path: Path) -> None:
    moves = []
    for file in emitted(path, tmp_path):
        try:
            kept = keep_lines(file)
        except NoRoomError:
            moves.append(file.path)
            continue
        assert all(line in (0, number) for number, line in enumerate(kept.lines, 1))
        assert len(kept.lines) == len(kept.data.splitlines())
        assert program(kept.data) == program(file.data)
        assert [line for line in kept.lines if line] == [line for line in file.lines if line]
    assert bool(moves) == (f"{path.parent.name}/{path.stem}" in MOVE)


def kept(text: str, *lines: int) -> list[str]:
    """Return the lines of a text at their numbers; `lines` says which line of the source each comes from."""
    data = textwrap.dedent(text).lstrip("\n").encode()
    return keep_lines(EmittedFile("module.py", data, True, lines)).data.decode().splitlines()


def test_between_lines_that_backslashes_join_backslashes_stand_in_for_those_that_went() -> None:
    assert kept("if a and \\\n    b:\n    c\n", 2, 4, 5) == ["", "if a and \\", "\\", "    b:", "    c"]


def test_what_is_generated_for_a_body_on_the_line_of_its_header_is_written_there() -> None:
    text = """
        def f(x):
            raise ValueError(
                "no"
            )
        y = 1
        """
    assert kept(text, 1, 0, 0, 0, 2) == ["def f(x): raise ValueError('no')", "y = 1"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('x = f"""{1}\nb\n"""\n', (1, 3, 4)),
        ("x = '''\n{1}\nb'''\n", (1, 2, 4)),
        ("try:\n    x = 1\n", (1, 1)),
        ("x = 1\ny = 2\n", (0, 1)),
        ("def f():\n    if x:\n        y = 1\nz = 1\n", (1, 0, 0, 2)),
    ],
    ids=["formatted string", "string", "two lines of one", "no line above", "compound statement"],
)
def test_a_line_that_cannot_stay_is_named(text: str, lines: tuple[int, ...]) -> None:
    with pytest.raises(NoRoomError):
        kept(text, *lines)
