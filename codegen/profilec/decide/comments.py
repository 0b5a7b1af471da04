"""Marker comments, `# profilec: only FLAG`, `unless FLAG` and `keep`, and what each of them marks.

A comment marks the innermost import name, argument, parameter, type parameter, element, base, decorator,
`with` item, clause, field or statement that starts and ends on its line; compound statements and clauses
count by their header, or whole where their body stands on the same line, and of several the last is meant.
Where none does, the statement around is marked. On the first line of a file a comment marks the file.
"""

import re
from typing import Literal

import libcst as cst
from msgspec import Struct

from profilec.config import Profile
from profilec.diagnostics import Finding, did_you_mean
from profilec.folding.flags import FlagTable, holds, marker
from profilec.syntax.parser import parse_expression
from profilec.syntax.read import Span, Syntax, children
from profilec.syntax.scopes import Names

type Action = Literal["only", "unless", "keep"]

_MARK = re.compile(r"#\s*profilec:\s*(?P<action>\w*)[ \t]*(?P<condition>[^#\n]*)")


class Mark(Struct, frozen=True):
    """One marker comment.

    Attributes:
        target: the node that it marks; None where it marks the file.
        condition: the flags that it asks for; None for `keep`.
        comment: the characters that go when the code stays, with the blanks before them.
    """

    action: Action
    target: cst.CSTNode | None
    condition: cst.BaseExpression | None
    comment: Span
    line: int

    def keeps(self, flags: FlagTable, profile: Profile) -> bool:
        """Tell whether the marked code stays in a profile."""
        if self.condition is None:
            return True
        return _truth(self.condition, flags, profile) is (self.action == "only")

    @property
    def names(self) -> list[str]:
        """The names of the flags that the condition asks for."""
        return _names(self.condition) if self.condition else []

    @property
    def shown(self) -> str:
        """The condition as a reader knows it."""
        condition = cst.Module([]).code_for_node(self.condition) if self.condition else ""
        return f"{self.action} {condition}".strip()


def marks(syntax: Syntax, names: Names, flags: FlagTable) -> tuple[list[Mark], list[Finding]]:
    """Find the marker comments of a module, and the faults in them."""
    found: list[Mark] = []
    findings: list[Finding] = []
    for comment in syntax.comments("profilec:"):
        mark = _mark(syntax, names, flags, comment)
        if isinstance(mark, Finding):
            findings.append(mark)
        elif mark is not None:
            found.append(mark)
            findings += _less_than_it_seems(syntax, mark, comment)
            findings += _more_than_it_seems(syntax, mark, comment)
    return found, findings


def _less_than_it_seems(syntax: Syntax, mark: Mark, comment: Span) -> list[Finding]:
    """Return a warning where something that could be meant stands around what a comment marks on its line."""
    node = mark.target
    if mark.action == "keep" or not isinstance(node, _ELEMENTS) or isinstance(node, cst.ImportAlias):
        return []
    marked = syntax.inner(node)
    before = syntax.content[syntax.content.rfind("\n", 0, marked.start) + 1 : marked.start].strip()
    behind = syntax.content[marked.end : comment.start].strip(" \t,")
    if not before or not behind or (isinstance(node, cst.WithItem) and behind == ":"):
        return []
    text = syntax.content[marked.start : marked.end]
    message = f"this comment marks `{text}` alone, and not what stands around it"
    hint = "if that is meant, give it a line of its own; else write `if`, or `@only` above a definition"
    return [syntax.finding("PC218", marked, message, hint)]


def _more_than_it_seems(syntax: Syntax, mark: Mark, comment: Span) -> list[Finding]:
    """Return a warning where a comment amid the lines of a statement marks all of that."""
    if mark.action == "keep" or mark.target is None:
        return []
    marked = _marked_span(syntax, mark.target)
    begins_above = marked.start < syntax.content.rfind("\n", 0, comment.start)
    if not begins_above or marked.end < comment.end:
        return []
    first, _ = syntax.place(marked.start)
    message = f"this comment marks the whole statement, which begins at line {first}"
    hint = "if that is meant, put it where the statement ends; else behind a part that can go alone"
    return [syntax.finding("PC219", comment, message, hint)]


