"""What the compiler is told to do, as plain frozen data."""

import re
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from profilec.diagnostics import did_you_mean

type Fact = str | int | float | bool | tuple[Fact, ...]
"""A value that a profile fixes. TOML lists become tuples, so that they compare with `sys.version_info`."""


def module_files(module: str) -> tuple[str, str]:
    """The paths that a module may lie at, relative to the source root: as a file, or as a package."""
    path = module.replace(".", "/")
    return f"{path}.py", f"{path}/__init__.py"


class Profile(Struct, frozen=True):
    """One build target, with what it extends already taken in.

    Attributes:
        name: also the name of its output folder and the keyword that `choose` takes.
        features: the names of the features that it has.
        dependencies: requirement strings (PEP 508) of this profile alone.
        marker: the environment marker (PEP 508) of the world that it is for; None where it runs anywhere.
        wheel_tag: `python-abi-platform`; None for the backend's choice.
        scripts: commands to install, each with the `module:function` that it calls.
        facts: expressions of the source and the value that each has in this world.
        modules: whether `import name` succeeds in this world.
        forbid: modules, dotted names, builtins and `*.method` patterns that must not be reachable.
        wheel_strip: whether its wheel goes without what only readers need; None where nothing is said.
        stripped: whether docstrings, comments and layout go. Trees are for reading, and keep them.
    """

    name: str
    features: frozenset[str] = frozenset()
    dependencies: tuple[str, ...] = ()
    marker: str | None = None
    wheel_tag: str | None = None
    scripts: Mapping[str, str] = {}
    facts: Mapping[str, Fact] = {}
    modules: Mapping[str, bool] = {}
    forbid: tuple[str, ...] = ()
    wheel_strip: bool | None = None
    stripped: bool = False

    def packed(self) -> "Profile":
        """The profile as it goes into a wheel."""
        return replace(self, stripped=bool(self.wheel_strip))


class StubModule(Struct, frozen=True):
    """A module whose definitions are stubs in every profile without the feature (or profile) `unless`."""

    module: str
    unless: str
    error: str | None = None
    code: str | None = None
    message: str | None = None


class Config(Struct, frozen=True, dict=True):
    """One project's configuration.

    Attributes:
        root: the folder that holds `pyproject.toml`.
        source: the source root, relative to `root`, with forward slashes; it holds the package.
        package: the dotted name of the package to compile.
        flags: the dotted name of the module of flags; None where the source has no flags.
        out: the folder of the trees, relative to `root`, with forward slashes.
        default: the profile that the un-compiled tree runs as.
        format: whether changed files go through Black.
        features: every declared feature with the sentence that describes it.
        profiles: every profile by name, in the order of declaration.
        exclusive: sets of features that no build may combine.
        copy: patterns of files that are copied unread, relative to the source root or to the package.
        stub_modules: modules that become stubs, by name.
        project: the `[project]` table as TOML gives it; empty where there is none.
        black: the `[tool.black]` table, likewise.
        others: the names of profiles that are declared too, but left out here.
    """

    root: Path
    package: str
    profiles: Mapping[str, Profile]
    source: str = "."
    flags: str | None = None
    out: str = "build"
    default: str = ""
    format: Literal["black", "none"] = "none"
    features: Mapping[str, str] = {}
    exclusive: tuple[tuple[str, ...], ...] = ()
    copy: tuple[str, ...] = ()
    stub_modules: Mapping[str, StubModule] = {}
    project: Mapping[str, object] = {}
    black: Mapping[str, object] = {}
    others: tuple[str, ...] = ()

    @property
    def profile_names(self) -> tuple[str, ...]:
        """Every declared profile, those first that are compiled."""
        return (*self.profiles, *self.others)

    def unknown_profile(self, name: str) -> str:
        """Say that no profile has a name, and which one was probably meant."""
        hint = did_you_mean(name, self.profiles) or f"declared: {', '.join(self.profiles)}"
        return f"unknown profile `{name}`: {hint}"

    @property
    def requirements(self) -> list[str]:
        """What the package requires in every profile."""
        common = self.project.get("dependencies")
        return list(map(str, common)) if isinstance(common, list) else []

    @property
    def source_folder(self) -> Path:
        """The source root."""
        return self.root / self.source

    @property
    def package_folder(self) -> Path:
        """The folder of the package in the source root."""
        return self.source_folder / self.package_path

    @property
    def package_path(self) -> str:
        """The package as a path, relative to the source root and to the root of every tree."""
        return self.package.replace(".", "/")

    def out_folder(self, profile: str) -> Path:
        """The folder of one profile's tree."""
        return self.root / self.out / profile

    def shown(self, path: str) -> str:
        """A path of the source root as findings show it: relative to the project's root."""
        return path if self.source == "." else f"{self.source}/{path}"

    def is_copied(self, path: str) -> bool:
        """Whether a file, given relative to the source root, is copied unread."""
        return any(self._matches(pattern, path) for pattern in self._copy_patterns)

    def idle_copies(self, paths: Collection[str]) -> list[int]:
        """The places in `copy` of the patterns that match none of some files."""
        return [
            index
            for index, pattern in enumerate(self._copy_patterns)
            if not any(self._matches(pattern, path) for path in paths)
        ]

    def _matches(self, pattern: re.Pattern[str], path: str) -> bool:
        inside = path.removeprefix(self.package_path + "/")
        return bool(pattern.fullmatch(path) or pattern.fullmatch(inside))

    @cached_property
    def _copy_patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(_glob_expression(pattern), re.DOTALL) for pattern in self.copy)


_GLOB = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _glob_expression(pattern: str) -> str:
    """The regular expression of a path pattern in which `**` stands for any number of folders."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return "".join(_GLOB.get(part) or re.escape(part) for part in parts)
