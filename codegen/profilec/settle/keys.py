"""Which names a file gives to what it binds in a namespace: written out, or left by a loop or a condition.

Takes the key of `globals()[key] = …`, or what `update` is given. `rebound` asks what is bound by that.
"""

from collections.abc import Iterable, Iterator
from functools import reduce

import libcst as cst
from msgspec import Struct

from profilec.syntax.canonical import literal_string
from profilec.syntax.read import Span, Syntax
from profilec.syntax.scopes import Names, Scope, Use

_WRITERS = frozenset({"vars", "locals", "exec"})
"""Builtins by which a class may get names that are not written in it."""

type Possible = frozenset[str] | None
"""The names that a key may be; None where it may be any."""


def text_of(node: cst.CSTNode) -> str | None:
    """Return the text of a string."""
    found = literal_string(node)
    return found if isinstance(found, str) else None


class Keys(Struct, frozen=True):
    """The keys of one file.

    Attributes:
        known: the names that matter: of those with a beginning, no others are given.
    """

    syntax: Syntax
    names: Names
    known: frozenset[str]

    def of(self, key: cst.BaseExpression) -> Iterable[str | None]:
        """Return what a key may be; None where it may be anything."""
        text = text_of(key)
        found = frozenset([text]) if text is not None else self._left(key)
        return [None] if found is None else sorted(found)

    def given(self, arguments: Iterable[cst.Arg]) -> Iterator[str | None]:
        """Yield the keys that the arguments of `update` or `dict` give; None for one that may be anything."""
        for argument in arguments:
            match argument:
                case cst.Arg(keyword=cst.Name(value=name)):
                    yield str(name)
                case cst.Arg(star="", value=cst.Dict(elements=elements)):
                    for element in elements:
                        yield text_of(element.key) if isinstance(element, cst.DictElement) else None
                case cst.Arg(value=cst.Call(func=cst.Name(value="dict"), args=inner)):
                    yield from self.given(inner)
                case cst.Arg(star="", value=cst.Attribute() as table):
                    found = self._gone_through(table)
                    yield from [None] if found is None else sorted(found)
                case _:
                    yield None

    def _left(self, key: cst.BaseExpression) -> Possible:
        """Return what the loops and conditions around leave of a name, or of the `name` of a member."""
        name = key.value if isinstance(key, cst.Attribute) and key.attr.value == "name" else key
        use = self.names.use(name) if isinstance(name, cst.Name) else None
        if use is None or self.names.binding_scope(use.name, use.scope) is not use.scope:
            return None
        if name is key and self._is_missing(use):
            return frozenset()
        bound = [binding.span for binding in self.names.bindings(use)]
        found: list[Possible] = []
        for loop in self.syntax.every(cst.For):
            if _is_settled(use.span, bound, self.syntax.outer(loop.body)):
                found.append(self._looped(loop.target, loop.iter, use.name, of_member=name is not key))
        for condition in self.syntax.every(cst.If):
            if name is key and _is_settled(use.span, bound, self.syntax.outer(condition.body)):
                found.append(self._asked(condition.test, use.name))
        return reduce(_both, found, None)

    def _is_missing(self, use: Use) -> bool:
        """Tell whether a name is what the module's `__getattr__` is given: none that it binds (PEP 562)."""
        match use.scope:
            case Scope(node=cst.FunctionDef(name=cst.Name(value="__getattr__")), parent=around):
                binding, *others = self.names.bindings(use)
                return around is self.names.root and binding.kind == "parameter" and not others
        return False

    def _looped(
        self, target: cst.BaseExpression, through: cst.BaseExpression, name: str, *, of_member: bool
    ) -> Possible:
        """Return what a loop binds a name to, or the names of the members that it goes through."""
        match target, through:
            case cst.Name(value=bound), cst.Name() as made if of_member and bound == name:
                return self._enumerated(made)
            case cst.Name(value=bound), _ if not of_member and bound == name:
                return self._gone_through(through)
            case (
                cst.Tuple(elements=[cst.Element(value=cst.Name(value=bound)), _]),
                cst.Call(func=cst.Attribute(value=table, attr=cst.Name(value="items")), args=[]),
            ) if (
                not of_member and bound == name
            ):
                return self._gone_through(table)
        return None

    def _gone_through(self, through: cst.BaseExpression) -> Possible:
        """Return the texts that are written in a list, or that name the members of an enumeration."""
        match through:
            case cst.Attribute(value=cst.Name() as made, attr=cst.Name(value="__members__")):
                return self._enumerated(made)
            case cst.Tuple(elements=elements) | cst.List(elements=elements) | cst.Set(elements=elements):
                texts = [text_of(element.value) for element in elements]
                known = frozenset(text for text in texts if text is not None)
                return None if None in texts else known
        return None

    def _enumerated(self, name: cst.Name) -> Possible:
        """Return the names that an enumeration of this file binds; None where it may have others."""
        use = self.names.use(name)
        nodes = [binding.node for binding in self.names.bindings(use)] if use else []
        made = next((scope for scope in self.names.scopes if [scope.node] == nodes), None)
        if made is None or not isinstance(made.node, cst.ClassDef) or made.node.keywords:
            return None
        bases = (self.names.qualified(base.value) or "" for base in made.node.bases)
        is_made = any(use.scope is made and use.name in _WRITERS for use in self.names.uses)
        is_enumeration = any(base.startswith("enum.") for base in bases)
        return frozenset(made.bindings) if is_enumeration and not is_made else None

    def _asked(self, test: cst.BaseExpression, name: str) -> Possible:
        """Return what a name may be where a condition holds."""
        match test:
            case cst.BooleanOperation(left=left, operator=cst.And(), right=right):
                return _both(self._asked(left, name), self._asked(right, name))
            case cst.Call(
                func=cst.Attribute(value=cst.Name(value=asked), attr=cst.Name(value="startswith")),
                args=[cst.Arg(value=beginning, keyword=None, star="")],
            ) if asked == name and (text := text_of(beginning)):
                return frozenset(known for known in self.known if known.startswith(text))
            case cst.UnaryOperation(
                operator=cst.Not(),
                expression=cst.Call(
                    func=cst.Name(value="hasattr"), args=[_, cst.Arg(value=cst.Name(value=asked))]
                ),
            ) if (
                asked == name
            ):
                return frozenset()  # it binds nothing anew
            case cst.Comparison(
                left=cst.Name(value=asked),
                comparisons=[cst.ComparisonTarget(operator=cst.In(), comparator=listed)],
            ) if (
                asked == name
            ):
                return self._gone_through(listed)
        return None


def _is_settled(place: Span, bound: Iterable[Span], body: Span) -> bool:
    """Tell whether a name is read in the body of a loop or condition that does not bind it itself."""
    return body.covers(place) and not any(map(body.covers, bound))


def _both(one: Possible, other: Possible) -> Possible:
    return other if one is None else one if other is None else one & other
