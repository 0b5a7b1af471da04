"""What one file reaches: the modules that it imports, and where it names a word of interest.

Asked of every file once for all profiles and all proofs. An answer hangs on nothing but the file, so it is
remembered from build to build, and any process can work it out.
"""

import ast
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from operator import itemgetter

from msgspec import Struct

from profilec.answers import Answers
from profilec.prove.names.handed import may_hand_on, may_take_module, reads_one_of
from profilec.prove.names.importers import ASKED, may_import_at_run_time
from profilec.prove.names.modules import Module, Place, lines_with, parse, place_of
from profilec.prove.names.nodes import inner_blocks, may_stand_on
from profilec.prove.names.references import Reference, References
from profilec.prove.names.run_time import parts_at_run_time
from profilec.prove.names.words import may_name
from profilec.syntax.depth import room_for_depth
from profilec.tree import SourceFile

_PIECE = rb"""(?:[fF][rR]?['"]|['"][^'"\n]*['"]\s*[^\s,)\]])"""
_ON_A_LINE = rb"[^\n]{0,200}"  # whatever is given before that; a line may have no end
_IN_PIECES = {
    start: re.compile(rb"%s(?:%s)" % (start, rest))  # each begins with plain text, which is found far sooner
    for start, rest in (
        (
            b"getattr",
            rb"\s*\((?:%s,[ \t]*|[^()]*,\s*)%s|(?<!\wgetattr)\b(?!\s*\(| (?!(?:if|else|and|or|for)\b)\w)"
            % (_ON_A_LINE, _PIECE),
        ),
        (b"modules", rb"(?<!\wmodules)\s*\[\s*%s" % _PIECE),
        (b"__dict__", rb"(?<!\w__dict__)\s*\[\s*%s" % _PIECE),
        (b"__globals__", rb"(?<!\w__globals__)\s*\[\s*%s" % _PIECE),
        (b"vars", rb"(?<!\wvars)\s*\((?:%s|[^()]*)\)\s*\[\s*%s" % (_ON_A_LINE, _PIECE)),
    )
}
"""A name put together, or asked for where nothing shows it, so that the file need not hold the word."""
_BY_NUMBER = re.compile(
    rb"\\(?:x[4-7][0-9a-fA-F]|u00[4-7][0-9a-fA-F]|U000000[4-7][0-9a-fA-F]|N\{L[A-Z ]+\}|1[0-7]{2})"
)
"""A letter as a string may have it, by its number or its name."""
_IMPORT = re.compile(rb"import")  # no `\b` in front: a plain text is found far sooner


class Interest(Struct, frozen=True):
    """What is of interest in a file.

    Attributes:
        words: the last parts of dotted names.
        owners: the namespaces that have them.
    """

    words: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()


class Mention(Struct, frozen=True):
    """A place of a file and the name that it stands for.

    Attributes:
        is_bare: it is a single name, so that a star import may bring what it stands for.
        is_used: it is not only tested, nor asked for something as a module is.
    """

    name: str
    place: Place
    is_bare: bool = False
    is_used: bool = True


class DynamicImport(Struct, frozen=True):
    """An import that is not an import statement; the module is None where it cannot be decided.

    `shop.` is anything in the package `shop`.
    """

    module: str | None
    place: Place


class Reach(Struct, frozen=True):
    """What one file reaches.

    Attributes:
        imports: the absolute name and the line of everything that import statements ask for at run time;
            None where this interpreter does not read the file.
        at_run_time: the other imports, in the order of the file.
        names: the dotted names with a word of interest.
        attributes: the attributes that are a word of interest, by their plain name.
        stars: the modules from which everything is imported, where there are names.
        handed_on: the namespaces of interest that become the value of something that is not a name.
        unsaid: the namespaces of interest that are asked for a name that is not written out.
        of_unknown: the attributes that are a word of interest, or import, of what nothing is known of.
    """

    imports: tuple[tuple[str, int], ...] | None = None
    at_run_time: tuple[DynamicImport, ...] = ()
    names: tuple[Mention, ...] = ()
    attributes: tuple[Mention, ...] = ()
    stars: tuple[str, ...] = ()
    handed_on: tuple[Mention, ...] = ()
    unsaid: tuple[Mention, ...] = ()
    of_unknown: tuple[Mention, ...] = ()


