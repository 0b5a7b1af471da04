"""Where each key and value of a TOML text stands, so that a finding can point at it.

`tomllib` gives values without places. This reads the same text once more, only when something is wrong, and
only for its places: the text is known to be valid, so no error is looked for.
"""

import re
import tomllib
from collections.abc import Callable

from msgspec import Struct

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[\]{}=,.\n]"
    r"|[A-Za-z0-9_-]+"
    r"|[^\S\n]+"
    r"|.",
    re.DOTALL,
)


class Place(Struct, frozen=True):
    """A stretch of one line: line and columns counted from 1, the end column not included."""

    line: int
    column: int
    end_column: int


type KeyPath = tuple[str | int, ...]


class Places(Struct):
    """The places of one text: of every key and header, and of every value, array elements included."""

    keys: dict[KeyPath, Place]
    values: dict[KeyPath, Place]

    def of(self, path: KeyPath, *, key: bool = False) -> Place | None:
        """The value (or the key) at `path`, else the nearest thing in it or around it that has a place."""
        inside = (key_path for key_path in self.keys if key_path[: len(path)] == path)
        if path not in self.values and (inner := next(inside, None)):
            return self.keys[inner]
        for length in range(len(path), 0, -1):
            first, second = (self.keys, self.values) if key else (self.values, self.keys)
            place = first.get(path[:length]) or second.get(path[:length])
            if place:
                return place
        return None


def find_places(text: str) -> Places:
    """The places of everything in a valid TOML text."""
    return _Scan(text).document()


class _Scan:
    """One walk through the tokens of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [
            match for match in _TOKEN.finditer(text) if not match[0].isspace() or match[0] == "\n"
        ]
        self._next = 0
        self._places = Places({}, {})

    def document(self) -> Places:
        table: KeyPath = ()
        counts: dict[KeyPath, int] = {}
        while (token := self._peek()) is not None:
            if token == "[":
                table = self._header(counts)
            elif token == "\n" or token.startswith("#"):
                self._next += 1
            else:
                self._pair(table)
        return self._places

    def _peek(self) -> str | None:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else None

    def _place(self, first: int, last: int) -> Place:
        """From one token to another, cut at the end of the first line."""
        start, end = self._tokens[first].start(), self._tokens[last].end()
        newline = self._text.find("\n", start)
        end = min(end, newline if newline >= 0 else end)
        line_start = self._text.rfind("\n", 0, start) + 1
        return Place(self._text.count("\n", 0, start) + 1, start - line_start + 1, end - line_start + 1)

    def _key(self, closing: str) -> tuple[str, ...]:
        """A key, dotted or not, up to the token that ends it."""
        parts = []
        while (token := self._peek()) not in (closing, None):
            if token != ".":
                parts.append(_unquoted(str(token)))
            self._next += 1
        return tuple(parts)

    def _header(self, counts: dict[KeyPath, int]) -> KeyPath:
        first = self._next
        is_array = self._text.startswith("[[", self._tokens[first].start())
        self._next += 2 if is_array else 1
        path: KeyPath = self._key("]")
        self._next += 2 if is_array else 1
        self._places.keys.setdefault(path, self._place(first, self._next - 1))
        if is_array:
            counts[path] = counts.get(path, -1) + 1
            path = (*path, counts[path])
        return path

    def _pair(self, table: KeyPath) -> None:
        first = self._next
        path = (*table, *self._key("="))
        self._places.keys.setdefault(path, self._place(first, self._next - 1))
        self._next += 1
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        first = self._next
        match self._peek():
            case "[":
                self._sequence("]", lambda index: self._value((*path, index)))
            case "{":
                self._sequence("}", lambda _: self._pair(path))
            case _:
                while not _ends_value(self._peek()):
                    self._next += 1
        self._places.values.setdefault(path, self._place(first, self._next - 1))

    def _sequence(self, closing: str, element: Callable[[int], None]) -> None:
        self._next += 1
        index = 0
        while (token := self._peek()) not in (closing, None):
            if token in (",", "\n") or str(token).startswith("#"):
                self._next += 1
            else:
                element(index)
                index += 1
        self._next += 1


def _ends_value(token: str | None) -> bool:
    """Whether a token, or the end of the text, stands behind a value that is no list and no table."""
    return token is None or token in (",", "]", "}", "\n") or token.startswith("#")


def _unquoted(token: str) -> str:
    """The name that one part of a key stands for."""
    return str(tomllib.loads(f"x = {token}")["x"]) if token[0] in "\"'" else token
