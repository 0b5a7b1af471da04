"""What the decisions about one module add up to: cuts of its text, and findings."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from profilec.diagnostics import Finding
from profilec.syntax.edit import NO_CAUSE, Cause, Cut
from profilec.syntax.read import Span, Syntax

_OPENS = re.compile(r"[(\[{][ \t]*(#[^\n]*)?\r?\n\Z")
"""The end of a line that opens a bracket."""


class Draft:
    """Collects cuts and findings while a module is walked for one profile.

    Attributes:
        formatted: Black lays out what is left.
    """

    def __init__(self, syntax: Syntax, profile: str, *, formatted: bool = False) -> None:
        self.syntax = syntax
        self.profile = profile
        self.formatted = formatted
        self.cuts: list[Cut] = []
        self._with_lines: list[int] = []  # which of the cuts have a text that begins a line
        self.findings: list[Finding] = []
        self._shifts: dict[int, int] = {}

    def cut(self, start: int, end: int, cause: Cause, text: str = "") -> None:
        """Replace characters by `text`, or by nothing."""
        if start < end or text:
            if "\n" in text or text[:1].isspace():
                self._with_lines.append(len(self.cuts))
            self.cuts.append(Cut(start, end, text, cause))

    def has_cut(self, span: Span) -> bool:
        """Tell whether all of a span goes."""
        start, end = span.start, span.end
        return any(cut.start <= start and end <= cut.end for cut in self.cuts)

    def refuse(
        self, code: str, span: Span, message: str, hint: str = "", notes: tuple[str, ...] = ()
    ) -> None:
        """Report a fault at a span."""
        self.report(self.syntax.finding(code, span, message, hint, notes))

    def report(self, finding: Finding) -> None:
        """Report a fault as one that this profile meets."""
        self.findings.append(replace(finding, profiles=(self.profile,)))

    def keep_only(self, whole: Span, part: Span, cause: Cause) -> None:
        """Cut a span down to a part of it."""
        self.cut(whole.start, part.start, cause)
        self.cut(part.end, whole.end, cause)

    def reindent(self, lines: Span, before: str, after: str, cause: Cause) -> None:
        """Move lines from one indentation to another, save those within a string and blank ones.

        What was written in the place of lines moves with them.
        """
        before, after = (blanks.rpartition("\f")[2] for blanks in (before, after))
        self._reindent_written(lines, before, after)
        content = self.syntax.content
        start = lines.start
        while start < lines.end:
            newline = content.find("\n", start)
            end = newline + 1 if newline >= 0 else len(content)
            if not self._within_string(start):
                first = _after_form_feeds(content, start)
                blank = blank_length(content, first)
                stay = min(len(after), blank)
                self.cut(first + stay, first + min(blank, stay + len(before) - len(after)), cause)
                if content[start:end].strip():
                    self.cut(first + stay, first + stay, cause, after[len(before) :])
            start = end

    def move(self, kept: Span, whole: Span) -> None:
        """Move the other lines of what stays as far as its first, which takes the place of all.

        Lines that begin to the right of it are aligned with it. Others are indented from the line it is in.
        """
        content = self.syntax.content
        below = content.find("\n", kept.start, kept.end) + 1
        if not below:
            return
        before, after = (content.rfind("\n", 0, span.start) + 1 for span in (kept, whole))
        column = kept.start - before
        if not _OPENS.search(content, kept.start, below) and blank_length(content, below) >= column:
            self.shift(kept, whole.start - after - column)
        else:
            self.shift(kept, blank_length(content, after) - blank_length(content, before))

    def shift(self, span: Span, columns: int) -> None:
        """Move the lines that begin within a span to the right, or to the left, of where they would be."""
        start = self.syntax.content.find("\n", span.start, span.end) + 1
        while start:
            if not self._within_string(start):
                self._shifts[start] = self._shifts.get(start, 0) + columns
            start = self.syntax.content.find("\n", start, span.end) + 1

    def all_cuts(self) -> Iterator[Cut]:
        """Yield the cuts, and those that move lines."""
        yield from self.cuts
        for start, columns in self._shifts.items():
            end = start + blank_length(self.syntax.content, start)
            is_left = not any(cut.start < start and end <= cut.end and not cut.text for cut in self.cuts)
            if columns and is_left and self.syntax.content[end : end + 1].strip():
                yield Cut(max(start, end + min(columns, 0)), end, " " * columns, NO_CAUSE)

    def _reindent_written(self, lines: Span, before: str, after: str) -> None:
        begins = re.compile(f"^{re.escape(before)}", re.MULTILINE)
        for index in self._with_lines:
            cut = self.cuts[index]
            if lines.covers(cut.span):
                within_line = cut.start > 0 and self.syntax.content[cut.start - 1] != "\n"
                kept = (cut.text.find("\n") + 1 or len(cut.text)) if within_line else 0
                text = cut.text[:kept] + begins.sub(after, cut.text[kept:])
                self.cuts[index] = replace(cut, text=text)

    def _within_string(self, offset: int) -> bool:
        return any(string.start < offset < string.end for string in self.syntax.strings)


def _after_form_feeds(content: str, start: int) -> int:
    """Return where the indentation of a line begins: a form feed sets it back to nothing."""
    end = start
    while end < len(content) and content[end] in " \t\f":
        end += 1
    return content.rfind("\f", start, end) + 1 or start


def blank_length(content: str, start: int) -> int:
    """Return how many blanks and tabs stand at a place."""
    end = start
    while end < len(content) and content[end] in " \t":
        end += 1
    return end - start
