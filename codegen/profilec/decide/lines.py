"""Blank lines, and comments on lines of their own: which of these speak of more than what is below them."""

import re

SWITCH = re.compile(
    r"[ \t]*#[ \t]*(?P<tool>\w+):[ \t]*(?P<state>off|on|disable|enable)(?P<of>[=\[][^\n#]*?)?[ \t\r]*(\n|$)"
)
"""A comment on a line of its own that switches a tool: `# fmt: off`, `# pylint: enable=invalid-name`."""
ON_AGAIN = {"off": "on", "disable": "enable"}
SPEAKS_OF_MORE = re.compile(
    rf"{SWITCH.pattern}|[ \t]*#[ \t]*"
    r"(type:[ \t]*\(|(flake8|ruff):[ \t]*noqa|(mypy|pyright):|\w+:[ \t]*skip[-_]file)"
)
"""One of these, or one for the function around, or for the file: `# flake8: noqa`, `# mypy: strict`."""
NOTICE = re.compile(r"^#.*\b(copyright|SPDX-License-Identifier|licensed under)\b", re.I | re.MULTILINE)
"""A line of a comment that says whose a file is."""
_HEADING = re.compile(
    r"(?P<blanks>[ \t]*)#[ \t]*(?=[^\n]*([-=*#~+_])\2)"
    r"(?P<before>[-=*#~+_]{2,})?[^\n]*?(?P<behind>[-=*#~+_]{2,})?[ \t\r]*\n([ \t]*#[^\n]*\n)*"
)
"""A comment of which the first line has a rule: `# --- Reading`, `# Reading =====`."""

OF_IMPORTS = re.compile(
    r"[ \t]*#[^\n]*\b(imports|stdlib|standard library|(first|third|3rd)[ -]party)\b[ \w]*[^\w\n]*\n"
    r"(?=[ \t]*(import|from)\b)",
    re.I,
)
"""A comment directly above an import that speaks of a group of them: `# Standard library imports`."""
IMPORT = re.compile(r"[ \t]*(import|from)\b")


def kind_of_heading(content: str, start: int) -> tuple[str, ...] | None:
    """Return how the comment that begins at a line is decorated, if it stands apart as a heading does."""
    found = _HEADING.match(content, start)
    if found is None or blank_lines_below(content, found.end()) == found.end():
        return None
    return found["blanks"], found["before"] or "", (found["behind"] or "")[:1]


def is_comment(line: str, indentation: int) -> bool:
    """Tell whether a line holds a comment alone, indented so far."""
    return line.lstrip().startswith("#") and width(line) == indentation


def width(line: str) -> int:
    """Return how far a line is indented."""
    blanks = len(line) - len(line.lstrip(" \t\f"))
    return len(line[:blanks].rpartition("\f")[2].expandtabs())


def blank_lines_above(content: str, offset: int) -> int:
    """Return where the blank lines directly above a line begin."""
    while offset > 0:
        above = content.rfind("\n", 0, offset - 1) + 1
        if content[above:offset].strip():
            break
        offset = above
    return offset


def blank_lines_below(content: str, offset: int) -> int:
    """Return where the blank lines directly below a line end."""
    while offset < len(content):
        newline = content.find("\n", offset)
        below = newline + 1 if newline >= 0 else len(content)
        if content[offset:below].strip():
            break
        offset = below
    return offset
