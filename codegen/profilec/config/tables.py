"""Typed reading of TOML tables: every mistake becomes a finding, and reading goes on with a harmless value.

A table learns its keys from what is asked of it, so the keys that a reader knows are written down once, where
they are read.
"""

from collections.abc import Callable, Mapping
from typing import Any

from profilec.config.model import Fact
from profilec.config.places import KeyPath, Places, find_places
from profilec.diagnostics import Finding, did_you_mean

_TYPE_NAMES: dict[type, str] = {bool: "a boolean", int: "a number", float: "a number", str: "a string"}
_TYPE_NAMES |= {list: "a list", dict: "a table"}


class Complaints:
    """The findings of one configuration file, each with the place of its key or value."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self._text = text
        self._places: Places | None = None
        self.findings: list[Finding] = []

    def add(self, code: str, at: KeyPath, message: str, hint: str = "", *, key: bool = False) -> None:
        """Report a fault of the value at a key path, or of the key itself."""
        self._places = self._places or find_places(self._text)
        place = self._places.of(at, key=key)
        if place is None:
            self.findings.append(Finding(code, self.path, message=message, hint=hint))
            return
        line = self._text.split("\n")[place.line - 1].rstrip("\r")
        span = (place.line, place.column, place.end_column)
        self.findings.append(Finding(code, self.path, *span, message=message, hint=hint, source_line=line))


class Table:
    """One TOML table that is being read."""

    def __init__(self, complaints: Complaints, path: KeyPath, data: Mapping[str, Any]) -> None:
        self.complaints = complaints
        self.path = path
        self.data = data
        self._known: list[str] = []

    def text(self, key: str) -> str | None:
        """The string at `key`, or None where there is none."""
        text: str | None = self._read(key, "a string", lambda value: isinstance(value, str))
        return text

    def number(self, key: str) -> int | None:
        """The whole number at `key`, or None where there is none."""
        number: int | None = self._read(key, "a whole number", lambda value: type(value) is int)
        return number

    def texts(self, key: str) -> tuple[str, ...]:
        """The strings listed at `key`."""
        return tuple(self._elements(key, "string", lambda value: isinstance(value, str)))

    def text_lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """The lists of strings listed at `key`."""
        return tuple(map(tuple, self._elements(key, "list of strings", _is_text_list)))

    def table_list(self, key: str) -> tuple[Mapping[str, Any], ...]:
        """The tables listed at `key`."""
        return tuple(self._elements(key, "table", lambda value: isinstance(value, dict)))

    def text_table(self, key: str) -> dict[str, str]:
        """The table at `key`, whose values are strings."""
        return self._values(key, "a string", lambda value: isinstance(value, str))

    def flag(self, key: str) -> bool | None:
        """The boolean at `key`, or None where there is none."""
        flag: bool | None = self._read(key, "`true` or `false`", lambda value: isinstance(value, bool))
        return flag

    def flag_table(self, key: str) -> dict[str, bool]:
        """The table at `key`, whose values are booleans."""
        return self._values(key, "`true` or `false`", lambda value: isinstance(value, bool))

    def fact_table(self, key: str) -> dict[str, Fact]:
        """The table at `key`, whose values are plain values or lists of them."""
        values = self._values(
            key,
            "a string, a number, a boolean or a list of them",
            _is_fact,
            lambda path: f'put the whole expression into quotes: "{dotted(path)}" = …',
        )
        return {name: _frozen(value) for name, value in values.items()}

    def table(self, key: str) -> "Table":
        """The table at `key`; an empty one where there is none."""
        data = self._read(key, "a table", lambda value: isinstance(value, dict))
        return Table(self.complaints, (*self.path, key), data or {})

    def tables(self, key: str) -> dict[str, "Table"]:
        """The tables in the table at `key`, by name."""
        values = self._values(key, "a table", lambda value: isinstance(value, dict))
        return {name: Table(self.complaints, (*self.path, key, name), data) for name, data in values.items()}

    def complain(
        self, code: str, key: str | KeyPath, message: str, hint: str = "", *, of_key: bool = False
    ) -> None:
        """Report a fault of the value (or the key) at a path below this table."""
        below = (key,) if isinstance(key, str) else key
        self.complaints.add(code, (*self.path, *below), message, hint, key=of_key)

    def refuse_unknown_keys(self) -> None:
        """Report every key that nothing asked for. To be called when everything known was read."""
        for key in self.data:
            if key not in self._known:
                hint = did_you_mean(key, self._known) or f"known keys: {', '.join(self._known)}"
                self.complain(
                    "PC003", key, f"unknown key `{key}` in `{dotted(self.path)}`", hint, of_key=True
                )

    def _read(self, key: str, wanted: str, fits: Callable[[Any], bool]) -> Any:
        self._known.append(key)
        if key not in self.data:
            return None
        if fits(self.data[key]):
            return self.data[key]
        self._wrong_type((key,), wanted, self.data[key])
        return None

    def _elements(self, key: str, wanted: str, fits: Callable[[Any], bool]) -> list[Any]:
        kind, _, of = wanted.partition(" ")
        whole = f"a list of {kind}s {of}".rstrip()
        values = self._read(key, whole, lambda value: isinstance(value, list)) or []
        for index, value in enumerate(values):
            if not fits(value):
                self._wrong_type((key, index), f"a {wanted}", value)
        return [value for value in values if fits(value)]

    def _values(
        self,
        key: str,
        wanted: str,
        fits: Callable[[Any], bool],
        advice: Callable[[KeyPath], str] | None = None,
    ) -> dict[str, Any]:
        values = self._read(key, "a table", lambda value: isinstance(value, dict)) or {}
        for name, value in values.items():
            if not fits(value):
                hint = advice(_dotted_key(name, value)) if advice and isinstance(value, dict) else ""
                self._wrong_type((key, name), wanted, value, hint)
        return {name: value for name, value in values.items() if fits(value)}

    def _wrong_type(self, below: KeyPath, wanted: str, value: object, hint: str = "") -> None:
        found = _TYPE_NAMES.get(type(value), "a date or time")
        subject = f"`{dotted((*self.path, *below))}`"
        if isinstance(below[-1], int):
            subject = f"each element of `{dotted((*self.path, *below[:-1]))}`"
        message = f"{subject} must be {wanted}, not {found}"
        self.complain("PC004", below, message, hint or f"write {wanted}")


def _dotted_key(name: str, value: Any) -> KeyPath:
    """The parts of a key whose dots TOML took for tables in tables, down to the first value."""
    path: KeyPath = (name,)
    while isinstance(value, dict) and value:
        name, value = next(iter(value.items()))
        path = (*path, name)
    return path


def dotted(path: KeyPath) -> str:
    """A key path as TOML writes it."""
    parts = [str(part) for part in path]
    return ".".join(part if part.replace("-", "_").isidentifier() else f'"{part}"' for part in parts)


def _is_text_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(element, str) for element in value)


def _is_fact(value: object) -> bool:
    return all(map(_is_fact, value)) if isinstance(value, list) else isinstance(value, str | int | float)


def _frozen(value: Any) -> Fact:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
