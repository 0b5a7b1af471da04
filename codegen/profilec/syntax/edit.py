"""Edits on the original text: what is not cut stays as it was, byte for byte.

Takes the cuts that `decide` made and gives the emitted text with the source line of each of its lines. A
cut that lies within another goes with it, so a decision about a branch need not know those about its
parts.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from msgspec import Struct

from profilec.syntax.read import Span


class Cause(Struct, frozen=True):
    """Why something went: a sentence, and the source line that says so (0 where no line does).

    Attributes:
        fact: the condition, or the imports, that facts alone decided. No fact has to be used: where it
            would harm what remains, this can be left as it stands.
    """

    reason: str
    line: int = 0
    fact: Span | None = None


NO_CAUSE = Cause("")
UNUSED = Cause("nothing that is left uses it")
SERVES_TO_COMPILE = "it serves only to compile"
"""The reason that the import of a flag or of a marker goes."""


class Cut(Struct, frozen=True):
    """Characters that are replaced by `text`, mostly by nothing."""

    start: int
    end: int
    text: str
    cause: Cause

    @property
    def span(self) -> Span:
        """The characters that go."""
        return Span(self.start, self.end)


def outermost(cuts: Iterable[Cut]) -> list[Cut]:
    """Return the cuts that lie in no other, in the order of the text; of overlapping ones, their union."""
    kept: list[Cut] = []
    for cut in sorted(set(cuts), key=lambda cut: (cut.start, -cut.end)):
        last = kept[-1] if kept else None
        if last is None or cut.start >= last.end:
            kept.append(cut)
        elif cut.end > last.end:
            kept[-1] = Cut(last.start, cut.end, last.text + cut.text, last.cause)
    return kept


def splice(content: str, cuts: Iterable[Cut]) -> tuple[str, tuple[int, ...]]:
    """Apply cuts to a text.

    Returns:
        the new text, and for each of its lines the line of `content` that it comes from; 0 for a
        generated line.
    """
    pieces: list[tuple[int | None, str]] = []
    position = 0
    for cut in outermost(cuts):
        pieces.append((position, content[position : cut.start]))
        text = cut.text or _gap(content, cut)
        pieces.append((None, text))
        position = cut.end
    pieces.append((position, content[position:]))
    return "".join(text for _, text in pieces), _line_map(content, pieces)


def _gap(content: str, cut: Cut) -> str:
    """Return a blank where the characters around a cut would otherwise run into one token."""
    if cut.start == 0 or cut.end >= len(content):
        return ""
    before, after = content[cut.start - 1], content[cut.end]
    return " " if (_is_word(before) and _is_word(after)) or before == after == "{" else ""


def _is_word(character: str) -> bool:
    return character == "_" or character.isalnum()


def _line_map(content: str, pieces: Sequence[tuple[int | None, str]]) -> tuple[int, ...]:
    """Return the source line of each emitted line: that of the first character on it that was kept."""
    starts = line_starts(content)
    lines: list[int] = []
    source, generated, open_line = 0, False, False
    for offset, text in pieces:
        for part in filter(None, _parts(text, is_kept=offset is not None)):
            ended = part.endswith("\n")
            if offset is None:
                generated |= bool(part.strip())
            else:
                if not source and (part.strip() or (ended and not generated)):
                    source = bisect_right(starts, offset)
                offset += len(part)
            open_line = not ended
            if ended:
                lines.extend(range(source, source + part.count("\n")) if source else (0,))
                source, generated = 0, False
    return (*lines, source) if open_line else tuple(lines)


def _parts(text: str, *, is_kept: bool) -> list[str]:
    """Split a text into lines; what was kept stays together from its second line to its last whole one."""
    if not is_kept:
        return re.split(r"(?<=\n)", text)
    first, last = text.find("\n") + 1, text.rfind("\n") + 1
    return [text[:first], text[first:last], text[last:]]


def line_starts(content: str) -> list[int]:
    """Return the offset of the first character of every line; only ``\\n`` counts as the end of a line."""
    starts = [0]
    end = content.find("\n")
    while end >= 0:
        starts.append(end + 1)
        end = content.find("\n", end + 1)
    return starts
