"""The typed configurations of control surfaces (Flow IR, "Control surfaces").

Stands after `flow_ir` and `pointers`. `if` and `switch` are executed: their configurations choose
the target of a message. All other kinds are only read here, so that validation can judge the
aliases and edges they name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from kernel_exec.errors import InvalidControlSurface
from kernel_exec.flow_ir import ControlSurfaceIR, SurfaceKind
from kernel_exec.pointers import Pointer, as_it_is

EXECUTED: frozenset[SurfaceKind] = frozenset({"if", "switch"})
METADATA_ONLY: frozenset[SurfaceKind] = frozenset({"partition"})
"""Kinds that never change what a run does. Every kind that is neither here nor executed is reserved."""

type _Positive = Annotated[float, Meta(gt=0)]
type _Count = Annotated[int, Meta(ge=0)]


class SurfaceConfig(Struct, frozen=True, kw_only=True):
    """What every configuration has: its version, and the aliases and edges that it names."""

    v: Literal[1] = 1

    def aliases(self) -> tuple[str, ...]:
        """Return the nodes that the configuration names outside of its edges."""
        return ()

    def edges(self) -> tuple[tuple[str, str], ...]:
        """Return the edges, as pairs of aliases, that must exist."""
        return ()


class IfConfig(SurfaceConfig, frozen=True, kw_only=True, rename={"else_": "else"}):
    """Two ways on: the selector gives a JSON boolean."""

    source: str
    selector_pointer: Pointer
    then: str
    else_: str

    def edges(self) -> tuple[tuple[str, str], ...]:
        """Return the edges to both targets; only the chosen one is followed."""
        return tuple((self.source, target) for target in dict.fromkeys((self.then, self.else_)))

    def choose(self, document: object, form: Callable[[object], object] = as_it_is) -> str:
        """Return the target for the payload `document`, whose levels `form` turns into JSON.

        Raises:
            PointerError: the selector does not resolve.
            TypeError: it gives something else than a boolean.
        """
        selected = self.selector_pointer.resolve(document, form)
        if not isinstance(selected, bool):
            raise _wrong_type("if", self.selector_pointer, selected, "a boolean")
        return self.then if selected else self.else_


class SwitchConfig(SurfaceConfig, frozen=True, kw_only=True):
    """Many ways on: the selector gives a JSON string, matched exactly."""

    source: str
    selector_pointer: Pointer
    cases: dict[str, str]
    default: str | None = None

    def edges(self) -> tuple[tuple[str, str], ...]:
        """Return the edges to all targets; at most one of them is followed."""
        targets = (*self.cases.values(), *(() if self.default is None else (self.default,)))
        return tuple((self.source, target) for target in dict.fromkeys(targets))

    def choose(self, document: object, form: Callable[[object], object] = as_it_is) -> str | None:
        """Return the target for the payload `document`, of JSON by `form`; None if no case matches.

        Raises:
            PointerError: the selector does not resolve.
            TypeError: it gives something else than a string.
        """
        selected = self.selector_pointer.resolve(document, form)
        if not isinstance(selected, str):
            raise _wrong_type("switch", self.selector_pointer, selected, "a string")
        return self.cases.get(selected, self.default)


Gate = IfConfig | SwitchConfig
"""A surface that chooses among the edges it names."""


class ForEachConfig(SurfaceConfig, frozen=True, kw_only=True):
    """Reserved: one message per item of an array."""

    source: str
    items_pointer: Pointer
    body_entry: str

    def edges(self) -> tuple[tuple[str, str], ...]:
        """Return the edge into the body."""
        return ((self.source, self.body_entry),)


class PartitionEdge(Struct, frozen=True, rename={"from_": "from"}):
    """The edge that a partition speaks of."""

    from_: str
    to: str


class PartitionConfig(SurfaceConfig, frozen=True, kw_only=True):
    """Metadata: how a host may partition an edge."""

    edge: PartitionEdge
    key: Annotated[str, Meta(min_length=1)]

    def edges(self) -> tuple[tuple[str, str], ...]:
        """Return the partitioned edge."""
        return ((self.edge.from_, self.edge.to),)


class RateLimitConfig(SurfaceConfig, frozen=True, kw_only=True):
    """Reserved: how often a node may run. `qps` is per second."""

    target: str
    qps: _Positive
    burst: _Positive

    def aliases(self) -> tuple[str, ...]:
        """Return the limited node."""
        return (self.target,)


class ErrorScope(Struct, frozen=True):
    """The nodes whose errors are handled."""

    nodes: tuple[str, ...]


class ErrorHandlerConfig(SurfaceConfig, frozen=True, kw_only=True):
    """Reserved: what to do when nodes fail. `backoff_ms` is in milliseconds."""

    scope: ErrorScope
    strategy: Literal["retry", "fail", "continue"]
    max_retries: _Count | None = None
    backoff_ms: _Count | None = None

    def aliases(self) -> tuple[str, ...]:
        """Return the nodes in scope."""
        return self.scope.nodes


class WindowConfig(SurfaceConfig, frozen=True, kw_only=True):
    """Reserved: groups messages by their event time. Sizes are in milliseconds."""

    event_time_pointer: Pointer
    size_ms: Annotated[int, Meta(gt=0)]
    allowed_lateness_ms: _Count
    watermark: str


_CONFIGS: dict[SurfaceKind, type[SurfaceConfig]] = {
    "if": IfConfig,
    "switch": SwitchConfig,
    "for_each": ForEachConfig,
    "partition": PartitionConfig,
    "rate_limit": RateLimitConfig,
    "error_handler": ErrorHandlerConfig,
    "window": WindowConfig,
}


def read_surface(surface: ControlSurfaceIR) -> SurfaceConfig | None:
    """Read a surface's configuration by its kind; None for kinds whose configuration is left open.

    Raises:
        InvalidControlSurface: the configuration lacks a field, or one has a wrong type or value.
    """
    model = _CONFIGS.get(surface.kind)
    if model is None:
        return None
    try:
        return msgspec.convert(surface.config, model, dec_hook=_decode)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:  # the second for half a character
        reason = str(error).replace("`$", "`config")
        message = f"control surface {surface.id!r} of kind {surface.kind}: {reason}"
        raise InvalidControlSurface(message, id=surface.id, kind=surface.kind, reason=reason) from None


def _decode(_: type, value: object) -> Pointer:
    """Decode the one field type that msgspec does not know."""
    if not isinstance(value, str):
        raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
    return Pointer.parse(value)


def _wrong_type(kind: str, pointer: Pointer, selected: object, wanted: str) -> TypeError:
    return TypeError(f"the {kind} selector {str(pointer)!r} gives {type(selected).__name__}, not {wanted}")
