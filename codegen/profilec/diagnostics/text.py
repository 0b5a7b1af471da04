"""A finding as a person reads it: the place, the sentence, the line with a caret, the hint, the notes."""

from unicodedata import combining, east_asian_width

from profilec.diagnostics.codes import CODES
from profilec.diagnostics.finding import Finding

LONGEST_EXCERPT = 160
"""Characters of a source line that are shown; beyond it, an excerpt would hide the sentence."""
_PICTURES = {code: 0x2400 + code for code in range(0x20) if code != 0x09}
_PICTURES |= {0x7F: 0x2421} | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
"""What is shown for characters that a terminal would do something at."""


def render(finding: Finding) -> str:
    """The lines that show `finding`, without a final newline.

    ```
    src/shop/prices.py:2:4: PC101 unknown flag `SPIL_FS`
      |
    2 | if SPIL_FS:
      |    ^^^^^^^ did you mean `SPILL_FS`?
      = declared in src/shop/_profile.py:6
    ```
    """
    lines = [_headline(finding)]
    gutter = " " * len(str(finding.line))
    if finding.source_line:
        lines += _excerpt(finding, gutter)
    elif finding.hint:
        lines.append(f"{gutter} = {finding.hint}")
    lines += [f"{gutter} = {note}" for note in finding.remarks]
    return "\n".join(lines)


def _headline(finding: Finding) -> str:
    place = f"{finding.path}:{finding.line}:{finding.column}" if finding.line else finding.path
    severity = "" if finding.is_error else f"{CODES[finding.code].severity}: "
    profiles = f" [{', '.join(finding.profiles)}]" if finding.profiles else ""
    return f"{place}: {finding.code} {severity}{finding.message}{profiles}"


def _excerpt(finding: Finding, gutter: str) -> list[str]:
    before, marked, after = _cut(finding)
    caret = "".join("\t" if character == "\t" else " " * _width(character) for character in before)
    caret += "^" * max(1, sum(map(_width, marked)))
    return [
        f"{gutter} |",
        f"{finding.line} | {before}{marked}{after}".rstrip(),
        f"{gutter} | {caret} {finding.hint}".rstrip(),
    ]


def _cut(finding: Finding) -> tuple[str, str, str]:
    """The line before, within and after the fault, shortened so that the fault itself is in sight."""
    text = finding.source_line.translate(_PICTURES)
    start, end = finding.column - 1, max(finding.end_column - 1, finding.column)
    first = 0 if end <= LONGEST_EXCERPT else max(0, start - LONGEST_EXCERPT // 2)
    last = first + LONGEST_EXCERPT
    before = ("…" if first else "") + text[first:start]
    return (
        before,
        text[start : min(end, last)],
        text[min(end, last) : last] + ("…" if len(text) > last else ""),
    )


def _width(character: str) -> int:
    """Columns that a terminal gives the character."""
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
