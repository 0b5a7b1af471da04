"""What an expression of one file may stand for: dotted names of modules and of what is in them.

Follows imports, assignments of every form, loops, defaults of parameters, what functions return, attributes
of classes and of `self`, entries of tables that are written out, and functions of the standard library that
give one thing for another, as long as the names in them are written out. Anything else stands for nothing.

`shop.clock()` is what calling `shop.clock` gives. Classes and functions of the file itself are their scopes.
"""

import ast
from collections.abc import Iterator

from profilec.prove.literals import Literals
from profilec.prove.modules import Module
from profilec.prove.scopes import Import, Scope

type Value = str | Scope
type Values = frozenset[Value]

NOTHING: Values = frozenset()

IMPORTERS = frozenset({
    "importlib.import_module", "importlib.__import__", "builtins.__import__", "runpy.run_module",
    "importlib._bootstrap._gcd_import", "pkgutil.resolve_name",
})  # fmt: skip
"""Functions that import the module that their first argument names."""

_SAME_AS_ARGUMENT = frozenset({"functools.partial", "importlib.reload", "contextlib.nullcontext"})
_PROPERTIES = ("property", "cached_property")


class Meanings:
    """The values of the expressions of one file."""

    def __init__(self, module: Module, scopes: Scope, around: "tuple[Meanings, Scope] | None" = None) -> None:
        """Read nothing yet.

        Args:
            module: the file.
            scopes: its scopes.
            around: for code in a string, the file and the scope that the string stands in.
        """
        self._module = module
        self.scopes = scopes
        self._around = around
        self.literals = Literals(module, scopes)
        self._known: dict[tuple[int, str], Values] = {}
        self._given: dict[int, dict[str, list[ast.expr]]] = {}

    def names(self, node: ast.expr) -> frozenset[str]:
        """The dotted names that an expression may stand for."""
        return frozenset(value for value in self.values(node) if isinstance(value, str))

    def exports(self, path: list[str]) -> frozenset[str]:
        """What a name of the module stands for to those who import it; attributes and calls may follow."""
        first, *rest = path
        name = first.removesuffix("()")
        found = self._in_scope(self.scopes, name) if name in self.scopes.bound else self._from_stars(name)
        if not found and "__getattr__" in self.scopes.definitions and name not in self.scopes.bound:
            given = self._called(*self.scopes.definitions["__getattr__"])
            found = given if len(given) == 1 else NOTHING  # of several, which one is for this name?
        for step in [first[len(name) :], *rest]:
            found = self._step(found, step)
        return frozenset(value for value in found if isinstance(value, str))

    def _step(self, values: Values, step: str) -> Values:
        attribute = step.removesuffix("()")
        found = self._attribute(values, attribute) if attribute else values
        return self._call(found) if step.endswith("()") else found

    def values(self, node: ast.expr) -> Values:
        """What an expression may stand for."""
        match node:
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                return self._attribute(self.values(node.value), node.attr)
            case ast.Call():
                return self._call_of(node)
            case ast.Subscript(ctx=ast.Load()) | ast.Starred():
                return self._element(node)
            case ast.IfExp(body=one, orelse=other):
                return self.values(one) | self.values(other)
            case ast.BoolOp(values=operands):
                return NOTHING.union(*map(self.values, operands))
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                return self.values(value)
        return NOTHING

    def _name(self, node: ast.Name) -> Values:
        scope = self.literals.scope_of(node)
        return self.looked_up(node.id, scope) if scope and isinstance(node.ctx, ast.Load) else NOTHING

    def looked_up(self, name: str, scope: Scope) -> Values:
        """What a name that is read in a scope may stand for."""
        owner = scope.owner(name)
        if owner is not None:
            return self._in_scope(owner, name)
        if self._around is not None:
            meanings, outer = self._around
            return meanings.looked_up(name, outer)
        return self._from_stars(name) | {"builtins" if name == "__builtins__" else f"builtins.{name}"}

    def _from_stars(self, name: str) -> Values:
        return frozenset(f"{self._absolute(star)}.{name}" for star in self.scopes.stars)

    def _in_scope(self, scope: Scope, name: str) -> Values:
        key = id(scope), name
        if key not in self._known:
            self._known[key] = NOTHING  # what a name means by way of itself
            found: set[Value] = {self._absolute(imported) for imported in scope.imports.get(name, ())}
            found.update(scope.definitions.get(name, ()))
            if owner := _class_of_first(scope, name):
                found.add(owner)
            self._known[key] = frozenset(found).union(*map(self.values, scope.values.get(name, ())))
        return self._known[key]

    def _absolute(self, imported: Import) -> str:
        module = self._module.absolute(imported.module, imported.level)
        return module if imported.name in (None, "*") else f"{module}.{imported.name}"

    def _attribute(self, values: Values, name: str) -> Values:
        found: set[Value] = set()
        for value in values:
            if isinstance(value, str):
                found.add(f"{value}.{name}")
            elif isinstance(value.node, ast.ClassDef):
                found |= self._member(value, value.node, name)
        return frozenset(found)

    def _member(self, scope: Scope, definition: ast.ClassDef, name: str) -> Values:
        """What an attribute of a class of this file, or of its instances, may stand for."""
        key = id(scope), f".{name}"
        if key not in self._known:
            self._known[key] = NOTHING
            if id(scope) not in self._given:
                self._given[id(scope)] = _given_to_self(definition)
            given = self._given[id(scope)].get(name, ())
            found = self._in_scope(scope, name).union(*map(self.values, given))
            properties = [value for value in found if isinstance(value, Scope) and _is_property(value.node)]
            found |= self._called(*properties)
            inherited = self._attribute(NOTHING.union(*map(self.values, definition.bases)), name)
            self._known[key] = found or inherited
        return self._known[key]

    def _call_of(self, node: ast.Call) -> Values:
        called, literals = self.values(node.func), self.literals
        match node:
            case ast.Call(args=[owner, name, *defaults]) if "builtins.getattr" in called:
                return self._all_attributes(self.values(owner), name).union(*map(self.values, defaults))
            case ast.Call(args=[owner, name]) if "builtins.object.__getattribute__" in called:
                return self._all_attributes(self.values(owner), name)
            case ast.Call(func=ast.Attribute(value=owner, attr="__getattribute__"), args=[name]):
                return self._all_attributes(self.values(owner), name)
            case ast.Call(func=ast.Call(args=[name]), args=[owner]) if "operator.attrgetter()" in called:
                return self._all_attributes(self.values(owner), name)
            case ast.Call(args=[key, *_]) if "sys.modules.get" in called:
                return frozenset(literals.texts(key))
            case ast.Call(func=ast.Attribute(value=table, attr="get" | "pop"), args=[key, *defaults]) if [
                *(entries := (*literals.inside(table, key), *defaults))
            ]:
                return NOTHING.union(*map(self.values, entries))
            case ast.Call(func=ast.Lambda(body=body)):
                return self.values(body)
            case ast.Call(args=[*_, value]) if "typing.cast" in called:
                return self.values(value)
            case ast.Call(args=[value, *_]) if not _SAME_AS_ARGUMENT.isdisjoint(called):
                return self.values(value)
            case ast.Call(args=arguments) if not IMPORTERS.isdisjoint(called):
                is_top = "builtins.__import__" in called and len(arguments) < 4 and not node.keywords
                modules = (module for module in literals.imported(node) if module is not None)
                return frozenset(module.partition(".")[0] if is_top else module for module in modules)
        return self._call(called)

    def _all_attributes(self, owners: Values, path: ast.expr) -> Values:
        """What attributes stand for whose names, with dots between them, an expression may be."""
        found: Values = NOTHING
        for text in self.literals.texts(path):
            reached = owners
            for name in text.split("."):
                reached = self._attribute(reached, name)
            found |= reached
        return found

    def _call(self, called: Values) -> Values:
        found: set[Value] = set()
        for value in called:
            if isinstance(value, str):
                found.add(f"{value}()")
            elif isinstance(value.node, ast.ClassDef):
                found.add(value)
            else:
                found |= self._called(value)
        return frozenset(found)

    def _called(self, *functions: Scope) -> Values:
        """What functions of this file may return."""
        found: Values = NOTHING
        for scope in functions:
            key = id(scope), "()"
            if key not in self._known:
                self._known[key] = NOTHING
                self._known[key] = NOTHING.union(*map(self.values, _returned(scope.node)))
            found |= self._known[key]
        return found

    def _element(self, node: ast.Subscript | ast.Starred) -> Values:
        """What an entry of a table may stand for, or any of its elements."""
        key = id(node), "[]"
        if key not in self._known:
            self._known[key] = NOTHING
            index = node.slice if isinstance(node, ast.Subscript) else None
            entries = NOTHING.union(*(self._entries(node.value, text) for text in self.literals.texts(index)))
            written = self.literals.inside(node.value, index)
            unfollowed = (f"{value}[]" for value in self.values(node.value) if isinstance(value, str))
            self._known[key] = entries.union(*map(self.values, written)) or frozenset(unfollowed)
        return self._known[key]

    def _entries(self, table: ast.expr, name: str) -> Values:
        """What an entry of a namespace stands for: of `sys.modules`, `vars(os)`, `globals()` and the like."""
        match table:
            case ast.Call(func=ast.Name(id="vars"), args=[owner]) | ast.Attribute(
                value=owner, attr="__dict__"
            ):
                return self._attribute(self.values(owner), name)
            case ast.Call(func=ast.Name(id="globals" | "vars" | "locals"), args=[]):
                return self.looked_up(name, self.scopes)
        spaces = self.values(table)
        if "sys.modules" in spaces:
            return frozenset({name})
        return frozenset({f"builtins.{name}"}) if "builtins" in spaces else NOTHING


