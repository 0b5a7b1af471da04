"""Tracebacks at source lines: a frame in a tree is shown where a person has to make the change.

As a library for an exception, and as a filter for text that somebody else has formatted:

    pytest 2>&1 | python -m profilec.traceback
"""

import linecache
import re
import sys
from pathlib import Path
from traceback import FrameSummary, StackSummary, TracebackException
from typing import Any

from profilec.mapped import tree_of

_PLACE = re.compile(
    r'File "(?P<quoted>[^"\n]+)", line (?P<line>\d+)|(?<![^\s(])(?P<bare>[^\s:"()]+\.py):(?P<number>\d+)'
)
"""A place as Python writes it, and as pytest, mypy and most other tools do."""


def at_source(error: BaseException) -> TracebackException:
    """The traceback of an exception, and of all that it was raised from, with its frames at source lines.

    Frames outside of trees, and in lines that were generated, stay as they are. `format()` of the result
    gives the text.
    """
    traceback = TracebackException.from_exception(error)
    pending, seen = [traceback], set[int]()
    while pending:
        current = pending.pop()
        if id(current) not in seen:
            seen.add(id(current))
            current.stack = StackSummary.from_list(list(map(_moved, current.stack)))
            linked = (current.__cause__, current.__context__, *(current.exceptions or ()))
            pending += [other for other in linked if other]
    return traceback


def _moved(frame: FrameSummary) -> FrameSummary:
    origin = _origin(frame.filename, frame.lineno or 0)
    if origin is None:
        return frame
    file, line = origin
    return FrameSummary(
        file, line, frame.name, lookup_line=False, locals=frame.locals, **_marks(frame, file, line)
    )


def _marks(frame: FrameSummary, file: str, line: int) -> dict[str, Any]:
    """Where the line is underlined: at the same words, where the source has them on the same line."""
    emitted = linecache.getline(frame.filename, frame.lineno or 0)
    written = linecache.getline(file, line)
    if frame.colno is None or frame.end_colno is None or frame.end_lineno != frame.lineno:
        return {}
    if emitted.strip() != written.strip():
        return {}
    shift = (len(written) - len(written.lstrip())) - (len(emitted) - len(emitted.lstrip()))
    return {"end_lineno": line, "colno": frame.colno + shift, "end_colno": frame.end_colno + shift}


def _origin(name: str, line: int) -> tuple[str, int] | None:
    file = Path(name).absolute()
    tree = tree_of(file)
    origin = tree.origin(file, line) if tree else None
    return (str(origin[0]), origin[1]) if origin else None


def place_at_source(text: str) -> str:
    """A text in which every place in a tree is the place in the source that it comes from.

    A place is `File "PATH", line N` or `PATH.py:N`. PATH is absolute or relative to the current folder, and
    so it is in the result.
    """
    return _PLACE.sub(_replacement, text)


def _replacement(match: re.Match[str]) -> str:
    name = match["quoted"] or match["bare"]
    origin = _origin(name, int(match["line"] or match["number"]))
    if origin is None:
        return match[0]
    file, line = Path(origin[0]), origin[1]
    if not Path(name).is_absolute():
        file = file.relative_to(Path.cwd(), walk_up=True)
    return f'File "{file}", line {line}' if match["quoted"] else f"{file.as_posix()}:{line}"


if __name__ == "__main__":
    for text in sys.stdin:
        print(place_at_source(text), end="", flush=True)
