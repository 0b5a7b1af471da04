"""Proof 1: no flag, marker, marker comment, module of flags or `profilec` is left in a tree.

A search by syntax, independent of how the trees were made: it looks at every file that holds one of the
words, and takes nothing from the rooms that removed them. The plain words that the markers are count only in
a file that was changed.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from profilec.answers import Answers
from profilec.config import Config, module_files
from profilec.diagnostics import Finding
from profilec.prove.changes import MARKERS, Change
from profilec.prove.names.modules import (
    Located,
    Module,
    Place,
    finding_at,
    is_source,
    node_at,
    parse,
    place_of,
)
from profilec.prove.names.references import Reference, References
from profilec.prove.names.scopes import find_scopes, unresolved
from profilec.prove.names.words import beside, may_name, may_read
from profilec.tree import SourceFile, Tree

_COMPILER = "profilec"
_HINT = "import flags and markers by name, and use them where the compiler follows them"
_HINT_ABOUT_COMMENTS = "write `# profilec: only FLAG` behind the code that it marks"
_MARKER_COMMENT = re.compile(r"#\s*profilec\s*:")
_MEANT_AS_MARKER = re.compile(r"#\s*prof\w*\s*:?\s*(?:only|unless)\b([\s\w().]+)(?:#.*)?\Z", re.IGNORECASE)
"""What somebody wrote who wanted a marker comment, if all that is named behind it are flags."""

_WORD = re.compile(rb"#\s*prof", re.IGNORECASE)
"""What a file has to hold for one of these to stand in it."""

_OPERATORS = frozenset(["not", "and", "or"])


def prove_nothing_left(
    sources: Mapping[str, SourceFile],
    tree: Tree,
    config: Config,
    answers: Answers,
    changes: Mapping[str, Change],
) -> Iterator[Finding]:
    """Findings PC401 of one tree.

    Args:
        sources: the files of the source root by path; the names of the flags are read from their module.
        tree: what one profile makes of them.
        config: the project's configuration.
        answers: what is known of single files.
        changes: what became of each changed file.
    """
    words = Words(config.flags, flag_names(sources, config))
    suspects = []
    for file in tree.files.values():
        if not is_source(file.path) or config.is_copied(file.path):
            continue
        if config.flags and file.path in module_files(config.flags):
            message = f"the module of flags `{config.flags}` is in the tree"
            yield Finding("PC401", config.shown(file.path), message=message, profiles=(tree.profile,))
        elif words.stand_in(file.data) or (file.changed and changes[file.path].may_read_marker):
            suspects.append(SourceFile(file.path, file.data))
    for suspect, found in zip(suspects, answers.ask(left, words, suspects, tuple[Left, ...]), strict=True):
        file, source = tree.files[suspect.path], sources.get(suspect.path)
        for one in found:
            node = node_at(one.place)
            yield finding_at(
                config, tree, file, source, node, code="PC401", message=one.message, hint=one.hint
            )


def flag_names(sources: Mapping[str, SourceFile], config: Config) -> frozenset[str]:
    """The names that the module of flags binds with `name = flag(…)`."""
    source = next((sources[path] for path in module_files(config.flags or "") if path in sources), None)
    module = parse(source.path, source.data) if source else None
    names = set()
    for statement in module.syntax.body if module else ():
        match statement:
            case ast.Assign(targets=targets, value=ast.Call()):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call()):
                names.add(name)
    return frozenset(names)


class Words(Struct, frozen=True, dict=True):
    """What must not be left: the module of flags and the names in it, besides the compiler's own."""

    module: str | None
    flags: frozenset[str]

    def stand_in(self, data: bytes) -> bool:
        """Whether a file holds one of the words, as it must for anything to be left in it."""
        return any(word in data for word in self._encoded) and self._whole.search(data) is not None

    @cached_property
    def _encoded(self) -> tuple[bytes, ...]:
        return (*self.roots, *sorted(flag.encode() for flag in self.flags))

    @cached_property
    def _whole(self) -> re.Pattern[bytes]:
        return re.compile(rb"(?<!\w)(?:%s)(?!\w)" % b"|".join(map(re.escape, self._encoded)))

    @property
    def roots(self) -> tuple[bytes, ...]:
        """The words that a file must hold to name the compiler or the module of flags."""
        return tuple(name.rpartition(".")[2].encode() for name in (_COMPILER, self.module) if name)

    def is_forbidden(self, dotted: str) -> bool:
        """Whether a dotted name is, or lies in, the compiler or the module of flags."""
        return any(
            dotted == root or dotted.startswith(f"{root}.") for root in (_COMPILER, self.module) if root
        )


