"""How deeply a text nests, told from its tokens alone.

LibCST's parser ends the process where an expression nests too deeply for its stack, so `read` asks here
first. And a tree that is deep, but not too deep, needs more frames than Python grants by default.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

DEEPEST = 2000
"""Tokens that may nest in one another or follow one another without a comma, before a text is refused."""

_FRAMES = 20 * DEEPEST

_TOKEN = re.compile(
    r"""(?P<skip>[ \t\f\r]+|\\\r?\n|\#[^\n]*)
    |(?P<string>[A-Za-z]{0,2}(?:
        \"\"\"(?:\\.|[^\\])*?\"\"\" | '''(?:\\.|[^\\])*?''' | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'))
    |(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<end>\n)|(?P<part>[,;])
    |(?P<other>\w+|[^\w\s])""",
    re.VERBOSE | re.DOTALL,
)


_ELIF = re.compile(r"^[ \t]*elif\b", re.MULTILINE)


def nests_too_deeply(content: str) -> bool:
    """Tell whether a text may nest more deeply than LibCST can follow.

    Counts generously: every token since the last comma, or since the line's beginning, is taken to nest in
    the one before it, as in `not not not x`; so does every `elif` in a file.
    """
    if content.count("elif") > DEEPEST // 4 and len(_ELIF.findall(content)) > DEEPEST // 4:
        return True
    pieces = (content.split(","), content.split("\n"))
    if all(len(max(found, key=len)) < DEEPEST for found in pieces):
        return False  # what nests deeply has a long stretch without a comma, or is one long line
    return _longest_chain(content) > DEEPEST


def _longest_chain(content: str) -> int:
    outer: list[int] = []
    depth = base = longest = 0
    for match in _TOKEN.finditer(content):
        kind = match.lastgroup
        if kind == "skip":
            continue
        if kind == "open":
            depth += 1
            outer.append(base)
            base = depth
        elif kind == "close":
            base = outer.pop() if outer else 0
            depth = max(depth - 1, base)
        elif kind == "part" or (kind == "end" and not outer):
            depth = base
        elif kind != "end":
            depth += 1
        longest = max(longest, depth)
    return longest


@contextmanager
def room_for_depth() -> Iterator[None]:
    """Grant recursion as deep as the deepest text that is not refused needs."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
