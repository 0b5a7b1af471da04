"""`while` and `for`: loops that go, and loops that have come to have no end."""

import libcst as cst

from profilec.decide.branches import body_or_pass, clause_or_nothing, cut_clause, instead
from profilec.decide.expressions import condition, expressions
from profilec.decide.leaving import breaks, is_endless, leaves
from profilec.decide.walk import KEPT, Fate, Walk, gone
from profilec.syntax.edit import Cause


def while_(walk: Walk, node: cst.While) -> Fate:
    """Decide a loop: one whose condition is false goes, and its `else` stays."""
    truth = condition(walk, node.test)
    if truth is False:
        cause = walk.because(node.test, truth)
        return instead(walk, node, node.orelse, cause) if node.orelse else gone(cause)
    if truth is None:
        return _loop(walk, node)
    cause = walk.because(node.test, truth)
    walk.draft.cut(*walk.syntax.outer(node.test), cause, "True")
    return _loop(walk, node, cause)


def for_(walk: Walk, node: cst.For) -> Fate:
    """Decide what stands in a `for` loop."""
    expressions(walk, [node.target, node.iter])
    return _loop(walk, node)


def _loop(walk: Walk, node: cst.For | cst.While, endless: Cause | None = None) -> Fate:
    """Decide the body of a loop, and its `else`, which goes where the condition has become true."""
    body = body_or_pass(walk, node.body)
    orelse: Fate | None = None
    if node.orelse and endless:
        cut_clause(walk, node.orelse, endless)
    elif node.orelse:
        orelse = clause_or_nothing(walk, node.orelse)
    ends = endless is not None or is_endless(node) or (orelse is not None and orelse.leaves)
    if not ends or any(not walk.draft.has_cut(walk.syntax.inner(found)) for found in breaks(node)):
        return KEPT
    return Fate(leaves=True, left=leaves(node), cause=endless or (orelse or body).cause)
