"""The classes of a tree, and what members they have or may have."""

import ast
import builtins
import enum
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import EllipsisType

from profilec.prove.changes import top_classes
from profilec.prove.names.behind import Values, class_around, decorator_names
from profilec.prove.names.bindings import bindings
from profilec.prove.names.meanings import Meanings, bare, is_first_parameter, is_property
from profilec.prove.names.modules import parse
from profilec.prove.names.nodes import last_name, walk
from profilec.prove.names.scopes import Scope
from profilec.prove.names.tested import narrowed
from profilec.prove.names.tree_meanings import TreeMeanings

_DECORATORS = frozenset({
    "dataclasses.dataclass", "enum.unique", "enum.verify", "functools.total_ordering", "typing.final",
    "typing.runtime_checkable",
})  # fmt: skip
_PLAIN_BASES = frozenset({"abc.ABC", "typing.Generic", "typing.Protocol", "typing.NamedTuple"})
_METACLASSES = frozenset({"abc.ABCMeta", "enum.EnumMeta", "enum.EnumType", "builtins.type"})
_DYNAMIC = frozenset({"__getattr__", "__getattribute__"})
_SEQUENCES = frozenset({"deque", "list", "mutablesequence", "sequence", "tuple"})
"""Generic types, in small letters, that have an element of the type that they are given at each place."""
_ITERABLES = _SEQUENCES | {
    "abstractset", "asynciterable", "asynciterator", "collection", "frozenset", "iterable", "iterator", "set",
}  # fmt: skip
"""Generic types, in small letters, that going through gives elements of the type that they are given."""
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict"})
_OF_CLASSES = ("__new__", "__init_subclass__", "__class_getitem__")
"""Methods that are called with a class though nothing decorates them."""
_FURTHEST = 8
"""Re-exports and bases that are followed; a circle ends here."""

