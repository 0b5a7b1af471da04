"""Whether a file can name a word at all, so that it need not be asked what its names stand for."""

import ast
import re
from collections.abc import Iterator
from functools import cache

from profilec.prove.names.modules import Module, lines_with
from profilec.prove.names.nodes import walk, walk_on
from profilec.prove.names.scopes import in_annotation

_WORD = re.compile(rb"[\w\x80-\xff]+")
_FEW = 16
"""So many words are found sooner one by one than among all words of a file."""


def holds_word(words: frozenset[bytes], data: bytes) -> bool:
    """Whether a file holds one of some words, wherever that is."""
    if len(words) < _FEW and not any(word in data for word in words):
        return False
    return not words.isdisjoint(_WORD.findall(data))


def may_name(words: frozenset[str], module: Module, data: bytes) -> bool:
    """Whether a file holds one of some words, not only in a comment or as part of another name."""
    if not any(word.encode() in data for word in words):
        return False
    is_below = not words.isdisjoint(module.name.split("."))  # relative imports name it without the word
    return is_below or any(_holds(node, words) for node in beside(words, module, data))


def beside(words: frozenset[str], module: Module, data: bytes) -> Iterator[ast.AST]:
    """The nodes of a file that may stand where one of some words does, or name it without."""
    if not words.isdisjoint(module.name.split(".")):
        return walk(module.syntax)
    return walk_on(module.syntax, lines_with(data, _one_of(words)))


def _holds(node: ast.AST, words: frozenset[str]) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in words
        case ast.MatchClass(kwd_attrs=taken):
            return not words.isdisjoint(taken)
        case ast.alias(name=name) | ast.ImportFrom(module=str(name)):
            return not words.isdisjoint(name.split("."))
        case ast.Constant(value=str(text)):
            return any(word in text for word in words)
    return False


def may_read(node: ast.AST, names: frozenset[str]) -> bool:
    """Whether a node reads one of some names, be it in an annotation that is a string."""
    match node:
        case ast.Name(id=name):
            return name in names
        case ast.Constant(value=str(text)):
            return any(name in text for name in names) and in_annotation(text) is not None
    return False


@cache
def _one_of(words: frozenset[str]) -> re.Pattern[bytes]:
    return re.compile("|".join(map(re.escape, sorted(words))).encode())
