"""What a profile fixes about ordinary Python: the value of an expression, where facts decide it.

Takes an expression and gives its value, or `UNKNOWN`. Nothing is ever executed: only names, literals,
comparisons and a few pure string methods are understood, and everything else is unknown.
"""

import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import Enum
from functools import cached_property
from itertools import chain
from typing import Any, Final, Literal

import libcst as cst
from msgspec import Struct
from msgspec.structs import replace

from profilec.config import Fact, Profile
from profilec.syntax.canonical import canonical, literal_string
from profilec.syntax.parser import parse_expression
from profilec.syntax.read import children
from profilec.syntax.scopes import Names

_VERSION_PARTS = ("major", "minor", "micro")
_PARTS_OF_UNAME = ("system", "node", "release", "version", "machine", "processor")
"""What `platform.uname()` gives, in its order, and functions of the same names too."""


class Unknown(Enum):
    """The value of an expression that no fact decides."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


class Loaded(Enum):
    """The value of a name that holds a module, of which no more is known than that it is one."""

    LOADED = "loaded"


LOADED: Final = Loaded.LOADED

_ROOT = re.compile(r"(?<![\w.])[^\W\d]\w*")
_ROOT_OR_PART = re.compile(r"(?<!\w)[^\W\d]\w*")
_CHAIN = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\.[^\W\d]\w*)+")
_STRING = re.compile(r"b?'(?:\\.|[^'\\])*'|b?\"(?:\\.|[^\"\\])*\"")
_OPERATOR = re.compile(r"(?<= )\w+(?= )|(?<!\w)(?:Not|Minus|Plus|BitInvert)(?=\()")
"""What stands for an operator in the canonical text of an expression."""

type Value = Fact | Unknown | Loaded | None


class VersionPrefix(Struct, frozen=True):
    """The first parts of `sys.version_info`, whose five parts are not all known."""

    parts: tuple[Fact, ...]


class Deciding(Struct, frozen=True):
    """A method that decides by properties of its class.

    Attributes:
        reads: those, by dotted path.
        needs: its parameters without a default; None where it is asked for without a call.
    """

    reads: tuple[str, ...]
    needs: tuple[str, ...] | None


class Facts(Struct, frozen=True, dict=True):
    """What one profile fixes.

    Attributes:
        expressions: the value of each listed expression, by its canonical text.
        modules: whether ``import name`` succeeds.
        constants: the value of names of the package, by dotted path, that hold nothing but facts.
        functions: what functions of the package return, by dotted path, that return nothing but facts.
        members: what properties give, by the dotted path of their class and their name, that return such.
        classes: the classes that some of these constants and functions are in.
        methods: the methods that decide by such properties, by dotted path.
        rebound: what would be among all these, if nothing bound it to something else.
        wanted: the names whose literals are facts too, because a fact is compared with them or chooses them.
        chooser: returns what the profile leaves of a choice, and any other expression as it is; without it,
            choices are unknown.
    """

    expressions: Mapping[str, Fact]
    modules: Mapping[str, bool]
    constants: Mapping[str, Value] = {}
    functions: Mapping[str, Value] = {}
    members: Mapping[str, Value] = {}
    classes: frozenset[str] = frozenset()
    methods: Mapping[str, Deciding] = {}
    rebound: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()
    chooser: Callable[[cst.BaseExpression], cst.BaseExpression] | None = None

    def importable(self, path: str) -> bool | None:
        """Tell whether importing a module, or something from it, succeeds; None where no fact says.

        Nothing can be imported from a module that is not there. One that is there may lack what is asked for.
        """
        parts = path.split(".")
        if any(self.modules.get(".".join(parts[: index + 1])) is False for index in range(len(parts))):
            return False
        return self.modules.get(path)

    @cached_property
    def roots(self) -> frozenset[str]:
        """The first names of all listed expressions, and of `sys.modules` and `importlib.util.find_spec`."""
        names = {name for text in self.expressions for name in _ROOT.findall(_STRING.sub("", text))}
        return frozenset(names | ({"sys", "importlib"} if self.modules else set()))

    @property
    def words(self) -> frozenset[frozenset[str]]:
        """The words of each listed expression; a text without one of them does not contain the expression."""
        texts = [_OPERATOR.sub("", _STRING.sub("", text)) for text in self.expressions]
        if self.modules:
            texts += ["sys.modules", "importlib.util.find_spec"]
        return frozenset(frozenset(_ROOT_OR_PART.findall(text)) for text in texts)

    @cached_property
    def asked(self) -> frozenset[str]:
        """Every word of the listed expressions."""
        return frozenset().union(*self.words)

    @cached_property
    def read(self) -> frozenset[str]:
        """The dotted paths that the listed expressions read, and of the modules below `sys.modules`."""
        modules = (f"sys.modules.{name}" for name in self.modules)
        return frozenset(chain(modules, *map(_read, self.expressions)))

    def without(self, bound: Collection[str]) -> "Facts":
        """Return what is listed and reads none of some paths."""
        expressions = {
            text: found for text, found in self.expressions.items() if _read(text).isdisjoint(bound)
        }
        modules = {name: found for name, found in self.modules.items() if f"sys.modules.{name}" not in bound}
        return replace(self, expressions=expressions, modules=modules)

    @cached_property
    def alone(self) -> "Facts":
        """The same without what `choose` gives: a choice is followed through no name."""
        return replace(self, chooser=None) if self.chooser else self

    @cached_property
    def owners(self) -> frozenset[str]:
        """The classes that the properties belong to."""
        return frozenset(path.rpartition(".")[0] for path in self.members)

    def is_of_class(self, path: str) -> bool:
        """Tell whether a constant or function is one of a class, so that it is another if the class is."""
        return path.rpartition(".")[0] in self.classes

    def only(self, named: Collection[str], rebound: Collection[str], wanted: Collection[str]) -> "Facts":
        """Return what is listed, and some of what the package repeats of it, binds anew and wants to know."""
        return replace(
            self,
            constants=_some(self.constants, named),
            functions=_some(self.functions, named),
            members=_some(self.members, named),
            methods=_some(self.methods, named),
            classes=frozenset(
                owner for owner in self.classes if any(one.startswith(f"{owner}.") for one in named)
            ),
            rebound=frozenset(rebound),
            wanted=frozenset(wanted),
        )

    @cached_property
    def known(self) -> frozenset[str]:
        """The dotted paths of the package's constants, functions and properties that only repeat facts."""
        return frozenset([*self.repeated, *self.members])

    @cached_property
    def repeated(self) -> frozenset[str]:
        """The dotted paths of the package's constants and functions that only repeat facts."""
        return frozenset([*self.constants, *self.functions])

    @cached_property
    def named_by(self) -> Mapping[str, tuple[str, ...]]:
        """The words that a text has to hold, or to be named by, to speak of each; the last one first.

        Any class may inherit a property, or a method that decides by one, so that its own name says enough.
        """
        repeated = {path: tuple(reversed(path.split("."))) for path in self.repeated}
        return repeated | {path: (path.rpartition(".")[2],) for path in (*self.members, *self.methods)}

    @cached_property
    def holders(self) -> frozenset[str]:
        """The modules, and the packages of modules, through which these can be reached."""
        parts = [path.split(".")[:-1] for path in self.known]
        return frozenset(".".join(path[: end + 1]) for path in parts for end in range(len(path)))


