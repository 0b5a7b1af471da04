"""What is written out in a file: strings, in one piece or several, and elements of tables, through names."""

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice, product

from profilec.prove.modules import Module
from profilec.prove.scopes import Scope

type Texts = frozenset[str | None]

_NONE: Texts = frozenset()
_UNKNOWN: Texts = frozenset({None})
_ANY = ast.Constant(None)
"""The key of every entry."""

_DISPLAYS = (ast.Tuple, ast.List, ast.Set, ast.Dict)
_COPIES = ("list", "tuple", "set", "frozenset", "sorted", "iter", "reversed")
_GROWING = ("append", "extend", "insert", "add", "update", "setdefault")
_MOST_TEXTS = 64
"""Texts that one expression is followed to."""
_FURTHEST = 8
"""Steps that an expression is followed; a circle ends here."""


class Literals:
    """The strings and tables of one file."""

    def __init__(self, module: Module, scopes: Scope) -> None:
        """Note in which scope each name is read."""
        self._module = module
        self._scope_of = {id(node): scope for scope in scopes.walk() for _, node in scope.loads}

    def scope_of(self, node: ast.expr) -> Scope | None:
        """The scope that a name is read in."""
        return self._scope_of.get(id(node))

    def assigned(self, node: ast.Name) -> list[ast.expr]:
        """The expressions whose value a name may have."""
        scope = self.scope_of(node)
        owner = scope.owner(node.id) if scope else None
        return owner.values.get(node.id, []) if owner else []

    def inside(self, table: ast.expr, key: ast.expr | None = None, depth: int = 0) -> Iterator[ast.expr]:
        """The expressions that going through a table may give; with a key, those that may be under it."""
        if depth > _FURTHEST:
            return
        match table:
            case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
                yield from (e.value if isinstance(e, ast.Starred) else e for e in elements)
            case ast.Dict(keys=keys, values=values) if key is not None:
                wanted = self.all_texts(key, depth + 1)
                for one, value in zip(keys, values, strict=True):
                    own = self.all_texts(one, depth + 1)
                    if None in wanted | own or wanted & own:
                        yield value
            case ast.Dict(keys=keys):
                yield from (one for one in keys if one is not None)
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords) if key is not None:
                yield from (keyword.value for keyword in keywords)
            case ast.Call(func=ast.Name(id=copy), args=[inner]) if copy in _COPIES:
                yield from self.inside(inner, key, depth + 1)
            case ast.Call(func=ast.Attribute(value=inner, attr="values"), args=[]):
                yield from self.inside(inner, _ANY, depth + 1)
            case ast.Call(func=ast.Attribute(value=inner, attr="items"), args=[]):
                yield ast.Tuple([*self.inside(inner, None, depth + 1), *self.inside(inner, _ANY, depth + 1)])
            case ast.Starred(value=inner):
                for element in self.inside(inner, None, depth + 1):
                    yield from self.inside(element, key, depth + 1)
            case ast.Name():
                for value in self.assigned(table):
                    yield from self.inside(value, key, depth + 1)

    def texts(self, node: ast.expr | None) -> frozenset[str]:
        """The strings that an expression may be, as far as they are written out."""
        return frozenset(text for text in self.all_texts(node) if text is not None)

    def all_texts(self, node: ast.expr | None, depth: int = 0) -> Texts:
        """The strings that an expression may be, with None among them where it may be others, too."""
        if depth > _FURTHEST:
            return _UNKNOWN
        match node:
            case ast.Constant(value=str(text)):
                return frozenset({text})
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined([left, right], depth)
            case ast.JoinedStr(values=parts):
                whole = (part.value if isinstance(part, ast.FormattedValue) else part for part in parts)
                return self._joined(whole, depth)
            case ast.IfExp(body=one, orelse=other):
                return self._any([one, other], depth)
            case ast.BoolOp(values=operands):
                return self._any(operands, depth)
            case ast.Call(
                func=ast.Name(id="compile" | "dedent") | ast.Attribute(attr="dedent"), args=[value, *_]
            ) | ast.NamedExpr(value=value):
                return self.all_texts(value, depth + 1)
            case ast.Starred(value=table):
                return self._any(self.inside(table, None, depth + 1), depth) | self._others(table)
            case ast.Subscript(value=table, slice=key):
                return self._any(self.inside(table, key, depth + 1), depth) | self._others(table)
            case ast.Name(id="__name__"):
                return frozenset({self._module.name})
            case ast.Name(id="__package__") | ast.Attribute(value=ast.Name(id="__spec__"), attr="parent"):
                return frozenset({self._module.package})
            case ast.Name(id=name):
                scope = self.scope_of(node)
                owner = scope.owner(name) if scope else None
                more = _UNKNOWN if owner is None or name in owner.unknown else _NONE
                return self._any(self.assigned(node), depth) | more
        return _UNKNOWN

    def _others(self, table: ast.expr) -> Texts:
        """None, unless a table is written out and stays as it is."""
        if not isinstance(table, ast.Name):
            return _NONE if isinstance(table, _DISPLAYS) else _UNKNOWN
        scope = self.scope_of(table)
        owner = scope.owner(table.id) if scope else None
        written = all(isinstance(value, _DISPLAYS) for value in self.assigned(table))
        stays = owner is not None and table.id not in owner.unknown | self._growing
        return _NONE if written and stays else _UNKNOWN

    def _any(self, nodes: Iterable[ast.expr], depth: int) -> Texts:
        found = [self.all_texts(node, depth + 1) for node in nodes]
        return _NONE.union(*found) if found else _UNKNOWN

    def _joined(self, parts: Iterable[ast.expr], depth: int) -> Texts:
        texts = [self.all_texts(part, depth + 1) for part in parts]
        found: set[str | None] = {None} if any(None in one for one in texts) else set()
        known = (sorted(text for text in one if text is not None) for one in texts)
        for pieces in islice(product(*known), _MOST_TEXTS):
            found.add("".join(pieces))
        return frozenset(found) or _UNKNOWN

    @cached_property
    def _growing(self) -> frozenset[str]:
        """The names of tables that the file adds to after it wrote them out."""
        found = set()
        for node in ast.walk(self._module.syntax):
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=method) if method in _GROWING:
                    found.add(name)
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                    found.add(name)
        return frozenset(found)

    def imported(self, node: ast.Call) -> Texts:
        """The absolute names that a call of an importing function may import, None for any other."""
        arguments = {keyword.arg: keyword.value for keyword in node.keywords}
        written = node.args[0] if node.args else arguments.get("name", arguments.get("mod_name"))
        package = node.args[1] if len(node.args) > 1 else arguments.get("package")
        found: set[str | None] = set()
        for text in self.all_texts(written):
            if text is None or not text.startswith("."):
                found.add(text and text.replace(":", "."))
                continue
            level = len(text) - len(text.lstrip("."))
            for base in self.all_texts(package):
                inner = Module(self._module.path, base, base, self._module.syntax) if base else None
                found.add(inner.absolute(text[level:], level) if inner else None)
        return frozenset(found)
