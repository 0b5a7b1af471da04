"""What a file hands on: its calls by what they call, the attributes it sets, what it adds to tables.

Names only: what they stand for is for those to find out who ask.
"""

import ast
from collections.abc import Callable, Iterator
from functools import lru_cache

from msgspec import Struct

from profilec.prove.names.nodes import FILES_HELD, children, last_name
from profilec.prove.names.run_time import at_run_time

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_GROWING = ("append", "extend", "insert", "add", "update", "setdefault")
_ADDING = ("append", "appendleft", "add", "insert", "extend", "update", "setdefault")


_FLOWING = (
    ast.Attribute, ast.Subscript, ast.Compare, ast.Call, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For,
    ast.AsyncFor, ast.withitem,
)  # fmt: skip
"""Kinds of nodes that may hand something on."""


class Flows(Struct, frozen=True):
    """What one file hands on.

    Attributes:
        calls: the calls of whatever has a name, or is an attribute of that name.
        given: for the name of an attribute, what it is set on and to what.
        added: for the name of a table, or the attribute that it is, the table and a table of what is added.
        growing: the names of tables that may be added to.
        sought: the names that are looked for in a table.
    """

    calls: dict[str, list[ast.Call]] = {}
    given: dict[str, list[tuple[ast.expr, ast.expr]]] = {}
    added: dict[str, list[tuple[ast.expr, ast.expr]]] = {}
    growing: set[str] = set()
    sought: set[str] = set()


@lru_cache(maxsize=FILES_HELD)
def flows_of(syntax: ast.Module) -> Flows:
    """Read what a file hands on."""
    found, nodes = Flows(), at_run_time(syntax)
    for node in nodes.of(*_FLOWING):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=method) if method in _GROWING:
                found.growing.add(name)
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                found.growing.add(name)
            case ast.Compare(left=ast.Name(id=name), ops=[ast.In() | ast.NotIn()]):
                found.sought.add(name)
            case ast.Call(func=called):
                found.calls.setdefault(last_name(called), []).append(node)
                for table, addition in _additions(node):
                    found.added.setdefault(last_name(table), []).append((table, addition))
                match node.args:
                    case [owner, ast.Constant(value=str(name)), value] if last_name(called) in (
                        "setattr", "__setattr__",
                    ):  # fmt: skip
                        found.given.setdefault(name, []).append((owner, value))
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    _assigned(target, value, found)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(
                target=target, value=value
            ):
                _assigned(target, value, found)
            case ast.For(target=target, iter=table) | ast.AsyncFor(target=target, iter=table):
                _assigned(target, ast.Starred(table), found)
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                _assigned(target, value, found)
    return found


def _assigned(target: ast.expr, value: ast.expr, found: Flows) -> None:
    match target:
        case ast.Attribute(value=owner, attr=name):
            found.given.setdefault(name, []).append((owner, value))
        case ast.Subscript(value=table, slice=key):
            addition = ast.Dict([key], [value])
            found.added.setdefault(last_name(table), []).append((table, addition))
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            values = value.elts if isinstance(value, ast.Tuple | ast.List) else ()
            alike = len(values) == len(targets)
            for index, inner in enumerate(targets):
                _assigned(inner, values[index] if alike else ast.Starred(value), found)


def _additions(call: ast.Call) -> Iterator[tuple[ast.expr, ast.expr]]:
    """A table that a call adds to, and tables that hold what is added."""
    match call:
        case ast.Call(func=ast.Attribute(value=table, attr="extend" | "update"), args=[more]):
            yield table, more
        case ast.Call(func=ast.Attribute(value=table, attr="setdefault"), args=[key, value]):
            yield table, ast.Dict([key], [value])
        case ast.Call(func=ast.Attribute(value=table, attr=method), args=[*_, value]) if method in _ADDING:
            yield table, ast.List([value])
    match call:
        case ast.Call(func=ast.Attribute(value=table, attr="update"), keywords=[_, *_] as keywords):
            yield table, ast.Dict([_key(keyword) for keyword in keywords], [k.value for k in keywords])


def _key(keyword: ast.keyword) -> ast.expr | None:
    return ast.Constant(keyword.arg) if keyword.arg else None


def argument(call: ast.Call, function: Definition, name: str, skipped: int) -> Iterator[ast.expr]:
    """What a call gives a parameter of a function.

    Args:
        call: the call.
        function: what it calls.
        name: the parameter.
        skipped: how many parameters are given before: 1 for a method of an instance.
    """
    parameters = function.args
    places = [one.arg for one in (*parameters.posonlyargs, *parameters.args)][skipped:]
    for index, value in enumerate(call.args):
        if isinstance(value, ast.Starred):
            yield value  # for how many parameters it stands is not known
            return
        if index < len(places):
            if places[index] == name:
                yield value
        elif parameters.vararg is not None and parameters.vararg.arg == name:
            yield ast.Tuple(call.args[index:])
            break
    named = {*places, *(one.arg for one in parameters.kwonlyargs)}
    yield from (keyword.value for keyword in call.keywords if keyword.arg == name and name in named)
    others = [keyword for keyword in call.keywords if keyword.arg not in named]
    if parameters.kwarg is not None and parameters.kwarg.arg == name and others:
        yield ast.Dict([_key(keyword) for keyword in others], [keyword.value for keyword in others])


def returned(function: Definition, *, is_context: bool) -> list[ast.expr]:
    """What calling a function gives: what it returns, or a table of what it yields.

    Args:
        function: the function; those in it are passed over.
        is_context: whether a context manager is made of it, so that `with` gives what it yields.
    """
    if isinstance(function, ast.Lambda):
        return [function.body]
    results: list[ast.expr] = []
    yields: list[ast.expr] = []
    pending: list[ast.AST] = [*function.body]
    while pending:
        match node := pending.pop():
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                continue
            case ast.Return(value=ast.expr() as value):
                results.append(value)
            case ast.Yield(value=ast.expr() as value):
                yields.append(value)
            case ast.YieldFrom(value=table):
                yields.append(ast.Starred(table))
        pending += children(node)
    if is_context:
        return yields
    return [ast.List(yields)] if yields else results


def chosen(body: list[ast.stmt], is_so: Callable[[ast.expr], bool | None]) -> tuple[list[ast.expr], bool]:
    """What a function returns where its conditions are what they are said to be, and whether it surely does.

    Args:
        body: its statements.
        is_so: what a condition is; None where that is not known.
    """
    results: list[ast.expr] = []
    for node in body:
        match node:
            case ast.Return(value=value):
                return [*results, *([value] if value else [])], True
            case ast.Raise():
                return results, True
            case ast.If(test=test):
                truth = is_so(test)
                found = [
                    chosen(part, is_so)
                    for part, when in ((node.body, True), (node.orelse, False))
                    if truth in (None, when)
                ]
                results += [value for values, _ in found for value in values]
                if all(ends for _, ends in found):
                    return results, True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case _:
                for part in ("body", "handlers", "cases", "orelse", "finalbody"):
                    for inner in getattr(node, part, ()):
                        statements = [inner] if isinstance(inner, ast.stmt) else inner.body
                        results += chosen(statements, is_so)[0]
    return results, False
