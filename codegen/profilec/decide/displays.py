"""Displays, calls and parameters that lose elements, and what stands in their place when all have gone."""

from collections.abc import Iterable, Sequence

import libcst as cst

from profilec.decide.elements import cut_elements, lay_out_anew
from profilec.decide.walk import Walk
from profilec.syntax.edit import Cause
from profilec.syntax.read import Span, children


def cut_list(walk: Walk, node: cst.CSTNode, gone: list[cst.CSTNode]) -> None:
    """Cut lost elements out of the list that a node holds: a display, a call's arguments, parameters."""
    cause = walk.lost[gone[0]]
    match node:
        case cst.Call(args=elements):
            _cut_all_or_some(walk, elements, _call_inside(walk, node), cause)
        case cst.List(elements=elements):
            _cut_all_or_some(walk, elements, _inside(walk, node.lbracket, node.rbracket), cause)
        case cst.Dict(elements=elements):
            _cut_all_or_some(walk, elements, _inside(walk, node.lbrace, node.rbrace), cause)
        case cst.Set(elements=elements):
            _cut_set(walk, node, elements, cause)
        case cst.Tuple(elements=elements):
            _cut_tuple(walk, node, elements, cause)
        case cst.Parameters():
            _cut_parameters(walk, node, cause)
        case cst.TypeParameters(params=elements) if all(element in walk.lost for element in elements):
            walk.draft.cut(*walk.syntax.outer(node), cause)
        case cst.TypeParameters(params=elements):
            cut_elements(walk.draft, elements, [element in walk.lost for element in elements], cause)


def lay_out_marked(walk: Walk, node: cst.CSTNode, elements: Sequence[cst.CSTNode]) -> None:
    """Let Black lay out anew the list that a node holds, if an element had a line for a mark."""
    marked = [element for element in elements if element in walk.marked]
    if marked and not (isinstance(node, cst.Tuple) and len(elements) == 1):
        last = max(elements, key=lambda element: walk.syntax.outer(element))
        lay_out_anew(walk.draft, last, walk.marked[marked[0]])


def _inside(walk: Walk, opening: cst.CSTNode, closing: cst.CSTNode) -> Span:
    return Span(walk.syntax.outer(opening).start + 1, walk.syntax.outer(closing).end - 1)


def _call_inside(walk: Walk, node: cst.Call) -> Span:
    return Span(walk.syntax.outer(node.whitespace_before_args).start, walk.syntax.inner(node).end - 1)


def _cut_all_or_some(walk: Walk, elements: Iterable[cst.CSTNode], inside: Span, cause: Cause) -> None:
    items = list(elements)
    lost = [item in walk.lost for item in items]
    if all(lost):
        walk.draft.cut(inside.start, inside.end, cause)
    else:
        cut_elements(walk.draft, items, lost, cause)


def _cut_set(walk: Walk, node: cst.Set, elements: Iterable[cst.CSTNode], cause: Cause) -> None:
    if all(element in walk.lost for element in elements):
        span = walk.syntax.inner(node)
        walk.draft.cut(span.start, span.end, cause, "set()")
    else:
        _cut_all_or_some(walk, elements, walk.syntax.inner(node), cause)


def _cut_tuple(walk: Walk, node: cst.Tuple, elements: Iterable[cst.BaseElement], cause: Cause) -> None:
    items = list(elements)
    kept = [item for item in items if item not in walk.lost]
    if not kept:
        span = walk.syntax.outer(node)
        walk.draft.cut(span.start, span.end, cause, "()")
        return
    (first, *others), whole = kept, walk.syntax.inner(node)
    left = walk.syntax.inner(first)
    is_opened = isinstance(first, cst.StarredElement) and left.start == whole.start
    if not node.lpar and not others and not is_opened:  # a lone comma is overlooked
        walk.draft.cut(whole.start, left.start, cause, "(")
        walk.draft.cut(left.end, whole.end, cause, ",)")
        return
    cut_elements(walk.draft, items, [item in walk.lost for item in items], cause, keep_comma=not others)
    if not others and first is items[-1] and not isinstance(first.comma, cst.Comma):
        walk.draft.cut(left.end, left.end, cause, ",")


def _cut_parameters(walk: Walk, node: cst.Parameters, cause: Cause) -> None:
    """Cut parameters; a `/` that nothing stands before and a bare `*` that nothing stands behind go too.

    Of `*args` the star stays where parameters follow that are given by name alone.
    """
    lost = [param for param in children(node) if param in walk.lost]
    slash, star = node.posonly_ind, node.star_arg
    if (
        isinstance(star, cst.Param)
        and star in lost
        and any(param not in walk.lost for param in node.kwonly_params)
    ):
        lost.remove(star)
        walk.draft.cut(*walk.syntax.inner(star), cause, "*")
    if isinstance(slash, cst.ParamSlash) and all(param in walk.lost for param in node.posonly_params):
        lost.append(slash)
    if isinstance(star, cst.ParamStar) and all(param in walk.lost for param in node.kwonly_params):
        lost.append(star)
    items = [child for child in _parameter_items(node) if isinstance(child, cst.CSTNode)]
    if len(lost) == len(items):
        inside = _with_blanks(
            walk.syntax.content, walk.syntax.outer(items[0]).start, walk.syntax.outer(items[-1]).end
        )
        walk.draft.cut(inside.start, inside.end, cause)
    else:
        cut_elements(walk.draft, items, [item in lost for item in items], cause)


def _with_blanks(content: str, start: int, end: int) -> Span:
    """Return a span with the blanks on both of its sides."""
    while content[start - 1].isspace():
        start -= 1
    while content[end].isspace():
        end += 1
    return Span(start, end)


def _parameter_items(node: cst.Parameters) -> Iterable[object]:
    yield from node.posonly_params
    yield node.posonly_ind
    yield from node.params
    yield node.star_arg
    yield from node.kwonly_params
    yield node.star_kwarg
