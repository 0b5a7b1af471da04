"""Of what the comment above an `if` chain speaks, whose first branch goes and another takes its place.

It speaks of the whole chain, and stays, unless it plainly speaks of what went: it names what the tests of
that asked for, or another profile; or each branch has a comment of its own, the first one that above it.
A branch that does nothing needs none.
"""

import re
from collections.abc import Iterable, Sequence

import libcst as cst

from profilec.decide.walk import Walk, does_nothing

type Branch = cst.If | cst.Else

_WORD = re.compile(r"[^\W\d_]{3,}")
_SAYS_NOTHING = frozenset({
    "and", "not", "has", "have", "can", "the", "true", "false", "none", "sys", "name", "version", "info",
    "startswith", "modules", "platform", "system", "type",
})  # fmt: skip
_CALLED = {
    "win": ("windows",),
    "cygwin": ("windows",),
    "darwin": ("mac", "macos", "osx"),
    "emscripten": ("pyodide", "wasm", "webassembly", "browser"),
    "wasm": ("emscripten", "pyodide", "webassembly", "browser"),
    "version": ("python",),
    "checking": ("checker", "mypy", "pyright"),
}
"""What people call that which a test names."""
_EXPLAINS = re.compile(r"#(?![ \t]*(pragma|type|pylint|mypy|pyright):)")
"""Where a comment begins that is for readers, and not for a tool."""
_LONG = 4
"""As many letters does a word have that also counts as a part of another: `thread` of `threads`."""


def speaks_of_what_went(walk: Walk, comment: str, gone: Sequence[Branch], kept: Branch) -> bool:
    """Tell whether the comment above a chain speaks of its first branches, which went."""
    tests = [one.test for one in gone if isinstance(one, cst.If)]
    return _names(comment, _words(walk, tests)) or (
        not does_nothing(gone[0].body) and _is_paired(walk, gone[0], kept)
    )


def _is_paired(walk: Walk, first: Branch, kept: Branch) -> bool:
    """Tell whether a branch has a comment above it, or one within where the first branch has none."""
    above = walk.with_comments(kept, 0) < walk.line_start(walk.syntax.inner(kept).start)
    return above or (_is_explained_within(walk, kept) and not _is_explained_within(walk, first))


def _is_explained_within(walk: Walk, branch: Branch) -> bool:
    """Tell whether a branch has a comment behind its header, or as the first line of its suite."""
    header = (
        walk.syntax.outer(branch.test).end if isinstance(branch, cst.If) else walk.syntax.inner(branch).start
    )
    first = walk.syntax.inner(branch.body.body[0]).start
    return _EXPLAINS.search(walk.syntax.content, header, first) is not None


def _words(walk: Walk, tests: Iterable[cst.BaseExpression]) -> frozenset[str]:
    """Return the words by which a comment would speak of tests."""
    found: set[str] = set()
    for test in tests:
        text = walk.syntax.source(test)
        if walk.conditions.mentions_profile(test):
            others = set(walk.conditions.world.profiles) - {walk.conditions.world.profile.name}
            text = " ".join([text, *others])
        words = set(_WORD.findall(text.lower())) | ({"win"} if re.search(r"\bnt\b", text) else set())
        called = {name for word in words for name in _CALLED.get(word, ())}
        found |= (words - _SAYS_NOTHING) | called
    return frozenset(found)


def _names(comment: str, words: frozenset[str]) -> bool:
    return any(_is_same(said, word) for said in _WORD.findall(comment.lower()) for word in words)


def _is_same(said: str, word: str) -> bool:
    short, long = sorted((said, word), key=len)
    return said == word or (len(short) >= _LONG and long.startswith(short))
