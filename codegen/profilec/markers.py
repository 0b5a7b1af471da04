"""What the markers of an annotated tree do when the tree runs un-compiled.

First room of the compiler and the only one that an annotated tree imports, so it loads nothing but the
standard library. The un-compiled tree runs as one profile: the one that ``PROFILEC_PROFILE`` names, else
the default of the nearest ``pyproject.toml`` with a ``[tool.profilec]`` table above the calling module.
In every emitted tree the markers are gone.
"""

import functools
import os
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from profilec.lacking import MarkerError, NotInProfileError, placeholder, refusing

PROFILE_VARIABLE = "PROFILEC_PROFILE"

__all__ = ["PROFILE_VARIABLE", "MarkerError", "NotInProfileError", "choose", "flag", "only", "stub"]


def flag(name: str) -> bool:
    """Tell whether the running profile has the feature `name`, or is the profile `name`.

    Args:
        name: a feature or a profile that ``[tool.profilec]`` declares.

    Raises:
        MarkerError: the configuration is missing, or declares neither a feature nor a profile of that name.
    """
    return _running_profile(_caller_file()).has(name)


def choose[T](**values: T) -> T:
    """Return the value given for the running profile: ``choose(native=32, wasm=8)``.

    Args:
        values: one value for each profile. A profile whose name has hyphens is written with underscores.

    Raises:
        MarkerError: no value is given for the running profile.
    """
    profile = _running_profile(_caller_file())
    keyword = profile.name.replace("-", "_")
    try:
        return values[keyword]
    except KeyError:
        raise MarkerError(
            f"choose() has no value for the profile `{profile.name}`: add {keyword}=..."
        ) from None


def only[T](condition: bool) -> Callable[[T], T]:
    """Keep the definition where `condition` is true; elsewhere leave a placeholder that raises when used.

    Args:
        condition: a flag, or flags joined by ``not``, ``and``, ``or``.
    """

    def keep_or_replace(definition: T) -> T:
        return definition if condition else cast(T, placeholder(definition, sys._getframe(1)))

    return keep_or_replace


def stub[D: Callable[..., Any]](
    *,
    unless: bool,
    error: type[BaseException] | str = NotImplementedError,
    code: str | None = None,
    message: str = "",
) -> Callable[[D], D]:
    """Keep the definition where `unless` is true; elsewhere keep its signature and refuse every call.

    Of a class, every public method refuses and the private ones go.

    A refused call raises ``error(message)``. The parameters that the message names are handed over as
    keyword arguments too, so that a structured exception can carry them.

    Args:
        unless: a flag, or flags joined by ``not``, ``and``, ``or``.
        error: the exception class, or ``"module:name"`` where importing it here would be a cycle.
        code: the stable code of the refusal; must equal the class attribute ``code`` of `error`.
        message: a format string over the parameters of the function; empty for a sentence that names it.
    """

    def keep_or_refuse(definition: D) -> D:
        if unless:
            return definition
        return cast(D, refusing(definition, sys._getframe(1), error, code, message))

    return keep_or_refuse


# --- The running profile --------------------------------------------------------------------------


@dataclass(frozen=True)
class _RunningProfile:
    name: str
    features: frozenset[str]
    declared_profiles: frozenset[str]
    declared_features: frozenset[str]
    origin: Path

    def has(self, name: str) -> bool:
        if name in self.declared_profiles:
            return name == self.name
        if name in self.declared_features:
            return name in self.features
        known = sorted(self.declared_profiles | self.declared_features)
        raise MarkerError(
            f"flag({name!r}): {self.origin} declares no such profile or feature{_did_you_mean(name, known)}"
        )


def _caller_file() -> str:
    """Return the file of the module that called the marker, two frames up."""
    return sys._getframe(2).f_code.co_filename


def _running_profile(caller: str) -> _RunningProfile:
    return _profile_of_folder(Path(caller).parent, os.environ.get(PROFILE_VARIABLE))


@functools.cache
def _profile_of_folder(folder: Path, wanted: str | None) -> _RunningProfile:
    origin, table = _configuration_above(folder)
    profiles: Mapping[str, Mapping[str, Any]] = table.get("profiles", {})
    name = wanted or table.get("default") or next(iter(profiles), "")
    if name not in profiles:
        asked = f"{PROFILE_VARIABLE}={wanted}" if wanted else f"the default profile `{name}`"
        raise MarkerError(f"{asked}: {origin} declares no such profile{_did_you_mean(name, list(profiles))}")
    return _RunningProfile(
        name=name,
        features=_features_of(name, profiles),
        declared_profiles=frozenset(profiles),
        declared_features=frozenset(table.get("features", {})).union(
            *(p.get("features", ()) for p in profiles.values())
        ),
        origin=origin,
    )


def _configuration_above(folder: Path) -> tuple[Path, Mapping[str, Any]]:
    for candidate in (folder, *folder.parents):
        path = candidate / "pyproject.toml"
        if path.is_file():
            table = tomllib.loads(path.read_text("utf-8")).get("tool", {}).get("profilec")
            if table is not None:
                return path, table
    raise MarkerError(f"no pyproject.toml with a [tool.profilec] table lies in {folder} or above it")


def _features_of(name: str, profiles: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """Return the features of a profile and of the profiles that it extends."""
    features: set[str] = set()
    chain: set[str] = set()
    while name in profiles and name not in chain:
        chain.add(name)
        features.update(profiles[name].get("features", ()))
        name = profiles[name].get("extends", "")
    return frozenset(features)


def _did_you_mean(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; it declares {', '.join(known)}"
