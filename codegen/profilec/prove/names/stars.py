"""Star imports: the names that they bring, and what is lost with them or by way of them."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType

from profilec.answers import Answers
from profilec.prove.names.listed import Listed
from profilec.prove.names.modules import Module, is_python, lines_with, module_name, parse, statements
from profilec.prove.names.nodes import walk_on
from profilec.prove.names.scopes import find_scopes, unresolved
from profilec.tree import EmittedFile, SourceFile, Tree

_STAR = re.compile(rb"import[\s\\]*\*")  # no `\b` in front: a plain text is found far sooner
_PLAIN = re.compile(rb"\bfrom[ \t]+([\w.\x80-\xff]+)[ \t]+import[ \t]*\*")
_LIST = re.compile(
    rb"""__all__\s*\+?=\s*[\[(](?:\s|,|"[^"\n]*"|'[^'\n]*'|#[^\n]*)*[\])](?=[ \t]*(?:[#;\r\n]|\Z))"""
)
_FURTHEST = 8
"""Star imports that are followed; a circle ends here."""


def through_stars(
    names: Mapping[str, frozenset[str]], sources: Mapping[str, SourceFile], tree: Tree, answers: Answers
) -> dict[str, frozenset[str]]:
    """Add the modules that star imports do not give names to any more, until nothing changes.

    Args:
        names: the names that modules have lost.
        sources: the files of the source root by path.
        tree: what one profile makes of them.
        answers: what is known of single files.
    """
    growing, known = dict(names), dict[str, tuple[str, ...]]()
    files = {file.path: SourceFile(file.path, file.data) for file in tree.files.values() if _may_star(file)}
    unlisted = dict(_unlisted(sources, tree, files.values(), answers))
    there_now = {
        module_name(file.path)[0]: SourceFile(file.path, file.data)
        for file in (tree.files.values() if files else ())
        if is_python(file.path)
    }
    changed = bool(growing or unlisted)
    while changed:
        changed = False
        reached = growing.keys() | unlisted.keys()
        asked = [file for file in files.values() if file.path not in known and _may_reach(file, reached)]
        found = answers.ask(stars_of, None, asked, tuple[str, ...])
        known.update(zip((file.path for file in asked), found, strict=True))
        for path, origins in known.items():
            module = module_name(path)[0]
            for origin in origins:
                here = growing.get(module, frozenset())
                there = growing.get(origin, frozenset()) | unlisted.get(origin, frozenset())
                if not there <= here and (passed_on := there - _bound(files[path]) - here):
                    passed_on = passed_on.difference(*(_offered(one, there_now) for one in origins))
                    growing[module] = here | passed_on
                    changed |= bool(passed_on)
    return growing


def _unlisted(
    sources: Mapping[str, SourceFile], tree: Tree, importing: Collection[SourceFile], answers: Answers
) -> Iterator[tuple[str, frozenset[str]]]:
    """For each module whose `__all__` has lost entries, these, where a star import is of it."""
    listing = {
        module_name(file.path)[0]: file
        for file in tree.files.values()
        if file.changed and file.path in sources and is_python(file.path)
        if not _keeps_lists(sources[file.path].data, file.data)
    }
    asked = [file for file in importing if _may_reach(file, listing)]
    origins = frozenset().union(*answers.ask(stars_of, None, asked, tuple[str, ...]))
    for name, file in listing.items():
        if name in origins:
            before, after = listed_names(sources[file.path]), listed_names(file)
            if before and after is not None and (went := before - after):
                yield name, went


def listed_names(
    file: SourceFile | EmittedFile, files: Mapping[str, SourceFile | EmittedFile] = MappingProxyType({})
) -> frozenset[str] | None:
    """The entries of `__all__` of a file; None where there is none, or the file cannot be read.

    Args:
        file: a module.
        files: those whose lists it may take over.
    """

    def parsed(name: str) -> Module | None:
        other = files.get(name)
        return parse(other.path, other.data) if other else None

    module = parse(file.path, file.data)
    listed = Listed(parsed, lambda module, node: False).entries(module) if module else None
    return None if listed is None else frozenset(listed)


def _may_star(file: EmittedFile) -> bool:
    return is_python(file.path) and _STAR.search(file.data) is not None


def _may_reach(file: SourceFile, modules: Iterable[str]) -> bool:
    """Whether a star import of a file may be one of some modules', as far as its text shows."""
    written = _written(file.data)
    ends = {module.rpartition(".")[2].encode() for module in modules} | {b""}  # as of dots alone
    return written is None or any(origin.rpartition(b".")[2] in ends for origin in written)


def _keeps_stars(before: bytes, after: bytes) -> bool:
    """Whether a file surely has the star imports that its source has."""
    written = _written(before)
    return written is not None and written == _written(after)


def _keeps_lists(before: bytes, after: bytes) -> bool:
    """Whether a file surely lists in `__all__` what its source does: entries that are written out."""
    lists = _LIST.findall(before)
    return len(lists) == before.count(b"__all__") and lists == _LIST.findall(after)


@cache
def _written(data: bytes) -> list[bytes] | None:
    """What is written for the module of each star import that a file may have; None where that is unusual."""
    stars = _STAR.findall(data)
    found = _PLAIN.findall(data) if stars else []
    return found if len(found) == len(stars) else None


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
    nodes = walk_on(module.syntax, lines_with(data, _STAR)) if module else ()
    imports = (node for node in nodes if isinstance(node, ast.ImportFrom) and node.names[0].name == "*")
    return tuple(module.absolute(node.module, node.level) for node in imports) if module else ()


def star_imports(module: Module) -> list[tuple[ast.alias, str]]:
    """The star imports among the statements at the top of a module, with the modules that they are from."""
    return [
        (node.names[0], module.absolute(node.module, node.level))
        for node in statements(module.syntax.body)
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    ]


def may_bring(name: str, data: bytes) -> bool:
    """Whether a star import of a file may bring a name, as far as the text of the file shows."""
    return not name.isascii() or name.encode() in data or _STAR.search(data) is not None


def lost_with_stars(
    sources: Mapping[str, SourceFile], tree: Tree, answers: Answers
) -> Iterator[tuple[str, frozenset[str]]]:
    """For each module that lost a star import, the names that this brought and that nothing else binds."""
    files = {module_name(path)[0]: source for path, source in sources.items() if is_python(path)}
    after = [
        SourceFile(file.path, file.data)
        for file in tree.files.values()
        if file.changed and is_python(file.path) and file.path in sources
        if not _keeps_stars(sources[file.path].data, file.data)
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
    if (listed := listed_names(source, files)) is not None:
        return listed
    stars = _stars_of(source.path, source.data)
    names = find_scopes(parsed.syntax).bound.union(*(_offered(star, files, depth + 1) for star in stars))
    return frozenset(name for name in names if not name.startswith("_"))
