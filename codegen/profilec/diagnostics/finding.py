"""One fault at one place, as plain data, and the merging of what several profiles found at the same place."""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from profilec.diagnostics.codes import CODES

_MOST_LINES = 10


class Finding(Struct, frozen=True):
    """One fault.

    Args:
        code: A key of `CODES`, such as `PC101`.
        path: The file, as the user knows it: relative to the project's root, with forward slashes.
        line: The line, counted from 1; 0 where the whole file or project is meant.
        column: The first character of the fault, counted from 1.
        end_column: The character after its last one, on the same line; not beyond the line's end.
        message: One sentence without a full stop.
        hint: What to write instead; shown behind the caret.
        profiles: The profiles that meet the fault; empty where profiles make no difference.
        source_line: The text of the line, without its newline; no excerpt is shown where it is empty.
        notes: More lines to show below the excerpt: where something was declared, an import chain.
        also: The numbers of further lines in the file that have the same fault.
    """

    code: str
    path: str
    line: int = 0
    column: int = 1
    end_column: int = 1
    message: str = ""
    hint: str = ""
    profiles: tuple[str, ...] = ()
    source_line: str = ""
    notes: tuple[str, ...] = ()
    also: tuple[int, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """The notes, and which further lines have the fault."""
        if not self.also:
            return self.notes
        return (*self.notes, also_in(self.also))

    @property
    def is_error(self) -> bool:
        """Whether the fault refuses a build; a warning does not."""
        return CODES[self.code].severity == "error"

    @property
    def is_note(self) -> bool:
        """Whether it is no fault, but the end of what a proof can say."""
        return CODES[self.code].severity == "note"


def also_in(lines: Sequence[int]) -> str:
    """A note that names further lines, as many as one reads."""
    shown = ", ".join(map(str, lines[:_MOST_LINES]))
    more = f" and {len(lines) - _MOST_LINES} more" if len(lines) > _MOST_LINES else ""
    return f"also in {'line' if len(lines) == 1 else 'lines'} {shown}{more}"


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each fault once, with every profile that meets it, ordered by place.

    Two findings are the same fault if they differ in nothing but their profiles and the lines that have it
    too, one of which may be where the other is told. The order of the result does not depend on the order of
    the input, apart from that of the profiles.
    """
    profiles_of: dict[Finding, dict[str, None]] = {}
    lines_of: dict[Finding, set[int]] = {}
    for finding in findings:
        fault = replace(finding, profiles=(), also=())
        profiles_of.setdefault(fault, {}).update(dict.fromkeys(finding.profiles))
        lines_of.setdefault(fault, set()).update(finding.also)
    told: list[Finding] = []
    telling: dict[tuple[str, str, str], list[Finding]] = {}
    for fault in sorted(profiles_of, key=lambda one: (one.path, one.line, one.column, one.code, one.message)):
        alike = telling.setdefault((fault.path, fault.code, fault.message), [])
        if first := next((one for one in alike if fault.line in lines_of[one]), None):
            profiles_of[first].update(profiles_of[fault])
            lines_of[first] |= lines_of[fault]
            continue
        told.append(fault)
        if lines_of[fault]:
            alike.append(fault)
    return tuple(
        replace(fault, profiles=tuple(profiles_of[fault]), also=tuple(sorted(lines_of[fault])))
        for fault in told
    )
