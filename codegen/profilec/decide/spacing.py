"""Blank lines around definitions that come to stand elsewhere, as PEP 8 has them, and below such imports.

Within a branch one blank line is enough. Unless a file has one around the definitions at its top, those that
move there from a branch, or from one within it, get two. No branch needs any around itself: what moves out of
it to stand directly beside a definition, or is one, is parted from what was around. Definitions of one line
stay as close to each other as they are.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import libcst as cst
from msgspec.structs import replace

from profilec.decide.lines import blank_lines_above, blank_lines_below
from profilec.decide.walk import Clause, Walk
from profilec.syntax.edit import NO_CAUSE, Cause, splice
from profilec.syntax.read import Span, Text

type _Statements = Sequence[cst.CSTNode]
type _Placed = tuple[_Statements, cst.CSTNode]

_TWO_BLANK_LINES = re.compile(r"^\r?\n\r?\n(?:@|(?:async )?def |class )", re.MULTILINE)
_ONE_BLANK_LINE = re.compile(r"^[^\r\n]+\r?\n\r?\n(?:@|(?:async )?def |class )", re.MULTILINE)
_CLOSE = re.compile(
    r"^[ \t]*+(?!@|#|def |class |async )[^\r\n]++(?<!:)\r?\n[ \t]+(?:@|def |class |async def )", re.MULTILINE
)
"""Within something, a definition stands directly below another statement."""
_CLOSE_TO_IMPORT = re.compile(
    r"^([ \t]*+)(?:import|from) [^\r\n]*+\r?\n\1(?!import |from )[^\s#]", re.MULTILINE
)
"""Another statement stands directly below an import."""
_BLANK_LINE = re.compile(r"^[ \t\f\r]*\n", re.MULTILINE)


def space_out(walk: Walk, node: cst.CSTNode, clauses: Sequence[Clause], cause: Cause) -> None:
    """Widen gaps of one blank line beside definitions, where suites take the place of a whole statement."""
    walk.moved[node] = clauses
    if _is_at_top(walk, node):
        _space_out(walk, node, cause)


def _space_out(walk: Walk, node: cst.CSTNode, cause: Cause) -> None:
    content, clauses = walk.syntax.content, walk.moved[node]
    whole = Span(walk.with_comments(node, 0), walk.without_blank_end(walk.syntax.outer(node)).end)
    left = [one for clause in clauses for one in _left(walk, clause.body)]
    if left and _is_definition(left[0]):
        _widen(walk, Span(blank_lines_above(content, whole.start), whole.start), cause)
    for clause in clauses:
        _widen_within(walk, clause.body, _left(walk, clause.body), cause)
    for one in left:
        if one in walk.moved:
            _space_out(walk, one, cause)
    if left and _is_definition(left[-1]):
        _widen(walk, Span(whole.end, blank_lines_below(content, whole.end)), cause)


def gap_between(walk: Walk, node: cst.CSTNode, above: cst.BaseSuite, clause: Clause) -> str:
    """Return the blank lines that a clause's suite has to get above it where it follows another suite."""
    before, after = _left(walk, above)[-1:], _left(walk, clause.body)[:1]
    if not any(map(_is_definition, [*before, *after])):
        return ""
    start = walk.with_comments(clause, 0)
    there = walk.syntax.content.count("\n", blank_lines_above(walk.syntax.content, start), start)
    return walk.syntax.module.default_newline * (1 + _is_at_top(walk, node) - there)


def _is_at_top(walk: Walk, node: cst.CSTNode) -> bool:
    """Tell whether a statement stands where definitions have two blank lines around them."""
    return node in walk.syntax.module.body and _is_wide(walk.syntax.text)


def _is_wide(text: Text) -> bool:
    """Tell whether definitions at the top have two blank lines around them; those of stubs need none."""
    if _TWO_BLANK_LINES.search(text.content):
        return True
    return not text.path.endswith(".pyi") and not _ONE_BLANK_LINE.search(text.content)


def _left(walk: Walk, body: cst.BaseSuite) -> list[cst.CSTNode]:
    return [one for one in body.body if not walk.draft.has_cut(walk.syntax.inner(one))]


def _widen_within(walk: Walk, body: cst.BaseSuite, left: Sequence[cst.CSTNode], cause: Cause) -> None:
    content = walk.syntax.content
    for before, after in pairwise(body.body):
        if before in left and after in left:
            end = walk.without_blank_end(walk.syntax.outer(before)).end
            start = walk.with_comments(after, end)
            below = Span(end, blank_lines_below(content, end))
            above = Span(blank_lines_above(content, start), start)
            if _is_definition(before):
                _widen(walk, below, cause)
            if _is_definition(after) and (above != below or not _is_definition(before)):
                _widen(walk, above, cause)


def _is_definition(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.FunctionDef | cst.ClassDef)


