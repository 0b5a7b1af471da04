"""The worlds that a profile may run in, as environment markers (PEP 508) see them.

What facts fix is fixed, and the profile's own marker holds. All else may be as on any platform and any Python
that the project allows, so that a requirement with a marker applies to a profile surely, perhaps or never.
"""

from collections.abc import Iterable, Iterator
from itertools import product

from msgspec import Struct
from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from profilec.config import Config, Profile

_PLATFORMS = (
    {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux", "platform_machine": "x86_64"},
    {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin", "platform_machine": "arm64"},
    {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows", "platform_machine": "AMD64"},
    {
        "sys_platform": "emscripten", "os_name": "posix", "platform_system": "Emscripten",
        "platform_machine": "wasm32",
    },
)  # fmt: skip
_PYTHONS = tuple(f"3.{minor}" for minor in range(8, 16))
_FACTS = {
    "sys.platform": "sys_platform",
    "os.name": "os_name",
    "platform.system()": "platform_system",
    "platform.machine()": "platform_machine",
    "sys.implementation.name": "implementation_name",
    "platform.python_implementation()": "platform_python_implementation",
}

_SYSTEM = ("sys_platform", "os_name", "platform_system")

type World = dict[str, str]


class Worlds(Struct, frozen=True):
    """Every world that a profile may run in."""

    found: tuple[World, ...]

    @classmethod
    def of(cls, profile: Profile, config: Config) -> "Worlds":
        """Those of one profile of a project."""
        fixed = {name: str(profile.facts[fact]) for fact, name in _FACTS.items() if fact in profile.facts}
        found = [
            _python(version) | platform | fixed
            for platform, version in product(_platforms(fixed), _pythons(profile, config))
        ]
        marked = [world for world in found if not profile.marker or _holds(profile.marker, world, "")]
        return cls(tuple(marked or found))

    def perhaps(self, marker: Marker | None, extras: Iterable[str] = ()) -> bool:
        """Whether a requirement with a marker applies in any of the worlds; extras are those asked for."""
        return marker is None or any(self._each(marker, extras))

    def surely(self, marker: Marker | None, extras: Iterable[str] = ()) -> bool:
        """Whether a requirement with a marker applies in all of the worlds."""
        return marker is None or all(self._each(marker, extras))

    def _each(self, marker: Marker, extras: Iterable[str]) -> Iterator[bool]:
        asked = tuple(extras) or ("",)
        return (any(_holds(marker, world, extra) for extra in asked) for world in self.found)


def _holds(marker: Marker | str, world: World, extra: str) -> bool:
    try:
        test = Marker(marker) if isinstance(marker, str) else marker
        return test.evaluate({**world, "extra": extra})
    except (InvalidMarker, UndefinedEnvironmentName):
        return True  # the marker of a profile is checked where the configuration is read


def _platforms(fixed: World) -> tuple[World, ...]:
    """The platforms that agree with what is fixed; all of them where none does."""
    alike = tuple(
        platform
        for platform in _PLATFORMS
        if all(platform.get(name, value) == value for name, value in fixed.items() if name in _SYSTEM)
    )
    return alike or _PLATFORMS


def _pythons(profile: Profile, config: Config) -> tuple[str, ...]:
    match profile.facts.get("sys.version_info"):
        case (int(major), int(minor), *_):
            return (f"{major}.{minor}",)
    try:
        allowed = SpecifierSet(str(config.project.get("requires-python", "")))
    except InvalidSpecifier:
        return _PYTHONS
    return tuple(version for version in _PYTHONS if allowed.contains(f"{version}.99")) or _PYTHONS


def _python(version: str) -> dict[str, str]:
    return {
        "python_version": version, "python_full_version": f"{version}.0",
        "implementation_version": f"{version}.0", "implementation_name": "cpython",
        "platform_python_implementation": "CPython", "platform_release": "", "platform_version": "",
    }  # fmt: skip
