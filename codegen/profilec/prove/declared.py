"""What the source itself says is for some profiles only: by a marker comment, or by `@only`."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from profilec.prove.names.modules import parse
from profilec.prove.names.nodes import last_name, walk

_MARKER = re.compile(rb"#\s*profilec\s*:\s*(only|unless)\b")
_CLOSING = re.compile(rb"[ \t]*[)\]}]")
"""How a line begins on which nothing begins, so that a comment marks the statement that began above."""

_ONLY = re.compile(rb"\bonly\s*(?:\(|as\b)")


def is_declared_file(data: bytes) -> bool:
    """Whether a source file is as a whole for some profiles."""
    return _MARKER.match(data.removeprefix(b"\xef\xbb\xbf")) is not None


@lru_cache(maxsize=4096)
def declared_lines(data: bytes) -> frozenset[int]:
    """The lines of a source file whose elements are selected for some profiles, by comment or by `@only`."""
    written = data.split(b"\n") if _MARKER.search(data) else ()
    lines = {number for number, line in enumerate(written, 1) if _MARKER.search(line)}
    closing = {number for number in lines if _CLOSING.match(written[number - 1])}
    module = parse("source.py", data) if closing or _ONLY.search(data) else None
    nodes = [*walk(module.syntax)] if module else []
    only = {"only", *_names_of_only(nodes)}
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and any(
            isinstance(one, ast.Call) and last_name(one.func) in only for one in node.decorator_list
        ):
            lines.add(node.lineno)
        if isinstance(node, ast.stmt) and closing.intersection(header := _header(node)):
            lines.update(header)
    return frozenset(lines)


def _header(node: ast.stmt) -> range:
    """The lines of a statement above those of its body."""
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    end = (node.end_lineno or node.lineno) + 1 if body is None else getattr(body[0], "lineno", node.lineno)
    return range(node.lineno, end)


def _names_of_only(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The other names by which a file imports `only`."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "profilec":
            yield from (alias.asname for alias in node.names if alias.name == "only" and alias.asname)
