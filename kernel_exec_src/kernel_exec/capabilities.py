"""The domains of effect hints, and which bound resources satisfy a hint (Flow IR, "Diagnostics").

Stands before `preflight`; imports no other room. A hint reads `resource::<domain>::<mode>`. A host binds
resources by domain (`"kv"`, good for every mode) or by domain and mode (`"kv::read"`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["DOMAINS", "missing_hints"]

DOMAINS = frozenset({"http", "kv", "blob", "queue", "dedupe", "db", "clock", "rng"})
"""The domains that the contract knows. A hint of any other is missing, whatever is bound."""

_PREFIX = "resource::"


def missing_hints(hints: Iterable[str], resources: Mapping[str, object]) -> list[str]:
    """Return the `resource::…` hints that nothing bound satisfies, sorted, each once.

    Args:
        hints: effect hints, in any order; those of another form need nothing.
        resources: what the host bound; a resource that is None counts as not bound.
    """
    needed = {hint for hint in hints if hint.startswith(_PREFIX)}
    return sorted(hint for hint in needed if not _satisfied(hint.removeprefix(_PREFIX), resources))


def _satisfied(capability: str, resources: Mapping[str, object]) -> bool:
    domain = capability.partition("::")[0]
    return domain in DOMAINS and any(resources.get(key) is not None for key in (domain, capability))
