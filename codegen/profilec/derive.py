"""Facts that a package repeats under its own names: constants, functions and properties that return one.

Takes the decisions of one profile so far and gives the facts that they add: `IS_WASM = sys.platform ==
"emscripten"` makes `IS_WASM` a fact wherever it is imported. `specialise` decides again with them until
there are no more.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import libcst as cst

from profilec.decide import Module
from profilec.decide.module import small_statements
from profilec.facts import LOADED, UNKNOWN, Facts, Value, VersionPrefix, value
from profilec.prune import Remains
from profilec.read import Syntax
from profilec.scopes import Binding

_CACHES = frozenset({"functools.cache", "functools.lru_cache"})


@dataclass(frozen=True)
class Derived:
    """The facts that one file repeats, by dotted path.

    Attributes:
        constants: what names hold.
        functions: what functions return.
        loaded: the names that hold a module.
        rebound: what this file binds to something else, as an attribute of what holds it.
    """

    constants: Mapping[str, Any] = field(default_factory=dict)
    functions: Mapping[str, Any] = field(default_factory=dict)
    loaded: frozenset[str] = frozenset()
    rebound: frozenset[str] = frozenset()


def derive(module: Module, remains: Remains, facts: Facts) -> Derived:
    """Return the facts that the top-level names of a module repeat."""
    constants: dict[str, Value] = {}
    functions: dict[str, Value] = {}
    for name, bindings in module.names.root.bindings.items():
        path = f"{module.names.module}.{name}"
        left = [binding for binding in bindings if remains.has(binding.span)]
        if len(left) != 1 or not _is_unconditional(module, left[0], remains):
            continue
        constant, function = _of_binding(module, left[0], facts, chosen=len(bindings) > 1)
        if constant is not UNKNOWN:
            constants[path] = constant
        if function is not UNKNOWN:
            functions[path] = function
        constants.update(_properties(module, left[0], facts))
    constants |= _passed_on(module, remains, facts.constants)
    functions |= _passed_on(module, remains, facts.functions)
    loaded = frozenset(path for path, constant in constants.items() if constant is LOADED)
    plain = {path: constants[path] for path in constants if path not in loaded}
    return Derived(plain, functions, loaded, frozenset(_rebound(module, remains, facts)))


def joined(facts: Facts, found: Iterable[Derived], rebound: Collection[str] = ()) -> Facts:
    """Return the facts with those that files repeat, under names that no file binds to something else."""
    constants, functions = dict(facts.constants), dict(facts.functions)
    for derived in found:
        constants.update({path: _frozen(value) for path, value in derived.constants.items()})
        constants.update(dict.fromkeys(derived.loaded, LOADED))
        functions.update({path: _frozen(value) for path, value in derived.functions.items()})
    for path in rebound:
        constants.pop(path, None)
        functions.pop(path, None)
    return replace(facts, constants=constants, functions=functions)


def _passed_on(module: Module, remains: Remains, known: Mapping[str, Value]) -> dict[str, Value]:
    """Return what the only import of everything gives to a module, by the paths there."""
    stars = module.names.stars
    if len(stars) != 1 or not known or not remains.has(stars[0].span):
        return {}
    found: dict[str, Value] = {}
    for path, one in known.items():
        owner, _, name = path.rpartition(".")
        if owner == stars[0].module and not name.startswith("_") and name not in module.names.root.bindings:
            found[f"{module.names.module}.{name}"] = one
    return found


def _rebound(module: Module, remains: Remains, facts: Facts) -> Iterator[str]:
    """Find the constants and functions that are set, or deleted, as attributes of a module or class."""
    if not facts.known:
        return
    targets = chain(
        (node.target for node in module.syntax.every(cst.AssignTarget)),
        (node.target for node in module.syntax.every(cst.AugAssign)),
        (node.target for node in module.syntax.every(cst.AnnAssign)),
        (node.target for node in module.syntax.every(cst.Del)),
    )
    for target in chain(*map(_single_targets, targets)):
        path = module.names.qualified(target) if isinstance(target, cst.Attribute) else None
        if path in facts.known and remains.has(module.syntax.inner(target)):
            yield path
    for call in module.syntax.every(cst.Call):
        match call:
            case cst.Call(
                func=cst.Name(value="setattr" | "delattr"),
                args=[cst.Arg(value=owner), cst.Arg(value=cst.SimpleString() as name), *_],
            ) if remains.has(module.syntax.inner(call)):
                path = f"{module.names.qualified(owner)}.{name.raw_value}"
                if path in facts.known:
                    yield path


def _single_targets(target: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(target, cst.Tuple | cst.List):
        yield from chain(*(_single_targets(element.value) for element in target.elements))
    else:
        yield target


def _frozen(value: Any) -> Any:
    """Return a value as facts have it; a tuple that was written down has become a list."""
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _of_binding(module: Module, binding: Binding, facts: Facts, *, chosen: bool) -> tuple[Value, Value]:
    """Return what a name holds, and what it returns when it is called, as far as facts say.

    Args:
        module: the module.
        binding: the only one of the name that is left.
        facts: what is known so far.
        chosen: the others went; then the facts chose it, even if it is a plain literal.
    """
    if binding.kind == "import" and binding.target:
        if chosen and facts.importable(binding.target):
            return LOADED, UNKNOWN
        return facts.constants.get(binding.target, UNKNOWN), facts.functions.get(binding.target, UNKNOWN)
    if isinstance(binding.node, cst.FunctionDef):
        return UNKNOWN, _returned(module, binding.node, facts, ())
    assigned = _assigned(module.syntax, binding)
    if assigned is None or (_is_literal(assigned) and not chosen):
        return UNKNOWN, UNKNOWN
    return _plain(value(assigned, module.names, facts)), UNKNOWN


def _plain(found: Value | VersionPrefix) -> Value:
    return UNKNOWN if isinstance(found, VersionPrefix) else found


def _is_literal(node: cst.BaseExpression) -> bool:
    constant = isinstance(node, cst.Name) and node.value in ("True", "False", "None")
    return constant or isinstance(node, cst.BaseNumber | cst.BaseString | cst.Tuple | cst.List | cst.Set)


def _assigned(syntax: Syntax, binding: Binding) -> cst.BaseExpression | None:
    """Return the value of the assignment whose one target a name is."""
    for statement in small_statements(syntax.module.body):
        match statement:
            case cst.Assign(targets=[cst.AssignTarget(target=target)], value=assigned) if (
                target is binding.node
            ):
                return assigned
            case cst.AnnAssign(target=target, value=assigned) if target is binding.node:
                return assigned
    return None


def _is_unconditional(module: Module, binding: Binding, remains: Remains) -> bool:
    """Tell whether importing the module makes a binding: every statement around it has dissolved."""
    body: Iterable[cst.CSTNode] = module.syntax.module.body
    while True:
        around = next((node for node in body if module.syntax.outer(node).covers(binding.span)), None)
        if not isinstance(around, cst.If | cst.Else | cst.Try | cst.ExceptHandler | cst.IndentedBlock):
            simple = cst.SimpleStatementLine | cst.SimpleStatementSuite | cst.FunctionDef | cst.ClassDef
            return isinstance(around, simple)
        if not isinstance(around, cst.IndentedBlock) and remains.has(module.syntax.inner(around)):
            return False
        body = [*_suites(around)]


def _suites(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    match node:
        case cst.IndentedBlock(body=body):
            yield from body
        case cst.If(body=body, orelse=orelse):
            yield from (body, orelse) if orelse else (body,)
        case cst.Try(body=body, handlers=handlers, orelse=orelse):
            yield from (body, *handlers, *((orelse,) if orelse else ()))
        case cst.Else(body=body) | cst.ExceptHandler(body=body):
            yield body


# --- Functions and properties ------------------------------------------------------------------------


def _returned(module: Module, node: cst.FunctionDef, facts: Facts, parameters: tuple[str, ...]) -> Value:
    """Return what a function with just these parameters returns, if that is a fact."""
    own = node.params
    names = tuple(param.name.value for param in (*own.posonly_params, *own.params))
    rest = own.kwonly_params or own.star_kwarg or isinstance(own.star_arg, cst.Param)
    cached = all(_is_cache(module, decorator.decorator) for decorator in node.decorators)
    if node.asynchronous or rest or len(names) != len(parameters) or not (cached or parameters):
        return UNKNOWN
    statements = [statement for statement in small_statements([node.body]) if not _is_docstring(statement)]
    match statements:
        case [cst.Return(value=returned)] if returned is not None and len(node.body.body) <= 2:
            return UNKNOWN if _is_literal(returned) else _plain(value(returned, module.names, facts))
    return UNKNOWN


def _is_docstring(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.BaseString)


def _is_cache(module: Module, decorator: cst.BaseExpression) -> bool:
    function = decorator.func if isinstance(decorator, cst.Call) else decorator
    return module.names.qualified(function) in _CACHES


def _properties(module: Module, binding: Binding, facts: Facts) -> Iterator[tuple[str, Value]]:
    """Yield the properties of a class that only return a fact, by their path below the class."""
    if not isinstance(binding.node, cst.ClassDef):
        return
    for node in binding.node.body.body:
        match node:
            case cst.FunctionDef(decorators=[cst.Decorator(decorator=cst.Name(value="property"))]):
                found = _returned(module, node, facts, ("self",))
                if found is not UNKNOWN:
                    yield f"{module.names.module}.{binding.name}.{node.name.value}", found