def _some[V](found: Mapping[str, V], names: Collection[str]) -> dict[str, V]:
    return {name: value for name, value in found.items() if name in names}


def facts_of(profile: Profile) -> Facts:
    """Return what a profile's configuration fixes."""
    expressions = {_canonical_text(text): value for text, value in profile.facts.items()}
    for index, name in enumerate(_PARTS_OF_UNAME):
        found = expressions.get(f"platform.{name}()")
        if found is not None:
            expressions.setdefault(f"platform.uname().{name}", found)
            expressions.setdefault(f"platform.uname()[{index}]", found)
    return Facts(expressions, profile.modules)


def _canonical_text(text: str) -> str:
    expression = parse_expression(text)
    return (expression and canonical(expression, None)) or text


def _read(text: str) -> frozenset[str]:
    """Return the paths that the canonical text of an expression reads: `os.path` too, for `os.path.sep`."""
    chains = (found.split(".") for found in _CHAIN.findall(_STRING.sub("", text)))
    return frozenset(".".join(parts[:end]) for parts in chains for end in range(2, len(parts) + 1))


def value(node: cst.BaseExpression, names: Names, facts: Facts) -> Value | VersionPrefix:
    """Return the value that the facts give an expression, or `UNKNOWN`."""
    listed = _listed(node, names, facts)
    if listed is not UNKNOWN:
        return listed
    node = _chosen(node, facts)
    match node:
        case cst.SimpleString() | cst.ConcatenatedString():
            text = literal_string(node)
            return text if isinstance(text, str) else UNKNOWN
        case cst.Integer() | cst.Float():
            return node.evaluated_value
        case cst.Name(value="True" | "False" | "None" as name) if names.use(node):
            return {"True": True, "False": False, "None": None}[name]
        case cst.Name() if (use := names.use(node)) and (assigned := names.assigned(use)):
            return UNKNOWN if is_literal(assigned) else value(assigned, names, facts.alone)
        case cst.Tuple():
            return _sequence(node, names, facts)
        case cst.UnaryOperation(operator=cst.Not(), expression=operand):
            found = value(operand, names, facts)
            return UNKNOWN if found is UNKNOWN else not found
        case cst.UnaryOperation(operator=cst.Minus(), expression=operand):
            found = value(operand, names, facts)
            return -found if isinstance(found, int | float) else UNKNOWN
        case cst.BinaryOperation(left=left, right=right, operator=operator):
            return _arithmetic(value(left, names, facts), operator, value(right, names, facts))
        case cst.BooleanOperation(left=left, right=right, operator=operator):
            found = value(left, names, facts)
            return (
                found
                if found is UNKNOWN or bool(found) is isinstance(operator, cst.Or)
                else value(right, names, facts)
            )
        case cst.IfExp(test=test, body=body, orelse=orelse):
            found = value(test, names, facts)
            return found if found is UNKNOWN else value(body if found else orelse, names, facts)
        case cst.Comparison(left=left, comparisons=targets):
            return _chain(left, targets, names, facts)
        case cst.Subscript(slice=[cst.SubscriptElement(slice=index)]):
            return _item(value(node.value, names, facts), index)
        case cst.Attribute(attr=cst.Name(value=part)) if part in _VERSION_PARTS:
            return _part(value(node.value, names, facts), _VERSION_PARTS.index(part))
        case cst.Call(
            func=cst.Name(value="bool" | "len") as function,
            args=[cst.Arg(value=one, keyword=None, star="")],
        ) if is_builtin(function, names):
            found = value(one, names, facts)
            return _truth(found) if function.value == "bool" else _length(found)
        case cst.Call(args=[cst.Arg(value=one, keyword=None, star="")]) if (
            names.qualified(node.func) == "importlib.util.find_spec"
        ):
            return _found(value(one, names, facts), facts)
        case cst.Call(func=cst.Attribute() as method):
            return _method(method, node.args, names, facts)
    return UNKNOWN


