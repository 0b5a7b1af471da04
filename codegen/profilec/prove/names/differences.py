"""Where a file and its source differ: the statements at the top that only one of them has.

Most of a changed file is as it was. A proof that compares the two need not read what both have, nor parse it.
"""

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from itertools import chain
from keyword import kwlist, softkwlist
from typing import Self

from msgspec import Struct

from profilec.prove.names.modules import BOM, compiles
from profilec.prove.names.scopes import find_scopes, unresolved

_OF_THE_WHOLE = (b"__future__", b"global")
"""Words of what the compiler accepts, or not, because of other statements at the top."""
_DEFINITION = re.compile(rb"@|(?:async[ \t]+)?(?:def|class)\b")
_DEFINES = rb"(?:async[ \t]+)?(?:def|class)[ \t]+%s\b"
_LAST_WORD = re.compile(rb"(\w+)[ \t]+\Z")
_KEYWORDS = frozenset(map(str.encode, (*kwlist, *softkwlist)))
_LONGEST_KEYWORD = max(map(len, _KEYWORDS))

type Lines = tuple[int, int]
"""The first and the last line of something, counted from one."""


class Differences(Struct, frozen=True, dict=True):
    """A file before and after.

    Attributes:
        before: the statements that only the source has, at their places in it.
        after: those that only the emitted file has; their places are not those in the file.
        common: the texts of those that both have.
    """

    before: ast.Module
    after: ast.Module
    common: tuple[bytes, ...]

    @classmethod
    def of(cls, statements: Iterable[Lines], before: bytes, after: bytes) -> Self | None:
        """Compare a file with its source, statement by statement; None where its text does not tell them.

        Only what one of them does not have is parsed. Where that parses by itself, it ends where a statement
        ends. So a whole statement of the source that follows it is one of the file, too.

        Args:
            statements: the lines of the statements at the top of the source, those on one line together.
            before: the source.
            after: the emitted file.
        """
        there, here = _lines(before), _lines(after)
        if any(b"coding" in line for line in (*there[:2], *here[:2])):
            return None
        written = {span: b"\n".join(there[span[0] - 1 : span[1]]) for span in statements}
        common, others = _split(here, {text for text in written.values() if _is_whole(text)})
        following = iter(written.values())
        if not all(text in following for text in common):
            return None  # it has a statement twice, or at another place
        more = Counter(written.values()) - Counter(common)
        try:
            gone = _parsed(_alone(there, (span for span, text in written.items() if text in more)))
            new = [node for text in others for node in _parsed(text)]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        at_top = (text for text in (*common, *others) if not _DEFINITION.match(text))
        of_the_whole = any(word in text for text in at_top for word in _OF_THE_WHOLE)
        if not all(compiles(text) for text in ([after] if of_the_whole else others)):
            return None
        return cls(ast.Module(gone, []), ast.Module(new, []), tuple(common))

    def may_name(self, *names: str) -> bool:
        """Whether what both have holds one of some names as a word."""
        held = [name.encode() for name in names if name.encode() in self._text]
        if not held:
            return False
        return re.search(rb"\b(?:%s)\b" % b"|".join(map(re.escape, held)), self._text) is not None

    def may_read(self, names: frozenset[str]) -> bool:
        """Whether the emitted file reads one of some names where nothing in the statement binds it."""
        encoded = [*map(str.encode, names)]
        kept = (
            ast.Module(_parsed(text), [])
            for text in self.common
            if any(name in text for name in encoded) and _may_be_read(names, text)
        )
        return any(
            name in names for part in chain(kept, [self.after]) for name, _ in unresolved(find_scopes(part))
        )

    def gives(self, name: str) -> bool:
        """Whether what both have gives a name a value, as far as that is seen at a glance."""
        word = name.encode()
        if word not in self._text:
            return False
        defines = re.compile(_DEFINES % re.escape(word))
        held = [text for text in self.common if word in text]
        return any(map(defines.match, held)) or any(
            name in _given(node) for text in held if _may_give(text, word) for node in _parsed(text)
        )

    def binds(self, name: str) -> bool:
        """Whether what both have binds a name at the top, be it within a statement."""
        word = name.encode()
        other = re.compile(
            rb"(?:async[ \t]+)?(?:def|class)[ \t]+(?!%s\b)(?!.*(?:\bglobal\b|:=))" % word, re.DOTALL
        )
        held = (text for text in self.common if word in text and not other.match(text))
        return any(name in find_scopes(ast.Module(_parsed(text), [])).bound for text in held)

    @cached_property
    def _text(self) -> bytes:
        return b"\n".join(self.common)


def _lines(data: bytes) -> list[bytes]:
    return data.removeprefix(BOM).splitlines()


def _is_whole(text: bytes) -> bool:
    """Whether the lines of a statement are all that it is, and say what they look like."""
    return text.isascii() and not text.endswith(b"\\")


def _alone(lines: list[bytes], spans: Iterable[Lines]) -> bytes:
    """A text of some lines of another, each at its place."""
    kept = [b""] * len(lines)
    for first, last in spans:
        kept[first - 1 : last] = lines[first - 1 : last]
    return b"\n".join([*kept, b""])


def _parsed(text: bytes) -> list[ast.stmt]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        return ast.parse(text).body


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


def _may_be_read(names: frozenset[str], text: bytes) -> bool:
    """Whether a text holds one of some names where it may be an expression, and not a word among others."""
    for found in _written(names).finditer(text):
        at = found.start()
        before = _LAST_WORD.search(text, max(0, at - _LONGEST_KEYWORD - len(" ")), at)
        if before is None or before[1] in _KEYWORDS:
            return True
    return False


@cache
def _written(names: frozenset[str]) -> re.Pattern[bytes]:
    """Finds some names, but those before another word of prose."""
    words = b"|".join(sorted(map(re.escape, map(str.encode, names))))
    following = b"|".join(sorted(_KEYWORDS))
    return re.compile(rb"(?<!\w)(?:%s)(?!\w|[ \t]+(?!(?:%s)\b)\w)" % (words, following))


def _may_give(text: bytes, name: bytes) -> bool:
    """Whether a statement may give a name a value by what it begins with."""
    return text.startswith((b"from", b"import", b"@")) or name in text.partition(b"\n")[0]


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
