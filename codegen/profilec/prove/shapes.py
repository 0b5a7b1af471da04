"""How parts of definitions look from outside, as text."""

import ast
import builtins
from collections.abc import Callable, Iterator, Sequence

from profilec.prove.annotations import annotation_text
from profilec.prove.fields import options_shown
from profilec.prove.names.bindings import Binding, bindings
from profilec.prove.names.faces import yields
from profilec.prove.names.listed import written_entries
from profilec.prove.names.modules import Located, Module, statements
from profilec.prove.names.nodes import last_name
from profilec.prove.opened import attributes_set, bindings_of, origin_of

_PARTS = {
    "property": (("property", "fget"), ("{}.setter", "fset"), ("{}.deleter", "fdel")),
    "cached_property": (("cached_property", "func"),),
    "staticmethod": (("staticmethod", ""),),
    "classmethod": (("classmethod", ""),),
}
"""Decorators that may be called instead, each with the decorators of its arguments and their names."""
_OF_TYPES = frozenset({"typing", "typing_extensions", "collections.abc"})
"""Modules whose names stand for types."""
_OF_OBJECTS = frozenset({"__del__", "__dir__", "__repr__", "__sizeof__", "__str__"})
"""Methods that nobody calls, or that every object has."""

type Member = Binding | ast.expr
"""What binds a name of a class: a statement, a part of one, or an entry of `__slots__`."""
type Function = ast.FunctionDef | ast.AsyncFunctionDef
type Definition = Function | ast.ClassDef
type Declared = Callable[[Located], bool]
"""Whether the source says of a part of it that it is for some profiles only."""


def function_text(node: Function, name: str, is_declared: Declared) -> str:
    """A function as text, by the name that it is given."""
    kind = "def"
    if isinstance(node, ast.AsyncFunctionDef):
        kind = "async generator" if yields(node) else "async def"
    elif node.returns is None and yields(node):
        kind = "generator"
    returns = f" -> {annotation_text(node.returns)}" if node.returns else ""
    parameters = ", ".join(parameters_of(node.args, is_declared))
    head = f"{decorators_text(node, is_declared)}{kind} {name}{generic_text(node, is_declared)}"
    return f"{head}({parameters}){returns}"


def decorators_text(node: Definition, is_declared: Declared) -> str:
    """The names of the decorators: what most are called with does not show from outside."""
    kept = [decorator for decorator in node.decorator_list if not is_declared(decorator)]
    return "".join(f"@{decorator_text(decorator)} " for decorator in kept)


def generic_text(node: Definition | ast.TypeAlias, is_declared: Declared) -> str:
    """The type parameters of a definition."""
    left = [param for param in node.type_params if not is_declared(param)]
    return f"[{', '.join(map(ast.unparse, left))}]" if left else ""


def parameters_of(arguments: ast.arguments, is_declared: Declared) -> Iterator[str]:
    """The parameters, without those that are declared; a `/` or `*` that then parts nothing goes, too.

    Those that are given by their names alone are sorted: their order does not show.
    """
    plain = [*arguments.posonlyargs, *arguments.args]
    required = len(plain) - len(arguments.defaults)
    shown = {
        argument: parameter(argument, has_default=index >= required) for index, argument in enumerate(plain)
    }
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    shown |= {argument: parameter(argument, has_default=bool(default)) for argument, default in named}
    shown |= {
        argument: f"{stars}{parameter(argument)}"
        for stars, argument in (("*", arguments.vararg), ("**", arguments.kwarg))
        if argument
    }
    left = {argument: text for argument, text in shown.items() if not is_declared(argument)}
    before = [left[argument] for argument in arguments.posonlyargs if argument in left]
    yield from [*before, "/"] if before else ()
    yield from (left[argument] for argument in arguments.args if argument in left)
    after = sorted(left[argument] for argument in arguments.kwonlyargs if argument in left)
    if arguments.vararg in left:
        yield left[arguments.vararg]
    elif after:
        yield "*"
    yield from after
    if arguments.kwarg in left:
        yield left[arguments.kwarg]