def _chosen(node: cst.BaseExpression, facts: Facts) -> cst.BaseExpression:
    return facts.chooser(node) if facts.chooser else node


def _found(module: Value | VersionPrefix, facts: Facts) -> Value:
    """Return what `find_spec` gives for a module: None where importing it fails."""
    there = facts.modules.get(module) if isinstance(module, str) and "." not in module else None
    if there is None:
        return UNKNOWN
    return LOADED if there else None


def is_literal(node: cst.CSTNode) -> bool:
    """Tell whether an expression holds literals alone, so that it repeats no fact."""
    if isinstance(node, cst.Name):
        return node.value in ("True", "False", "None")
    runs = isinstance(node, cst.Lambda | cst.BaseComp | cst.Yield | cst.Await)
    return not runs and all(map(is_literal, children(node)))


def _truth(found: Value | VersionPrefix) -> Value:
    return UNKNOWN if found is UNKNOWN else isinstance(found, VersionPrefix) or bool(found)


def _length(found: Value | VersionPrefix) -> Value:
    return len(found) if isinstance(found, str | tuple) else UNKNOWN


def is_builtin(node: cst.Name, names: Names) -> bool:
    """Tell whether nothing in the file binds a name that Python has."""
    use = names.use(node)
    return use is not None and not names.stars and not names.bindings(use)


