"""Three-valued folding: is a condition true, false, or left to run time, and what of it remains?

Takes a condition and one profile's world. `truth` answers; `simplify` cuts what is decided out of a
condition that as a whole is not. A flag may stand only in a condition, and nothing that can have an
effect is ever dropped.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from weakref import proxy

import libcst as cst
from msgspec import Struct
from msgspec.structs import replace

from profilec import markers
from profilec.config import Profile
from profilec.diagnostics import did_you_mean
from profilec.folding.error_classes import ErrorClass
from profilec.folding.facts import UNKNOWN, Facts, Truth, VersionPrefix, is_builtin, value
from profilec.folding.flags import Flag, FlagTable, choice, holds, marker
from profilec.syntax.read import Span, Syntax, children
from profilec.syntax.scopes import Names, Use

_QUESTIONS = frozenset({"bool", "callable", "hasattr", "isinstance", "issubclass", "len"})
"""Builtins that only look at what they are given, as the reading of an attribute does."""
_BINDS_OR_WAITS = (cst.Await, cst.Yield, cst.NamedExpr)
_READINGS = frozenset({
    "os.environ.get", "os.getenv", "os.access", "os.path.exists", "os.path.isdir", "os.path.isfile",
    "os.path.islink", "os.path.lexists", "shutil.which",
})  # fmt: skip
"""Functions that only read the environment and look at files, as those of `platform` do."""


class World(Struct, frozen=True):
    """What one profile decides.

    Attributes:
        held: by path, the places in a file where facts decide nothing.
        error_class: gives what is known of an exception class of the package, by its dotted path.
        formatted: what is emitted goes through Black, which leaves a list a line for each element that ends
            with a comma.
        profiles: the names of all profiles, among them those that are not built.
    """

    profile: Profile
    flags: FlagTable
    facts: Facts
    held: Mapping[str, frozenset[Span]] = {}
    error_class: Callable[[str], ErrorClass] = lambda path: ErrorClass()
    formatted: bool = False
    profiles: tuple[str, ...] = ()


def looks_like_a_flag(use: Use, names: Names, flags: FlagTable) -> bool:
    """Tell whether a name that nothing binds is a marker, one of the flags, or a misspelt one."""
    is_marker = use.name in markers.__all__ and bool(flags.names)
    if not (is_marker or use.name.isupper()) or use.quoted or names.stars or names.bindings(use):
        return False
    return is_marker or use.name in flags.names or bool(did_you_mean(use.name, flags.names))


class Conditions(Struct, frozen=True, dict=True, weakref=True):
    """The conditions of one module in one world."""

    syntax: Syntax
    names: Names
    world: World

    @cached_property
    def facts(self) -> Facts:
        """The facts, and what the profile leaves of choices."""
        this = proxy(self)  # a circle would keep the syntax until there is a search for garbage
        return replace(self.world.facts, chooser=lambda node: this.chosen(node))

    def chosen(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """Return what the profile leaves of a choice, and any other expression as it is."""
        match node:
            case cst.IfExp(test=test) if (truth := self.truth(test)) is not None:
                is_lossy = any(self.lost_effects(test))
                return node if is_lossy else self.chosen(node.body if truth else node.orelse)
            case cst.Call() if self.marker(node.func) == "choose" and (given := self.choice(node)):
                return self.chosen(given.value)
        return node

    def flag(self, node: cst.CSTNode) -> Flag | None:
        """Return the flag that a name or an attribute chain is, if it is one."""
        if isinstance(node, cst.Name | cst.Attribute):
            return self.world.flags.get(self.names.qualified(node))
        return None

    def misspelt(self, node: cst.Name | cst.Attribute) -> str | None:
        """Return the name of what reads like a flag but is none: in the module of flags, or unbound."""
        flags = self.world.flags
        if isinstance(node, cst.Attribute):
            owner = self.names.qualified(node.value)
            return node.attr.value if owner and owner == flags.module else None
        use = self.names.use(node)
        return node.value if use and looks_like_a_flag(use, self.names, flags) else None

    def truth(self, node: cst.BaseExpression) -> Truth:
        """Tell whether a condition is true or false in this world, or None where only run time knows."""
        flag = self.flag(node)
        if flag is not None:
            return holds(flag, self.world.profile)
        match node:
            case cst.BooleanOperation(operator=operator):
                return self._joined_truth(node, decisive=isinstance(operator, cst.Or))
            case cst.UnaryOperation(operator=cst.Not(), expression=operand):
                truth = self.truth(operand)
                return None if truth is None else not truth
            case cst.IfExp():
                return self._chosen_truth(node)
            case cst.Call() if self.marker(node.func) == "choose":
                chosen = self.choice(node)
                return None if chosen is None else self._truth_of_value(chosen.value)
        return self._truth_of_value(node)

    def _truth_of_value(self, node: cst.BaseExpression) -> Truth:
        found = value(node, self.names, self.facts)
        if found is UNKNOWN:
            return self._truth_of_literal(node)
        return None if isinstance(found, VersionPrefix) else bool(found)

    def _truth_of_literal(self, node: cst.BaseExpression) -> Truth:
        """Tell whether a literal that no fact can be is true, if nothing in it has an effect."""
        match node:
            case cst.Ellipsis():
                return True
            case cst.SimpleString():
                return bool(node.raw_value)
            case cst.List(elements=held) | cst.Tuple(elements=held) | cst.Set(elements=held):
                return self._truth_of_display(held)
            case cst.Dict(elements=items):
                return self._truth_of_display(items)
        return None

    def _truth_of_display(self, elements: Sequence[cst.CSTNode]) -> Truth:
        spread = any(isinstance(one, cst.StarredElement | cst.StarredDictElement) for one in elements)
        return None if spread or any(map(self.has_effect, elements)) else bool(elements)

    def _joined_truth(self, node: cst.BooleanOperation, *, decisive: bool) -> Truth:
        """Return the truth of ``and`` (decided by a false operand) or ``or`` (decided by a true one)."""
        left, right = self.truth(node.left), self.truth(node.right)
        if left is decisive:
            return decisive
        if right is decisive:
            droppable = left is not None or self.mentions_profile(node.right) or not self.acts(node.left)
            return decisive if droppable else None
        return None if left is None or right is None else not decisive

    def _chosen_truth(self, node: cst.IfExp) -> Truth:
        test = self.truth(node.test)
        if test is None:
            return None
        return self.truth(node.body if test else node.orelse)

    def mentions_profile(self, node: cst.CSTNode) -> bool:
        """Tell whether a flag or a marker stands anywhere in an expression."""
        named = self.flag(node) or self.marker(node)
        return bool(named) or any(self.mentions_profile(child) for child in children(node))

    def lost_effects(self, node: cst.BaseExpression) -> Iterator[cst.CSTNode]:
        """Find in a condition that is decided the operands with an effect that run before what decides it."""
        match node:
            case cst.BooleanOperation(left=left, right=right, operator=operator):
                decisive = isinstance(operator, cst.Or)
                truth = self.truth(left)
                if truth is None and (effect := self._effect_of_rest(left)):
                    yield effect
                elif truth is not None:
                    yield from self.lost_effects(left)
                if truth is not decisive and self.truth(right) is not None:
                    yield from self.lost_effects(right)
            case cst.UnaryOperation(operator=cst.Not(), expression=operand):
                yield from self.lost_effects(operand)
            case cst.IfExp(test=test, body=body, orelse=orelse) if (chosen := self.truth(test)) is not None:
                yield from self.lost_effects(test)
                yield from self.lost_effects(body if chosen else orelse)

    def _effect(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the first part of an expression that can have an effect when it is evaluated."""
        if isinstance(node, cst.Lambda):
            return None
        if isinstance(node, cst.Call) and value(node, self.names, self.world.facts) is not UNKNOWN:
            return None
        if isinstance(node, cst.Call) and self.marker(node.func) != "choose" and not self._only_asks(node):
            return node
        if isinstance(node, _BINDS_OR_WAITS):
            return node
        return next(filter(None, map(self._effect, children(node))), None)

    def _only_asks(self, node: cst.Call) -> bool:
        """Tell whether a call only asks what something is or where it runs: its arguments may do more."""
        function = node.func
        if isinstance(function, cst.Name) and function.value in _QUESTIONS:
            return is_builtin(function, self.names)
        path = self.names.qualified(function) or ""
        return path in _READINGS or path.startswith("platform.")

    def acts(self, node: cst.BaseExpression) -> bool:
        """Tell whether evaluating what is left of a condition can have an effect."""
        return self._effect_of_rest(node) is not None

    def _effect_of_rest(self, node: cst.BaseExpression) -> cst.CSTNode | None:
        """Return the first effect of what is left of a condition, or of what would be lost in it."""
        match node:
            case cst.IfExp(test=test, body=body, orelse=orelse) if (truth := self.truth(test)) is not None:
                lost = next(self.lost_effects(test), None)
                return lost or self._effect_of_rest(body if truth else orelse)
            case cst.BooleanOperation(left=left, right=right):
                return next(filter(None, map(self._effect_of_side, (left, right))), None)
            case cst.UnaryOperation(operator=cst.Not(), expression=operand):
                return self._effect_of_rest(operand)
        return self._effect(node)

    def _effect_of_side(self, node: cst.BaseExpression) -> cst.CSTNode | None:
        is_decided = self.truth(node) is not None
        return next(self.lost_effects(node), None) if is_decided else self._effect_of_rest(node)

    def has_effect(self, node: cst.CSTNode) -> bool:
        """Tell whether evaluating an expression can have an effect."""
        return self._effect(node) is not None

    def binds_or_waits(self, node: cst.CSTNode) -> bool:
        """Tell whether an expression binds a name, or makes of the function around it one that waits."""
        return isinstance(node, _BINDS_OR_WAITS) or any(map(self.binds_or_waits, children(node)))

    def marker(self, node: cst.CSTNode) -> str | None:
        """Return which marker of this compiler a name stands for: `only`, `stub`, `choose`, `flag`."""
        return marker(node, self.names)

    def choice(self, node: cst.Call) -> cst.Arg | None:
        """Return the argument of `choose(native=32, wasm=8)` for the profile, or None where it has faults."""
        return choice(node, self.world.profile.name)
