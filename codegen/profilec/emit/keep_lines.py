"""Every kept line at the number that it has in the source, for tools that know no source map.

Where lines went, blank ones stand. That leaves no room for Black, and generated lines have to fit where
something went: if they are too many, they are written on one line.
"""

import ast
import textwrap
from dataclasses import replace

from profilec.tree import EmittedFile


class NoRoomError(Exception):
    """Generated lines do not fit; `line` is the line of the source that they would move."""

    def __init__(self, line: int) -> None:
        super().__init__(f"there is no room before line {line}")
        self.line = line


def keep_lines(file: EmittedFile) -> EmittedFile:
    """The file with each line where it stands in the source.

    Raises:
        NoRoomError: something was generated where no line went.
    """
    if not file.changed:
        return file
    newline = "\r\n" if b"\r\n" in file.data else "\n"
    content = file.data.decode("latin-1").removesuffix(newline).split(newline)
    lines: list[str] = []
    origins: list[int] = []
    generated: list[str] = []
    for number, line in enumerate(content, 1):
        origin = file.source_line(number)
        if origin:
            room = origin - 1 - len(lines)
            block = _fitted(generated, room, origin)
            blank = room - len(block)
            lines += [*block, *[""] * blank, line]
            origins += [*[0] * len(block), *[0] * blank, origin]
            generated = []
        elif line.strip():
            generated.append(line)
    lines += generated
    origins += [0] * len(generated)
    end = newline if file.data.endswith(newline.encode()) else ""
    return replace(file, data=(newline.join(lines) + end).encode("latin-1"), lines=tuple(origins))


def _fitted(generated: list[str], room: int, origin: int) -> list[str]:
    """Generated lines in so many lines, or fewer."""
    if len(generated) <= room:
        return generated
    joined = _on_one_line(generated)
    if joined is None or room < 1:
        raise NoRoomError(origin)
    return [joined]


def _on_one_line(lines: list[str]) -> str | None:
    """Simple statements on one line, or None where a compound one is among them."""
    indentation = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    try:
        statements = ast.parse(textwrap.dedent("\n".join(lines))).body
    except SyntaxError:
        return None
    joined = "; ".join(map(ast.unparse, statements))
    return None if "\n" in joined else indentation + joined
