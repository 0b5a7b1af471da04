"""One module as the decisions see it: its syntax, its names, its marker comments."""

from collections.abc import Iterable, Iterator

import libcst as cst
from msgspec import Struct

from profilec.decide.comments import Mark
from profilec.syntax.read import Span, Syntax, children
from profilec.syntax.scopes import Names


class Module(Struct, frozen=True):
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
        found = (string for line in listing for string in strings(line))
        return [(str(string.evaluated_value), self.syntax.inner(string)) for string in found]

    @property
    def path(self) -> str:
        """The path of the file, relative to the source root."""
        return self.syntax.text.path


def strings(node: cst.CSTNode) -> Iterator[cst.SimpleString]:
    """Yield the strings in a part of the syntax."""
    if isinstance(node, cst.SimpleString):
        yield node
    for child in children(node):
        yield from strings(child)


def small_statements(body: Iterable[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """Yield statements of one line, those within `if` and `try` included."""
    for statement in body:
        match statement:
            case cst.SimpleStatementLine(body=small) | cst.SimpleStatementSuite(body=small):
                yield from small
            case cst.IndentedBlock(body=inner):
                yield from small_statements(inner)
            case cst.If(body=suite, orelse=orelse):
                yield from small_statements([suite, orelse] if orelse else [suite])
            case cst.Else(body=suite) | cst.ExceptHandler(body=suite):
                yield from small_statements([suite])
            case cst.Try(body=suite, handlers=handlers, orelse=orelse):
                yield from small_statements([suite, *handlers, *([orelse] if orelse else [])])
