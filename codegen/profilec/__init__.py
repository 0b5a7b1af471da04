"""A profile compiler for Python: one annotated tree in, one specialised package per profile out.

The markers are what an annotated tree imports; they load nothing beyond the standard library. The compiler
itself is loaded when `compile_source` or `active` is first asked for.
"""

from typing import TYPE_CHECKING, Any

from profilec.markers import MarkerError, NotInProfileError, choose, flag, only, stub

if TYPE_CHECKING:
    from profilec.library import CompileError, active, compile_source

__all__ = [
    "CompileError",
    "MarkerError",
    "NotInProfileError",
    "active",
    "choose",
    "compile_source",
    "flag",
    "only",
    "stub",
]


def __getattr__(name: str) -> Any:
    if name in ("CompileError", "active", "compile_source"):
        from profilec import library

        return getattr(library, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
