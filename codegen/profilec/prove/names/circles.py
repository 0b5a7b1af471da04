"""Answers that are worked out once each, though some ask for one another in a circle.

What is asked for while it is being worked out is empty meanwhile. Whoever asked then knows too little. So its
answer is kept until the first of the circle is known, and then forgotten: whoever asks again finds all, and
in whatever order questions come, they find the same.
"""

from collections.abc import Callable, Hashable
from typing import Protocol

_FURTHEST = 150
"""Answers that are worked out, each for the one before: no program goes so far, and Python's stack not much
further."""
_MOST_TIMES = 4
"""How often an answer is forgotten: where everything asks for everything, there would be no end of it."""


class _Table(Protocol):
    def forget(self, key: Hashable) -> None:
        """Let an answer be worked out again."""


class Circles:
    """What is being worked out about one file, by tables of answers that ask each other."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.depth = 0
        """How many answers are being worked out, each for the one before."""
        self.first_asked = 0
        """The first of those that was asked for meanwhile, counted from zero; `depth` where none was."""
        self.unsure: list[tuple[_Table, Hashable]] = []
        """The answers that hang on one that is not known yet."""


class Once[V]:
    """The answers to questions of one kind."""

    def __init__(self, circles: Circles, empty: V, join: Callable[[V, V], V]) -> None:
        """Know nothing.

        Args:
            circles: what is being worked out by all that this asks, and that asks this.
            empty: what an answer is while it is worked out.
            join: makes one answer of two.
        """
        self._circles = circles
        self._empty = empty
        self._join = join
        self._known: dict[Hashable, V] = {}
        self._hangs_on: dict[Hashable, int] = {}
        """For each answer that is not sure, the first of those being worked out that it hangs on."""
        self._forgotten: dict[Hashable, list[V]] = {}

    def ask(self, key: Hashable, work: Callable[[], V]) -> V:
        """Return the answer that `work` gives, or has given before."""
        circles, known = self._circles, self._known.get(key)
        if known is not None:
            if key in self._hangs_on:
                circles.first_asked = min(circles.first_asked, self._hangs_on[key])
            return known
        if circles.depth == _FURTHEST:
            return self._empty
        depth, asked_before, sure = circles.depth, circles.first_asked, len(circles.unsure)
        self._known[key], self._hangs_on[key] = self._empty, depth
        circles.depth = circles.first_asked = depth + 1
        found, earlier = work(), self._forgotten.get(key, [])
        for one in earlier[-1:]:
            found = self._join(one, found)
        first_asked = circles.first_asked
        circles.depth, circles.first_asked = depth, min(asked_before, first_asked)
        if first_asked < depth and len(earlier) < _MOST_TIMES:
            self._hangs_on[key] = first_asked
            circles.unsure.append((self, key))
        else:
            del self._hangs_on[key]
            while len(circles.unsure) > sure:
                table, other = circles.unsure.pop()
                table.forget(other)
        self._known[key] = found
        return found

    def forget(self, key: Hashable) -> None:
        """Let an answer be worked out again."""
        self._forgotten.setdefault(key, []).append(self._known.pop(key))
        del self._hangs_on[key]
