"""The `[project]` table: that what the packages take from it has the type that they need (PEP 621)."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from profilec.config.model import Config
from profilec.config.places import KeyPath
from profilec.config.tables import Complaints, Table

_TEXTS = ("name", "version", "description", "requires-python")
_LISTS = ("dynamic", "keywords", "classifiers", "license-files")
_TEXTS_OR_TABLES = ("readme", "license")
_TABLES_OF_TEXTS = ("urls", "scripts", "gui-scripts")


def read_metadata(table: Table) -> Mapping[str, Any]:
    """Return the `[project]` table, and report what in it is of another type than the packages need."""
    for key in _TEXTS:
        table.text(key)
    for key in _TEXTS_OR_TABLES:
        if not isinstance(table.data.get(key), dict):
            table.text(key)
    for key in _LISTS:
        table.texts(key)
    for key in ("authors", "maintainers"):
        table.table_list(key)
    for key in _TABLES_OF_TEXTS:
        table.text_table(key)
    groups = table.table("entry-points")
    for name in groups.data:
        groups.text_table(name)
    check_requirements(table, "dependencies", table.texts("dependencies"))
    extras = table.table("optional-dependencies")
    for name in extras.data:
        check_requirements(extras, name, extras.texts(name))
    return table.data


def check_requirements(table: Table, key: str, requirements: Iterable[str]) -> None:
    """Report the texts in a list that are no requirements."""
    for index, requirement in enumerate(requirements):
        if not _is_requirement(requirement):
            hint = "write it as pip takes it (PEP 508)"
            table.complain("PC013", (key, index), f"`{requirement}` is not a requirement", hint)


def _is_requirement(text: str) -> bool:
    from packaging.requirements import InvalidRequirement, Requirement  # slow; not all projects need anything

    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


def check_files(config: Config, complaints: Complaints) -> None:
    """Report a README and a licence that are named and not there, and licences outside of the project."""
    for key, what in (("readme", "README"), ("license", "licence")):
        match config.project.get(key):
            case {"file": str(path)}:
                at: KeyPath = ("project", key, "file")
            case str(path) if key == "readme":
                at = ("project", key)
            case _:
                continue
        if not (config.root / path).is_file():
            complaints.add("PC006", at, f"the {what} `{path}` does not exist", "name a file of the project")
    patterns = config.project.get("license-files")
    for index, pattern in enumerate(patterns if isinstance(patterns, list) else ()):
        if not leads_inside(pattern) or not _is_glob(pattern):
            message = f"`{pattern}` names no files inside the project"
            hint = "write a path relative to pyproject.toml, with forward slashes"
            complaints.add("PC013", ("project", "license-files", index), message, hint)


def leads_inside(pattern: str) -> bool:
    """Whether a pattern can be one of files below the folder that it starts from."""
    path = PurePosixPath(pattern)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\\" not in pattern


def _is_glob(pattern: str) -> bool:
    """Whether `**` stands alone between slashes wherever it stands."""
    return not any("**" in part and part != "**" for part in PurePosixPath(pattern).parts)
