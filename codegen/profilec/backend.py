"""The build backend (PEP 517, PEP 660): `build-backend = "profilec.backend"`.

One source, and the front end decides which profile it becomes:

- `pip install .` and `python -m build` give the default profile;
- `pyodide build` gives the profile whose `wheel-tag` is for its ABI, else the first whose `marker` holds in
  Pyodide;
- `profile=NAME` among the config settings gives the profile NAME (`pip install . -C profile=wasm`).

A tree is written to a folder of its own, built there with hatchling, and forgotten, so that nothing of one
build is met by the next one. The sdist holds such a tree: what is built from it never needs the compiler.

An editable installation is the un-compiled source, which behaves as emitted and runs as the default profile
or as `PROFILEC_PROFILE` says. A changed line is seen without a build, and a type checker or an editor finds
the source by the same path file.

What refuses a build is said by `SystemExit`, which leaves a front end with the text and no traceback.
Hatchling is imported where it is used: it is a requirement of builds, and no dependency of the compiler.
"""

import os
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from profilec.answers import Answers
from profilec.config import Config, ConfigError, Profile, find_project, load_config
from profilec.diagnostics import Finding, render
from profilec.wasm.environment import marker_environment

type Settings = Mapping[str, str | list[str]] | None
"""What a front end calls config settings; a key that was given several times has a list."""

_HATCHLING = "hatchling>=1.27"


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Hatchling, and the dependencies in which the proofs look for what a profile forbids."""
    config = _configuration()
    read = [_required(config, profile) for profile in config.profiles.values() if profile.forbid]
    return list(dict.fromkeys([_HATCHLING, *(requirement for group in read for requirement in group)]))


get_requires_for_build_sdist = get_requires_for_build_wheel


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    """Hatchling: nothing is compiled."""
    return [_HATCHLING]


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel of one profile and return the name of its file.

    Raises:
        SystemExit: the project cannot be built as asked; the text says why.
    """
    target = str(Path(wheel_directory).absolute())
    with _emitted(config_settings), _read_by_hatchling():
        from hatchling import build

        return build.build_wheel(target)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Pack the tree of one profile, which builds with hatchling alone, and return the name of its file.

    Raises:
        SystemExit: the project cannot be built as asked; the text says why.
    """
    target = str(Path(sdist_directory).absolute())
    with _emitted(config_settings), _read_by_hatchling():
        from hatchling import build

        return build.build_sdist(target)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build a wheel that makes the source importable as it lies there, and return the name of its file.

    It depends on `profilec`, whose markers the source imports. Where `profilec` is part of the project
    itself, it is made importable as well.

    Raises:
        SystemExit: the configuration is wrong, or names a profile; the text says why.
    """
    from hatchling import build

    from profilec.emit.metadata import render_metadata

    config = _configuration()
    if config_settings and "profile" in config_settings:
        raise SystemExit(
            "profilec: an editable installation is the source of all profiles: "
            "choose one where it runs, with PROFILEC_PROFILE, instead of `profile=`"
        )
    target = str(Path(wheel_directory).absolute())
    importable = [config.source_folder.resolve()]
    compiler = Path(__file__).resolve().parents[1]
    if compiler.is_relative_to(config.root.resolve()):
        importable.append(compiler)
    else:
        common = [*config.requirements, "profilec"]
        config = replace(config, project={**config.project, "dependencies": common})
    with TemporaryDirectory() as folder:
        for path, data in render_metadata(
            config, config.profiles[config.default], Answers(), importable=tuple(map(str, importable))
        ).items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        with chdir(folder), _read_by_hatchling():
            return build.build_editable(target)


@contextmanager
def _emitted(settings: Settings) -> Iterator[None]:
    """Be, for a while, in a folder that holds the tree of the profile that is asked for."""
    from profilec.build import build_profiles

    config = _configuration()
    profile = _asked_for(config, settings)
    with TemporaryDirectory() as folder:
        profiles = {**config.profiles, profile.name: profile.packed()}
        outcome = build_profiles(replace(config, out=folder, profiles=profiles), (profile.name,))
        _say(outcome.findings)
        if not outcome.is_good:
            raise SystemExit(f"profilec: {config.package} cannot be built as {profile.name}")
        # Hatchling packs the .gitignore of any folder above, up to a repository's: this one ends the search.
        Path(folder, ".git").mkdir()
        with chdir(Path(folder, profile.name)):
            yield


@contextmanager
def _read_by_hatchling() -> Iterator[None]:
    """Say in one sentence what hatchling finds wrong with the metadata that the project declares."""
    try:
        yield
    except (OSError, TypeError, ValueError) as error:
        raise SystemExit(f"profilec: pyproject.toml, [project]: {error}") from None


def _configuration() -> Config:
    """The configuration of the project in the current folder, where front ends call the hooks."""
    try:
        return load_config(find_project(Path.cwd(), above=False))
    except ConfigError as error:
        _say(error.findings)
        raise SystemExit("profilec: the project cannot be built before this is put right") from None


def _say(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        print(render(finding), end="\n\n", file=sys.stderr)


def _asked_for(config: Config, settings: Settings) -> Profile:
    """The profile that the front end asks for, by a config setting or by what it is."""
    wanted = (settings or {}).get("profile")
    if wanted is not None:
        return _named(config, wanted)
    if "PYODIDE" in os.environ and (abi := os.environ.get("PYODIDE_ABI_VERSION")):
        return _for_pyodide(config, abi)
    return config.profiles[config.default]


def _named(config: Config, wanted: str | list[str]) -> Profile:
    names = [wanted] if isinstance(wanted, str) else list(dict.fromkeys(wanted))
    if len(names) != 1:
        raise SystemExit(f"profilec: one build gives one profile, not {' and '.join(names)}: build twice")
    if names[0] not in config.profiles:
        raise SystemExit(f"profilec: {config.unknown_profile(names[0])}")
    return config.profiles[names[0]]


def _for_pyodide(config: Config, abi: str) -> Profile:
    """The profile for an ABI of Pyodide, as `2026_0`; PEP 783 says which tag its wheel has."""
    from packaging.markers import Marker  # hatchling brings it

    tagged = [(profile, profile.wheel_tag) for profile in config.profiles.values() if profile.wheel_tag]
    for profile, tag in tagged:
        if any(name.endswith(f"_{abi}_wasm32") for name in tag.split("-")[-1].split(".")):
            return profile
    inside = marker_environment(platform.python_version())  # that of Pyodide, as pyodide-build demands
    for profile in config.profiles.values():
        if not profile.wheel_tag and profile.marker and Marker(profile.marker).evaluate(dict(inside)):
            return replace(profile, wheel_tag=f"py3-none-pyemscripten_{abi}_wasm32")
    others = [f"; that of {profile.name} is {tag}" for profile, tag in tagged if "wasm32" in tag]
    raise SystemExit(
        f"profilec: no profile is for Pyodide's ABI {abi}: declare one with "
        f'wheel-tag = "py3-none-pyemscripten_{abi}_wasm32"' + "".join(others)
    )


def _required(config: Config, profile: Profile) -> list[str]:
    """What a profile depends on, without markers: the proofs read it on this machine."""
    required = [*config.requirements, *profile.dependencies]
    return [requirement.partition(";")[0].strip() for requirement in required]
