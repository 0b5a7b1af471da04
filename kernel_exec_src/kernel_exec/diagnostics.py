"""What validation finds: one frozen `Diagnostic` per finding, and its stable codes.

Stands at the start of the flow of data and imports no other room. Codes, severities and conditions are those
of Flow IR 0.1, "Diagnostics"; a code never changes its meaning.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warn"]

Code = Literal[
    "DAG004",
    "DAG104",
    "DAG200",
    "DAG201",
    "DAG202",
    "DAG205",
    "DAG350",
    "EFFECT201",
    "DET302",
    "EXACT001",
    "EXACT002",
    "EXACT003",
    "CTRL101",
    "CTRL102",
    "CTRL110",
    "CTRL111",
    "CTRL112",
    "CTRL120",
    "CTRL121",
    "CTRL122",
    "CTRL130",
    "CTRL131",
    "CTRL132",
    "CTRL901",
    "SPILL001",
    "SPILL002",
    "SPILL003",
    "SPILL901",
    "DAG-CKPT-001",
    "DAG-CKPT-002",
    "DAG-CKPT-003",
    "DAG-CKPT-004",
    "DAG-CKPT-006",
    "DAG-CKPT-007",
    "DAG-CKPT-008",
    "DAG-CKPT-009",
    "CAP101",
]
"""Every stable code; docs/flow-ir.md says what each means and what to do about it."""

_WARNINGS: frozenset[Code] = frozenset({"DAG350"})


class Diagnostic(msgspec.Struct, frozen=True, omit_defaults=True):
    """One finding: a stable code, a sentence, and where known the alias, edge (`from->to`) or surface id."""

    code: Code
    message: str
    alias: str | None = None
    edge: str | None = None
    surface: str | None = None

    @property
    def severity(self) -> Severity:
        """`error` refuses the flow, `warn` does not; the code alone decides."""
        return "warn" if self.code in _WARNINGS else "error"

    def to_dict(self) -> dict[str, str]:
        """Return the finding as JSON values, without the places that are not known."""
        return {"code": self.code, "severity": self.severity, **_places(self), "message": self.message}

    def __str__(self) -> str:
        """Return one line: severity, code, place and sentence."""
        places = " ".join(f"{kind} {name!r}" for kind, name in _places(self).items())
        return f"{self.severity} {self.code}{f' at {places}' if places else ''}: {self.message}"


def _places(finding: Diagnostic) -> dict[str, str]:
    known = {"alias": finding.alias, "edge": finding.edge, "surface": finding.surface}
    return {kind: name for kind, name in known.items() if name is not None}
