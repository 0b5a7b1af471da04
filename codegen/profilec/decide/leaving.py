"""Where control cannot go on in the source: after `return`, `raise`, `break`, `continue`, and what ends so.

The walk and the branches ask, so that code that was unreachable before stays, and code that a fold made
unreachable goes.
"""

from collections.abc import Callable, Iterator
from typing import Any

import libcst as cst

from profilec.syntax.read import children


def leaves(node: cst.CSTNode) -> bool:
    """Tell whether control never goes on from a statement, or from a suite, to what follows it."""
    ends = _ENDS.get(type(node))
    return ends is not None and ends(node)


def _always(_: cst.CSTNode) -> bool:
    return True


def _any_leaves(node: cst.BaseSuite | cst.SimpleStatementLine) -> bool:
    return any(map(leaves, node.body))


def _if_leaves(node: cst.If) -> bool:
    return node.orelse is not None and leaves(node.body) and leaves(node.orelse)


def _body_leaves(node: cst.Else | cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    return leaves(node.body)


def _with_leaves(node: cst.With) -> bool:
    return leaves_at_once(node.body)


def _match_leaves(node: cst.Match) -> bool:
    return takes_everything(node.cases[-1]) and all(leaves(case.body) for case in node.cases)


def leaves_at_once(node: cst.CSTNode) -> bool:
    """Tell whether a suite leaves before anything in it can raise what a `with` around it may swallow."""
    match node:
        case cst.BaseSuite(body=[first, *_]) | cst.SimpleStatementLine(body=[first, *_]):
            return leaves_at_once(first)
        case cst.Return(
            value=None | cst.Integer() | cst.SimpleString() | cst.Name(value="None" | "True" | "False")
        ):
            return True
    return isinstance(node, cst.Break | cst.Continue)


def _try_leaves(node: cst.Try | cst.TryStar) -> bool:
    if node.finalbody is not None and leaves(node.finalbody.body):
        return True
    ends = leaves(node.body) or (node.orelse is not None and leaves(node.orelse))
    return ends and all(map(leaves, node.handlers))


def _loop_leaves(node: cst.While | cst.For) -> bool:
    ends = is_endless(node) or (node.orelse is not None and leaves(node.orelse))
    return ends and not any(breaks(node))


_ENDS: dict[type[cst.CSTNode], Callable[[Any], bool]] = {
    cst.Return: _always,
    cst.Raise: _always,
    cst.Break: _always,
    cst.Continue: _always,
    cst.SimpleStatementLine: _any_leaves,
    cst.SimpleStatementSuite: _any_leaves,
    cst.IndentedBlock: _any_leaves,
    cst.If: _if_leaves,
    cst.Else: _body_leaves,
    cst.ExceptHandler: _body_leaves,
    cst.ExceptStarHandler: _body_leaves,
    cst.Try: _try_leaves,
    cst.TryStar: _try_leaves,
    cst.With: _with_leaves,
    cst.Match: _match_leaves,
    cst.While: _loop_leaves,
    cst.For: _loop_leaves,
}


def is_endless(node: cst.While | cst.For) -> bool:
    """Tell whether a loop says itself that only `break` ends it."""
    match node:
        case cst.While(test=cst.Name(value=name)):
            return name == "True"
        case cst.While(test=cst.Integer(evaluated_value=number)):
            return bool(number)
    return False


def breaks(node: cst.CSTNode) -> Iterator[cst.Break]:
    """Yield the `break`s that end a loop, or the loop around a statement."""
    below = [node.body] if isinstance(node, cst.While | cst.For) else list(children(node))
    for child in below:
        match child:
            case cst.Break():
                yield child
            case cst.While(orelse=orelse) | cst.For(
                orelse=orelse
            ):  # a `break` in its `else` is of the loop around
                yield from breaks(orelse) if orelse else ()
            case cst.FunctionDef() | cst.ClassDef() | cst.BaseExpression():
                pass
            case _:
                yield from breaks(child)


def takes_everything(case: cst.MatchCase) -> bool:
    """Tell whether nothing gets past a case: it is irrefutable (PEP 634), and has no guard."""
    return case.guard is None and is_irrefutable(case.pattern)


def is_irrefutable(pattern: cst.MatchPattern) -> bool:
    """Tell whether a pattern is a name, `_`, or has one of these as its last alternative (PEP 634)."""
    match pattern:
        case cst.MatchAs(pattern=inner):
            return inner is None or is_irrefutable(inner)
        case cst.MatchOr(patterns=patterns):
            return is_irrefutable(patterns[-1].pattern)
    return False