def decorated_parts(name: str, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """The functions that `property` and its like are called with, each with the decorator that does the same.

    `x = property(f, g)` has `f` with `property`, and `g` with `x.setter`.
    """
    for index, (decorator, argument) in enumerate(_PARTS.get(last_name(call.func), ())):
        given = call.args[index : index + 1]
        given += [keyword.value for keyword in call.keywords if keyword.arg == argument]
        yield from ((decorator.format(name), one) for one in given)


def element_for(name: str, targets: list[ast.expr], value: ast.expr) -> ast.expr:
    """The part of what is assigned that a name gets: `f` of `g, h` for the first of `f, k`."""
    match targets, value:
        case [ast.Tuple(elts=names) | ast.List(elts=names)], ast.Tuple(elts=parts) | ast.List(elts=parts):
            if len(names) == len(parts) and not any(isinstance(one, ast.Starred) for one in names):
                found = (part for one, part in zip(names, parts, strict=True) if last_name(one) == name)
                return next(found, value)
    return value


def is_type(node: ast.expr, module: Module) -> bool:
    """Whether an expression surely stands for a type: of what is built in, of `typing`, or built of them."""
    match node:
        case ast.BinOp(left=one, op=ast.BitOr(), right=other):
            return is_type(one, module) or is_type(other, module)
        case ast.Subscript(value=generic):
            return is_type(generic, module)
        case ast.Name(id=name):
            match bindings_of(module).get(name):
                case None:
                    return isinstance(getattr(builtins, name, None), type)
                case [ast.alias() as alias]:
                    return origin_of(module, alias) in _OF_TYPES
        case ast.Attribute(value=ast.Name(id=name)):
            match bindings_of(module).get(name):
                case [ast.alias(name=origin)]:
                    return origin in _OF_TYPES
    return False


def decorator_text(node: ast.expr) -> str:
    """A decorator as text, with what shows from outside of what it is called with."""
    return (
        f"{ast.unparse(node.func)}{options_shown(node)}" if isinstance(node, ast.Call) else ast.unparse(node)
    )


def parameter(argument: ast.arg, *, has_default: bool = False) -> str:
    """A parameter as text: that it has a default, not which."""
    annotation = f": {annotation_text(argument.annotation)}" if argument.annotation else ""
    return f"{argument.arg}{annotation}{' = …' if has_default else ''}"


def gives_function(node: Function) -> bool:
    """Whether a function gives what it is called with, or one around it that takes what that takes."""
    first = [one.arg for one in (*node.args.posonlyargs, *node.args.args)][:1]
    around = [
        one.name
        for one in statements(node.body)
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.args.vararg
    ]
    returned = [one.value for one in statements(node.body) if isinstance(one, ast.Return)]
    return bool(returned) and all(
        isinstance(one, ast.Name) and one.id in (*first, *around) for one in returned
    )


def adds_nothing(node: Member, is_declared: Declared) -> bool:
    """Whether a member might not be there: an `__init__` that takes nothing, or what every object has."""
    if not isinstance(node, ast.FunctionDef) or node.name != "__init__":
        return isinstance(node, ast.FunctionDef) and node.name in _OF_OBJECTS
    match [one for one in parameters_of(node.args, is_declared) if one != "/"]:
        case [own] if not own.startswith("*"):
            return True
    return False


def members_of(module: Module, definition: ast.ClassDef) -> dict[str, Sequence[Member]]:
    """What binds each member of a class: what the module sets on it, its `__slots__`, and its body."""
    is_at_top = definition in bindings_of(module).get(definition.name, ())
    beside = attributes_set(module).get(definition.name, {}) if is_at_top else {}
    return {**beside, **slots_of(definition), **bindings(definition.body)}


def slots_of(definition: ast.ClassDef) -> dict[str, list[Member]]:
    """The names that `__slots__` of a class lists, as far as they are written out, each with its entry."""
    found: dict[str, list[Member]] = {}
    for node in statements(definition.body):
        match node:
            case ast.Assign(targets=[ast.Name(id="__slots__")], value=value):
                found |= {name: [entry] for name, entry in written_entries(value)}
    return found
