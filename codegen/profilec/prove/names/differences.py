"""Where a file and its source differ: the statements at the top that only one of them has.

Most of a changed file is as it was. A proof that compares the two need not read what both have, nor parse it
twice.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise
from typing import Self

from profilec.prove.names.modules import Module
from profilec.prove.names.nodes import first_line, walk, walk_on
from profilec.prove.names.words import may_read

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Differences:
    """A file before and after.

    Attributes:
        before: the statements that only the source has.
        after: those that only the emitted file has; their places are not those in the file.
        common: what both have, by its text.
    """

    before: ast.Module
    after: ast.Module
    common: dict[bytes, ast.stmt]

    @classmethod
    def of(cls, source: Module, before: bytes, after: bytes) -> Self | None:
        """Compare a file with its source, statement by statement; None where its text does not tell them.

        Only what the source does not have is parsed. Where that parses by itself, it ends where a statement
        ends. So a whole statement of the source that follows it is one of the file, too.
        """
        there, here = _lines(before), _lines(after)
        if any(b"coding" in line for line in (*there[:2], *here[:2])):
            return None
        written = list(_written(source, there))
        statements = {text: node for text, node in written if text}
        common, others = _split(here, statements)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                parsed = [node for text in others for node in ast.parse(text).body]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        return cls(
            ast.Module([node for text, node in written if text not in common], []),
            ast.Module(parsed, []),
            {text: statements[text] for text in common},
        )

    def may_name(self, *names: str) -> bool:
        """Whether what both have holds one of some names as a word."""
        held = [name.encode() for name in names if name.encode() in self._text]
        if not held:
            return False
        return re.search(rb"\b(?:%s)\b" % b"|".join(map(re.escape, held)), self._text) is not None

    def may_read(self, names: frozenset[str]) -> bool:
        """Whether the emitted file reads one of some names, be it in an annotation that is a string."""
        words = tuple(name.encode() for name in names)
        kept = (
            part
            for text, node in self.common.items()
            if any(word in text for word in words)
            for part in walk_on(node, _lines_with(words, text, first_line(node)))
        )
        return any(may_read(part, names) for part in chain(kept, walk(self.after)))

    @cached_property
    def _text(self) -> bytes:
        return b"\n".join(self.common)

    @cached_property
    def both(self) -> ast.Module:
        """The statements that both have."""
        return ast.Module([*self.common.values()], [])

    @cached_property
    def given(self) -> frozenset[str]:
        """Names to which what both have gives a value, as far as that is seen at a glance."""
        return frozenset(name for node in self.common.values() for name in _given(node))


def _lines(data: bytes) -> list[bytes]:
    return data.removeprefix(_BOM).splitlines()


def _written(module: Module, lines: list[bytes]) -> Iterator[tuple[bytes, ast.stmt]]:
    """Each statement at the top with its lines, or with nothing where these may not be all that it is."""
    body = module.syntax.body
    on_one_line = (pair for pair in pairwise(body) if (pair[0].end_lineno or 0) >= first_line(pair[1]))
    joined = {node for pair in on_one_line for node in pair}
    for node in body:
        text = b"\n".join(lines[first_line(node) - 1 : node.end_lineno])
        is_whole = node not in joined and text.isascii() and not text.endswith(b"\\")
        yield (text if is_whole else b""), node


def _split(lines: list[bytes], statements: Iterable[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Split a file into those of some statements that it has, and the texts around them."""
    known: dict[bytes, list[list[bytes]]] = {}
    for statement in sorted(statements, key=len, reverse=True):
        first, *_ = parts = statement.split(b"\n")
        known.setdefault(first, []).append(parts)
    found, others, start, at = [], [], 0, 0
    while at < len(lines):
        match = next((one for one in known.get(lines[at], ()) if lines[at : at + len(one)] == one), None)
        if match is None:
            at += 1
            continue
        others.append(lines[start:at])
        found.append(b"\n".join(match))
        start = at = at + len(match)
    texts = (b"\n".join([*other, b""]) for other in (*others, lines[start:]))
    return found, [text for text in texts if any(map(_says_something, text.split(b"\n")))]


def _says_something(line: bytes) -> bool:
    """Whether a line is neither blank nor a comment."""
    return not line.lstrip().startswith(b"#") and line.strip() != b""


def _lines_with(words: tuple[bytes, ...], text: bytes, first: int) -> list[int]:
    """The lines in which a text holds one of some words, where it begins in the first one."""
    return [line for line, held in enumerate(text.split(b"\n"), first) if any(word in held for word in words)]


def _given(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            for alias in aliases:
                yield alias.asname or alias.name.partition(".")[0]
        case ast.Assign(targets=targets):
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id
