"""`match`: cases that go, and guards that are decided."""

from collections.abc import Sequence
from typing import NamedTuple

import libcst as cst

from profilec.config import Fact
from profilec.decide.branches import cut_clause, instead
from profilec.decide.expressions import condition, expression
from profilec.decide.leaving import is_irrefutable, leaves
from profilec.decide.replacing import Place
from profilec.decide.walk import KEPT, Fate, Walk, gone
from profilec.folding.facts import value
from profilec.syntax.edit import NO_CAUSE, Cause
from profilec.syntax.read import Span


class _Case(NamedTuple):
    """What became of a case, and of its body."""

    fate: Fate
    body: Fate


def match_(walk: Walk, node: cst.Match) -> Fate:
    """Decide a `match`: cases may go; when all have gone, what is left of it is the subject."""
    if (taken := _taken(walk, node)) is not None:
        return instead(walk, node, taken, _cause(walk, node.subject))
    if isinstance(node.subject, cst.Tuple):
        _lose_by_parts(walk, node.cases, node.subject.elements)
    expression(walk, node.subject, place=Place.SUBJECT)
    fates = _close(walk, node.cases, _cases(walk, node))
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


def _taken(walk: Walk, node: cst.Match) -> cst.MatchCase | None:
    """Return the case that is certainly taken, if it binds no name; what facts let nothing match goes."""
    subject = value(node.subject, walk.names, walk.conditions.facts)
    if not walk.touches(node.subject) or not isinstance(subject, str | int | None):
        return None
    certain, left = False, list[cst.MatchCase]()
    for case in node.cases:
        matched = False if certain else _matches(walk, case.pattern, subject)
        if matched is False:
            walk.lost.setdefault(case, _cause(walk, node.subject))
        elif case not in walk.lost and (guard := _holds(walk, case.guard)) is not False:
            left.append(case)
            certain = matched is True and guard is True
    return left[0] if certain and len(left) == 1 and _only_asks(walk, left[0]) else None


def _matches(walk: Walk, pattern: cst.MatchPattern, subject: Fact | None) -> bool | None:
    """Tell whether a pattern certainly takes a value, certainly does not, or neither."""
    match pattern:
        case cst.MatchValue(value=node):
            found = value(node, walk.names, walk.conditions.facts)
            return subject == found if isinstance(found, str | int) else None
        case cst.MatchSingleton(value=cst.Name(value=name)):
            return subject is {"True": True, "False": False, "None": None}[name]
        case cst.MatchAs(pattern=inner):
            return inner is None or _matches(walk, inner, subject)
        case cst.MatchOr(patterns=patterns):
            parts = [_matches(walk, one.pattern, subject) for one in patterns]
            return True if True in parts else (None if None in parts else False)
        case cst.MatchSequence() | cst.MatchMapping():
            return False
    return None


def _lose_by_parts(walk: Walk, cases: Sequence[cst.MatchCase], parts: Sequence[cst.BaseElement]) -> None:
    """Lose the cases that want a part of the subject to be what facts say it is not."""
    for case in cases:
        if part := _refuting(walk, case.pattern, parts):
            walk.lost.setdefault(case, _cause(walk, part))


def _refuting(
    walk: Walk, pattern: cst.MatchPattern, parts: Sequence[cst.BaseElement]
) -> cst.BaseExpression | None:
    """Return a part of a subject by which a pattern certainly does not take the whole."""
    match pattern:
        case cst.MatchAs(pattern=cst.MatchPattern() as inner):
            return _refuting(walk, inner, parts)
        case cst.MatchOr(patterns=[first, *others]):
            found = _refuting(walk, first.pattern, parts)
            return found if all(_refuting(walk, one.pattern, parts) for one in others) else None
        case cst.MatchSequence(patterns=patterns):
            for part, wanted in zip(parts, patterns, strict=False):
                if isinstance(part, cst.StarredElement) or isinstance(wanted, cst.MatchStar):
                    break
                subject = value(part.value, walk.names, walk.conditions.facts)
                if not walk.touches(part.value) or not isinstance(subject, str | int | None):
                    continue
                if _matches(walk, wanted.value, subject) is False:
                    return part.value
    return None


