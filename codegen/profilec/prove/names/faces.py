"""What statements look like from outside: all of them but what functions do.

Two files with the same faces have the same public names and signatures.
"""

import ast
from collections.abc import Iterable, Iterator

from profilec.prove.names.nodes import children


def faces(body: Iterable[ast.stmt]) -> list[str]:
    """What each statement of a module looks like, in order; an import shows only where another uses it."""
    return [face for node in body if not list(_imported(node)) for face in _face(node)]


def imported(body: Iterable[ast.stmt]) -> set[tuple[str, str]]:
    """The names that imports give to modules and to what is in them, each with what it stands for."""
    return {pair for node in body for pair in _imported(node)}


def _imported(node: ast.stmt) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases) if not any(map(_shows, aliases)):
            origin = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            for alias in aliases:
                yield alias.asname or alias.name.partition(".")[0], f"{origin} {alias.name}"


def _shows(alias: ast.alias) -> bool:
    """Whether what is imported is public here."""
    return alias.name == "*" or alias.asname == alias.name


def _face(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield f"{ast.dump(_without_body(node))} {yields(node)}"
        case ast.ClassDef():
            yield ast.dump(_without_body(node))
            yield from (face for inner in node.body for face in _face(inner))
            yield "end"
        case _:
            yield ast.dump(node)


def _without_body(node: ast.AST) -> ast.AST:
    return type(node)(**{**dict(ast.iter_fields(node)), "body": []})


def yields(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is a generator."""
    pending: list[ast.AST] = [*function.body]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending += children(node)
    return False
