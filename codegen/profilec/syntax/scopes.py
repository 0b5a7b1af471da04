"""Which name means what: the scopes of a module, what each of them binds, and every use of a name.

Made by `scope_walk`. Later rooms ask whether a `WASM` is the flag or somebody's local variable, and what
would become unbound if a part of the text went.
"""

import builtins
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import chain, takewhile
from typing import Literal

import libcst as cst
from msgspec import Struct

from profilec.syntax.read import Span

BUILTINS = frozenset(dir(builtins)) | {"PythonFinalizationError"}
"""The names that are bound everywhere: also those newer than the oldest Python that runs this compiler."""

_OF_CLASSES = frozenset({
    "classmethod", "staticmethod", "abstractclassmethod", "abstractstaticmethod",
    "__new__", "__init_subclass__", "__class_getitem__",
})  # fmt: skip
"""What makes a function in a class none of an instance: its decorator, or its name."""
_OF_PROPERTIES = frozenset({"setter", "getter", "deleter"})

LOOKS_AT_LOCALS = re.compile(r"\b(?:locals|vars|eval|exec)\(")
"""What may look at names of a function that nothing reads."""

type ScopeKind = Literal["module", "class", "function", "lambda", "comprehension", "type parameters"]
type BindingKind = Literal["import", "assignment", "definition", "parameter", "deletion"]


