"""What of a file a run can come to: not what only a type checker reads, and not what no condition lets in."""

import ast
from collections.abc import Iterator
from functools import lru_cache

from profilec.prove.names.modules import statements
from profilec.prove.names.nodes import FIELDS, FILES_HELD, Nodes, children

_TYPING = ("typing", "typing_extensions")
_TYPE_CHECKING = "TYPE_CHECKING"


@lru_cache(maxsize=FILES_HELD)
def at_run_time(syntax: ast.Module) -> Nodes:
    """The nodes of a file that may be run."""
    return Nodes(_at_run_time(syntax))


def _at_run_time(syntax: ast.Module) -> Iterator[ast.AST]:
    annotations_are_text = any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" and _names(node, "annotations")
        for node in syntax.body
    )
    pending: list[ast.AST] = [syntax]
    while pending:
        node = pending.pop()
        yield node
        if not FIELDS[type(node)]:
            continue
        parts = parts_at_run_time(node, syntax) if isinstance(node, ast.If) else children(node)
        if annotations_are_text:
            types = getattr(node, "annotation", None), getattr(node, "returns", None)
            parts = [part for part in parts if part not in types]
        pending += parts


def parts_at_run_time(node: ast.If, syntax: ast.Module) -> list[ast.AST]:
    """The parts of an `if` of a file without one that no run comes to."""
    truth = _truth(node.test, syntax)
    if truth is None:
        return [node.test, *node.body, *node.orelse]
    return [*node.body] if truth else [*node.orelse]


def _truth(test: ast.expr, syntax: ast.Module) -> bool | None:
    """What a condition is at run time, where it is always the same; `TYPE_CHECKING` is false."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _truth(operand, syntax)
            return None if inner is None else not inner
        case ast.BoolOp(op=operator, values=operands):
            decisive = isinstance(operator, ast.Or)
            truths = [_truth(operand, syntax) for operand in operands]
            if decisive in truths:
                return decisive
            return None if None in truths else not decisive
        case ast.Name(id=name) if name in _type_checking_names(syntax):
            return False
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if attribute == _TYPE_CHECKING:
            return False if name in _typing_names(syntax) else None
    return None


@lru_cache(maxsize=FILES_HELD)
def _typing_names(syntax: ast.Module) -> frozenset[str]:
    """The names that a file has for the module `typing`."""
    return frozenset(
        alias.asname or alias.name
        for node in statements(syntax.body)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name in _TYPING
    )


@lru_cache(maxsize=FILES_HELD)
def _type_checking_names(syntax: ast.Module) -> frozenset[str]:
    """The names that a file has for `TYPE_CHECKING`: imported, or a constant of that name that is false."""
    names = {_TYPE_CHECKING}
    others = set[str]()
    for node in statements(syntax.body):
        match node:
            case ast.ImportFrom(module=module, names=aliases) if module in _TYPING:
                names.update(alias.asname or alias.name for alias in aliases if alias.name == _TYPE_CHECKING)
            case ast.Assign() | ast.AnnAssign() if not _is_false(node.value):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                others.update(target.id for target in targets if isinstance(target, ast.Name))
    return frozenset(names - others)


def _is_false(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and not value.value


def _names(node: ast.ImportFrom, name: str) -> bool:
    return any(alias.name == name for alias in node.names)
