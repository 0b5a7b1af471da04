"""What functions and classes of a file have lost of their parameters, and can be called with no more."""

import ast
from collections.abc import Iterator, Mapping

from msgspec import Struct

from profilec.prove.fields import fields_of, makes_constructor
from profilec.prove.names.behind import decorator_names
from profilec.prove.names.nodes import last_name
from profilec.prove.names.scopes import Scope

_KEEPING = frozenset({
    "abstractmethod", "asynccontextmanager", "cache", "classmethod", "contextmanager", "dataclass", "final",
    "lru_cache", "override", "staticmethod",
})  # fmt: skip
"""Decorators that leave a function or class to be called as it is defined."""
_LENIENT = frozenset({"BaseModel", "TypedDict"})
"""Bases of classes whose fields are no parameters, or that take any."""
_WITHOUT_FIELDS = frozenset({"Generic", "NamedTuple", "Struct", "object"})
"""Bases that bring no fields."""

type Function = ast.FunctionDef | ast.AsyncFunctionDef


class Dropped(Struct, frozen=True):
    """A parameter that one function has lost.

    Attributes:
        owner: the class of a method; empty for a function at the top of a file.
        function: `__init__` for one of a class that is made by its fields, too.
        parameter: its name.
        line: where the source has it.
        took: how many arguments without a name the function took; None for any number.
        takes: how many it still takes.
        by_name: whether it cannot be given by its name any more: no `**` takes it.
    """

    owner: str
    function: str
    parameter: str
    line: int
    took: int | None
    takes: int | None
    by_name: bool


class _Parameters(Struct, frozen=True):
    """The parameters of a function, with their lines; the rest as above."""

    lines: Mapping[str, int]
    takes: int | None
    takes_any: bool
    is_plain: bool


def dropped(before: Scope, after: Scope) -> Iterator[Dropped]:
    """The parameters that functions and methods of a file have lost, of those that are defined once in it."""
    there, here = _functions(before), _functions(after)
    for name in sorted(there.keys() & here.keys()):
        match here[name]:
            case [_Parameters(is_plain=True) as left]:
                had = {parameter: line for one in there[name] for parameter, line in one.lines.items()}
                most = [one.takes for one in there[name] if one.takes is not None]
                took = max(most) if len(most) == len(there[name]) else None
                for parameter in sorted(had.keys() - left.lines.keys()):
                    yield Dropped(*name, parameter, had[parameter], took, left.takes, not left.takes_any)


def _functions(module: Scope) -> dict[tuple[str, str], list[_Parameters]]:
    found: dict[tuple[str, str], list[_Parameters]] = {}
    for name, one in _definitions(module):
        match one.node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() as function:
                found.setdefault(("", name), []).append(_parameters(function, skipped=0))
            case ast.ClassDef() as definition:
                for method, parameters in _methods(one, definition):
                    found.setdefault((name, method), []).append(parameters)
    return found


def _definitions(scope: Scope) -> Iterator[tuple[str, Scope]]:
    """The definitions in a scope whose names stand for nothing else."""
    for name, found in scope.definitions.items():
        if name not in scope.values and name not in scope.imports:
            yield from ((name, one) for one in found)


def _methods(scope: Scope, definition: ast.ClassDef) -> Iterator[tuple[str, _Parameters]]:
    for name, one in _definitions(scope):
        match one.node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() as method:
                skipped = 0 if "staticmethod" in decorator_names(method) else 1
                yield name, _parameters(method, skipped)
    is_lenient = not _LENIENT.isdisjoint(map(last_name, definition.bases))
    if makes_constructor(definition) and "__init__" not in scope.bound and not is_lenient:
        plain, keywords = fields_of(definition)
        fields = {ast.unparse(node.target): node.lineno for node in (*plain, *keywords)}
        is_whole = _WITHOUT_FIELDS.issuperset(map(last_name, definition.bases))
        takes = len(plain) if is_whole else None
        yield "__init__", _Parameters(fields, takes, takes_any=False, is_plain=True)


def _parameters(function: Function, skipped: int) -> _Parameters:
    given = function.args
    plain = [*given.posonlyargs, *given.args][skipped:]
    lines = {one.arg: one.lineno for one in (*plain, *given.kwonlyargs)}
    takes = None if given.vararg else len(plain)
    is_plain = decorator_names(function) <= _KEEPING
    return _Parameters(lines, takes, takes_any=given.kwarg is not None, is_plain=is_plain)