@room_for_depth()
def reach(interest: Interest, file: SourceFile) -> Reach:
    """Read one file.

    Without a word of interest in it, only what it imports and runs at run time can name one, and all that it
    can do besides is hand a namespace on. Without words, nothing is of interest but the import statements.
    """
    module, words, owners = parse(file.path, file.data), interest.words, interest.owners
    if module is None:
        return Reach()
    imports = tuple(sorted(_imported_names(module, file.data), key=itemgetter(1)))
    if not words:
        return Reach(imports)
    text = _spelt_out(file.data)
    in_pieces = any(start in text and pattern.search(text) for start, pattern in _IN_PIECES.items())
    holds_word = in_pieces or may_name(words, module, text)
    runs = in_pieces or may_import_at_run_time(text, module)
    tops = frozenset(owner.partition(".")[0] for owner in owners)
    imports_one = any(name.partition(".")[0] in tops for name, _ in imports)
    hands_on, takes_one = imports_one and may_hand_on(file.data, tops), may_take_module(text, tops)
    if not (holds_word or runs or takes_one or (hands_on and reads_one_of(module.syntax, tops))):
        return Reach(imports)
    references = References(module, owners=owners)
    loses = hands_on or takes_one or (holds_word and runs) or references.imports_one
    named, asked = references.all(written=holds_word), references.attributes(written=holds_word)
    return Reach(
        imports,
        tuple(DynamicImport(one.module, place_of(one.node)) for one in references.dynamic_imports),
        tuple(
            Mention(
                one.name,
                place_of(one.node),
                is_bare=isinstance(one.node, ast.Name),
                is_used=id(one.node) not in references.unused,
            )
            for one in (*named, *references.of_annotated(words))
            if not words.isdisjoint(one.name.split("."))
        ),
        _mentions(one for one in asked if one.name in words),
        tuple(references.stars),
        _mentions(
            one
            for one in (*(references.handed_on if loses else ()), *references.modules_lost)
            if one.name in owners
        ),
        _mentions(references.unsaid) if loses else (),
        _mentions(references.of_unknown(words | ASKED) if holds_word or runs else ()),
    )


def _spelt_out(data: bytes) -> bytes:
    """A file with each letter as itself, on the same line: not by its number, nor in a wide form."""
    if b"\\" in data:
        data = _BY_NUMBER.sub(lambda found: found[0].decode("unicode_escape", "replace").encode(), data)
    if not data.isascii():
        data = unicodedata.normalize("NFKC", data.decode("utf-8", "replace")).encode()
    return data


def _mentions(references: Iterable[Reference]) -> tuple[Mention, ...]:
    return tuple(Mention(one.name, place_of(one.node)) for one in references)


def _imported_names(module: Module, data: bytes) -> Iterator[tuple[str, int]]:
    lines = lines_with(data, _IMPORT)
    pending: list[ast.AST] = [*module.syntax.body]
    while pending:
        node = pending.pop()
        if not may_stand_on(node, lines):
            continue
        match node:
            case ast.Import():
                yield from ((alias.name, node.lineno) for alias in node.names)
            case ast.ImportFrom():
                origin = module.absolute(node.module, node.level)
                names = (f"{origin}.{alias.name}".removesuffix(".*") for alias in node.names)
                yield from ((name, node.lineno) for name in names)
            case ast.If():
                pending += parts_at_run_time(node, module.syntax)
            case ast.stmt() | ast.excepthandler() | ast.match_case():
                for block in inner_blocks(node):
                    pending += block


class Reaches(Struct):
    """What files reach, each asked once.

    Attributes:
        interest: what is of interest.
        answers: what is known of single files.
    """

    interest: Interest
    answers: Answers
    _known: dict[tuple[str, bytes], Reach] = {}

    def ask(self, files: Iterable[SourceFile]) -> list[Reach]:
        """Return what each of some files reaches."""
        wanted = list(files)
        keys = [(file.path, hashlib.sha256(file.data).digest()) for file in wanted]
        new = {key: file for key, file in zip(keys, wanted, strict=True) if key not in self._known}
        if new:
            found = self.answers.ask(reach, self.interest, list(new.values()), Reach)
            self._known.update(zip(new, found, strict=True))
        return [self._known[key] for key in keys]
