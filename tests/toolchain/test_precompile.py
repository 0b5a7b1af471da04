"""The bytecode of what is importable inside WebAssembly: written once, and anew for another source."""

import os
import subprocess
import sys
from pathlib import Path

from profilec.wasm.precompile import compile_folder

CODE = "import changed, package.same; print(changed.NAME, package.same.NAME)"


def put(folder: Path, name: str, text: str) -> None:
    """Write a module of a fixed time, as wheels carry it, so that its content alone tells it from another."""
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    os.utime(file, (0, 0))


def test_only_what_was_replaced_is_compiled_again(tmp_path: Path) -> None:
    put(tmp_path, "changed.py", "NAME = 'one'\n")
    put(tmp_path, "package/same.py", "NAME = 'same'\n")
    put(tmp_path, "package/broken.py", "print 'of another Python'\n")
    compile_folder(tmp_path)
    [compiled] = tmp_path.glob("package/__pycache__/*.pyc")
    before = compiled.stat()

    put(tmp_path, "changed.py", "NAME = 'two'\n")
    compile_folder(tmp_path)

    assert (compiled.stat().st_ino, compiled.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert subprocess.check_output([sys.executable, "-c", CODE], cwd=tmp_path, text=True) == "two same\n"
