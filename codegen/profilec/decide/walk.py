"""The walk through a module's statements: what each suite keeps, and how the text closes over what went.

The files beside this one know one form each. They are called for the statements that something
interesting stands in and answer with a `Fate`; this one joins the fates of a suite, cuts what went with
its comments, and keeps the blank lines as a person would leave them.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, groupby, pairwise
from textwrap import dedent, indent

import libcst as cst
from msgspec import Struct
from msgspec.structs import replace

from profilec.decide.draft import Draft
from profilec.decide.elements import cut_elements
from profilec.decide.leaving import leaves, leaves_at_once
from profilec.decide.lines import (
    IMPORT,
    NOTICE,
    OF_IMPORTS,
    ON_AGAIN,
    SPEAKS_OF_MORE,
    SWITCH,
    blank_lines_above,
    blank_lines_below,
    is_comment,
    kind_of_heading,
    width,
)
from profilec.decide.refusals import Stub
from profilec.folding.conditions import Conditions
from profilec.syntax.edit import NO_CAUSE, Cause
from profilec.syntax.read import Span, Syntax
from profilec.syntax.scopes import Names

type Clause = (
    cst.If | cst.Else | cst.With | cst.Try | cst.TryStar
    | cst.ExceptHandler | cst.ExceptStarHandler | cst.Finally | cst.MatchCase
)  # fmt: skip
"""What has a suite of its own, which can go or take the place of the whole statement."""


class Fate(Struct, frozen=True):
    """What became of a statement or a suite.

    Attributes:
        kept: something of it is left.
        leaves: in the emitted text, control never goes on to what follows.
        left: it did not in the source either.
        at_once: it leaves before anything in it can raise.
        cause: why it went, or why control leaves.
    """

    kept: bool = True
    leaves: bool = False
    left: bool = False
    cause: Cause = NO_CAUSE
    at_once: bool = False


KEPT = Fate()


def gone(cause: Cause) -> Fate:
    """Return the fate of what does not stay."""
    return Fate(kept=False, cause=cause)


type Handler = Callable[["Walk", cst.CSTNode], Fate]


class Walk:
    """The walk through one module for one profile.

    Attributes:
        lost: nodes that go whatever they are: marked by a comment, or used by nothing any more.
        marked: nodes that stay and were marked by a comment.
        stub: what the definitions around refuse with, where a whole class or module is a stub.
        moved: statements that go, each with those of its clauses whose suites take its place.
        idle: statements that go since the suite that would take their place does nothing, each with that.
    """

    def __init__(
        self,
        conditions: Conditions,
        draft: Draft,
        handlers: Mapping[type[cst.CSTNode], Handler],
        lost: dict[cst.CSTNode, Cause],
        points: Sequence[int],
        marked: Mapping[cst.CSTNode, Cause],
    ) -> None:
        self.conditions = conditions
        self.draft = draft
        self.lost = lost
        self.marked = marked
        self.stub: Stub | None = None
        self.moved: dict[cst.CSTNode, Sequence[Clause]] = {}
        self.idle: dict[cst.CSTNode, cst.BaseSuite] = {}
        self._handlers = handlers
        self._points = points

    @property
    def syntax(self) -> Syntax:
        """The syntax of the module."""
        return self.draft.syntax

    @property
    def names(self) -> Names:
        """The names of the module."""
        return self.conditions.names

    def touches(self, node: cst.CSTNode) -> bool:
        """Tell whether anything within a node could be decided: a flag, a marker, a fact, something lost."""
        span = self.syntax.outer(node)
        index = bisect_left(self._points, span.start)
        return index < len(self._points) and self._points[index] < span.end

    def because(self, node: cst.CSTNode, truth: bool | None) -> Cause:
        """Return the cause that a condition is true or false."""
        line, _ = self.syntax.place(self.syntax.inner(node).start)
        shown = " ".join(self.syntax.source(node).split())
        fact = None if self.conditions.mentions_profile(node) else self.syntax.outer(node)
        return Cause(f"`{shown}` is {'true' if truth else 'false'}", line, fact)

    def because_of_profile(self, node: cst.CSTNode) -> Cause:
        """Return the cause that each profile has a value of its own."""
        line, _ = self.syntax.place(self.syntax.inner(node).start)
        return Cause(f"the profile is `{self.conditions.world.profile.name}`", line)

    def lose(self, node: cst.CSTNode, cause: Cause) -> None:
        """Note that a node goes."""
        self.lost[node] = cause

    @contextmanager
    def stubbing(self, stub: Stub) -> Iterator[None]:
        """Make stubs of all definitions within."""
        around, self.stub = self.stub, stub
        yield
        self.stub = around

    # Statements and suites

    def statement(self, node: cst.CSTNode) -> Fate:
        """Decide one statement."""
        if node in self.lost:
            return gone(self.lost[node])
        if isinstance(node, cst.SimpleStatementLine | cst.SimpleStatementSuite):
            return self._line(node)
        if isinstance(node, cst.Return | cst.Raise | cst.Break | cst.Continue):
            if self.touches(node):
                self._handlers[type(node)](self, node)
            return Fate(leaves=True, left=True, at_once=leaves_at_once(node))
        handler = self._handlers.get(type(node))
        if handler is None or not (self.stub or self.touches(node)):
            ends = leaves(node)
            return Fate(leaves=ends, left=ends)
        return handler(self, node)

    def suite(self, node: cst.BaseSuite) -> Fate:
        """Decide the statements of a suite and cut those that go, if any stays."""
        if isinstance(node, cst.SimpleStatementSuite):
            return self._line(node)
        assert isinstance(node, cst.IndentedBlock)
        return self.statements(node.body, self.suite_lines(node))

    def suite_lines(self, node: cst.BaseSuite) -> Span:
        """Return the lines of a suite, from the one after the header to the last that is not blank.

        LibCST counts a comment at its end to the clause that follows.
        """
        if not isinstance(node, cst.IndentedBlock):
            return self.without_blank_end(self.syntax.outer(node))
        lines = self.without_blank_end(Span(self.syntax.outer(node.header).end, self.syntax.outer(node).end))
        return Span(lines.start, self._with_comments_below(lines.end, width(self.indentation(node))))

    def _with_comments_below(self, end: int, indentation: int) -> int:
        """Return where the comment lines below a line end that are indented so far, or further."""
        content = self.syntax.content
        start = end
        while start < len(content):
            start = blank_lines_below(content, start)
            below = content.find("\n", start) + 1 or len(content)
            line = content[start:below]
            if not line.lstrip().startswith("#") or width(line) < indentation:
                break
            start = end = below
        return end

    def statements(self, body: Sequence[cst.CSTNode], lines: Span, *, may_be_empty: bool = False) -> Fate:
        """Decide consecutive statements that fill `lines`; where none stays, cut them only if that may be."""
        fates = _with_docstrings(body, self._fates(body))
        kept = [fate for fate in fates if fate.kept]
        leaves_now, left = any(fate.leaves for fate in kept), any(fate.left for fate in fates)
        if leaves_now and not left:
            lines = self._cut_comments_at_end(body, lines, _cause(fates))
        if may_be_empty or kept:
            self._cut_runs(body, fates, lines)
        return Fate(
            kept=bool(kept),
            leaves=leaves_now,
            left=left,
            cause=_cause(fates),
            at_once=bool(kept) and kept[0].at_once,
        )

    def _fates(self, body: Sequence[cst.CSTNode]) -> list[Fate]:
        fates: list[Fate] = []
        for index, node in enumerate(body):
            fate = self.statement(node)
            fates.append(fate)
            if fate.kept and fate.leaves and not fate.left and not any(f.left for f in fates):
                fates += [gone(_unreachable(fate.cause))] * (len(body) - index - 1)
                break
        return fates

    def _cut_runs(self, body: Sequence[cst.CSTNode], fates: Sequence[Fate], suite: Span) -> None:
        """Cut each run of neighbours that went."""
        floor = suite.start
        for kept, group in groupby(zip(body, fates, strict=True), key=lambda pair: pair[1].kept):
            run: list[Span] = []
            causes: list[Cause] = []
            for node, fate in group:
                causes.append(fate.cause)
                start = self.with_comments(node, floor)
                end = self._with_rest_of_comment(self.without_blank_end(self.syntax.outer(node)).end, start)
                span = Span(start, end)
                run.append(span if kept else self._with_switches(span, suite))
                floor = run[-1].end
            for first, end in [] if kept else self._apart(run, suite):
                self._close_over(run[first:end], suite, causes[first:end])

    def _cut_comments_at_end(self, body: Sequence[cst.CSTNode], suite: Span, cause: Cause) -> Span:
        """Cut the comments below the last statement of a suite, and return the lines that it then fills."""
        comments = self._comments_at_end(body, suite)
        if comments.start == comments.end:
            return suite
        self.draft.cut(*comments, _unreachable(cause))
        return Span(suite.start, comments.start)

    def _comments_at_end(self, body: Sequence[cst.CSTNode], suite: Span) -> Span:
        """Return the comment lines below the last statement of a suite, to the first that speaks of more."""
        content = self.syntax.content
        start = end = max(suite.start, self.without_blank_end(self.syntax.outer(body[-1])).end)
        while end < suite.end and not SPEAKS_OF_MORE.match(content, blank_lines_below(content, end)):
            end = content.find("\n", blank_lines_below(content, end)) + 1 or len(content)
        return Span(start, end)

    def _line(self, node: cst.SimpleStatementLine | cst.SimpleStatementSuite) -> Fate:
        fates = self._fates(node.body)
        lost = [not fate.kept for fate in fates]
        if any(lost) and not all(lost):
            cause = next(fate.cause for fate in fates if not fate.kept)
            cut_elements(self.draft, node.body, lost, cause)
        kept = [fate for fate in fates if fate.kept]
        if not kept:
            return gone(_cause(fates))
        leave, left = any(fate.leaves for fate in kept), any(fate.left for fate in fates)
        return Fate(True, leave, left, at_once=kept[0].at_once)

    # Text around statements

    def with_comments(self, node: cst.CSTNode, floor: int) -> int:
        """Return where the comment lines directly above a statement begin, not before `floor`.

        Those that a file begins with speak of the file: a licence, the line for the shell, the encoding. So
        does a licence further down.
        One that is indented further belongs to the suite above. One that switches a tool off or on speaks
        of all that follows, and others of the function around or of the file.
        """
        content = self.syntax.content
        start = first = self.line_start(self.syntax.inner(node).start)
        indentation = self._indentation_at(first)
        while start > floor:
            above = self.line_start(start - 1)
            line = content[above:start]
            if above < floor or not line.lstrip().startswith("#") or width(line) > indentation:
                break
            if SPEAKS_OF_MORE.match(line):
                break
            start = above
        is_of_file = not content[:start].strip() or NOTICE.search(content, start, first)
        return first if is_of_file else start

    def _with_headings(self, end: int, indentation: int) -> int:
        """Return where the comments begin that end at a line and stand apart from what is above them."""
        content = self.syntax.content
        while True:
            start = end
            while start and is_comment(line := content[self.line_start(start - 1) : start], indentation):
                start -= len(line)
            above = blank_lines_above(content, start)
            is_of_file = not content[:above].strip() or NOTICE.search(content, start, end)
            if above in (start, end) or is_of_file:
                return end
            end = above

    def _emptied_heading(self, end: int, below: int, suite: Span) -> Span | None:
        """Return the heading that ends at a line, if the next one of its kind would follow it at once."""
        content = self.syntax.content
        start = end
        while start > suite.start and content[self.line_start(start - 1) : start].lstrip().startswith("#"):
            start = self.line_start(start - 1)
        stands_apart = start == suite.start > 0 or blank_lines_above(content, start) < start
        kind = kind_of_heading(content, start) if stands_apart else None
        return Span(start, end) if kind and kind == kind_of_heading(content, below) else None

    def _with_rest_of_comment(self, end: int, start: int) -> int:
        """Return where the comment behind a statement ends that goes on, further indented, in lines below."""
        content = self.syntax.content
        indentation = self._indentation_at(start)
        while content.startswith((" ", "\t"), end):
            below = content.find("\n", end) + 1 or len(content)
            line = content[end:below]
            if not line.lstrip().startswith("#") or width(line) <= indentation:
                break
            end = below
        return end

    def line_start(self, offset: int) -> int:
        """Return the first character of the line that a character stands in."""
        return self.syntax.content.rfind("\n", 0, offset) + 1

    def _indentation_at(self, start: int) -> int:
        """Return how far the line that begins at a character is indented."""
        content = self.syntax.content
        return width(content[start : content.find("\n", start) + 1 or len(content)])

    def first_line(self, lines: Span) -> int:
        """Return where the first line that is not blank begins."""
        content = self.syntax.content
        stripped = content[lines.start : lines.end].lstrip()
        return self.line_start(lines.end - len(stripped))

    def indentation(self, body: cst.BaseSuite) -> str:
        """Return the blanks that an indented suite's lines begin with."""
        start = self.syntax.inner(body.body[0]).start
        return self.syntax.content[self.line_start(start) : start].rpartition("\f")[2]

    def fill(self, body: cst.BaseSuite, cause: Cause) -> None:
        """Replace a suite of which nothing is left by `pass`, with the comments that say why."""
        if isinstance(body, cst.SimpleStatementSuite):
            start, end = self.syntax.inner(body.body[0]).start, self.syntax.inner(body.body[-1]).end
            self.draft.cut(start, end, cause, "pass")
            return
        lines, indentation = self.suite_lines(body), self.indentation(body)
        newline = self.syntax.module.default_newline
        ending = newline if self.syntax.content.endswith("\n", 0, lines.end) else ""
        idle = next((self.idle[one] for one in body.body if one in self.idle), None)
        nothing = self._text_of(idle) if idle else f"{self._reason(body, lines)}pass"
        text = indent(nothing, indentation)
        self.draft.cut(lines.start, lines.end, cause, text + ending)

    def _reason(self, body: cst.BaseSuite, suite: Span) -> str:
        """Return the comments below all statements of a suite, if a blank line parts them from these."""
        comments, content = self._comments_at_end(body.body, suite), self.syntax.content
        start = blank_lines_below(content, comments.start)
        if not comments.start < start < comments.end:
            return ""
        return dedent(content[start : comments.end]).rstrip() + self.syntax.module.default_newline

    def _text_of(self, idle: cst.BaseSuite) -> str:
        """Return the lines of a suite that does nothing, without indentation and the last newline."""
        lines, start = self.suite_lines(idle), self.syntax.inner(idle.body[0]).start
        first = self.first_line(lines) if isinstance(idle, cst.IndentedBlock) else start
        text = dedent(self.syntax.content[first : lines.end]).rstrip()
        return "pass" if "profilec:" in text else text

    def without_blank_end(self, span: Span) -> Span:
        """Return a span of lines without the blank ones at its end."""
        content = self.syntax.content
        stripped = span.start + len(content[span.start : span.end].rstrip())
        newline = content.find("\n", stripped, span.end)
        return Span(span.start, newline + 1 if newline >= 0 else span.end)

    def _apart(self, run: Sequence[Span], suite: Span) -> Iterator[tuple[int, int]]:
        """Divide neighbours that went where a comment stands between them that may speak of what follows."""
        content, first = self.syntax.content, 0
        for index, (left, right) in enumerate(pairwise(run), 1):
            if content[left.end : right.start].strip() and content[run[-1].end : suite.end].strip():
                yield first, index
                first = index
        yield first, len(run)

    def _close_over(self, run: Sequence[Span], suite: Span, causes: Sequence[Cause]) -> None:
        """Cut neighbouring statements, and the blank lines around them that a person would not leave.

        Between two statements that stay, the largest of the gaps stays; at the beginning and at the end
        of the suite none. Headings at its end, below which nothing would be left, go too.
        """
        content = self.syntax.content
        if (of_imports := OF_IMPORTS.match(content, run[0].start)) and IMPORT.match(content, run[-1].end):
            run = [Span(of_imports.end(), run[0].end), *run[1:]]
        above = Span(blank_lines_above(content, run[0].start), run[0].start)
        below = Span(run[-1].end, blank_lines_below(content, run[-1].end))
        if not content[below.end : suite.end].strip():
            if off := self._switched_off(run[0].start, suite):
                above = Span(blank_lines_above(content, off.start()), run[0].start)
            first = self._with_headings(above.start, self._indentation_at(run[0].start))
            self._cut_each(first, run[-1].end, run, causes)
            return
        if heading := self._emptied_heading(above.start, below.end, suite):
            run, causes = [heading, *run], [causes[0], *causes]
            above = Span(blank_lines_above(content, heading.start), heading.start)
        if not content[suite.start : above.start].strip():
            self._cut_each(run[0].start, below.end, run, causes)
            return
        between = [Span(left.end, right.start) for left, right in pairwise(run)]
        widest = max([above, *between, below], key=lambda gap: content.count("\n", gap.start, gap.end))
        self._cut_each(above.start, widest.start, run, causes)
        self._cut_each(widest.end, below.end, run, causes)

    def _switched_off(self, start: int, suite: Span) -> re.Match[str] | None:
        """Return the comment directly above a line that switches a tool off."""
        content = self.syntax.content
        end = blank_lines_above(content, start)
        found = SWITCH.match(content, self.line_start(max(end - 1, 0)), end)
        return found if found and found["state"] in ON_AGAIN and found.start() >= suite.start else None

    def _with_switches(self, span: Span, suite: Span) -> Span:
        """Add the comments around lines that switch a tool off and on: nothing more stands between them."""
        content = self.syntax.content
        off = self._switched_off(span.start, suite)
        if off is None:
            return span
        on = SWITCH.match(content, blank_lines_below(content, span.end), suite.end)
        again = (off["tool"], ON_AGAIN[off["state"]], off["of"])
        return Span(off.start(), on.end()) if on and on.group("tool", "state", "of") == again else span

    def _cut_each(self, start: int, end: int, run: Sequence[Span], causes: Sequence[Cause]) -> None:
        """Cut from `start` to `end`, at each statement of a run because of what that one goes."""
        starts = [start, *(span.start for span in run[1:]), end]
        for (first, last), cause in zip(pairwise(starts), causes, strict=True):
            if max(first, start) < min(last, end):
                self.draft.cut(max(first, start), min(last, end), cause)


