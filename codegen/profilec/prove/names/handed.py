"""What a file loses sight of: namespaces that it hands on, and names that it asks of what is not known.

`time` that is returned, kept in a table or given to somebody may afterwards be the value of anything, here or
in another file. What asks an unknown thing for `sleep` may ask `time`.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

from profilec.prove.names.modules import Located
from profilec.prove.names.nodes import Nodes, last_name
from profilec.prove.names.run_time import at_run_time

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
_TABLES = ("modules", "__dict__", "__globals__", "globals", "locals", "vars")
"""Last names of tables that hold namespaces, or what is in one, and of functions that give such tables."""
_LOOKING = frozenset({
    ast.ClassDef, ast.Call, ast.Assign, ast.AnnAssign, ast.Subscript, ast.Expr, ast.NamedExpr, ast.Compare,
    ast.IfExp, ast.BoolOp, ast.UnaryOp, ast.If, ast.While, ast.Assert,
})  # fmt: skip
_SETTING = ("setattr", "delattr")
"""Methods that other things have for their own sake, such as a monkeypatch."""


def handed_on(nodes: Nodes, names: Names, wanted: frozenset[str]) -> Iterator[tuple[str, ast.expr]]:
    """Every place where one of some namespaces or functions becomes the value of what is not a name.

    Args:
        nodes: the nodes of a file.
        names: what an expression may stand for.
        wanted: what is of interest.
    """
    candidates = _candidates(nodes, wanted)
    in_sight: set[int] = set()
    for node in nodes.in_order if candidates else ():
        if type(node) in _LOOKING:
            seen = _in_sight(node, names, candidates, is_kept=id(node) in in_sight)
            in_sight.update(map(id, seen))
    for candidate in candidates.values():
        if id(candidate) not in in_sight:
            yield from ((name, candidate) for name in sorted(names(candidate) & wanted))


def _candidates(nodes: Nodes, wanted: frozenset[str]) -> dict[int, ast.expr]:
    """What may be of interest by a name that it was not handed on by, by ids.

    What is called is not handed on, nor what is asked for an attribute.
    """
    ends = {part for name in wanted for part in (_top(name), name.rpartition(".")[2])}
    names = _names_bound_to(ends, nodes)
    found: list[ast.expr] = [one for one in nodes.of(ast.Name) if one.id in names]
    found += [one for one in nodes.of(ast.Attribute) if one.attr in names]
    found += [one for one in nodes.of(ast.Call) if last_name(one.func) in _GIVING or _asks_table(one.func)]
    found += [one for one in nodes.of(ast.Subscript) if _holds_namespaces(one.value)]
    passed = {id(one.value) for one in nodes.of(ast.Attribute)}
    passed |= {id(one.func) for one in nodes.of(ast.Call)}
    return {id(one): one for one in found if id(one) not in passed}


def _holds_namespaces(table: ast.expr) -> bool:
    """Whether a table may hold namespaces: `sys.modules`, `globals()`."""
    return last_name(table.func if isinstance(table, ast.Call) else table) in _TABLES


def _asks_table(method: ast.expr) -> bool:
    """Whether what is called is a method of such a table: `sys.modules.get`."""
    return isinstance(method, ast.Attribute) and _holds_namespaces(method.value)


def _names_bound_to(ends: set[str], nodes: Nodes) -> set[str]:
    """The names that imports and assignments give to what is called one of some names."""
    names = set(ends)
    for plain in nodes.of(ast.Import):
        names.update(one.asname for one in plain.names if one.asname and _top(one.name) in ends)
    for some in nodes.of(ast.ImportFrom):
        is_inside = _top(some.module or "") in ends
        names.update(one.asname for one in some.names if one.asname and (is_inside or one.name in ends))
    aliases: list[ast.AnnAssign | ast.Assign | ast.NamedExpr] = [
        *nodes.of(ast.AnnAssign),
        *nodes.of(ast.Assign),
        *nodes.of(ast.NamedExpr),
    ]
    for alias in reversed(aliases):  # blocks come in the opposite order
        if not names.isdisjoint(_may_be_called(alias.value)):
            targets = alias.targets if isinstance(alias, ast.Assign) else [alias.target]
            names.update(one.id for one in targets if isinstance(one, ast.Name))
    return names


def has_name(value: ast.expr) -> bool:
    """Whether an expression may be what has a name already."""
    return any(_may_be_called(value))


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
        case ast.Subscript(value=table, slice=ast.Constant(value=str(name))) if _holds_namespaces(table):
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
    imports, names = _naming(tops)
    lines = (one for pattern in imports for one in pattern.finditer(data) if _begins_line(data, one))
    spans = [(one.span(), b" as " in one[0] or b"__dict__" in one[0]) for one in lines]
    if any(renames for _, renames in spans):
        return True
    imported = [span for span, _ in spans]
    read = (one.start() for name, pattern in names.items() if name in data for one in pattern.finditer(data))
    return any(all(not start <= at < end for start, end in imported) for at in read)


def may_take_module(data: bytes, tops: frozenset[str]) -> bool:
    """Whether a file may take a module with one of some top-level names from `sys.modules`."""
    return b"modules" in data and _taking(tops).search(data) is not None


def reads_one_of(syntax: ast.Module, tops: frozenset[str]) -> bool:
    """Whether a file reads one of some names, or what it imports of them, for more than an attribute."""
    nodes = at_run_time(syntax)
    names = _names_bound_to(set(tops), nodes)
    read = {id(one) for one in nodes.of(ast.Name) if one.id in names and isinstance(one.ctx, ast.Load)}
    looked_at = {id(one.value) for one in nodes.of(ast.Attribute) if one.attr != "__dict__"}
    for call in nodes.of(ast.Call):
        match call:
            case ast.Call(func=ast.Name(id="hasattr" | "getattr"), args=[owner, ast.Constant(), *_]):
                looked_at.add(id(owner))
    return not read <= looked_at


def _top(name: str) -> str:
    return name.partition(".")[0]


def _begins_line(data: bytes, found: re.Match[bytes]) -> bool:
    return not data[data.rfind(b"\n", 0, found.start()) + 1 : found.start()].strip(b" \t")


@cache
def _taking(tops: frozenset[str]) -> re.Pattern[bytes]:
    """A pattern of an entry of `sys.modules`, which begins with plain text, too."""
    words = "|".join(map(re.escape, sorted(tops))).encode()
    return re.compile(rb"""modules(?:\s*\[|\.\w+\()\s*['"](?:%s)\b""" % words)


@cache
def _naming(tops: frozenset[str]) -> tuple[tuple[re.Pattern[bytes], ...], dict[bytes, re.Pattern[bytes]]]:
    """Patterns of imports of some names, and of where each may be read: not in prose, nor only looked at.

    Each begins with plain text, which is found far sooner than what stands before it is looked at.
    """
    words = {top.encode(): re.escape(top.encode()) for top in sorted(tops)}
    any_of = b"|".join(words.values())
    imports = rb"import[ \t][^\n]*?(?<![\w.])(?:%s)\b[^\n]*" % any_of, rb"from[ \t]+(?:%s)\b[^\n]*" % any_of
    in_prose = rb"[ \t]+(?!(?:and|as|else|for|if|in|is|not|or)\b)\w"
    names = {
        word: rb"%(w)s(?:(?<![\w.'\"`]%(w)s)(?<!hasattr\(%(w)s)(?<!getattr\(%(w)s)\b(?!\s*[.'\"`]|%(prose)s)"
        rb"|(?<=getattr\(%(w)s)\s*+,\s*+(?!['\"])|(?<!\w%(w)s)\.__dict__)"
        % {b"w": escaped, b"prose": in_prose}
        for word, escaped in words.items()
    }
    return tuple(map(re.compile, imports)), {word: re.compile(text) for word, text in names.items()}


def names_asked_of_unknown(
    nodes: Nodes, values: Callable[[ast.expr], object], words: frozenset[str], unused: set[int]
) -> Iterator[tuple[str, Located]]:
    """Every attribute with a name of interest of which nothing says what it stands for; not those unused."""
    for node in nodes.of(ast.Attribute):
        is_asked = node.attr in words and isinstance(node.ctx, ast.Load) and id(node) not in unused
        if is_asked and not isinstance(node.value, _KNOWN) and not values(node):
            yield node.attr, node
    for match in nodes.of(ast.Match):
        if not isinstance(match.subject, _KNOWN) and not values(match.subject):
            yield from ((name, at) for name, at in asked_by_patterns(match) if name in words)


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


def unused(nodes: Nodes, owners: Iterable[str]) -> set[int]:
    """The expressions, by ids, whose value is not used as something that is in one of some namespaces.

    What is only tested is not used at all. In `x.socket.error`, `x.socket` is a module rather than what that
    has of the same name.
    """
    modules = {owner.rpartition(".")[2] for owner in owners}
    found = {id(one.value) for one in nodes.of(ast.Attribute) if last_name(one.value) in modules}
    found |= {id(one.test) for one in nodes.of(ast.If)} | {id(one.test) for one in nodes.of(ast.While)}
    found |= {id(one.test) for one in nodes.of(ast.IfExp)} | {id(one.test) for one in nodes.of(ast.Assert)}
    found |= {id(one.operand) for one in nodes.of(ast.UnaryOp) if isinstance(one.op, ast.Not)}
    found |= {id(part) for one in nodes.of(ast.Compare) for part in (one.left, *one.comparators)}
    for operation in nodes.of(ast.BoolOp):
        if id(operation) in found:
            found.update(map(id, operation.values))
    return found
