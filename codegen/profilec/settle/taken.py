"""Properties that repeat a fact, and what else may stand where a method asks its instance for one.

`A.go(other)` asks for `other.flag`, and a class that inherits from `A` may have a `flag` of its own. So a
property decides only in a package in which both are certainly not so. Takes a file, and what is known of the
package; gives the properties that then decide nothing.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

import libcst as cst

from profilec.decide import Module
from profilec.decide.module import small_statements, strings
from profilec.folding.facts import UNKNOWN, Deciding, Facts, is_builtin, is_literal
from profilec.settle.prune import Remains
from profilec.settle.rebound import handing
from profilec.syntax.canonical import literal_string
from profilec.syntax.read import Syntax
from profilec.syntax.scopes import Names, Use, parameters_of

_UNBINDING = frozenset({"__func__", "__wrapped__", "fget", "__get__"})
"""Attributes of what is bound to an instance, or of a property, that give the function behind it."""
_LOOKING = frozenset({"isinstance", "issubclass", "super", "cast"})
_WITHOUT_NAMES = frozenset({"abc.ABC", "typing.Generic", "typing.Protocol"})
_OF_ALL = frozenset({"__dict__", "__mro__", "mro", "__bases__", "__subclasses__"})
"""Attributes of a class that give all that it holds, or other classes."""


def deciding(syntax: Syntax, names: Names, facts: Facts) -> dict[str, Deciding]:
    """Return the methods that read properties which repeat facts, and those that call them with their own."""
    found: dict[cst.FunctionDef, set[str]] = {}
    for node in syntax.every(cst.Attribute) if facts.members else ():
        use = names.use(node.value)
        path = f"{owner}.{node.attr.value}" if (owner := names.member(use)) else ""
        if use and path in facts.members and (method := _method(use, names)):
            found.setdefault(method, set()).add(path)
    by_name = _by_name(facts.methods)
    for call in syntax.every(cst.Call) if by_name else ():
        match call:
            case cst.Call(
                func=cst.Attribute(attr=cst.Name(value=name)), args=[cst.Arg(value=cst.Name() as first), *_]
            ) if (name in by_name and (use := names.use(first)) and names.is_instance(use)):
                if method := _method(use, names):
                    found.setdefault(method, set()).update(*(one.reads for one in by_name[name]))
    return {
        f"{names.module}.{made.name.value}.{method.name.value}": Deciding(
            tuple(sorted(reads)), None if _is_property(method) else _needs(method)
        )
        for method, reads in found.items()
        if (made := _class_of(method, names))
    }


def _method(use: Use, names: Names) -> cst.FunctionDef | None:
    """Return the method of which a name is the first parameter."""
    scope = names.binding_scope(use.name, use.scope)
    return scope.node if scope and isinstance(scope.node, cst.FunctionDef) else None


def _class_of(method: cst.FunctionDef, names: Names) -> cst.ClassDef | None:
    owner = next(scope.parent for scope in names.scopes if scope.node is method and scope.kind == "function")
    return owner.node if owner and isinstance(owner.node, cst.ClassDef) else None


def _is_property(method: cst.FunctionDef) -> bool:
    """Tell whether a method may be asked for without a call."""
    return any("property" in _last_name(one.decorator) for one in method.decorators)


def _last_name(node: cst.BaseExpression) -> str:
    match node:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return str(name)
        case cst.Call(func=function):
            return _last_name(function)
    return ""


def _needs(method: cst.FunctionDef) -> tuple[str, ...]:
    own = method.params
    return tuple(one.name.value for one in (*own.posonly_params, *own.params) if one.default is None)


def _by_name(methods: Mapping[str, Deciding]) -> dict[str, list[Deciding]]:
    found: dict[str, list[Deciding]] = {}
    for path, method in methods.items():
        found.setdefault(path.rpartition(".")[2], []).append(method)
    return found


# --- Methods that may be given anything ---------------------------------------------------------------


def taken(syntax: Syntax, names: Names, remains: Remains, methods: Mapping[str, Deciding]) -> Iterator[str]:
    """Yield the properties that methods read which may be given something else than their own instance.

    A call that would leave a parameter without a value, were the method taken off a class, is of an instance.
    """
    by_name = _by_name(methods)
    calls = {call.func: call for call in syntax.every(cst.Call)} if by_name else {}
    attributes = syntax.every(cst.Attribute) if by_name else ()
    unbound = {node.value for node in attributes if node.attr.value in _UNBINDING}
    handed = {value for _, value in handing(syntax)} if by_name else ()
    for node in attributes:
        known = by_name.get(node.attr.value, ())
        if not known or not remains.has(syntax.inner(node)):
            continue
        is_bound = node not in unbound and _is_of_an_instance(node, calls.get(node), names)
        for method in () if is_bound else known:
            if node in unbound or (
                node in handed and _may_be_of_a_class(node, names)
                if method.needs is None
                else not _lacks(calls.get(node), method.needs)
            ):
                yield from method.reads
    for string in syntax.every(cst.SimpleString) if by_name else ():
        text = literal_string(string)
        if isinstance(text, str) and remains.has(syntax.inner(string)):
            yield from chain(*(method.reads for method in by_name.get(text.rpartition(".")[2], ())))


def _lacks(call: cst.Call | None, needs: tuple[str, ...]) -> bool:
    """Tell whether a call gives some parameter no value, if it gives the first one too."""
    if call is None or any(argument.star for argument in call.args):
        return False
    named = {argument.keyword.value for argument in call.args if argument.keyword}
    return any(name not in named for name in needs[len(call.args) - len(named) :])


def _is_of_an_instance(node: cst.Attribute, call: cst.Call | None, names: Names) -> bool:
    """Tell whether a method is asked of an instance of its class, or given one, as in `Base.go(self)`."""
    match node.value:
        case cst.Name() as name if (use := names.use(name)) and names.is_instance(use):
            return True
        case cst.Call(func=cst.Name(value="super") as function, args=[]) if use := names.use(function):
            return _is_in_method(use, names)
    match call:
        case cst.Call(args=[cst.Arg(value=cst.Name() as first, keyword=None, star=""), *_]) if (
            (use := names.use(first))
            and names.is_instance(use)
            and (method := _method(use, names))
            and (made := _class_of(method, names))
        ):
            path = _path_of(node.value, names)
            return path == made.name.value or path in [_path_of(base.value, names) for base in made.bases]
    return False


def _is_in_method(use: Use, names: Names) -> bool:
    """Tell whether a name is used in a function that is given an instance."""
    for scope in use.scope.enclosing():
        if isinstance(scope.node, cst.FunctionDef):
            first = next(parameters_of(scope.node.params), None)
            return first is not None and names.is_instance(Use(first.name.value, use.span, scope))
    return False


def _path_of(node: cst.BaseExpression, names: Names) -> str | None:
    """Return what a class is known by, the same for one that the file binds and under its own name."""
    path = names.qualified(node) or _last_name(node)
    return path.removeprefix(f"{names.module}.")


def _may_be_of_a_class(node: cst.Attribute, names: Names) -> bool:
    """Tell whether a property may be asked of a class, which gives the property itself."""
    root: cst.BaseExpression = node
    while isinstance(root, cst.Attribute):
        root = root.value
    use = names.use(root)
    if use is None or use.scope.kind == "class" or is_class(node.value, names):
        return True
    return names.is_own(names.qualified(node.value) or "")


def is_class(node: cst.BaseExpression, names: Names) -> bool:
    """Tell whether an expression gives the class of something."""
    match node:
        case cst.Call(func=cst.Name(value="type")) | cst.Attribute(attr=cst.Name(value="__class__")):
            return True
    use = names.use(node)
    return use is not None and (use.name == "__class__" or names.is_class(use))


def inherits(node: cst.ClassDef, names: Names) -> bool:
    """Tell whether a class has a base besides `object`, which every class has."""
    bases = [base.value for base in node.bases]
    return not all(
        isinstance(base, cst.Name) and base.value == "object" and is_builtin(base, names) for base in bases
    )


# --- Other classes ------------------------------------------------------------------------------------


def overridden(module: Module, remains: Remains, facts: Facts) -> Iterator[str]:
    """Find the properties whose name another class binds to what is not the same fact: it may inherit."""
    for scope in module.names.scopes if facts.members else ():
        if not isinstance(scope.node, cst.ClassDef):
            continue
        if _inherits_first_from_others(scope.node, module.names):
            yield from facts.members
        own = f"{module.names.module}.{scope.node.name.value}" if scope.parent is module.names.root else ""
        slots = _slots(scope.node) if "__slots__" in scope.bindings else ()
        for path, found in facts.members.items():
            owner, _, name = path.rpartition(".")
            bindings = scope.bindings.get(name, ()) if owner != own else ()
            same = facts.members.get(f"{own}.{name}", UNKNOWN) == found
            bound = any(remains.has(binding.span) for binding in bindings)
            has_slot = owner != own and (slots is None or name in slots)
            if (bound and not same) or has_slot:
                yield path


def _inherits_first_from_others(node: cst.ClassDef, names: Names) -> bool:
    """Tell whether a class that is not of the package, and may have any names, comes before one that is."""
    kinds = [base.value.value if isinstance(base.value, cst.Subscript) else base.value for base in node.bases]
    others = [_is_of_others(kind, names) for kind in kinds]
    return True in others and False in others[others.index(True) :]


def _is_of_others(kind: cst.BaseExpression, names: Names) -> bool | None:
    """Tell whether a class is not of the package; None for one that has no names of its own."""
    path = names.qualified(kind)
    if path in _WITHOUT_NAMES:
        return None
    if path is None:
        return isinstance(kind, cst.Name) and is_builtin(kind, names)
    return not names.is_own(path)


def _slots(node: cst.ClassDef) -> frozenset[str] | None:
    """Return the strings in what a class assigns to `__slots__`; None where they are not written there."""
    found: set[str] = set()
    for statement in small_statements([node.body]):
        match statement:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value="__slots__"))], value=slots):
                if not is_literal(slots):
                    return None
                found.update(str(string.evaluated_value) for string in strings(slots))
    return frozenset(found)


def exposed(syntax: Syntax, names: Names, remains: Remains, facts: Facts) -> Iterator[str]:
    """Find the properties of classes that what is left of a file hands on, or that inherit, or are inherited.

    Whoever has such a class under a name of his own may ask for what he has no name for, or bind it.
    """
    if not facts.members:
        return
    for node in _handed(syntax):
        if remains.has(syntax.inner(node)):
            path = names.qualified(node)
            is_any = is_class(node, names)
            yield from (one for one in facts.members if is_any or one.rpartition(".")[0] == path)
    for made in syntax.every(cst.ClassDef):
        if inherits(made, names) or made.decorators:
            own = f"{names.module}.{made.name.value}."
            yield from (one for one in facts.members if one.startswith(own))


def _handed(syntax: Syntax) -> Iterator[cst.BaseExpression]:
    """Yield what is given to calls, bound, returned or inherited from, and that of which all is asked."""
    for call, value in handing(syntax):
        if call is None or _last_name(call.func) not in _LOOKING:
            yield value
    for made in syntax.every(cst.ClassDef):
        yield from (base.value for base in made.bases)
    for node in syntax.every(cst.Attribute):
        if node.attr.value in _OF_ALL:
            yield node.value
