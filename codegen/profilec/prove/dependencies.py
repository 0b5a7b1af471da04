"""The third-party distributions that a profile declares, and their Python files.

They are read where `--deps` says, else where the compiler itself is installed. Only what is declared, or
required by what is declared, is followed: what else happens to be installed there proves nothing.
"""

import re
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution, distributions
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRA = re.compile(r";.*\bextra\s*==")


def requirement_name(requirement: str) -> str:
    """The normalised name (PEP 503) of the distribution that a requirement asks for."""
    match = _NAME.match(requirement.strip())
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else requirement


@dataclass
class Dependencies:
    """The distributions in some folders.

    Attributes:
        folders: where they are installed.
    """

    folders: tuple[Path, ...]

    @classmethod
    def at(cls, folder: Path | None) -> "Dependencies":
        """Those in a folder, or in the environment of the compiler where it is None."""
        if folder is not None:
            return cls((folder,))
        # The isolated environment of a build front end is on the path, and sysconfig does not know of it.
        found = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
        paths = [*found, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
        return cls(tuple(map(Path, dict.fromkeys([*paths, *site.getsitepackages()]))))

    @cached_property
    def _installed(self) -> dict[str, Distribution]:
        found = distributions(path=[str(folder) for folder in self.folders])
        return {requirement_name(str(distribution.metadata["Name"])): distribution for distribution in found}

    def missing(self, requirements: Iterable[str]) -> Iterator[str]:
        """The requirements whose distribution is not there."""
        return (
            requirement
            for requirement in requirements
            if requirement_name(requirement) not in self._installed
        )

    def modules(self, requirements: Iterable[str]) -> dict[str, Path]:
        """Every Python file, by its module, of what is required and of what that requires in turn."""
        pending, seen, found = [requirement_name(requirement) for requirement in requirements], set(), {}
        while pending:
            name = pending.pop()
            distribution = self._installed.get(name)
            if name in seen or distribution is None:
                continue
            seen.add(name)
            found.update(_modules_of(distribution))
            further = (required for required in distribution.requires or () if not _EXTRA.search(required))
            pending += map(requirement_name, further)
        return found

    def top_levels(self, requirement: str) -> frozenset[str]:
        """The names under which a distribution is imported."""
        distribution = self._installed.get(requirement_name(requirement))
        modules = _modules_of(distribution) if distribution else ()
        return frozenset(name.partition(".")[0] for name in modules)


def _modules_of(distribution: Distribution) -> dict[str, Path]:
    found = {}
    for file in distribution.files or ():
        if file.suffix == ".py" and ".." not in file.parts:
            parts = [*file.parts[:-1], file.stem] if file.stem != "__init__" else list(file.parts[:-1])
            if all(part.isidentifier() for part in parts):
                found[".".join(parts)] = Path(str(distribution.locate_file(file)))
    return found
