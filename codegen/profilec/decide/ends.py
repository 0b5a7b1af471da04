"""A bare `return` or `continue` that comes to end its function or loop: it has nothing to skip any more.

Asked when all of a module is decided. Only one that something followed in the source goes, and none that a
comment explains. An `if` of which nothing else is left goes with it.
"""

from collections.abc import Sequence

import libcst as cst

from profilec.decide.walk import Walk
from profilec.syntax.edit import Cause
from profilec.syntax.read import Span

type _Leaving = type[cst.Return] | type[cst.Continue]


def cut_idle_ends(walk: Walk) -> None:
    """Cut what has come to leave a function, or to go on with a loop, where either ends anyway."""
    for kind in (cst.FunctionDef, cst.For, cst.While):
        for node in walk.syntax.every(kind):
            if walk.touches(node.body) and not walk.draft.has_cut(walk.syntax.inner(node)):
                end = _End(walk, cst.Return if isinstance(node, cst.FunctionDef) else cst.Continue)
                if end.empties(node.body, followed=False) and not end.is_explained(
                    walk.suite_lines(node.body)
                ):
                    walk.fill(node.body, end.cause)


class _End:
    """The end of one function or loop.

    Attributes:
        cause: why something of it goes.
    """

    def __init__(self, walk: Walk, leaving: _Leaving) -> None:
        self._walk = walk
        self._leaving = leaving
        self.cause = Cause("nothing is left that it would skip")

    def empties(self, suite: cst.BaseSuite, *, followed: bool) -> bool:
        """Cut what is idle at the end of a suite, and tell whether it is all that is left of that.

        Args:
            suite: the suite.
            followed: something that went stood behind it.
        """
        left = [one for one in suite.body if not self._is_gone(one)]
        if not left or not self._is_idle(left[-1], followed=followed or left[-1] is not suite.body[-1]):
            return False
        if len(left) == 1:
            return True
        if isinstance(suite, cst.IndentedBlock):
            self._cut(self._end_of(left[-2]), self._end_of(left[-1]))
        return False

    def is_explained(self, lines: Span) -> bool:
        """Tell whether a comment is left in some lines."""
        content, start = self._walk.syntax.content, lines.start
        cuts = sorted(one.span for one in self._walk.draft.cuts if one.span.end > lines.start)
        for cut in cuts:
            if "#" in content[start : min(max(cut.start, start), lines.end)]:
                return True
            start = max(start, cut.end)
        return "#" in content[start : lines.end]

    def _is_idle(self, node: cst.CSTNode, *, followed: bool) -> bool:
        """Cut what is idle at the end of a statement, and tell whether all of it is."""
        if clauses := self._walk.moved.get(node):
            return len(clauses) == 1 and self.empties(clauses[0].body, followed=followed)
        match node:
            case cst.SimpleStatementLine(body=[small]):
                return self._is_idle(small, followed=followed)
            case cst.Return(value=None) | cst.Continue():
                return followed and isinstance(node, self._leaving)
            case cst.If():
                return self._is_idle_chain(node, followed=followed)
            case cst.With(body=body):
                self.empties(body, followed=followed)
            case cst.Try(body=body, handlers=handlers, orelse=orelse) | cst.TryStar(
                body=body, handlers=handlers, orelse=orelse
            ):
                last = orelse if orelse and not self._is_gone(orelse.body) else None
                for suite in [*([] if last else [body]), *(handler.body for handler in handlers)]:
                    self.empties(suite, followed=followed)
                self._end_else(last, followed=followed)
            case cst.For(orelse=orelse) | cst.While(orelse=orelse):
                self._end_else(orelse, followed=followed)
            case cst.Match(cases=cases):
                for case in cases:
                    self.empties(case.body, followed=followed)
        return False

    def _is_idle_chain(self, node: cst.If, *, followed: bool) -> bool:
        """Cut the last branches of a chain that are idle, and tell whether all of them are."""
        left = [branch for branch in _branches(node) if not self._is_gone(branch.body)]
        is_last = True
        for branch in reversed(left):
            is_empty = self.empties(branch.body, followed=followed)
            acts = isinstance(branch, cst.If) and self._walk.conditions.acts(branch.test)
            is_last = is_last and is_empty and not acts
            if not is_last:
                continue
            if branch is left[0]:
                return True
            self._cut_clause(branch)
        return False

    def _end_else(self, node: cst.Else | None, *, followed: bool) -> None:
        """Cut what is idle at the end of an `else`, and all of it if nothing else is left."""
        if node and self.empties(node.body, followed=followed):
            self._cut_clause(node)

    def _cut_clause(self, node: cst.If | cst.Else) -> None:
        start = self._walk.line_start(self._walk.syntax.inner(node).start)
        self._cut(start, self._walk.suite_lines(node.body).end)

    def _cut(self, start: int, end: int) -> None:
        if not self.is_explained(Span(start, end)):
            self._walk.draft.cut(start, end, self.cause)

    def _is_gone(self, node: cst.CSTNode) -> bool:
        return self._walk.draft.has_cut(self._walk.syntax.inner(node))

    def _end_of(self, node: cst.CSTNode) -> int:
        return self._walk.without_blank_end(self._walk.syntax.outer(node)).end


def _branches(node: cst.If) -> Sequence[cst.If | cst.Else]:
    match node.orelse:
        case cst.If() as below:
            return [node, *_branches(below)]
        case cst.Else() as last:
            return [node, last]
    return [node]
