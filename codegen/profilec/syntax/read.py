"""Bytes to text and back, and text to syntax: LibCST's tree with a place in the text for every node.

Everything after it speaks of places: a node is where it starts and ends in
the text, counted in characters. LibCST says what the text means; it never writes it, because it does not
reproduce every file.
"""

import ast
import codecs
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, cast

import libcst as cst
from libcst._nodes.internal import CodegenState  # no public class tells where a node's text goes
from msgspec import Struct

from profilec.diagnostics import Finding
from profilec.syntax.aligned import aligned
from profilec.syntax.depth import nests_too_deeply
from profilec.syntax.parser import parse_module
from profilec.syntax.stand_in import StandIn, amended, stand_in
from profilec.tree import SourceFile


class Span(NamedTuple):
    """Characters `start` up to, not including, `end` of a text."""

    start: int
    end: int

    def covers(self, other: "Span") -> bool:
        """Tell whether `other` lies within this span."""
        return self.start <= other.start and other.end <= self.end


class Text(Struct, frozen=True):
    """The text of one source file, and what is needed to give its bytes back.

    Attributes:
        path: relative to the source root, with forward slashes.
        shown: the path as findings show it.
        content: what the bytes say, without the byte order mark.
        encoding: the codec that reads and writes them.
        mark: the byte order mark, or nothing.
    """

    path: str
    shown: str
    content: str
    encoding: str = "utf-8"
    mark: bytes = b""

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of a character, both counted from one."""
        start = self.content.rfind("\n", 0, offset) + 1
        return self.content.count("\n", 0, start) + 1, offset - start + 1

    def line(self, number: int) -> str:
        """Return a line, counted from one, without its end; nothing where there is none."""
        lines = self.content.split("\n")
        return lines[number - 1].removesuffix("\r") if 0 < number <= len(lines) else ""

    def encoded(self, content: str) -> bytes:
        """Return the bytes of a changed content in the encoding of this file."""
        return self.mark + content.encode(self.encoding)


class UnreadableSourceError(Exception):
    """A source file cannot be taken in; `finding` says where and why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_TO_COPY = "list it under `copy` if nothing in it is annotated"
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")


def decode(source: SourceFile, shown: str) -> Text:
    """Read a Python file as PEP 263 says: byte order mark, cookie in the first two lines, else UTF-8.

    Raises:
        UnreadableSourceError: the codec is unknown, or the bytes are not text in it (PC602).
    """
    mark = codecs.BOM_UTF8 if source.data.startswith(codecs.BOM_UTF8) else b""
    data = source.data[len(mark) :]
    encoding = cookie(data) or "utf-8"
    try:
        content = data.decode(encoding)
        round_trips = content.encode(encoding) == data
    except LookupError:
        raise _not_text(shown, f"there is no codec `{encoding}`") from None
    except UnicodeError as error:
        line = data.count(b"\n", 0, error.start) + 1 if isinstance(error, UnicodeDecodeError) else 0
        raise _not_text(shown, _bad_bytes(data, error), line) from None
    if not round_trips:
        raise _not_text(shown, f"the bytes are not the ones that `{encoding}` would write")
    if mark and codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig"):
        raise _not_text(shown, f"the byte order mark says UTF-8, and the coding line `{encoding}`")
    return Text(source.path, shown, content, encoding, mark)


def cookie(data: bytes) -> str | None:
    """Return the codec that the first two lines of a file name; None where they name none."""
    for line in data[:1024].splitlines()[:2]:
        if match := _COOKIE.match(line):
            return match[1].decode("ascii")
        if not _BLANK.match(line):
            return None
    return None


def cookie_for(text: Text, content: str) -> tuple[int, str]:
    """Return what a changed content needs so that it is read as its text was, and where: mostly nothing.

    A comment that speaks of an encoding is a cookie once it has moved into the first two lines.
    """
    declared, before = (cookie(one[:2048].encode(errors="replace")) for one in (content, text.content))
    if declared is None or declared == before:
        return 0, ""
    newline = "\r\n" if "\r\n" in content else "\n"
    return content.find("\n") + 1 if content.startswith("#!") else 0, f"# coding: {text.encoding}{newline}"


def _not_text(shown: str, message: str, line: int = 0) -> UnreadableSourceError:
    hint = "save it as UTF-8 without a coding line, or list it under `copy`"
    return UnreadableSourceError(Finding("PC602", shown, line, message=message, hint=hint))