def _holds(walk: Walk, guard: cst.BaseExpression | None) -> bool | None:
    if guard is None:
        return True
    return walk.conditions.truth(guard) if walk.touches(guard) else None


def _cause(walk: Walk, subject: cst.BaseExpression) -> Cause:
    """Return the cause that facts, or the profile, fix what is asked for."""
    line, _ = walk.syntax.place(walk.syntax.inner(subject).start)
    found = value(subject, walk.names, walk.conditions.facts)
    fact = None if walk.conditions.mentions_profile(subject) else walk.syntax.outer(subject)
    return Cause(f"`{walk.syntax.source(subject)}` is {found!r}", line, fact)


def _close(walk: Walk, cases: Sequence[cst.MatchCase], decided: Sequence[_Case]) -> list[Fate]:
    """Close a `match` over cases of which nothing is left, and return what becomes of each case.

    The last of them go, unless they do more than ask; before others, `pass` takes their place.
    """
    fates: list[Fate] = []
    for case, (fate, body) in reversed(list(zip(cases, decided, strict=True))):
        is_emptied = fate.kept and not body.kept
        if is_emptied and not any(one.kept for one in fates) and _only_asks(walk, case):
            fate = gone(body.cause)
        elif is_emptied:
            walk.fill(case.body, body.cause)
        fates.insert(0, fate)
    return fates


def _only_asks(walk: Walk, case: cst.MatchCase) -> bool:
    """Tell whether nothing happens where a case is tried, and it binds no name."""
    if case.guard is not None and walk.conditions.acts(case.guard):
        return False
    parts = [one.pattern for one in case.pattern.patterns] if isinstance(case.pattern, cst.MatchOr) else None
    for part in parts or [case.pattern]:
        match part:
            case cst.MatchValue(value=value) if not walk.conditions.has_effect(value):
                pass
            case cst.MatchSingleton() | cst.MatchAs(pattern=None, name=None):
                pass
            case _:
                return False
    return True


def _closing(walk: Walk, cases: Sequence[tuple[cst.MatchCase, Fate]]) -> bool:
    """Tell whether nothing gets past the last case that is left."""
    case = [case for case, fate in cases if fate.kept][-1]
    return is_irrefutable(case.pattern) and (case.guard is None or walk.conditions.truth(case.guard) is True)


def _cases(walk: Walk, node: cst.Match) -> list[_Case]:
    """Decide the cases of a `match`.

    Python refuses cases behind one that takes everything, so they go where a guard that was true has gone.
    """
    found: list[_Case] = []
    for case in node.cases:
        found.append(_case(walk, case))
        if found[-1].fate.kept and case.guard and is_irrefutable(case.pattern):
            truth = walk.conditions.truth(case.guard)
            if truth:
                reason = gone(walk.because(case.guard, truth))
                found += [_Case(reason, KEPT)] * (len(node.cases) - len(found))
                break
    return found


def _case(walk: Walk, case: cst.MatchCase) -> _Case:
    """Decide one case."""
    if case in walk.lost:
        return _Case(gone(walk.lost[case]), KEPT)
    if case.guard is not None:
        truth = condition(walk, case.guard)
        if truth is False:
            return _Case(gone(walk.because(case.guard, truth)), KEPT)
        if truth:
            start = walk.syntax.outer(case.pattern).end
            walk.draft.cut(start, walk.syntax.outer(case.guard).end, walk.because(case.guard, truth))
    expression(walk, case.pattern)
    body = walk.suite(case.body)
    return _Case(Fate(leaves=body.kept and body.leaves, cause=body.cause), body)
