"""Where a file takes all that a namespace has at once: `vars(time)`, `time.__dict__`, `getmembers(time)`.

What is then done with it is not followed, but for an entry that is asked for there and then.
"""

import ast
from collections.abc import Callable, Iterator

from profilec.prove.names.nodes import Nodes, last_name

_PAIRS = ("getmembers", "getmembers_static")
"""Functions that give all that their first argument has, as a list of pairs."""
_ENTRY = ("get", "pop", "setdefault", "__getitem__")
"""Methods of a table that give one entry."""
_NAMES = ("keys", "update", "__contains__")
"""Methods of a table that give none of its values."""
_OF_NAMES = ("frozenset", "iter", "len", "list", "set", "sorted", "tuple")
"""Functions that ask a table only for its names."""


def taken_whole(nodes: Nodes, is_written: Callable[[ast.expr], bool]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Every expression that gives all of something, and what it is asked of.

    Args:
        nodes: the nodes of a file.
        is_written: whether the text is known that an expression gives.
    """
    if tables := [*_tables(nodes)]:
        passed_over = {id(part) for node in nodes.in_order for part in _looked_at(node, is_written)}
        yield from ((table, owner) for table, owner in tables if id(table) not in passed_over)
    yield from (
        (one, one.args[0]) for one in nodes.of(ast.Call) if last_name(one.func) in _PAIRS and one.args
    )


def _tables(nodes: Nodes) -> Iterator[tuple[ast.expr, ast.expr]]:
    found = ((one, namespace_of(one)) for one in (*nodes.of(ast.Attribute), *nodes.of(ast.Call)))
    yield from ((table, owner) for table, owner in found if owner is not None)


def namespace_of(table: ast.expr) -> ast.expr | None:
    """What a table has all attributes of; None for any other expression."""
    match table:
        case ast.Attribute(value=owner, attr="__dict__"):
            return owner
        case ast.Call(func=ast.Name(id="vars"), args=[owner]):
            return owner
    return None


def _looked_at(node: ast.AST, is_written: Callable[[ast.expr], bool]) -> list[ast.expr]:
    """The parts of a node of which it asks one entry, or none."""
    match node:
        case ast.Subscript(value=table):
            return [table]
        case ast.Call(func=ast.Attribute(value=table, attr=name), args=[key, *_]) if name in _ENTRY:
            return [table] if is_written(key) else []
        case ast.Call(func=function, args=[table, key]) if last_name(function) == "getitem":
            return [table] if is_written(key) else []
        case ast.Call(func=ast.Call(func=function, args=[key]), args=[table]):
            return [table] if last_name(function) == "itemgetter" and is_written(key) else []
        case ast.Attribute(value=table, attr=name) if name in _NAMES:
            return [table]
        case ast.Call(func=ast.Name(id=name), args=[table]) if name in _OF_NAMES:
            return [table]
        case ast.For(iter=table) | ast.AsyncFor(iter=table) | ast.comprehension(iter=table):
            return [table]
        case ast.Compare(comparators=tables):
            return tables
    return []
