"""What binds each name of a module or class, in order, also within its compound statements."""

import ast
from collections.abc import Iterable, Iterator

from profilec.prove.names.modules import statements
from profilec.prove.names.nodes import children, walk

type Binding = ast.stmt | ast.alias | ast.pattern


def bindings(body: Iterable[ast.stmt]) -> dict[str, list[Binding]]:
    """What binds each name, but those whose binding is deleted again: a statement, or a part of one."""
    found: dict[str, list[Binding]] = {}
    for name, node in _bindings(body):
        if isinstance(node, ast.Delete):
            found.pop(name, None)
        else:
            found.setdefault(name, []).append(node)
    return found


def _bindings(body: Iterable[ast.stmt]) -> Iterator[tuple[str, Binding]]:
    for node in statements(body):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    yield alias.asname or alias.name.partition(".")[0], alias
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.TypeAlias(name=ast.Name(id=name)):
                yield name, node
            case ast.Assign(targets=targets):
                yield from ((name, node) for target in targets for name in _names(target))
            case ast.For(target=target) | ast.AsyncFor(target=target):
                yield from ((name, node) for name in _names(target))
            case ast.With(items=items) | ast.AsyncWith(items=items):
                targets = [item.optional_vars for item in items if item.optional_vars]
                yield from ((name, node) for target in targets for name in _names(target))
            case ast.Match(cases=cases):
                yield from (pair for case in cases for pair in _captured(case.pattern))
            case ast.Delete():
                yield from ((name, node) for target in node.targets for name in _names(target))
        yield from ((name, node) for name in _bound_in_expressions(node))


def _names(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            for inner in targets:
                yield from _names(inner)
        case ast.Starred(value=inner):
            yield from _names(inner)


def _captured(pattern: ast.pattern) -> Iterator[tuple[str, ast.pattern]]:
    for node in walk(pattern):
        match node:
            case (
                ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name))
            ):
                yield name, node


def _bound_in_expressions(statement: ast.stmt) -> Iterator[str]:
    """The names that `:=` binds in the expressions of one statement, comprehensions included."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    pending: list[ast.AST] = children(statement)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.NamedExpr):
            yield node.target.id
        if isinstance(node, ast.match_case):
            pending += [node.guard] if node.guard else []
        elif not isinstance(node, ast.stmt | ast.ExceptHandler | ast.Lambda):
            pending += children(node)


def surely_bound(body: Iterable[ast.stmt]) -> frozenset[str]:
    """The names that statements bind whatever `if` and `try` come to; loops are taken to be gone through."""
    found: frozenset[str] = frozenset()
    for node in body:
        match node:
            case ast.If(body=one, orelse=other):
                found |= _in_each([one, other])
            case ast.Try(body=tried, handlers=handlers, orelse=other, finalbody=last):
                found |= _in_each([[*tried, *other], *(handler.body for handler in handlers)])
                found |= surely_bound(last)
            case _:
                found = found.union(bindings([node]))
    return found


def _in_each(ways: Iterable[list[ast.stmt]]) -> frozenset[str]:
    """The names that each of some blocks binds; one that ends by raising is none that goes on."""
    ways = [way for way in ways if not (way and isinstance(way[-1], ast.Raise))]
    bound = [surely_bound(way) for way in ways]
    return frozenset.intersection(*bound) if bound else frozenset()
