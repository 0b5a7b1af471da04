"""One module as the decisions see it: its syntax, its names, its marker comments."""

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from profilec.decide.comments import Mark
from profilec.read import Span, Syntax, children
from profilec.scopes import Names


@dataclass(frozen=True)
class Module:
    """One module as the decisions see it: the same for every profile."""

    syntax: Syntax
    names: Names
    marks: tuple[Mark, ...]

    @property
    def exports(self) -> list[tuple[str, Span]]:
        """The names in the statements at the top level that assign to `__all__`, or add to it, as written."""
        lines = (line for line in self.syntax.module.body if isinstance(line, cst.SimpleStatementLine))
        starts = ((line, self.syntax.inner(line).start) for line in lines)
        listing = [line for line, start in starts if self.syntax.content.startswith("__all__", start)]
        strings = (string for line in listing for string in _strings(line))
        return [(str(string.evaluated_value), self.syntax.inner(string)) for string in strings]

    @property
    def path(self) -> str:
        """The path of the file, relative to the source root."""
        return self.syntax.text.path


def _strings(node: cst.CSTNode) -> Iterator[cst.SimpleString]:
    if isinstance(node, cst.SimpleString):
        yield node
    for child in children(node):
        yield from _strings(child)
