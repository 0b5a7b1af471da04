"""The files of a package, as they lie on disk. Bytes only: what they mean is for the rooms after it."""

import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from profilec.config import Config, at_key
from profilec.diagnostics import Finding
from profilec.tree import SourceFile

_PASSED_OVER = re.compile(r".+\.py[co]|\.#.+|\..+\.sw[a-p]|#.+#|.+~")
"""Bytecode, and what editors keep beside a file that is open in them: locks, swap files, backups."""


def read_sources(config: Config) -> tuple[Mapping[str, SourceFile], list[Finding]]:
    """Every file of the package by its path relative to the source root, in the order of the paths.

    A link to a file is read as the file. Bytecode and what editors keep is passed over.

    Returns:
        The files, and a finding for each entry that cannot be read (PC610) or is no file (PC611), and
        for each pattern of `copy` that matches none (PC015).
    """
    sources, findings = {}, []
    for path, file, is_file in sorted(_entries(config.package_folder, config.package_path)):
        try:
            path.encode()
            if is_file:
                sources[path] = SourceFile(path, file.read_bytes())
            else:
                findings.append(_no_file(config.shown(path), file))
        except UnicodeEncodeError:
            shown = path.encode("utf-8", "replace").decode()
            message = "the name of the file is not Unicode"
            encoding = sys.getfilesystemencoding()
            hint = "rename it" if encoding == "utf-8" else f"set PYTHONUTF8=1, as names are {encoding} here"
            findings.append(Finding("PC611", config.shown(shown), message=message, hint=hint))
        except OSError as error:
            message = f"the file cannot be read: {error.strerror}"
            hint = "" if isinstance(error, FileNotFoundError) else "give yourself the right to read it"
            findings.append(Finding("PC610", config.shown(path), message=message, hint=hint))
    for index in config.idle_copies(sources):
        message = f"`{config.copy[index]}` matches no file of the package"
        hint = f"write a path relative to `{config.source}` or to the package"
        finding = Finding("PC015", "pyproject.toml", message=message, hint=hint)
        findings.append(at_key(finding, config, ("tool", "profilec", "copy", index)))
    return sources, findings


def programs(config: Config, sources: Iterable[str]) -> frozenset[str]:
    """Those of some files that can be run as programs, where the file system tells."""
    folder = os.fspath(config.source_folder)
    found = set()
    for path in sources:
        with suppress(FileNotFoundError):  # it went since it was read
            if os.stat(f"{folder}/{path}").st_mode & stat.S_IXUSR:  # noqa: PTH116  # a path is slow to make
                found.add(path)
    return frozenset(found)


def beside(config: Config) -> frozenset[str]:
    """The modules and packages beside the package, which are in no tree, but for projects of their own."""
    entries = sorted(config.source_folder.iterdir())
    modules = {entry.stem for entry in entries if entry.suffix == ".py"}
    packages = {entry.name for entry in entries if _holds(entry, "__init__.py") and not is_project(entry)}
    return frozenset(modules | packages) - {config.package.partition(".")[0]}


def is_passed_over(name: str) -> bool:
    """Tell whether a file beside the modules of a package is no part of it, by its name."""
    return _PASSED_OVER.fullmatch(name) is not None


def is_project(folder: Path) -> bool:
    """Tell whether a folder is a project of its own."""
    return _holds(folder, "pyproject.toml") or _holds(folder, "setup.py")


def _holds(folder: Path, name: str) -> bool:
    """Tell whether a folder holds a file; one that is closed to us holds nothing."""
    with suppress(PermissionError):
        return (folder / name).is_file()
    return False


def _entries(folder: Path, path: str) -> Iterator[tuple[str, Path, bool]]:
    """The entries of a folder and of those in it: path, place, and whether it is or leads to a file."""
    entries: list[os.DirEntry[str]] = []
    with suppress(FileNotFoundError):  # it went since its name was read
        entries += os.scandir(folder)
    for entry in entries:
        below = f"{path}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if entry.name != "__pycache__":
                yield from _entries(Path(entry.path), below)
        elif not is_passed_over(entry.name):
            file = Path(entry.path)
            yield below, file, entry.is_file(follow_symlinks=False) or file.is_file()


def _no_file(shown: str, entry: Path) -> Finding:
    """A finding for an entry that reading would fail on, or never come to the end of."""
    if entry.is_symlink():
        message = f"the link leads to {'a folder' if entry.is_dir() else 'nothing that can be read'}"
        return Finding("PC611", shown, message=message, hint="put the file itself here")
    message = "this is no file but a pipe, a socket or a device"
    return Finding("PC611", shown, message=message, hint="move it out of the package")
