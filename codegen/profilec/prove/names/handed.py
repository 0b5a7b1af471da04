"""What a file loses sight of: namespaces that it hands on, and names that it asks of what is not known.

`time` that is returned, kept in a table or given to somebody may afterwards be the value of anything, here or
in another file. What asks an unknown thing for `sleep` may ask `time`.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from profilec.prove.names.modules import Located
from profilec.prove.names.nodes import last_name, walk

type Names = Callable[[ast.expr], frozenset[str]]

_KNOWN = (
    ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp,
    ast.DictComp, ast.GeneratorExp, ast.Lambda, ast.Compare,
)  # fmt: skip
"""Expressions of a type that shows."""

ONLY_LOOKING = frozenset(
    f"builtins.{name}"
    for name in (
        "bool", "callable", "delattr", "dir", "getattr", "hasattr", "help", "id", "isinstance", "issubclass",
        "print", "repr", "setattr", "str", "type", "vars",
    )
) | {"functools.partial", "importlib.reload", "typing.cast"}  # fmt: skip
"""Functions that do not pass their first argument on, or whose result is followed."""
_GIVING = ("__import__", "cast", "getattr", "import_module", "nullcontext", "reload")
"""Last names of functions that may give a namespace."""
_TABLES = ("modules", "__dict__")
"""Last names of tables that hold namespaces, or what is in one."""
_LOOKING = frozenset({
    ast.ClassDef, ast.Call, ast.Assign, ast.AnnAssign, ast.Subscript, ast.Expr, ast.NamedExpr, ast.Compare,
    ast.IfExp, ast.BoolOp, ast.UnaryOp, ast.If, ast.While, ast.Assert,
})  # fmt: skip
_SETTING = ("setattr", "delattr")
"""Methods that other things have for their own sake, such as a monkeypatch."""


def handed_on(nodes: list[ast.AST], names: Names, wanted: frozenset[str]) -> Iterator[tuple[str, ast.expr]]:
    """Every place where one of some namespaces or functions becomes the value of what is not a name.

    Args:
        nodes: the nodes of a file, each before what is in it.
        names: what an expression may stand for.
        wanted: what is of interest.
    """
    candidates = _candidates(_by_kind(nodes), wanted)
    in_sight: set[int] = set()
    for node in nodes if candidates else ():
        if type(node) in _LOOKING:
            seen = _in_sight(node, names, candidates, is_kept=id(node) in in_sight)
            in_sight.update(map(id, seen))
    for candidate in candidates.values():
        if id(candidate) not in in_sight:
            yield from ((name, candidate) for name in sorted(names(candidate) & wanted))


def _by_kind(nodes: Iterable[ast.AST]) -> Mapping[type, list[Any]]:
    found: defaultdict[type, list[Any]] = defaultdict(list)
    for node in nodes:
        found[type(node)].append(node)
    return found


def _candidates(nodes: Mapping[type, list[Any]], wanted: frozenset[str]) -> dict[int, ast.expr]:
    """What may be of interest by a name that it was not handed on by, by ids.

    What is called is not handed on, nor what is asked for an attribute.
    """
    ends = {part for name in wanted for part in (_top(name), name.rpartition(".")[2])}
    names = _names_bound_to(ends, nodes)
    found: list[ast.expr] = [one for one in nodes[ast.Name] if one.id in names]
    found += [one for one in nodes[ast.Attribute] if one.attr in ends]
    found += [one for one in nodes[ast.Call] if last_name(one.func) in _GIVING]
    found += [one for one in nodes[ast.Subscript] if last_name(one.value) in _TABLES]
    passed = {id(one.value) for one in nodes[ast.Attribute]} | {id(one.func) for one in nodes[ast.Call]}
    return {id(one): one for one in found if id(one) not in passed}


def _names_bound_to(ends: set[str], nodes: Mapping[type, list[Any]]) -> set[str]:
    """The names that imports and assignments give to what is called one of some names."""
    names = set(ends)
    for node in nodes[ast.Import]:
        names.update(one.asname for one in node.names if one.asname and _top(one.name) in ends)
    for node in nodes[ast.ImportFrom]:
        is_inside = _top(node.module or "") in ends
        names.update(one.asname for one in node.names if one.asname and (is_inside or one.name in ends))
    for alias in reversed([*nodes[ast.AnnAssign], *nodes[ast.Assign]]):  # blocks come in the opposite order
        if not names.isdisjoint(_may_be_called(alias.value)):
            targets = alias.targets if isinstance(alias, ast.Assign) else [alias.target]
            names.update(one.id for one in targets if isinstance(one, ast.Name))
    return names


def _may_be_called(value: ast.expr | None) -> Iterator[str]:
    """The last names of what an expression may be without anything being called but what gives namespaces."""
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case ast.IfExp(body=one, orelse=other):
            yield from (*_may_be_called(one), *_may_be_called(other))
        case ast.BoolOp(values=operands):
            yield from (name for operand in operands for name in _may_be_called(operand))
        case ast.NamedExpr(value=inner):
            yield from _may_be_called(inner)
        case ast.Call(func=called, args=arguments) if last_name(called) in _GIVING:
            yield from (last_name(one) for one in arguments)
            yield from (one.value for one in arguments if isinstance(one, ast.Constant))  # type: ignore[misc]  # what is no text is no name either
        case ast.Subscript(value=table, slice=ast.Constant(value=str(name))) if last_name(table) in _TABLES:
            yield name


def _in_sight(
    node: ast.AST, names: Names, candidates: Mapping[int, ast.expr], *, is_kept: bool
) -> Sequence[ast.AST]:
    """The expressions in a node that only give a name its value, or that it only looks at.

    Of a class, the statements that give an attribute its value: what they hold is not of the file alone.
    """
    match node:
        case ast.ClassDef(body=body):
            return [one for one in body if isinstance(one, ast.Assign | ast.AnnAssign)]
        case ast.Call(func=called, args=[first, *others]) if id(first) in candidates:
            is_unsaid = len(others) > 0 and isinstance(others[0], ast.Name) and last_name(called) == "getattr"
            is_looking = last_name(called) in _SETTING or not names(called).isdisjoint(ONLY_LOOKING)
            return [called, first] if is_looking and not is_unsaid else [called]
        case ast.Call(func=called):
            return [called]
        case ast.Assign(targets=targets, value=value) if all(isinstance(one, ast.Name) for one in targets):
            return [] if is_kept else [value]
        case ast.AnnAssign(target=ast.Name(), value=ast.expr() as value):
            return [] if is_kept else [value]
        case ast.Subscript(value=value) | ast.Expr(value=value) | ast.NamedExpr(value=value):
            return [value]
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
        case ast.IfExp(test=test, body=one, orelse=other):
            return [test, one, other] if is_kept else [test]
        case ast.BoolOp(values=operands):
            return operands if is_kept else []
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.If(test=test) | ast.While(test=test) | ast.Assert(test=test):
            return [test]
    return []


def may_hand_on(data: bytes, tops: frozenset[str]) -> bool:
    """Whether a file may hand on a namespace with one of some top-level names, as far as its text shows.

    It may if it reads one for more than an attribute, or gives it another name.
    """
    found = (match["imports"] for match in _naming(tops).finditer(data))
    return any(one is None or b" as " in one or b"__dict__" in one for one in found)


def reads_one_of(syntax: ast.Module, tops: frozenset[str]) -> bool:
    """Whether a file reads one of some names, or what it imports of them, for more than an attribute."""
    nodes = _by_kind(walk(syntax))
    names = _names_bound_to(set(tops), nodes)
    read = {id(one) for one in nodes[ast.Name] if one.id in names and isinstance(one.ctx, ast.Load)}
    looked_at = {id(one.value) for one in nodes[ast.Attribute] if one.attr != "__dict__"}
    for call in nodes[ast.Call]:
        match call:
            case ast.Call(func=ast.Name(id="hasattr" | "getattr"), args=[owner, ast.Constant(), *_]):
                looked_at.add(id(owner))
    return not read <= looked_at


def _top(name: str) -> str:
    return name.partition(".")[0]


@cache
def _naming(tops: frozenset[str]) -> re.Pattern[bytes]:
    """Finds imports of some names, and where they may be read: not in prose, nor where they are looked at."""
    names = b"|".join(sorted(re.escape(top.encode()) for top in tops))
    plain = rb"^[ \t]*import[ \t][^\n]*?(?<![\w.])(?:%s)\b[^\n]*" % names
    imported = rb"%s|^[ \t]*from[ \t]+(?:%s)\b[^\n]*" % (plain, names)
    in_prose = rb"[ \t]+(?!(?:and|as|else|for|if|in|is|not|or)\b)\w"
    read = rb"(?<![\w.'\"`])(?<!hasattr\()(?<!getattr\()(?:%s)\b(?!\s*[.'\"`]|%s)" % (names, in_prose)
    asked = rb"getattr\((?:%s)\s*,\s*(?!['\"])|\b(?:%s)\.__dict__" % (names, names)
    return re.compile(rb"(?P<imports>%s)|%s|%s" % (imported, read, asked), re.MULTILINE)


def names_asked_of_unknown(
    nodes: Iterable[ast.AST], values: Callable[[ast.expr], object], words: frozenset[str], unused: set[int]
) -> Iterator[tuple[str, Located]]:
    """Every attribute with a name of interest of which nothing says what it stands for; not those unused."""
    for node in nodes:
        match node:
            case ast.Attribute(value=value, attr=name, ctx=ast.Load()) if name in words:
                if id(node) not in unused and not isinstance(value, _KNOWN) and not values(node):
                    yield name, node
            case ast.Match(subject=subject) if not isinstance(subject, _KNOWN) and not values(subject):
                yield from ((name, at) for name, at in asked_by_patterns(node) if name in words)


def asked_by_patterns(node: ast.Match) -> Iterator[tuple[str, Located]]:
    """The attributes that the patterns of a `match` ask its subject for."""
    pending = [case.pattern for case in node.cases]
    while pending:
        match pattern := pending.pop():
            case ast.MatchClass(kwd_attrs=names):
                yield from ((name, pattern) for name in names)
            case ast.MatchAs(pattern=ast.pattern() as inner):
                pending.append(inner)
            case ast.MatchOr(patterns=patterns):
                pending += patterns


def unused(nodes: Iterable[ast.AST], owners: Iterable[str]) -> set[int]:
    """The expressions, by ids, whose value is not used as something that is in one of some namespaces.

    What is only tested is not used at all. In `x.socket.error`, `x.socket` is a module rather than what that
    has of the same name.
    """
    modules = {owner.rpartition(".")[2] for owner in owners}
    found: set[int] = set()
    for node in nodes:
        match node:
            case ast.Attribute(value=value) if last_name(value) in modules:
                found.add(id(value))
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
                found.add(id(test))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                found.add(id(operand))
            case ast.Compare(left=left, comparators=others):
                found.update(map(id, (left, *others)))
            case ast.BoolOp(values=operands) if id(node) in found:
                found.update(map(id, operands))
    return found