def _bad_bytes(data: bytes, error: UnicodeError) -> str:
    if not isinstance(error, UnicodeDecodeError):
        return f"the text cannot be written back: {error}"
    line = data.count(b"\n", 0, error.start) + 1
    return f"line {line} is not {error.encoding}: byte 0x{data[error.start]:02x} ({error.reason})"


# --- Syntax ---------------------------------------------------------------------------------------


class Syntax:
    """A parsed text: LibCST's module, and the span of each of its nodes.

    `outer` spans are all that a node owns: the comment lines above a statement and its newline, the
    parentheses of an expression, the comma of an element. `inner` spans are the node alone.
    """

    def __init__(
        self,
        text: Text,
        module: cst.Module,
        recorder: "_Recorder",
        offsets: Sequence[int],
    ) -> None:
        self.text = text
        self.module = module
        self._nodes = recorder.nodes
        self._outer = recorder.outer
        self._inner = recorder.inner
        self._offsets = offsets

    @property
    def content(self) -> str:
        """The text that was parsed."""
        return self.text.content

    def outer(self, node: cst.CSTNode) -> Span:
        """Return the span of a node with all that it owns."""
        start, end = self._outer[id(node)]
        return Span(self._offsets[start], self._offsets[end])

    def inner(self, node: cst.CSTNode) -> Span:
        """Return the span of a node alone; of a decorated definition, from the first decorator on."""
        start, end = self._inner.get(id(node)) or self._outer[id(node)]
        span = Span(self._offsets[start], self._offsets[end])
        return self._corrected(node, span) if type(node) in _UNEVEN else span

    def _corrected(self, node: cst.CSTNode, span: Span) -> Span:
        """Return the span of a node alone, where LibCST takes it for more or less than that."""
        match node:
            case cst.FunctionDef(decorators=[first, *_]) | cst.ClassDef(decorators=[first, *_]):
                return Span(self.inner(first).start, span.end)
            case cst.Param(default=cst.BaseExpression() as default):
                return Span(span.start, self.outer(default).end)
            case cst.ParamSlash():
                return Span(span.start, span.start + 1)
            case cst.TypeParam():
                return Span(span.start, self.outer(node.default or node.param).end)
        return span

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of a character, both counted from one."""
        return self.text.place(offset)

    def finding(
        self, code: str, span: Span, message: str, hint: str = "", notes: tuple[str, ...] = ()
    ) -> Finding:
        """Return a finding about a span of this text."""
        line, column = self.place(span.start)
        start = span.start - column + 1
        end = self.content.find("\n", span.start)
        shown = self.content[start : end if end >= 0 else None].rstrip("\r")
        last = min(column + span.end - span.start, len(shown) + 1)
        return Finding(
            code, self.text.shown, line, column, last, message, hint, source_line=shown, notes=notes
        )

    @cached_property
    def strings(self) -> Sequence[Span]:
        """Return the string literals of several lines whose lines are not indented as the code is.

        Docstrings are, and other strings that stand as a statement: nobody reads their blanks (PEP 257).
        """
        kinds = (cst.SimpleString, cst.FormattedString, cst.TemplatedString)
        spans = {self.inner(node) for kind in kinds for node in self.every(kind)}
        values = (node.value for node in self.every(cst.Expr))
        alone = (value for value in values if isinstance(value, cst.SimpleString))
        spans -= {self.inner(value) for value in alone if self._is_indented_as_code(self.outer(value))}
        return sorted(span for span in spans if "\n" in self.content[span.start : span.end])

    def _is_indented_as_code(self, string: Span) -> bool:
        """Tell whether all lines of a string begin with the blanks of its first, and none depends on them."""
        indentation = self.content[self.content.rfind("\n", 0, string.start) + 1 : string.start]
        lines = self.content[string.start : string.end].split("\n")
        return indentation.isspace() and all(
            not line.strip()
            or (line.startswith(indentation) and "\t" not in line.strip() and not above.endswith("\\"))
            for above, line in pairwise(lines)
        )

    def every[Node: cst.CSTNode](self, kind: type[Node]) -> Sequence[Node]:
        """Return the nodes that are of a kind itself, an outer one before those within it."""
        return cast("Sequence[Node]", self._by_kind.get(kind, ()))

    @cached_property
    def _by_kind(self) -> Mapping[type[cst.CSTNode], list[cst.CSTNode]]:
        found: defaultdict[type[cst.CSTNode], list[cst.CSTNode]] = defaultdict(list)
        for node in self._nodes.values():
            found[type(node)].append(node)
        return found

    def comments(self, word: str) -> Sequence[Span]:
        """Return the comments that contain a word, in the order of the text."""
        if word not in self.content:
            return ()
        return sorted(self.outer(node) for node in self.every(cst.Comment) if word in node.value)

    def source(self, node: cst.CSTNode) -> str:
        """Return the text of a node with its parentheses, without comma and comments."""
        span = self.outer(node) if isinstance(node, cst.BaseExpression) else self.inner(node)
        return self.content[span.start : span.end]


_UNEVEN = frozenset({cst.FunctionDef, cst.ClassDef, cst.Param, cst.ParamSlash, cst.TypeParam})
"""The nodes that LibCST takes for more or less than they are."""

LONE_RETURN = re.compile(r"\r(?!\n)")


def parse(text: Text, reading: str | None = None) -> Syntax:
    """Parse a text and find the place of every node.

    Args:
        text: the text.
        reading: what is read in its place, character for character; the text itself if left out.

    Raises:
        UnreadableSourceError: it is not Python (PC601), nests too deeply to be parsed (PC603), ends lines
            with a lone carriage return (PC605), or LibCST loses more than blanks of it (PC604).
    """
    if lone := LONE_RETURN.search(text.content):
        line = text.content.count("\n", 0, lone.start()) + 1
        message = "a carriage return alone ends a line"
        finding = Finding("PC605", text.shown, line, message=message, hint="end lines with \\n or \\r\\n")
        raise UnreadableSourceError(finding)
    if (null := text.content.find("\0")) >= 0:
        raise UnreadableSourceError(_no_python(text, *text.place(null), "it holds a null character"))
    if nests_too_deeply(read := reading or text.content):
        raise UnreadableSourceError(too_deep(text))
    try:
        return _placed(text, *_parsed(text, read))
    except RecursionError:
        raise UnreadableSourceError(too_deep(text)) from None


def _parsed(text: Text, content: str) -> tuple[cst.Module, StandIn]:
    """Return LibCST's tree of a content, or of what can be read in its place, and what was read."""
    read = stand_in(content)
    finding: Finding | None = None
    while True:
        stumbled: int | None = None
        try:
            return parse_module(read.content), read
        except cst.ParserSyntaxError as error:
            stumbled = _stumbled_over(read.content, error)
            finding = finding or _syntax_finding(
                text, error, None if stumbled is None else read.back(stumbled)
            )
        except cst.CSTLogicError:
            finding = finding or _unread(text)
        other = amended(read, stumbled)
        if other is None:
            raise UnreadableSourceError(finding)
        read = other