def _listed(node: cst.BaseExpression, names: Names, facts: Facts) -> Value | VersionPrefix:
    if isinstance(node, cst.Name | cst.Attribute):
        path = names.qualified(node)
        if path and path in facts.constants:
            return facts.constants[path]
    if isinstance(node, cst.Attribute) and (owner := names.member(names.use(node.value))):
        return facts.members.get(f"{owner}.{node.attr.value}", UNKNOWN)
    if isinstance(node, cst.Call) and not node.args:
        path = names.qualified(node.func)
        if path and path in facts.functions:
            return facts.functions[path]
    text = canonical(node, names)
    if text is None or text not in facts.expressions:
        return UNKNOWN
    found = facts.expressions[text]
    return VersionPrefix(found) if text == "sys.version_info" and isinstance(found, tuple) else found


def _sequence(node: cst.Tuple | cst.List | cst.Set, names: Names, facts: Facts) -> Value:
    values = [value(element.value, names, facts) for element in node.elements]
    starred = any(isinstance(element, cst.StarredElement) for element in node.elements)
    known = tuple(item for item in values if isinstance(item, str | int | float | tuple))
    return known if len(known) == len(values) and not starred else UNKNOWN


# --- Operations -----------------------------------------------------------------------------------

_ARITHMETIC: dict[type[cst.BaseBinaryOp], Callable[[Any, Any], Any]] = {
    cst.Add: operator.add,
    cst.Subtract: operator.sub,
    cst.Multiply: operator.mul,
    cst.Power: operator.pow,
    cst.LeftShift: operator.lshift,
}
_SMALL = 64
"""How great the sides of a power or a shift may be: sizes of words are written by no greater ones."""


def _arithmetic(a: Value | VersionPrefix, how: cst.BaseBinaryOp, b: Value | VersionPrefix) -> Value:
    """Return the value of an operation on whole numbers, as in `sys.maxsize > 2**32`."""
    operation = _ARITHMETIC.get(type(how))
    if operation is None or not isinstance(a, int) or not isinstance(b, int):
        return UNKNOWN
    grows = isinstance(how, cst.Power | cst.LeftShift)
    return UNKNOWN if grows and not (0 <= a <= _SMALL and 0 <= b <= _SMALL) else operation(a, b)


_ORDER: dict[type[cst.BaseCompOp], Callable[[Any, Any], bool]] = {
    cst.Equal: operator.eq,
    cst.NotEqual: operator.ne,
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
}


def _chain(
    left: cst.BaseExpression, targets: Sequence[cst.ComparisonTarget], names: Names, facts: Facts
) -> Value:
    """Return the value of a comparison, of which the facts decide every link, or the first is false."""
    found: Value = True
    for target in targets:
        found = _comparison(left, target, names, facts)
        if not found or found is UNKNOWN:
            break
        left = target.comparator
    return found