class Left(Struct, frozen=True):
    """Something that is left in a file: its place, the sentence, and what to do."""

    place: Place
    message: str
    hint: str = _HINT


def left(words: Words, file: SourceFile) -> tuple[Left, ...]:
    """Return what is left in a file; a question to `answers`."""
    comments = (Left(place_of(node), said, _HINT_ABOUT_COMMENTS) for node, said in _comments(file, words))
    return (*comments, *(Left(place_of(node), message) for node, message in _search(file, words)))


def _search(file: SourceFile, words: Words) -> Iterator[tuple[Located, str]]:
    module = parse(file.path, file.data)
    if module is None:
        return
    wanted = words.flags | MARKERS
    nodes = beside(wanted, module, file.data)
    if any(may_read(node, wanted) for node in nodes):  # scopes are dear to find
        for name, node in unresolved(find_scopes(module.syntax)):
            if name in words.flags:
                yield node, f"the flag `{name}` is left"
            elif name in MARKERS:
                yield node, f"the marker `{name}` is left"
    roots = frozenset(root.decode() for root in words.roots)
    if may_name(roots, module, file.data):
        for syntax in beside(roots, module, file.data):
            yield from _imported(module, syntax, words)
        yield from _named(module, words)


def _named(module: Module, words: Words) -> Iterator[tuple[Located, str]]:
    """Whatever stands for what must not be left, import statements aside; of chains of names the whole."""
    found: dict[tuple[int, int], Reference] = {}
    for reference in References(module).all():
        if words.is_forbidden(reference.name) and not isinstance(reference.node, ast.alias):
            place = reference.node.lineno, reference.node.col_offset
            if place not in found or len(found[place].name) < len(reference.name):
                found[place] = reference
    for reference in found.values():
        is_import = isinstance(reference.node, ast.Call)
        left = f"the import of `{reference.name}` at run time" if is_import else f"`{reference.name}`"
        yield reference.node, f"{left} is left"


def _imported(module: Module, node: ast.AST, words: Words) -> Iterator[tuple[Located, str]]:
    match node:
        case ast.Import():
            for alias in node.names:
                if words.is_forbidden(alias.name):
                    yield alias, f"the import of `{alias.name}` is left"
        case ast.ImportFrom():
            origin = module.absolute(node.module, node.level)
            for alias in node.names:
                if words.is_forbidden(origin) or words.is_forbidden(f"{origin}.{alias.name}"):
                    yield alias, f"the import of `{alias.name}` from `{origin}` is left"


def _comments(file: SourceFile, words: Words) -> Iterator[tuple[Located, str]]:
    if not _WORD.search(file.data):
        return
    try:
        tokens = list(tokenize.tokenize(io.BytesIO(file.data).readline))
    except (tokenize.TokenError, SyntaxError):
        return
    for token in tokens:
        if token.type == tokenize.COMMENT and (message := _about_comment(token.string, words)):
            (line, column), end = token.start, token.end[1]
            place = ast.Constant(None, lineno=line, col_offset=column, end_lineno=line, end_col_offset=end)
            yield place, message


def _about_comment(comment: str, words: Words) -> str | None:
    """What is to be said of a comment that stands in a tree."""
    if _MARKER_COMMENT.match(comment):
        return "a marker comment is left"
    meant = _MEANT_AS_MARKER.search(comment)
    names = {name.rpartition(".")[2] for name in re.findall(r"[\w.]+", meant[1])} if meant else set()
    if names - _OPERATORS and names - _OPERATORS <= words.flags:
        return "this comment is taken for no marker"
    return None
