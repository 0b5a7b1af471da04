"""Two texts that differ in blanks alone: what LibCST writes, against what it read.

It drops or adds blanks in a few places: before the colon of an `except`, around form feeds. Anything else
would mean that its tree is not the text.
"""

import re
from collections.abc import Iterator

_NO_BLANK = re.compile(r"\S")


def aligned(written: str, content: str) -> Iterator[int | None]:
    """Yield for each offset of what LibCST writes that of what it read, and None where they part."""
    there = 0
    for here, character in enumerate(written):
        if there >= len(content) or content[there] != character or _drifted(written, here, content, there):
            resumed = _resumed(written, here, content, there)
            if resumed is None:
                yield None
                return
            there = resumed
        yield min(there, len(content))
        if there < len(content) and content[there] == character:
            there += 1
    yield len(content)


def _drifted(written: str, here: int, content: str, there: int) -> bool:
    """Tell whether equal blanks hide that one side has more of them."""
    return content[there].isspace() and _after_blanks(written, here) != _after_blanks(content, there)


def _after_blanks(text: str, start: int) -> str:
    found = _NO_BLANK.search(text, start)
    return found[0] if found else ""


def _resumed(written: str, here: int, content: str, there: int) -> int | None:
    """Return where the text goes on with what LibCST writes next; None where it does not."""
    if written[here].isspace():  # a blank that the text lacks: it stands for no character of the text
        return there
    while there < len(content) and content[there].isspace():
        there += 1
    return there if content[there : there + 1] == written[here] else None
