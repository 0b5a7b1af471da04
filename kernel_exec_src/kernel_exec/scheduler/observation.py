"""Watching a run: metrics for a sink, and the check of who changes what it has handed on.

Beside the drivers; exists only where the host asked for one of the two, and then every invocation and every
queued message passes here. A run that nobody watches never does.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from kernel_exec.errors import Cancelled, DeadlineExceeded, ExecutionError, NodeFailed
from kernel_exec.payloads import copy_payload, fingerprint
from kernel_exec.results import SKIP
from kernel_exec.runtime import clock

if TYPE_CHECKING:
    from kernel_exec.metrics import Instruments


class PayloadMutated(RuntimeError):
    """A handler changed a payload that it had handed on, and so no longer owned (kernel decision 6)."""


class Seal(NamedTuple):
    """A payload that was handed on, as it was then."""

    payload: Any
    fingerprint: int


class Observer:
    """What watches one run.

    `instruments` reports, if a sink is bound; `seals` are kept if ownership is checked.
    """

    _SEALS_PER_NODE = 8

    def __init__(self, capture: str, instruments: Instruments | None, *, check_ownership: bool) -> None:
        self.instruments = instruments
        self._capture = capture
        self._queue = f"capture::{capture}"
        self._check_ownership = check_ownership
        self._begun: dict[str, float] = {}
        """When the invocations began that have not ended, by alias."""
        self._blocked_since: float | None = None
        self._seals: dict[str, deque[Seal]] = {}

    def started(self, alias: str) -> None:
        """An invocation begins."""
        self._begun[alias] = clock()
        if self.instruments is not None:
            self.instruments.node_started(alias)

    def ended(self, alias: str) -> None:
        """An invocation has returned or raised; unless the run was stopped before, and this came of that."""
        begun = self._begun.pop(alias, None)
        if begun is not None and self.instruments is not None:
            self.instruments.node_ended(alias, _milliseconds_since(begun))

    def returned(self, alias: str, result: Any) -> Any:
        """An invocation has returned `result`; return what goes on: a copy, if ownership is checked.

        Raises:
            PayloadMutated: meanwhile the handler has changed what it had handed on before.
        """
        if not self._check_ownership or result is SKIP:
            return result
        if self._has_broken_seal(alias):
            raise _broken_seal(alias)
        return self._seal(alias, result)

    def culprit(self) -> tuple[str, PayloadMutated] | None:
        """Return the alias of a node that has changed what it had handed on, if any has, and its failure."""
        alias = next((alias for alias in self._seals if self._has_broken_seal(alias)), None)
        return None if alias is None else (alias, _broken_seal(alias))

    def queued(self, edge: str) -> None:
        """A message was accepted on `edge`."""
        if self.instruments is not None:
            self.instruments.enqueued(edge)

    def left_queue(self, edge: str) -> None:
        """A message was taken off `edge`."""
        if self.instruments is not None:
            self.instruments.dequeued(edge)

    def captured(self) -> None:
        """A result was put into the capture queue."""
        self.queued(self._queue)
        if self._blocked_since is not None and self.instruments is not None:
            self.instruments.capture_waited(self._capture, _milliseconds_since(self._blocked_since))
        self._blocked_since = None

    def taken(self) -> None:
        """A result was taken off the capture queue."""
        self.left_queue(self._queue)

    def blocked(self) -> None:
        """The capture node found its queue full."""
        if self._blocked_since is None:
            self._blocked_since = clock()

    def streamed(self) -> None:
        """The capture node has opened a stream."""
        if self.instruments is not None:
            self.instruments.stream_opened(self._capture)

    def stopped(self, error: ExecutionError | None) -> None:
        """The run is over; what still runs was interrupted or abandoned."""
        if self.instruments is None:
            return
        for alias in self._begun:
            self.instruments.node_cancelled(alias, _reason(error))
        self._begun.clear()
        if isinstance(error, NodeFailed):
            self.instruments.node_failed(error.alias, type(error.cause).__name__)
        self.instruments.close()

    def _seal(self, alias: str, result: Any) -> Any:
        """Keep the original of a result and return a copy: who else has the original is the node itself."""
        seal = fingerprint(result)
        if seal is None:
            return result  # no payload, which cannot be copied
        kept = self._seals.setdefault(alias, deque(maxlen=self._SEALS_PER_NODE))
        kept.append(Seal(result, seal))
        return copy_payload(result)

    def _has_broken_seal(self, alias: str) -> bool:
        return any(fingerprint(payload) != seal for payload, seal in self._seals.get(alias, ()))


def _broken_seal(alias: str) -> PayloadMutated:
    """Return the failure of a node that has changed what it had handed on."""
    return PayloadMutated(
        f"the handler of {alias!r} changed a payload after returning it: what is returned belongs to whoever "
        "comes next, so return a copy of what the handler keeps"
    )


def _milliseconds_since(begun: float) -> float:
    return (clock() - begun) * 1000


def _reason(error: ExecutionError | None) -> str:
    match error:
        case None:
            return "ended"
        case Cancelled(reason):
            return reason or "cancelled"
        case DeadlineExceeded():
            return "deadline"
        case _:
            return "failed"
