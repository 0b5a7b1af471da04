"""Defaults that a branch which facts always take replaces: `win = False`, and then nothing but `win = True`.

Asked when all of a module is decided. A default goes if the other assignment has come to stand directly
below, cannot ask for it, and cannot fail where something would.
"""

import re
from collections.abc import Iterator

import libcst as cst
from msgspec.structs import replace

from profilec.decide.spacing import left_between, neighbours
from profilec.decide.walk import Walk
from profilec.folding.facts import is_literal
from profilec.syntax.read import children


def cut_replaced_defaults(walk: Walk) -> None:
    """Cut assignments of literals to names that the statement below assigns anew, moved there by facts."""
    for body, (suite, before), (other, after) in list(neighbours(walk)):
        if suite is body is not other and _is_replaced(walk, before, after):
            start, end = walk.syntax.inner(before).start, walk.syntax.inner(after).start
            between = (cut.cause for cut in walk.draft.cuts if start <= cut.start and cut.end <= end)
            if cause := next((one for one in between if one.fact), None):
                walk.draft.cut(start, end, replace(cause, reason=f"it is assigned anew: {cause.reason}"))


def _is_replaced(walk: Walk, before: cst.CSTNode, after: cst.CSTNode) -> bool:
    match before, after:
        case (
            cst.SimpleStatementLine(
                body=[cst.Assign(targets=[cst.AssignTarget(cst.Name(name))], value=default)]
            ),
            cst.SimpleStatementLine(
                body=[cst.Assign(targets=[cst.AssignTarget(cst.Name(anew))]) as last, *_]
            ),
        ) if name == anew and is_literal(default):
            asks = re.search(rf"(?<![\w.]){name}\b", walk.syntax.source(last.value))
            start, end = walk.syntax.inner(before).end, walk.syntax.inner(after).start
            is_explained = "#" in left_between(walk, start, end)
            return not (asks or is_explained or _may_ask(walk, before, last.value))
    return False


def _may_ask(walk: Walk, default: cst.CSTNode, value: cst.BaseExpression) -> bool:
    """Tell whether computing a value may call what asks for a default, or fail where something handles it."""
    if is_literal(value):
        return False
    place, kinds = walk.syntax.inner(default), (cst.Try, cst.TryStar, cst.With)
    handlers = (node for kind in kinds for node in walk.syntax.every(kind))
    paths = map(walk.names.qualified, (call.func for call in _calls(value)))
    is_of_others = all(path and not walk.names.is_own(path) for path in paths)
    return (
        not is_of_others
        or walk.conditions.binds_or_waits(value)
        or any(walk.syntax.outer(node).covers(place) for node in handlers)
    )


def _calls(node: cst.CSTNode) -> Iterator[cst.Call]:
    if isinstance(node, cst.Call):
        yield node
    for child in children(node):
        yield from _calls(child)