def _class_of_first(scope: Scope, name: str) -> Scope | None:
    """The class of which a parameter is `self` or `cls`."""
    match scope.node:
        case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments):
            first = next(iter((*arguments.posonlyargs, *arguments.args)), None)
            owner = scope.parent
            while owner is not None and owner.kind == "parameters":
                owner = owner.parent
            if first is not None and first.arg == name and owner is not None and owner.kind == "class":
                return None if "staticmethod" in _decorators(scope.node) else owner
    return None


def _decorators(node: ast.AST) -> set[str]:
    names = set()
    for decorator in getattr(node, "decorator_list", ()):
        names.add(getattr(decorator, "attr", None) or getattr(decorator, "id", None) or "")
    return names


def _is_property(node: ast.AST) -> bool:
    return not _decorators(node).isdisjoint(_PROPERTIES)


def _given_to_self(definition: ast.ClassDef) -> dict[str, list[ast.expr]]:
    """What the methods of a class assign to the attributes of their first parameter."""
    found: dict[str, list[ast.expr]] = {}
    for method in definition.body:
        match method:
            case ast.FunctionDef(args=ast.arguments(args=[first, *_])) | ast.AsyncFunctionDef(
                args=ast.arguments(args=[first, *_])
            ):
                for node in ast.walk(method):
                    for target, value in _assigned(node):
                        match target:
                            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner == first.arg:
                                found.setdefault(name, []).append(value)
    return found


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((target, value) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value


def _returned(function: ast.AST) -> Iterator[ast.expr]:
    """What a function returns, those in it left out."""
    if isinstance(function, ast.Lambda):
        yield function.body
        return
    pending: list[ast.AST] = list(getattr(function, "body", ()))
    while pending:
        match node := pending.pop():
            case ast.Return(value=ast.expr() as value):
                yield value
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.expr():
                pass
            case _:
                pending += ast.iter_child_nodes(node)
