"""A file without what only its readers need: comments, blank lines, indentation beyond one blank a level.

Lines that go on with a statement are not indented at all, and no blank is left that no word needs. In place
of Black, for wheels that are fetched before anything runs. Docstrings are not layout: the program can read
them, so whether they go is for `decide`. The comments above the first statement stay: they say whose the
file is, and how it is encoded.
"""

import io
import re
import tokenize
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from profilec.prove.names.modules import compiles
from profilec.tree import EmittedFile

_LONE_BACKSLASH = re.compile(rb"^[ \t\f]*\\\r?$", re.MULTILINE)
_QUOTES = ("'", '"')
_DIGITS = tuple("0123456789.")
_LAYOUT = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


class _Layout(Struct):
    """What the tokens say of the lines of a text, by number from one."""

    comments: dict[int, int] = {}
    """Where comments begin that go, by line."""
    blanks: dict[int, list[tuple[int, int]]] = {}
    """Where blanks begin and end that no word needs, by line and in order."""
    depths: dict[int, int] = {}
    """How deep the lines are nested that begin a statement."""
    held: set[int] = set()
    """The lines that hold a token which stays."""
    quoted: set[int] = set()
    """The lines that begin within a string."""


def strip(file: EmittedFile) -> EmittedFile:
    """The Python file without what only its readers need.

    What this Python cannot parse stays as it is, and where a statement begins with a backslash alone on its
    line: the indentation is then that of the backslash.
    """
    if not compiles(file.data) or _LONE_BACKSLASH.search(file.data):
        return file
    encoding, _ = tokenize.detect_encoding(io.BytesIO(file.data).readline)
    text = io.StringIO(file.data.decode(encoding), newline=None).read()
    layout = _read(tokenize.generate_tokens(io.StringIO(text).readline))
    lines: list[str] = []
    origins: list[int] = []
    depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        if number not in layout.quoted:
            begins = number in layout.depths
            depth = layout.depths.get(number, depth)
            line = _without(line[: layout.comments.get(number)], layout.blanks.get(number, ())).lstrip(
                " \t\f"
            )
            line = line if number + 1 in layout.quoted else line.rstrip(" \t\f")
            line = " " * depth + line if begins else line
        if line or number in layout.held or number in layout.quoted:
            lines.append(line)
            origins.append(file.source_line(number))
    data = "".join(f"{line}\n" for line in lines).encode(encoding)
    return replace(file, data=data, changed=True, lines=tuple(origins))


def _may_touch(before: str, after: str) -> bool:
    """Whether two tokens are the same two with no blank between them."""
    if not (before and after) or before[-1:].isspace():
        return False
    last, first = before[-1], after[0]
    if last in _QUOTES:
        return first not in _QUOTES
    if not (last.isalnum() or last == "_"):
        return True
    return not (
        first.isalnum() or first == "_" or first in _QUOTES or (first == "." and before[0] in _DIGITS)
    )


def _without(line: str, blanks: Iterable[tuple[int, int]]) -> str:
    """A line without some of its blanks."""
    ends = [0, *(end for _, end in blanks)]
    starts = [*(start for start, _ in blanks), len(line)]
    return "".join(line[end:start] for end, start in zip(ends, starts, strict=True))


def _read(tokens: Iterable[tokenize.TokenInfo]) -> _Layout:
    layout = _Layout()
    depth, begins, is_head = 0, True, True
    opened: list[int] = []
    before: tokenize.TokenInfo | None = None
    for token in tokens:
        (first, column), (last, _) = token.start, token.end
        if before and before.end[0] == first and not opened and _may_touch(before.string, token.string):
            layout.blanks.setdefault(first, []).append((before.end[1], column))
        before = token
        name = tokenize.tok_name[token.type]
        if name.endswith("STRING_START"):
            opened.append(first)
        elif name.endswith("STRING_END"):
            first = opened.pop()
        if token.type == tokenize.COMMENT:
            if not (opened or is_head):
                layout.comments[first] = column
            else:
                layout.held.add(first)
                layout.depths.setdefault(first, 0)
        elif token.type in _LAYOUT:
            depth += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
        else:
            if begins:
                layout.depths[first] = depth
            begins, is_head = token.type == tokenize.NEWLINE, False
            layout.held.add(first)
            layout.quoted.update(range(first + 1, last + 1))
    return layout
