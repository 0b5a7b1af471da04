"""What is written out in a file: strings, in one piece or several, and elements of tables, through names."""

import ast
import operator
import textwrap
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, product

from profilec.prove.names.behind import Behind, joined
from profilec.prove.names.circles import Once
from profilec.prove.names.modules import Module
from profilec.prove.names.nodes import last_name
from profilec.prove.names.tested import tested

type Texts = frozenset[str | None]

_NONE: Texts = frozenset()
_UNKNOWN: Texts = frozenset({None})
ANY = ast.Constant(None)
"""The key of every entry."""
NO_TEXT = ""
"""What a table gives for a key that it does not have: nothing is called so, and no other text is certain."""

_DISPLAYS = (ast.Tuple, ast.List, ast.Set, ast.Dict)
_COPIES = (
    "list",
    "tuple",
    "set",
    "frozenset",
    "sorted",
    "iter",
    "reversed",
    "chain",
    "cycle",
    "copy",
    "dict",
    "MappingProxyType",
)
_SAME_TABLES = ("dict", "MappingProxyType")
"""Copies that have the entries of a table of the same kind, under their keys."""
_OF_TEXT: dict[str, Callable[..., object]] = {
    name: getattr(str, name)
    for name in (
        "capitalize", "casefold", "format", "lower", "lstrip", "removeprefix", "removesuffix", "replace",
        "rstrip", "strip", "swapcase", "title", "upper",
    )
}  # fmt: skip
"""Methods that make one string of others, and of nothing else."""

_MOST_TEXTS = 64
"""Texts that one expression is followed to."""
_MOST_ENTRIES = 256
"""Entries that one table is followed to."""
_FURTHEST = 40
"""Steps that an expression is followed; each expression is followed once."""


