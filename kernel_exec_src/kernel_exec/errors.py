"""The exceptions of the kernel: what a document, a host or a run can meet that stops it.

Stands near the start of the flow of data: every room may raise these, and this room knows only
what a diagnostic is. `FlowFormatError` and `InvalidFlow` speak of the document; whatever
instantiating or running a flow raises is an `ExecutionError` (Flow IR, "Errors at run time").
Each class carries a stable `code` (or None), its fields as attributes, and `to_dict()`, the
envelope that hosts return. `__match_args__` names the fields in the order of the contract, so
`case NodeFailed(alias, cause)` matches.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from kernel_exec.diagnostics import Code, Diagnostic


class KernelError(Exception):
    """Base of every exception the kernel defines: a message, a stable code, and named fields."""

    code: Code | None = None
    """The stable code of Flow IR, or None where the contract gives none."""

    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __init__(self, message: str) -> None:
        super().__init__(message)

    def __reduce__(self) -> tuple[object, ...]:
        # An exception is rebuilt from its `args`, which hold the message alone; the fields travel as state.
        return _revive, (type(self), self.args), vars(self)

    def to_dict(self) -> dict[str, object]:
        """Return the envelope `{"error", "code"?, "details"?}`: JSON values only, `details` by field name."""
        envelope: dict[str, object] = {"error": str(self)}
        if self.code is not None:
            envelope["code"] = self.code
        details = {name: _plain(getattr(self, name)) for name in self.__match_args__}
        details = {name: value for name, value in details.items() if value is not None}
        if details:
            envelope["details"] = details
        return envelope


class FlowFormatError(KernelError, ValueError):
    """The source is not JSON or has not the shape of Flow IR. `path` is a JSON path; `$` is the whole."""

    __match_args__ = ("path",)

    def __init__(self, message: str, *, path: str = "$") -> None:
        super().__init__(message)
        self.path = path


class InvalidFlow(KernelError, ValueError):
    """Validation found errors. `diagnostics` holds every finding in stable order, warnings too."""

    __match_args__ = ("diagnostics",)

    def __init__(self, message: str, *, diagnostics: Iterable[Diagnostic]) -> None:
        super().__init__(message)
        self.diagnostics = tuple(diagnostics)


class ExecutionError(KernelError):
    """Base of everything that instantiating, running or resuming a flow raises."""

    result: object = None
    """What the run had captured before this error, where it had; else None."""


class UnknownTrigger(ExecutionError):
    """No node of this alias can be sent to: there is none, or it has inbound edges."""

    __match_args__ = ("alias",)

    def __init__(self, message: str, *, alias: str) -> None:
        super().__init__(message)
        self.alias = alias


class UnknownCapture(ExecutionError):
    """The flow has no node of the alias whose results were asked for."""

    __match_args__ = ("alias",)

    def __init__(self, message: str, *, alias: str) -> None:
        super().__init__(message)
        self.alias = alias


class Cancelled(ExecutionError):
    """The run was cancelled, closed or finished while, or before, this call waited on it."""

    __match_args__ = ("reason",)

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason


class DeadlineExceeded(ExecutionError):
    """The run did not end within its deadline. `deadline` is in seconds."""

    __match_args__ = ("deadline",)

    def __init__(self, message: str, *, deadline: float | None = None) -> None:
        super().__init__(message)
        self.deadline = deadline


class MissingOutput(ExecutionError):
    """A run drained without its capture node emitting anything. `alias` is the capture node."""

    __match_args__ = ("alias",)

    def __init__(self, message: str, *, alias: str | None = None) -> None:
        super().__init__(message)
        self.alias = alias


class NodeFailed(ExecutionError):
    """The handler of node `alias` raised `cause`, which is also the `__cause__` of this error."""

    __match_args__ = ("alias", "cause")

    def __init__(self, message: str, *, alias: str, cause: BaseException | None = None) -> None:
        super().__init__(message)
        self.alias = alias
        self.cause = cause
        self.__cause__ = cause

    def __setstate__(self, state: dict[str, Any] | None) -> None:
        super().__setstate__(state)
        self.__cause__ = self.cause


class UnregisteredNode(ExecutionError):
    """No handler is registered under the `identifier` that the node `alias` names."""

    __match_args__ = ("identifier", "alias")

    def __init__(self, message: str, *, identifier: str, alias: str | None = None) -> None:
        super().__init__(message)
        self.identifier = identifier
        self.alias = alias


class NodeMismatch(ExecutionError):
    """The flow and the registration of node `alias` contradict each other, as on whether it halts."""

    __match_args__ = ("alias", "identifier")

    def __init__(self, message: str, *, alias: str, identifier: str | None = None) -> None:
        super().__init__(message)
        self.alias = alias
        self.identifier = identifier


class MissingCapabilities(ExecutionError):
    """No bound resource satisfies these effect hints, given sorted and each once."""

    code = "CAP101"
    __match_args__ = ("hints",)

    def __init__(self, message: str, *, hints: Iterable[str]) -> None:
        super().__init__(message)
        self.hints = tuple(hints)


class MissingDurabilityServices(ExecutionError):
    """The flow needs durability `services` (resource names) that the host did not bind; `aliases` are why."""

    code = "DAG-CKPT-003"
    __match_args__ = ("services", "aliases")

    def __init__(self, message: str, *, services: Iterable[str], aliases: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.services = tuple(services)
        self.aliases = tuple(aliases)


class UnsupportedControlSurface(ExecutionError):
    """The flow uses a control surface of a reserved `kind`, which no kernel executes yet."""

    code = "CTRL901"
    __match_args__ = ("id", "kind")

    def __init__(self, message: str, *, id: str, kind: str) -> None:
        super().__init__(message)
        self.id = id
        self.kind = kind


UNREADABLE_GATES: dict[str, Code] = {"switch": "CTRL110", "if": "CTRL120"}
"""What is said of a surface of these kinds that cannot be read; of the others CTRL130."""


class InvalidControlSurface(ExecutionError):
    """A control surface that cannot be read, for the `reason` given; the code goes by `kind`."""

    code: Code
    __match_args__ = ("id", "kind", "reason")

    def __init__(self, message: str, *, id: str, kind: str, reason: str) -> None:
        super().__init__(message)
        self.code = UNREADABLE_GATES.get(kind, "CTRL130")
        self.id = id
        self.kind = kind
        self.reason = reason


class UnsupportedSpill(ExecutionError):
    """An edge (`from->to`) names a spill tier that neither this build nor a bound store can serve."""

    code = "SPILL901"
    __match_args__ = ("edge", "tier")

    def __init__(self, message: str, *, edge: str, tier: str) -> None:
        super().__init__(message)
        self.edge = edge
        self.tier = tier


class SpillFailed(ExecutionError):
    """Writing or reading back a spilled payload failed on an edge (`from->to`); nothing was lost silently."""

    __match_args__ = ("edge", "tier", "reason")

    def __init__(
        self, message: str, *, edge: str, tier: str | None = None, reason: str | None = None
    ) -> None:
        super().__init__(message)
        self.edge = edge
        self.tier = tier
        self.reason = reason


class QueueLimitExceeded(ExecutionError):
    """One payload alone is larger than all queues of a run together may hold. Sizes are in bytes."""

    __match_args__ = ("limit_bytes", "payload_bytes")

    def __init__(self, message: str, *, limit_bytes: int, payload_bytes: int) -> None:
        super().__init__(message)
        self.limit_bytes = limit_bytes
        self.payload_bytes = payload_bytes


class CheckpointError(ExecutionError):
    """Base of what resuming from a checkpoint can meet. `checkpoint_id` names the checkpoint."""

    __match_args__ = ("checkpoint_id",)

    def __init__(self, message: str, *, checkpoint_id: str) -> None:
        super().__init__(message)
        self.checkpoint_id = checkpoint_id


class CheckpointNotFound(CheckpointError):
    """The store holds no checkpoint of this id."""

    code = "DAG-CKPT-006"


class CheckpointLeaseConflict(CheckpointError):
    """Another resume holds the lease of this checkpoint."""

    code = "DAG-CKPT-007"


class CheckpointStateCorrupted(CheckpointError):
    """The record or its blob is damaged: it does not decode, or its checksum differs."""

    code = "DAG-CKPT-008"


class CheckpointIncompatibleVersion(CheckpointError):
    """The record is of a format version, or for a version of the flow, that cannot be resumed here."""

    code = "DAG-CKPT-009"


def in_words(error: BaseException) -> str:
    """Return type and message of an error that is not the kernel's, and may fail to say anything."""
    return f"{type(error).__name__}: {_message_of(error)}".removesuffix(": ")


def _message_of(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as fault:  # what a handler raised raises it: that is no interrupt of ours
        return f"its message could not be had ({type(fault).__name__})"


def _revive(cls: type[KernelError], args: tuple[object, ...]) -> KernelError:
    """Make an exception of `cls` without running its constructor; unpickling then restores the fields."""
    return cls.__new__(cls, *args)


def _plain(value: object) -> object:
    """Turn a field into JSON values: an exception into its type and message, a diagnostic into its dict."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, BaseException):
        return {"type": type(value).__name__, "message": _message_of(value)}
    if isinstance(value, Diagnostic):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value)
