"""The nodes of syntax trees, one after another. `ast.walk` costs a multiple, and proofs look at every node.

Contexts and operators are left out: they are half of all nodes, and whoever cares asks the node around them.
"""

import ast
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

FILES_HELD = 4
"""Files whose syntax is held at once, with what was found in it: syntax is large, and a proof that asks about
a file twice does so before it looks at many others."""

_NO_NODES = frozenset({
    "ctx", "op", "ops", "id", "attr", "arg", "asname", "module", "level", "kind", "type_comment", "rest",
    "simple", "is_async", "conversion", "tag", "kwd_attrs",
})  # fmt: skip
"""Fields that hold no nodes, or none that anybody looks for."""
_WITH_GAPS = frozenset({"keys", "kw_defaults"})
"""Lists in which None stands for what is not written."""
_COMPOUND = frozenset({"body", "orelse", "finalbody", "handlers", "cases"})


class Nodes:
    """Some nodes by what they are: who looks for calls need not look at all the rest."""

    def __init__(self, nodes: Iterable[ast.AST]) -> None:
        """Look at each once.

        Args:
            nodes: the nodes, each before what is in it.
        """
        self.in_order = list(nodes)
        self._by_kind: defaultdict[type[ast.AST], list[Any]] = defaultdict(list)
        for node in self.in_order:
            self._by_kind[type(node)].append(node)

    def of[N: ast.AST](self, kind: type[N], *others: type[N]) -> Sequence[N]:
        """The nodes of some kinds, each before what is in it as far as they are of the same kind."""
        found: Sequence[N] = self._by_kind[kind]
        return [*found, *chain(*(self._by_kind[other] for other in others))] if others else found


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below a node."""
    found: list[ast.AST] = []
    for name in FIELDS[type(node)]:
        value = getattr(node, name, None)
        if value is None:
            continue
        if value.__class__ is not list:
            found.append(value)
        elif name in _WITH_GAPS:
            found += [one for one in value if one is not None]
        else:
            found += value
    return found


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it, those that are nearer first."""
    pending = [node]
    for current in pending:
        yield current
        if FIELDS[type(current)]:
            pending += children(current)


def walk_on(node: ast.AST, lines: Sequence[int]) -> Iterator[ast.AST]:
    """A node and those below it that may stand on one of some lines, which are in order."""
    pending = [node]
    for current in pending:
        yield current
        whole = isinstance(current, ast.JoinedStr)  # the places in it are not reliable
        pending += [child for child in children(current) if whole or may_stand_on(child, lines)]


def may_stand_on(node: ast.AST, lines: Sequence[int]) -> bool:
    """Whether a node, or a part of it, stands on one of some lines, which are in order."""
    last: int | None = getattr(node, "end_lineno", None)
    if last is None:
        return True
    index = bisect_left(lines, first_line(node))
    return index < len(lines) and lines[index] <= last


def first_line(node: ast.AST) -> int:
    """The line on which a node begins, with its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    line: int = (decorators[0] if decorators else node).lineno  # type: ignore[attr-defined]  # of what has a place
    return line


def inner_blocks(node: ast.stmt | ast.excepthandler | ast.match_case) -> Iterator[list[ast.AST]]:
    """The blocks of a compound statement, of a handler or a case, in the order of its fields."""
    for name in _BLOCKS[type(node)]:
        yield getattr(node, name)


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of a kind of node, of those that count."""

    def __init__(self, counts: Callable[[type[ast.AST], str], bool]) -> None:
        """Find each when it is asked for."""
        self._counts = counts

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        self[kind] = tuple(name for name in kind._fields if self._counts(kind, name))
        return self[kind]


def _may_hold_nodes(kind: type[ast.AST], name: str) -> bool:
    match name:
        case "name":
            return issubclass(kind, ast.TypeAlias)
        case "names":
            return not issubclass(kind, ast.Global | ast.Nonlocal)
        case "value":
            return not issubclass(kind, ast.Constant | ast.MatchSingleton)
    return name not in _NO_NODES


FIELDS = _Fields(_may_hold_nodes)
"""The fields of a node in which there may be nodes; those of most nodes hold none."""
_BLOCKS = _Fields(lambda _, name: name in _COMPOUND)


def last_name(node: ast.expr) -> str:
    """The name, or the last attribute, that an expression is; the empty string for any other."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
