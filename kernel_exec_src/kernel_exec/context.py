"""What a handler can ask about its run: whether it is still wanted, its labels, its resources, its message.

Made for every invocation that asks for it, and read by handlers. Nothing here moves a message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class CheckpointInfo(Struct, frozen=True):
    """The checkpoint a run was resumed from: its id, this resume's id, and which attempt it is, from 1."""

    id: str
    resume_id: str
    attempt: int


class RunState:
    """What all handlers of one run share. The instance owns it; handlers see it through their `NodeContext`.

    Labels are made when somebody first asks for them: most runs end before anyone does.
    """

    __slots__ = ("_labels", "_make_labels", "cancelled", "checkpoint", "resources")

    def __init__(
        self,
        make_labels: Callable[[], Mapping[str, str]],
        resources: Mapping[str, Any] = _NOTHING,
        checkpoint: CheckpointInfo | None = None,
    ) -> None:
        self.cancelled = False
        self.resources = resources
        self.checkpoint = checkpoint
        self._make_labels = make_labels
        self._labels: dict[str, Mapping[str, str]] = {}

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of the run (Flow IR, "Run metadata"), the same for its whole life."""
        if not self._labels:  # several threads may see that at once: what one of them made is kept
            self._labels.setdefault("all", MappingProxyType(dict(self._make_labels())))
        return self._labels["all"]


class NodeContext:
    """What a handler can ask about one invocation, also after that, and from any thread."""

    __slots__ = ("_message", "_run", "alias")

    def __init__(self, run: RunState, alias: str, message: str = "") -> None:
        self.alias = alias
        self._run = run
        self._message = message

    @property
    def cancelled(self) -> bool:
        """Whether the run no longer wants this result: it was cancelled, failed or ran out of time."""
        return self._run.cancelled

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of the run, `lf.run_id` among them (Flow IR, "Run metadata")."""
        return self._run.labels

    @property
    def resources(self) -> Mapping[str, Any]:
        """What the host bound, by domain (`"kv"`) or domain and mode (`"kv::read"`)."""
        return self._run.resources

    @property
    def checkpoint(self) -> CheckpointInfo | None:
        """The checkpoint that this run was resumed from, or None."""
        return self._run.checkpoint

    @property
    def idempotency_key(self) -> str:
        """A key for the effects of this invocation, the same whenever this node is given the same message.

        It names the run, the node and the message, so that no two invocations of one attempt share it.
        """
        return f"{self.labels['lf.run_id']}:{self.alias}:{self._message}"
