"""How annotations look from outside: one text for all spellings of a type."""

import ast
import re
from collections.abc import Iterator

from profilec.prove.names.nodes import last_name
from profilec.prove.names.scopes import in_annotation

_SPELLED = re.compile(r"""['"|.]|\b(?:Optional|Union|Dict|FrozenSet|List|Tuple|Type)\b""")
"""What the text of a type has that may be written in another way."""
_MODULES = frozenset({"typing", "t", "typing_extensions", "collections.abc", "abc"})
"""How the modules are mostly called of which the names of types are asked."""
_BUILTIN = {name: name.lower() for name in ("Dict", "FrozenSet", "List", "Tuple", "Type")}


def annotation_text(node: ast.expr) -> str:
    """An annotation as text: a string in it is the type that it holds, and a union has no order.

    `Optional["int"]` and `typing.Union[None, int]` are `int | None`.
    """
    text = ast.unparse(node)
    return _type_text(node) if _SPELLED.search(text) else text


def _type_text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)) if inner := in_annotation(text):
            return _type_text(inner)
        case ast.BinOp(op=ast.BitOr()) | ast.Subscript(
            value=ast.Name(id="Optional" | "Union") | ast.Attribute(attr="Optional" | "Union")
        ):
            members = {*_members(node)}
            return " | ".join([*sorted(members - {"None"}), *members & {"None"}])
        case ast.Subscript(value=generic, slice=ast.Tuple(elts=[first, *others])):
            is_text = last_name(generic) in ("Annotated", "Literal")
            rest = map(ast.unparse if is_text else _type_text, others)
            return f"{_type_text(generic)}[{', '.join([_argument(generic, first), *rest])}]"
        case ast.Subscript(value=generic, slice=argument):
            return f"{_type_text(generic)}[{_argument(generic, argument)}]"
        case ast.List(elts=types):
            return f"[{', '.join(map(_type_text, types))}]"
        case ast.Attribute(value=owner, attr=name) if ast.unparse(owner) in _MODULES:
            return _BUILTIN.get(name, name)
        case ast.Name(id=name):
            return _BUILTIN.get(name, name)
    return ast.unparse(node)


def _argument(generic: ast.expr, first: ast.expr) -> str:
    return ast.unparse(first) if last_name(generic) == "Literal" else _type_text(first)


def _members(node: ast.expr) -> Iterator[str]:
    """The types of a union, and of the unions in it."""
    match node:
        case ast.BinOp(left=one, op=ast.BitOr(), right=other):
            yield from _members(one)
            yield from _members(other)
        case ast.Subscript(value=generic, slice=argument) if (name := last_name(generic)) in (
            "Optional",
            "Union",
        ):
            yield from (["None"] if name == "Optional" else ())
            for one in argument.elts if isinstance(argument, ast.Tuple) else [argument]:
                yield from _members(one)
        case ast.Constant(value=str(text)) if inner := in_annotation(text):
            yield from _members(inner)
        case _:
            yield _type_text(node)
