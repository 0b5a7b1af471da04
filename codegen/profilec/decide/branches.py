"""`if`, `with`, `try`: branches that go, bodies that move out to where the statement was."""

from collections.abc import Sequence
from itertools import pairwise

import libcst as cst
from msgspec import Struct

from profilec.decide.elements import cut_elements
from profilec.decide.expressions import chosen, condition, expressions
from profilec.decide.leaving import leaves
from profilec.decide.lines import blank_lines_above
from profilec.decide.spacing import gap_between, space_out
from profilec.decide.speaking import speaks_of_what_went
from profilec.decide.walk import KEPT, Clause, Fate, Walk, does_nothing, gone
from profilec.syntax.edit import Cause
from profilec.syntax.read import Span

type Handler = cst.ExceptHandler | cst.ExceptStarHandler


class Branch(Struct, frozen=True):
    """One `if`, `elif` or `else` of a chain, with the truth of its test (an `else` is true)."""

    node: cst.If | cst.Else
    truth: bool | None
    cause: Cause

    @property
    def body(self) -> cst.BaseSuite:
        """The suite of the branch."""
        return self.node.body


def if_(walk: Walk, node: cst.If) -> Fate:
    """Decide an `if` chain: false branches go, a true one ends the chain."""
    branches = _branches(walk, node)
    if all(branch.truth is None or isinstance(branch.node, cst.Else) for branch in branches):
        return _undecided(walk, branches)
    return _decided(walk, node, branches)


def _branches(walk: Walk, node: cst.If) -> list[Branch]:
    branches: list[Branch] = []
    current: cst.If | cst.Else | None = node
    while current is not None:
        if isinstance(current, cst.Else):
            branches.append(Branch(current, True, branches[-1].cause))
            break
        lost = walk.lost.get(current)
        truth = False if lost else condition(walk, current.test)
        branches.append(Branch(current, truth, lost or walk.because(current.test, truth)))
        if truth:
            rest = [Branch(later, False, branches[-1].cause) for later in _later(current)]
            return [*branches, *rest]
        current = current.orelse
    return branches


def _later(node: cst.If) -> list[cst.If | cst.Else]:
    """List the branches that follow one."""
    later: list[cst.If | cst.Else] = []
    current = node.orelse
    while current is not None:
        later.append(current)
        current = current.orelse if isinstance(current, cst.If) else None
    return later


def _undecided(walk: Walk, branches: Sequence[Branch]) -> Fate:
    """Decide what stands within the branches of a chain that stays whole."""
    fates = [_branch_fate(walk, branch.body) for branch in branches]
    if not _close(walk, branches, fates):
        return gone(fates[0].cause)
    if fates[-1].kept and isinstance(branches[-1].node, cst.Else):
        _join_chains(walk, branches[-1], fates[-1].cause)
    closed = isinstance(branches[-1].node, cst.Else)
    return Fate(
        True, closed and all(f.leaves for f in fates), closed and all(f.left for f in fates), fates[0].cause
    )


def _close(walk: Walk, branches: Sequence[Branch], fates: Sequence[Fate]) -> bool:
    """Close a chain over suites of which nothing is left, and tell whether any branch is.

    The last of them go, unless their tests do more than ask; before others, `pass` takes their place.
    """
    pairs = list(zip(branches, fates, strict=True))
    while pairs and not pairs[-1][1].kept and not _has_effect(walk, pairs[-1][0]):
        branch, fate = pairs.pop()
        if pairs:
            cut_clause(walk, branch.node, fate.cause)
    for branch, fate in pairs:
        if not fate.kept:
            walk.fill(branch.body, fate.cause)
    return bool(pairs)


def _has_effect(walk: Walk, branch: Branch) -> bool:
    node = branch.node
    return not branch.truth and isinstance(node, cst.If) and walk.conditions.acts(node.test)


def _branch_fate(walk: Walk, body: cst.BaseSuite) -> Fate:
    if walk.touches(body):
        return walk.suite(body)
    return Fate(leaves=leaves(body), left=leaves(body))


