"""Compiles the standard library and the installed packages once, inside Pyodide.

Pyodide comes with a standard library of sources, which every start compiles anew: a start takes three times
as long as with bytecode. Only the interpreter itself writes bytecode that it can certainly read, hence
inside.

    python -m profilec.wasm precompile.py STDLIB_ZIP COMPILED_ZIP PACKAGES
"""

import importlib.util
import marshal
import py_compile
import sys
import zipfile
from pathlib import Path

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


def compile_folder(folder: Path) -> None:
    """Write the bytecode of every module below `folder` that has none, or that of another source.

    `compileall` takes bytecode for current by the time of its source, which this bytecode does not carry, and
    would compile every module again whenever one is added. A file that does not compile is passed over.
    """
    for file in folder.rglob("*.py"):
        header = _header(file.read_bytes())
        compiled = Path(importlib.util.cache_from_source(file))
        if not (compiled.is_file() and compiled.read_bytes().startswith(header)):
            py_compile.compile(
                str(file), quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
            )


def _bytecode(name: str, source: bytes) -> bytes:
    code = compile(source, f"{_LIBRARY}/{name}", "exec", dont_inherit=True)
    return _header(source) + marshal.dumps(code)


def _header(source: bytes) -> bytes:
    return importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH + importlib.util.source_hash(source)


if __name__ == "__main__":
    stdlib, target, packages = map(Path, sys.argv[1:])
    compile_folder(packages)
    if not target.exists():
        compile_zip(stdlib, target)
