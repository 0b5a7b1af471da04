"""The classes of a tree, and what members they have or may have."""

import ast
import builtins
import enum
from collections.abc import Mapping
from functools import cached_property

from profilec.prove.changes import top_classes
from profilec.prove.names.behind import Values
from profilec.prove.names.bindings import bindings
from profilec.prove.names.meanings import Meanings
from profilec.prove.names.modules import parse
from profilec.prove.names.nodes import walk
from profilec.prove.names.scopes import Scope
from profilec.prove.names.tree_meanings import TreeMeanings

_DECORATORS = frozenset({
    "dataclasses.dataclass", "enum.unique", "enum.verify", "functools.total_ordering", "typing.final",
    "typing.runtime_checkable",
})  # fmt: skip
_PLAIN_BASES = frozenset({"abc.ABC", "typing.Generic", "typing.Protocol", "typing.NamedTuple"})
_METACLASSES = frozenset({"abc.ABCMeta", "enum.EnumMeta", "enum.EnumType", "builtins.type"})
_DYNAMIC = frozenset({"__getattr__", "__getattribute__"})
_FURTHEST = 8
"""Re-exports and bases that are followed; a circle ends here."""

type Class = tuple[str, str]
"""A class at the top of a module: the module and the name."""


class Classes(TreeMeanings, dict=True):
    """The classes of a tree, found by dotted names."""

    def named(self, name: str, depth: int = 0) -> Class | None:
        """The class that a dotted name is, seen through the modules that pass it on."""
        module, _, last = name.removesuffix("()").rpartition(".")
        meanings = self.meanings(module)
        if meanings is None or depth > _FURTHEST:
            return None
        if last in top_classes(meanings.scopes):
            return module, last
        match [*meanings.exports([last])]:
            case [exported]:
                return self.named(exported, depth + 1)
        return None

    def class_of(self, module: str, node: ast.expr) -> Class | None:
        """The class of the package that an expression of a module, or the type of its value, surely is.

        It is one of its subclasses where only an annotation says so.
        """
        meanings = self.meanings(module)
        if meanings is None:
            return None
        found = self._one_of(meanings.values(node), module, meanings)
        return found or self._annotated(node, module, meanings)

    def _one_of(self, values: Values, module: str, meanings: Meanings) -> Class | None:
        match [*values]:
            case [str(name)]:
                return self.named(name)
            case [Scope(node=ast.ClassDef(name=name) as definition)]:
                return (module, name) if top_classes(meanings.scopes).get(name) is definition else None
        return None

    def _annotated(self, node: ast.expr, module: str, meanings: Meanings) -> Class | None:
        """The class that a parameter, a variable or a field is annotated with, or what a call gives.

        A parameter or a variable is set once.
        """
        match node:
            case ast.Name(id=name):
                owner = meanings.behind.owner_of(node)
                values = owner.values.get(name, ()) if owner else ()
                given = [one for one in values if not isinstance(one, ast.Constant)]
                if owner is None or len(given) + (name in owner.unknown) > 1:
                    return None
                if name in owner.annotations:
                    return self._in_annotation(owner.annotations[name], owner, module, meanings)
                is_made = given and isinstance(given[0], ast.Call)  # `x = x.y` would go on for ever
                return self._annotated(given[0], module, meanings) if is_made else None
            case ast.Attribute(value=value, attr=name) if holder := self.class_of(module, value):
                there = self.meanings(holder[0])
                if there is not None:
                    (scope,) = there.scopes.definitions[holder[1]]
                    return self._in_annotation(scope.annotations.get(name), scope, holder[0], there)
            case ast.Call(func=function):
                match [*meanings.values(function)]:
                    case [Scope() as scope]:
                        return self._returned_by([scope], module)
                    case [str(name)]:
                        origin, _, last = self.seen_through(name).rpartition(".")
                        there = self.meanings(origin)
                        return self._returned_by(
                            there.scopes.definitions.get(last, []) if there else [], origin
                        )
        return None

    def _returned_by(self, functions: list[Scope], module: str) -> Class | None:
        """The class that a function of a module says that it returns, if nothing decorates it."""
        meanings = self.meanings(module)
        match functions:
            case [Scope(node=ast.FunctionDef(decorator_list=[], returns=annotation), parent=scope)]:
                return (
                    self._in_annotation(annotation, scope, module, meanings) if scope and meanings else None
                )
        return None

    def _in_annotation(
        self, annotation: ast.expr | None, scope: Scope, module: str, meanings: Meanings
    ) -> Class | None:
        found = meanings.annotated(annotation, scope) if annotation is not None else frozenset()
        return self._one_of(found, module, meanings)

    def is_enumeration(self, owner: Class, depth: int = 0) -> bool:
        """Whether a class is an enumeration, be it by way of its bases."""
        meanings = self.meanings(owner[0])
        if meanings is None or depth > _FURTHEST:
            return False
        for base in top_classes(meanings.scopes)[owner[1]].bases:
            if above := self.class_of(owner[0], base):
                if self.is_enumeration(above, depth + 1):
                    return True
            elif any(name.startswith("enum.") for name in meanings.names(base)):
                return True
        return False

    def may_be_subclass(self, module: str, node: ast.expr) -> bool:
        """Whether an expression may be of a subclass of its class, as `self` may, and what is annotated."""
        meanings = self.meanings(module)
        if meanings is None:
            return False
        owner = meanings.behind.owner_of(node)
        is_in_function = owner is not None and owner.kind == "function"
        return is_in_function or self._one_of(meanings.values(node), module, meanings) is None

    @cached_property
    def _common(self) -> dict[str, bool]:
        """The methods that were asked about, and whether several classes define them."""
        return {}

    def is_common(self, method: str) -> bool:
        """Whether several classes of the tree define a method."""
        if method not in self._common:
            files = [file for file in self.files.values() if method.encode() in file.data]
            modules = filter(None, (parse(file.path, file.data) for file in files))
            nodes = (node for module in modules for node in walk(module.syntax))
            defined = [node for node in nodes if isinstance(node, ast.ClassDef)]
            self._common[method] = sum(method in bindings(one.body) for one in defined) > 1
        return self._common[method]

    def has_lost(
        self, owner: Class, member: str, members: Mapping[Class, frozenset[str]], depth: int = 0
    ) -> bool:
        """Whether a class, or a base of it, has lost a member."""
        meanings = self.meanings(owner[0])
        if member in members.get(owner, ()) or meanings is None or depth > _FURTHEST:
            return member in members.get(owner, ())
        bases = (self.class_of(owner[0], base) for base in top_classes(meanings.scopes)[owner[1]].bases)
        return any(base is not None and self.has_lost(base, member, members, depth + 1) for base in bases)

    def may_have(self, owner: Class, member: str, depth: int = 0) -> bool:
        """Whether a class has a member, or may have it by way of something that is not known."""
        module, name = owner
        meanings = self.meanings(module)
        if meanings is None or depth > _FURTHEST:
            return True
        definition = top_classes(meanings.scopes)[name]
        if not bindings(definition.body).keys().isdisjoint({member, *_DYNAMIC}):
            return True
        decorators = (node.func if isinstance(node, ast.Call) else node for node in definition.decorator_list)
        return (
            any(not meanings.names(decorator) & _DECORATORS for decorator in decorators)
            or any(not _is_plain(keyword, meanings) for keyword in definition.keywords)
            or any(self._base_may_have(module, base, member, depth) for base in definition.bases)
        )

    def _base_may_have(self, module: str, base: ast.expr, member: str, depth: int) -> bool:
        base = base.value if isinstance(base, ast.Subscript) else base
        owner, meanings = self.class_of(module, base), self.meanings(module)
        if owner is not None:
            return self.may_have(owner, member, depth + 1)
        match [*(meanings.names(base) if meanings else ())]:
            case [name] if name in _PLAIN_BASES:
                return False
            case [name]:
                origin, _, last = name.rpartition(".")
                known = {"builtins": builtins, "enum": enum}.get(origin)
                return not isinstance(found := getattr(known, last, None), type) or hasattr(found, member)
        return True


def _is_plain(keyword: ast.keyword, meanings: Meanings) -> bool:
    return keyword.arg == "metaclass" and bool(meanings.names(keyword.value) & _METACLASSES)
