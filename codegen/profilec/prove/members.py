"""Proof 2, for classes: no tree reads a member that its class has lost.

Only what can be decided is a finding: the expression stands for one class of the package and nothing else,
and no base, metaclass, decorator or assignment that is not known could give it the member all the same.
"""

import ast
import builtins
import enum
from collections.abc import Iterator, Mapping

from profilec.config import Config
from profilec.diagnostics import Finding
from profilec.prove.changes import Change, top_classes
from profilec.prove.names.bindings import bindings
from profilec.prove.names.meanings import Meanings
from profilec.prove.names.modules import finding_at, is_python, module_name, parse, unguarded
from profilec.prove.names.nodes import walk
from profilec.prove.names.scopes import Scope
from profilec.prove.names.tree_meanings import TreeMeanings
from profilec.tree import EmittedFile, SourceFile, Tree

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


def prove_members(
    sources: Mapping[str, SourceFile],
    tree: Tree,
    config: Config,
    by_facts: Mapping[str, frozenset[int]],
    changes: Mapping[str, Change],
) -> Iterator[Finding]:
    """Findings PC404 of one tree about members of classes.

    Args:
        sources: the files of the source root by path.
        tree: what one profile makes of them.
        config: the project's configuration.
        by_facts: the lines of each source file that went because of facts: what is there was never a member
            in that world.
        changes: what became of each changed file.
    """
    lost = _find_lost(by_facts, changes)
    words = {name.encode(): name for names in lost.values() for name in names}
    if not words:
        return
    classes = _Classes.of(tree)
    mentioning = [file for file in classes.files.values() if any(word in file.data for word in words)]
    given = frozenset(name for file in mentioning for name in given_attributes(file))
    members = {owner: names - given for owner, names in lost.items()}
    defined = frozenset(name for file in mentioning for name in _defined(file))
    for file in mentioning:
        for node, owner in _reads(file, members, defined, classes):
            message = f"`{owner[1]}` of `{owner[0]}` has no `{node.attr}` in this tree"
            hint = "select both for the same profiles"
            source = sources.get(file.path)
            yield finding_at(config, tree, file, source, node, code="PC404", message=message, hint=hint)


def _find_lost(
    by_facts: Mapping[str, frozenset[int]], changes: Mapping[str, Change]
) -> dict[Class, frozenset[str]]:
    """The members that each class has in the source and not in a tree."""
    found: dict[Class, frozenset[str]] = {}
    for path, one in changes.items():
        never = by_facts.get(path, frozenset())
        for member in one.gone if is_python(path) else ():
            if never.isdisjoint(member.lines):
                owner = module_name(path)[0], member.owner
                found[owner] = found.get(owner, frozenset()) | {member.name}
    return found


def given_attributes(file: EmittedFile) -> Iterator[str]:
    """The attributes that a file sets on anything, or asks for by text."""
    module = parse(file.path, file.data)
    for node in walk(module.syntax) if module else ():
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.Constant(value=str(text)) if text.isidentifier():
                yield text


def _defined(file: EmittedFile) -> Iterator[str]:
    """The members of all classes of a file."""
    module = parse(file.path, file.data)
    for node in walk(module.syntax) if module else ():
        if isinstance(node, ast.ClassDef):
            yield from bindings(node.body)


class _Classes(TreeMeanings):
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
        """The class of the package that an expression of a module, or the type of its value, surely is."""
        meanings = self.meanings(module)
        values = meanings.values(node) if meanings else frozenset()
        match [*values]:
            case [str(name)]:
                return self.named(name)
            case [Scope(node=ast.ClassDef(name=name) as definition)] if meanings:
                return (module, name) if top_classes(meanings.scopes).get(name) is definition else None
        return None

    def may_be_subclass(self, module: str, node: ast.expr) -> bool:
        """Whether an expression may be of a subclass of its class, as `self` may."""
        meanings = self.meanings(module)
        owner = meanings.behind.owner_of(node) if meanings else None
        return owner is not None and owner.kind == "function"

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


def _reads(
    file: EmittedFile, members: Mapping[Class, frozenset[str]], defined: frozenset[str], classes: _Classes
) -> Iterator[tuple[ast.Attribute, Class]]:
    """Every read of a lost member in a file, with the class; `defined` are members of any class."""
    module, own = parse(file.path, file.data), module_name(file.path)[0]
    names = frozenset().union(*members.values())
    for node in unguarded(module.syntax) if module else ():
        if isinstance(node, ast.Attribute) and node.attr in names and isinstance(node.ctx, ast.Load):
            owner = classes.class_of(own, node.value)
            if owner is None or not classes.has_lost(owner, node.attr, members):
                continue
            if classes.may_have(owner, node.attr):
                continue
            if node.attr not in defined or not classes.may_be_subclass(own, node.value):
                yield node, owner
