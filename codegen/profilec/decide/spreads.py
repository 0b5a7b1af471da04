"""Displays that a choice spreads into the list around: `*([1] if FLAG else [])`, `**({…} if FLAG else {})`.

What is chosen stands in the list as if it had been written there: of `*[1]` the `1`, of `*[]` nothing.
"""

from collections.abc import Iterable, Sequence
from keyword import iskeyword

import libcst as cst

from profilec.decide.draft import blank_length
from profilec.decide.replacing import comments_above
from profilec.decide.walk import Walk
from profilec.syntax.edit import NO_CAUSE, Cause
from profilec.syntax.read import Span

type _Display = cst.List | cst.Tuple | cst.Dict


def lose_empty(walk: Walk, elements: Iterable[cst.CSTNode]) -> None:
    """Lose the elements of a list that spread a display in which nothing is, or nothing is left."""
    for element in elements:
        display, cause = _spread(walk, element)
        causes = [walk.lost[one] for one in display.elements if one in walk.lost] if display else []
        if display and len(causes) == len(display.elements) and (causes or cause is not NO_CAUSE):
            walk.lose(element, causes[0] if causes else cause)


def opened(walk: Walk, elements: Sequence[cst.CSTNode], spread: cst.CSTNode) -> Sequence[cst.CSTNode]:
    """Cut the star and the brackets around what an element of a list spreads.

    Returns:
        what is left in the place of the element: what it spreads, or itself, where that could not stand there
        or a comment would be lost.
    """
    display, cause = _chosen(walk, spread)
    if display is None or any(one in walk.lost or _chosen(walk, one)[0] for one in display.elements):
        return [spread]
    content, whole = walk.syntax.content, walk.syntax.inner(spread)
    first, last = (walk.syntax.inner(display.elements[at]) for at in (0, -1))
    line_end = content.find("\n", walk.syntax.outer(display).end)
    behind = content[last.end : min(line_end, whole.end) if line_end >= 0 else whole.end]
    names = _names(elements, spread, display)
    if names is None or "#" in content[walk.syntax.outer(display).start : first.start] or "#" in behind:
        return [spread]
    _cut_before(walk, whole, walk.syntax.outer(display).start, Span(first.start, last.end), cause)
    walk.draft.cut(last.end, whole.end, cause)
    for name, element in zip(names, display.elements, strict=False):
        assert isinstance(element, cst.DictElement)
        start = walk.syntax.inner(element).start
        walk.draft.cut(start, walk.syntax.outer(element.value).start, cause, f"{name}=")
    return display.elements


def _cut_before(walk: Walk, whole: Span, bracket: int, kept: Span, cause: Cause) -> None:
    """Cut what stands before the elements that are spread, save the comments above their bracket."""
    content = walk.syntax.content
    line = content.rfind("\n", 0, whole.start) + 1
    comments = comments_above(content, bracket, whole.start)
    if comments is None or content[line : whole.start].strip():
        walk.draft.cut(whole.start, kept.start, cause)
        walk.draft.move(kept, whole)
        return
    first, below = (at + blank_length(content, at) for at in comments)
    walk.draft.cut(whole.start, first, cause)
    walk.draft.cut(below, kept.start, cause)
    walk.draft.move(kept, Span(below, kept.end))
    walk.draft.shift(Span(first, kept.end), (whole.start - line) - (first - comments.start))


def _chosen(walk: Walk, element: cst.CSTNode) -> tuple[_Display | None, Cause]:
    """Return the display that an element spreads since the profile decides a choice, and because of what."""
    display, cause = _spread(walk, element)
    return (None, cause) if cause is NO_CAUSE else (display, cause)


def _spread(walk: Walk, element: cst.CSTNode) -> tuple[_Display | None, Cause]:
    """Return the display that an element spreads, as it is written or by a choice, and what decided that."""
    match element:
        case cst.StarredElement(value=value) | cst.Arg(star="*", value=value):
            kinds: tuple[type[_Display], ...] = (cst.List, cst.Tuple)
        case cst.StarredDictElement(value=value) | cst.Arg(star="**", value=value):
            kinds = (cst.Dict,)
        case _:
            return None, NO_CAUSE
    chosen, cause = _decided(walk, value)
    return (chosen, cause) if isinstance(chosen, kinds) else (None, NO_CAUSE)


def _decided(walk: Walk, node: cst.BaseExpression) -> tuple[cst.BaseExpression, Cause]:
    """Return what the profile makes of a choice, where no effect is lost, and because of what."""
    conditions, cause = walk.conditions, NO_CAUSE
    while isinstance(node, cst.IfExp) and walk.touches(node.test):
        truth = conditions.truth(node.test)
        if truth is None or any(conditions.lost_effects(node.test)):
            break
        cause = walk.because(node.test, truth)
        node = node.body if truth else node.orelse
    if isinstance(node, cst.Call) and conditions.marker(node.func) == "choose":
        chosen = conditions.choice(node)
        if chosen is not None and not conditions.has_effect(chosen.value):
            return chosen.value, walk.because_of_profile(node)
    return node, cause


def _names(elements: Sequence[cst.CSTNode], spread: cst.CSTNode, display: _Display) -> list[str] | None:
    """Return the names that what is spread is given by in a call; None where it could not stand there.

    Behind what is given by name nothing is given by place, no name is given twice, and `:=` needs brackets.
    """
    if not isinstance(spread, cst.Arg):
        unnamed = all(not isinstance(element.value, cst.NamedExpr) for element in display.elements)
        return [] if unnamed else None
    arguments = [element for element in elements if isinstance(element, cst.Arg)]
    if spread.star == "*":
        before = arguments[: arguments.index(spread)]
        return None if any(argument.keyword or argument.star == "**" for argument in before) else []
    keys = [element.key if isinstance(element, cst.DictElement) else None for element in display.elements]
    names = [str(key.evaluated_value) if isinstance(key, cst.SimpleString) else "" for key in keys]
    given = [*names, *(argument.keyword.value for argument in arguments if argument.keyword)]
    fit = all(name.isidentifier() and not iskeyword(name) for name in names)
    return names if fit and len(set(given)) == len(given) else None
