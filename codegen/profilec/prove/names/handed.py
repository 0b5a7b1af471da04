"""What a file loses sight of: namespaces that it hands on, and names that it asks of what is not known.

`time` that is returned, kept in a table or given to somebody may afterwards be the value of anything, here or
in another file. What asks an unknown thing for `sleep` may ask `time`.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from profilec.prove.names.modules import Module
from profilec.prove.names.nodes import children, walk

type Names = Callable[[ast.expr], frozenset[str]]

_KNOWN = (
    ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp,
    ast.DictComp, ast.GeneratorExp, ast.Lambda, ast.Compare,
)  # fmt: skip
"""Expressions of a type that shows."""

_ONLY_LOOKING = frozenset(
    f"builtins.{name}"
    for name in (
        "bool", "callable", "delattr", "dir", "getattr", "hasattr", "help", "id", "isinstance", "issubclass",
        "print", "repr", "setattr", "str", "type", "vars",
    )
) | {"importlib.reload", "typing.cast"}  # fmt: skip
"""Functions that do not pass their first argument on, or whose result is followed."""


def namespaces_handed_on(
    nodes: Iterable[ast.AST], names: Names, owners: frozenset[str]
) -> Iterator[tuple[str, ast.expr]]:
    """Every place where a namespace becomes the value of something that is not a name.

    Args:
        nodes: the nodes of a file, each before what is in it.
        names: what an expression may stand for.
        owners: the namespaces of interest.
    """
    in_sight: set[int] = set()
    for node in nodes:
        in_sight.update(id(inner) for inner in _in_sight(node, names, is_kept=id(node) in in_sight))
        match node:
            case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()) | ast.Call() | ast.Subscript():
                if id(node) not in in_sight:
                    yield from ((name, node) for name in sorted(names(node) & owners))


def _in_sight(node: ast.AST, names: Names, *, is_kept: bool) -> list[ast.AST]:
    """The expressions in a node that only give a name its value, or that it only looks at.

    Of a class, the statements that give an attribute its value: what they hold is not of the file alone.
    """
    match node:
        case ast.ClassDef(body=body):
            return [one for one in body if isinstance(one, ast.Assign | ast.AnnAssign)]
        case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Expr(value=value):
            return [value]
        case ast.Call(func=called, args=[first, *_]) if not names(called).isdisjoint(_ONLY_LOOKING):
            return [called, first]
        case ast.Call(func=called):
            return [called]
        case ast.Assign(targets=targets, value=value) if all(isinstance(one, ast.Name) for one in targets):
            return [] if is_kept else [value]
        case ast.AnnAssign(target=ast.Name(), value=ast.expr() as value):
            return [] if is_kept else [value]
        case ast.NamedExpr(value=value):
            return [value]
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
        case ast.IfExp(test=test, body=one, orelse=other):
            return [test, one, other] if is_kept else [test]
        case ast.BoolOp(values=operands):
            return [*operands] if is_kept else []
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.If(test=test) | ast.While(test=test) | ast.Assert(test=test):
            return [test]
    return []


def may_hand_on(module: Module, data: bytes, tops: frozenset[str]) -> bool:
    """Whether a file may hand on a namespace with one of some top-level names: a cheap question, asked first.

    It may if it reads one, by whatever name it has it, for more than an attribute.
    """
    found = (match["imports"] for match in _naming(tops).finditer(data))
    if not any(statement is None or b" as " in statement for statement in found):
        return False
    names, read = set(tops), set[str]()
    for node in walk(module.syntax):
        match node:
            case ast.Import(names=aliases):
                names.update(one.asname for one in aliases if one.asname and _top(one.name) in tops)
            case ast.ImportFrom(module=str(origin), names=aliases) if _top(origin) in tops:
                names.update(one.asname or one.name for one in aliases)
            case ast.Attribute():
                pass
            case ast.Call(func=ast.Name(id="hasattr" | "getattr"), args=[_, ast.Constant(), *_]):
                pass
            case _:
                read.update(
                    inner.id
                    for inner in children(node)
                    if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)
                )
    return not names.isdisjoint(read)


def _top(name: str) -> str:
    return name.partition(".")[0]


@cache
def _naming(tops: frozenset[str]) -> re.Pattern[bytes]:
    names = b"|".join(sorted(re.escape(top.encode()) for top in tops))
    imports = rb"^[ \t]*import[ \t][^\n]*?(?<![\w.])(?:%s)\b[^\n]*|^[ \t]*from[ \t]+(?:%s)\b[^\n]*"
    return re.compile(
        rb"(?P<imports>%s)|(?<![\w.])(?:%s)\b(?!\s*\.)" % (imports % (names, names), names), re.MULTILINE
    )


def names_asked_of_unknown(
    nodes: Iterable[ast.AST], values: Callable[[ast.expr], object], words: frozenset[str]
) -> Iterator[tuple[str, ast.Attribute]]:
    """Every attribute with a name of interest of which nothing says what it stands for."""
    for node in nodes:
        match node:
            case ast.Attribute(value=value, attr=name, ctx=ast.Load()) if name in words:
                if not isinstance(value, _KNOWN) and not values(node):
                    yield name, node