def _comparison(left: cst.BaseExpression, target: cst.ComparisonTarget, names: Names, facts: Facts) -> Value:
    a = value(left, names, facts)
    how = target.operator
    if isinstance(how, cst.In | cst.NotIn) and canonical(target.comparator, names) == "sys.modules":
        loaded = facts.modules.get(a) if isinstance(a, str) else None
        return UNKNOWN if loaded is None else loaded == isinstance(how, cst.In)
    match how, _chosen(target.comparator, facts):
        case cst.In() | cst.NotIn(), cst.List() | cst.Set() as among:
            b: Value | VersionPrefix = _sequence(among, names, facts)  # which as a value equals no tuple
        case _, comparator:
            b = value(comparator, names, facts)
    if a is UNKNOWN or b is UNKNOWN:
        return UNKNOWN
    if isinstance(how, cst.Is | cst.IsNot):
        single = all(one is None or isinstance(one, bool) for one in (a, b)) or a is None or b is None
        return (a is b) == isinstance(how, cst.Is) if single else UNKNOWN
    if isinstance(a, VersionPrefix) or isinstance(b, VersionPrefix):
        return _version_comparison(a, how, b)
    try:
        if isinstance(how, cst.In | cst.NotIn):
            return (a in b) == isinstance(how, cst.In)  # type: ignore[operator]  # a TypeError is unknown
        order = _ORDER.get(type(how))
        return order(a, b) if order else UNKNOWN
    except TypeError:
        return UNKNOWN


_MIRRORED: dict[type[cst.BaseCompOp], cst.BaseCompOp] = {
    cst.LessThan: cst.GreaterThan(),
    cst.LessThanEqual: cst.GreaterThanEqual(),
    cst.GreaterThan: cst.LessThan(),
    cst.GreaterThanEqual: cst.LessThanEqual(),
}


def _version_comparison(a: object, how: cst.BaseCompOp, b: object) -> Value:
    order = _ORDER.get(type(how))
    if isinstance(b, VersionPrefix) and not isinstance(a, VersionPrefix):
        return _version_comparison(b, _MIRRORED.get(type(how), how), a)
    if order is None or not isinstance(a, VersionPrefix) or not isinstance(b, tuple):
        return UNKNOWN
    shared = min(len(a.parts), len(b))
    if a.parts[:shared] != b[:shared]:
        try:
            return order(a.parts[:shared], b[:shared])
        except TypeError:
            return UNKNOWN
    if len(b) > len(a.parts) or len(b) >= 5:
        return UNKNOWN
    return order(1, 0)  # five parts of which the first ones are equal: greater than the shorter tuple


def _item(whole: Value | VersionPrefix, index: cst.BaseSlice) -> Value | VersionPrefix:
    match index:
        case cst.Index(value=cst.Integer() as number):
            if isinstance(whole, str):
                return whole[number.evaluated_value : number.evaluated_value + 1] or UNKNOWN
            return _part(whole, number.evaluated_value)
        case cst.Slice(lower=None | cst.Integer(value="0"), upper=cst.Integer() as stop, step=None):
            if isinstance(whole, str):
                return whole[: stop.evaluated_value]
            parts = _parts(whole)
            if stop.evaluated_value <= len(parts):
                return parts[: stop.evaluated_value]
            return whole if isinstance(whole, VersionPrefix) else UNKNOWN
    return UNKNOWN


def _part(whole: Value | VersionPrefix, index: int) -> Value:
    parts = _parts(whole)
    return parts[index] if index < len(parts) else UNKNOWN


def _parts(whole: Value | VersionPrefix) -> tuple[Fact, ...]:
    if isinstance(whole, VersionPrefix):
        return whole.parts
    return whole if isinstance(whole, tuple) else ()


_METHODS: dict[str, Callable[..., str | bool | int]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "find": str.find,
    "count": str.count,
    "lower": str.lower,
    "casefold": str.casefold,
    "upper": str.upper,
    "title": str.title,
    "strip": str.strip,
    "replace": str.replace,
}


def _method(method: cst.Attribute, args: object, names: Names, facts: Facts) -> Value:
    function = _METHODS.get(method.attr.value)
    owner = value(method.value, names, facts) if function else UNKNOWN
    if function is None or not isinstance(owner, str) or not isinstance(args, tuple | list):
        return UNKNOWN
    values = [value(arg.value, names, facts) for arg in args]
    plain = all(arg.keyword is None and not arg.star for arg in args)
    if not plain or any(isinstance(item, VersionPrefix | Unknown) for item in values):
        return UNKNOWN
    try:
        return function(owner, *values)
    except TypeError:
        return UNKNOWN


type Truth = Literal[True, False] | None
