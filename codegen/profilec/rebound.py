"""Which names that repeat a fact a file may bind to something else: as attributes, or in a namespace.

Takes the names as far as the file speaks of them. Where it is uncertain what is bound, all of that name are
given: a fact less is a condition more that stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import libcst as cst

from profilec.facts import Facts, is_builtin
from profilec.prune import Remains
from profilec.read import Syntax
from profilec.scopes import Names

_SETTERS = frozenset({"setattr", "delattr", "__setattr__", "__delattr__"})
_CHANGES = frozenset({"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__"})


def rebound(syntax: Syntax, names: Names, remains: Remains, facts: Facts) -> Iterator[str]:
    """Find the names that repeat facts and that what is left of a file may bind to something else."""
    if not facts.known:
        return
    search = _Search(names, facts)
    for target in _targets(syntax):
        if (found := search.by_target(target)) and remains.has(syntax.inner(target)):
            yield from found
    for call in syntax.every(cst.Call):
        if (found := search.by_call(call)) and remains.has(syntax.inner(call)):
            yield from found


def _targets(syntax: Syntax) -> Iterator[cst.BaseExpression]:
    """Yield what is assigned to or deleted, each alone."""
    kinds: tuple[type[cst.CSTNode], ...] = (
        cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.Del, cst.For, cst.CompFor,
    )  # fmt: skip
    for node in chain(*map(syntax.every, kinds)):
        yield from _single(node.target)  # type: ignore[attr-defined]  # each of them has one
    for item in syntax.every(cst.AsName):
        yield from _single(item.name)


def _single(target: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(target, cst.Tuple | cst.List):
        yield from chain(*(_single(element.value) for element in target.elements))
    else:
        yield target


def _last_name(function: cst.BaseExpression) -> str:
    match function:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return str(name)
    return ""


@dataclass(frozen=True)
class _Search:
    """The names of a file, and what is known."""

    names: Names
    facts: Facts

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self.facts.known):
            found.setdefault(path.rpartition(".")[2], []).append(path)
        return found

    def by_target(self, target: cst.BaseExpression) -> list[str]:
        """Return what a target may bind."""
        match target:
            case cst.Attribute(value=owner, attr=cst.Name(value=name)):
                return self._attribute(owner, name)
            case cst.Subscript(value=owner, slice=[cst.SubscriptElement(slice=cst.Index(value=key))]):
                return self._item(self._namespace(owner), key)
        return []

    def by_call(self, call: cst.Call) -> list[str]:
        """Return what a call may bind."""
        match call:
            case cst.Call(func=cst.Name(value="exec") as function, args=[_, *rest]) if is_builtin(
                function, self.names
            ):
                use = self.names.use(function)
                at_top = use is not None and use.scope is self.names.root and not rest
                spaces = [self._namespace(argument.value) for argument in rest]
                return self._all(self.names.module if at_top else next(filter(None, spaces), None))
            case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value=how)), args=[_, *_]) if (
                how in _CHANGES
            ):
                return self._all(self._namespace(owner))
            case cst.Call(func=function, args=[first, *rest]) if _last_name(function) in _SETTERS:
                if isinstance(function, cst.Attribute) and isinstance(first.value, cst.SimpleString):
                    return self._set(function.value, first.value)  # module.__setattr__("NAME", …)
                return self._set(first.value, rest[0].value) if rest else []
        return []

    def _set(self, owner: cst.BaseExpression, key: cst.BaseExpression) -> list[str]:
        if isinstance(key, cst.SimpleString):
            return self._attribute(owner, str(key.evaluated_value))
        return self._all(self.names.qualified(owner))

    def _attribute(self, owner: cst.BaseExpression, name: str) -> list[str]:
        """Return what an attribute may be: no fact where its owner is an instance, or of another package."""
        if name not in self._by_name:
            return []
        use = self.names.use(owner)
        if use is not None and self.names.is_instance(use):
            return []
        path = self.names.qualified(owner)
        if path is not None and f"{path}.{name}" in self.facts.known:
            return [f"{path}.{name}"]
        is_foreign = path is not None and path.partition(".")[0] != self.names.module.partition(".")[0]
        return [] if is_foreign else self._by_name[name]

    def _item(self, module: str | None, key: cst.BaseExpression) -> list[str]:
        if isinstance(key, cst.SimpleString):
            return [path for path in self._all(module) if path == f"{module}.{key.evaluated_value!s}"]
        return self._all(module)

    def _all(self, module: str | None) -> list[str]:
        return [path for path in sorted(self.facts.known) if module and path.startswith(f"{module}.")]

    def _namespace(self, node: cst.BaseExpression) -> str | None:
        """Return the module or class whose names are the keys of what an expression gives."""
        match node:
            case cst.Attribute(value=owner, attr=cst.Name(value="__dict__")):
                return self.names.qualified(owner)
            case cst.Call(func=cst.Name(value="vars"), args=[cst.Arg(value=owner)]):
                return self.names.qualified(owner)
            case cst.Call(func=cst.Name(value="globals"), args=[]):
                return self.names.module
            case cst.Call(func=cst.Name(value="locals" | "vars") as function, args=[]):
                use = self.names.use(function)
                return self.names.module if use is not None and use.scope is self.names.root else None
        return None
