"""`while` and `for`: loops that go, and loops that have come to have no end."""

import libcst as cst

from profilec.decide.branches import body_or_pass, clause_or_nothing, cut_clause, instead
from profilec.decide.expressions import condition, expressions
from profilec.decide.leaving import breaks, is_endless, leaves
from profilec.decide.walk import KEPT, Fate, Walk, gone
from profilec.syntax.edit import Cause
from profilec.syntax.scopes import LOOKS_AT_LOCALS


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
    """Decide what stands in a `for` loop: one that has come to do nothing goes."""
    expressions(walk, [node.target, node.iter])
    return _loop(walk, node)


def _loop(walk: Walk, node: cst.For | cst.While, endless: Cause | None = None) -> Fate:
    """Decide the body of a loop, and its `else`, which goes where the condition has become true."""
    body = body_or_pass(walk, node.body)
    if not body.kept and _only_binds(walk, node):
        return gone(body.cause)
    orelse: Fate | None = None
    if node.orelse and endless:
        cut_clause(walk, node.orelse, endless)
    elif node.orelse:
        orelse = clause_or_nothing(walk, node.orelse)
    ends = endless is not None or is_endless(node) or (orelse is not None and orelse.leaves)
    if not ends or any(not walk.draft.has_cut(walk.syntax.inner(found)) for found in breaks(node)):
        return KEPT
    return Fate(leaves=True, left=leaves(node), cause=endless or (orelse or body).cause)


def _only_binds(walk: Walk, node: cst.For | cst.While) -> bool:
    """Tell whether a loop without its body would only give its variable the values that are written out."""
    match node:
        case cst.For(
            target=cst.Name(), iter=cst.Tuple() | cst.List() as values, orelse=None, asynchronous=None
        ):
            unpacks = any(isinstance(one, cst.StarredElement) for one in values.elements)
            return not (unpacks or walk.conditions.has_effect(values) or _is_asked_for(walk, node))
    return False


def _is_asked_for(walk: Walk, node: cst.For) -> bool:
    """Tell whether something outside of a loop may ask for its variable."""
    names, name, loop = walk.names, walk.syntax.source(node.target), walk.syntax.outer(node)
    functions = (scope for scope in names.scopes if scope.kind == "function")
    bound = ((one, scope) for scope in functions for one in scope.bindings.get(name, ()))
    scope = next((scope for one, scope in bound if one.node is node.target), None)
    if scope is None or LOOKS_AT_LOCALS.search(walk.syntax.source(scope.node)):
        return True
    uses = (use for use in names.uses if use.name == name and not loop.covers(use.span))
    declared = any(name in one.declared for one in names.scopes)
    return declared or any(names.binding_scope(name, use.scope) is scope for use in uses)
