"""The files of a package, as they lie on disk. Bytes only: what they mean is for the rooms after it."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from profilec.config import Config
from profilec.diagnostics import Finding
from profilec.tree import SourceFile


def read_sources(config: Config) -> tuple[Mapping[str, SourceFile], list[Finding]]:
    """Every file of the package by its path relative to the source root, in the order of the paths.

    A link to a file is read as the file. Bytecode is passed over.

    Returns:
        The files, and a finding for each entry that cannot be read (PC610) or is no file (PC611).
    """
    sources, findings = {}, []
    for path, file in sorted(_entries(config.package_folder, config.package_path)):
        try:
            path.encode()
            sources[path] = SourceFile(path, file.read_bytes())
        except UnicodeEncodeError:
            shown = path.encode("utf-8", "replace").decode()
            message = "the name of the file is not Unicode"
            findings.append(Finding("PC611", config.shown(shown), message=message, hint="rename it"))
        except OSError as error:
            findings.append(_unreadable(config.shown(path), file, error))
    return sources, findings


def _entries(folder: Path, path: str) -> Iterator[tuple[str, Path]]:
    for entry in os.scandir(folder):
        below = f"{path}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if entry.name != "__pycache__":
                yield from _entries(Path(entry.path), below)
        elif not entry.name.endswith((".pyc", ".pyo")):
            yield below, Path(entry.path)


def _unreadable(shown: str, file: Path, error: OSError) -> Finding:
    if file.is_symlink():
        message = f"the link leads to {'a folder' if file.is_dir() else 'nothing that can be read'}"
        return Finding("PC611", shown, message=message, hint="put the file itself here")
    return Finding("PC610", shown, message=f"the file cannot be read: {error.strerror}")
