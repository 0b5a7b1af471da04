"""Valid Python that LibCST 1.9 rejects or misreads, with so much left out that it reads it right.

It rejects an annotated target in parentheses (`(x): int`), and template strings (PEP 750) behind one another
or with some prefixes; behind a backslash that is alone on its line it takes a statement for one of the suite
above, and a form feed before an indentation confuses it. `read` parses the stand-in and carries every place
back to the text, which is what edits are spliced into: nothing of a stand-in is ever emitted.
"""

import io
import re
import tokenize
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate

import libcst as cst
from msgspec import Struct

from profilec.syntax.parser import parse_expression

type Omitted = tuple[int, int]
"""The first character of a text that is left out, and the one behind the last."""


class StandIn(Struct, frozen=True, dict=True):
    """A text that is read in place of another.

    Attributes:
        content: what is read.
        omitted: what of the other text it leaves out, by places in that one, in order.
    """

    content: str
    omitted: tuple[Omitted, ...] = ()

    @cached_property
    def _starts(self) -> list[int]:
        return [start - before for (start, _), before in zip(self.omitted, self._lengths, strict=False)]

    @cached_property
    def _lengths(self) -> list[int]:
        return list(accumulate((end - start for start, end in self.omitted), initial=0))

    def back(self, offset: int) -> int:
        """Return the place in the other text, before what is left out there."""
        return offset + self._lengths[bisect_left(self._starts, offset)] if self.omitted else offset

    def without(self, parts: Sequence[Omitted]) -> "StandIn":
        """Leave out more: parts of this text, in order."""
        more = [(self.back(start), self.back(end - 1) + 1) for start, end in parts]
        still = [one for one in self.omitted if not any(a <= one[0] and one[1] <= b for a, b in more)]
        content, position = [], 0
        for start, end in parts:
            content.append(self.content[position:start])
            position = end
        return StandIn("".join([*content, self.content[position:]]), tuple(sorted([*still, *more])))


def stand_in(content: str) -> StandIn:
    """Return what LibCST is to read in place of a text: mostly the text itself."""
    whole = StandIn(content)
    return whole.without(list(_before_indentation(content))) if "\\" in content or "\f" in content else whole


def amended(rejected: StandIn, stumbled: int | None) -> StandIn | None:
    """Return what to read in place of a text that LibCST rejects, or None where nothing is known.

    Args:
        rejected: what LibCST has just rejected.
        stumbled: the character that its parser could not go on from, where it told.
    """
    plain = _TEMPLATE_PREFIX.sub("f", rejected.content)
    if plain != rejected.content:
        return StandIn(plain, rejected.omitted)
    parentheses = _around_annotated_target(rejected.content, stumbled) if stumbled else ()
    return rejected.without(parentheses) if parentheses else None


_TEMPLATE_PREFIX = re.compile(r"(?<!\w)[tT](?=[rR]?['\"])|(?<=(?<!\w)[rR])[tT](?=['\"])")
"""The letter that makes a template of a string, which is read as a formatted one: both hold expressions."""

_BEFORE_INDENTATION = re.compile(
    r"^(?:[ \t\f]*\f(?=[ \t]*[^ \t\r\n])|([ \t]*)(\\\r?\n)([ \t]*))", re.MULTILINE
)


def _before_indentation(content: str) -> Iterator[Omitted]:
    """Find form feeds before an indentation, and backslashes that are alone on a line before a statement.

    The blanks before such a backslash are the indentation of what follows; a form feed sets it back to
    nothing (language reference, section 2.1.8).
    """
    for match in _BEFORE_INDENTATION.finditer(content):
        if match[2] is None:
            yield match.span()
        elif not _is_continued(content, match.start()):
            yield match.start(2), match.end(3 if match[1] else 2)


def _is_continued(content: str, start: int) -> bool:
    """Tell whether a backslash joins a line to the one above; one that ends a comment does not."""
    above = content[content.rfind("\n", 0, max(start - 1, 0)) + 1 : start].rstrip("\r\n")
    if not above.endswith("\\"):
        return False
    return "#" not in above or content.count("\n", 0, start) not in _lines_with_comments(content)


def _lines_with_comments(content: str) -> frozenset[int]:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(content).readline))
    except (tokenize.TokenError, SyntaxError):
        return frozenset()
    return frozenset(token.end[0] for token in tokens if token.type == tokenize.COMMENT)


def _around_annotated_target(content: str, colon: int) -> tuple[Omitted, ...]:
    """Find the parentheses around the target of an annotation, given the colon behind them."""
    end = len(_CONTINUED.sub("", content[:colon]))
    start = _opening(content, end)
    if start is None or not _BEFORE_A_STATEMENT.search(content, content.rfind("\n", 0, start) + 1, start):
        return ()
    target = parse_expression(content[start:end])
    if not isinstance(target, cst.Name | cst.Attribute | cst.Subscript) or not target.lpar:
        return ()
    written = cst.Module([]).code_for_node
    before, behind = (sum(len(written(part)) for part in parts) for parts in (target.lpar, target.rpar))
    return (start, start + before), (end - behind, end)


_CONTINUED = re.compile(r"(?:[ \t\f]|\\\r?\n)*\Z")
_BEFORE_A_STATEMENT = re.compile(r"(?:^|[;:])[ \t\f]*\Z", re.MULTILINE)


def _opening(content: str, end: int) -> int | None:
    """Return the parenthesis that the one before `end` closes."""
    depth = 0
    for place in range(end - 1, -1, -1):
        depth += (content[place] == ")") - (content[place] == "(")
        if depth <= 0:
            return place if content[place] == "(" else None
    return None
