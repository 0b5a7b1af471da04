"""Everything of a package's folder that is not the package: `pyproject.toml`, README, licence, build hook.

All wheels of one version carry the same metadata, as indexes demand: each names the dependencies of every
profile, each with that profile's marker. Only entry points differ.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from profilec.answers import Answers
from profilec.config import Config, Profile
from profilec.emit.project_files import (
    distribution_name,
    find_version,
    licence_of,
    project_files,
    readme_of,
)
from profilec.emit.templating import render, toml_key

_COPIED_AS_THEY_ARE = (
    "description",
    "requires-python",
    "license",
    "authors",
    "maintainers",
    "keywords",
    "classifiers",
    "urls",
    "optional-dependencies",
    "gui-scripts",
    "entry-points",
)

_ANY_PYTHON = ">=3"
"""What a package requires whose project does not say: hatchling would tag its wheel for Python 2 as well."""


def render_metadata(
    config: Config, profile: Profile, answers: Answers, *, importable: tuple[str, ...] = ()
) -> dict[str, bytes]:
    """The files beside the package of one profile, by path.

    Args:
        config: the project.
        profile: one of its profiles.
        answers: what is known of single files.
        importable: the folders that an editable installation puts on the path, in the package's stead.
    """
    files = {path: file.read_bytes() for path, file in project_files(config).items()}
    fields: dict[str, Any] = {"name": distribution_name(config), "version": find_version(config) or "0.0.0"}
    if not any(path.lower().startswith("readme") for path in files) and readme_of(config) is None:
        description = config.project.get("description", "")
        files["README.md"] = render(
            answers, "README.md.j2", name=fields["name"], description=description
        ).encode()
    fields |= {"readme": _readme(config, files), "requires-python": _ANY_PYTHON}
    fields |= {key: config.project[key] for key in _COPIED_AS_THEY_ARE if key in config.project}
    if "license-files" in config.project or any(path.upper().startswith("LICEN") for path in files):
        readme = PurePosixPath(readme_of(config) or "").name
        fields["license-files"] = config.project.get("license-files") or sorted(
            path for path in files if path != readme and not path.lower().startswith("readme")
        )
    if isinstance(licence := fields.get("license"), Mapping):
        fields.pop("license-files", None)
        if path := licence_of(config):
            fields["license"] = {**licence, "file": PurePosixPath(path).name}
    fields["dependencies"] = dependencies(config)
    fields["scripts"] = {**_table(config.project.get("scripts")), **profile.scripts}
    text = render(
        answers,
        "pyproject.toml.j2",
        sections=list(_sections("project", fields)),
        top_folder=config.package.partition(".")[0],
        importable=importable,
        has_wheel_tag=profile.wheel_tag is not None,
    )
    files["pyproject.toml"] = text.encode()
    if profile.wheel_tag is not None:
        files["hatch_build.py"] = render(answers, "hatch_build.py.j2", wheel_tag=profile.wheel_tag).encode()
    return files


def dependencies(config: Config) -> list[str]:
    """The requirements of all profiles, each with the marker of its profile."""
    found = config.requirements
    for profile in config.profiles.values():
        found += [_with_marker(requirement, profile.marker) for requirement in profile.dependencies]
    return list(dict.fromkeys(found))


def _with_marker(requirement: str, marker: str | None) -> str:
    if marker is None:
        return requirement
    name, _, own = requirement.partition(";")
    separator = " ; " if "@" in name else "; "
    return f"{name.strip()}{separator}" + (f"({own.strip()}) and ({marker})" if own.strip() else marker)


def _readme(config: Config, files: Mapping[str, bytes]) -> object:
    declared, path = config.project.get("readme"), readme_of(config)
    if path is None:
        return declared or next(path for path in files if path.lower().startswith("readme"))
    name = PurePosixPath(path).name
    return {**declared, "file": name} if isinstance(declared, Mapping) else name


def _table(value: object) -> dict[str, str]:
    return {str(key): str(inner) for key, inner in value.items()} if isinstance(value, dict) else {}


def _sections(header: str, table: Mapping[str, Any]) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """A table and the tables in it, each with its plain entries."""
    entries = [(key, value) for key, value in table.items() if not isinstance(value, Mapping)]
    if entries:
        yield header, entries
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _sections(f"{header}.{toml_key(key)}", value)
