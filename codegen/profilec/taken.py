"""Methods that decide by a property of their class, and where they are taken off it, to be given anything.

`A.go(other)` asks for `other.flag`, though `A.flag` repeats a fact. Takes a file and the methods that are
known; gives the properties that then decide nothing, each with what its method is taken of: only the package
knows what that is.
"""

from collections.abc import Iterator, Mapping

import libcst as cst

from profilec.facts import Facts
from profilec.prune import Remains
from profilec.read import Syntax
from profilec.scopes import Names


def deciding(syntax: Syntax, names: Names, facts: Facts) -> dict[str, tuple[str, ...]]:
    """Return the methods that read properties which repeat facts, by dotted path, each with those."""
    found: dict[str, set[str]] = {}
    for node in syntax.every(cst.Attribute) if facts.members else ():
        use = names.use(node.value)
        path = f"{owner}.{node.attr.value}" if (owner := names.member(use)) else ""
        if use and path in facts.members:
            scope = names.binding_scope(use.name, use.scope)
            if scope and isinstance(scope.node, cst.FunctionDef):
                found.setdefault(f"{owner}.{scope.node.name.value}", set()).add(path)
    return {method: tuple(sorted(members)) for method, members in sorted(found.items())}


def taken(
    syntax: Syntax, names: Names, remains: Remains, methods: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    """Yield the properties that such methods read and which are taken off a class, behind its path.

    The path is empty where it certainly is a class.
    """
    by_name: dict[str, list[str]] = {}
    for path, members in methods.items():
        by_name.setdefault(path.rpartition(".")[2], []).extend(members)
    bound = (
        {call.func for call in syntax.every(cst.Call) if _is_given_its_own(call, names)} if by_name else ()
    )
    for node in syntax.every(cst.Attribute) if by_name else ():
        read = by_name.get(node.attr.value, [])
        if read and node not in bound and remains.has(syntax.inner(node)):
            owner = _owner(node.value, names)
            yield from ((owner, member) for member in read if owner is not None)


def _is_given_its_own(call: cst.Call, names: Names) -> bool:
    """Tell whether a method calls that of a base, as in `Base.go(self)`."""
    match call.args:
        case [cst.Arg(value=cst.Name() as first, keyword=None, star=""), *_]:
            use = names.use(first)
            scope = names.binding_scope(use.name, use.scope) if use and names.is_instance(use) else None
            owner = scope.parent.node if scope and scope.parent else None
            return isinstance(owner, cst.ClassDef) and (bool(owner.bases) or _is_of(call, owner))
    return False


def _is_of(call: cst.Call, owner: cst.ClassDef) -> bool:
    """Tell whether a call is of what has the name of a class before it."""
    match call.func:
        case cst.Attribute(value=cst.Name(value=name)):
            return bool(name == owner.name.value)
    return False


def _owner(node: cst.BaseExpression, names: Names) -> str | None:
    """Return the path of what may be a class; empty, if it is one, and None, if it certainly is none."""
    match node:
        case cst.Call(func=cst.Name(value="type")) | cst.Attribute(attr=cst.Name(value="__class__")):
            return ""
    use = names.use(node)
    if use and names.is_class(use):
        return ""
    bindings = names.bindings(use) if use else ()
    if any(isinstance(binding.node, cst.ClassDef) for binding in bindings):
        return ""
    path = names.qualified(node)
    return path if path and path.startswith(f"{names.module.partition('.')[0]}.") else None
