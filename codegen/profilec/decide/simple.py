"""Statements on one line: imports that lose names, `assert`, and every other one that holds expressions."""

import libcst as cst

from profilec.decide.displays import lay_out_marked
from profilec.decide.elements import cut_elements
from profilec.decide.expressions import condition, expression, expressions, idle_choice
from profilec.decide.replacing import Place
from profilec.decide.walk import KEPT, Fate, Walk, gone


def import_(walk: Walk, node: cst.Import | cst.ImportFrom) -> Fate:
    """Decide an import: names may go; an import without names goes."""
    if isinstance(node.names, cst.ImportStar):
        return KEPT
    lost = [alias in walk.lost for alias in node.names]
    if not any(lost):
        lay_out_marked(walk, node, node.names)
        return KEPT
    cause = next(walk.lost[alias] for alias in node.names if alias in walk.lost)
    if all(lost):
        return gone(cause)
    cut_elements(walk.draft, node.names, lost, cause)
    return KEPT


def assert_(walk: Walk, node: cst.Assert) -> Fate:
    """Decide an assertion: one that always holds goes."""
    truth = condition(walk, node.test, Place.ANY)
    if truth:
        return gone(walk.because(node.test, truth))
    if truth is False:
        span = walk.syntax.outer(node.test)
        walk.draft.cut(span.start, span.end, walk.because(node.test, truth), "False")
    expressions(walk, [node.msg])
    return KEPT


def declaration(walk: Walk, node: cst.Global | cst.Nonlocal) -> Fate:
    """Decide a `global` or `nonlocal`: names may go; without names it goes."""
    causes = [walk.lost[name] for name in node.names if name in walk.lost]
    if len(causes) == len(node.names):
        return gone(causes[0])
    if causes:
        cut_elements(walk.draft, node.names, [name in walk.lost for name in node.names], causes[0])
    return KEPT


def delete(walk: Walk, node: cst.Del) -> Fate:
    """Decide a `del`: targets may go; without targets it goes."""
    targets = node.target.elements if isinstance(node.target, cst.Tuple) else ()
    causes = [walk.lost[target] for target in targets if target in walk.lost]
    if not causes:
        return simple(walk, node)
    if len(causes) == len(targets):
        return gone(causes[0])
    expressions(walk, [target.value for target in targets if target not in walk.lost])
    cut_elements(walk.draft, targets, [target in walk.lost for target in targets], causes[0])
    return KEPT


def expression_statement(walk: Walk, node: cst.Expr) -> Fate:
    """Decide an expression that is a statement: one that has come to be a mere constant goes."""
    cause = idle_choice(walk, node.value)
    return gone(cause) if cause else simple(walk, node)


def simple(walk: Walk, node: cst.CSTNode) -> Fate:
    """Decide what stands in any other statement of one line."""
    expression(walk, node)
    return KEPT
