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
from profilec.prove.names.modules import finding_at, is_python, module_name, parse, unguarded
from profilec.prove.names.nodes import walk
from profilec.tree import EmittedFile, SourceFile, Tree


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


def _reads(
    file: EmittedFile, members: Mapping[Class, frozenset[str]], defined: frozenset[str], classes: Classes
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
