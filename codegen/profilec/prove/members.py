"""Proof 2, for classes: no tree reads a member that its class has lost.

Only what can be decided is a finding: the expression stands for one class of the package and nothing else,
and no base, metaclass, decorator or assignment that is not known could give it the member all the same.
"""

import ast
from collections.abc import Iterator, Mapping

from profilec.config import Config
from profilec.diagnostics import Finding
from profilec.prove.changes import Change
from profilec.prove.classes import Class, Classes
from profilec.prove.names.bindings import bindings
from profilec.prove.names.modules import (
    Located,
    Module,
    finding_at,
    is_python,
    module_name,
    parse,
    unguarded,
)
from profilec.prove.names.nodes import last_name, walk
from profilec.tree import EmittedFile, SourceFile, Tree

_ASKING = ("attrgetter", "methodcaller")
"""Functions that ask what they are given later for what a text names."""


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
    classes = Classes.of(tree)
    mentioning = [file for file in classes.files.values() if any(word in file.data for word in words)]
    given = frozenset(name for file in mentioning for name in given_attributes(file))
    members = {owner: names - given for owner, names in lost.items()}
    defined = frozenset(name for file in mentioning for name in _defined(file))
    for file in mentioning:
        for node, owner, name in _reads(file, members, defined, classes):
            message = f"`{owner[1]}` of `{owner[0]}` has no `{name}` in this tree"
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
    needed = set[int]()
    for node in walk(module.syntax) if module else ():
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.Constant(value=str(text)) if text.isidentifier() and id(node) not in needed:
                yield text
            case ast.Call(func=function, args=texts) if last_name(function) in _ASKING:
                needed.update(map(id, texts))
            case ast.Call() | ast.Subscript():
                needed.update(id(text) for _, text in _by_text(node))


def _defined(file: EmittedFile) -> Iterator[str]:
    """The members of all classes of a file."""
    module = parse(file.path, file.data)
    for node in walk(module.syntax) if module else ():
        if isinstance(node, ast.ClassDef):
            yield from bindings(node.body)


def _reads(
    file: EmittedFile, members: Mapping[Class, frozenset[str]], defined: frozenset[str], classes: Classes
) -> Iterator[tuple[Located, Class, str]]:
    """Every read of a lost member in a file, with the class; `defined` are members of any class."""
    own = module_name(file.path)[0]
    meanings, names = classes.meanings(own), frozenset().union(*members.values())
    for node, value, name in _asked(meanings.module) if meanings else ():
        owner = classes.class_of(own, value) if name in names else None
        if owner is None or not classes.has_lost(owner, name, members) or classes.may_have(owner, name):
            continue
        if isinstance(node, ast.Subscript) and not classes.is_enumeration(owner):
            continue
        may_be_subclass = isinstance(node, ast.pattern) or classes.may_be_subclass(own, value)
        if name not in defined or not may_be_subclass:
            yield node, owner, name


def _asked(module: Module) -> Iterator[tuple[Located, ast.expr, str]]:
    """Where a file asks for a member and counts on it: the node, what is asked, the name."""
    for node in unguarded(module.syntax, "AttributeError"):
        match node:
            case ast.Attribute(value=value, attr=name, ctx=ast.Load()):
                yield node, value, name
            case ast.Call():
                yield from ((node, value, str(text.value)) for value, text in _by_text(node))
            case ast.MatchClass(cls=value, kwd_attrs=names):
                yield from ((node, value, name) for name in names)
    for node in unguarded(module.syntax, "KeyError"):
        if isinstance(node, ast.Subscript):
            yield from ((node, value, str(text.value)) for value, text in _by_text(node))


def _by_text(node: ast.Call | ast.Subscript) -> Iterator[tuple[ast.expr, ast.Constant]]:
    """What an expression asks for a name that is written out as text and has to be there, with that."""
    match node:
        case ast.Call(
            func=ast.Name(id="getattr"), args=[value, ast.Constant(value=str()) as text]
        ) | ast.Subscript(
            value=ast.Name() | ast.Attribute() | ast.Call(func=ast.Name(id="vars")) as value,
            slice=ast.Constant(value=str()) as text,
            ctx=ast.Load(),
        ):
            yield value, text
