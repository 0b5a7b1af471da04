"""Proof 2, for calls: no tree gives a function an argument for a parameter that the function has lost.

Only what can be decided is a finding: what is called is one function of the package and nothing else.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from profilec.config import Config
from profilec.diagnostics import Finding
from profilec.prove.changes import Change, top_classes
from profilec.prove.classes import Class, Classes
from profilec.prove.fields import fields_of, makes_constructor
from profilec.prove.names.behind import PARTIAL, decorator_names
from profilec.prove.names.bindings import bindings
from profilec.prove.names.meanings import Meanings
from profilec.prove.names.modules import finding_at, is_python, module_name, unguarded
from profilec.prove.names.nodes import walk
from profilec.prove.names.scopes import Scope
from profilec.prove.parameters import Dropped
from profilec.tree import EmittedFile, SourceFile, Tree

_REPLACING = frozenset(
    {"dataclasses.replace", "copy.replace", "msgspec.structs.replace", "attrs.evolve", "attr.evolve"}
)
"""Functions that make an object like the one that they are given, with other values by name."""
_FURTHEST = 8
"""Bases that are gone through for a method."""

type Function = tuple[str, str, str]
"""A function by its module, its class, if it is a method, and its name."""
type Lost = Mapping[Function, list[Dropped]]


def prove_calls(
    sources: Mapping[str, SourceFile],
    tree: Tree,
    config: Config,
    by_facts: Mapping[str, frozenset[int]],
    changes: Mapping[str, Change],
) -> Iterator[Finding]:
    """Findings PC404 of one tree about arguments.

    Args:
        sources: the files of the source root by path.
        tree: what one profile makes of them.
        config: the project's configuration.
        by_facts: the lines of each source file that went because of facts: what is there was never a
            parameter in that world.
        changes: what became of each changed file.
    """
    lost: dict[Function, list[Dropped]] = {}
    for path, one in changes.items():
        never = by_facts.get(path, frozenset())
        for gone in one.dropped if is_python(path) else ():
            if gone.line not in never:
                function = module_name(path)[0], gone.owner, gone.function
                lost.setdefault(function, []).append(gone)
    if not lost:
        return
    names = {owner if last == "__init__" else last for _, owner, last in lost} | {"super"}
    word = re.compile(rb"(?<!\w)(?:%s)(?!\w)" % b"|".join(re.escape(name.encode()) for name in sorted(names)))
    classes = Classes.of(tree)
    for file in classes.files.values():
        if word.search(file.data) is None:
            continue
        for node, (module, owner, name), parameter in _Calls(file, lost, classes).find():
            shown = ".".join(filter(None, (owner, name)))
            message = f"`{shown}` of `{module}` takes no `{parameter}` in this tree"
            hint = "select both for the same profiles"
            source = sources.get(file.path)
            yield finding_at(config, tree, file, source, node, code="PC404", message=message, hint=hint)


class _Calls(Struct, dict=True):
    """The calls of one file.

    Attributes:
        file: the file.
        lost: what functions have lost.
        classes: the classes of the tree.
    """

    file: EmittedFile
    lost: Lost
    classes: Classes

    def find(self) -> Iterator[tuple[ast.Call | ast.keyword, Function, str]]:
        """Each argument for a parameter that is there no more: its node, the function, the parameter."""
        if self._meanings is None:
            return
        syntax = self._meanings.module.syntax
        texts = {node.value for node in walk(syntax) if isinstance(node, ast.Constant)}
        asking = (
            node for node in unguarded(syntax, "TypeError") if isinstance(node, ast.Call | ast.MatchClass)
        )
        for node, function in map(self._followed, asking):
            if function is None:
                continue
            for parameter in self.lost.get(function, ()):
                given = [one for one in node.keywords if one.arg == parameter.parameter]
                if given and parameter.by_name and parameter.parameter not in texts:
                    yield given[0], function, parameter.parameter
                    break
                if self._has_too_many(node, function, parameter):
                    yield node, function, parameter.parameter
                    break

    @cached_property
    def _own(self) -> str:
        return module_name(self.file.path)[0]

    @cached_property
    def _meanings(self) -> Meanings | None:
        return self.classes.meanings(self._own)

    def _followed(self, call: ast.Call | ast.MatchClass) -> tuple[ast.Call, Function | None]:
        """A call, or the one that it prepares or makes an object by, and the function that is then called."""
        if isinstance(call, ast.MatchClass):
            return self._matched(call)
        called = self._meanings.names(call.func) if self._meanings else frozenset()
        match call.args:
            case [made, *others] if called == {PARTIAL}:
                prepared = ast.copy_location(ast.Call(made, others, call.keywords), call)
                return prepared, self._called(prepared)
            case [like] if called and called <= _REPLACING:
                owner = self.classes.class_of(self._own, like)
                replaced = ast.copy_location(ast.Call(call.func, [], call.keywords), call)
                return replaced, self._constructor(owner) if owner else None
        return call, self._called(call)

    def _matched(self, pattern: ast.MatchClass) -> tuple[ast.Call, Function | None]:
        """A pattern as the call that would make what it matches, where it asks for fields by their places."""
        call = ast.copy_location(ast.Call(pattern.cls, [pattern.cls for _ in pattern.patterns], []), pattern)
        module, name = owner = self.classes.class_of(self._own, pattern.cls) or ("", "")
        meanings = self.classes.meanings(module)
        definition = top_classes(meanings.scopes)[name] if meanings else None
        is_by_fields = definition is not None and makes_constructor(definition)
        if definition is None or not is_by_fields or "__match_args__" in bindings(definition.body):
            return call, None
        return call, self._constructor(owner)

    def _constructor(self, owner: Class) -> Function | None:
        """The function that makes an instance of a class, or of what would be a subclass of it."""
        return None if self.classes.has_subclass(owner) else self._method(owner, "__init__")

    def _has_too_many(self, call: ast.Call, function: Function, parameter: Dropped) -> bool:
        """Whether a call has more arguments without names than a function takes."""
        before = self._given_before(call, function)
        if (
            before is None
            or parameter.takes is None
            or any(isinstance(one, ast.Starred) for one in call.args)
        ):
            return False
        given = len(call.args) - before
        return parameter.takes < given <= (given if parameter.took is None else parameter.took)

    def _given_before(self, call: ast.Call, function: Function) -> int | None:
        """How many arguments stand before those that count: 1 for the instance that `A.f(a)` gives itself."""
        module, owner, name = function
        match call.func:
            case ast.Attribute(value=value, attr=attribute) if owner and attribute == name:
                there = self.classes.meanings(module)
                methods = [
                    one
                    for scope in (there.scopes.definitions[owner] if there else ())
                    for one in scope.definitions.get(name, ())
                ]
                if any(decorator_names(one.node) & {"classmethod", "staticmethod"} for one in methods):
                    return 0
                is_instance = self.classes.is_instance(self._own, value)
                return None if is_instance is None else int(not is_instance)
        return 0

    def _called(self, call: ast.Call) -> Function | None:
        """The function that a call surely calls."""
        meanings, function = self._meanings, call.func
        match [*(meanings.values(function) if meanings else ())]:
            case [str(name)]:
                module, _, last = self.classes.seen_through(name).rpartition(".")
                if (module, "", last) in self.lost:
                    return module, "", last
                if (owner := self.classes.named(name)) is not None and not name.endswith("()"):
                    return self._method(owner, "__init__")
            case [Scope(node=ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name)) as scope]:
                if meanings and meanings.scopes.definitions.get(name) == [scope]:
                    return self._own, "", name
            case [Scope(node=ast.ClassDef())] if owner := self.classes.class_of(self._own, function):
                is_certain = not self.classes.may_be_subclass(self._own, function)
                return self._method(owner, "__init__") if is_certain else self._constructor(owner)
        match function:
            case ast.Attribute(value=value, attr=name):
                owner = self.classes.class_of(self._own, value)
                found = self._method(owner, name) if owner else None
                if found not in self.lost:
                    return None
                may_be_another = self.classes.may_be_subclass(self._own, value)
                return None if may_be_another and self.classes.is_common(name) else found
        return None

    def _method(self, owner: Class, name: str, depth: int = 0) -> Function | None:
        """The function that a method of a class is, found as Python finds it."""
        meanings, (module, last) = self.classes.meanings(owner[0]), owner
        if meanings is None or depth > _FURTHEST:
            return None
        definition = top_classes(meanings.scopes)[last]
        if (module, last, name) in self.lost or name in bindings(definition.body):
            return module, last, name
        if name == "__init__" and makes_constructor(definition) and any(fields_of(definition)):
            return None  # its own fields stand behind those that it inherits, or for them
        for base in definition.bases:
            above = self.classes.class_of(module, base.value if isinstance(base, ast.Subscript) else base)
            return self._method(above, name, depth + 1) if above else None
        return None
