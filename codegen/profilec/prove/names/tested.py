"""Where a name is read of which a test has just told something: `if name in LAZY: import_module(name)`.

What `getattr` is asked for is passed over: in the `__getattr__` of a module, somebody asks that of it.
"""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from profilec.prove.names.nodes import FILES_HELD, children, inner_blocks
from profilec.prove.names.run_time import at_run_time

_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
"""What is run at another time than what stands around it."""
_Testing = ast.stmt | ast.excepthandler | ast.match_case | ast.IfExp | ast.BoolOp
"""What may hold a test and what is come to only where that holds."""
_NAMED = ("name", "asname", "rest")
"""The fields in which what binds a name without a node of its own has it."""


type _Tells = Callable[[ast.expr, bool], Iterator[tuple[str, ast.expr]]]
"""Of a test and whether it holds, the names that it tells something of, with what."""


@lru_cache(maxsize=FILES_HELD)
def tested(syntax: ast.Module) -> Mapping[int, ast.expr]:
    """The table that each name has been found in, by the id of its node."""
    return _told(syntax, _tables)


@lru_cache(maxsize=FILES_HELD)
def narrowed(syntax: ast.Module) -> Mapping[int, ast.expr]:
    """The class that each name is found, or was caught, to be an instance of, by the id of its node."""
    found = {**_told(syntax, _classes)}
    nodes = at_run_time(syntax)
    for node in nodes.of(ast.match_case, ast.ExceptHandler):
        match node:
            case ast.match_case(
                pattern=ast.MatchAs(pattern=ast.MatchClass(cls=one), name=str(name)), body=body
            ) | ast.ExceptHandler(type=ast.expr() as one, name=str(name), body=body):
                found |= {id(read): one for read in _reads(body, name)}
    return found


def _told(syntax: ast.Module, tells: _Tells) -> Mapping[int, ast.expr]:
    found: dict[int, ast.expr] = {}
    for node in at_run_time(syntax).in_order:
        if isinstance(node, _Testing):
            for parts, name, table in _under_tests(node, tells):
                found |= {id(read): table for read in _reads(parts, name)}
    return found


def _under_tests(node: _Testing, tells: _Tells) -> Iterator[tuple[Sequence[ast.AST], str, ast.expr]]:
    """The parts of a node that are come to only where a test in it holds, the name and what is told of it."""
    match node:
        case ast.If(test=test, body=body):
            yield from ((body, *one) for one in _tests(test, tells))
        case ast.IfExp(test=test, body=value):
            yield from (([value], *one) for one in _tests(test, tells))
        case ast.BoolOp(op=ast.And(), values=[*tests, value]):
            yield from (([value], *one) for test in tests for one in _tests(test, tells))
    for block in () if isinstance(node, ast.expr) else inner_blocks(node):
        for index, statement in enumerate(block):
            match statement:
                case ast.If(test=test, body=[*_, ast.Raise() | ast.Return()], orelse=[]):
                    yield from ((block[index + 1 :], *one) for one in tells(test, False))
                case ast.Assert(test=test):
                    yield from ((block[index + 1 :], *one) for one in _tests(test, tells))


def _tests(test: ast.expr, tells: _Tells) -> Iterator[tuple[str, ast.expr]]:
    """What a test tells that holds, or each of those of which all hold."""
    match test:
        case ast.BoolOp(op=ast.And(), values=operands):
            yield from (one for operand in operands for one in _tests(operand, tells))
        case _:
            yield from tells(test, True)


def _tables(test: ast.expr, holds: bool) -> Iterator[tuple[str, ast.expr]]:
    match test:
        case ast.Compare(left=ast.Name(id=name), ops=[how], comparators=[table]):
            if isinstance(how, ast.In if holds else ast.NotIn):
                yield name, table


def _classes(test: ast.expr, holds: bool) -> Iterator[tuple[str, ast.expr]]:
    match test:
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), one]) if holds:
            yield name, one
        case ast.UnaryOp(op=ast.Not(), operand=operand) if not holds:
            yield from _classes(operand, True)


def _reads(parts: Sequence[ast.AST], name: str) -> list[ast.Name]:
    """Where some parts read a name; nowhere if they also bind it."""
    found: list[ast.Name] = []
    pending = [*parts]
    while pending:
        node = pending.pop()
        if any(getattr(node, field, None) == name for field in _NAMED):
            return []
        match node:
            case ast.Name(id=same) if same == name:
                if not isinstance(node.ctx, ast.Load):
                    return []
                found.append(node)
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Name(id=same), *_]) if same == name:
                pending.append(owner)
            case _ if not isinstance(node, _LATER):
                pending += children(node)
    return found
