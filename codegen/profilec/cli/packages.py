"""The packages of a project that has no configuration yet: where they lie, and what they are called."""

import keyword
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from pathlib import Path
from posixpath import commonpath

from msgspec import Struct

from profilec.sources import is_project

_SOURCES = ("src", "lib", "python", ".")
_BESIDE = frozenset({
    "test", "tests", "testing", "doc", "docs", "documentation", "example", "examples", "script", "scripts",
    "tool", "tools", "bench", "benchmark", "benchmarks", "build", "dist", "site", "node_modules", "venv",
    "env", *_SOURCES,
})  # fmt: skip
"""Folders that lie beside a package and are none, at the top of a project."""

_TESTS = re.compile(r"t|test_.*|.*_tests?")
"""What packages of tests are called that lie beside the one that they test."""

_DEEPEST = 4
"""How deep in each other the folders of a namespace package are looked for: `init` may run anywhere."""

_NO_MODULES = frozenset(
    ["setup", "conftest", "noxfile", "tasks", "fabfile", "versioneer", "dodo", "hatch_build"]
)


class Found(Struct, frozen=True):
    """A package: its dotted name, and the source root relative to the project."""

    package: str
    source: str


def find_packages(root: Path) -> list[Found]:
    """The packages of a project, in `src` or the like, else in the folder itself.

    A folder with an `__init__.py` is one. Where there is none, and no module by itself either, namespace
    packages are looked for (PEP 420): packages in folders that hold no modules, or a folder of modules.
    """
    for kind in (_regular,) if find_modules(root) else (_regular, _namespaces):
        for source in _SOURCES:
            folder = root / source
            if found := [Found(name, source) for entry in _folders(folder) for name in kind(entry)]:
                return [one for one in found if not _TESTS.fullmatch(one.package)] or found
    return []


def namespace_of(packages: Sequence[Found]) -> Found | None:
    """The namespace that holds all of several packages, which are one project's as they lie together."""
    shared = commonpath([one.package.replace(".", "/") for one in packages] or [""]).replace("/", ".")
    return Found(shared, packages[0].source) if len(packages) > 1 and shared else None


def find_projects(root: Path) -> list[Path]:
    """The projects of their own in the folders of a project, relative to it, as in a workspace."""
    folders = [*_plain_folders(root)]
    below = [inner for folder in folders for inner in (folder, *_plain_folders(folder)) if is_project(inner)]
    return [folder.relative_to(root) for folder in below]


def find_project_around(root: Path) -> Path | None:
    """The project whose source a folder is a part of, if it is none itself."""
    around = next((folder for folder in root.parents if is_project(folder)), None)
    if around is None or is_project(root):
        return None
    packages = (around.joinpath(one.source, *one.package.split(".")) for one in find_packages(around))
    return around if any(map(_in_each_other, packages, repeat(root))) else None


def _in_each_other(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def likeliest(names: Iterable[str], project: str) -> str:
    """The name that a project of some name is about: the one that is the same, else the first public one."""
    wanted = re.sub(r"[-_.]+", "_", project).lower()
    return min(names, key=lambda name: (name.replace(".", "_").lower() != wanted, name.startswith("_")))


def find_modules(root: Path) -> list[Path]:
    """The modules outside of packages, relative to the project, without tests and scripts of tools."""
    found = (file for source in _SOURCES for file in sorted((root / source).glob("*.py")))
    return [
        file.relative_to(root)
        for file in found
        if file.stem.isidentifier() and file.stem not in _NO_MODULES and not file.stem.startswith("test_")
    ]


def find_stubs(root: Path) -> list[Path]:
    """The folders of a project that hold stub files (PEP 561), relative to it."""
    folders = (folder for source in _SOURCES for folder in _plain_folders(root / source))
    return [folder.relative_to(root) for folder in folders if any(folder.glob("*.pyi"))]


def _plain_folders(folder: Path) -> Iterator[Path]:
    entries = sorted(folder.iterdir()) if folder.is_dir() else ()
    yield from (one for one in entries if _is_folder(one) and one.name not in _BESIDE and one.name[0] != ".")


def _folders(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = entry.name
        named = name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")
        if named and _is_folder(entry) and name.lower() not in _BESIDE and not is_project(entry):
            yield entry


def _is_folder(entry: Path) -> bool:
    """Tell whether something is a folder that lies here, and no link to one elsewhere."""
    return entry.is_dir() and not entry.is_symlink()


def _regular(folder: Path) -> Iterator[str]:
    if (folder / "__init__.py").is_file():
        yield folder.name


def _namespaces(folder: Path, depth: int = _DEEPEST) -> Iterator[str]:
    if any(folder.glob("*.py")):
        yield folder.name
    elif depth > 1:
        for entry in _folders(folder):
            regular = (entry / "__init__.py").is_file()
            inner = _regular(entry) if regular else _namespaces(entry, depth - 1)
            yield from (f"{folder.name}.{name}" for name in inner)