def too_deep(text: Text) -> Finding:
    """Return the finding that a text nests more deeply than can be followed."""
    return Finding("PC603", text.shown, message="the code nests too deeply to be read", hint=_TO_COPY)


_PARSER_ERROR = re.compile(r"parser error: error at (\d+):(\d+): expected (?:one of )?(.*)")
_TOKENIZER_ERROR = "tokenizer error: "
_FEW = 4
"""As many alternatives as help whoever made the mistake; LibCST may know of thirty."""


def _stumbled_over(content: str, error: cst.ParserSyntaxError) -> int | None:
    """Return the place of the character that LibCST's parser could not go on from."""
    parser = _PARSER_ERROR.match(error.message)
    if parser is None:
        return None
    lines = content.split("\n")
    line, column = _last_read(lines, int(parser[1]), int(parser[2]))
    return sum(len(before) + 1 for before in lines[: line - 1]) + column - 1


def _syntax_finding(text: Text, error: cst.ParserSyntaxError, stumbled: int | None) -> Finding:
    if not (mistake := _mistake(text.content)):
        return _unread(text, stumbled)
    reason = error.message.split("\n")[0]
    if parser := _PARSER_ERROR.match(reason):
        expected = parser[3].split(", ")
        reason = f"expected {' or '.join(expected)}" if len(expected) <= _FEW else "invalid syntax"
    line, column = text.place(stumbled) if stumbled is not None else mistake
    return _no_python(text, line, column, reason.removeprefix(_TOKENIZER_ERROR).removesuffix("."))


def _no_python(text: Text, line: int, column: int, reason: str) -> Finding:
    """Return the finding that a text is not Python from a place on."""
    shown = text.line(line)
    return Finding(
        "PC601", text.shown, line, column, min(column + 1, len(shown) + 1), f"this is not Python: {reason}",
        "correct it, or list the file under `copy`", source_line=shown,
    )  # fmt: skip