def _widen(walk: Walk, gap: Span, cause: Cause) -> None:
    """Make one blank line two, once, where there is something above and below it."""
    content, newline = walk.syntax.content, walk.syntax.module.default_newline
    is_one = content[gap.start : gap.end].strip(" \t\r\f") == "\n" and gap.start and gap.end < len(content)
    here = (gap.start, gap.start)
    if is_one and not any(cut.span == here and cut.text == newline for cut in walk.draft.cuts):
        walk.draft.cut(*here, cause, newline)


# --- Beside what was around a branch ------------------------------------------------------------------


def part_definitions(walk: Walk) -> None:
    """Part what moved out of a branch from what is directly beside it: definitions, and the last of imports.

    Asked when all of a module is decided. Elsewhere than at the top, one within a branch has to have been
    parted from the ends of that, and what is beside it there stays so.
    """
    for body, (suite, before), (other, after) in neighbours(walk):
        is_wide = body is walk.syntax.module.body and _is_wide(walk.syntax.text)
        if suite is not other or (is_wide and suite is not body):
            _part(walk, before, after, is_wide=is_wide, is_new=suite is not other)


def neighbours(walk: Walk) -> Iterator[tuple[_Statements, _Placed, _Placed]]:
    """Yield what is left beside each other in suites to which something moved, each with its own suite."""
    inside = {one for clauses in walk.moved.values() for clause in clauses for one in clause.body.body}
    blocks = (block.body for block in walk.syntax.every(cst.IndentedBlock)) if inside else ()
    for body in (walk.syntax.module.body, *blocks):
        if any(one in walk.moved and one not in inside for one in body):
            for before, after in pairwise(_all_left(walk, body)):
                yield body, before, after


def _all_left(walk: Walk, body: _Statements) -> Iterator[_Placed]:
    """The statements that are left of a suite, those that moved there included, each with its own suite."""
    for one in body:
        if one in walk.moved:
            for clause in walk.moved[one]:
                yield from _all_left(walk, clause.body.body)
        elif not walk.draft.has_cut(walk.syntax.inner(one)):
            yield body, one


def _part(walk: Walk, before: cst.CSTNode, after: cst.CSTNode, *, is_wide: bool, is_new: bool) -> None:
    """Part two statements, which stand beside each other as in the source unless that `is_new`."""
    content = walk.syntax.content
    end = walk.without_blank_end(walk.syntax.outer(before)).end
    line = walk.line_start(walk.syntax.inner(after).start)
    top = walk.with_comments(after, end)
    is_apart = (_is_tall(before) and blank_lines_below(content, end) > end) or (
        _is_tall(after) and blank_lines_above(content, top) < top
    )
    ends = is_new and _is_definition(before) is not _is_definition(after)
    is_tall = _is_tall(before) or _is_tall(after)
    is_wide = is_wide and (is_tall or ends)
    is_parted = is_new and is_tall and not _CLOSE.search(content)
    ends_imports = is_new and _is_import(before) and not _is_import(after)
    is_below_imports = ends_imports and not _CLOSE_TO_IMPORT.search(content)
    there = len(_BLANK_LINE.findall(left_between(walk, end, line)))
    lacking = 1 + is_wide - there if is_tall or not there else 0
    if (is_apart or is_wide or is_parted or is_below_imports) and lacking > 0:
        at = _end_of_line(walk, before)
        walk.draft.cut(*at, NO_CAUSE, walk.syntax.module.default_newline * (1 + lacking))


def _end_of_line(walk: Walk, node: cst.CSTNode) -> Span:
    """Return the end of the last line that is left of a statement: what is put there does not move."""
    content, span = walk.syntax.content, walk.syntax.outer(node)
    end = span.end
    while True:
        end = span.start + len(content[span.start : end].rstrip())
        around = [cut for cut in walk.draft.cuts if cut.start < end <= cut.end and not cut.text]
        if not around:
            return Span(end, content.find("\n", end) + 1)
        end = min(cut.start for cut in around)


def _is_tall(node: cst.CSTNode) -> bool:
    """Tell whether a statement is a definition of several lines."""
    return isinstance(node, cst.FunctionDef | cst.ClassDef) and isinstance(node.body, cst.IndentedBlock)


def _is_import(node: cst.CSTNode) -> bool:
    match node:
        case cst.SimpleStatementLine(body=body):
            return all(isinstance(one, cst.Import | cst.ImportFrom) for one in body)
    return False


def left_between(walk: Walk, start: int, end: int) -> str:
    """Return what is left between two lines."""
    cuts = [
        replace(cut, start=max(cut.start, start) - start, end=min(cut.end, end) - start)
        for cut in walk.draft.cuts
        if start <= cut.end and cut.start <= end
    ]
    return splice(walk.syntax.content[start:end], cuts)[0]
