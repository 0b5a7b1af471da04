"""What an expression of one file may stand for: dotted names of modules and of what is in them.

Follows imports, assignments of every form, loops, parameters with their defaults and what the file gives
them, what functions return and yield, attributes of classes, instances and `self`, tables and what is added
to them, and functions of the standard library that give one thing for another, as long as the names in them
are written out. Anything else stands for nothing.

`shop.clock()` is what calling `shop.clock` gives. Classes and functions of the file itself are their scopes.
"""

import ast
import builtins
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from profilec.prove.names.behind import PARTIAL, Behind, Value, Values, class_around, decorator_names
from profilec.prove.names.bindings import bindings, surely_bound
from profilec.prove.names.circles import Once
from profilec.prove.names.flows import chosen
from profilec.prove.names.importers import is_importer, is_loader
from profilec.prove.names.literals import Literals
from profilec.prove.names.modules import Module
from profilec.prove.names.scopes import Import, Scope, in_annotation

NOTHING: Values = frozenset()

SAME_AS_ARGUMENT = frozenset({
    PARTIAL, "functools.cache", "functools.lru_cache", "functools.lru_cache()", "importlib.reload",
    "contextlib.nullcontext", "builtins.staticmethod", "builtins.classmethod",
})  # fmt: skip
"""Functions that give their first argument, or something that does what that does."""

GETTERS = frozenset({"builtins.getattr", "inspect.getattr_static", "builtins.object.__getattribute__"})
"""Functions that give the attribute of their first argument that the second one names."""

_MOST_NAMES = 32
"""Names that one expression is followed to."""

_BUILTINS = "__builtins__"
"""What every module and every function has, and what it is asked for at run time by that name."""
_COPIES = frozenset({"builtins.dict", "builtins.list", "builtins.tuple"})
"""Functions that give a table of what the one has that they are given."""
_PROPERTIES = frozenset({"property", "cached_property"})
_OF_TABLES = ("get", "pop", "setdefault", "__getitem__")


