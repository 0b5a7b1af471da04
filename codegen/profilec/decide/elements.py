"""Removal from a list: names of an import, arguments, parameters, entries, items, statements between `;`.

An element on lines of its own goes with its lines and the comments above; one that shares its line goes
with one comma. What is left of the list is as valid as before.
"""

from collections.abc import Sequence

import libcst as cst

from profilec.decide.draft import Draft
from profilec.syntax.edit import Cause
from profilec.syntax.read import Syntax


def cut_elements(
    draft: Draft,
    elements: Sequence[cst.CSTNode],
    lost: Sequence[bool],
    cause: Cause,
    *,
    keep_comma: bool = False,
) -> None:
    """Cut the lost elements out of a list of which at least one stays.

    Args:
        draft: takes the cuts.
        elements: the whole list.
        lost: which of them go.
        cause: why.
        keep_comma: the only element that stays must keep the comma behind it, as in a tuple.
    """
    index = 0
    while index < len(elements):
        stop = index
        while stop < len(elements) and lost[stop]:
            stop += 1
        if stop > index:
            _cut_run(draft, elements, index, stop, cause, keep_comma)
        index = stop + 1
    if not keep_comma:
        lay_out_anew(draft, [one for one, goes in zip(elements, lost, strict=True) if not goes][-1], cause)


def lay_out_anew(draft: Draft, last: cst.CSTNode, cause: Cause) -> None:
    """Cut the comma behind the last element of a list of several lines, if Black lays out what is left.

    Black takes it for the wish that each element has a line, which may have been needed for a mark alone.
    """
    if not draft.formatted:
        return
    end = draft.syntax.inner(last).end
    comma = _after_separator(draft.syntax, last) - 1
    if draft.syntax.content[end : comma + 1].strip() == ",":
        draft.cut(comma, comma + 1, cause)


def _cut_run(
    draft: Draft, elements: Sequence[cst.CSTNode], index: int, stop: int, cause: Cause, keep_comma: bool
) -> None:
    """Cut the elements from `index` up to, not including, `stop`."""
    syntax = draft.syntax
    content = syntax.content
    start, end = syntax.inner(elements[index]).start, _after_separator(syntax, elements[stop - 1])
    before = _after_separator(syntax, elements[index - 1]) if index else 0
    line_start, line_end = content.rfind("\n", 0, start) + 1, _line_end(content, end)
    if index and stop == len(elements) and _is_continued(content, line_start):
        last = syntax.inner(elements[index - 1]).end
        draft.cut(before if keep_comma else last, end, cause)
    elif (
        line_start >= before
        and not content[line_start:start].strip()
        and _nothing_but_comment(content[end:line_end])
    ):
        draft.cut(with_comments(content, line_start, before), line_end, cause)
    elif stop < len(elements) and (
        not index or "\n" not in content[end : syntax.inner(elements[stop]).start]
    ):
        draft.cut(start, syntax.inner(elements[stop]).start, cause)
    elif index and end == syntax.inner(elements[stop - 1]).end and stop == len(elements):
        draft.cut(before if keep_comma else syntax.inner(elements[index - 1]).end, end, cause)
    else:
        draft.cut(before or start, end, cause)


def _after_separator(syntax: Syntax, element: cst.CSTNode) -> int:
    """Return where an element ends with its comma or semicolon, if it has one."""
    separator = getattr(element, "comma", None) or getattr(element, "semicolon", None)
    if isinstance(separator, cst.Comma | cst.Semicolon):
        return syntax.outer(separator.whitespace_before).end + 1
    return syntax.inner(element).end


def _line_end(content: str, offset: int) -> int:
    newline = content.find("\n", offset)
    return newline + 1 if newline >= 0 else len(content)


def _is_continued(content: str, line_start: int) -> bool:
    """Tell whether a backslash joins a line to the one above, which must not end a list."""
    return content[:line_start].removesuffix("\n").removesuffix("\r").endswith("\\")


def _nothing_but_comment(rest: str) -> bool:
    return not rest.strip() or rest.lstrip().startswith("#")


def with_comments(content: str, start: int, floor: int) -> int:
    """Return where the comment lines directly above a line begin, not before `floor`."""
    while start > floor:
        above = content.rfind("\n", 0, start - 1) + 1
        if above < floor or not content[above:start].lstrip().startswith("#"):
            break
        start = above
    return start
