"""What the project says of itself outside `[tool.profilec]`: its version, README and licence.

Imports nothing slow, because a build that finds nothing to do has to look at these files too.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from profilec.config import Config

_VERSION = re.compile(r"^__version__\s*(?::[^=\n]+)?=\s*(?:\w+\s*=\s*)*[\"']([^\"'\n]+)[\"']", re.MULTILINE)


def distribution_name(config: Config) -> str:
    """The name that pip knows the project by: from `[project]`, else `PKG-INFO`, else the package's."""
    information = re.search(r"^Name: (\S+)", text_of(config.root / "PKG-INFO"), re.MULTILINE)
    released = information[1] if information else config.package.replace("_", "-")
    return str(config.project.get("name") or released)


def find_version(config: Config) -> str | None:
    """The version: from `[project]`, else `PKG-INFO`, else `__version__`; None where there is none."""
    if isinstance(version := config.project.get("version"), str):
        return version
    information = text_of(config.root / "PKG-INFO")
    if match := re.search(r"^Version: (\S+)", information, re.MULTILINE):
        return match[1]
    for name in ("__init__.py", "__about__.py", "_version.py", "__version__.py", "version.py", "about.py"):
        if match := _VERSION.search(text_of(config.package_folder / name)):
            return match[1]
    return None


def project_files(config: Config) -> dict[str, Path]:
    """The files of the project that every tree takes along, by their path in the tree.

    The README and the licence come to lie at the top of the tree, wherever the project keeps them.
    """
    found = {file: config.root / file for file in _named_files(config) if (config.root / file).is_file()}
    for path in (readme_of(config), licence_of(config)):
        if path and (file := found.pop(path, None)):
            found[file.name] = file
    if "license-files" not in config.project:
        patterns = ("LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*")
        beside = (file for pattern in patterns for file in config.root.glob(pattern) if file.is_file())
        found = {file.name: file for file in beside} | found
    return dict(sorted(found.items()))


def readme_of(config: Config) -> str | None:
    """The path that `[project]` gives for the README; None where it gives none."""
    match config.project.get("readme"):
        case str(path) | {"file": str(path)}:
            return path
    return None


def licence_of(config: Config) -> str | None:
    """The path that `[project]` gives for the licence; None where it gives none."""
    match config.project.get("license"):
        case {"file": str(path)}:
            return path
    return None


def _named_files(config: Config) -> Iterator[str]:
    """The paths that `[project]` gives for the README and the licence; a README is also taken by its name."""
    if "readme" not in config.project:
        yield from ("README.md", "README.rst", "README.txt")
    yield from filter(None, (readme_of(config), licence_of(config)))
    patterns = config.project.get("license-files")
    for pattern in patterns if isinstance(patterns, list) else ():
        every = f"{pattern}/*" if pattern.endswith("**") else pattern  # only folders match, before 3.13
        yield from (path.relative_to(config.root).as_posix() for path in config.root.glob(every))


def text_of(file: Path) -> str:
    """The text of a file, what is not UTF-8 replaced; nothing where there is none."""
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
