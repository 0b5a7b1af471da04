# profilec: only NATIVE
"""A sink that adds metrics up and writes them in the text format that Prometheus scrapes (version 0.0.4).

One of the `exporters`. It opens no port: the host answers its own `/metrics` with `render()`.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""What to answer as the content type."""

BUCKETS: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)
"""The upper bounds of the histograms' buckets, in milliseconds."""

type Series = tuple[tuple[str, str], ...]
"""The labels that tell one series of a metric from the others, sorted by name."""


class _Histogram:
    """How many values fell into each bucket, and what they add up to."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(BUCKETS, value)] += 1
        self.total += value


class PrometheusSink:
    """A `MetricsSink` that holds every series. `render` may be called on any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: dict[str, dict[Series, float]] = {}
        self._gauges: dict[str, dict[Series, float]] = {}
        self._histograms: dict[str, dict[Series, _Histogram]] = {}

    def counter(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        """Add `value` to a counter."""
        with self._lock:
            series = self._counters.setdefault(name, {})
            key = _series(labels)
            series[key] = series.get(key, 0) + value

    def gauge(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        """Set a gauge to `value`."""
        with self._lock:
            self._gauges.setdefault(name, {})[_series(labels)] = value

    def histogram(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        """Record `value`, in milliseconds."""
        with self._lock:
            self._histograms.setdefault(name, {}).setdefault(_series(labels), _Histogram()).add(value)

    def render(self) -> str:
        """Return everything that was reported, metric by metric; dots in names have become underscores."""
        with self._lock:
            lines = [
                *_plain_lines("counter", self._counters),
                *_plain_lines("gauge", self._gauges),
                *_histogram_lines(self._histograms),
            ]
        return "".join(f"{line}\n" for line in lines)


def _series(labels: Mapping[str, str]) -> Series:
    return tuple(sorted(labels.items()))


def _plain_lines(kind: str, metrics: Mapping[str, Mapping[Series, float]]) -> Iterator[str]:
    for name, values in sorted(metrics.items()):
        metric = _metric(name)
        yield f"# TYPE {metric} {kind}"
        for series, value in sorted(values.items()):
            yield f"{metric}{_labels(series)} {_number(value)}"


def _histogram_lines(metrics: Mapping[str, Mapping[Series, _Histogram]]) -> Iterator[str]:
    for name, values in sorted(metrics.items()):
        metric = _metric(name)
        yield f"# TYPE {metric} histogram"
        for series, histogram in sorted(values.items(), key=lambda item: item[0]):
            below = 0
            for bound, count in zip((*BUCKETS, float("inf")), histogram.counts, strict=True):
                below += count
                yield f"{metric}_bucket{_labels((*series, ('le', _number(bound))))} {below}"
            yield f"{metric}_sum{_labels(series)} {_number(histogram.total)}"
            yield f"{metric}_count{_labels(series)} {below}"


def _metric(name: str) -> str:
    return name.replace(".", "_")


def _labels(series: Series) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in series) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    if math.isfinite(value):
        return str(int(value)) if value == int(value) else repr(value)
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
