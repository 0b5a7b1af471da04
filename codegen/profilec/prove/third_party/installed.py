"""The files of an installed distribution, by the module that each is.

A wheel names them in its RECORD. An editable install names where the source lies instead, in a `.pth` file or
in the finder that setuptools writes, or nothing but where the project lies, and some installers write no
record at all: then the folders are read.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

if TYPE_CHECKING:
    from importlib.metadata import Distribution, PackagePath

COMPILED = (".so", ".pyd", ".pyc")
"""How files end that Python imports and that nobody can read."""

_VENDORS = frozenset({"_vendor", "_vendored", "vendor", "vendored", "third_party", "_third_party"})
"""How folders are called that hold copies of other distributions."""


class Modules(Struct, frozen=True):
    """What can be imported of distributions.

    Attributes:
        files: the file of each module that can be read.
        copies: those that a distribution has a copy of for itself alone, by the name without its folder.
        compiled: the distribution of each module that is there in compiled form alone.
        folders: where there may be more of them, because no record names those that are there.
    """

    files: dict[str, Path] = {}
    copies: dict[str, Path] = {}
    compiled: dict[str, str] = {}
    folders: set[Path] = set()

    def add(self, other: "Modules") -> None:
        """Take in those of another distribution."""
        self.files.update(other.files)
        self.copies.update(other.copies)
        self.compiled.update(other.compiled)


def modules_of(distribution: "Distribution", name: str) -> Modules:
    """What can be imported of one distribution, whose normalised name is given."""
    found, recorded = Modules(), _record(distribution)
    for path, file in _recorded(recorded or (), distribution):
        _add(found, path, file, name)
    for path, file in _unrecorded(recorded, distribution, name):
        _add(found, path, file, name)
        found.folders.add(file.parent)
    for module in found.files.keys() & found.compiled.keys():
        del found.compiled[module]
    found.copies.update(_copies(found.files))
    return found


def _copies(files: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    """The modules in folders that are put on the path: those of copies that are no packages themselves."""
    for module, file in files.items():
        parts = module.split(".")
        for place, part in enumerate(parts[:-1], 1):
            if part in _VENDORS and ".".join(parts[:place]) not in files:
                yield ".".join(parts[place:]), file


def _record(distribution: "Distribution") -> "list[PackagePath] | None":
    """The files that were installed; a list of the sources of a project says nothing of where they are."""
    is_recorded = any(distribution.read_text(name) is not None for name in ("RECORD", "installed-files.txt"))
    return distribution.files if is_recorded else None


def _add(found: Modules, path: PurePath, file: Path, name: str) -> None:
    if path.suffix == ".py" and (module := _module(path.parent, path.stem)):
        found.files[module] = file
    elif path.suffix in COMPILED and (module := compiled_name(path)):
        found.compiled[module] = name


def compiled_name(path: PurePath | str) -> str:
    """The module that a compiled file is: `fast/_core.cpython-313-darwin.so` is `fast._core`."""
    path = PurePath(path)
    return _module(path.parent, path.name.partition(".")[0]) or ""


def _module(folder: PurePath, stem: str) -> str | None:
    parts = [*folder.parts, stem] if stem != "__init__" else list(folder.parts)
    return ".".join(parts) if all(part.isidentifier() for part in parts) else None


def _recorded(
    record: "Iterable[PackagePath]", distribution: "Distribution"
) -> Iterator[tuple[PurePath, Path]]:
    """Every file of a record that may be a module, by the path that Python imports it under."""
    for file in record:
        if not (
            ".." in file.parts or "__pycache__" in file.parts or file.suffix == ".pth" or _is_finder(file)
        ):
            yield PurePath(file), Path(str(distribution.locate_file(file)))


def _unrecorded(
    record: "Iterable[PackagePath] | None", distribution: "Distribution", name: str
) -> Iterator[tuple[PurePath, Path]]:
    """Every file that may be a module and lies where a record points to, or where there is no record."""
    if record is None:
        yield from _in_folder(Path(str(distribution.locate_file(""))), distribution, name)
    if (source := _editable_source(distribution)) is not None:
        yield from _in_folder(source / "src" if (source / "src").is_dir() else source, distribution, name)
    for file in record or ():
        place = Path(str(distribution.locate_file(file)))
        if file.suffix == ".pth":
            for folder in _paths_in(place):
                yield from _in_folder(folder, distribution, name)
        elif _is_finder(file):
            for module, found in _mapping(place).items():
                yield from _at(PurePath(*module.split(".")), Path(found))


def _editable_source(distribution: "Distribution") -> Path | None:
    """The project of an editable install, which PEP 610 has installers note."""
    try:
        noted = json.loads(distribution.read_text("direct_url.json") or "{}")
        is_editable, url = noted["dir_info"]["editable"], urlsplit(noted["url"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not is_editable or url.scheme != "file":
        return None
    from urllib.request import url2pathname  # slow to import, and almost never needed

    return Path(url2pathname(url.path))


def _is_finder(file: PurePath) -> bool:
    return file.name.startswith("__editable__") and file.suffix == ".py"


def _paths_in(file: Path) -> Iterator[Path]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        if line.strip() and not line.startswith(("#", "import ", "import\t")):
            yield file.parent / line.strip()


def _mapping(finder: Path) -> dict[str, str]:
    """The folder of each package in the finder that setuptools writes for an editable install."""
    try:
        body = ast.parse(finder.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return {}
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id="MAPPING")], value=ast.Dict() as table) | ast.AnnAssign(
                target=ast.Name(id="MAPPING"), value=ast.Dict() as table
            ):
                return {str(key): str(value) for key, value in ast.literal_eval(table).items()}
    return {}


def _in_folder(folder: Path, distribution: "Distribution", name: str) -> Iterator[tuple[PurePath, Path]]:
    """The modules of a distribution in a folder: those that it names, else one of its own name, else all."""
    listed = (distribution.read_text("top_level.txt") or "").split() or [re.sub(r"[-.]", "_", name)]
    found = [pair for module in listed for pair in _at(PurePath(module), folder / module)]
    if not found and folder.is_dir():
        names = {entry.name.partition(".")[0] for entry in folder.iterdir()}
        modules = sorted(module for module in names if module.isidentifier())
        found = [pair for module in modules for pair in _at(PurePath(module), folder / module)]
    yield from found


def _at(module: PurePath, place: Path) -> Iterator[tuple[PurePath, Path]]:
    """The files of a module or package, given by where it would lie without a suffix."""
    if place.is_dir():
        for file in sorted(place.rglob("*")):
            if "__pycache__" not in file.parts and file.is_file():
                yield module / file.relative_to(place), file
    elif place.parent.is_dir():
        for file in sorted(place.parent.glob(f"{place.name}.*")):
            yield module.parent / file.name, file