class Literals:
    """The strings and tables of one file."""

    def __init__(self, module: Module, behind: Behind) -> None:
        """Read nothing yet.

        Args:
            module: the file.
            behind: where the values of its expressions come from.
        """
        self._module = module
        self._behind = behind
        self._inside = Once[list[ast.expr]](behind.circles, [], joined)
        self._texts: dict[int, Texts] = {}
        self._kept: list[ast.expr | None] = []  # what is known of an expression is known by its id

    def inside(self, table: ast.expr, key: ast.expr | None = None, depth: int = 0) -> list[ast.expr]:
        """The expressions that going through a table may give; with a key, those that may be under it."""

        def work() -> list[ast.expr]:
            self._kept += [table, key]
            found = joined([*self._entries(table, key, depth + 1)], [])[:_MOST_ENTRIES]
            self._kept += found
            return found

        return self._inside.ask((id(table), id(key)), work) if depth < _FURTHEST else []

    def _entries(self, table: ast.expr, key: ast.expr | None, depth: int) -> Iterator[ast.expr]:
        match table:
            case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
                yield from self._elements(elements, key, depth)
            case ast.Dict(keys=keys, values=values):
                yield from self._under(keys, values, key, depth)
            case ast.DictComp(key=one, value=value):
                yield one if key is None else value
            case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
                yield element
            case ast.Call():
                yield from self._of_call(table, key, depth)
            case ast.Starred(value=inner):
                for element in self.inside(inner, None, depth):
                    yield from self.inside(element, key, depth)
            case ast.Subscript(value=inner, slice=place):
                for element in self.inside(inner, place, depth):
                    yield from self.inside(element, key, depth)
            case ast.BinOp(left=one, right=other) | ast.IfExp(body=one, orelse=other):
                yield from self.inside(one, key, depth)
                yield from self.inside(other, key, depth)
            case ast.BoolOp(values=operands):
                for operand in operands:
                    yield from self.inside(operand, key, depth)
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                yield from self.inside(value, key, depth)
        for value in self._behind.of(table):
            yield from self.inside(value, key, depth)

    def _elements(self, elements: list[ast.expr], key: ast.expr | None, depth: int) -> Iterator[ast.expr]:
        match key:
            case ast.Constant(value=int(place)) if not any(isinstance(e, ast.Starred) for e in elements):
                yield from elements[place : place + 1 or None]
                return
        for element in elements:
            yield from (
                self.inside(element.value, key, depth) if isinstance(element, ast.Starred) else [element]
            )

    def _under(
        self, keys: list[ast.expr | None], values: list[ast.expr], key: ast.expr | None, depth: int
    ) -> Iterator[ast.expr]:
        wanted = self.all_texts(key, depth) if key is not None else _UNKNOWN
        for one, value in zip(keys, values, strict=True):
            if one is None:
                yield from self.inside(value, key, depth)
            elif key is None:
                yield one
            else:
                own = self.all_texts(one, depth)
                if None in wanted | own or wanted & own:
                    yield value

    def _of_call(self, call: ast.Call, key: ast.expr | None, depth: int) -> Iterator[ast.expr]:
        match call:
            case ast.Call(func=ast.Name(id="dict"), keywords=[_, *_] as keywords):
                names: list[ast.expr | None] = [
                    ast.Constant(keyword.arg) if keyword.arg else None for keyword in keywords
                ]
                yield from self._under(names, [keyword.value for keyword in keywords], key, depth)
            case ast.Call(func=ast.Attribute(value=inner, attr="values"), args=[]):
                yield from self.inside(inner, ANY, depth)
            case ast.Call(func=ast.Attribute(value=inner, attr="items"), args=[]):
                yield self._keep(
                    ast.Tuple([*self.inside(inner, None, depth), *self.inside(inner, ANY, depth)])
                )
            case ast.Call(func=ast.Attribute(value=inner, attr="keys"), args=[]):
                yield from self.inside(inner, None, depth)
            case ast.Call(func=ast.Attribute(value=inner, attr="copy"), args=[]):
                yield from self.inside(inner, key, depth)
            case ast.Call(func=ast.Name(id="zip" | "enumerate"), args=tables):
                yield self._keep(
                    ast.Tuple([one for table in tables for one in self.inside(table, None, depth)])
                )
            case ast.Call(func=ast.Name(id="filter"), args=[_, inner]):
                yield from self.inside(inner, key, depth)
        match call:
            case ast.Call(func=ast.Name(id=copy) | ast.Attribute(attr=copy), args=tables) if copy in _COPIES:
                for inner in tables:
                    yield from self.inside(inner, key, depth)

    def _keep[E: ast.expr](self, made: E) -> E:
        self._kept.append(made)
        return made

    def texts(self, node: ast.expr | None) -> frozenset[str]:
        """The strings that an expression may be, as far as they are written out."""
        return frozenset(text for text in self.all_texts(node) if text is not None)

    def all_texts(self, node: ast.expr | None, depth: int = 0) -> Texts:
        """The strings that an expression may be, with None among them where it may be others, too."""
        if isinstance(node, ast.Constant):
            return frozenset({node.value}) if isinstance(node.value, str) else _UNKNOWN
        if node is None or depth > _FURTHEST:
            return _UNKNOWN
        if id(node) not in self._texts:
            self._texts[id(node)] = _UNKNOWN
            self._kept.append(node)
            found = self._read(node, depth + 1)
            known = sorted(text for text in found if text is not None)[:_MOST_TEXTS]
            self._texts[id(node)] = frozenset(known) | (_NONE if len(known) == len(found) else _UNKNOWN)
        return self._texts[id(node)]

    def _read(self, node: ast.expr, depth: int) -> Texts:
        match node:
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined([left, right], depth)
            case ast.BinOp(left=left, op=ast.Mod(), right=right):
                values = right.elts if isinstance(right, ast.Tuple) else [right]
                return self._made_by(lambda text, *parts: text % parts, [left, *values], depth)
            case ast.JoinedStr(values=parts):
                whole = (part.value if isinstance(part, ast.FormattedValue) else part for part in parts)
                return self._joined(whole, depth)
            case ast.IfExp(body=one, orelse=other):
                return self._any([one, other], depth)
            case ast.BoolOp(values=operands):
                return self._any(operands, depth)
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                return self.all_texts(value, depth)
            case ast.Call():
                return self._called(node, depth)
            case ast.Subscript(value=text, slice=ast.Slice() as piece):
                return self._made_by(lambda text: text[_slice(piece)], [text], depth)
            case ast.Starred(value=table):
                return self._any(self.inside(table, None, depth), depth) | self._others(table)
            case ast.Subscript(value=table, slice=key):
                return self._any(self.inside(table, key, depth), depth) | self._others(table)
            case ast.Name(id="__name__"):
                return frozenset({self._module.name})
            case ast.Name(id="__package__") | ast.Attribute(value=ast.Name(id="__spec__"), attr="parent"):
                return frozenset({self._module.package})
            case ast.Name():
                if self._behind.is_known(node):
                    return self._any(self._behind.of(node), depth)
                if node.id in self._behind.sought and (found := tested(self._module.syntax).get(id(node))):
                    return self._any(self.inside(found, None, depth), depth) | self._others(found)
                return self._any(self._behind.of(node), depth) | _UNKNOWN
            case ast.Attribute():
                return self._any(self._behind.of(node), depth) | _UNKNOWN
        return _UNKNOWN

    def _called(self, call: ast.Call, depth: int) -> Texts:
        match call:
            case ast.Call(func=ast.Name(id="compile"), args=[text, *_]):
                return self.all_texts(text, depth)
            case ast.Call(func=ast.Name(id="dedent") | ast.Attribute(attr="dedent"), args=[text]):
                return self._made_by(textwrap.dedent, [text], depth)
            case ast.Call(
                func=ast.Attribute(value=between, attr="join"), args=[ast.List() | ast.Tuple() as table]
            ):
                return self._made_by(lambda text, *parts: text.join(parts), [between, *table.elts], depth)
            case ast.Call(
                func=ast.Attribute(value=of, attr="get"), args=[key, *default]
            ) if entries := self.inside(of, key, depth):
                given = [one for one in default if not isinstance(one, ast.Constant) or one.value is not None]
                more = self._any(given, depth) if given else frozenset({NO_TEXT})
                return self._any(entries, depth) | self._others(of) | more
            case ast.Call(
                func=ast.Attribute(value=text, attr=method), args=arguments, keywords=[]
            ) if method in _OF_TEXT and None not in (
                found := self._made_by(_OF_TEXT[method], [text, *arguments], depth)
            ):
                return found
        return self._any(self._behind.of(call), depth)

    def truth(self, test: ast.expr) -> bool | None:
        """What a condition about strings is, where they are written out."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.truth(operand)
                return None if inner is None else not inner
            case ast.BoolOp(op=operator, values=operands):
                decisive = isinstance(operator, ast.Or)
                truths = [self.truth(operand) for operand in operands]
                return decisive if decisive in truths else None if None in truths else not decisive
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as how], comparators=[right]):
                one, other = self.all_texts(left), self.all_texts(right)
                is_known = None not in one | other and len(one) == len(other) == 1
                return (one == other) is isinstance(how, ast.Eq) if is_known else None
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as how], comparators=[table]):
                one, listed = self.all_texts(left), [self.all_texts(each) for each in self.inside(table)]
                if None in one or len(one) != 1 or not listed:
                    return None
                if one in listed:
                    return isinstance(how, ast.In)
                is_known = None not in _NONE.union(*listed, self._others(table))
                return isinstance(how, ast.NotIn) if is_known else None
        return None

    def _made_by(self, function: Callable[..., object], parts: list[ast.expr], depth: int) -> Texts:
        """The strings that a function makes of those that some expressions may be."""
        texts = [self.all_texts(part, depth) for part in parts]
        found: set[str | None] = {None} if any(None in one for one in texts) else set()
        known = (sorted(text for text in one if text is not None) for one in texts)
        for pieces in islice(product(*known), _MOST_TEXTS):
            try:
                made = function(*pieces)
            except (ValueError, TypeError, LookupError, AttributeError):
                made = None  # it fails when it is run, too
            found.add(made if isinstance(made, str) else None)
        return frozenset(found) or _UNKNOWN

    def _joined(self, parts: Iterable[ast.expr], depth: int) -> Texts:
        return self._made_by(lambda *pieces: "".join(pieces), list(parts), depth)

    def _any(self, nodes: Iterable[ast.expr], depth: int) -> Texts:
        found = [self.all_texts(node, depth) for node in nodes]
        return _NONE.union(*found) if found else _UNKNOWN

    def _others(self, table: ast.expr) -> Texts:
        """None, unless a table is written out and stays as it is, and those are that it is an entry of."""
        waiting, seen = [table], set[int]()
        while waiting:
            one = waiting.pop()
            if id(one) not in seen:
                seen.add(id(one))
                if isinstance(one, ast.Subscript):
                    waiting += [one.value, *self.inside(one.value, one.slice)]
                elif not self._stays(one):
                    return _UNKNOWN
        return _NONE

    def _stays(self, table: ast.expr) -> bool:
        """Whether a table, or what has its name, is written out, and nothing is added to it."""
        if not isinstance(table, ast.Name):
            return _is_written(table)
        owner = self._behind.owner_of(table)
        if owner is None or table.id in owner.unknown | self._behind.growing:
            return False
        return all(map(_is_written, owner.values.get(table.id, ())))

    def imported(self, node: ast.Call) -> Texts:
        """The absolute names that a call of an importing function may import, None for any other."""
        arguments = {keyword.arg: keyword.value for keyword in node.keywords}
        written = node.args[0] if node.args else arguments.get("name", arguments.get("mod_name"))
        package = node.args[1] if len(node.args) > 1 else arguments.get("package")
        found: set[str | None] = set()
        for text in self.all_texts(written) - {NO_TEXT}:
            if text is not None and (dots := _level(node)):
                found.add(self._module.absolute(text, dots))
            elif text is None or not text.startswith("."):
                found.add(text and text.replace(":", "."))
            else:
                level = len(text) - len(text.lstrip("."))
                for base in self.all_texts(package):
                    inner = Module(self._module.path, base, base, self._module.syntax) if base else None
                    found.add(inner.absolute(text[level:], level) if inner else None)
        return frozenset(found)


def _is_written(table: ast.expr) -> bool:
    """Whether a table is written out where it stands."""
    match table:
        case ast.Call(func=function, args=[ast.Dict()], keywords=[]):
            return last_name(function) in _SAME_TABLES
        case ast.Call(func=ast.Name(id="frozenset" | "set"), args=[ast.List() | ast.Set() | ast.Tuple()]):
            return True
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return all(keyword.arg for keyword in keywords)
    return isinstance(table, _DISPLAYS)


def _level(call: ast.Call) -> int:
    """How many dots a call of `__import__` stands for."""
    given = call.args[4:5] or [keyword.value for keyword in call.keywords if keyword.arg == "level"]
    match given:
        case [ast.Constant(value=int(level))]:
            return level
    return 0


def _slice(node: ast.Slice) -> slice:
    """A slice whose ends are written out."""
    ends = (node.lower, node.upper, node.step)
    return slice(*(None if end is None else operator.index(ast.literal_eval(end)) for end in ends))
