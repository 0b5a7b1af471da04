# profilec: only NATIVE
"""A sink that hands metrics to an OpenTelemetry meter.

One of the `exporters`. It speaks to the meter that the host gives it and imports nothing itself, so the
kernel depends on no version of OpenTelemetry.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol


class OpenTelemetryMeter(Protocol):
    """The part of `opentelemetry.metrics.Meter` (API 1.23 or newer) that is used here."""

    def create_counter(self, name: str, unit: str = "") -> Any:
        """Return an instrument with `add(value, attributes)`."""
        ...

    def create_gauge(self, name: str, unit: str = "") -> Any:
        """Return an instrument with `set(value, attributes)`."""
        ...

    def create_histogram(self, name: str, unit: str = "") -> Any:
        """Return an instrument with `record(value, attributes)`."""
        ...


class OpenTelemetrySink:
    """A `MetricsSink` over a meter: `OpenTelemetrySink(opentelemetry.metrics.get_meter("kernel_exec"))`."""

    def __init__(self, meter: OpenTelemetryMeter) -> None:
        self._meter = meter
        self._lock = threading.Lock()
        self._instruments: dict[str, Any] = {}

    def counter(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        """Add `value` to a counter."""
        self._instrument(name, self._meter.create_counter).add(value, dict(labels))

    def gauge(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        """Set a gauge to `value`."""
        self._instrument(name, self._meter.create_gauge).set(value, dict(labels))

    def histogram(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        """Record `value`, in milliseconds."""
        self._instrument(name, self._meter.create_histogram, "ms").record(value, dict(labels))

    def _instrument(self, name: str, create: Callable[..., Any], unit: str = "") -> Any:
        """Return the instrument of this name; each is made once, whoever reports first."""
        with self._lock:
            known = self._instruments.get(name)
            if known is None:
                known = self._instruments[name] = create(name, unit=unit)
            return known