def _decided(walk: Walk, node: cst.If, branches: Sequence[Branch]) -> Fate:
    cause = next(branch.cause for branch in branches if branch.truth is not None)
    kept = [branch for branch in branches if branch.truth is not False]
    for branch in branches:
        if branch.truth is False and branch.node is not node:
            cut_clause(walk, branch.node, branch.cause)
    if not kept:
        return gone(cause)
    if kept[0].truth:
        return _only_branch(walk, branches, kept[0])
    fates = [walk.suite(branch.body) for branch in kept]
    if kept[-1].truth and does_nothing(kept[-1].body):
        fates[-1] = gone(kept[-1].cause)
    if not _close(walk, kept, fates):
        return gone(cause)
    if branches[0] is not kept[0]:
        _become_first(walk, branches, kept[0])
    is_last = kept[-1].truth and fates[-1].kept
    if is_last and not _join_chains(walk, kept[-1], kept[-1].cause) and isinstance(kept[-1].node, cst.If):
        _become_else(walk, kept[-1].node, kept[-1].cause)
    closed = bool(kept[-1].truth)
    return Fate(True, closed and all(fate.leaves for fate in fates), leaves(node), cause)


def _only_branch(walk: Walk, branches: Sequence[Branch], branch: Branch) -> Fate:
    """Put the body of the branch that is always taken in the place of the whole chain."""
    fate = walk.suite(branch.body)
    node = branches[0].node
    if does_nothing(branch.body):
        walk.idle[node] = branch.body
        return gone(branch.cause if fate.kept else fate.cause)
    if not fate.kept:
        return gone(fate.cause)
    _cut_branches_before(walk, branches, branch)
    _unwrap_alone(walk, node, branch.node, branch.cause)
    return Fate(True, fate.leaves, leaves(node), branch.cause, fate.at_once)


def _become_first(walk: Walk, branches: Sequence[Branch], branch: Branch) -> None:
    """Turn an `elif` whose predecessors went into the `if` of the chain."""
    _cut_branches_before(walk, branches, branch)
    keyword = walk.syntax.inner(branch.node).start
    walk.draft.cut(keyword, keyword + len("elif"), branches[0].cause, "if")


def _cut_branches_before(walk: Walk, branches: Sequence[Branch], branch: Branch) -> None:
    """Cut what stands before a branch, and the comments above the chain if they speak of that."""
    before = branches[: branches.index(branch) + 1]
    went = [one.node for one in before[:-1]]
    for gone_one, later in pairwise(before):
        start, end = (walk.with_comments(one.node, 0) for one in (gone_one, later))
        header = walk.line_start(walk.syntax.inner(gone_one.node).start)
        comment = walk.syntax.content[start:header]
        if gone_one is branches[0] and not speaks_of_what_went(walk, comment, went, branch.node):
            start = header
        walk.draft.cut(start, end, gone_one.cause)


def _become_else(walk: Walk, node: cst.If, cause: Cause) -> None:
    start = walk.syntax.inner(node).start
    walk.draft.cut(start, walk.syntax.outer(node.test).end, cause, "else")


def _join_chains(walk: Walk, last: Branch, cause: Cause) -> bool:
    """Go on with `elif`, and tell so, where a fold leaves nothing but another chain in the last branch."""
    chain = _chain_within(walk, last)
    if chain is None:
        return False
    content, start = walk.syntax.content, walk.syntax.inner(last.node).start
    nested, lines = walk.syntax.inner(chain).start, walk.suite_lines(last.body)
    walk.draft.cut(start, nested + len("if"), cause, "elif")
    outer = content[walk.line_start(start) : start]
    below = content.find("\n", nested) + 1 or lines.end
    walk.draft.reindent(Span(below, lines.end), walk.indentation(last.body), outer, cause)
    return True