class Scope(Struct, eq=False):
    """One region in which names are bound.

    Attributes:
        node: the definition, lambda or comprehension; the module itself for the module's scope.
        bindings: what binds each name here, in the order of the text.
        declared: names under ``global`` or ``nonlocal`` here, with the places that say so.
        yields: places of ``yield`` that make this function a generator.
        awaits: places of ``await``, ``async for`` and ``async with`` in this scope.
    """

    kind: ScopeKind
    node: cst.CSTNode
    parent: "Scope | None"
    bindings: dict[str, list["Binding"]] = {}
    declared: dict[str, list[tuple[Literal["global", "nonlocal"], Span]]] = {}
    yields: list[Span] = []
    awaits: list[Span] = []

    def enclosing(self) -> "Iterator[Scope]":
        """Yield this scope and those around it, inner to outer."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    @property
    def module(self) -> "Scope":
        """The scope of the whole module."""
        return list(self.enclosing())[-1]


class Binding(Struct, frozen=True):
    """One place that binds a name.

    Attributes:
        span: the alias of an import, the name of a definition, the target of an assignment.
        owner: the node of the scope in which it is bound; the scope itself would be in a circle with it.
        target: for an import, the dotted path of what is imported; None where it is unknown.
        node: the import alias, the definition, or the name that is bound.
        statement: in a function, the assignment that binds this name alone.
        below: what follows that in its suite, where the name is bound if control comes there.
    """

    name: str
    kind: BindingKind
    span: Span
    owner: cst.CSTNode
    node: cst.CSTNode
    target: str | None = None
    statement: cst.Assign | cst.AnnAssign | None = None
    below: Span | None = None


class Use(Struct, frozen=True):
    """One place that reads or deletes a name; `quoted` where it stands in a string annotation."""

    name: str
    span: Span
    scope: Scope
    quoted: bool = False


class StarImport(Struct, frozen=True):
    """One ``from module import *``."""

    module: str
    span: Span


class Names(Struct, frozen=True, dict=True):
    """Every scope, binding and use of one module, in the order of the text.

    Attributes:
        rebound: names at its top that something else may bind too, so that they stand for nothing certain.
    """

    module: str
    root: Scope
    scopes: tuple[Scope, ...]
    uses: tuple[Use, ...]
    stars: tuple[StarImport, ...]
    _use_of: dict[cst.CSTNode, Use]
    rebound: frozenset[str] = frozenset()

    def is_own(self, path: str) -> bool:
        """Tell whether a dotted path is that of the package, or of something in it."""
        return path.partition(".")[0] == self.module.partition(".")[0]

    def use(self, node: cst.CSTNode) -> Use | None:
        """Return the use that a `Name` node is, if it is one."""
        return self._use_of.get(node)

    def binding_scope(self, name: str, scope: Scope) -> Scope | None:
        """Return the scope that binds what `name` reads in `scope`; None for builtins and unknown names."""
        for candidate in scope.enclosing():
            if candidate.kind == "class" and candidate is not scope:
                continue
            declared = candidate.declared.get(name)
            if declared and declared[0][0] == "global":
                return self.root if name in self.root.bindings else None
            if name in candidate.bindings and not declared:
                return candidate
        return None

    def bindings(self, use: Use) -> list[Binding]:
        """Return what binds the name that is used; nothing for builtins and unknown names."""
        scope = self.binding_scope(use.name, use.scope)
        return scope.bindings[use.name] if scope else []

    def qualified(self, node: cst.CSTNode) -> str | None:
        """Return the dotted path of what a name or attribute chain stands for, where that is certain.

        `p.WASM` after ``from . import _profile as p`` in the package `shop` is `shop._profile.WASM`; a
        name that the module itself binds at its top level is `module.name`. A local variable, a builtin
        and a name that is bound to different things have none.
        """
        if use := self._use_of.get(node):
            return self.path(use)
        if isinstance(node, cst.Attribute):
            owner = self.qualified(node.value)
            return f"{owner}.{node.attr.value}" if owner else None
        return None

    @cached_property
    def paths(self) -> tuple[str | None, ...]:
        """The dotted path of each use, as `path` gives it, in their order."""
        return tuple(map(self.path, self.uses))

    def path(self, use: Use) -> str | None:
        """Return the dotted path of what a use stands for, where that is certain."""
        scope = self.binding_scope(use.name, use.scope)
        bindings = scope.bindings[use.name] if scope else []
        if scope and _is_above(use, scope):
            return None
        if use.name in self.rebound and (not bindings or bindings[0].owner is self.root.node):
            return f"{self.module}.{use.name}"
        if (
            not bindings
            and len(self.stars) == 1
            and not use.name.startswith("_")
            and use.name not in BUILTINS
        ):
            return f"{self.stars[0].module}.{use.name}"
        if len(bindings) > 1 and bindings[0].owner is self.root.node and use.name not in BUILTINS:
            bindings = [one for one in bindings if one.kind != "deletion"]  # behind which the name is none
        paths = {self._path_of(binding) for binding in bindings}
        if len(paths) == 1:
            return paths.pop()
        return f"{self.module}.{use.name}" if paths and bindings[0].owner is self.root.node else None

    def assigned(self, use: Use) -> cst.BaseExpression | None:
        """Return what was assigned to a local name, where that is certain.

        Its function binds it nowhere else, and the assignment stands above in the same suite or one around.
        """
        scope = self.binding_scope(use.name, use.scope)
        if scope is None or scope.kind != "function":
            return None
        first, *others = scope.bindings[use.name]
        declaring = self._declaring.get(use.name, ())
        if others or first.statement is None or any(scope in one.enclosing() for one in declaring):
            return None
        return first.statement.value if first.below and first.below.covers(use.span) else None

    def assigned_at(self, place: int) -> str | None:
        """Return the local name to which the assignment binds something that a place is in."""
        index = bisect_right(self._assignments, place, key=lambda found: found[0].start) - 1
        span, name = self._assignments[index] if index >= 0 else (Span(0, 0), "")
        return name if place < span.end else None

    @cached_property
    def _assignments(self) -> list[tuple[Span, str]]:
        """Where names of functions are assigned to, in the order of the text."""
        found = chain(*(bindings for scope in self.scopes for bindings in scope.bindings.values()))
        return sorted((Span(one.span.start, one.below.start), one.name) for one in found if one.below)

    @cached_property
    def _declaring(self) -> dict[str, list[Scope]]:
        """The scopes in which names are `global` or `nonlocal`."""
        found: dict[str, list[Scope]] = {}
        for scope in self.scopes:
            for name in scope.declared:
                found.setdefault(name, []).append(scope)
        return found

    def member(self, use: Use | None) -> str | None:
        """Return the path of the class whose instance is used: where a method reads its first parameter.

        A decorator of the package may give the method something else, and so may the body of its class.
        """
        scope = self.binding_scope(use.name, use.scope) if use and self.is_instance(use) else None
        owner = scope.parent if scope else None
        if scope and owner and isinstance(owner.node, cst.ClassDef) and owner.parent is self.root:
            node = scope.node
            decorators = node.decorators if isinstance(node, cst.FunctionDef) else ()
            passed_on = isinstance(node, cst.FunctionDef) and (owner.node, node.name.value) in self._passed_on
            if not passed_on and all(self._gives_the_instance(one.decorator) for one in decorators):
                return f"{self.module}.{owner.node.name.value}"
        return None

    @cached_property
    def _passed_on(self) -> frozenset[tuple[cst.CSTNode, str]]:
        """The classes whose bodies read a name that they bind, each with that: `run = wrapped(run)`."""
        kept = {use for scope in self.scopes if scope.kind == "class" for use in self._of_properties(scope)}
        found = (use for use in self.uses if use.scope.kind == "class" and not use.quoted)
        return frozenset((use.scope.node, use.name) for use in found if use not in kept)

    def _of_properties(self, scope: Scope) -> Iterator[Use]:
        """Yield where `@size.setter` reads the property before it."""
        for binding in chain(*scope.bindings.values()):
            decorators = binding.node.decorators if isinstance(binding.node, cst.FunctionDef) else ()
            for decorator in decorators:
                match decorator.decorator:
                    case cst.Attribute(value=owner, attr=cst.Name(value=how)) if how in _OF_PROPERTIES:
                        if use := self.use(owner):
                            yield use

    def _gives_the_instance(self, decorator: cst.BaseExpression) -> bool:
        """Tell whether a decorator is one of Python, a property's, or of another package."""
        function = decorator.func if isinstance(decorator, cst.Call) else decorator
        if path := self.qualified(function):
            return not self.is_own(path) or (
                isinstance(function, cst.Attribute) and function.attr.value in _OF_PROPERTIES
            )
        if isinstance(function, cst.Attribute):
            return function.attr.value in _OF_PROPERTIES
        use = self.use(function)
        return use is not None and not self.bindings(use)

    def is_instance(self, use: Use) -> bool:
        """Tell whether a use reads the first parameter of a method, and nothing else is bound to it.

        One that is called `cls` is a class, whatever makes it one.
        """
        return use.name != "cls" and self._is_first(use, of_class=False)

    def is_class(self, use: Use) -> bool:
        """Tell whether a use reads the first parameter of a class method, and nothing else is bound to it."""
        return self._is_first(use, of_class=True)

    def _is_first(self, use: Use, *, of_class: bool) -> bool:
        scope = self.binding_scope(use.name, use.scope)
        if scope is None or scope.parent is None or not isinstance(scope.parent.node, cst.ClassDef):
            return False
        node = scope.node
        if not isinstance(node, cst.FunctionDef):
            return False
        decorators = [one.decorator for one in node.decorators]
        kinds = {node.name.value}
        kinds.update(one.value for one in decorators if isinstance(one, cst.Name))
        kinds.update(one.attr.value for one in decorators if isinstance(one, cst.Attribute))
        first = next(parameters_of(node.params), None)
        is_first = first is not None and first.name.value == use.name
        is_as_asked = kinds.isdisjoint(_OF_CLASSES) is not of_class and "staticmethod" not in kinds
        return is_first and is_as_asked and len(scope.bindings[use.name]) == 1

    def _path_of(self, binding: Binding) -> str | None:
        if binding.kind == "import":
            return binding.target
        at_top = binding.owner is self.root.node and binding.kind in ("assignment", "definition")
        return f"{self.module}.{binding.name}" if at_top else None


