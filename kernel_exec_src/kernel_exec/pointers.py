"""JSON Pointers (RFC 6901), parsed once and resolved per message.

Stands before `surfaces`, whose selectors are pointers; imports no other room.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# RFC 6901, section 4: digits without a leading zero; no array is so long that it takes more of them.
# `-`, the element after the last, never resolves here.
_INDEX = re.compile(r"0|[1-9][0-9]{0,18}")
_BAD_ESCAPE = re.compile(r"~(?![01])")


def as_it_is(value: object) -> object:
    """Return `value`: JSON is its own form."""
    return value


class PointerError(LookupError):
    """A pointer names something that the document does not have."""


class Pointer:
    """A JSON Pointer as its unescaped reference tokens; no token means the whole document."""

    __slots__ = ("tokens",)

    def __init__(self, tokens: tuple[str, ...]) -> None:
        self.tokens = tokens

    @classmethod
    def parse(cls, text: str) -> Pointer:
        """Read the string form (RFC 6901, section 3).

        Raises:
            ValueError: it is neither empty nor starts with `/`, or a `~` is not followed by `0` or `1`.
        """
        if text and not text.startswith("/"):
            raise ValueError(f"the pointer {text!r} is neither empty nor starts with '/'")
        if _BAD_ESCAPE.search(text):
            raise ValueError(f"the pointer {text!r} has a '~' that is not part of '~0' or '~1'")
        return cls(tuple(token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:]))

    def resolve(self, document: object, form: Callable[[object], object] = as_it_is) -> object:
        """Return what the pointer names in `document` (RFC 6901, section 4).

        Args:
            document: a JSON value, or what `form` makes one of, level by level.
            form: gives the JSON form of the outermost level of a value.

        Raises:
            PointerError: there is no such member or element, or a step leads into a value that has none.
        """
        value = form(document)
        for depth, token in enumerate(self.tokens, start=1):
            if isinstance(value, dict) and token in value:
                value = form(value[token])
            elif isinstance(value, list | tuple) and _INDEX.fullmatch(token) and int(token) < len(value):
                value = form(value[int(token)])
            else:
                raise PointerError(f"the payload has nothing at {str(Pointer(self.tokens[:depth]))!r}")
        return value

    def __str__(self) -> str:
        """Return the string form, escaped."""
        return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in self.tokens)