def _chain_within(walk: Walk, last: Branch) -> cst.If | None:
    """Return the chain that alone is left in a branch that became the last, or in which another moved out."""
    body, is_new = last.body, isinstance(last.node, cst.If)
    while isinstance(body, cst.IndentedBlock) and len(body.body) == 1:
        (chain,) = body.body
        if clauses := walk.moved.get(chain):
            body, is_new = clauses[0].body, True
            if len(clauses) == 1:
                continue
            return None
        if not is_new or not isinstance(chain, cst.If) or walk.touches(chain.test):
            return None
        whole, lines = walk.syntax.inner(chain), walk.suite_lines(last.body)
        content, test = walk.syntax.content, walk.syntax.outer(chain.test)
        around = content[walk.syntax.inner(last.node).start : whole.start] + content[whole.end : lines.end]
        return chain if "#" not in around and "\n" not in content[whole.start : test.end] else None
    return None


# --- Text -----------------------------------------------------------------------------------------


def cut_clause(walk: Walk, clause: Clause, cause: Cause) -> None:
    """Cut an `elif`, `else`, `except`, `finally` or `case` with its body and what stands above it.

    That is comments, and blank lines: those below are enough for what is left.
    """
    span = walk.without_blank_end(_clause_span(walk, clause))
    start = blank_lines_above(walk.syntax.content, walk.with_comments(clause, 0))
    walk.draft.cut(start, span.end, cause)


def _clause_span(walk: Walk, clause: Clause) -> Span:
    """Return the lines of a clause alone, without the clauses that follow an `elif`."""
    start = walk.line_start(walk.syntax.inner(clause).start)
    return Span(start, walk.suite_lines(clause.body).end)


def move_out(walk: Walk, node: cst.CSTNode, clause: Clause, cause: Cause) -> None:
    """Put the suite of a statement, or of a clause of it, in the place of the whole, and dedent it.

    The comments above the clause speak of its suite, and stay.
    """
    if clause is not node:
        walk.draft.cut(walk.line_start(walk.syntax.inner(node).start), walk.with_comments(clause, 0), cause)
    _unwrap_alone(walk, node, clause, cause)
    if isinstance(clause, cst.MatchCase):  # which is indented itself
        lines = Span(walk.with_comments(clause, 0), _clause_span(walk, clause).end)
        starts = (walk.syntax.inner(one).start for one in (clause, node))
        inner, outer = (walk.syntax.content[walk.line_start(start) : start] for start in starts)
        walk.draft.reindent(lines, inner, outer, cause)


def _unwrap_alone(walk: Walk, node: cst.CSTNode, clause: Clause, cause: Cause) -> None:
    """Unwrap a clause, and cut what follows it in its statement."""
    _unwrap(walk, clause, cause)
    space_out(walk, node, [clause], cause)
    end = walk.without_blank_end(walk.syntax.outer(node)).end
    walk.draft.cut(_clause_span(walk, clause).end, end, cause)


def _unwrap(walk: Walk, clause: Clause, cause: Cause, gap: str = "") -> None:
    """Cut the header of a statement or clause, and dedent its suite to it; a gap goes above both."""
    header = walk.syntax.inner(clause).start
    body = clause.body
    if isinstance(body, cst.SimpleStatementSuite):
        walk.draft.cut(header, walk.syntax.inner(body.body[0]).start, cause)
        return
    line = walk.line_start(header)
    lines = walk.suite_lines(body)
    first = walk.first_line(lines)
    top = walk.with_comments(clause, 0) if gap else line
    if top < line:
        walk.draft.cut(top, top, cause, gap)
    walk.draft.cut(line, first, cause, gap if top == line else "")
    outer, inner = walk.syntax.content[line:header], walk.indentation(body)
    walk.draft.reindent(Span(first, lines.end), inner, outer, cause)


# --- `with` and `try` --------------------------------------------------------------------


