"""Payloads: what travels along edges, and how it is converted, copied, encoded and measured.

Stands before the scheduler, which hands payloads on, and before `spill` and the checkpoints, which keep their
bytes. `shapes` says what a payload is; the other files each do one thing with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernel_exec.payloads.copying import copy_payload
from kernel_exec.payloads.measuring import estimate_bytes, fingerprint
from kernel_exec.payloads.shapes import ATOMS, MAX_DEPTH, PayloadError

if TYPE_CHECKING:
    from kernel_exec.payloads.codec import decode, encode
    from kernel_exec.payloads.conversion import Conversion, conversion_to, json_form

__all__ = [
    "ATOMS",
    "MAX_DEPTH",
    "Conversion",
    "PayloadError",
    "conversion_to",
    "copy_payload",
    "decode",
    "encode",
    "estimate_bytes",
    "fingerprint",
    "json_form",
]


def __getattr__(name: str) -> object:
    """Load what only some flows do with payloads, where it is first asked for (PEP 562)."""
    match name:
        case "decode" | "encode":
            from kernel_exec.payloads import codec

            return getattr(codec, name)
        case "Conversion" | "conversion_to" | "json_form":
            from kernel_exec.payloads import conversion

            return getattr(conversion, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