class Meanings:
    """The values of the expressions of one file."""

    def __init__(
        self,
        module: Module,
        scopes: Scope,
        around: "tuple[Meanings, Scope] | None" = None,
        *,
        is_guessing: bool = True,
        given: Mapping[tuple[int, str], list[ast.expr]] | None = None,
    ) -> None:
        """Read nothing yet.

        Args:
            module: the file.
            scopes: its scopes.
            around: for code in a string, the file and the scope that the string stands in.
            is_guessing: whether what this file gives a parameter, adds to a table and makes an object with
                counts: others may give and add something else.
            given: what parameters are given, by the id of their scope and their name.
        """
        self.module = module
        self.scopes = scopes
        self._around = around
        self._is_answering = given is not None
        this = weakref.proxy(self)  # a circle would keep the syntax until there is a search for garbage
        self.behind = Behind(
            module.syntax,
            scopes,
            lambda node: this.values(node),
            is_guessing=is_guessing,
            given=given or {},
        )
        self.literals = Literals(module, self.behind)
        self._known = Once[Values](self.behind.circles, NOTHING, frozenset.union)
        self._types = Once[frozenset[str]](self.behind.circles, frozenset(), frozenset.union)
        self._kept: list[ast.expr] = []  # what is known of an expression is known by its id

    def names(self, node: ast.expr) -> frozenset[str]:
        """The dotted names that an expression may stand for."""
        return frozenset(value for value in self.values(node) if isinstance(value, str))

    def asked(self, owner: ast.expr, name: ast.expr) -> Values:
        """What the attributes of an expression stand for whose names another may be."""
        return self._all_attributes(self.values(owner), name)

    def exports(self, path: list[str]) -> frozenset[str]:
        """The names among `exported`."""
        return frozenset(value for value in self.exported(path) if isinstance(value, str))

    def exported(self, path: list[str]) -> Values:
        """What a name of the module stands for to those who import it; attributes and calls may follow."""
        first, *rest = path
        name = first.removesuffix("()")
        found = self._in_scope(self.scopes, name) if name in self.scopes.bound else self._from_stars(name)
        if not found and name not in self.scopes.bound:
            found = NOTHING.union(
                *(self._answer(scope, name) for scope in self.scopes.definitions.get("__getattr__", ()))
            )
        for step in [first[len(name) :], *rest]:
            found = self._step(found, step)
        return found

    def _answer(self, scope: Scope, name: str) -> Values:
        """What a `__getattr__`, of the module or of a class, returns for a name.

        One that is asked while another answers, or by itself, is not followed: it could go on for ever.
        """
        match scope.node:
            case _ if self._is_answering:
                return NOTHING
            case ast.FunctionDef(args=ast.arguments(args=[*_, ast.arg(arg=parameter)]), body=body):
                key = id(scope), f"({name})"
                return self._once(key, lambda: self._chosen(scope, parameter, body, name)[0])
        return NOTHING

    def may_answer(self, name: str) -> bool:
        """Whether a `__getattr__` of the module may give something for a name that is not bound."""
        match self.scopes.definitions.get("__getattr__", []):
            case [
                Scope(
                    node=ast.FunctionDef(args=ast.arguments(args=[ast.arg(arg=parameter)]), body=body)
                ) as scope
            ] if not decorator_names(scope.node):
                return self._chosen(scope, parameter, body, name)[1]
        return "__getattr__" in self.scopes.bound

    def _chosen(self, scope: Scope, parameter: str, body: list[ast.stmt], name: str) -> tuple[Values, bool]:
        """What a `__getattr__` returns for a name, as far as it is known, and whether it may return."""
        given: dict[tuple[int, str], list[ast.expr]] = {(id(scope), parameter): [ast.Constant(name)]}
        inner = Meanings(self.module, self.scopes, self._around, given=given)
        results, ends = chosen(body, inner.literals.truth)
        return NOTHING.union(*map(inner.values, results)), bool(results) or not ends

    def _once(self, key: tuple[int, str], work: Callable[[], Values]) -> Values:
        """Values that are worked out once; meanwhile, what means itself means nothing."""
        return self._known.ask(key, lambda: _bounded(work()))

    def _step(self, values: Values, step: str) -> Values:
        attribute = step.removesuffix("()")
        found = self._attribute(values, attribute) if attribute else values
        return self._call(found) if step.endswith("()") else found

    def values(self, node: ast.expr) -> Values:
        """What an expression may stand for."""
        match node:
            case ast.Name():
                return self._name(node)
            case ast.Attribute() | ast.Call() | ast.Subscript(ctx=ast.Load()) | ast.Starred():
                return self._once((id(node), ""), lambda: self._followed(node))
            case ast.IfExp(body=one, orelse=other):
                return self.values(one) | self.values(other)
            case ast.BoolOp(values=operands):
                return NOTHING.union(*map(self.values, operands))
            case ast.Lambda():
                return frozenset(self.behind.lambdas.get(id(node), ()))
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                return self.values(value)
        return NOTHING

    def _followed(self, node: ast.Attribute | ast.Call | ast.Subscript | ast.Starred) -> Values:
        self._kept.append(node)
        match node:
            case ast.Call():
                return self._call_of(self.behind.whole(node))
            case ast.Attribute(value=value, attr=name):
                found = self._attribute(self.values(value), name)
                return found.union(*map(self.values, self.behind.set_on_variable(node)))
        return self._element(node)

    def _name(self, node: ast.Name) -> Values:
        scope = self.behind.scope_of(node)
        return self.looked_up(node.id, scope) if scope and isinstance(node.ctx, ast.Load) else NOTHING

    def looked_up(self, name: str, scope: Scope) -> Values:
        """What a name that is read in a scope may stand for."""
        owner = scope.owner(name)
        if owner is not None:
            is_perhaps = owner.parent is None and hasattr(builtins, name) and name in self._bound_perhaps
            return self._in_scope(owner, name).union([f"builtins.{name}"] if is_perhaps else ())
        if self._around is not None:
            meanings, outer = self._around
            return meanings.looked_up(name, outer) | self._from_stars(name)
        if name == _BUILTINS:
            return frozenset({"builtins"})
        return self._from_stars(name).union([f"builtins.{name}"] if hasattr(builtins, name) else ())

    def annotated(self, node: ast.expr, scope: Scope) -> Values:
        """The types that an annotation in a scope may name; None beside it, or quotes, make no difference."""
        match bare(node):
            case ast.Name(id=name):
                owner = scope.owner(name)
                imported = owner.types.get(name, ()) if owner else ()
                return self.looked_up(name, scope).union(map(self._absolute, imported))
            case ast.Attribute(value=value, attr=name):
                return self._attribute(self.annotated(value, scope), name)
        return NOTHING

    def types_named(self, node: ast.expr, scope: Scope) -> frozenset[str]:
        """The dotted names among `annotated`."""
        return frozenset(one for one in self.annotated(node, scope) if isinstance(one, str))

    def declared(self, node: ast.expr) -> frozenset[str]:
        """The names of the types of which an annotation says that an expression is an instance.

        What an operator makes of an instance is taken for one of the same type: `folder / "x"`.
        """
        self._kept.append(node)
        return self._types.ask(id(node), lambda: self._declared(node))

    def _declared(self, node: ast.expr) -> frozenset[str]:
        types: Values = NOTHING
        match node:
            case ast.Name(id=name) if owner := self.behind.owner_of(node):
                types = self._declared_in(owner, owner.annotations.get(name))
            case ast.Attribute(value=value, attr=name):
                classes = (one for one in self.values(value) if isinstance(one, Scope))
                types = NOTHING.union(*(self._declared_in(one, one.annotations.get(name)) for one in classes))
            case ast.Call(func=function):
                functions = (one for one in self.values(function) if isinstance(one, Scope))
                given = ((one.parent, getattr(one.node, "returns", None)) for one in functions)
                types = NOTHING.union(*(self._declared_in(scope, text) for scope, text in given if scope))
            case ast.BinOp(left=left):
                made = (one for one in self.names(left) if one.endswith("()"))
                return self.declared(left).union(one.removesuffix("()") for one in made)
        found = frozenset(one for one in types if isinstance(one, str))
        return found or frozenset().union(*map(self.declared, self.behind.of(node)))

    def _declared_in(self, scope: Scope, annotation: ast.expr | None) -> Values:
        return self.annotated(annotation, scope) if annotation is not None else NOTHING

    @cached_property
    def _bound_perhaps(self) -> frozenset[str]:
        """The names of the module that not every run of it binds: another may have a builtin of that name."""
        body = self.module.syntax.body
        return frozenset(bindings(body).keys() - surely_bound(body))

    def _from_stars(self, name: str) -> Values:
        return frozenset(f"{self._absolute(star)}.{name}" for star in self.scopes.stars)

    def _in_scope(self, scope: Scope, name: str) -> Values:
        return self._once((id(scope), name), lambda: self._bound(scope, name))

    def _bound(self, scope: Scope, name: str) -> Values:
        found: set[Value] = {self._absolute(imported) for imported in scope.imports.get(name, ())}
        found.update(scope.definitions.get(name, ()))
        if owner := _class_of_first(scope, name):
            found.add(owner)
        return frozenset(found).union(*map(self.values, self.behind.assigned(scope, name)))

    def _absolute(self, imported: Import) -> str:
        module = self.module.absolute(imported.module, imported.level)
        return module if imported.name in (None, "*") else f"{module}.{imported.name}"

    def _attribute(self, values: Values, name: str) -> Values:
        if name == _BUILTINS:
            return frozenset({"builtins"})
        found: set[Value] = set()
        for value in values:
            if name == "__globals__":
                found.update(self._namespaces_around(value))
            elif isinstance(value, str):
                found.add(_seen_in_library(value, name) or f"{value}.{name}")
                if value == self.module.name:
                    found |= self._in_scope(self.scopes, name)
            elif isinstance(value.node, ast.ClassDef):
                found |= self._member(value, value.node, name)
        return frozenset(found)

    def _namespaces_around(self, function: Value) -> Iterator[str]:
        """The namespaces of modules of which one is that in which a function, or a method, is defined."""
        if isinstance(function, Scope):
            yield f"{self.module.name}.__dict__"
        else:
            module, _, _ = function.rpartition(".")
            yield from (f"{one}.__dict__" for one in (module, module.rpartition(".")[0]) if one)

    def _member(self, scope: Scope, definition: ast.ClassDef, name: str) -> Values:
        """What an attribute of a class of this file, or of its instances, may stand for."""
        return self._once((id(scope), f".{name}"), lambda: self._found_in(scope, definition, name))

    def _found_in(self, scope: Scope, definition: ast.ClassDef, name: str) -> Values:
        given = self.behind.set_on(scope, name)
        found = self._in_scope(scope, name).union(*map(self.values, given))
        properties = [value for value in found if isinstance(value, Scope) and is_property(value.node)]
        found |= self._called(*properties)
        bases = NOTHING.union(*map(self.values, definition.bases))
        if given or name in scope.bound:  # it is its own, and not that of a class that is not known
            bases = frozenset(filter(_is_scope, bases))
        inherited = self._attribute(bases, name)
        answers = (self._answer(one, name) for one in scope.definitions.get("__getattr__", ()))
        return found or inherited or NOTHING.union(*answers)

    def _call_of(self, node: ast.Call) -> Values:
        called, literals = self.values(node.func), self.literals
        match node:
            case ast.Call(args=[owner, name, *defaults]) if not GETTERS.isdisjoint(called):
                return self.asked(owner, name).union(*map(self.values, defaults))
            case ast.Call(func=ast.Attribute(value=owner, attr="__getattribute__"), args=[name]):
                return self.asked(owner, name)
            case ast.Call(func=ast.Attribute(attr="__getattribute__"), args=[owner, name]):
                return self.asked(owner, name)
            case ast.Call(args=[owner]) if "operator.attrgetter()" in called:
                return self._all_attributes(self.values(owner), *self._made_for(node.func))
            case ast.Call(args=[table]) if "operator.itemgetter()" in called:
                return self._entry(table, *self._made_for(node.func))
            case ast.Call(args=[table, key]) if "operator.getitem" in called:
                return self._entry(table, key)
            case ast.Call(
                func=ast.Attribute(value=table, attr=method), args=[key, *defaults]
            ) if method in _OF_TABLES and (
                entries := self._entry(table, key).union(*map(self.values, defaults))
            ):
                return entries
            case ast.Call(func=ast.Name() as function, args=[]) if "builtins.super" in called:
                return self._bases(self.behind.scope_of(function))
            case ast.Call(args=[*_, value]) if "typing.cast" in called:
                return self.values(value)
            case ast.Call(args=[table, *defaults]) if "builtins.next" in called:
                return self._element(ast.Starred(table)).union(*map(self.values, defaults))
            case ast.Call(args=[table]) if not _COPIES.isdisjoint(called) and (
                same := frozenset(one for one in self.names(table) if one.startswith("sys.modules"))
            ):
                return same
            case ast.Call(args=[value, *_]) if not SAME_AS_ARGUMENT.isdisjoint(called):
                return self.values(value)
            case ast.Call(args=arguments) if is_importer(one for one in called if isinstance(one, str)):
                is_top = "builtins.__import__" in called and len(arguments) < 4 and not node.keywords
                modules = (module for module in literals.imported(node) if module is not None)
                return frozenset(module.partition(".")[0] if is_top else module for module in modules)
            case ast.Call(args=[name, *_]) if is_loader(one for one in called if isinstance(one, str)):
                return frozenset(self.literals.texts(name))
        return self._call(called)

    def _bases(self, scope: Scope | None) -> Values:
        """What `super()` may stand for in a method."""
        while scope is not None and scope.kind != "class":
            scope = scope.parent
        bases = scope.node.bases if scope is not None and isinstance(scope.node, ast.ClassDef) else []
        return NOTHING.union(*map(self.values, bases))

    def _made_for(self, getter: ast.expr) -> list[ast.expr]:
        """What an `attrgetter` or `itemgetter` asks for."""
        return [argument for made in self.behind.calls(getter) for argument in made.args]

    def _all_attributes(self, owners: Values, *paths: ast.expr) -> Values:
        """What attributes stand for whose names, with dots between them, expressions may be."""
        found: Values = NOTHING
        for text in sorted(text for path in paths for text in self.literals.texts(path)):
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
        return NOTHING.union(*map(self._returned, functions))

    def _returned(self, scope: Scope) -> Values:
        def work() -> Values:
            return NOTHING.union(*map(self.values, self.behind.given_by(scope)))

        return self._once((id(scope), "()"), work)

    def _entry(self, table: ast.expr, *keys: ast.expr) -> Values:
        """What an entry of a table may stand for."""
        found = [self._entries(table, text) for key in keys for text in self.literals.texts(key)]
        written = [one for key in keys for one in self.literals.inside(table, key)]
        return NOTHING.union(*found, *map(self.values, written))

    def _element(self, node: ast.Subscript | ast.Starred) -> Values:
        """What an entry of a table may stand for, or any of its elements."""
        if isinstance(node, ast.Subscript):
            entries = self._entry(node.value, node.slice)
        else:
            entries = NOTHING.union(*map(self.values, self.literals.inside(node.value)))
        unfollowed = (f"{value}[]" for value in self.values(node.value) if isinstance(value, str))
        return entries or frozenset(unfollowed)

    def _entries(self, table: ast.expr, name: str) -> Values:
        """What an entry of a namespace stands for: of `sys.modules`, `vars(os)`, `globals()` and the like."""
        match table:
            case ast.Call(func=ast.Name(id="vars"), args=[owner]) | ast.Attribute(
                value=owner, attr="__dict__"
            ):
                return self._attribute(self.values(owner), name)
            case ast.Call(func=ast.Name(id="globals" | "vars" | "locals" as kind), args=[]):
                scope = self.behind.scope_of(table.func) if kind != "globals" else None
                return self.looked_up(name, scope or self.scopes)
            case ast.Attribute(value=function, attr="__globals__") if not self.values(function):
                return frozenset(
                    {"builtins" if name == _BUILTINS else name}
                )  # probably a module of that name
        spaces = self.names(table)
        if "sys.modules" in spaces:
            return frozenset({name})
        modules = {one.removesuffix(".__dict__") for one in spaces if one.endswith(".__dict__")}
        own = self.looked_up(name, self.scopes) if self.module.name in modules else NOTHING
        modules |= {"builtins"} & spaces
        return own.union(f"{module}.{name}" for module in modules - {self.module.name})


