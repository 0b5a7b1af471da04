"""What a module does, as far as one sees from outside: what it says, what it holds, what its calls answer.

What the un-compiled tree has a placeholder for is not told, and nothing where the two trees may differ: which
imports are left, and private names.
"""

import enum
import inspect
import re
import sys
import types
import warnings
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import Any

from random_programs import FLAGS

from profilec.lacking import _Placeholder

OWN_MODULES = ("shop", "shop._profile", "shop.module")
_MADE_BY_PYTHON = re.compile(
    "__(?!annotations__|slots__|call__|doc__).*__|_(member|value|use|new|hashable|unhashable|generate|singles)_?.*"
)


_IMPORTED = types.ModuleType | types.BuiltinFunctionType


class TooLong(BaseException):
    """A program does not end."""


class Held:
    """A context manager, of both kinds, that lets a `ValueError` go no further."""

    def __enter__(self) -> int:
        return 1

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, ValueError)

    async def __aenter__(self) -> int:
        return 1

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, ValueError)


class Ready:
    """Something to await."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __await__(self) -> Generator[object, None, object]:
        yield self.value
        return self.value


async def numbers() -> AsyncIterator[int]:
    """Yield a few numbers."""
    for number in range(3):
        yield number


def observed(text: str, file: Path, given: dict[str, types.ModuleType]) -> list[object]:
    """Run a module, and tell what can be seen of it.

    Args:
        text: its source.
        file: where it seems to lie.
        given: the modules of its package that it can import.
    """
    said: list[object] = []

    def log(*values: object) -> int:
        said.append(tuple(map(_shown, values)))
        if len(said) > 200:
            raise TooLong
        return len(said) % 3

    module = types.ModuleType("shop.module")
    for name in OWN_MODULES:
        sys.modules.pop(name, None)
    sys.modules |= {**given, "shop.module": module}
    tools = {"log": log, "same": lambda one: one, "swallowing": Held, "held": Held, "ready": Ready}
    vars(module).update(tools, numbers=numbers, __file__=str(file))
    known = {*vars(module), *FLAGS, "choose", "only", "stub", "annotations"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(text, str(file), "exec", dont_inherit=True), vars(module))
        except (Exception, TooLong) as error:
            said.append(f"{type(error).__name__}: {error}")
        said.append(module.__doc__)
        for name, value in list(vars(module).items()):
            hidden = name in known or (name.startswith("_") and name != "__all__")
            if not hidden and not isinstance(value, _IMPORTED | _Placeholder):
                said.append((name, *_told(value)))
    return said


def _shown(value: object) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def _told(value: Any) -> Iterator[object]:
    """Tell what a name holds, and what it answers."""
    if isinstance(value, type):
        yield from _class(value)
    elif inspect.isfunction(value):
        yield _member(value)
        yield _answer(value, *_arguments(value))
    else:
        yield _shown(value)


def _class(cls: type) -> Iterator[object]:
    yield from (cls.__name__, cls.__doc__, _signature(cls), [base.__name__ for base in cls.__bases__])
    members = {
        name: member
        for name, member in vars(cls).items()
        if not _MADE_BY_PYTHON.fullmatch(name)
        and not _is_absent(member)
        and not (name == "__annotations__" and not member)
    }
    yield from ((name, _member(member)) for name, member in members.items())
    if issubclass(cls, enum.Enum):
        yield list(map(repr, cls))
        return
    try:
        instance = cls(*_arguments(cls))
    except Exception as error:
        yield f"{type(error).__name__}: {error}"
        return
    yield _shown(instance)
    for name, member in members.items():
        if not name.startswith("_"):
            yield name, _answer(lambda name=name: _got(instance, name))
        if isinstance(member, property) and inspect.isfunction(member.fset):
            yield _answer(setattr, instance, name, 3)


def _got(instance: object, name: str) -> object:
    found = getattr(instance, name)
    return found(*_arguments(found)) if inspect.isroutine(found) else found


def _member(member: Any) -> object:
    match member:
        case staticmethod() | classmethod():
            return type(member).__name__, _member(member.__func__)
        case property():
            parts = (member.fget, member.fset, member.fdel)
            return "property", [_member(None if isinstance(part, _Placeholder) else part) for part in parts]
        case types.FunctionType():
            tests = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
            return member.__qualname__, [test(member) for test in tests], _signature(member), member.__doc__
        case type():
            return list(_class(member))
    return _shown(member)


def _is_absent(member: Any) -> bool:
    inner = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
    return isinstance(inner, _Placeholder)


def _signature(value: Callable[..., object]) -> str:
    try:
        return _shown(inspect.signature(value))
    except (TypeError, ValueError) as error:
        return str(error)


def _arguments(value: Callable[..., object]) -> list[int]:
    """Return a number for each parameter that has to be given."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return []
    asked = [one for one in parameters if one.default is one.empty and one.kind < one.VAR_POSITIONAL]
    return [number + 1 for number, _ in enumerate(asked)]


def _answer(call: Callable[..., object], *arguments: object) -> str:
    try:
        return _shown(_driven(call(*arguments)))
    except (Exception, TooLong) as error:
        return f"{type(error).__name__}: {error}"


def _driven(value: object) -> object:
    """Return all that a generator, a coroutine or an asynchronous generator gives."""
    if inspect.isgenerator(value):
        return ["yields", *map(_driven, value)]
    if inspect.iscoroutine(value):
        return ["returns", *_sent(value)]
    if inspect.isasyncgen(value):
        given: list[object] = ["yields later"]
        while True:
            try:
                given += _sent(value.asend(None))
            except StopAsyncIteration:
                return given
    return value


def _sent(awaited: Any) -> list[object]:
    given: list[object] = []
    while True:
        try:
            given.append(awaited.send(None))
        except StopIteration as end:
            return [*given, _driven(end.value)]
