"""Environment markers (PEP 508) and the Python expression that tests the same thing.

Pip evaluates a profile's marker when it chooses what to install; the guard of the emitted package evaluates
it again when it is imported, and must do so without `packaging`, which a package cannot count on.
"""

import re

from msgspec import Struct

_VARIABLES = {
    "sys_platform": "_sys.platform",
    "os_name": "_os.name",
    "implementation_name": "_sys.implementation.name",
    "platform_machine": "_platform.machine()",
    "platform_system": "_platform.system()",
    "platform_python_implementation": "_platform.python_implementation()",
}
_VERSIONS = {"python_version": 2, "python_full_version": 3}
"""Variables that compare as versions, with the number of parts that they have."""

_INVERSE = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "in": "not in",
    "not in": "in",
}
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_TOKEN = re.compile(r"""\s*("[^"]*"|'[^']*'|[()]|===|~=|[<>=!]=|[<>]|not\s+in\b|\w+)""")


class MarkerError(ValueError):
    """The marker is not one, or tests what the guard of a package cannot test; the text says what."""


class MarkerTest(Struct, frozen=True):
    """A marker as Python.

    Attributes:
        fails: an expression that is true where the marker is not; it spells modules with an underscore
            before.
        modules: the modules that it needs, in the order of the alphabet.
    """

    fails: str
    modules: tuple[str, ...]


def python_test(marker: str) -> MarkerTest:
    """Translate a marker.

    Raises:
        MarkerError: the marker cannot be parsed or translated.
    """
    parser = _Parser(marker)
    fails = parser.alternative(negated=True)
    parser.expect_end()
    modules = sorted({name for name in ("os", "platform", "sys") if f"_{name}." in fails})
    return MarkerTest(fails, tuple(modules))


class _Parser:
    """Recursive descent over one marker. With `negated`, De Morgan's rules are applied on the way."""

    def __init__(self, marker: str) -> None:
        self._tokens: list[str] = []
        position = 0
        while position < len(marker.rstrip()):
            match = _TOKEN.match(marker, position)
            if match is None:
                raise MarkerError(f"`{marker[position:].strip()}` cannot be read")
            self._tokens.append(match[1])
            position = match.end()
        self._next = 0

    def expect_end(self) -> None:
        if self._next < len(self._tokens):
            raise MarkerError(f"`{self._tokens[self._next]}` stands where the marker should end")

    def alternative(self, *, negated: bool) -> str:
        parts = [self._conjunction(negated=negated)]
        while self._take_if("or"):
            parts.append(self._conjunction(negated=negated))
        return _joined(parts, "and" if negated else "or")

    def _conjunction(self, *, negated: bool) -> str:
        parts = [self._operand(negated=negated)]
        while self._take_if("and"):
            parts.append(self._operand(negated=negated))
        return _joined(parts, "or" if negated else "and")

    def _operand(self, *, negated: bool) -> str:
        if not self._take_if("("):
            return self._comparison(negated=negated)
        inner = self.alternative(negated=negated)
        if not self._take_if(")"):
            raise MarkerError("a parenthesis is not closed")
        return inner

    def _comparison(self, *, negated: bool) -> str:
        left, operator, right = self._take(), " ".join(self._take().split()), self._take()
        if operator not in _INVERSE:
            raise MarkerError(f"`{operator}` is no comparison that a package can test of itself")
        if left[0] in "\"'" and right[0] not in "\"'" and operator not in ("in", "not in"):
            left, operator, right = right, _MIRRORED.get(operator, operator), left
        shown = _INVERSE[operator] if negated else operator
        if left in _VERSIONS:
            return _version_comparison(left, operator, shown, right)
        if operator in _MIRRORED:
            raise MarkerError(f"`{operator}` compares versions, and `{left}` is none")
        return f"{_operand_text(left)} {shown} {_operand_text(right)}"

    def _take(self) -> str:
        if self._next == len(self._tokens):
            raise MarkerError("it ends too early")
        self._next += 1
        return self._tokens[self._next - 1]

    def _take_if(self, token: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next] == token:
            self._next += 1
            return True
        return False


def _joined(parts: list[str], operator: str) -> str:
    if len(parts) == 1:
        return parts[0]
    other = " or " if operator == "and" else " and "
    return f" {operator} ".join(f"({part})" if other in part else part for part in parts)


def _operand_text(token: str) -> str:
    if token[0] in "\"'":
        return '"' + token[1:-1].replace("\\", "\\\\").replace('"', '\\"') + '"'
    if token not in _VARIABLES:
        known = ", ".join(sorted((*_VARIABLES, *_VERSIONS)))
        raise MarkerError(f"`{token}` is nothing that a package can test of itself; it can test {known}")
    return _VARIABLES[token]


def _version_comparison(variable: str, operator: str, shown: str, literal: str) -> str:
    parts = literal[1:-1].split(".")
    length = _VERSIONS[variable]
    if operator in ("in", "not in") or len(parts) > length or not all(part.isdecimal() for part in parts):
        raise MarkerError(
            f"`{variable}` compares with a plain version of at most {length} numbers, not {literal}"
        )
    numbers = [*map(int, parts), *[0] * (length - len(parts))]
    return f"_sys.version_info[:{length}] {shown} ({', '.join(map(str, numbers))})"
