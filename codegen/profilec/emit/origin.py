"""How a tree came about: what a later build has to know to leave it alone, and to say again what was said."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from profilec.diagnostics import Finding
from profilec.seen import State


class Origin(Struct, frozen=True):
    """What a tree was made from.

    Attributes:
        inputs: the hash of the sources, the configuration and the compiler.
        seen: what was read of other packages, by path.
        warnings: what was found, and did not refuse the build.
    """

    inputs: str
    seen: Mapping[str, State] = {}
    warnings: tuple[Finding, ...] = ()

    def to_json(self) -> str:
        """All of it as one line."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str) -> "Origin":
        """Read what `to_json` gave.

        Raises:
            msgspec.MsgspecError: it is something else.
        """
        return msgspec.json.decode(text, type=cls)