type Class = tuple[str, str]
"""A class at the top of a module: the module and the name."""
type _Annotation = tuple[ast.expr, Scope, str]
"""An annotation, the scope that it stands in, and the module."""


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
        """The class that a test, or an annotation, says that something is, or what a call gives."""
        match node:
            case ast.Call(func=function):
                return self._returned_by(function, module, meanings, ast.FunctionDef)
            case ast.Await(value=ast.Call(func=function)):
                return self._returned_by(function, module, meanings, ast.AsyncFunctionDef)
            case ast.Starred(value=table):
                return self._element(table, module, meanings, is_entry=False)
            case ast.Subscript(value=table, slice=key) if not isinstance(key, ast.Slice):
                return self._element(table, module, meanings, is_entry=True)
            case ast.Name() if (tested := narrowed(meanings.module.syntax).get(id(node))) is not None:
                return self._one_of(meanings.values(tested), module, meanings)
        if found := self._annotation(node, module, meanings):
            return self._in_annotation((_class_in(found[0]) or found[0], *found[1:]))
        match _given(node, meanings):
            case [ast.Call() | ast.Await() | ast.Starred() | ast.Subscript() as value]:
                return self._annotated(value, module, meanings)
        return None

    def _annotation(self, node: ast.expr, module: str, meanings: Meanings) -> _Annotation | None:
        """The annotation of a parameter, or a variable, that is set once, or of a field."""
        match node:
            case ast.Name(id=name) if (owner := meanings.behind.owner_of(node)) is not None:
                is_set_again = len(_given(node, meanings)) + (name in owner.unknown) > 1
                annotation = None if is_set_again else owner.annotations.get(name)
                return (annotation, owner, module) if annotation is not None else None
            case ast.Attribute(value=value, attr=name) if holder := self.class_of(module, value):
                there = self.meanings(holder[0])
                scopes = there.scopes.definitions[holder[1]] if there else []
                found = ((one.annotations.get(name) or _property(one, name), one) for one in scopes)
                return next(((text, one, holder[0]) for text, one in found if text is not None), None)
        return None

    def _element(self, table: ast.expr, module: str, meanings: Meanings, *, is_entry: bool) -> Class | None:
        """The class that an annotation says the elements, or the entries, of a table are of."""
        kinds = _SEQUENCES if is_entry else _ITERABLES
        match table:
            case ast.Call(func=ast.Attribute(value=inner, attr="values"), args=[]):
                table, is_entry, kinds = inner, True, frozenset()
        found = self._annotation(table, module, meanings)
        if found is None:
            return None
        match bare(found[0]):
            case ast.Subscript(value=kind, slice=ast.Tuple(elts=[_, element])) if (
                is_entry and last_name(kind) in _MAPPINGS
            ):
                return self._in_annotation((element, *found[1:]))
            case ast.Subscript(
                value=kind, slice=ast.Tuple(elts=[element, ast.Constant(value=EllipsisType())])
            ):
                return self._in_annotation((element, *found[1:])) if last_name(kind) in kinds else None
            case ast.Subscript(value=kind, slice=element) if last_name(kind).lower() in kinds:
                return self._in_annotation((element, *found[1:]))
        return None

    def _returned_by(
        self, function: ast.expr, module: str, meanings: Meanings, kind: type[ast.stmt]
    ) -> Class | None:
        """The class that the one function of a kind that is called says that it returns, undecorated."""
        match [*meanings.values(function)]:
            case [Scope() as scope]:
                found, origin = [scope], module
            case [str(name)]:
                origin, _, last = self.seen_through(name).rpartition(".")
                there = self.meanings(origin)
                found = there.scopes.definitions.get(last, []) if there else []
            case _:
                return None
        match found:
            case [
                Scope(
                    node=ast.FunctionDef(decorator_list=[], returns=ast.expr() as annotation)
                    | ast.AsyncFunctionDef(decorator_list=[], returns=ast.expr() as annotation) as node,
                    parent=Scope() as around,
                )
            ] if isinstance(node, kind):
                return self._in_annotation((annotation, around, origin))
        return None

    def _in_annotation(self, annotation: _Annotation) -> Class | None:
        text, scope, module = annotation
        meanings = self.meanings(module)
        return self._one_of(meanings.annotated(text, scope), module, meanings) if meanings else None

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

    def is_instance(self, module: str, node: ast.expr, depth: int = 0) -> bool | None:
        """Whether what is of a class is an instance of it, or is it itself; None if it is not known."""
        meanings = self.meanings(module)
        if meanings is None or depth > _FURTHEST:
            return None
        match node:
            case ast.Call(func=ast.Name(id="super") as function, args=[]):
                return _has_instance(meanings.behind.scope_of(function))
            case ast.Call(func=function) if self.class_of(module, function) is not None:
                return True
            case ast.Name(id=name) if owner := meanings.behind.owner_of(node):
                if is_first_parameter(owner, name):
                    return _has_instance(owner)
                if name in owner.definitions:
                    return False
        if annotation := self._annotation(node, module, meanings):
            return _class_in(annotation[0]) is None
        if self._annotated(node, module, meanings) is not None:
            return True
        if any(isinstance(value, str) and not value.endswith("()") for value in meanings.values(node)):
            return False
        found = {self.is_instance(module, one, depth + 1) for one in meanings.behind.of(node)}
        return found.pop() if len(found) == 1 else None

    def is_common(self, method: str) -> bool:
        """Whether several classes of the tree define a method."""
        if method not in self._common:
            defining = (one for one in self._naming(method) if method in bindings(one.body))
            self._common[method] = len([*defining]) > 1
        return self._common[method]

    @cached_property
    def _common(self) -> dict[str, bool]:
        """The methods that were asked about, and whether several classes define them."""
        return {}

    def has_subclass(self, owner: Class) -> bool:
        """Whether a class of the tree has a base that is called as a class is."""
        if owner not in self._with_subclass:
            bases = (base for one in self._naming(owner[1]) for base in one.bases)
            self._with_subclass[owner] = any(last_name(base) == owner[1] for base in bases)
        return self._with_subclass[owner]

    @cached_property
    def _with_subclass(self) -> dict[Class, bool]:
        """The classes that were asked about, and whether they have a subclass."""
        return {}

    def _naming(self, word: str) -> Iterator[ast.ClassDef]:
        """The classes in the files that hold a word."""
        files = [file for file in self.files.values() if word.encode() in file.data]
        modules = filter(None, (parse(file.path, file.data) for file in files))
        nodes = (node for module in modules for node in walk(module.syntax))
        return (node for node in nodes if isinstance(node, ast.ClassDef))

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


def _given(node: ast.expr, meanings: Meanings) -> list[ast.expr]:
    """What a variable is set to, but for constants."""
    owner = meanings.behind.owner_of(node)
    values = owner.values.get(node.id, ()) if owner and isinstance(node, ast.Name) else ()
    return [one for one in values if not isinstance(one, ast.Constant)]


def _class_in(annotation: ast.expr) -> ast.expr | None:
    """The class that an annotation is about, where it says that something is a class: `type[A]`."""
    match bare(annotation):
        case ast.Subscript(value=ast.Name(id="type" | "Type") | ast.Attribute(attr="Type"), slice=inner):
            return inner
    return None


def _property(scope: Scope, name: str) -> ast.expr | None:
    """What a property of a class says that it gives."""
    match scope.definitions.get(name):
        case [Scope(node=ast.FunctionDef(returns=annotation) as method)] if is_property(method):
            return annotation
    return None


def _has_instance(scope: Scope | None) -> bool:
    """Whether the method that a scope is in is called with an instance, not with its class."""
    while scope is not None and class_around(scope) is None:
        scope = scope.parent
    if scope is None:
        return False
    is_of_class = getattr(scope.node, "name", "") in _OF_CLASSES
    return not is_of_class and decorator_names(scope.node).isdisjoint({"classmethod", "staticmethod"})


def _is_plain(keyword: ast.keyword, meanings: Meanings) -> bool:
    return keyword.arg == "metaclass" and bool(meanings.names(keyword.value) & _METACLASSES)
