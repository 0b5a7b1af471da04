"""Compile-time flags of the kernel. Read by the compiler and by editors; never part of an emitted tree."""

from profilec import flag

NATIVE = flag("native")
WASM = flag("wasm")

THREADS = flag("threads")
SPILL_FS = flag("spill-fs")
FAST_PATH = flag("fast-path")
CLI = flag("cli")