def _mark(syntax: Syntax, names: Names, flags: FlagTable, comment: Span) -> Mark | Finding | None:
    content = syntax.content
    match = _MARK.search(content, comment.start, comment.end)
    if match is None:
        return None
    whole = Span(match.start(), match.end())
    action, condition = match["action"], match["condition"].strip()
    if action not in ("only", "unless", "keep"):
        hint = did_you_mean(action, ["only", "unless", "keep"]) or "write only, unless or keep"
        message = f"`{action}` is no marker" if action else "this comment does not say what it marks"
        return syntax.finding("PC210", whole, message, hint)
    parsed: cst.BaseExpression | None = None
    if action == "keep":
        flags_named = parse_expression(condition)
        if flags_named is not None and _fault(flags_named, flags) is None:
            hint = f"write `only {condition}`, or nothing behind `keep`"
            return syntax.finding("PC211", whole, "`keep` keeps in every profile and takes no flags", hint)
    else:
        parsed = parse_expression(condition)
        fault = "is no expression of flags" if parsed is None else _fault(parsed, flags)
        if fault:
            at = Span(match.start("condition"), match.start("condition") + len(condition))
            return syntax.finding(
                "PC101" if fault.isidentifier() else "PC211", at, *_explained(fault, condition, flags)
            )
    line, _ = syntax.place(comment.start)
    alone = not content[content.rfind("\n", 0, comment.start) + 1 : comment.start].strip()
    if alone and line != 1:
        return syntax.finding(
            "PC212", whole, "this comment stands alone and marks nothing", "put it behind the code"
        )
    target = None if alone else _target(syntax, names, comment)
    if not alone and target is None:
        return syntax.finding("PC212", whole, *_nothing_to_mark(content, comment))
    if isinstance(target, cst.Call):
        message = f"this comment marks `{marker(target.func, names)}`, which is never emitted"
        return syntax.finding("PC212", whole, message, _INSTEAD)
    return Mark(action, target, parsed, _with_blanks(content, whole), line)  # type: ignore[arg-type]  # checked above


def _nothing_to_mark(content: str, comment: Span) -> tuple[str, str]:
    """Return what is wrong with a comment that is behind code and marks none, and what to write instead."""
    line = content[content.rfind("\n", 0, comment.start) + 1 : comment.start]
    if clause := re.match(r"\s*(else|finally)\b", line):
        return f"`{clause[1]}` cannot be marked", "write `if` and the flags around what stands below it"
    return "no code ends on this line", "put it behind the code that it marks"


_INSTEAD = "write the condition into the marker, or put the comment behind all that the marker stands in"


def _explained(fault: str, condition: str, flags: FlagTable) -> tuple[str, str]:
    if fault.isidentifier():
        known = f"flags: {', '.join(flags.names)}" if flags.names else f'declare it: {fault} = flag("…")'
        return f"unknown flag `{fault}`", did_you_mean(fault, flags.names) or known
    if not condition:
        return "this marker has no condition", "name a flag behind it"
    return f"`{condition}` {fault}", "join flags by not, and, or"


def _with_blanks(content: str, comment: Span) -> Span:
    start = comment.start
    while start and content[start - 1] in " \t":
        start -= 1
    return Span(start, start + len(content[start : comment.end].rstrip()))


# --- The condition --------------------------------------------------------------------------------


def _fault(node: cst.BaseExpression, flags: FlagTable) -> str | None:
    """Return the name that is no flag, or what is wrong with the shape of a condition."""
    match node:
        case cst.BooleanOperation(left=left, right=right):
            return _fault(left, flags) or _fault(right, flags)
        case cst.UnaryOperation(operator=cst.Not(), expression=operand):
            return _fault(operand, flags)
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return None if flags.named(name) else name
    return "is no expression of flags"


def _names(node: cst.CSTNode) -> list[str]:
    if isinstance(node, cst.Attribute):
        return [node.attr.value]
    return (
        [node.value] if isinstance(node, cst.Name) else [n for child in children(node) for n in _names(child)]
    )


def _truth(node: cst.BaseExpression, flags: FlagTable, profile: Profile) -> bool:
    match node:
        case cst.BooleanOperation(left=left, right=right, operator=operator):
            truths = [_truth(left, flags, profile), _truth(right, flags, profile)]
            return any(truths) if isinstance(operator, cst.Or) else all(truths)
        case cst.UnaryOperation(expression=operand):
            return not _truth(operand, flags, profile)
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            flag = flags.named(name)
            return flag is not None and holds(flag, profile)
    raise AssertionError("a condition is checked before it is asked")


# --- What is marked -------------------------------------------------------------------------------