def does_nothing(body: cst.BaseSuite) -> bool:
    """Tell whether a suite is a lone `pass`, which nothing needs where there are other statements."""
    match body.body:
        case [cst.Pass()] | [cst.SimpleStatementLine(body=[cst.Pass()])]:
            return True
    return False


def _cause(fates: Sequence[Fate]) -> Cause:
    """Return why control leaves a suite; else the fact because of which it went, or the first cause."""
    leaving = (fate.cause for fate in fates if fate.kept and fate.leaves and fate.cause.reason)
    by_fact = (fate.cause for fate in fates if fate.cause.fact)
    return next(chain(leaving, by_fact), fates[0].cause if fates else NO_CAUSE)


def _unreachable(cause: Cause) -> Cause:
    """Return why what follows goes, where control leaves because of a cause."""
    return replace(cause, reason=f"nothing goes on to this: {cause.reason}")


def _with_docstrings(body: Sequence[cst.CSTNode], fates: list[Fate]) -> list[Fate]:
    """Let the docstring of a variable, the string directly below its assignment, go with it (PEP 257)."""
    for index, ((above, below), fate) in enumerate(zip(pairwise(body), fates, strict=False)):
        if not fate.kept and _is_assignment(above) and _is_docstring(below):
            fates[index + 1] = fate
    return fates


def _is_assignment(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[-1], cst.Assign | cst.AnnAssign)


def _is_docstring(node: cst.CSTNode) -> bool:
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())], leading_lines=[]):
            return True
    return False
