"""Stubs: the body of a definition that a profile lacks becomes a refusal, rendered from a template.

The signature, the docstring and the decorators stay as they are written. The refusal raises the error
that the marker names, with its message and the parameters that the message names, so that a caller learns
what it asked for.
"""

import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import libcst as cst
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from profilec.decide.walk import Walk
from profilec.edit import Cause
from profilec.scopes import parameters_of


@dataclass(frozen=True)
class Refusal:
    """What a stub raises.

    Attributes:
        error: the exception class, as the emitted text names it.
        module: where the body imports that class from; empty where it is in scope.
        message: a Python literal, with `f` before it if it names parameters.
        fields: the parameters that are handed to the exception.
        generator: the function yields, and must go on to.
    """

    error: str
    module: str
    message: str
    fields: tuple[str, ...]
    generator: bool


def refuse_calls(walk: Walk, node: cst.FunctionDef | cst.ClassDef, call: cst.Call) -> None:
    """Replace the body of a definition by the refusal that its `stub` marker describes."""
    if isinstance(node, cst.ClassDef):
        walk.draft.refuse(
            "PC207",
            walk.syntax.inner(call),
            "`stub` stands on a function, not on a class",
            "mark the methods",
        )
        return
    refusal = _refusal(walk, node, call)
    if refusal is not None:
        _replace_body(
            walk,
            node,
            refusal,
            Cause("a stub stands here", walk.syntax.place(walk.syntax.inner(call).start)[0]),
        )


# --- What the marker says -------------------------------------------------------------------------


def _refusal(walk: Walk, node: cst.FunctionDef, call: cst.Call) -> Refusal | None:
    arguments = {argument.keyword.value: argument.value for argument in call.args if argument.keyword}
    unknown = set(arguments) - {"unless", "error", "code", "message"}
    if unknown or len(arguments) != len(call.args):
        walk.draft.refuse(
            "PC208",
            walk.syntax.inner(call),
            "`stub` takes unless=, error=, code= and message=",
            "remove the others",
        )
        return None
    error, module = _error(walk, arguments.get("error"))
    _check_code(walk, arguments.get("code"), arguments.get("error"))
    template = _text(arguments.get("message"))
    if template is None:
        template = f"{node.name.value} is not part of this build"
    parameters = {parameter.name.value: parameter for parameter in parameters_of(node.params)}
    named = _parameters_named(template)
    if named is None or not set(named) <= set(parameters):
        _refuse_message(walk, arguments["message"], named, parameters)
        return None
    receiver = next(iter(parameters), None) if _is_method(walk, node) else None
    fields = tuple(name for name in named if name != receiver)
    return Refusal(error, module, _literal(template, named), fields, _is_generator(walk, node))


def _refuse_message(
    walk: Walk, node: cst.CSTNode, named: list[str] | None, parameters: dict[str, cst.Param]
) -> None:
    if named is None:
        walk.draft.refuse(
            "PC209", walk.syntax.inner(node), "the message is not a format string", "write {name}"
        )
        return
    wrong = next(name for name in named if name not in parameters)
    known = ", ".join(parameters) or "none"
    walk.draft.refuse(
        "PC209",
        walk.syntax.inner(node),
        f"the message names `{wrong}`, which is no parameter",
        f"parameters: {known}",
    )


def _error(walk: Walk, node: cst.BaseExpression | None) -> tuple[str, str]:
    """Return the exception class as the stub names it, and the module that it must be imported from."""
    if node is None:
        return "NotImplementedError", ""
    text = _text(node)
    if text is None:
        return walk.syntax.source(node), ""
    module, _, name = text.rpartition(":")
    return name, module


def _check_code(walk: Walk, code: cst.BaseExpression | None, error: cst.BaseExpression | None) -> None:
    """Refuse a code that is not the one of the exception class, where that is a class of the package."""
    if code is None or error is None:
        return
    text = _text(error)
    path = text.replace(":", ".") if text else walk.names.qualified(error)
    actual = walk.conditions.world.code_of(path) if path else None
    if actual is not None and actual != _text(code):
        walk.draft.refuse(
            "PC215",
            walk.syntax.inner(code),
            f"the code of this error is `{actual}`",
            f'write code="{actual}"',
        )


def _text(node: cst.BaseExpression | None) -> str | None:
    if isinstance(node, cst.SimpleString | cst.ConcatenatedString) and isinstance(node.evaluated_value, str):
        return node.evaluated_value
    return None


def _parameters_named(template: str) -> list[str] | None:
    """List the parameters that a format string names, or None where it is not one or asks for positions."""
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(template) if field is not None]
    except ValueError:
        return None
    names = [field.split(".")[0].split("[")[0] for field in fields]
    return list(dict.fromkeys(names)) if all(name.isidentifier() for name in names) else None


def _literal(template: str, named: list[str]) -> str:
    """Return the Python literal of a message: plain text, or an f-string with the same fields."""
    if not named:
        return _quoted(template.replace("{{", "{").replace("}}", "}"))
    return "f" + _quoted(template)


def _quoted(text: str) -> str:
    quoted = repr(text)
    if quoted.startswith("'") and '"' not in text:
        return f'"{quoted[1:-1]}"'
    return quoted


def _is_method(walk: Walk, node: cst.FunctionDef) -> bool:
    scopes = (
        scope
        for scope in walk.names.scopes
        if node in [b.node for b in scope.bindings.get(node.name.value, ())]
    )
    static = any(
        isinstance(d.decorator, cst.Name) and d.decorator.value == "staticmethod" for d in node.decorators
    )
    return not static and any(scope.kind == "class" for scope in scopes)


def _is_generator(walk: Walk, node: cst.FunctionDef) -> bool:
    return any(
        scope.node is node and scope.kind == "function" and scope.yields for scope in walk.names.scopes
    )


# --- Text -----------------------------------------------------------------------------------------


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("profilec.decide"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("stub.py.j2")


def _replace_body(walk: Walk, node: cst.FunctionDef, refusal: Refusal, cause: Cause) -> None:
    body = node.body
    rendered = _template().render(refusal=refusal).splitlines()
    newline = walk.syntax.module.default_newline
    indentation = _body_indentation(walk, node)
    text = "".join(f"{indentation if line else ''}{line}{newline}" for line in rendered)
    if isinstance(body, cst.IndentedBlock):
        lines = walk.suite_lines(body)
        start = (
            walk.without_blank_end(walk.syntax.outer(body.body[0])).end
            if _has_docstring(node)
            else lines.start
        )
        walk.draft.cut(start, lines.end, cause, text)
    else:
        span = walk.syntax.outer(body)
        walk.draft.cut(span.start, span.end, cause, newline + text)


def _body_indentation(walk: Walk, node: cst.FunctionDef) -> str:
    if isinstance(node.body, cst.IndentedBlock):
        return walk.indentation(node.body)
    start = walk.syntax.inner(node).start
    return walk.syntax.content[walk.line_start(start) : start] + walk.syntax.module.default_indent


def _has_docstring(node: cst.FunctionDef) -> bool:
    match node.body:
        case cst.IndentedBlock(body=[cst.SimpleStatementLine(body=[cst.Expr(value=value)]), *_]):
            return _text(value) is not None
    return False


def fields_of(refusal: Refusal) -> Iterator[str]:
    """Yield the keyword arguments of the refusal as the emitted text writes them."""
    for name in refusal.fields:
        yield f"{name}={name}"
