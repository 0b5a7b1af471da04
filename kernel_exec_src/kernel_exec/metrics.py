"""The instruments of the contract (Flow IR, "Metrics"): exact names, exact labels, exact levels.

Beside the scheduler, which calls an `Instruments` per run if a sink is bound and nothing at all if none is.
Gauges are absolute, while runs of one flow overlap: an executor's `Meter` holds the levels of all its runs
together, and each run takes back, when it ends, whatever it still contributes.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from kernel_exec._profile import THREADS

_log = logging.getLogger(__name__)

ACTIVE_NODES: Final = "lattice.executor.active_nodes"
NODE_LATENCY_MS: Final = "lattice.executor.node_latency_ms"
NODE_ERRORS_TOTAL: Final = "lattice.executor.node_errors_total"
CANCELLATIONS_TOTAL: Final = "lattice.executor.cancellations_total"
QUEUE_DEPTH: Final = "lattice.executor.queue_depth"
CAPTURE_BACKPRESSURE_MS: Final = "lattice.executor.capture_backpressure_ms"
STREAM_CLIENTS_TOTAL: Final = "lattice.executor.stream_clients_total"

_TOLD_APART_BY: Final = {ACTIVE_NODES: "node", QUEUE_DEPTH: "edge"}
"""The label by which the levels of a gauge differ within a flow."""

type Labels = Mapping[str, str]
type Level = tuple[str, str]
"""A gauge, and the node or the edge that it is about."""


class MetricsSink(Protocol):
    """What a host binds to receive metrics, on the thread of the loop. `labels` are read-only."""

    def counter(self, name: str, value: float, labels: Labels) -> None:
        """Add `value` to a counter."""
        ...

    def gauge(self, name: str, value: float, labels: Labels) -> None:
        """Set a gauge to `value`."""
        ...

    def histogram(self, name: str, value: float, labels: Labels) -> None:
        """Record `value` in a histogram; times are in milliseconds."""
        ...


class Meter:
    """All that one executor reports to one sink. A sink that raises costs the report, never the run."""

    def __init__(self, sink: MetricsSink) -> None:
        self._sink = sink
        self._levels: Counter[tuple[str, str, Level]] = Counter()
        if THREADS:
            self.lock = threading.RLock()

    def for_run(self, flow: str, profile: str) -> Instruments:
        """Return the instruments of one run.

        Args:
            flow: the flow's name.
            profile: the flow's profile, `web` for one.
        """
        return Instruments(self, flow, profile)

    def shift(self, flow: str, profile: str, level: Level, by: int, labels: Labels) -> None:
        """Move a gauge and report where it stands."""
        key = (flow, profile, level)
        self._levels[key] += by
        self.report("gauge", level[0], self._levels[key], labels)

    def report(self, kind: str, name: str, value: float, labels: Labels) -> None:
        """Hand something to the sink: to its method of the name `kind`."""
        try:
            getattr(self._sink, kind)(name, value, labels)
        except (Exception, asyncio.CancelledError):
            _log.exception("the metrics sink failed on %s", name)


class Instruments:
    """What the scheduler of one run reports. Every method is for the thread of the loop."""

    def __init__(self, meter: Meter, flow: str, profile: str) -> None:
        self._meter = meter
        self._flow = flow
        self._flow_profile = profile
        self._labels: dict[tuple[tuple[str, str], ...], Labels] = {}
        self._contributed: Counter[Level] = Counter()
        self._closed = False

    def node_started(self, node: str) -> None:
        """An invocation of the node `node`, an alias, begins."""
        self._shift(ACTIVE_NODES, node, 1)

    def node_ended(self, node: str, milliseconds: float) -> None:
        """That invocation has returned or raised."""
        self._shift(ACTIVE_NODES, node, -1)
        self._report("histogram", NODE_LATENCY_MS, milliseconds, node=node)

    def node_failed(self, node: str, kind: str) -> None:
        """The run has failed at `node`, because of an exception of the type `kind`."""
        self._report("counter", NODE_ERRORS_TOTAL, 1, node=node, error_kind=kind)

    def node_cancelled(self, node: str, reason: str) -> None:
        """The running invocation of `node` was interrupted or abandoned, because of `reason`."""
        self._shift(ACTIVE_NODES, node, -1)
        self._report("counter", CANCELLATIONS_TOTAL, 1, node=node, reason=reason)

    def enqueued(self, edge: str) -> None:
        """A message was accepted on `edge` (`from->to`, `capture::alias`), even if it did not stay there."""
        self._shift(QUEUE_DEPTH, edge, 1)

    def dequeued(self, edge: str) -> None:
        """A message left `edge`."""
        self._shift(QUEUE_DEPTH, edge, -1)

    def capture_waited(self, capture: str, milliseconds: float) -> None:
        """A result waited that long for room in the queue of the capture node `capture`."""
        self._report("histogram", CAPTURE_BACKPRESSURE_MS, milliseconds, capture=capture)

    def stream_opened(self, node: str) -> None:
        """A host received a stream of `node`."""
        self._report("counter", STREAM_CLIENTS_TOTAL, 1, node=node)

    def close(self) -> None:
        """Take back what this run still contributes to the gauges; whoever it left behind is not heard."""
        for (gauge, name), count in list(self._contributed.items()):
            if count:
                self._shift(gauge, name, -count)
        self._closed = True

    def _report(self, kind: str, name: str, value: float, **labels: str) -> None:
        self._meter.report(kind, name, value, self._labelled(**labels))

    def _shift(self, gauge: str, name: str, by: int) -> None:
        if self._closed:
            return
        level = (gauge, name)
        self._contributed[level] += by
        labels = self._labelled(**{_TOLD_APART_BY[gauge]: name})
        if THREADS:
            with self._meter.lock:  # where loops of several threads report, the last report tells the level
                self._meter.shift(self._flow, self._flow_profile, level, by, labels)
        else:
            self._meter.shift(self._flow, self._flow_profile, level, by, labels)

    def _labelled(self, **labels: str) -> Labels:
        """Return the labels of the flow and these, the same read-only mapping every time."""
        key = tuple(labels.items())
        known = self._labels.get(key)
        if known is None:
            everything = {"flow": self._flow, "profile": self._flow_profile, **labels}
            known = self._labels[key] = MappingProxyType(everything)
        return known
