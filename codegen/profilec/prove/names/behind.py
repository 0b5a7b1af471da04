"""Where the value of an expression of one file comes from: the expressions that it may be a copy of.

One step back: from a name to what is assigned to it, from a parameter to its default and to what calls in
the file give it, from a call to what the function returns, from an attribute to what it is set to, from a
table to what is added to it.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache

from profilec.prove.names.circles import Circles, Once
from profilec.prove.names.flows import Definition, Flows, argument, flows_of, returned
from profilec.prove.names.nodes import FILES_HELD, last_name
from profilec.prove.names.scopes import Scope

type Value = str | Scope
type Values = frozenset[Value]

PARTIAL = "functools.partial"
METHOD_CALLER = "operator.methodcaller"
_NAMESPACES = ("SimpleNamespace", "Namespace")
"""Classes whose instances have the attributes that they are made with."""
_CONTEXTS = ("contextmanager", "asynccontextmanager")


class Behind:
    """What lies behind the expressions of one file."""

    def __init__(
        self,
        syntax: ast.Module,
        scopes: Scope,
        values: Callable[[ast.expr], Values],
        *,
        is_guessing: bool,
        given: Mapping[tuple[int, str], list[ast.expr]],
    ) -> None:
        """Note in which scope each name is read.

        Args:
            syntax: the file.
            scopes: its scopes.
            values: what an expression of the file may stand for.
            is_guessing: whether what this file gives a parameter, adds to a table and makes an object with
                counts: others may give and add something else.
            given: what parameters are given, by the id of their scope and their name.
        """
        self._syntax = syntax
        self._scopes = scopes
        self._values = values
        self._is_guessing = is_guessing
        self._scope_of = _scopes_of_names(scopes)
        self._given = given
        self.circles = Circles()
        self._found = Once[list[ast.expr]](self.circles, [], joined)

    @cached_property
    def lambdas(self) -> dict[int, list[Scope]]:
        """The scope of each lambda, by its id."""
        return {id(one.node): [one] for one in self._scopes.walk() if isinstance(one.node, ast.Lambda)}

    @property
    def growing(self) -> set[str]:
        """The names of tables that the file adds to after it wrote them out."""
        return self._flows.growing

    @property
    def sought(self) -> set[str]:
        """The names that the file looks for in a table."""
        return self._flows.sought

    @cached_property
    def _flows(self) -> Flows:
        return flows_of(self._syntax)

    def scope_of(self, node: ast.expr) -> Scope | None:
        """The scope that a name is read in."""
        return self._scope_of.get(id(node))

    def owner_of(self, node: ast.expr) -> Scope | None:
        """The scope that binds a name that is read."""
        scope = self.scope_of(node)
        return scope.owner(node.id) if scope and isinstance(node, ast.Name) else None

    def is_known(self, node: ast.Name) -> bool:
        """Whether a name has no other values than those behind it."""
        owner = self.owner_of(node)
        return owner is not None and (node.id not in owner.unknown or (id(owner), node.id) in self._given)

    def of(self, node: ast.expr) -> list[ast.expr]:
        """The expressions behind a name, an attribute or a call, and tables of what is added to it."""
        match node:
            case ast.Name(id=name):
                owner = self.owner_of(node)
                return [*(self.assigned(owner, name) if owner else ()), *self._added(node)]
            case ast.Attribute(value=value, attr=name):
                found = [one for owner in _scopes(self._values(value)) for one in self.set_on(owner, name)]
                return [*found, *self.set_on_variable(node), *self._added(node)]
            case ast.Call(func=called):
                return [one for scope in _scopes(self._values(called)) for one in self.given_by(scope)]
        return []

    def assigned(self, scope: Scope, name: str) -> list[ast.expr]:
        """The expressions whose value a name of a scope may have."""
        if (id(scope), name) in self._given:
            return self._given[id(scope), name]
        values = scope.values.get(name, [])
        if not self._is_guessing or name not in scope.unknown or not isinstance(scope.node, Definition):
            return values
        return [*values, *self._arguments(scope, scope.node, name)]

    def _arguments(self, scope: Scope, function: Definition, name: str) -> list[ast.expr]:
        """What calls in the file give a parameter."""

        def work() -> list[ast.expr]:
            calls = self._calls_of(scope)
            return [one for call, skipped in calls for one in argument(call, function, name, skipped)]

        return self._found.ask((id(scope), name), work)

    def _calls_of(self, scope: Scope) -> Iterator[tuple[ast.Call, int]]:
        """The calls of a function in the file, each with how many parameters it leaves out at the start."""
        owner, decorators = class_around(scope), decorator_names(scope.node)
        for name in _names_of(scope, owner):
            for call in self._flows.calls.get(name, ()):
                called = self._values(call.func)
                if scope in called:
                    of_class = isinstance(call.func, ast.Attribute) and self._is_class(call.func.value)
                    is_bound = owner is not None and (not of_class or "classmethod" in decorators)
                    yield call, 1 if is_bound and "staticmethod" not in decorators else 0
                elif owner in called and getattr(scope.node, "name", "") in ("__init__", "__new__"):
                    yield call, 1

    def _is_class(self, node: ast.expr) -> bool:
        """Whether an expression is the name of a class, not an instance of it."""
        owner = self.owner_of(node)
        return owner is not None and isinstance(node, ast.Name) and node.id in owner.definitions

    def given_by(self, function: Scope) -> list[ast.expr]:
        """What calling a function of the file gives."""

        def work() -> list[ast.expr]:
            is_context = not decorator_names(function.node).isdisjoint(_CONTEXTS)
            node = function.node
            return returned(node, is_context=is_context) if isinstance(node, Definition) else []

        return self._found.ask((id(function), "()"), work)

    def _added(self, table: ast.expr) -> Iterator[ast.expr]:
        """Tables that hold what the file adds to a table."""
        for other, addition in self._flows.added.get(last_name(table), ()) if self._is_guessing else ():
            if self._is_same(table, other):
                yield addition

    def _is_same(self, one: ast.expr, other: ast.expr) -> bool:
        """Whether two expressions are the same variable, or the same attribute of what may be the same."""
        match one, other:
            case ast.Name(id=name), ast.Name(id=second):
                owner = self.owner_of(one)
                return name == second and owner is not None and owner is self.owner_of(other)
            case ast.Attribute(value=owner, attr=name), ast.Attribute(value=second_owner, attr=second):
                values = self._values(owner) & self._values(second_owner)
                return name == second and (bool(values) or self._is_same(owner, second_owner))
        return False

    def set_on(self, scope: Scope, name: str) -> list[ast.expr]:
        """What an attribute of a class of the file, or of its instances, is set to."""
        definition = scope.node
        if not isinstance(definition, ast.ClassDef):
            return []

        def work() -> list[ast.expr]:
            set_here = (
                value for owner, value in self._flows.given.get(name, ()) if scope in self._values(owner)
            )
            return [*scope.values.get(name, ()), *set_here, *self._made_with(scope, definition, name)]

        return self._found.ask((id(scope), f".{name}"), work)

    def _made_with(self, scope: Scope, definition: ast.ClassDef, name: str) -> Iterator[ast.expr]:
        """What instances are made with, for a field of a class that has no `__init__` of its own."""
        if not self._is_guessing or name not in scope.bound or "__init__" in scope.bound:
            return
        targets = (node.target for node in definition.body if isinstance(node, ast.AnnAssign))
        fields = [target.id for target in targets if isinstance(target, ast.Name)]
        if name not in fields:
            return
        for call in self._flows.calls.get(definition.name, ()):
            if scope in self._values(call.func):
                yield from call.args[fields.index(name) :][:1]
                yield from (keyword.value for keyword in call.keywords if keyword.arg == name)

    def set_on_variable(self, node: ast.Attribute) -> list[ast.expr]:
        """What an attribute of an object that the file does not define is set to here, or made with."""
        if not self._is_guessing or not isinstance(node.ctx, ast.Load):
            return []
        found = [
            value
            for owner, value in self._flows.given.get(node.attr, ())
            if isinstance(owner, ast.Name) and self._is_same(node.value, owner)
        ]
        for call in self.calls(node.value):
            if last_name(call.func) in _NAMESPACES:
                found += [keyword.value for keyword in call.keywords if keyword.arg == node.attr]
        return found

    def calls(self, node: ast.expr) -> list[ast.Call]:
        """The calls that give an expression its value."""
        match node:
            case ast.Call():
                return [node]
            case ast.Name(id=name) if (owner := self.owner_of(node)) is not None:
                return [value for value in owner.values.get(name, ()) if isinstance(value, ast.Call)]
        return []

    def whole(self, call: ast.Call) -> ast.Call:
        """A call with the arguments that a `partial` or `methodcaller` brings to it, without `__call__`."""
        match call.func:
            case ast.Attribute(value=function, attr="__call__") if any(
                isinstance(one, str) for one in self._values(function)
            ):
                return self.whole(ast.copy_location(ast.Call(function, call.args, call.keywords), call))
        for made in self.calls(call.func):
            if made.args and made is not call and PARTIAL in self._values(made.func):
                called, *first = made.args
                arguments, keywords = [*first, *call.args], [*made.keywords, *call.keywords]
                return ast.copy_location(ast.Call(called, arguments, keywords), call)
            match made.args, call.args:
                case [ast.Constant(value=str(name)), *arguments], [owner] if METHOD_CALLER in self._values(
                    made.func
                ):
                    method = ast.copy_location(ast.Attribute(owner, name, ast.Load()), call)
                    return ast.copy_location(ast.Call(method, arguments, made.keywords), call)
        return call


def joined(one: list[ast.expr], other: list[ast.expr]) -> list[ast.expr]:
    """Two lists of expressions, each of which is once in the list that is made."""
    return [*{id(found): found for found in (*one, *other)}.values()]


@lru_cache(maxsize=FILES_HELD)
def _scopes_of_names(scopes: Scope) -> dict[int, Scope]:
    """The scope in which each name of a file is read, by the id of its node."""
    return {id(node): scope for scope in scopes.walk() for _, node in scope.loads}


def _scopes(values: Iterable[Value]) -> list[Scope]:
    """The classes and functions among some values, in the order of the file."""
    found = [value for value in values if isinstance(value, Scope)]
    return sorted(found, key=lambda scope: getattr(scope.node, "lineno", 0))


def class_around(scope: Scope) -> Scope | None:
    """The class that a function is a method of."""
    owner = scope.parent
    while owner is not None and owner.kind == "parameters":
        owner = owner.parent
    return owner if owner is not None and owner.kind == "class" else None


def _names_of(scope: Scope, owner: Scope | None) -> Iterator[str]:
    """The names by which a function may be called."""
    if isinstance(scope.node, ast.Lambda):
        around = scope.parent.values if scope.parent else {}
        yield from (name for name, values in around.items() if scope.node in values)
        return
    name = getattr(scope.node, "name", "")
    yield name
    if owner is not None and name in ("__init__", "__new__"):
        yield getattr(owner.node, "name", "")
        yield "cls"


def decorator_names(node: ast.AST) -> frozenset[str]:
    """The last names of what decorates a definition."""
    decorators = getattr(node, "decorator_list", ())
    return frozenset(last_name(one.func if isinstance(one, ast.Call) else one) for one in decorators)
