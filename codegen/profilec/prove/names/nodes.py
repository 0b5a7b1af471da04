"""The nodes of syntax trees, one after another. `ast.walk` costs a multiple, and proofs look at every node.

Contexts and operators are left out: they are half of all nodes, and whoever cares asks the node around them.
"""

import ast
from collections.abc import Iterator
from functools import cache

_LEFT_OUT = frozenset({"ctx", "op", "ops"})
_BLOCKS = frozenset({"body", "orelse", "finalbody", "handlers", "cases"})


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below a node."""
    found: list[ast.AST] = []
    for name in _telling(node._fields):
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [one for one in value if isinstance(one, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it, those that are nearer first."""
    pending = [node]
    for current in pending:
        yield current
        pending += children(current)


def inner_blocks(node: ast.stmt | ast.excepthandler | ast.match_case) -> Iterator[list[ast.AST]]:
    """The blocks of a compound statement, of a handler or a case, in the order of its fields."""
    for name in _blocks(node._fields):
        yield getattr(node, name)


@cache
def _telling(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in fields if name not in _LEFT_OUT)


@cache
def _blocks(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in fields if name in _BLOCKS)
