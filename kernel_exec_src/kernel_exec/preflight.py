"""Refuses, before anything runs, a plan that this host or this build cannot serve.

Stands after `validation` and before `program`: plan and bindings in, nothing or one refusal out.
The order is fixed: capabilities, durability services, control surfaces, spill tiers, and each of
them in the order of the document.

An effect hint reads `resource::<domain>::<mode>` (Flow IR, "Diagnostics"). A host binds resources by domain
(`"kv"`, good for every mode) or by domain and mode (`"kv::read"`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kernel_exec._profile import SPILL_FS
from kernel_exec.errors import (
    MissingCapabilities,
    MissingDurabilityServices,
    UnsupportedControlSurface,
    UnsupportedSpill,
)
from kernel_exec.flow_ir import FlowIR
from kernel_exec.validation import ValidatedFlow
from profilec import stub

CHECKPOINTS = "checkpoints"
"""The resource that durability binds its `CheckpointStore` under."""

_DOMAINS = frozenset({"http", "kv", "blob", "queue", "dedupe", "db", "clock", "rng"})
"""The domains that the contract knows. A hint of any other is missing, whatever is bound."""

_PREFIX = "resource::"


def preflight(
    plan: ValidatedFlow, resources: Mapping[str, object] = {}, spill_stores: Mapping[str, object] = {}
) -> None:
    """Check that everything `plan` needs is bound and built in.

    Args:
        plan: what `validate` gave.
        resources: what the host binds, by domain (`"kv"`), domain and mode (`"kv::read"`), or
            `"checkpoints"`.
        spill_stores: the `SpillStore` that serves a spill tier, by tier.

    Raises:
        MissingCapabilities: no resource satisfies an effect hint (CAP101).
        MissingDurabilityServices: the flow checkpoints, and no checkpoint store is bound (DAG-CKPT-003).
        UnsupportedControlSurface: the flow uses a reserved control surface (CTRL901).
        UnsupportedSpill: neither a store nor this build serves a spill tier (SPILL901).
        TypeError: `plan` is something else.
    """
    if not isinstance(plan, ValidatedFlow):
        raise TypeError(f"a plan is what validate() gives, not {type(plan).__name__}")
    _check_capabilities(plan, resources)
    _check_durability(plan, resources)
    _check_surfaces(plan)
    _check_spill(plan, spill_stores)


def _check_capabilities(plan: ValidatedFlow, resources: Mapping[str, object]) -> None:
    missing = _missing_hints((hint for node in plan.flow.nodes for hint in node.effect_hints), resources)
    if missing:
        message = (
            f"flow {plan.flow.name!r} needs what is not bound: {', '.join(missing)}; "
            "bind each domain in `resources`"
        )
        raise MissingCapabilities(message, hints=missing)


def _missing_hints(hints: Iterable[str], resources: Mapping[str, object]) -> list[str]:
    """Return the `resource::…` hints that nothing bound satisfies, sorted, each once.

    Args:
        hints: effect hints, in any order; those of another form need nothing.
        resources: what the host bound; a resource that is None counts as not bound.
    """
    needed = {hint for hint in hints if hint.startswith(_PREFIX)}
    return sorted(hint for hint in needed if not _satisfied(hint.removeprefix(_PREFIX), resources))


def _satisfied(capability: str, resources: Mapping[str, object]) -> bool:
    domain = capability.partition("::")[0]
    return domain in _DOMAINS and any(resources.get(key) is not None for key in (domain, capability))


def keeps_checkpoints(flow: FlowIR) -> bool:
    """Tell whether runs of a valid `flow` write checkpoints: one of its nodes halts, or it is strong."""
    return flow.policies.durability.mode == "strong" or any(node.durability.halts for node in flow.nodes)


def _check_durability(plan: ValidatedFlow, resources: Mapping[str, object]) -> None:
    if resources.get(CHECKPOINTS) is not None:
        return
    if keeps_checkpoints(plan.flow):
        halting = [node.alias for node in plan.flow.nodes if node.durability.halts]
        because = f"node {halting[0]!r} halts" if halting else "its durability is strong"
        message = (
            f"flow {plan.flow.name!r} needs a checkpoint store, since {because}: "
            f"bind {CHECKPOINTS!r} in `resources`"
        )
        raise MissingDurabilityServices(message, services=(CHECKPOINTS,), aliases=halting)


def _check_surfaces(plan: ValidatedFlow) -> None:
    if not plan.flow.control_surfaces:
        return
    from kernel_exec.surfaces import EXECUTED, METADATA_ONLY  # most flows have none, and pay for none

    for surface in plan.flow.control_surfaces:
        if surface.kind not in EXECUTED and surface.kind not in METADATA_ONLY:
            message = f"control surface {surface.id!r}: the kind {surface.kind} is reserved, not executed"
            raise UnsupportedControlSurface(message, id=surface.id, kind=surface.kind)


def _check_spill(plan: ValidatedFlow, spill_stores: Mapping[str, object]) -> None:
    for edge in plan.flow.edges:
        tier = edge.buffer.spill_tier
        if tier is not None and spill_stores.get(tier) is None:
            _check_local_spill(edge.label, tier)


@stub(
    unless=SPILL_FS,
    error=UnsupportedSpill,
    code="SPILL901",
    message="edge {edge} spills to the tier {tier!r}, which no local files serve here: bind a store for it",
)
def _check_local_spill(edge: str, tier: str) -> None:
    """Check that a tier without a store can be served by local files.

    Raises:
        UnsupportedSpill: it cannot.
    """
    import tempfile  # only a flow that spills pays for it

    try:
        tempfile.gettempdir()
    except FileNotFoundError as error:
        message = (
            f"edge {edge} spills to the tier {tier!r}, and there is no folder for temporary files: {error}"
        )
        raise UnsupportedSpill(message, edge=edge, tier=tier) from error
