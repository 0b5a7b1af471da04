"""What the proofs look at: one parsed Python file, with its place in the package.

A file is parsed once, however many proofs and profiles look at it, because trees share most of their files.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from io import BytesIO
from symtable import symtable
from tokenize import detect_encoding

from msgspec import Struct

from profilec.config import Config
from profilec.diagnostics import Finding
from profilec.prove.names.nodes import FILES_HELD, children
from profilec.tree import EmittedFile, SourceFile, Tree

BOM = b"\xef\xbb\xbf"


class Module(Struct, frozen=True):
    """One Python file of a package.

    Attributes:
        path: relative to the source root or to the root of the tree.
        name: its dotted name.
        package: the dotted name that its relative imports start from.
        syntax: the parsed file.
    """

    path: str
    name: str
    package: str
    syntax: ast.Module

    def absolute(self, module: str | None, level: int) -> str:
        """The absolute name that `from <level dots><module> import …` in this file refers to."""
        if level == 0:
            return module or ""
        parts = self.package.split(".")
        base = parts[: max(0, len(parts) - level + 1)]
        return ".".join([*base, module] if module else base)


def module_name(path: str) -> tuple[str, str]:
    """The dotted name of a file and of the package that its relative imports start from."""
    parts = path.removesuffix(".py").removesuffix(".pyi").split("/")
    if parts[-1] == "__init__":
        return ".".join(parts[:-1]), ".".join(parts[:-1])
    return ".".join(parts), ".".join(parts[:-1])


def is_python(path: str) -> bool:
    """Whether a path is a module that can be imported."""
    return path.endswith(".py")


def is_source(path: str) -> bool:
    """Whether a path is Python text, stubs for type checkers included."""
    return path.endswith((".py", ".pyi"))


@lru_cache(maxsize=FILES_HELD)
def parse(path: str, data: bytes) -> Module | None:
    """The parsed file, or None where this interpreter's grammar has no tree for it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            syntax = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return Module(path, *module_name(path), syntax)


_NO_FEATURE = b"from __future__ import _\n"
"""A line that is refused as soon as all is parsed, and before anything is done with that."""


def is_grammatical(_: None, data: bytes) -> bool:
    """Whether the grammar of this interpreter takes a file; half the cost of a syntax tree."""
    if any(b"coding" in line for line in data.split(b"\n", 2)[:2]):
        return compiles(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(_NO_FEATURE + data.removeprefix(BOM), "", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.lineno == 1
    except (ValueError, RecursionError, MemoryError):
        return False
    return True


@cache
def compiles(data: bytes) -> bool:
    """Whether this interpreter's compiler takes a file, as far as it looks at its names.

    It rejects more than the grammar does, such as `nonlocal` in a module.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            symtable(data, "", "exec")  # type: ignore[arg-type]  # it takes bytes too, and heeds their encoding
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def parses_elsewhere(file: SourceFile) -> bool:
    """Whether a file that this interpreter rejects is Python of another version."""
    from profilec.syntax.read import (  # brings LibCST, almost never needed
        UnreadableSourceError,
        decode,
        parse,
    )

    try:
        parse(decode(file, file.path))
    except UnreadableSourceError:
        return False
    return True


def lines_with(data: bytes, *patterns: re.Pattern[bytes]) -> list[int]:
    """The lines of a file, counted from one and in order, in which a pattern begins to match."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines, line, end = [], 1, 0
    for start in sorted(match.start() for pattern in patterns for match in pattern.finditer(data)):
        line += data.count(b"\n", end, start)
        end = start
        lines.append(line)
    return lines


def unguarded(syntax: ast.Module, *errors: str) -> Iterator[ast.AST]:
    """Every node of a file but those around which one of some errors, or more, is handled or suppressed."""
    pending: list[ast.AST] = [syntax]
    while pending:
        node = pending.pop()
        yield node
        match node:
            case ast.Try() | ast.TryStar() if any(catches(handler, *errors) for handler in node.handlers):
                pending += [*node.handlers, *node.orelse, *node.finalbody]
            case ast.With() if any(suppresses(item, *errors) for item in node.items):
                pending += node.items
            case _:
                pending += children(node)


def catches(handler: ast.ExceptHandler, *errors: str) -> bool:
    """Whether a handler catches one of some errors, by its name or as every exception."""
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return handler.type is None or any(_is_one_of(one, errors) for one in types)


def suppresses(item: ast.withitem, *errors: str) -> bool:
    """Whether a context suppresses one of some errors."""
    match item.context_expr:
        case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=types):
            return any(_is_one_of(one, errors) for one in types)
    return False


def _is_one_of(error: ast.expr | None, errors: tuple[str, ...]) -> bool:
    return isinstance(error, ast.Name) and error.id in {*errors, "Exception", "BaseException"}


def statements(body: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """The statements of one scope in order, compound ones entered, definitions not."""
    for node in body:
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for inner in ("body", "handlers", "cases", "orelse", "finalbody"):
                yield from statements(getattr(node, inner, ()))


type Located = (
    ast.expr | ast.stmt | ast.alias | ast.excepthandler | ast.arg | ast.keyword | ast.pattern | ast.type_param
)  # fmt: skip
type Place = tuple[int, int, int, int]
"""Line and column of the beginning and of the end, as a syntax tree has them."""


def place_of(node: Located) -> Place:
    """Where a node stands."""
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0


def node_at(place: Place) -> Located:
    """A node that stands at a place, of which nothing else is known."""
    return ast.Pass(**dict(zip(ast.Pass._attributes, place, strict=True)))


def finding_at(
    config: Config,
    tree: Tree,
    file: EmittedFile,
    source: SourceFile | None,
    node: Located,
    *,
    code: str,
    message: str,
    hint: str = "",
    notes: tuple[str, ...] = (),
    also: tuple[int, ...] = (),
) -> Finding:
    """A finding at a node of an emitted file, shown at the line of the source that it comes from.

    A line that has no source, because it was generated, is shown where it would have been written.
    """
    line = file.source_line(node.lineno)
    text = _line(file.data, node.lineno)
    start, end = _columns(text, node)
    path = config.shown(file.path)
    if line and source is not None:
        segment, text = text[start:end], _line(source.data, line)
        if (found := text.find(segment, start)) >= 0:
            start, end = found, found + len(segment)
        else:
            start, end = len(text) - len(text.lstrip()), len(text)
    else:
        path, line = f"{config.out}/{tree.profile}/{file.path}", node.lineno
    span = (line, start + 1, end + 1)
    return Finding(code, path, *span, message, hint, (tree.profile,), text, notes, also)


def _line(data: bytes, number: int) -> str:
    codec, _ = detect_encoding(BytesIO(data).readline)
    lines = data.removeprefix(BOM).splitlines()
    return lines[number - 1].decode(codec, "replace") if 1 <= number <= len(lines) else ""


def _columns(text: str, node: Located) -> tuple[int, int]:
    """First and last column of a node on its first line, in characters, behind its indentation."""
    encoded = text.encode()
    indented = len(encoded) - len(encoded.lstrip())
    first = max(node.col_offset, indented)
    last = node.end_col_offset if node.end_lineno == node.lineno and node.end_col_offset else len(encoded)
    return _characters(encoded[:first]), _characters(encoded[:last])


def _characters(encoded: bytes) -> int:
    return len(encoded.decode("utf-8", "ignore"))
