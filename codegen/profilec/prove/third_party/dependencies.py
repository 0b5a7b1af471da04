"""The third-party distributions that a profile declares, with all that they require in turn.

They are read where `--deps` says, else where the compiler itself is installed. Only what is declared, or
required by what is declared, is followed: what else happens to be installed there proves nothing.
"""

import re
import site
import sys
import sysconfig
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from profilec.prove.third_party.installed import Modules, modules_of
from profilec.seen import State, state_of

if TYPE_CHECKING:  # slow to import, and only needed where something is required
    from importlib.metadata import Distribution

    from packaging.requirements import Requirement

    from profilec.prove.third_party.worlds import Worlds

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def requirement_name(requirement: str) -> str:
    """The normalised name (PEP 503) of the distribution that a requirement asks for."""
    match = _NAME.match(requirement.strip())
    return normalised(match[0]) if match else requirement


def normalised(name: str) -> str:
    """The name of a distribution as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


class Required(Struct):
    """What some requirements bring.

    Attributes:
        modules: what can be imported of it.
        missing: what is wanted and cannot be read, with the reason.
    """

    modules: Modules = field(default_factory=Modules)
    missing: dict[str, str] = {}


class Dependencies(Struct, dict=True):
    """The distributions in some folders.

    Attributes:
        folders: where they are installed.
        seen: what was looked at to say what they are, as it was found.
    """

    folders: tuple[Path, ...]
    seen: dict[str, State] = {}

    @classmethod
    def at(cls, folder: Path | None) -> "Dependencies":
        """Those in a folder, or in the environment of the compiler where it is None."""
        if folder is not None:
            return cls((folder.absolute(),))
        # The isolated environment of a build front end is on the path, and sysconfig does not know of it.
        found = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
        paths = [*found, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
        return cls(tuple(map(Path, dict.fromkeys([*paths, *site.getsitepackages()]))))

    def read(self, file: Path) -> bytes:
        """The bytes of one of their files."""
        self._look(file)
        return file.read_bytes()

    def _look(self, *places: Path) -> None:
        for place in map(str, places):
            if place not in self.seen:
                self.seen[place] = state_of(place)

    @cached_property
    def _installed(self) -> dict[str, "Distribution"]:
        from importlib.metadata import distributions

        # Of two with one name, the one that comes first on the path is imported.
        self._look(*self.folders)
        eggs = (egg for folder in self.folders for egg in sorted(folder.glob("*.egg")) if egg.is_dir())
        places = [str(folder) for folder in (*self.folders, *self._linked, *eggs)]
        found = reversed([*distributions(path=places)])
        return {normalised(str(one.metadata["Name"])): one for one in found if one.metadata["Name"]}

    @cached_property
    def _linked(self) -> list[Path]:
        """The folders that `setup.py develop` left a link to instead of what it installed."""
        links = [link for folder in self.folders for link in sorted(folder.glob("*.egg-link"))]
        self._look(*links)
        lines = (link.read_text(encoding="utf-8", errors="replace").splitlines() for link in links)
        return [Path(first.strip()) for first, *_ in filter(None, lines)]

    @cached_property
    def _metadata(self) -> dict[str, list[Path]]:
        """The files of metadata of each distribution."""
        found: dict[str, list[Path]] = {}
        for folder in (*self.folders, *self._linked):
            for information in (*folder.glob("*-info"), *folder.glob("*.egg/EGG-INFO")):
                named = information.parent if information.name == "EGG-INFO" else information
                files = [*information.iterdir()] if information.is_dir() else [information]
                found.setdefault(normalised(named.name.partition("-")[0]), []).extend(files)
        return found

    @cached_property
    def _modules(self) -> dict[str, Modules]:
        return {}

    def _modules_of(self, name: str) -> Modules:
        if name not in self._modules:
            self._look(*self._metadata.get(name, ()))
            self._modules[name] = modules_of(self._installed[name], name)
            self._look(*self._modules[name].folders)
        return self._modules[name]

    def required(self, requirements: Iterable[str], worlds: "Worlds") -> Required:
        """What requirements bring, and what that requires in turn, in the worlds of a profile."""
        from packaging.requirements import InvalidRequirement, Requirement

        found = Required()
        done: set[tuple[str, frozenset[str]]] = set()
        pending = [(requirement, frozenset[str](), "") for requirement in requirements]
        while pending:
            written, asked, wanted_by = pending.pop(0)
            try:
                requirement = Requirement(written)
            except InvalidRequirement:
                if not wanted_by:
                    found.missing[written] = "is no requirement that PEP 508 knows"
                continue
            name, extras = normalised(requirement.name), frozenset(requirement.extras)
            if (name, extras) in done or not worlds.perhaps(requirement.marker, asked):
                continue
            distribution = self._installed.get(name)
            fault = self._fault(name, distribution, requirement)
            if fault and worlds.surely(requirement.marker, asked):
                found.missing[written] = f"{fault}; `{wanted_by}` requires it" if wanted_by else fault
            if distribution is not None:
                done.add((name, extras))
                found.modules.add(self._modules_of(name))
                pending += [(required, extras, name) for required in distribution.requires or ()]
        return found

    def _fault(self, name: str, distribution: "Distribution | None", requirement: "Requirement") -> str:
        """Why a distribution is not what is required; the empty string where it is."""
        if distribution is not None:
            fits = requirement.specifier.contains(distribution.version, prereleases=True)
            return "" if fits else f"is there as version {distribution.version}, which is another one"
        eggs = (file for folder in self.folders for file in folder.glob("*.egg") if file.is_file())
        if any(normalised(egg.name.partition("-")[0]) == name for egg in eggs):
            return "is there as a zipped egg, which the proofs do not read"
        return "is not installed where the proofs read dependencies"

    def top_levels(self, requirement: str) -> frozenset[str]:
        """The names under which a distribution is imported."""
        name = requirement_name(requirement)
        found = self._modules_of(name) if name in self._installed else Modules()
        return frozenset(module.partition(".")[0] for module in (*found.files, *found.compiled))
