"""Facts that a package repeats under its own names: constants, functions and properties that return one.

Takes the decisions of one profile so far and gives the facts that they add: `IS_WASM = sys.platform ==
"emscripten"` makes `IS_WASM` a fact wherever it is imported. `specialise` decides again with them until
there are no more.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import libcst as cst
from msgspec import Struct
from msgspec.structs import replace

from profilec.decide import Module
from profilec.folding.facts import (
    LOADED,
    UNKNOWN,
    Deciding,
    Facts,
    Value,
    VersionPrefix,
    is_builtin,
    is_literal,
    value,
)
from profilec.settle.prune import Remains
from profilec.settle.rebound import caught, handed_on, rebound
from profilec.settle.taken import deciding, exposed, inherits, overridden, taken
from profilec.syntax.read import Span, children
from profilec.syntax.scopes import Binding, Scope, imported_paths, parameters_of

_CLAUSES = (
    cst.If, cst.Else, cst.Try, cst.TryStar, cst.ExceptHandler, cst.ExceptStarHandler, cst.Finally, cst.With,
    cst.For, cst.While, cst.FunctionDef, cst.ClassDef, cst.MatchCase,
)  # fmt: skip
"""What ends its header with a colon, which goes when only what stands below the header is left."""
_CHANGE_NOTHING = frozenset({"dataclasses.dataclass", "typing.final"})
"""Decorators of classes that leave properties as they are."""
_CACHES = frozenset({"functools.cache", "functools.lru_cache"})


class Derived(Struct, frozen=True):
    """The facts that one file repeats, by dotted path.

    Attributes:
        constants: what names hold.
        functions: what functions return.
        members: what properties of classes give.
        loaded: the names that hold a module.
        classes: the classes of which names are among the constants and functions.
        rebound: what this file binds to something else, as an attribute of its holder, or in another class.
        handed_on: what others may bind to something else, whom this file gives the module or class of that.
        methods: the methods that decide by such properties.
        exposed: properties of the classes that this file gives others, or lets inherit, under another name.
        caught: what this file asks other modules for where a handler runs if they do not have it yet.
        wanted: the names of the package which it compares facts with, or of which facts choose one.
        denied: what it binds of all that the configured facts read, with the place.
    """

    constants: Mapping[str, Any] = {}
    functions: Mapping[str, Any] = {}
    members: Mapping[str, Any] = {}
    loaded: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    rebound: frozenset[str] = frozenset()
    handed_on: frozenset[str] = frozenset()
    methods: Mapping[str, Deciding] = {}
    exposed: frozenset[str] = frozenset()
    caught: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()
    denied: tuple[tuple[str, Span], ...] = ()


def derive(module: Module, remains: Remains, facts: Facts) -> Derived:
    """Return the facts that the top-level names of a module repeat."""
    constants: dict[str, Value] = {}
    functions: dict[str, Value] = {}
    members: dict[str, Value] = {}
    classes: set[str] = set()
    for alone in _alone(module, module.names.root, remains):
        binding = alone.binding
        if _is_shadowed(module, binding, remains):
            continue
        path = f"{module.names.module}.{binding.name}"
        found = {path: alone}
        if scope := _plain_class(module, binding):
            own = (one for one in _alone(module, scope, remains) if not _is_mangled(one.binding.name))
            found |= {f"{path}.{one.binding.name}": one for one in own}
        for name, one in found.items():
            chosen = replace(one, chosen=one.chosen or name in facts.wanted)
            constant, function = _of_binding(module, chosen, remains, facts)
            if constant is not UNKNOWN:
                constants[name] = constant
            if function is not UNKNOWN:
                functions[name] = function
            if name != path and (constant, function) != (UNKNOWN, UNKNOWN):
                classes.add(path)
        members.update(_properties(module, binding, remains, facts))
    constants |= _passed_on(module, remains, facts.constants)
    functions |= _passed_on(module, remains, facts.functions)
    loaded = frozenset(path for path, constant in constants.items() if constant is LOADED)
    plain = {path: constants[path] for path in constants if path not in loaded}
    changed = list(rebound(module.syntax, module.names, remains, facts))
    others = frozenset(path for path, _ in changed if path not in facts.read)
    denied = tuple((path, span) for path, span in changed if path in facts.read)
    return Derived(
        plain,
        functions,
        members,
        loaded,
        frozenset(classes),
        others.union(
            overridden(module, remains, facts), taken(module.syntax, module.names, remains, facts.methods)
        ),
        frozenset(handed_on(module.syntax, module.names, remains, facts)),
        deciding(module.syntax, module.names, facts),
        frozenset(exposed(module.syntax, module.names, remains, facts)),
        frozenset(caught(module.syntax, module.names, facts)),
        frozenset(wanted(module, remains, facts)),
        denied,
    )


class _Alone(Struct, frozen=True):
    """The only binding that is left of a name.

    Attributes:
        assigned: the value that the name has from an assignment.
        chosen: there were others, so that facts chose it, even if it is a plain literal.
    """

    binding: Binding
    assigned: cst.BaseExpression | None
    chosen: bool


def _alone(module: Module, scope: Scope, remains: Remains) -> Iterator[_Alone]:
    """Yield the only binding that is left of each name of a module or class."""
    body = module.syntax.module.body if isinstance(scope.node, cst.Module) else children(scope.node)
    bound = dict(_bound(_left(module, body, remains)))
    for bindings in scope.bindings.values():
        left = [binding for binding in bindings if remains.has(binding.span)]
        if len(left) == 1 and left[0].node in bound:
            yield _Alone(left[0], bound[left[0].node], len(bindings) > 1)


def _is_mangled(name: str) -> bool:
    """Tell whether a name of a class is another one outside of it."""
    return name.startswith("__") and not name.endswith("__")


def _plain_class(module: Module, binding: Binding) -> Scope | None:
    """Return the scope of a class without bases, decorators and metaclass: its names hold what it binds."""
    node = binding.node
    if not isinstance(node, cst.ClassDef) or node.keywords or node.decorators or inherits(node, module.names):
        return None
    return _scope_of(module, node)


def _scope_of(module: Module, node: cst.ClassDef) -> Scope:
    """Return the scope of a class; its type parameters have one of their own."""
    return next(scope for scope in module.names.scopes if scope.node is node and scope.kind == "class")


def joined(facts: Facts, found: Iterable[Derived], rebound: Collection[str] = ()) -> Facts:
    """Return the facts with those that files repeat, under names that no file binds to something else."""
    constants, functions, members = dict(facts.constants), dict(facts.functions), dict(facts.members)
    classes, methods = set(facts.classes), dict(facts.methods)
    for derived in found:
        classes |= derived.classes
        methods.update(derived.methods)
        constants.update({path: _frozen(value) for path, value in derived.constants.items()})
        constants.update(dict.fromkeys(derived.loaded, LOADED))
        functions.update({path: _frozen(value) for path, value in derived.functions.items()})
        members.update({path: _frozen(value) for path, value in derived.members.items()})
    for path in rebound:
        for known in (constants, functions, members):
            known.pop(path, None)
    return replace(
        facts,
        constants=constants,
        functions=functions,
        members=members,
        classes=frozenset(classes),
        methods=methods,
        rebound=frozenset(rebound),
    )


def _is_shadowed(module: Module, binding: Binding, remains: Remains) -> bool:
    """Tell whether a later import of everything may bind the name anew; another package may have any."""
    is_public = not binding.name.startswith("_")
    return any(
        star.span.start > binding.span.start
        and remains.has(star.span)
        and (binding.name in module.names.rebound or (is_public and not module.names.is_own(star.module)))
        for star in module.names.stars
    )


def _passed_on(module: Module, remains: Remains, known: Mapping[str, Value]) -> dict[str, Value]:
    """Return what the only import of everything gives to a module, by the paths there."""
    stars = module.names.stars
    if len(stars) != 1 or not known or not remains.has(stars[0].span):
        return {}
    found: dict[str, Value] = {}
    for path, one in known.items():
        owner, _, name = path.rpartition(".")
        is_bound = name in module.names.root.bindings or name in module.names.rebound
        if owner == stars[0].module and not name.startswith("_") and not is_bound:
            found[f"{module.names.module}.{name}"] = one
    return found


def _frozen(value: Any) -> Any:
    """Return a value as facts have it; a tuple that was written down has become a list."""
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _of_binding(module: Module, alone: _Alone, remains: Remains, facts: Facts) -> tuple[Value, Value]:
    """Return what a name holds, and what it returns when it is called, as far as facts say."""
    binding, assigned, chosen = alone.binding, alone.assigned, alone.chosen
    if binding.kind == "import" and binding.target:
        if chosen and facts.importable(binding.target):
            return LOADED, UNKNOWN
        return facts.constants.get(binding.target, UNKNOWN), facts.functions.get(binding.target, UNKNOWN)
    if isinstance(binding.node, cst.FunctionDef):
        return UNKNOWN, _returned(module, binding.node, remains, facts, of_class=False, chosen=chosen)
    if assigned is None or (is_literal(assigned) and not chosen):
        return UNKNOWN, UNKNOWN
    match assigned:
        case cst.Lambda(params=parameters, body=returned) if not any(parameters_of(parameters)):
            return UNKNOWN, _plain(value(returned, module.names, facts))
    return _plain(value(assigned, module.names, facts)), UNKNOWN


def _plain(found: Value | VersionPrefix) -> Value:
    return UNKNOWN if isinstance(found, VersionPrefix) else found


def _bound(statements: Iterable[cst.CSTNode]) -> Iterator[tuple[cst.CSTNode, cst.BaseExpression | None]]:
    """Yield the nodes to which statements bind a name, each with the value that is assigned to it alone."""
    for statement in statements:
        match statement:
            case cst.FunctionDef() | cst.ClassDef():
                yield statement, None
            case cst.Import(names=aliases) | cst.ImportFrom(names=[*aliases]):
                yield from ((alias, None) for alias in aliases)
            case cst.Assign(targets=targets, value=assigned):
                for target in targets:
                    yield from _paired(target.target, assigned)
            case cst.AnnAssign(target=target, value=assigned):
                yield target, assigned


def _paired(
    target: cst.BaseExpression, assigned: cst.BaseExpression
) -> Iterator[tuple[cst.CSTNode, cst.BaseExpression]]:
    """Yield a target with what it is assigned, or those of two tuples one by one: `a, b = 1, 2`."""
    match target, assigned:
        case cst.Tuple(elements=targets), cst.Tuple(elements=values) if len(targets) == len(values):
            if not any(isinstance(one, cst.StarredElement) for one in (*targets, *values)):
                for one, value_of_one in zip(targets, values, strict=True):
                    yield from _paired(one.value, value_of_one.value)
        case _:
            yield target, assigned


def _left(module: Module, nodes: Iterable[cst.CSTNode], remains: Remains) -> Iterator[cst.CSTNode]:
    """Yield the statements that are left of some; those of a clause that has dissolved stand in its place."""
    for node in nodes:
        if isinstance(node, cst.SimpleStatementLine | cst.IndentedBlock | cst.SimpleStatementSuite):
            yield from _left(module, node.body, remains)
        elif isinstance(node, cst.BaseSmallStatement | cst.Match):
            if remains.has(module.syntax.inner(node)):
                yield node
            elif isinstance(node, cst.Match):
                yield from _left(module, node.cases, remains)
        elif isinstance(node, _CLAUSES):
            colon = module.syntax.outer(node.body).start - 1
            if remains.has(Span(colon, colon + 1)):
                yield node
            else:
                yield from _left(module, children(node), remains)


# --- Literals that a fact asks for --------------------------------------------------------------------


def wanted(module: Module, remains: Remains, facts: Facts) -> Iterator[str]:
    """Yield the names of the package that decide something, if they hold a literal.

    `LINUX` is one in `sys.platform == LINUX`, and in a function of which facts leave `return LINUX` alone.
    """
    for node in module.syntax.every(cst.Comparison):
        if remains.has(module.syntax.inner(node)):
            sides = [node.left, *(target.comparator for target in node.comparisons)]
            named = [path for side in sides for path in _paths(side, module, facts)]
            if named and any(_is_decided(side, module, facts) for side in sides):
                yield from named
    for alone in _alone(module, module.names.root, remains):
        if alone.binding.target and f"{module.names.module}.{alone.binding.name}" in facts.wanted:
            yield alone.binding.target
        if alone.assigned and (alone.chosen or isinstance(alone.assigned, cst.IfExp)):
            yield from _paths(alone.assigned, module, facts)
    for function in module.syntax.every(cst.FunctionDef):
        is_chosen = not remains.has_all(module.syntax.inner(function))
        match _in_the_end(module, function, remains, facts) if is_chosen else ():
            case [cst.Return(value=cst.BaseExpression() as returned)]:
                yield from _paths(returned, module, facts)


def _is_decided(node: cst.BaseExpression, module: Module, facts: Facts) -> bool:
    return not is_literal(node) and value(node, module.names, facts) is not UNKNOWN


def _paths(node: cst.BaseExpression, module: Module, facts: Facts) -> Iterator[str]:
    """Yield the names of the package that an expression is, lists, or has facts choose."""
    match node:
        case cst.Name() | cst.Attribute():
            path = module.names.qualified(node) or ""
            if module.names.is_own(path):
                yield path
        case cst.Tuple(elements=elements) | cst.List(elements=elements) | cst.Set(elements=elements):
            for element in elements:
                yield from _paths(element.value, module, facts)
        case cst.IfExp(test=test, body=body, orelse=orelse) if _is_decided(test, module, facts):
            chosen = body if value(test, module.names, facts) else orelse
            yield from _paths(chosen, module, facts)


# --- Functions and properties ------------------------------------------------------------------------


def _returned(
    module: Module, node: cst.FunctionDef, remains: Remains, facts: Facts, *, of_class: bool, chosen: bool
) -> Value:
    """Return what a function that needs no arguments, or a property, returns, if that is a fact."""
    own, decorators = node.params, [one.decorator for one in node.decorators]
    needed = [one for one in (*own.posonly_params, *own.params, *own.kwonly_params) if one.default is None]
    given = of_class or any(_is_wrapper(module, decorator, "classmethod") for decorator in decorators)
    plain = of_class or all(_calls_through(module, decorator) for decorator in decorators)
    if node.asynchronous or len(needed) != given or not plain:
        return UNKNOWN
    before, left = (_in_the_end(module, node, some, facts) for some in (Remains.of(()), remains))
    match left:
        case [cst.Return(value=returned)] if returned is not None:
            is_fact = chosen or left != before or not is_literal(returned)
            return _plain(value(returned, module.names, facts)) if is_fact else UNKNOWN
    return UNKNOWN


def _in_the_end(module: Module, node: cst.FunctionDef, remains: Remains, facts: Facts) -> list[cst.CSTNode]:
    """Return the statements of a function that are left, without those that only precede what is returned."""
    left = _left(module, [node.body], remains)
    return [one for one in left if not _only_precedes(module, one, facts)]


def _only_precedes(module: Module, node: cst.CSTNode, facts: Facts) -> bool:
    """Tell whether a statement only precedes what is returned: a docstring, an import, a fact in a name."""
    match node:
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Name())], value=cst.BaseExpression() as assigned
        ) | cst.AnnAssign(target=cst.Name(), value=cst.BaseExpression() as assigned):
            return value(assigned, module.names, facts) is not UNKNOWN
        case cst.Expr(value=cst.BaseString()):
            return True
        case cst.Import() | cst.ImportFrom():
            paths = imported_paths(node)
            return bool(paths) and all(map(facts.importable, paths))
    return False


def _calls_through(module: Module, decorator: cst.BaseExpression) -> bool:
    """Tell whether what a function returns is the same with a decorator: a cache, or `staticmethod`."""
    if any(_is_wrapper(module, decorator, name) for name in ("staticmethod", "classmethod")):
        return True
    function = decorator.func if isinstance(decorator, cst.Call) else decorator
    return module.names.qualified(function) in _CACHES


def _is_wrapper(module: Module, decorator: cst.BaseExpression, name: str) -> bool:
    return isinstance(decorator, cst.Name) and decorator.value == name and is_builtin(decorator, module.names)


def _properties(
    module: Module, binding: Binding, remains: Remains, facts: Facts
) -> Iterator[tuple[str, Value]]:
    """Yield the properties of a class that only return a fact, by their path below the class."""
    if not isinstance(binding.node, cst.ClassDef) or not _is_plain(module, binding.node):
        return
    scope = _scope_of(module, binding.node)
    for node in _left(module, [binding.node.body], remains):
        match node:
            case cst.FunctionDef(
                name=cst.Name(value=name),
                decorators=[cst.Decorator(decorator=cst.Name(value="property") as decorator)],
            ) if is_builtin(decorator, module.names):
                bindings = [one for one in scope.bindings[name] if remains.has(one.span)]
                found = _returned(module, node, remains, facts, of_class=True, chosen=False)
                if found is not UNKNOWN and all(_is_of_property(one, node) for one in bindings):
                    yield f"{module.names.module}.{binding.name}.{name}", found


def _is_plain(module: Module, node: cst.ClassDef) -> bool:
    """Tell whether no decorator gives a class other properties."""
    makers = (decorator.decorator for decorator in node.decorators)
    functions = (maker.func if isinstance(maker, cst.Call) else maker for maker in makers)
    return all(module.names.qualified(function) in _CHANGE_NOTHING for function in functions)


def _is_of_property(binding: Binding, node: cst.FunctionDef) -> bool:
    """Tell whether a binding is a property, or its setter or deleter."""
    if binding.node is node:
        return True
    match binding.node:
        case cst.FunctionDef(
            decorators=[cst.Decorator(decorator=cst.Attribute(value=cst.Name(value=name), attr=how))]
        ):
            return name == node.name.value and how.value in ("setter", "deleter")
    return False
