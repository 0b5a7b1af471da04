"""How parts of definitions look from outside, as text."""

import ast
from contextlib import suppress

from profilec.prove.fields import options_shown
from profilec.prove.names.bindings import Binding
from profilec.prove.names.listed import written_entries
from profilec.prove.names.modules import statements

type Member = Binding | ast.expr
"""What binds a name of a class: a statement, a part of one, or an entry of `__slots__`."""


def decorator_text(node: ast.expr) -> str:
    """A decorator as text, with what shows from outside of what it is called with."""
    return (
        f"{ast.unparse(node.func)}{options_shown(node)}" if isinstance(node, ast.Call) else ast.unparse(node)
    )


def parameter(argument: ast.arg, *, has_default: bool = False) -> str:
    """A parameter as text: that it has a default, not which."""
    annotation = f": {annotation_text(argument.annotation)}" if argument.annotation else ""
    return f"{argument.arg}{annotation}{' = …' if has_default else ''}"


def annotation_text(node: ast.expr) -> str:
    """An annotation as text; one that stands in a string is the same without."""
    match node:
        case ast.Constant(value=str(text)):
            with suppress(SyntaxError, ValueError):
                return ast.unparse(ast.parse(text.strip(), mode="eval"))
    return ast.unparse(node)


def slots_of(definition: ast.ClassDef) -> dict[str, list[Member]]:
    """The names that `__slots__` of a class lists, as far as they are written out, each with its entry."""
    found: dict[str, list[Member]] = {}
    for node in statements(definition.body):
        match node:
            case ast.Assign(targets=[ast.Name(id="__slots__")], value=value):
                found |= {name: [entry] for name, entry in written_entries(value)}
    return found
