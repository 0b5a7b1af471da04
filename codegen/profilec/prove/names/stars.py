"""Star imports: the names that they bring, and what is lost with them or by way of them."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache

from profilec.prove.names.listed import Listed
from profilec.prove.names.modules import is_python, module_name, parse
from profilec.prove.names.nodes import walk
from profilec.prove.names.scopes import find_scopes, unresolved
from profilec.tree import SourceFile, Tree

_STAR = re.compile(rb"\bimport[\s\\]*\*")
_FURTHEST = 8
"""Star imports that are followed; a circle ends here."""


def through_stars(names: Mapping[str, frozenset[str]], tree: Tree) -> dict[str, frozenset[str]]:
    """Add the modules that star imports pass lost names on to, until nothing changes."""
    growing = dict(names)
    changed = bool(growing)
    stars = list(_stars(tree)) if changed else []
    while changed:
        changed = False
        for module, bound, origin in stars:
            passed_on = growing.get(origin, frozenset()) - bound
            if not passed_on <= growing.get(module, frozenset()):
                growing[module] = growing.get(module, frozenset()) | passed_on
                changed = True
    return growing


def _stars(tree: Tree) -> Iterator[tuple[str, frozenset[str], str]]:
    """Every star import of a tree: the importing module, the names it binds itself, the module imported."""
    for file in tree.files.values():
        if is_python(file.path) and _STAR.search(file.data):
            yield from _stars_of(file.path, file.data)


@cache
def _stars_of(path: str, data: bytes) -> tuple[tuple[str, frozenset[str], str], ...]:
    module = parse(path, data)
    imports = (node for node in walk(module.syntax) if isinstance(node, ast.ImportFrom)) if module else ()
    stars = [node for node in imports if node.names[0].name == "*"]
    if module is None or not stars:
        return ()
    bound = frozenset(find_scopes(module.syntax).bound)
    return tuple((module.name, bound, module.absolute(node.module, node.level)) for node in stars)


def lost_with_stars(sources: Mapping[str, SourceFile], tree: Tree) -> Iterator[tuple[str, frozenset[str]]]:
    """For each module that lost a star import, the names that this brought and that nothing else binds."""
    files = {module_name(path)[0]: source for path, source in sources.items() if is_python(path)}
    for file in tree.files.values():
        source = sources.get(file.path)
        if not file.changed or source is None or not is_python(file.path) or not _STAR.search(source.data):
            continue
        left = {origin for _, _, origin in _stars_of(file.path, file.data)}
        went = {origin for _, _, origin in _stars_of(file.path, source.data)} - left
        emitted = parse(file.path, file.data)
        if emitted is None or not went:
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
    stars = (origin for _, _, origin in _stars_of(source.path, source.data))
    names = find_scopes(parsed.syntax).bound.union(*(_offered(star, files, depth + 1) for star in stars))
    return frozenset(name for name in names if not name.startswith("_"))
