"""What became of one changed file: the names and members that it has lost, and whether it holds together.

Asked of every changed file once, for all proofs that compare it with its source.
"""

import ast
from collections.abc import Iterator, Mapping

from msgspec import Struct

from profilec.answers import Answers
from profilec.config import Config
from profilec.prove.names.bindings import bindings
from profilec.prove.names.differences import Differences, Lines
from profilec.prove.names.faces import faces, imported
from profilec.prove.names.meanings import Meanings
from profilec.prove.names.modules import Located, Module, compiles, is_source, parse, unguarded
from profilec.prove.names.nodes import walk
from profilec.prove.names.run_time import at_run_time
from profilec.prove.names.scopes import Scope, find_scopes, unresolved
from profilec.prove.parameters import Dropped, dropped
from profilec.syntax.depth import room_for_depth
from profilec.tree import SourceFile, Tree

MARKERS = frozenset({"flag", "only", "stub", "choose"})
"""The names that the markers have."""


class Gone(Struct, frozen=True):
    """A member that a class at the top of a file has lost, with the lines of the source that bound it."""

    owner: str
    name: str
    lines: tuple[int, ...]


class Change(Struct, frozen=True):
    """What became of one file.

    Attributes:
        is_plain: it can be read, and nothing in it is read that was bound and is not any more.
        lost: the names at its top that it does not bind any more.
        gone: the members that its classes do not have any more.
        dropped: the parameters that its functions do not have any more.
        looks_alike: its public names and signatures surely are those of its source.
        may_read_marker: it may read a name of those that the markers have, and bind it nowhere.
    """

    is_plain: bool
    lost: frozenset[str] = frozenset()
    gone: tuple[Gone, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    looks_alike: bool = False
    may_read_marker: bool = True


def changes_of(
    sources: Mapping[str, SourceFile],
    trees: Mapping[str, Tree],
    config: Config,
    answers: Answers,
    statements: Mapping[str, tuple[Lines, ...]],
) -> dict[str, dict[str, Change]]:
    """What became of each changed file of each tree, by profile and path.

    Args:
        sources: the files of the source root by path.
        trees: the tree of every profile by name.
        config: the project's configuration.
        answers: what is known of single files.
        statements: the lines of the statements at the top of source files, where they are known.
    """
    changed = [
        (path, profile)  # file by file, so that the source of all trees is parsed once
        for path in sorted({path for tree in trees.values() for path in tree.files})
        for profile, tree in trees.items()
        if path in tree.files and tree.files[path].changed and is_source(path) and not config.is_copied(path)
    ]
    pairs = [
        Pair(
            path,
            sources[path].data if path in sources else None,
            trees[profile].files[path].data,
            statements.get(path, ()),
        )
        for path, profile in changed
    ]
    found: dict[str, dict[str, Change]] = {profile: {} for profile in trees}
    for (path, profile), one in zip(changed, answers.ask(change, None, pairs, Change), strict=True):
        found[profile][path] = one
    return found


class Pair(Struct, frozen=True):
    """A file and its source.

    Attributes:
        before: the source, if the file has one.
        statements: the lines of the statements at the top of the source; none where they are not known.
    """

    path: str
    before: bytes | None
    after: bytes
    statements: tuple[Lines, ...] = ()


@room_for_depth()
def change(_: None, file: Pair) -> Change:
    """Compare a file with its source; a question to `answers`."""
    before, after = file.before, file.after
    if before is not None and file.statements:
        pair = Differences.of(file.statements, before, after)
        if found := _by_differences(pair) if pair else None:
            return found
    source = parse(file.path, before) if before is not None else None
    emitted = parse(file.path, after)
    if emitted is None or (before is not None and compiles_no_more(before, after)):
        return Change(False)
    if source is None:
        return Change(next(newly_unbound(None, emitted), None) is None)
    return Change(
        next(newly_unbound(source, emitted), None) is None,
        _lost(source, emitted),
        tuple(_gone(source, emitted)),
        tuple(dropped(find_scopes(source.syntax), find_scopes(emitted.syntax))),
        may_read_marker=any(name in MARKERS for name, _ in unresolved(find_scopes(emitted.syntax))),
    )


def _by_differences(pair: Differences) -> Change | None:
    """What became of a file, if its differing statements alone tell; None if all has to be read.

    What both have gives the same names in both, and reads the same. So nothing in it is read in vain as long
    as it does not name what the rest gives no more.
    """
    before, after = find_scopes(pair.before), find_scopes(pair.after)
    lost = before.bound - after.bound
    if pair.may_name(*lost, *(before.given - after.given)):
        return None
    if "__getattr__" in before.bound | after.bound or pair.binds("__getattr__"):
        return None
    needed: set[str] = set()
    for scope in after.walk():
        for name, _ in scope.loads:
            if not scope.resolves(name):
                if scope.owner(name) not in (None, after):
                    return None
                needed.add(name)
    if not all(map(pair.gives, sorted(needed))):
        return None
    for name in before.definitions.keys() & after.definitions.keys():
        if _has_lost_member(before.definitions[name], after.definitions[name]):
            return None
    return Change(
        True,
        frozenset(lost),
        dropped=tuple(dropped(before, after)),
        looks_alike=_looks_alike(pair),
        may_read_marker=pair.may_read(MARKERS),
    )


def _looks_alike(pair: Differences) -> bool:
    """Whether all that differs is what functions do, and imports of what is not seen from outside."""
    imports = imported(pair.before.body) ^ imported(pair.after.body)
    names, after = {name for name, *_ in imports}, faces(pair.after.body)
    return (
        faces(pair.before.body) == after
        and not any(name in face for name in names for face in after)
        and not pair.may_name(*names)
    )


def _has_lost_member(before: list[Scope], after: list[Scope]) -> bool:
    """Whether one of the classes of a name has a member that one of those after it has not."""
    had, kept = (
        [_members_of(one.node).keys() for one in classes if isinstance(one.node, ast.ClassDef)]
        for classes in (before, after)
    )
    return any(not members <= others for members in had for others in kept)


def newly_unbound(source: Module | None, emitted: Module) -> Iterator[tuple[str, Located]]:
    """The first place of each name that nothing binds, and that was bound wherever the source reads it.

    Where a `NameError` is handled, the program itself asks whether there is such a name.
    """
    unbound = [*unresolved(find_scopes(emitted.syntax)), *(_left_to_types(source, emitted) if source else ())]
    if not unbound:
        return
    reported = {name for name, _ in unresolved(find_scopes(source.syntax))} if source else set()
    handled = {*walk(emitted.syntax)}.difference(unguarded(emitted.syntax, "NameError"))
    for name, node in unbound:
        if name not in reported and node not in handled:
            reported.add(name)
            yield name, node


def _left_to_types(source: Module, emitted: Module) -> Iterator[tuple[str, Located]]:
    """Every name that a run reads, that is imported for type checkers alone, and that was for all before."""
    before, after = find_scopes(source.syntax), find_scopes(emitted.syntax)
    names = (after.types.keys() - after.given) & before.given
    if not names:
        return
    read = {*at_run_time(emitted.syntax).in_order}.difference(
        inner for part in _annotations(emitted.syntax) for inner in walk(part)
    )
    for scope in after.walk():
        for name, node in scope.loads:
            if name in names and node in read and scope.owner(name) is after:
                yield name, node


def _annotations(syntax: ast.Module) -> Iterator[ast.expr]:
    for node in walk(syntax):
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if part is not None:
                yield part


def compiles_no_more(before: bytes, after: bytes) -> bool:
    """Whether the compiler of Python rejects a file whose source it takes."""
    return not compiles(after) and compiles(before)


def _lost(source: Module, emitted: Module) -> frozenset[str]:
    """The names that a module does not bind any more, but those for which its `__getattr__` may answer."""
    after = find_scopes(emitted.syntax)
    lost = find_scopes(source.syntax).bound - after.bound
    if lost and "__getattr__" in after.bound:
        meanings = Meanings(emitted, after, is_guessing=False)
        lost = {name for name in lost if not meanings.may_answer(name)}
    return frozenset(lost)


def _gone(source: Module, emitted: Module) -> Iterator[Gone]:
    before, after = top_classes(find_scopes(source.syntax)), top_classes(find_scopes(emitted.syntax))
    for owner in sorted(before.keys() & after.keys()):
        kept = _members_of(after[owner])
        for name, nodes in _members_of(before[owner]).items():
            if name not in kept:
                yield Gone(owner, name, tuple(node.lineno for node in nodes))


def _members_of(definition: ast.ClassDef) -> dict[str, list[Located]]:
    """The members of a class and what its methods set on their first parameter, with the places of each."""
    found: dict[str, list[Located]] = {name: [*nodes] for name, nodes in bindings(definition.body).items()}
    for method in definition.body:
        match method:
            case ast.FunctionDef(args=ast.arguments(args=[first, *_])) | ast.AsyncFunctionDef(
                args=ast.arguments(args=[first, *_])
            ):
                for node in walk(method):
                    match node:
                        case ast.Attribute(value=ast.Name(id=owner), attr=name, ctx=ast.Store()) if (
                            owner == first.arg
                        ):
                            found.setdefault(name, []).append(node)
    return found


def top_classes(scopes: Scope) -> dict[str, ast.ClassDef]:
    """The classes of a module whose names stand for nothing else."""
    return {
        name: found[0].node
        for name, found in scopes.definitions.items()
        if len(found) == 1 and isinstance(found[0].node, ast.ClassDef) and name not in scopes.values
    }