_ELEMENTS = (
    cst.ImportAlias, cst.Arg, cst.Param, cst.Element, cst.StarredElement, cst.DictElement,
    cst.StarredDictElement, cst.Decorator, cst.WithItem, cst.TypeParam,
)  # fmt: skip


def _target(syntax: Syntax, names: Names, comment: Span) -> cst.CSTNode | None:
    """Return what a comment marks; the call of a marker where it would mark that, or a part of it."""
    line = Span(syntax.content.rfind("\n", 0, comment.start) + 1, comment.start)
    found = _on_one_line(syntax, syntax.module, line) or _last_innermost(syntax, names, syntax.module, line)
    if isinstance(found, cst.Decorator) and _is_marker(found.decorator, names):
        return found.decorator
    return (
        found
        or _marker_around(syntax, names, syntax.module, comment)
        or _statement_around(syntax, syntax.module, line)
    )


def _is_marker(node: cst.CSTNode, names: Names) -> bool:
    return isinstance(node, cst.Call) and marker(node.func, names) is not None


def _marker_around(syntax: Syntax, names: Names, node: cst.CSTNode, comment: Span) -> cst.CSTNode | None:
    """Return the call of a marker that a comment stands within."""
    if _is_marker(node, names) and syntax.inner(node).covers(comment):
        return node
    around = (_marker_around(syntax, names, child, comment) for child in _meeting(syntax, node, comment))
    return next(filter(None, around), None)


def _on_one_line(syntax: Syntax, node: cst.CSTNode, line: Span) -> cst.CSTNode | None:
    """Return the innermost clause or compound statement that stands on one line with its body."""
    for child in _meeting(syntax, node, line):
        if found := _on_one_line(syntax, child, line):
            return found
    body = getattr(node, "body", None)
    if _is_statement(node) and isinstance(body, cst.SimpleStatementSuite):
        whole = Span(_marked_span(syntax, node).start, syntax.inner(body.body[-1]).end)
        return node if line.covers(whole) else None
    return None


def _meeting(syntax: Syntax, node: cst.CSTNode, line: Span) -> list[cst.CSTNode]:
    """Return the parts of a node that meet a line, the last one first."""
    spans = ((syntax.outer(child), child) for child in children(node))
    found = [(span, child) for span, child in spans if span.end > line.start and span.start < line.end]
    return [child for _, child in sorted(found, key=lambda pair: pair[0], reverse=True)]


def _last_innermost(syntax: Syntax, names: Names, node: cst.CSTNode, line: Span) -> cst.CSTNode | None:
    parts = _meeting(syntax, node, line)
    if _is_marker(node, names):  # whose arguments are never emitted as such
        parts = [part.value for part in parts if isinstance(part, cst.Arg)]
    for part in parts:
        if found := _last_innermost(syntax, names, part, line):
            return found
    if isinstance(node, _ELEMENTS) or _is_statement(node):
        return node if line.covers(_marked_span(syntax, node)) else None
    return None


def _is_statement(node: cst.CSTNode) -> bool:
    kinds = (
        cst.BaseSmallStatement,
        cst.BaseCompoundStatement,
        cst.ExceptHandler,
        cst.ExceptStarHandler,
        cst.MatchCase,
    )
    return isinstance(node, kinds)


def _marked_span(syntax: Syntax, node: cst.CSTNode) -> Span:
    """Return what must lie on the line of the comment: of a compound statement, its header."""
    start = syntax.inner(node).start
    if isinstance(node, cst.FunctionDef | cst.ClassDef) and node.decorators:
        start = syntax.outer(
            node.whitespace_after_def if isinstance(node, cst.FunctionDef) else node.name
        ).start
    body = getattr(node, "body", None)
    if isinstance(node, cst.Match):
        return Span(start, syntax.outer(node.whitespace_after_colon).start)
    if isinstance(body, cst.IndentedBlock):
        return Span(start, syntax.outer(body).start)
    return Span(start, syntax.inner(node).end)


def _statement_around(syntax: Syntax, node: cst.CSTNode, line: Span) -> cst.CSTNode | None:
    """Return the innermost statement that this line is part of; of a compound one, its header must be."""
    for child in _meeting(syntax, node, line):
        if found := _statement_around(syntax, child, line):
            return found
    if _is_statement(node):
        span = _marked_span(syntax, node)
        return node if span.start < line.end and span.end > line.start else None
    return None
