"""A file without what only its readers need: comments, blank lines, blocks for type checkers, layout.

A statement is one line, but where it is written with backslashes or a string goes on; it is indented by one
blank a level, and no blank is left that no word needs. In place of Black, for wheels that are fetched before
anything runs. Docstrings are not layout: the program can read them, so whether they go is for `decide`. The
comments above the first statement stay: they say whose the file is, and how it is encoded.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from profilec.prove.names.modules import compiles, parse
from profilec.prove.names.run_time import parts_at_run_time
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
    following: dict[int, str] = {}
    """What parts the lines within brackets from what is before them."""
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
    module = parse(file.path, file.data)
    gone = set(_for_types(module.syntax)) if module else set[int]()
    lines: list[str] = []
    origins: list[int] = []
    depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        if number in gone:
            continue
        if number not in layout.quoted:
            begins = number in layout.depths
            depth = layout.depths.get(number, depth)
            line = _without(line[: layout.comments.get(number)], layout.blanks.get(number, ())).lstrip(
                " \t\f"
            )
            line = line if number + 1 in layout.quoted else line.rstrip(" \t\f")
            line = " " * depth + line if begins else line
        if number in layout.following:
            lines[-1] += layout.following[number] + line
        elif line or number in layout.held or number in layout.quoted:
            lines.append(line)
            origins.append(file.source_line(number))
    data = "".join(f"{line}\n" for line in lines).encode(encoding)
    return replace(file, data=data, changed=True, lines=tuple(origins))


def _for_types(syntax: ast.Module) -> Iterator[int]:
    """The lines of the statements at the top that no run comes to, where they hold nothing else."""
    ends = [0, *(node.end_lineno or 0 for node in syntax.body)]
    begins = [*(node.lineno for node in syntax.body[1:]), ends[-1] + 1]
    for node, end, begin in zip(syntax.body, ends, begins, strict=False):
        last = node.end_lineno or 0
        is_alone = end < node.lineno and last < begin
        if is_alone and isinstance(node, ast.If) and not parts_at_run_time(node, syntax):
            yield from range(node.lineno, last + 1)


def _may_touch(before: str, after: str) -> bool:
    """Whether two tokens are the same two with no blank between them."""
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
    before = here = None
    for token in tokens:
        (first, column), (last, _) = token.start, token.end
        name = tokenize.tok_name[token.type]
        if token.type == tokenize.COMMENT:
            if not (opened or is_head):
                layout.comments[first] = column
            else:
                layout.held.add(first)
                layout.depths.setdefault(first, 0)
        elif token.type in _LAYOUT:
            here = token if token.type == tokenize.NL else None
            depth += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
        else:
            if begins:
                layout.depths[first] = depth
            elif before and before.string and token.string and not opened:
                touches = _may_touch(before.string, token.string)
                if before.end[0] == first:
                    if touches:
                        layout.blanks.setdefault(first, []).append((before.end[1], column))
                elif here and before.end[0] not in layout.quoted:  # a comment is not cut off there
                    layout.following[first] = "" if touches else " "
            before, here = token, None
            if name.endswith("STRING_START"):
                opened.append(first)
            elif name.endswith("STRING_END"):
                first = opened.pop()
            begins, is_head = token.type == tokenize.NEWLINE, False
            layout.held.add(first)
            layout.quoted.update(range(first + 1, last + 1))
    return layout
