"""`match`: cases that go, and guards that are decided."""

from collections.abc import Sequence

import libcst as cst

from profilec.decide.branches import body_or_pass, cut_clause
from profilec.decide.expressions import condition, expression
from profilec.decide.leaving import is_irrefutable, leaves
from profilec.decide.replacing import Place
from profilec.decide.walk import KEPT, Fate, Walk, gone
from profilec.edit import NO_CAUSE
from profilec.read import Span


def match_(walk: Walk, node: cst.Match) -> Fate:
    """Decide a `match`: cases may go; when all have gone, what is left of it is the subject."""
    expression(walk, node.subject, place=Place.ANY)
    fates = _cases(walk, node)
    kept = [fate for fate in fates if fate.kept]
    cases = list(zip(node.cases, fates, strict=True))
    for case, fate in cases:
        if not fate.kept and kept:
            cut_clause(walk, case, fate.cause)
    if kept:
        leave = _closing(walk, cases) and all(fate.leaves for fate in kept)
        return Fate(True, leave, leaves(node), next((fate.cause for fate in kept if fate.leaves), NO_CAUSE))
    cause = fates[0].cause
    if not walk.conditions.has_effect(node.subject):
        return gone(cause)
    whole = walk.syntax.inner(node)
    end = whole.start + len(walk.syntax.content[whole.start : walk.syntax.outer(node).end].rstrip())
    walk.draft.keep_only(Span(whole.start, end), walk.syntax.outer(node.subject), cause)
    return KEPT


def _closing(walk: Walk, cases: Sequence[tuple[cst.MatchCase, Fate]]) -> bool:
    """Tell whether nothing gets past the last case that is left."""
    case = [case for case, fate in cases if fate.kept][-1]
    return is_irrefutable(case.pattern) and (case.guard is None or walk.conditions.truth(case.guard) is True)


def _cases(walk: Walk, node: cst.Match) -> list[Fate]:
    """Decide the cases of a `match`.

    Python refuses cases behind one that takes everything, so they go where a guard that was true has gone.
    """
    fates: list[Fate] = []
    for case in node.cases:
        fate = _case(walk, case)
        fates.append(fate)
        if fate.kept and case.guard and is_irrefutable(case.pattern):
            truth = walk.conditions.truth(case.guard)
            if truth:
                reason = walk.because(case.guard, truth)
                fates += [gone(reason)] * (len(node.cases) - len(fates))
                break
    return fates


def _case(walk: Walk, case: cst.MatchCase) -> Fate:
    """Decide one case."""
    if case in walk.lost:
        return gone(walk.lost[case])
    if case.guard is not None:
        truth = condition(walk, case.guard)
        if truth is False:
            return gone(walk.because(case.guard, truth))
        if truth:
            start = walk.syntax.outer(case.pattern).end
            walk.draft.cut(start, walk.syntax.outer(case.guard).end, walk.because(case.guard, truth))
    expression(walk, case.pattern)
    fate = body_or_pass(walk, case.body)
    return Fate(leaves=fate.kept and fate.leaves, cause=fate.cause)
