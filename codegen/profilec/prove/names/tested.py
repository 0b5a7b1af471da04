"""Where a name is read that has just been found in a table: `if name in LAZY: import_module(name)`.

What `getattr` is asked for is passed over: in the `__getattr__` of a module, somebody asks that of it.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from profilec.prove.names.nodes import children, inner_blocks, walk

_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
"""What is run at another time than what stands around it."""
_Testing = ast.stmt | ast.excepthandler | ast.match_case | ast.IfExp
"""What may hold a test and what is come to only where that holds."""
_NAMED = ("name", "asname", "rest")
"""The fields in which what binds a name without a node of its own has it."""


def tested(syntax: ast.Module) -> Mapping[int, ast.expr]:
    """The table that each such name is one of, by the id of its node."""
    found: dict[int, ast.expr] = {}
    for node in walk(syntax):
        if isinstance(node, _Testing):
            for parts, name, table in _under_tests(node):
                found |= {id(read): table for read in _reads(parts, name)}
    return found


def _under_tests(node: _Testing) -> Iterator[tuple[Sequence[ast.AST], str, ast.expr]]:
    """The parts of a node that are come to only where a test in it holds, the name and the table."""
    match node:
        case ast.If(test=test, body=body):
            yield from ((body, *one) for one in _tests(test, ast.In))
        case ast.IfExp(test=test, body=value):
            yield from (([value], *one) for one in _tests(test, ast.In))
    for block in () if isinstance(node, ast.IfExp) else inner_blocks(node):
        for index, statement in enumerate(block):
            match statement:
                case ast.If(test=test, body=[*_, ast.Raise() | ast.Return()], orelse=[]):
                    yield from ((block[index + 1 :], *one) for one in _tests(test, ast.NotIn))


def _tests(test: ast.expr, kind: type[ast.cmpop]) -> Iterator[tuple[str, ast.expr]]:
    match test:
        case ast.Compare(left=ast.Name(id=name), ops=[how], comparators=[table]) if isinstance(how, kind):
            yield name, table
        case ast.BoolOp(op=ast.And(), values=operands) if kind is ast.In:
            yield from (one for operand in operands for one in _tests(operand, kind))


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
