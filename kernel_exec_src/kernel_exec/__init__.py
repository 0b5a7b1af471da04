"""Executes validated Flow IR graphs in one process.

These are its public names: `load_flow` and `validate` are the way in, `FlowExecutor` runs what they give.
What a flow needs to run is loaded with the package, anything else where it is first asked for.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from kernel_exec.context import NodeContext
from kernel_exec.diagnostics import Diagnostic
from kernel_exec.errors import (
    Cancelled,
    CheckpointError,
    CheckpointIncompatibleVersion,
    CheckpointLeaseConflict,
    CheckpointNotFound,
    CheckpointStateCorrupted,
    DeadlineExceeded,
    ExecutionError,
    FlowFormatError,
    InvalidControlSurface,
    InvalidFlow,
    KernelError,
    MissingCapabilities,
    MissingDurabilityServices,
    MissingOutput,
    NodeFailed,
    NodeMismatch,
    QueueLimitExceeded,
    SpillFailed,
    UnknownCapture,
    UnknownTrigger,
    UnregisteredNode,
    UnsupportedControlSurface,
    UnsupportedSpill,
)
from kernel_exec.executor import FlowExecutor
from kernel_exec.flow_ir import FlowIR, dump_flow
from kernel_exec.instance import FlowInstance
from kernel_exec.loading import load_flow
from kernel_exec.payloads import PayloadError
from kernel_exec.preflight import preflight
from kernel_exec.registry import NodeRegistry
from kernel_exec.results import SKIP, Halted, Result, Skip, Stream, Value
from kernel_exec.validation import ValidatedFlow, diagnose, validate

if TYPE_CHECKING:
    from kernel_exec.builder import FlowBuilder
    from kernel_exec.graphs import to_dot, to_mermaid
    from kernel_exec.metrics import MetricsSink
    from kernel_exec.scheduler.observation import PayloadMutated
    from kernel_exec.spill import SpillStore

__all__ = [
    "SKIP",
    "Cancelled",
    "CheckpointError",
    "CheckpointIncompatibleVersion",
    "CheckpointLeaseConflict",
    "CheckpointNotFound",
    "CheckpointStateCorrupted",
    "DeadlineExceeded",
    "Diagnostic",
    "ExecutionError",
    "FlowBuilder",
    "FlowExecutor",
    "FlowFormatError",
    "FlowIR",
    "FlowInstance",
    "Halted",
    "InvalidControlSurface",
    "InvalidFlow",
    "KernelError",
    "MetricsSink",
    "MissingCapabilities",
    "MissingDurabilityServices",
    "MissingOutput",
    "NodeContext",
    "NodeFailed",
    "NodeMismatch",
    "NodeRegistry",
    "PayloadError",
    "PayloadMutated",
    "QueueLimitExceeded",
    "Result",
    "Skip",
    "SpillFailed",
    "SpillStore",
    "Stream",
    "UnknownCapture",
    "UnknownTrigger",
    "UnregisteredNode",
    "UnsupportedControlSurface",
    "UnsupportedSpill",
    "ValidatedFlow",
    "Value",
    "diagnose",
    "dump_flow",
    "load_flow",
    "preflight",
    "to_dot",
    "to_mermaid",
    "validate",
]

# Quiet by default: whoever wants the log adds a handler of their own.
logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> object:
    """Load a public name that not every program needs, where it is first asked for (PEP 562)."""
    match name:
        case "FlowBuilder":
            from kernel_exec import builder

            return builder.FlowBuilder
        case "MetricsSink":
            from kernel_exec import metrics

            return metrics.MetricsSink
        case "PayloadMutated":
            from kernel_exec.scheduler import observation

            return observation.PayloadMutated
        case "SpillStore":
            from kernel_exec import spill

            return spill.SpillStore
        case "to_dot" | "to_mermaid":
            from kernel_exec import graphs

            return getattr(graphs, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
