"""Where a file and its source differ: the statements at the top that only one of them has.

Most of a changed file is as it was. A proof that compares the two need not read what both have.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from profilec.prove.names.modules import Module
from profilec.prove.names.nodes import first_line


@dataclass(frozen=True)
class Differences:
    """A file before and after.

    Attributes:
        before: the statements that only the source has.
        after: those that only the emitted file has.
        common: what both have, by its text.
    """

    before: ast.Module
    after: ast.Module
    common: dict[bytes, ast.stmt]

    @classmethod
    def of(cls, source: Module, before: bytes, emitted: Module, after: bytes) -> Self:
        """Compare a file with its source, statement by statement."""
        there, here = list(_texts(source, before)), list(_texts(emitted, after))
        common = {text for text, _ in there if text} & {text for text, _ in here}
        return cls(
            ast.Module([node for text, node in there if text not in common], []),
            ast.Module([node for text, node in here if text not in common], []),
            {text: node for text, node in here if text in common},
        )

    def may_name(self, *names: str) -> bool:
        """Whether what both have holds one of some names as a word."""
        held = [name.encode() for name in names if name.encode() in self._text]
        if not held:
            return False
        return re.search(rb"\b(?:%s)\b" % b"|".join(map(re.escape, held)), self._text) is not None

    @cached_property
    def _text(self) -> bytes:
        return b"\n".join(self.common)

    @cached_property
    def given(self) -> frozenset[str]:
        """Names to which what both have gives a value, as far as that is seen at a glance."""
        return frozenset(name for node in self.common.values() for name in _given(node))


def _texts(module: Module, data: bytes) -> Iterator[tuple[bytes, ast.stmt]]:
    """Each statement at the top with its lines, or with nothing where these may not be all that it is."""
    lines = data.splitlines()
    for node in module.syntax.body:
        text = b"\n".join(lines[first_line(node) - 1 : node.end_lineno])
        yield (text if node.col_offset == 0 and text.isascii() else b""), node


def _given(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            for alias in aliases:
                yield alias.asname or alias.name.partition(".")[0]
        case ast.Assign(targets=targets):
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id
