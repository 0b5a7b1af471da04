"""The entries of `__all__`, as far as they are written out, with the place of each."""

import ast
from collections.abc import Callable, Iterator

from profilec.prove.names.modules import Located, Module, statements
from profilec.prove.names.nodes import last_name, walk

_FURTHEST = 8
"""Lists of other names and modules that are followed; a circle ends here."""
_COPIES = ("list", "tuple", "set", "frozenset", "sorted")
_OF_NAMES = ("dir", "globals", "locals", "vars")
"""Functions that give the names of a module, among others."""


class Listed:
    """Reads `__all__` of modules."""

    def __init__(
        self, modules: Callable[[str], Module | None], is_declared: Callable[[Module, Located], bool]
    ) -> None:
        """Read nothing yet.

        Args:
            modules: gives the parsed module of a name.
            is_declared: whether the source says of a node that it is for some profiles.
        """
        self._modules = modules
        self._is_declared = is_declared

    def entries(self, module: Module, table: str = "__all__", depth: int = 0) -> dict[str, bool] | None:
        """The strings in a list of a module and whether each is declared; None where there is no list.

        One that is made of the names that the module has says nothing that these do not say.
        """
        found: dict[str, bool] | None = None
        for node in statements(module.syntax.body) if depth < _FURTHEST else ():
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == table and _is_of_names(
                    value
                ):
                    return None
                case ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(
                    target=ast.Name(id=name), value=ast.expr() as value
                ) if (name == table):
                    before = {} if found is None or node in module.syntax.body else found
                    if _names_itself(value, table):
                        before = found or {}
                    found = before | dict(self._in(module, value, depth))
                case (
                    ast.AugAssign(target=ast.Name(id=name), value=value)
                    | ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value)
                    | ast.Expr(
                        ast.Call(
                            func=ast.Attribute(
                                value=ast.Name(id=name), attr="append" | "extend" | "insert" | "add"
                            ),
                            args=[*_, value],
                        )
                    )
                ) if (
                    name == table
                ):
                    found = (found or {}) | dict(self._in(module, value, depth))
                case ast.Expr(
                    ast.Call(
                        func=ast.Attribute(value=ast.Name(id=name), attr="remove" | "discard"),
                        args=[ast.Constant(value=str(entry))],
                    )
                ) if (
                    name == table and found and not self._is_declared(module, node)
                ):
                    found.pop(entry, None)
        return found

    def _in(self, module: Module, value: ast.expr, depth: int) -> Iterator[tuple[str, bool]]:
        match value:
            case ast.Constant(value=str(name)):
                yield name, self._is_declared(module, value)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                for part in parts:
                    yield from self._in(module, part, depth)
            case ast.Dict(keys=keys):
                for key in keys:
                    yield from self._in(module, key, depth) if key else ()
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="split")):
                yield from ((name, self._is_declared(module, value)) for name, _ in written_entries(value))
            case ast.BinOp(left=left, op=ast.Add() | ast.BitOr(), right=right):
                yield from self._in(module, left, depth)
                yield from self._in(module, right, depth)
            case ast.IfExp(body=body, orelse=orelse):
                yield from self._in(module, body, depth)
                yield from self._in(module, orelse, depth)
            case ast.Starred(value=inner):
                yield from self._in(module, inner, depth)
            case ast.Call(func=ast.Name(id=copy), args=[inner]) if copy in _COPIES:
                yield from self._in(module, inner, depth)
            case ast.ListComp(
                elt=ast.Name(id=name), generators=[ast.comprehension(target=ast.Name(id=each), iter=inner)]
            ) | ast.GeneratorExp(
                elt=ast.Name(id=name), generators=[ast.comprehension(target=ast.Name(id=each), iter=inner)]
            ) if (
                name == each
            ):
                yield from self._in(module, inner, depth)
            case ast.Name(id=other) if other != "__all__":
                yield from (self.entries(module, other, depth + 1) or {}).items()
            case ast.Attribute(value=ast.Name(id=alias), attr="__all__"):
                inside = self._modules(_imported_module(module, alias) or "")
                yield from ((inside and self.entries(inside, "__all__", depth + 1)) or {}).items()


def written_entries(value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """The names that a string, or a table or text of strings, lists, each with what says so."""
    match value:
        case ast.Constant(value=str(name)):
            yield name, value
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            for part in parts:
                yield from written_entries(part)
        case ast.Dict(keys=keys):
            for key in keys:
                yield from written_entries(key) if key else ()
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="split"), args=[]):
            yield from ((name, value) for name in text.split())
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str(text)), attr="split"),
            args=[ast.Constant(value=str(between))],
        ) if between:
            yield from ((name, value) for name in text.split(between))


def _is_of_names(value: ast.expr) -> bool:
    return any(isinstance(node, ast.Call) and last_name(node.func) in _OF_NAMES for node in walk(value))


def _names_itself(value: ast.expr, table: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == table for node in walk(value))


def _imported_module(module: Module, alias: str) -> str | None:
    """The module that a name at the top of a file was imported as."""
    for node in statements(module.syntax.body):
        match node:
            case ast.Import(names=names):
                for one in names:
                    if (one.asname or one.name) == alias:
                        return one.name
            case ast.ImportFrom(names=names):
                for one in names:
                    if (one.asname or one.name) == alias:
                        return f"{module.absolute(node.module, node.level)}.{one.name}"
    return None