def instead(
    walk: Walk, node: cst.CSTNode, clause: cst.Else | cst.ExceptHandler | cst.MatchCase, cause: Cause
) -> Fate:
    """Let the suite of one clause of a statement take the place of the whole."""
    fate = walk.suite(clause.body)
    if not fate.kept or does_nothing(clause.body):
        return gone(cause)
    move_out(walk, node, clause, cause)
    return Fate(True, fate.leaves, False, cause)


def body_or_pass(walk: Walk, body: cst.BaseSuite) -> Fate:
    """Decide a suite that must not be empty."""
    fate = walk.suite(body)
    if not fate.kept:
        walk.fill(body, fate.cause)
    return fate


def clause_or_nothing(walk: Walk, clause: cst.Else | cst.Finally) -> Fate:
    """Decide a clause that goes when nothing of its suite is left."""
    fate = walk.suite(clause.body)
    if not fate.kept:
        cut_clause(walk, clause, fate.cause)
    return fate


def with_(walk: Walk, node: cst.With) -> Fate:
    """Decide a `with`: items may go, and when all have gone the body moves out."""
    expressions(
        walk, [child for item in node.items if item not in walk.lost for child in (item.item, item.asname)]
    )
    _shed_parentheses(walk, node)
    lost = [item in walk.lost for item in node.items]
    fate = walk.suite(node.body)
    if all(lost):
        if not fate.kept:
            return gone(fate.cause)
        cause = walk.lost[node.items[0]]
        move_out(walk, node, node, cause)
        return Fate(True, fate.leaves, fate.left, cause, fate.at_once)
    if any(lost):
        cut_elements(
            walk.draft, node.items, lost, next(walk.lost[item] for item in node.items if item in walk.lost)
        )
    if not fate.kept:
        walk.fill(node.body, fate.cause)
    return Fate(True, fate.at_once, leaves(node), fate.cause, fate.at_once)


def _shed_parentheses(walk: Walk, node: cst.With) -> None:
    """Cut the parentheses around the one thing that a `with` holds, where a choice stood in them."""
    match node:
        case cst.With(
            lpar=cst.LeftParen() as opening,
            rpar=cst.RightParen() as closing,
            items=[cst.WithItem(item=cst.IfExp(test=test) as item, asname=None)],
        ):
            left, content = chosen(walk, item), walk.syntax.content
            around = Span(walk.syntax.outer(opening).start, walk.syntax.outer(closing).end)
            inside, kept = walk.syntax.outer(item), walk.syntax.outer(left)
            needed = left is item or isinstance(left, cst.Tuple) or "\n" in content[kept.start : kept.end]
            if (
                not needed
                and "#" not in content[around.start : inside.start] + content[inside.end : around.end]
            ):
                walk.draft.keep_only(around, inside, walk.because(test, walk.conditions.truth(test)))


def try_(walk: Walk, node: cst.Try | cst.TryStar) -> Fate:
    """Decide a `try`: without body it goes with its handlers, without handlers its body moves out."""
    body = walk.suite(node.body)
    if not body.kept:
        return _without_body(walk, node, body.cause)
    kept = [_handler(walk, handler) for handler in node.handlers if handler not in walk.lost]
    for handler in node.handlers:
        if handler in walk.lost:
            cut_clause(walk, handler, walk.lost[handler])
    orelse = _else_of_try(walk, node.orelse, body) if node.orelse else None
    final = clause_or_nothing(walk, node.finalbody) if node.finalbody else None
    if not kept:
        _without_handlers(walk, node, orelse, final)
    ends = body.leaves or (orelse is not None and orelse.leaves)
    closed = ends and all(handler.leaves for handler in kept)
    return Fate(True, closed or (final is not None and final.leaves), leaves(node), body.cause)


def _handler(walk: Walk, node: Handler) -> Fate:
    match node.type:
        case cst.Tuple(elements=elements, lpar=[]) if any(element in walk.lost for element in elements):
            _fewer_kinds(walk, node.type)
        case _:
            expressions(walk, [node.type])
    if node.type and node.name in walk.lost:
        end = walk.syntax.outer(node.name.name).end
        walk.draft.cut(walk.syntax.outer(node.type).end, end, walk.lost[node.name])
    return body_or_pass(walk, node.body)


