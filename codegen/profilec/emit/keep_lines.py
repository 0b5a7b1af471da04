"""Every kept line at the number that it has in the source, for tools that know no source map.

Where lines went, blank ones stand; between lines that backslashes join, lines of a backslash alone. That
leaves no room for Black, and generated lines have to fit where something went: if they are too many, they
are written on one line, if need be behind the header that they belong to.
"""

import ast
import io
import textwrap
import tokenize

from msgspec.structs import replace

from profilec.tree import EmittedFile


class NoRoomError(Exception):
    """Something does not fit; `line` is the line of the source that would have to move."""

    def __init__(self, line: int) -> None:
        super().__init__(f"there is no room before line {line}")
        self.line = line


def keep_lines(file: EmittedFile) -> EmittedFile:
    """The file with each line where it stands in the source.

    Raises:
        NoRoomError: something was generated where no line went, or lines went where nothing can stand in
            for them: within a string.
    """
    if not file.changed:
        return file
    newline = "\r\n" if b"\r\n" in file.data else "\n"
    content = file.data.decode("latin-1").removesuffix(newline).split(newline)
    quoted = _quoted(file.data)
    lines: list[str] = []
    origins: list[int] = []
    generated: list[str] = []
    for number, line in enumerate(content, 1):
        origin = file.source_line(number)
        if origin:
            if generated and len(lines) + 1 >= origin:
                lines[-1:] = [_behind_header(lines, generated, origin)]
                generated = []
            room = origin - 1 - len(lines)
            if room < 0 or (room and number in quoted):
                raise NoRoomError(origin)
            block = _fitted(generated, room, origin)
            blank = "\\" if lines and lines[-1].endswith("\\") and not block else ""
            lines += [*block, *[blank] * (room - len(block)), line]
            origins += [*[0] * room, origin]
            generated = []
        elif line.strip():
            generated.append(line)
    lines += generated
    origins += [0] * len(generated)
    end = newline if file.data.endswith(newline.encode()) else ""
    return replace(file, data=(newline.join(lines) + end).encode("latin-1"), lines=tuple(origins))


def _quoted(data: bytes) -> set[int]:
    """Return the lines that begin within a string."""
    found: set[int] = set()
    opened: list[int] = []
    try:
        for token in tokenize.tokenize(io.BytesIO(data).readline):
            name, first = tokenize.tok_name[token.type], token.start[0]
            if name.endswith("STRING_START"):
                opened.append(first)
            elif name.endswith("STRING_END"):
                found.update(range(opened.pop() + 1, token.end[0] + 1))
            elif name == "STRING":
                found.update(range(first + 1, token.end[0] + 1))
    except (tokenize.TokenError, SyntaxError):  # a newer Python's: what was found before counts
        pass
    return found


def _behind_header(lines: list[str], generated: list[str], origin: int) -> str:
    """The last line with generated ones behind it, which are the body of what it begins."""
    joined = _on_one_line(generated)
    if joined is None or not lines or not lines[-1].endswith(":"):
        raise NoRoomError(origin)
    return f"{lines[-1]} {joined.lstrip()}"


def _fitted(generated: list[str], room: int, origin: int) -> list[str]:
    """Generated lines in so many lines, or fewer."""
    if len(generated) <= room:
        return generated
    joined = _on_one_line(generated)
    if joined is None:
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
