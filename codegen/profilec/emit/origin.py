"""How a tree came about: what a later build has to know to leave it alone, and to say again what was said."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from profilec.diagnostics import Finding
from profilec.seen import State


@dataclass(frozen=True)
class Origin:
    """What a tree was made from.

    Attributes:
        inputs: the hash of the sources, the configuration and the compiler.
        seen: what was read of other packages, by path.
        warnings: what was found, and did not refuse the build.
    """

    inputs: str
    seen: Mapping[str, State] = field(default_factory=dict)
    warnings: tuple[Finding, ...] = ()

    def to_json(self) -> str:
        """All of it as one line."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Origin":
        """Read what `to_json` gave.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: it is something else.
        """
        read = json.loads(text)
        seen = {path: tuple(state) if state else None for path, state in read["seen"].items()}
        return cls(read["inputs"], seen, tuple(map(_finding, read["warnings"])))


def _finding(read: dict[str, object]) -> Finding:
    lists = {name: tuple(value) for name, value in read.items() if isinstance(value, list)}
    return Finding(**(read | lists))  # type: ignore[arg-type]  # as `asdict` wrote them
