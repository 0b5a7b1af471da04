"""What the markers of an annotated tree do when the tree runs un-compiled.

First room of the compiler and the only one that an annotated tree imports, so it loads nothing but the
standard library. The un-compiled tree runs as one profile: the one that ``PROFILEC_PROFILE`` names, else
the default of the nearest ``pyproject.toml`` with a ``[tool.profilec]`` table above the calling module.
In every emitted tree the markers are gone.
"""

import functools
import importlib
import inspect
import os
import string
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn, cast

PROFILE_VARIABLE = "PROFILEC_PROFILE"


class MarkerError(Exception):
    """A marker cannot be answered: no configuration, an unknown profile or flag, an impossible stub."""


class NotInProfileError(Exception):
    """Something was used that the profile which the un-compiled tree runs as does not have."""


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
    try:
        return values[profile.name.replace("-", "_")]
    except KeyError:
        raise MarkerError(
            f"choose() has no value for the profile `{profile.name}`: add {profile.name}=..."
        ) from None


def only[T](condition: bool) -> Callable[[T], T]:
    """Keep the definition where `condition` is true; elsewhere leave a placeholder that raises when used.

    Args:
        condition: a flag, or flags joined by ``not``, ``and``, ``or``.
    """

    def keep_or_replace(definition: T) -> T:
        return definition if condition else cast(T, _placeholder(definition))

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
        if isinstance(definition, type):
            _refuse_methods(definition, error, code, message)
            return definition
        return cast(D, _refusal(definition, error, code, message))

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
        raise MarkerError(f"{asked}: {origin} declares no such profile{_did_you_mean(name,
        list(profiles))}")
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


# --- What stands in for a definition that the profile lacks ---------------------------------------


class _Placeholder:
    """Stands where a false ``@only`` removed a definition. Importing and annotating work; any use raises."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        name = object.__getattribute__(self, "_name")
        raise NotInProfileError(f"{name} is not part of the profile that this tree runs as")

    __call__ = __iter__ = __enter__ = __aenter__ = __mro_entries__ = __instancecheck__ = __subclasscheck__ = (
        _refuse
    )

    def __getattr__(self, attribute: str) -> NoReturn:
        if attribute.startswith("__") and attribute.endswith(
            "__"
        ):  # the import system and inspect look these up
            raise AttributeError(attribute)
        self._refuse()

    def __or__(self, other: object) -> "_Placeholder":
        return self

    def __ror__(self, other: object) -> "_Placeholder":
        return self

    def __getitem__(self, parameters: object) -> "_Placeholder":
        return self


class _PlaceholderProperty(_Placeholder):
    """Stands where a false ``@only`` removed a property."""

    def __get__(self, instance: object, owner: type | None = None) -> object:
        return self if instance is None else self._refuse()

    def __set__(self, instance: object, value: object) -> None:
        self._refuse()

    def __delete__(self, instance: object) -> None:
        self._refuse()

    def setter(self, function: object) -> "_PlaceholderProperty":
        return self

    getter = deleter = setter


def _placeholder(definition: object) -> _Placeholder:
    named: Any = definition
    if isinstance(definition, property):
        named = definition.fget
    name = getattr(named, "__qualname__", type(definition).__qualname__)
    is_data_descriptor = hasattr(type(definition), "__set__")
    return (_PlaceholderProperty if is_data_descriptor else _Placeholder)(name)


def _refuse_methods(cls: type, error: type[BaseException] | str, code: str | None, message: str) -> None:
    for name, member in list(vars(cls).items()):
        function = getattr(member, "__func__", member)
        if not inspect.isfunction(function):
            continue
        if name.startswith("_") and not name.endswith("__"):
            delattr(cls, name)
            continue
        refusal = _refusal(function, error, code, message)
        setattr(cls, name, refusal if function is member else type(member)(refusal))


def _refusal(function: Any, error: type[BaseException] | str, code: str | None, message: str) -> Any:
    """Return a function of the same signature and kind as `function` that raises as the emitted stub does."""
    if not inspect.isfunction(function):
        raise MarkerError(
            f"@stub stands on a function; {function!r} is none: put it below the other decorators"
        )
    signature = inspect.signature(function)
    template = message or f"{function.__qualname__} is not part of this build"
    named = _parameters_named(template)
    receiver = (
        next(iter(signature.parameters), "")
        if "." in function.__qualname__.rpartition("<locals>.")[2]
        else ""
    )

    def exception(args: tuple[object, ...], kwargs: dict[str, object]) -> BaseException:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        raised = _error_class(error, code, function)
        own = getattr(raised, "__module__", "") != "builtins"  # the built-in ones take no keyword arguments
        fields = {name: bound.arguments[name] for name in named if own and name != receiver}
        return raised(template.format(**bound.arguments), **fields)

    return functools.wraps(function)(_of_the_same_kind(function, exception))


def _of_the_same_kind(function: object, exception: Callable[[Any, Any], BaseException]) -> Any:
    def plain(*args: object, **kwargs: object) -> NoReturn:
        raise exception(args, kwargs)

    def generator(*args: object, **kwargs: object) -> Any:
        raise exception(args, kwargs)
        yield

    async def coroutine(*args: object, **kwargs: object) -> NoReturn:
        raise exception(args, kwargs)

    async def async_generator(*args: object, **kwargs: object) -> Any:
        raise exception(args, kwargs)
        yield

    if inspect.isasyncgenfunction(function):
        return async_generator
    if inspect.iscoroutinefunction(function):
        return coroutine
    return generator if inspect.isgeneratorfunction(function) else plain


def _parameters_named(template: str) -> list[str]:
    """List the parameters that a format string names: ``"{edge.name} on {tier}"`` names edge and tier."""
    fields = [field for _, field, _, _ in string.Formatter().parse(template) if field]
    names = [field.split(".")[0].split("[")[0] for field in fields]
    return list(dict.fromkeys(names))


def _error_class(
    error: type[BaseException] | str, code: str | None, function: Any
) -> Callable[..., BaseException]:
    resolved = _named_error(error, function) if isinstance(error, str) else error
    if code is not None and getattr(resolved, "code", None) != code:
        raise MarkerError(
            f"@stub of {function.__qualname__}: code {code!r} is not the code of {resolved.__qualname__}"
        )
    return resolved


def _named_error(name: str, function: Any) -> Any:
    module, _, attribute = name.rpartition(":")
    scope = vars(importlib.import_module(module)) if module else function.__globals__
    try:
        return scope[attribute]
    except KeyError:
        raise MarkerError(
            f"@stub of {function.__qualname__}: no exception class {name!r} can be found"
        ) from None
