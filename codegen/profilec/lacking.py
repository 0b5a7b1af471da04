"""What stands in for a definition that the running profile lacks, in a tree that runs un-compiled.

`markers` asks for it: a placeholder that raises when it is used, or the definition itself, made to refuse as
the emitted stub does. Loads nothing but the standard library.
"""

import dis
import functools
import importlib
import inspect
import itertools
import string
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, NoReturn


class MarkerError(Exception):
    """A marker cannot be answered: no configuration, an unknown profile or flag, an impossible stub."""


class NotInProfileError(Exception):
    """Something was used that the profile which the un-compiled tree runs as does not have."""


class _Placeholder:
    """Stands where a false ``@only`` removed a definition. Importing and annotating work; any use raises."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise NotInProfileError(self._sentence())

    def _sentence(self) -> str:
        return f"{object.__getattribute__(self, '_name')} is not part of the profile that this tree runs as"

    __call__ = __iter__ = __enter__ = __aenter__ = __mro_entries__ = __instancecheck__ = __subclasscheck__ = (
        _refuse
    )

    def __getattr__(self, attribute: str) -> NoReturn:
        if attribute.startswith("__") and attribute.endswith("__"):
            # the import system, `inspect`, and decorators such as `dataclass` look these up
            raise AttributeError(
                f"{self._sentence()}, and has no {attribute}: put `only` above its other decorators"
            )
        self._refuse()

    def __get__(self, instance: object, owner: type | None = None) -> object:
        return self  # as a method would be, so that an `Enum` takes it for no member

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


def placeholder(definition: object, around: FrameType) -> object:
    """Return what a false `only` leaves of a definition.

    Args:
        definition: a function, a class, or what decorators below have made of one.
        around: where it stands.
    """
    if isinstance(definition, property):
        return _without_own_parts(definition, around.f_locals)
    return _placeholder(definition)


def _placeholder(definition: object) -> _Placeholder:
    name = getattr(definition, "__qualname__", type(definition).__qualname__)
    is_data_descriptor = hasattr(type(definition), "__set__")
    placeholder = (_PlaceholderProperty if is_data_descriptor else _Placeholder)(name)
    for attribute in ("__annotations__", "__annotate__", "__globals__"):  # `singledispatch` asks
        if hasattr(definition, attribute):
            object.__setattr__(placeholder, attribute, getattr(definition, attribute))
    return placeholder


_PARTS = ("fget", "fset", "fdel")


def _own_parts(definition: property, around: Mapping[str, object]) -> dict[str, Any]:
    """Return what a definition adds to the property that it stands on, as `@size.setter` does.

    Args:
        definition: what the decorators below have made.
        around: the names of the class so far.
    """
    parts = {name: getattr(definition, name) for name in _PARTS}
    names = [part.__name__ for part in parts.values() if hasattr(part, "__name__")]
    before = [around.get(name) for name in names]
    known = [getattr(one, name) for one in before if isinstance(one, property) for name in _PARTS]
    return {name: part for name, part in parts.items() if part is not None and part not in known}


def _with_parts(definition: property, parts: Mapping[str, Any]) -> property:
    getter, setter, deleter = (parts.get(name, getattr(definition, name)) for name in _PARTS)
    return property(getter, setter, deleter, definition.__doc__)


def _without_own_parts(definition: property, around: Mapping[str, object]) -> object:
    """Return a property whose own parts refuse; nothing but a placeholder where all of it is its own."""
    own = _own_parts(definition, around)
    if definition.fget is None or "fget" in own:
        return _PlaceholderProperty(getattr(definition.fget, "__qualname__", "property"))
    return _with_parts(definition, {name: _placeholder(part) for name, part in own.items()})


# --- Definitions that refuse ------------------------------------------------------------------------------

type _Refuse = Callable[[Any], Any]
"""Makes of a function one that refuses."""


def refusing(
    definition: Any, around: FrameType, error: type[BaseException] | str, code: str | None, message: str
) -> object:
    """Return what a false `stub` makes of a definition: its signature and kind, and no call that succeeds.

    Args:
        definition: a function, a class, or what decorators below have made of one.
        around: where it stands.
        error: the exception class, or its `module:name`.
        code: the code that the class must have.
        message: a format string over the parameters; empty for a sentence that names the definition.
    """
    refuse = functools.partial(_refusal, error=error, code=code, message=message)
    if isinstance(definition, type):
        _refuse_methods(definition, refuse, around.f_code.co_filename)
        return definition
    if isinstance(definition, property):
        own = _own_parts(definition, around.f_locals)
        return _with_parts(definition, {name: refuse(part) for name, part in own.items()})
    return _refused(definition, refuse)


def _refuse_methods(cls: type, refuse: _Refuse, file: str) -> None:
    """Let the methods of a class refuse that its text has: not those that a decorator made."""
    for name, member in list(vars(cls).items()):
        functions = [function for function in _functions(member) if _is_written(function, file)]
        if isinstance(member, type) and member.__qualname__ == f"{cls.__qualname__}.{name}":
            _refuse_methods(member, refuse, file)
        elif functions and name.startswith("_") and not name.endswith("__"):
            delattr(cls, name)
        elif functions and not all(map(_does_nothing, functions)):
            setattr(cls, name, _refused(member, refuse))


def _functions(member: object) -> list[Any]:
    """List the functions that a member of a class is made of."""
    names = ("__func__", "func", *_PARTS)
    found = [getattr(member, name, None) for name in names] if not inspect.isfunction(member) else [member]
    return [function for function in found if inspect.isfunction(function)]


def _is_written(function: Any, file: str) -> bool:
    written = inspect.unwrap(function)
    return bool(written.__code__.co_filename == file and written.__name__ != "<lambda>")


_IDLE = frozenset({"RESUME", "NOP", "RETURN_VALUE", "RETURN_GENERATOR", "POP_TOP", "COPY_FREE_VARS"})


def _does_nothing(function: Any) -> bool:
    """Tell whether a function only returns None, as one does that is there to be implemented."""
    code = itertools.takewhile(lambda one: one.opname != "CALL_INTRINSIC_1", dis.get_instructions(function))
    return all(one.opname in _IDLE or (one.opcode in dis.hasconst and one.argval is None) for one in code)


def _refused(member: Any, refuse: _Refuse) -> Any:
    """Return what a member of a class is with functions that refuse."""
    match member:
        case property():
            return _with_parts(member, {n: refuse(f) for n in _PARTS if (f := getattr(member, n))})
        case staticmethod() | classmethod():
            return type(member)(refuse(member.__func__))
        case functools.cached_property():
            refused = functools.cached_property(refuse(member.func))
            refused.attrname = member.attrname
            return refused
    return refuse(member)


def _refusal(function: Any, error: type[BaseException] | str, code: str | None, message: str) -> Any:
    """Return a function of the same signature and kind as `function` that raises as the emitted stub does."""
    if not inspect.isfunction(function):
        raise MarkerError(
            f"@stub stands on a function; {function!r} is none: put it below the other decorators"
        )
    signature = inspect.signature(function)
    template = message or f"{function.__name__} is not part of this build"
    named = _parameters_named(template)

    def exception(args: tuple[object, ...], kwargs: dict[str, object]) -> BaseException:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        raised = _error_class(error, code, function)
        own = getattr(raised, "__module__", "") != "builtins"  # the built-in ones take no keyword arguments
        receiver = next(iter(signature.parameters), "") if _is_method(function) else ""
        fields = {name: bound.arguments[name] for name in named if own and name != receiver}
        return raised(template.format(**bound.arguments), **fields)

    return functools.wraps(function)(_of_the_same_kind(function, exception))


def _is_method(function: Any) -> bool:
    """Tell whether a function takes the instance or the class as its first parameter."""
    *owners, name = function.__qualname__.rpartition("<locals>.")[2].split(".")
    if not owners:
        return False
    owner = functools.reduce(
        lambda found, part: getattr(found, part, None), owners[1:], function.__globals__.get(owners[0])
    )
    return not isinstance(getattr(owner, "__dict__", {}).get(name), staticmethod)


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
