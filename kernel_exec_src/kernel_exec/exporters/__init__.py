# profilec: only NATIVE
"""Sinks that carry the kernel's metrics to the monitoring systems that most hosts have.

Each is a `MetricsSink` for `FlowExecutor(metrics=...)`; none of them needs a package that the host does not
have already.
"""

from __future__ import annotations

from kernel_exec.exporters.opentelemetry import OpenTelemetrySink
from kernel_exec.exporters.prometheus import PrometheusSink

__all__ = ["OpenTelemetrySink", "PrometheusSink"]