def _is_above(use: Use, scope: Scope) -> bool:
    """Tell whether a name is read where nothing has bound it yet, while its scope runs down to there."""
    if use.span.start >= scope.bindings[use.name][0].span.start:
        return False
    inner = takewhile(lambda one: one is not scope, use.scope.enclosing())
    return all(one.kind not in ("function", "lambda") for one in inner)


def module_name(path: str) -> str:
    """Return the dotted name of a file: `shop/spill.py` is `shop.spill`, `shop/__init__.py` is `shop`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def package_name(path: str) -> str:
    """Return the dotted name of the package that the relative imports of a file start from: its folder's."""
    return path.rpartition("/")[0].replace("/", ".")


def parameters_of(parameters: cst.Parameters) -> Iterator[cst.Param]:
    """Yield every parameter in the order of the text."""
    yield from parameters.posonly_params
    yield from parameters.params
    if isinstance(parameters.star_arg, cst.Param):
        yield parameters.star_arg
    yield from parameters.kwonly_params
    if parameters.star_kwarg:
        yield parameters.star_kwarg


def imported_paths(node: cst.Import | cst.ImportFrom) -> list[str]:
    """List the modules, or the names of a module, that an absolute import asks for; nothing for others."""
    if isinstance(node, cst.Import):
        return [dotted(alias.name) for alias in node.names]
    if node.relative or node.module is None or isinstance(node.names, cst.ImportStar):
        return []
    return [f"{dotted(node.module)}.{dotted(alias.name)}" for alias in node.names]


def dotted(node: cst.CSTNode) -> str:
    """Return a name, or a chain of attributes of names, as text."""
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    assert isinstance(node, cst.Name)
    return node.value
