"""Which parts of a text LibCST need not read, because no decision can touch them.

LibCST's tree is large, and most of an annotated file has nothing to decide. A body or a table that is
skipped is an empty tuple of the same length to LibCST. What holds a word that may matter is read: of a flag,
a marker or a fact, and, once more is known, of a name of which something goes. So what is decided is the
same as if everything were read.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Set
from functools import partial

from msgspec import Struct

from profilec.syntax.edit import Cut, line_starts
from profilec.syntax.read import LONE_RETURN, Span
from profilec.syntax.reads import Reads

_WORD = re.compile(r"[^\W\d]\w*")
_COMPILER = "profilec"
_WITH_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)
_LONG = 80
"""Characters of a value that are worth to be skipped."""


class Part(Struct, frozen=True):
    """The body of a function or class, or the value of an assignment, that stands at the top or in a class.

    Attributes:
        span: from the first statement to the end of the last, or the value.
        told_by: where the words stand that tell whether it has to be read: its whole statement, and the
            headers of the classes around it.
        inner: the parts of a class that can be skipped where the class cannot.
        parameters: what stands between the parentheses of a function, if that is skipped too.
        line: where its `def` or `class` is; 0 for a value.
    """

    span: Span
    told_by: tuple[Span, ...]
    inner: "tuple[Part, ...]" = ()
    parameters: Span | None = None
    line: int = 0


type Tells = Callable[[frozenset[str], Callable[[re.Pattern[str]], bool]], bool]
"""Tells whether a part has to be read, by its words, and by whether a pattern matches in it."""


class Skipping:
    """Some parts of a text that are not read."""

    def __init__(self, content: str, parts: tuple[Part, ...]) -> None:
        """Skip some parts of a text."""
        self.parts = parts
        self._content = content
        self._known: dict[Part, frozenset[str]] = {}
        self._reads: list[Reads] = []

    @property
    def reading(self) -> str:
        """A text of the same length in which the parts are skipped."""
        content, pieces, end = self._content, [], 0
        for part in self.parts:
            if part.parameters:
                start, stop = part.parameters
                pieces += [content[end:start], " " * (stop - start)]
                end = stop
            start, stop = part.span
            pieces += [content[end:start], "(", " " * (stop - start - 2), ")"]
            end = stop
        return "".join([*pieces, content[end:]])

    @property
    def words(self) -> frozenset[str]:
        """The words that tell of any of the parts."""
        return frozenset().union(*map(self._words, self.parts))

    def untold(self, tells: Tells) -> "Skipping":
        """Skip only what its words, and what else it holds, do not tell that it has to be read."""
        return self._only(self._untold(self.parts, tells))

    def without(self, words: frozenset[str]) -> "Skipping":
        """Skip only what holds none of some words."""
        return self.untold(lambda held, _: not words.isdisjoint(held))

    def outside(self, cuts: Iterable[Cut]) -> "Skipping":
        """Skip only what lies in no cut: what goes has to be known."""
        spans = [cut.span for cut in cuts]
        return self._only(part for part in self.parts if not any(span.covers(part.span) for span in spans))

    def reads(self, names: Set[str]) -> Iterator[tuple[Span, frozenset[str]]]:
        """Yield the parts, each with those of some names of the module that it surely reads."""
        for part in self.parts:
            if found := names & self._words(part):
                if not self._reads:
                    self._reads.append(Reads(self._content))
                yield part.span, self._reads[0].of(part.line, found)

    def _only(self, parts: Iterable[Part]) -> "Skipping":
        fewer = Skipping(self._content, tuple(parts))
        fewer._known, fewer._reads = self._known, self._reads
        return fewer

    def _untold(self, parts: Iterable[Part], tells: Tells) -> Iterator[Part]:
        for part in parts:
            if tells(self._words(part), partial(self._holds, part)):
                yield from self._untold(part.inner, tells)
            else:
                yield part

    def _holds(self, part: Part, pattern: re.Pattern[str]) -> bool:
        return any(pattern.search(self._content, span.start, span.end) for span in part.told_by)

    def _words(self, part: Part) -> frozenset[str]:
        if part not in self._known:
            found = (_WORD.findall(self._content, span.start, span.end) for span in part.told_by)
            self._known[part] = frozenset().union(*found)
        return self._known[part]


def skippable(content: str, body: Iterable[ast.stmt]) -> tuple[Part, ...]:
    """Return what can be skipped of a text, of which the statements at the top are given.

    Nothing where a carriage return alone ends a line: such a text is refused, and has other lines to Python.
    """
    if LONE_RETURN.search(content):
        return ()
    return tuple(_parts(body, _Lines(content, line_starts(content)), ()))


# --- Finding the parts --------------------------------------------------------------------------------


class _Lines(Struct, frozen=True):
    """A text, and where its lines begin."""

    content: str
    starts: list[int]

    def offset(self, line: int, column: int) -> int:
        """The character at a line, counted from one, and a column in bytes of UTF-8."""
        start = self.starts[line - 1]
        part = self.content[start : start + column]
        return start + (column if part.isascii() else len(part.encode()[:column].decode()))

    def span(self, first: ast.stmt | ast.expr, last: ast.stmt | ast.expr) -> Span:
        """The characters from the beginning of a node to the end of a node."""
        end = self.offset(last.end_lineno or 0, last.end_col_offset or 0)
        decorators: list[ast.expr] = getattr(first, "decorator_list", [])
        if not decorators:
            return Span(self.offset(first.lineno, first.col_offset), end)
        behind = self.offset(decorators[0].lineno, decorators[0].col_offset)
        return Span(self.content.rindex("@", 0, behind), end)

    def whole(self, first: int, last: int) -> Span:
        """Some lines, counted from one."""
        return Span(
            self.starts[first - 1], self.starts[last] if last < len(self.starts) else len(self.content)
        )

    def hold(self, text: str, span: Span) -> bool:
        """Whether some text stands within some characters."""
        return self.content.find(text, span.start, span.end) >= 0


def _parts(body: Iterable[ast.stmt], lines: _Lines, around: tuple[Span, ...]) -> Iterator[Part]:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield from _definition(node, lines, around)
            case ast.Assign(value=value) | ast.AnnAssign(value=value) if value and _is_table(value):
                yield from _table(node, value, lines, around)


def _table(
    node: ast.Assign | ast.AnnAssign, value: ast.expr, lines: _Lines, around: tuple[Span, ...]
) -> Iterator[Part]:
    span, told_by = lines.span(value, value), lines.whole(node.lineno, node.end_lineno or 0)
    if span.end - span.start <= _LONG:
        return
    if _only_says(value) and not lines.hold(_COMPILER, told_by):
        told_by = Span(lines.span(node, value).start, span.start)
    elif lines.hold(":=", span):
        return
    if not lines.hold("__all__", told_by):
        yield Part(span, (told_by, *around))


def _definition(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, lines: _Lines, around: tuple[Span, ...]
) -> Iterator[Part]:
    whole = lines.whole(_first_line(node), node.end_lineno or 0)
    inner: tuple[Part, ...] = ()
    if isinstance(node, ast.ClassDef):
        header = lines.whole(_first_line(node), max(node.lineno, _first_line(node.body[0]) - 1))
        inner = tuple(_parts(node.body, lines, (*around, header)))
    span = lines.span(node.body[0], node.body[-1])
    if span.end - span.start > 1 and not (lines.hold("global", whole) and _binds_at_top(node)):
        parameters = None if isinstance(node, ast.ClassDef) else _parameters(node, lines, span.start)
        yield Part(span, (whole, *around), inner, parameters, node.lineno)
    else:
        yield from inner


def _binds_at_top(node: ast.AST) -> bool:
    """Whether something in a definition is `global`, and so a name at the top of the module."""
    parts = (part for part in ast.iter_child_nodes(node) if isinstance(part, _WITH_STATEMENTS))
    return isinstance(node, ast.Global) or any(map(_binds_at_top, parts))


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: _Lines, body: int) -> Span | None:
    """What stands between the parentheses of a function, whose body starts at a character."""
    content, start = lines.content, lines.offset(node.lineno, node.col_offset)
    opened = content.index("(", start) + 1
    named = [
        *node.args.posonlyargs,
        *node.args.args,
        *node.args.kwonlyargs,
        node.args.vararg,
        node.args.kwarg,
    ]
    ends = [one for one in (*named, *node.args.defaults, *node.args.kw_defaults) if one]
    if node.type_params or not ends:
        return None
    last = max(lines.offset(one.end_lineno or 0, one.end_col_offset or 0) for one in ends)
    arrow = lines.offset(node.returns.lineno, node.returns.col_offset) if node.returns else body
    behind = content.rfind("->" if node.returns else ":", last, arrow)
    closed = content.rfind(")", last, behind)
    between = content[last:behind]
    if closed < 0 or "#" in between or content[closed + 1 : behind].strip() or ":=" in content[opened:closed]:
        return None
    return Span(opened, closed)


def _is_table(value: ast.expr) -> bool:
    """Whether no fact can be told of a value, unless it holds a word of one: a literal, or a plain call."""
    match value:
        case ast.Dict() | ast.List() | ast.Tuple() | ast.Set() | ast.Constant() | ast.Call(func=ast.Name()):
            return True
    return False


def _only_says(value: ast.expr) -> bool:
    """Whether a table holds only literals, so that its words decide nothing."""
    match value:
        case ast.Constant():
            return True
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return all(map(_only_says, elements))
        case ast.Dict(keys=keys, values=values):
            return all(key is not None and _only_says(key) for key in keys) and all(map(_only_says, values))
    return False


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])