def bare(annotation: ast.expr) -> ast.expr:
    """An annotation without its quotes, and without None beside it."""
    match annotation:
        case ast.Constant(value=str(text)) if inner := in_annotation(text):
            return bare(inner)
        case (
            ast.BinOp(left=one, op=ast.BitOr(), right=ast.Constant(value=None))
            | ast.BinOp(left=ast.Constant(value=None), op=ast.BitOr(), right=one)
            | ast.Subscript(value=ast.Name(id="Optional") | ast.Attribute(attr="Optional"), slice=one)
        ):
            return bare(one)
    return annotation


def _bounded(values: Values) -> Values:
    """The values that are worth following: the shortest of the names, where there are many."""
    names = [value for value in values if isinstance(value, str)]
    if len(names) <= _MOST_NAMES:
        return values
    kept = sorted(names, key=lambda name: (len(name), name))[:_MOST_NAMES]
    return values.difference(names).union(kept)


def _seen_in_library(owner: str, name: str) -> str | None:
    """What an attribute is by another name: `os.sys.modules`, and what holds a builtin function."""
    first, _, rest = owner.partition(".")
    match name:
        case "modules" if rest.endswith("sys") and first in sys.stdlib_module_names:
            return "sys.modules"
        case "__self__" if first == "builtins" and "." not in rest:
            return first
    return None


def _class_of_first(scope: Scope, name: str) -> Scope | None:
    """The class of which a parameter is `self` or `cls`."""
    return class_around(scope) if is_first_parameter(scope, name) else None


def is_first_parameter(scope: Scope, name: str) -> bool:
    """Whether a name is that of the first parameter of a method, or of what would be one in a class."""
    match scope.node:
        case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments):
            first = next(iter((*arguments.posonlyargs, *arguments.args)), None)
            is_static = "staticmethod" in decorator_names(scope.node)
            return (
                first is not None and first.arg == name and not is_static and class_around(scope) is not None
            )
    return False


def _is_scope(value: Value) -> bool:
    return isinstance(value, Scope)


def is_property(method: ast.AST) -> bool:
    """Whether a method is called where its name is read as an attribute."""
    return not decorator_names(method).isdisjoint(_PROPERTIES)
