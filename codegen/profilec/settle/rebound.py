"""What a file may bind to something else: names that repeat a fact, and what facts speak of.

As attributes, in a namespace, in another class, or by a patch of `unittest.mock`, `pytest` or `pytest-mock`.
Where it is uncertain what is bound, all of that name are given: a fact less is a condition more that stays.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from typing import Final

import libcst as cst
from msgspec import Struct

from profilec.folding.facts import Facts, is_builtin
from profilec.folding.telling import owner_of
from profilec.settle.keys import Keys, text_of
from profilec.settle.prune import Remains
from profilec.syntax.read import Span, Syntax
from profilec.syntax.scopes import Names

_SETTERS = frozenset({"setattr", "delattr", "__setattr__", "__delattr__"})
_WORD = re.compile(r"[^\W\d]\w*")
_CHANGES = frozenset({"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__"})
_READERS = frozenset({"getattr", "hasattr"})
_ASKING = _READERS | {"isinstance", "issubclass"}
_ITEM_SETTERS = frozenset({"setitem", "delitem"})
_MODULES = "sys.modules"
_ANY = "any namespace"
"""Stands for that of a class while it is made, which may override a property of any other, and of frames."""
_CLASS_MAKERS = frozenset({"type", "__class__", "new_class", "make_dataclass", "namedtuple", "NamedTuple"})


def rebound(syntax: Syntax, names: Names, remains: Remains, facts: Facts) -> Iterator[tuple[str, Span]]:
    """Find the paths of which facts are known, and which what is left of a file may bind; with the places."""
    if not facts.known and not facts.read:
        return
    search = _Search(syntax, names, facts)
    for node in _binding(syntax):
        found = search.by_call(node) if isinstance(node, cst.Call) else search.by_target(node)
        if found and remains.has(span := syntax.inner(node)):
            yield from ((path, span) for path in found)


def handed_on(syntax: Syntax, names: Names, remains: Remains, facts: Facts) -> Iterator[str]:
    """Find the paths of which facts are known, and whose module or class what is left of a file hands on.

    To a function of the package or an unknown one, to a name, a table or a loop. Whoever has it may bind
    there what he has a name for, if the package does such a thing anywhere.
    """
    search = _Search(syntax, names, facts)
    for call, value in handing(syntax) if facts.known else ():
        found = search.by_handing(call, value)
        if found and remains.has(syntax.inner(value)):
            yield from found


_HANDING: Final[tuple[type[cst.CSTNode], ...]] = (
    cst.Assign, cst.AnnAssign, cst.NamedExpr, cst.Param, cst.For, cst.CompFor, cst.Return, cst.Yield,
)  # fmt: skip


@lru_cache(maxsize=1)
def handing(syntax: Syntax) -> tuple[tuple[cst.Call | None, cst.BaseExpression], ...]:
    """Return what is given to calls, assigned, gone through or returned, each alone, with the call."""
    found = [(call, argument.value) for call in syntax.every(cst.Call) for argument in call.args]
    given: list[tuple[cst.Call | None, cst.BaseExpression]] = [*found]
    for node in chain.from_iterable(map(syntax.every, _HANDING)):
        match node:
            case (
                cst.Assign(value=value) | cst.AnnAssign(value=value) | cst.NamedExpr(value=value)
                | cst.Param(default=value) | cst.For(iter=value) | cst.CompFor(iter=value)
                | cst.Return(value=value) | cst.Yield(value=value)
            ) if isinstance(value, cst.BaseExpression):  # fmt: skip
                given.append((None, value))
    return tuple((call, one) for call, value in given for one in _parts(value))


def _parts(value: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """Yield the names, attributes and items that a value is, chooses or lists."""
    match value:
        case cst.Name() | cst.Attribute() | cst.Subscript() | cst.Call():
            yield value
        case cst.Tuple(elements=elements) | cst.List(elements=elements) | cst.Set(elements=elements):
            yield from chain(*(_parts(element.value) for element in elements))
        case cst.Dict(elements=items):
            keys = (item.key for item in items if isinstance(item, cst.DictElement))
            yield from chain(*map(_parts, chain(keys, (item.value for item in items))))
        case cst.IfExp(body=first, orelse=second) | cst.BooleanOperation(left=first, right=second):
            yield from chain(_parts(first), _parts(second))


_MAY_LACK = frozenset({"AttributeError", "ImportError", "NameError", "Exception", "BaseException"})
"""What is raised, or stands for that, where a module that is asked for a name has not come to bind it."""


def caught(syntax: Syntax, names: Names, facts: Facts) -> Iterator[str]:
    """Find the paths of other modules that may be asked for too early, so that a handler in the file runs."""
    tries = syntax.every(cst.Try) if facts.repeated else ()
    bodies = [syntax.outer(node.body) for node in tries if any(map(_may_catch, node.handlers))]
    asked: list[tuple[str | None, Span]] = []
    if bodies:
        asked += ((names.qualified(node), syntax.inner(node)) for node in syntax.every(cst.Attribute))
        bound = chain(*(scope.bindings.values() for scope in names.scopes))
        asked += ((one.target, one.span) for one in chain(*bound) if one.kind == "import")
    for path, span in asked:
        is_other = path in facts.repeated and path.rpartition(".")[0] != names.module
        if path and is_other and any(body.covers(span) for body in bodies):
            yield path


def _may_catch(handler: cst.ExceptHandler) -> bool:
    kinds = [handler.type]
    if isinstance(handler.type, cst.Tuple):
        kinds = [element.value for element in handler.type.elements]
    return any(not isinstance(kind, cst.Name) or kind.value in _MAY_LACK for kind in kinds)


_BINDING: Final[tuple[type[cst.CSTNode], ...]] = (
    cst.Call, cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.Del, cst.For, cst.CompFor, cst.AsName,
)  # fmt: skip


@lru_cache(maxsize=1)  # enough for all profiles of a file
def _binding(syntax: Syntax) -> tuple[cst.BaseExpression, ...]:
    """Return the calls, and what is assigned to or deleted, each alone."""
    found: list[cst.BaseExpression] = []
    for node in chain.from_iterable(map(syntax.every, _BINDING)):
        match node:
            case cst.Call():
                found.append(node)
            case (
                cst.AssignTarget(target=target) | cst.AugAssign(target=target) | cst.AnnAssign(target=target)
                | cst.Del(target=target) | cst.For(target=target) | cst.CompFor(target=target)
                | cst.AsName(name=target)
            ):  # fmt: skip
                found += _single(target)
    joined = {one.target for one in syntax.every(cst.AugAssign) if isinstance(one.operator, cst.BitOrAssign)}
    return tuple(one for one in found if not isinstance(one, cst.Name) or one in joined)


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


def _maker(function: cst.BaseExpression) -> str:
    """Return the last name of a function, or of what gives one, as `type(kind)` does."""
    return _last_name(function.func if isinstance(function, cst.Call) else function)


def _written(arguments: Iterable[cst.Arg]) -> Iterator[str | None]:
    """Yield the texts that a call is given, and the names of its arguments."""
    for argument in arguments:
        yield text_of(argument.value)
        yield argument.keyword.value if argument.keyword else None


class _Search(Struct, frozen=True, dict=True):
    """A file, its names, and what is known."""

    syntax: Syntax
    names: Names
    facts: Facts

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self.facts.known):
            found.setdefault(path.rpartition(".")[2], []).append(path)
            if self.facts.is_of_class(path):
                found.setdefault(owner_of(path), []).append(path)
        return found

    @cached_property
    def _keys(self) -> Keys:
        return Keys(self.syntax, self.names, self.facts.roots.union(self._by_name))

    def by_target(self, target: cst.BaseExpression) -> list[str]:
        """Return what a target may bind."""
        match target:
            case cst.Attribute(value=owner, attr=cst.Name(value="__class__")):
                return self._keyed(self._holder(owner), [None])
            case cst.Attribute(value=function, attr=cst.Name(value="__code__")):
                return self._code_of(function)
            case cst.Attribute(value=owner, attr=cst.Name(value=name)):
                return self._attribute(owner, name)
            case cst.Subscript(value=owner, slice=[cst.SubscriptElement(slice=cst.Index(value=key))]):
                return self._item(owner, key)
            case cst.Name():  # names |= {"NAME": …}
                return self._keyed(self._namespace(target), [None])
        return []

    def by_call(self, call: cst.Call) -> list[str]:
        """Return what a call may bind."""
        match call:
            case cst.Call(func=cst.Name(value="exec" | "eval") as function, args=[text, *rest]) if is_builtin(
                function, self.names
            ):
                return self._executed(function, text.value, rest)
            case cst.Call(
                func=cst.Attribute(value=owner, attr=cst.Name(value=how)), args=[first, *_]
            ) if how in _CHANGES and (space := self._namespace(owner)):
                if space == _MODULES and how == "pop":
                    return []  # then it is loaded anew
                if how != "update":
                    return self._item(owner, first.value)
                return self._keyed(space, self._keys.given(call.args))
            case cst.Call(func=function, args=[first, second, *_]) if _last_name(function) in _ITEM_SETTERS:
                return self._item(first.value, second.value)
            case cst.Call(func=function, args=[first, *rest]) if _last_name(function) in _SETTERS:
                name = text_of(first.value)
                if name and "." in name:  # as `monkeypatch` of pytest takes it
                    return self._path(name)
                if name and isinstance(function, cst.Attribute):
                    return self._set(function.value, first.value)  # module.__setattr__("NAME", …)
                return self._set(first.value, rest[0].value) if rest else []
            case cst.Call(func=function, args=[_, *rest]) if (maker := _maker(function)) in _CLASS_MAKERS:
                keys = self._keys.given(rest[1:2]) if maker in ("type", "__class__") else [None]
                return self._members(keys) if rest else []
            case cst.Call(func=function, args=[first, *rest]):
                return (
                    self._patched(function, first.value, rest)
                    or self._handed_on(function, call.args)
                    or self._filled(call)
                )
        return []

    def _code_of(self, function: cst.BaseExpression) -> list[str]:
        """Return what does something else with another code: a function, or the property that it is of."""
        match function:
            case cst.Attribute(value=inner, attr=cst.Name(value="fget" | "__func__" | "__wrapped__")):
                return self._code_of(inner)
            case cst.Attribute(value=owner, attr=cst.Name(value=name)):
                return self._attribute(owner, name)
        path = self.names.qualified(function)
        return self._path(path) if path else sorted(self.facts.functions)

    def _handed_on(self, function: cst.BaseExpression, arguments: Sequence[cst.Arg]) -> list[str]:
        """Return what a function may bind that is given a module or class, and the name of what is there."""
        names = [name for name in _written(arguments) if name in self._by_name]
        if not names or _last_name(function) in _READERS:
            return []
        owners = [self._holder(argument.value) for argument in arguments]
        known = [owner for owner in owners if owner in self.facts.holders]
        return list(chain(*(self._path(f"{owner}.{name}") for owner in known for name in names)))

    def by_handing(self, call: cst.Call | None, value: cst.BaseExpression) -> list[str]:
        """Return what may be bound by whom a module or class is handed on to."""
        owner = self._holder(value)
        if owner is None or owner not in self._spaces or (call and self._is_certain(call)):
            return []
        return self._keyed(owner, [None])

    @cached_property
    def _named(self) -> frozenset[str | None]:
        return frozenset(path.rpartition(".")[2] for path in (*self.facts.known, *self.facts.rebound))

    @cached_property
    def _spaces(self) -> frozenset[str]:
        return frozenset(chain(*map(self._spaces_of, self.facts.known)))

    def _is_certain(self, call: cst.Call) -> bool:
        """Tell whether a call binds nothing in what it is given, or it is certain what."""
        name = _last_name(call.func)
        if name in _ASKING or name in _SETTERS or any(one in self._named for one in _written(call.args)):
            return True
        is_patch = isinstance(call.func, cst.Attribute) and _last_name(call.func.value) == "patch"
        given = (self.names.qualified(argument.value) or "" for argument in call.args)
        hands_on = any(self.names.is_own(one) and one not in self.facts.holders for one in given)
        return is_patch or (self._is_outside(call) and not hands_on)

    def _is_outside(self, call: cst.Call) -> bool:
        """Tell whether a call is of a function of Python, or of another package."""
        path = self.names.qualified(call.func)
        return not self.names.is_own(path) if path else self._is_builtin(call.func)

    def _is_builtin(self, function: cst.BaseExpression) -> bool:
        return isinstance(function, cst.Name) and is_builtin(function, self.names)

    def _filled(self, call: cst.Call) -> list[str]:
        """Return what a function may bind that is given a namespace, as in `install(globals())`."""
        spaces = [
            space
            for argument in call.args
            if isinstance(argument.value, cst.Call | cst.Attribute)
            and (space := self._namespace(argument.value)) not in (None, _MODULES)
        ]
        is_read = not spaces or self._is_outside(call) or _last_name(call.func) in _CHANGES
        return [] if is_read else list(chain(*(self._keyed(space, [None]) for space in spaces)))

    def _executed(self, function: cst.Name, text: cst.BaseExpression, spaces: Sequence[cst.Arg]) -> list[str]:
        """Return what text that is executed or evaluated may bind: all that it names beside a call or `=`."""
        code = text_of(text) or ""
        words = _WORD.findall(code) if "(" in code or "=" in code else ()
        named = chain(*(self._by_name.get(word, ()) for word in words))
        use = self.names.use(function)
        if function.value == "eval" or use is None:
            return list(named)
        own = _ANY if use.scope.kind == "class" else self.names.module
        given = filter(None, (self._namespace(argument.value) for argument in spaces))
        return [*named, *self._keyed(next(given, None) if spaces else own, [None])]

    def _patched(
        self, function: cst.BaseExpression, target: cst.BaseExpression, rest: Sequence[cst.Arg]
    ) -> list[str]:
        """Return what `patch`, `patch.object`, `patch.multiple` or `patch.dict` may bind."""
        if _last_name(function) == "patch":
            return self._path(text_of(target) or "")
        if not isinstance(function, cst.Attribute) or _last_name(function.value) != "patch":
            return []
        path = text_of(target) or self.names.qualified(target)
        match function.attr.value:
            case "object" if rest:
                return self._set(target, rest[0].value)
            case "multiple":
                return list(
                    chain(*(self._path(f"{path}.{key}") for key in self._keys.given(rest) if path and key))
                )
            case "dict":
                return self._keyed(path.removesuffix(".__dict__") if path else None, self._keys.given(rest))
        return []

    def _members(self, names: Iterable[str | None]) -> list[str]:
        """Return the properties of some names; all, where one is not known."""
        wanted = set(names)
        every = sorted(self.facts.members)
        return every if None in wanted else [path for path in every if path.rpartition(".")[2] in wanted]

    def _set(self, owner: cst.BaseExpression, key: cst.BaseExpression) -> list[str]:
        name = text_of(key)
        return self._attribute(owner, name) if name else self._keyed(self._space(owner), self._keys.of(key))

    def _attribute(self, owner: cst.BaseExpression, name: str) -> list[str]:
        """Return what an attribute may be: no fact where its owner is an instance, or of another package."""
        path = self._holder(owner)
        if path not in (None, _ANY):
            return self._path(f"{path}.{name}")
        use = self.names.use(owner)
        is_instance = use is not None and self.names.is_instance(use)
        return [] if is_instance else self._by_name.get(name, [])

    def _path(self, path: str) -> list[str]:
        """Return what may be under a dotted path: by others too, if it is of the package."""
        parts = path.split(".")
        own = path.startswith(f"{self.names.module}.")  # then it is not imported
        ends = [] if own else [".".join(parts[at:]) for at in range(len(parts) - 1)]
        read = [end for end in ends if end in self.facts.read]
        if read or parts[0] != self.names.module.partition(".")[0]:
            return read
        if known := sorted(one for one in self.facts.known if f"{one}.".startswith(f"{path}.")):
            return known  # it, or what is in a class of that path
        is_root = parts[-1] in self.facts.roots
        return [path, *self._by_name.get(parts[-1], [])] if is_root or parts[-1] in self._by_name else []

    def _item(self, owner: cst.BaseExpression, key: cst.BaseExpression) -> list[str]:
        space = self._namespace(owner)
        return self._keyed(space, [self._module_name(key)] if space == _MODULES else self._keys.of(key))

    def _keyed(self, space: str | None, keys: Iterable[str | None]) -> list[str]:
        """Return what has one of some keys in a namespace; all that is there, where a key is not known."""
        wanted = set(keys) if space else set()
        certain = sorted(key for key in wanted if key is not None)
        if space == _ANY:
            every = [path for paths in self._by_name.values() for path in paths]
            return every if None in wanted else list(chain(*(self._by_name.get(key, []) for key in certain)))
        if space == _MODULES:
            read = [path for key in certain if (path := f"{_MODULES}.{key}") in self.facts.read]
            return read + list(chain(*(self._keyed(module, [None]) for module in certain)))
        if None in wanted:
            return sorted(path for path in self.facts.known if space in self._spaces_of(path))
        return list(chain(*(self._path(f"{space}.{key}") for key in certain)))

    def _spaces_of(self, path: str) -> tuple[str, ...]:
        """Return the namespaces in which a key that is not known may bind it: its own, and that of its class.

        That of the package which holds its module is none: an import finds the module in `sys.modules`.
        """
        owner = path.rpartition(".")[0]
        is_class = owner in self.facts.classes or owner in self.facts.owners
        return (owner, owner.rpartition(".")[0]) if is_class else (owner,)

    def _namespace(self, node: cst.BaseExpression) -> str | None:
        """Return the module or class whose names are the keys of what an expression gives."""
        match node:
            case cst.Attribute(value=owner, attr=cst.Name(value="__dict__")):
                return self._space(owner)
            case cst.Attribute(attr=cst.Name(value="__globals__" | "f_globals" | "f_locals")):
                return _ANY
            case cst.Call(func=cst.Name(value="vars"), args=[cst.Arg(value=owner)]):
                return self._space(owner)
            case cst.Call(func=cst.Name(value="globals"), args=[]):
                return self.names.module
            case cst.Call(func=cst.Name(value="locals" | "vars") as function, args=[]):
                use = self.names.use(function)
                if use is not None and use.scope.kind == "class":
                    return _ANY
                return self.names.module if use is not None and use.scope is self.names.root else None
            case cst.NamedExpr(value=value):
                return self._namespace(value)
            case cst.Name() if (use := self.names.use(node)) is not None:
                values = (self._assigned.get(binding.node) for binding in self.names.bindings(use))
                return next(filter(None, (self._namespace(value) for value in values if value)), None)
        return _MODULES if self.names.qualified(node) == _MODULES else None

    @cached_property
    def _assigned(self) -> dict[cst.CSTNode, cst.BaseExpression]:
        """What may give a namespace or a module, by the names that it is assigned to."""
        found: dict[cst.CSTNode, cst.BaseExpression | None] = {}
        for many in self.syntax.every(cst.Assign):
            found |= {target.target: many.value for target in many.targets}
        found |= {one.target: one.value for one in self.syntax.every(cst.AnnAssign)}
        found |= {one.target: one.value for one in self.syntax.every(cst.NamedExpr)}
        kinds = cst.Call | cst.Attribute | cst.Subscript
        return {name: value for name, value in found.items() if isinstance(value, kinds)}

    def _space(self, node: cst.BaseExpression) -> str | None:
        """Return the path of the module or class that an expression gives.

        A name that stands for nothing certain is taken for the module that the file has from `sys.modules`.
        """
        use = self.names.use(node)
        if (path := self._holder(node)) or use is None or self.names.is_instance(use):
            return path
        values = (self._assigned.get(binding.node) for binding in self.names.bindings(use))
        if any(value and self._loading(value) == _ANY for value in values):
            return _ANY
        return next(iter(self._loaded), None)

    @cached_property
    def _loaded(self) -> list[str]:
        nodes = chain(self.syntax.every(cst.Subscript), self.syntax.every(cst.Call))
        return [module for node in nodes if (module := self._loading(node)) not in (None, _ANY)]

    def _holder(self, node: cst.BaseExpression) -> str | None:
        """Return the path of the module or class that an expression gives, where that is certain."""
        return self._loading(node) or self.names.qualified(node)

    def _loading(self, node: cst.CSTNode) -> str | None:
        """Return the module that an item of `sys.modules` is, or `import_module` returns; it may be any."""
        match node:
            case cst.Subscript(value=modules, slice=[cst.SubscriptElement(slice=cst.Index(value=key))]) if (
                self.names.qualified(modules) == _MODULES
            ):
                return self._module_name(key) or _ANY
            case cst.Call(func=function, args=[cst.Arg(value=key)]) if (
                self.names.qualified(function) == "importlib.import_module"
            ):
                return self._module_name(key) or _ANY
        return None

    def _module_name(self, key: cst.BaseExpression) -> str | None:
        own = isinstance(key, cst.Name) and key.value == "__name__"
        return self.names.module if own else text_of(key)