def _unread(text: Text, stumbled: int | None = None) -> Finding:
    """Return the finding that a text is Python, and yet LibCST does not read it."""
    line, column = text.place(stumbled) if stumbled is not None else (0, 0)
    message = "this is Python, but the parser of this compiler does not read it"
    return Finding(
        "PC604", text.shown, line, column, column + 1, message, _TO_COPY,
        source_line=text.line(line) if line else "",
    )  # fmt: skip


def _mistake(content: str) -> tuple[int, int] | None:
    """Return where the running Python finds a mistake, if it finds one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            ast.parse(content)
    except SyntaxError as error:
        return error.lineno or 1, error.offset or 1
    except (ValueError, RecursionError, MemoryError):
        return 1, 1
    return None


def _last_read(lines: Sequence[str], line: int, column: int) -> tuple[int, int]:
    """Return the place of the character that LibCST's parser stumbled over, both counted from one.

    It names the place where it would have read on: behind that character, and behind blanks and new lines.
    """
    before = _beginning(lines, line, column)
    while not before and line > 1:
        line -= 1
        before = _beginning(lines, line, None)
    return line, max(len(before), 1)


def _beginning(lines: Sequence[str], line: int, column: int | None) -> str:
    return lines[line - 1][:column].rstrip() if line <= len(lines) else ""


class _Recorder(CodegenState):
    """Notes, while LibCST writes a module, how many tokens were out when each node began and ended.

    Nodes are known by their identity: to hash one of LibCST's is slow.
    """

    def __init__(self, module: cst.Module) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.nodes: dict[int, cst.CSTNode] = {}
        self.outer: dict[int, tuple[int, int]] = {}
        self.inner: dict[int, tuple[int, int]] = {}
        self._begun: list[int] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.nodes[id(node)] = node
        self._begun.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        self.outer[id(node)] = (self._begun.pop(), len(self.tokens))

    def record_syntactic_position(
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,
        end_node: cst.CSTNode | None = None,
    ) -> Any:
        return _Inner(self, node)


class _Inner(AbstractContextManager[None]):
    """Notes the tokens between entering and leaving; far cheaper than a generator-based context manager."""

    def __init__(self, recorder: _Recorder, node: cst.CSTNode) -> None:
        self.recorder = recorder
        self.node = node
        self.start = 0

    def __enter__(self) -> None:
        self.start = len(self.recorder.tokens)

    def __exit__(self, *_: object) -> None:
        self.recorder.inner[id(self.node)] = (self.start, len(self.recorder.tokens))


def _placed(text: Text, module: cst.Module, read: StandIn) -> Syntax:
    recorder = _Recorder(module)
    module._codegen(recorder)
    offsets = [0, *accumulate(map(len, recorder.tokens))]
    offsets.append(offsets[-1])  # a last newline that LibCST took back
    written = "".join(recorder.tokens)
    if written != read.content:
        place = _places(written, text, read)
        offsets = [place[offset] for offset in offsets]
    if read.omitted:
        offsets = [read.back(offset) for offset in offsets]
    return Syntax(text, module, recorder, offsets)


def _places(written: str, text: Text, read: StandIn) -> Sequence[int]:
    """Map each offset of what LibCST writes to the offset of what it read there."""
    places: list[int] = []
    for place in aligned(written, read.content):
        if place is None:
            line = text.content.count("\n", 0, read.back(places[-1] if places else 0)) + 1
            message = "LibCST reads this line as something else than it says"
            raise UnreadableSourceError(Finding("PC604", text.shown, line, message=message, hint=_TO_COPY))
        places.append(place)
    return places


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the meaningful nodes directly below a node, in the order of LibCST's fields."""
    for name in _meaningful_fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, tuple | list):  # asked first: whether something is a node is slow to tell
            yield from cast("Sequence[cst.CSTNode]", value)
        elif value is not None and isinstance(value, cst.CSTNode):
            yield value


_LAYOUT = frozenset({
    "leading_lines", "lines_after_decorators", "trailing_whitespace", "leading_whitespace", "header",
    "footer", "comma", "semicolon", "lpar", "rpar", "lbracket", "rbracket", "lbrace", "rbrace", "equal",
    "colon", "first_colon", "second_colon", "dot", "operator", "separator", "asynchronous", "indent",
    "relative", "trailing_comma",
})  # fmt: skip
_fields: dict[type[cst.CSTNode], tuple[str, ...]] = {}


def _meaningful_fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    known = _fields.get(kind)
    if known is None:
        known = _fields[kind] = tuple(
            field.name
            for field in fields(kind)
            if field.name not in _LAYOUT and not field.name.startswith("whitespace")
        )
    return known
