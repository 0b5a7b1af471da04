"""Compiles the standard library and the installed packages once, inside Pyodide.

Pyodide comes with a standard library of sources, which every start compiles anew: a start takes three times
as long as with bytecode. Only the interpreter itself writes bytecode that it can certainly read, hence
inside.

    python -m profilec.wasm precompile.py STDLIB_ZIP COMPILED_ZIP PACKAGES
"""

import compileall
import importlib.util
import marshal
import sys
import zipfile
from pathlib import Path
from py_compile import PycInvalidationMode

# PEP 552: a pyc that carries the hash of its source, and is trusted without looking at the source.
_UNCHECKED_HASH = (1).to_bytes(4, "little")

# Where Pyodide puts the zip: tracebacks look there for the lines of the sources, which stay in it.
_LIBRARY = next(entry for entry in sys.path if entry.endswith(".zip"))


def compile_zip(sources: Path, target: Path) -> None:
    """Write the zip `sources` to `target` with bytecode beside each module, whole or not at all."""
    unfinished = target.with_suffix(".unfinished")
    with zipfile.ZipFile(sources) as source, zipfile.ZipFile(unfinished, "w") as compiled:
        for name in source.namelist():
            data = source.read(name)
            compiled.writestr(name, data, compress_type=zipfile.ZIP_DEFLATED)
            if name.endswith(".py"):
                # Stored, not deflated: that loads faster.
                compiled.writestr(f"{name}c", _bytecode(name, data))
    unfinished.replace(target)


def _bytecode(name: str, source: bytes) -> bytes:
    code = compile(source, f"{_LIBRARY}/{name}", "exec", dont_inherit=True)
    header = importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH + importlib.util.source_hash(source)
    return header + marshal.dumps(code)


if __name__ == "__main__":
    stdlib, target, packages = map(Path, sys.argv[1:])
    compileall.compile_dir(packages, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    if not target.exists():
        compile_zip(stdlib, target)
