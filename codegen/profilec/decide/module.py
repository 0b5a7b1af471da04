"""One module as the decisions see it: its syntax, its names, its marker comments."""

from dataclasses import dataclass

import libcst as cst

from profilec.decide.comments import Mark
from profilec.read import Span, Syntax
from profilec.scopes import Names


@dataclass(frozen=True)
class Module:
    """One module as the decisions see it: the same for every profile."""

    syntax: Syntax
    names: Names
    marks: tuple[Mark, ...]

    @property
    def exports(self) -> list[Span]:
        """The statements at the top level that assign to `__all__`, or add to it."""
        lines = (line for line in self.syntax.module.body if isinstance(line, cst.SimpleStatementLine))
        spans = (self.syntax.inner(line) for line in lines)
        return [span for span in spans if self.syntax.content.startswith("__all__", span.start)]

    @property
    def path(self) -> str:
        """The path of the file, relative to the source root."""
        return self.syntax.text.path
