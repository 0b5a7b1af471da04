"""Writes the projects that are compiled: the standard library of this interpreter, and generated packages."""

import sysconfig
from collections.abc import Iterator
from pathlib import Path

_CONFIGURATION = """
[project]
name = "big"
version = "1"

[tool.profilec]
source = "src"
package = "big"
flags = "big._profile"

[tool.profilec.features]
threads = "work on threads"

[tool.profilec.profiles.native]
features = ["threads"]

[tool.profilec.profiles.wasm]
"""
_FORBID = 'forbid = ["multiprocessing", "ssl", "os.fork"]\n'
_FLAGS = 'from profilec import flag\n\nTHREADS = flag("threads")\n'
_TAIL = """
from big._profile import THREADS


def _place() -> str:
    if THREADS:
        return "on a thread"
    return "here"
"""
_STEP = """

def step{index}(value: int) -> int:
    if value > {index}:
        return value - {number}
    return value
"""
_NOT_COPIED = {"test", "tests", "site-packages", "__pycache__", "idlelib", "lib2to3"}


def standard_library(root: Path, *, forbid: bool = False, annotate_every: int = 0) -> Path:
    """Write a project whose package is the standard library.

    Args:
        root: the folder of the project, which is made.
        forbid: whether a profile forbids something. Files that name it are left out: the build passes.
        annotate_every: an annotation is written to the end of every so manieth file; to none if 0.
    """
    library = Path(sysconfig.get_path("stdlib"))
    found = (
        file for file in library.rglob("*.py") if _NOT_COPIED.isdisjoint(file.relative_to(library).parts)
    )
    package = _project(root, _FORBID if forbid else "")
    for number, file in enumerate(sorted(found)):
        data = file.read_bytes()
        if forbid and any(word in data for word in (b"multiprocessing", b"ssl", b"fork()")):
            continue
        target = package / file.relative_to(library)
        target.parent.mkdir(parents=True, exist_ok=True)
        is_annotated = annotate_every and number % annotate_every == 0 and len(data) < 200_000
        target.write_bytes(data + _TAIL.encode() if is_annotated else data)
    return root


def generated(root: Path, files: int) -> Path:
    """Write a project of so many small modules, one in twenty of them annotated, a hundred to a folder."""
    package = _project(root, _FORBID)
    for number in range(files):
        folder = package / f"part{number // 100:04}"
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
        (folder / f"module{number}.py").write_text(_module(number), encoding="utf-8")
    return root


def annotated(root: Path) -> Iterator[Path]:
    """The files of a project that hold an annotation."""
    return (file for file in root.glob("src/**/*.py") if b"THREADS" in file.read_bytes())


def lines(root: Path) -> int:
    """The number of lines of a project's Python files."""
    return sum(file.read_bytes().count(b"\n") for file in root.glob("src/**/*.py"))


def _project(root: Path, forbid: str) -> Path:
    package = root / "src/big"
    package.mkdir(parents=True)
    (root / "pyproject.toml").write_text(_CONFIGURATION + forbid, encoding="utf-8")
    (package / "__init__.py").touch()
    (package / "_profile.py").write_text(_FLAGS, encoding="utf-8")
    return package


def _module(number: int) -> str:
    functions = "".join(_STEP.format(index=index, number=number) for index in range(8))
    return f'"""Module {number}."""\n{functions}' + (_TAIL if number % 20 == 0 else "")
