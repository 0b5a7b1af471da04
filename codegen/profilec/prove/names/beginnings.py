"""With what a text surely begins that is not written out in whole: `f"{__name__}.{name}"` with the module."""

import ast

from profilec.prove.names.behind import Behind
from profilec.prove.names.literals import Literals
from profilec.prove.names.nodes import last_name

_LISTINGS = ("iter_modules", "walk_packages")
"""Functions of `pkgutil` that list modules, whose names begin with what their second argument says."""
_FURTHEST = 8
"""Names and parts of texts that are followed."""


class Beginnings:
    """The beginnings of the texts of one file."""

    def __init__(self, literals: Literals, behind: Behind) -> None:
        """Read nothing yet.

        Args:
            literals: the texts of the file that are written out.
            behind: where the values of its expressions come from.
        """
        self._literals = literals
        self._behind = behind

    def of(self, node: ast.expr | None, depth: int = 0) -> str:
        """The text that an expression surely begins with; empty where nothing is known of it."""
        match [*self._literals.all_texts(node)]:
            case [str(text)]:
                return text
        if node is None or depth > _FURTHEST:
            return ""
        if (prefix := self._listed_with(node)) is not None:
            return self.of(prefix, depth + 1)
        match node:
            case ast.Name() if self._behind.is_known(node) and len(values := self._behind.of(node)) == 1:
                return self.of(values[0], depth + 1)
        return self._joined(_parts(node), depth)

    def _joined(self, parts: list[ast.expr], depth: int) -> str:
        """The beginning of some parts in a row."""
        found = ""
        for part in parts:
            found += (beginning := self.of(part, depth + 1))
            if self._literals.all_texts(part) != {beginning}:
                break
        return found

    def _listed_with(self, node: ast.expr) -> ast.expr | None:
        """What the names of listed modules begin with, if an expression is one of those."""
        match node:
            case ast.Attribute(value=ast.Name() as entry, attr="name") | ast.Subscript(
                value=ast.Name() as entry, slice=ast.Constant(value=1)
            ):
                found = self._behind.of(entry)
            case ast.Name():
                found = [one.value for one in self._behind.of(node) if isinstance(one, ast.Starred)]
            case _:
                return None
        match found:
            case [ast.Starred(value=ast.Call(func=function, args=arguments, keywords=keywords))] if (
                last_name(function) in _LISTINGS
            ):
                named = [keyword.value for keyword in keywords if keyword.arg == "prefix"]
                return next(iter([*arguments[1:2], *named]), None)
        return None


def _parts(node: ast.expr) -> list[ast.expr]:
    """The parts that a text is put together of, as far as they show."""
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [left, right]
        case ast.JoinedStr(values=values):
            return [one.value if isinstance(one, ast.FormattedValue) else one for one in values]
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod(), right=right):
            return _filled(text, "%s", right.elts if isinstance(right, ast.Tuple) else [right])
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format"), args=arguments):
            return _filled(text, "{}", arguments)
    return []


def _filled(text: str, place: str, values: list[ast.expr]) -> list[ast.expr]:
    """The parts of a text whose places some values fill; nothing where it has other places."""
    pieces = text.split(place)
    if len(pieces) != len(values) + 1 or any(mark in piece for piece in pieces for mark in "%{}"):
        return []
    between = [[value, ast.Constant(piece)] for value, piece in zip(values, pieces[1:], strict=True)]
    return [ast.Constant(pieces[0]), *(part for pair in between for part in pair)]
