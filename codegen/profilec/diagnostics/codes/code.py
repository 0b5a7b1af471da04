"""What one code means. The text of the pages in `docs/diagnostics` and of `profilec explain CODE`."""

from typing import Literal

from msgspec import Struct


class Code(Struct, frozen=True):
    """One kind of fault.

    Args:
        name: `PC` and three digits; the first digit is the family. A name is never given a second meaning.
        title: What is wrong, in one line without a full stop.
        severity: An `error` refuses a build, a `warning` does not; a `note` is told only on demand.
        explanation: What it means and why it matters, in whole sentences of Markdown.
        example: Source or configuration that has the fault.
        instead: What to write instead.
    """

    name: str
    title: str
    severity: Literal["error", "warning", "note"]
    explanation: str
    example: str
    instead: str
