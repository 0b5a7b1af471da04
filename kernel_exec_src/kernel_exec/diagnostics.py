"""What validation finds: one frozen `Diagnostic` per finding, and the table of its stable codes.

Stands at the start of the flow of data and imports no other room. Codes, severities and conditions are those
of Flow IR 0.1, "Diagnostics"; a code never changes its meaning.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warn"]

CODES: dict[str, str] = {
    "DAG004": "idempotency scope or ttlMs without a key",
    "DAG104": "more than one trigger, and the flow does not allow it",
    "DAG200": "the graph has a cycle",
    "DAG201": "an edge joins two different named schemas without an `into` transform",
    "DAG202": "an edge names an unknown alias",
    "DAG205": "an alias names more than one node",
    "DAG350": "a node has no summary",
    "EFFECT201": "effects are declared weaker than an effect hint needs",
    "DET302": "determinism is declared stricter than a determinism hint allows",
    "EXACT001": "an exactly_once edge leads to a node without a dedupe hint",
    "EXACT002": "an exactly_once edge leads to a node without an idempotency key",
    "EXACT003": "an exactly_once edge leads to a node whose ttlMs is missing or too short",
    "CTRL101": "an edge times out at once",
    "CTRL102": "an edge's buffer holds no item",
    "CTRL110": "a switch cannot be read",
    "CTRL111": "a switch names a target that its source has no edge to",
    "CTRL112": "a second switch on the same source",
    "CTRL120": "an if cannot be read",
    "CTRL121": "an if names a target that its source has no edge to",
    "CTRL122": "a second if on the same source",
    "CTRL130": "a reserved control surface cannot be read",
    "CTRL131": "a reserved control surface names an unknown alias",
    "CTRL132": "a reserved control surface names an edge that is not there",
    "CTRL901": "a reserved control surface was met at run time",
    "SPILL001": "a spill tier without max_items",
    "SPILL002": "a spill tier, and no node declares a blob hint",
    "SPILL003": "a spill tier that is not an identifier",
    "SPILL901": "a spill tier that this build cannot serve",
    "DAG-CKPT-001": "strong durability and a node that cannot be checkpointed",
    "DAG-CKPT-002": "a node halts and durability is off",
    "DAG-CKPT-003": "a flow that checkpoints, and no checkpoint store is bound",
    "DAG-CKPT-004": "an effectful node on the resume path without an idempotency key",
    "DAG-CKPT-006": "the checkpoint was not found",
    "DAG-CKPT-007": "the checkpoint is leased by another",
    "DAG-CKPT-008": "the checkpoint is corrupted",
    "DAG-CKPT-009": "the checkpoint is of an incompatible version",
    "CAP101": "effect hints that no bound resource satisfies",
}
"""Every stable code, with what it says in a few words."""

_WARNINGS = frozenset({"DAG350"})


class Diagnostic(msgspec.Struct, frozen=True, omit_defaults=True):
    """One finding: a stable code, a sentence, and where known the alias, edge (`from->to`) or surface id."""

    code: str
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