def _fewer_kinds(walk: Walk, kinds: cst.Tuple) -> None:
    """Cut kinds out of what is caught without parentheses (PEP 758), which may not end with a comma."""
    left = [element for element in kinds.elements if element not in walk.lost]
    cause = next(walk.lost[element] for element in kinds.elements if element in walk.lost)
    if not left:
        walk.draft.cut(*walk.syntax.outer(kinds), cause, "()")
        return
    expressions(walk, [element.value for element in left])
    cut_elements(walk.draft, kinds.elements, [element in walk.lost for element in kinds.elements], cause)


def _else_of_try(walk: Walk, node: cst.Else, body: Fate) -> Fate:
    """Decide the `else` of a `try`: it goes where the body has come to leave always."""
    if body.leaves and not body.left:
        cut_clause(walk, node, body.cause)
        return gone(body.cause)
    return clause_or_nothing(walk, node)


def _without_body(walk: Walk, node: cst.Try | cst.TryStar, cause: Cause) -> Fate:
    orelse = walk.suite(node.orelse.body) if node.orelse else gone(cause)
    final = walk.suite(node.finalbody.body) if node.finalbody else gone(cause)
    if not orelse.kept and not final.kept:
        return gone(cause)
    if not final.kept:
        assert node.orelse
        move_out(walk, node, node.orelse, cause)
        return Fate(True, orelse.leaves, False, cause)
    assert node.finalbody
    if not orelse.kept:
        move_out(walk, node, node.finalbody, cause)
        return Fate(True, final.leaves, False, cause)
    assert node.orelse
    walk.draft.cut(walk.syntax.outer(node.body).start, walk.syntax.outer(node.orelse.body).start, cause)
    return KEPT


def _without_handlers(
    walk: Walk, node: cst.Try | cst.TryStar, orelse: Fate | None, final: Fate | None
) -> None:
    """Close a `try` whose handlers all went: nothing is caught any more."""
    if not node.handlers and (final is None or final.kept):
        return
    cause = walk.lost[node.handlers[0]] if node.handlers else (final.cause if final else Cause(""))
    if final is None or not final.kept:
        _unwrap(walk, node, cause)
        if node.orelse and orelse and orelse.kept:
            _unwrap(walk, node.orelse, cause, gap_between(walk, node, node.body, node.orelse))
            space_out(walk, node, [node, node.orelse], cause)
        else:
            space_out(walk, node, [node], cause)
    elif node.orelse and orelse and orelse.kept:
        _join(walk, node, node.orelse, cause)


def _join(walk: Walk, node: cst.Try | cst.TryStar, orelse: cst.Else, cause: Cause) -> None:
    """Put the suite of an `else` below the one that it would follow, with the comments above it."""
    header = walk.line_start(walk.syntax.inner(orelse).start)
    outer = walk.syntax.content[header : walk.syntax.inner(orelse).start]
    blocks = [body for body in (node.body, orelse.body) if isinstance(body, cst.IndentedBlock)]
    indentation = walk.indentation(blocks[0]) if blocks else outer + walk.syntax.module.default_indent
    if isinstance(node.body, cst.SimpleStatementSuite):
        newline = walk.syntax.module.default_newline
        start, first = walk.syntax.outer(node.body).start, walk.syntax.inner(node.body.body[0]).start
        walk.draft.cut(start, first, cause, newline + indentation)
    walk.draft.reindent(Span(walk.with_comments(orelse, 0), header), outer, indentation, cause)
    if isinstance(orelse.body, cst.SimpleStatementSuite):
        walk.draft.cut(header, walk.syntax.inner(orelse.body.body[0]).start, cause, indentation)
        return
    lines = walk.suite_lines(orelse.body)
    first = walk.first_line(lines)
    walk.draft.cut(header, first, cause)
    walk.draft.reindent(Span(first, lines.end), walk.indentation(orelse.body), indentation, cause)
