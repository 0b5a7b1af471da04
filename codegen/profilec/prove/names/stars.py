"""Star imports: the names that they bring, and what is lost with them or by way of them."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache

from profilec.answers import Answers
from profilec.prove.names.listed import Listed
from profilec.prove.names.modules import Module, is_python, lines_with, module_name, parse, statements
from profilec.prove.names.nodes import walk_on
from profilec.prove.names.scopes import find_scopes, unresolved
from profilec.tree import SourceFile, Tree

_STAR = re.compile(rb"\bimport[\s\\]*\*")
_FURTHEST = 8
"""Star imports that are followed; a circle ends here."""


def through_stars(
    names: Mapping[str, frozenset[str]], tree: Tree, answers: Answers
) -> dict[str, frozenset[str]]:
    """Add the modules that star imports pass lost names on to, until nothing changes."""
    growing = dict(names)
    changed = bool(growing)
    stars = list(_stars(tree, answers)) if changed else []
    while changed:
        changed = False
        for module, file, origin in stars:
            here, there = growing.get(module, frozenset()), growing.get(origin, frozenset())
            if not there <= here and (passed_on := there - _bound(file) - here):
                growing[module] = here | passed_on
                changed = True
    return growing


def _stars(tree: Tree, answers: Answers) -> Iterator[tuple[str, SourceFile, str]]:
    """Every star import of a tree: the importing module, its file, the module imported."""
    files = [
        SourceFile(file.path, file.data)
        for file in tree.files.values()
        if is_python(file.path) and _STAR.search(file.data)
    ]
    for file, origins in zip(files, answers.ask(stars_of, None, files, tuple[str, ...]), strict=True):
        for origin in origins:
            yield module_name(file.path)[0], file, origin


def stars_of(_: None, file: SourceFile) -> tuple[str, ...]:
    """The modules from which a file imports everything; a question to `answers`."""
    return _stars_of(file.path, file.data)


def _bound(file: SourceFile) -> frozenset[str]:
    """The names that a file binds itself."""
    module = parse(file.path, file.data)
    return frozenset(find_scopes(module.syntax).bound) if module else frozenset()


@cache
def _stars_of(path: str, data: bytes) -> tuple[str, ...]:
    """The modules from which a file imports everything."""
    module = parse(path, data)
    nodes = walk_on(module.syntax, lines_with(_STAR, data)) if module else ()
    imports = (node for node in nodes if isinstance(node, ast.ImportFrom) and node.names[0].name == "*")
    return tuple(module.absolute(node.module, node.level) for node in imports) if module else ()


def star_imports(module: Module) -> list[str]:
    """The modules from which the statements at the top of one import everything."""
    return [
        module.absolute(node.module, node.level)
        for node in statements(module.syntax.body)
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    ]


def lost_with_stars(
    sources: Mapping[str, SourceFile], tree: Tree, answers: Answers
) -> Iterator[tuple[str, frozenset[str]]]:
    """For each module that lost a star import, the names that this brought and that nothing else binds."""
    files = {module_name(path)[0]: source for path, source in sources.items() if is_python(path)}
    after = [
        SourceFile(file.path, file.data)
        for file in tree.files.values()
        if file.changed and is_python(file.path) and file.path in sources
        if _STAR.search(sources[file.path].data)
    ]
    before = [sources[file.path] for file in after]
    found = answers.ask(stars_of, None, [*before, *after], tuple[str, ...])
    for file, had, has in zip(after, found, found[len(before) :], strict=False):
        left, went = {*has}, {*had} - {*has}
        emitted = parse(file.path, file.data) if went else None
        if emitted is None:
            continue
        unbound = {name for name, _ in unresolved(find_scopes(emitted.syntax))}
        if went <= files.keys():
            unbound &= frozenset().union(*(_offered(origin, files) for origin in went))
        if left <= files.keys():
            yield emitted.name, frozenset(unbound.difference(*(_offered(origin, files) for origin in left)))


def _offered(module: str, files: Mapping[str, SourceFile], depth: int = 0) -> frozenset[str]:
    """The names that a star import of a module of the source brings."""
    source = files.get(module)
    parsed = parse(source.path, source.data) if source and depth < _FURTHEST else None
    if source is None or parsed is None:
        return frozenset()
    listed = Listed(lambda name: None, lambda module, node: False).entries(parsed)
    if listed is not None:
        return frozenset(listed)
    stars = _stars_of(source.path, source.data)
    names = find_scopes(parsed.syntax).bound.union(*(_offered(star, files, depth + 1) for star in stars))
    return frozenset(name for name in names if not name.startswith("_"))
