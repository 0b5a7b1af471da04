"""Stubs: what a `stub` marker asks for, and the body that takes the place of a definition's own.

Signature, docstring and decorators stay as they are written, the docstring unless the profile leaves it out.
The refusal raises the error that the marker names, with its message and the parameters that the message
names, so that a caller learns what it asked for.
"""

import builtins

import libcst as cst

from profilec.decide.refusals import (
    Refusal,
    Stub,
    body,
    literal,
    named_error,
    names_error,
    parameters_in_formats,
    parameters_named,
)
from profilec.decide.walk import Walk
from profilec.syntax.canonical import literal_string
from profilec.syntax.edit import Cause
from profilec.syntax.read import Span
from profilec.syntax.scopes import parameters_of


def marked(walk: Walk, call: cst.Call) -> Stub | None:
    """Return what a `stub` marker asks for, or None where it is refused."""
    arguments = {argument.keyword.value: argument.value for argument in call.args if argument.keyword}
    if set(arguments) - {"unless", "error", "code", "message"} or len(arguments) != len(call.args):
        message = "`stub` takes unless=, error=, code= and message="
        walk.draft.refuse("PC208", walk.syntax.inner(call), message, "remove the others")
        return None
    _check_code(walk, arguments.get("code"), arguments.get("error"))
    if (named := _error(walk, arguments.get("error"))) is None:
        return None
    error, module = named
    message_node = arguments.get("message")
    place = walk.syntax.inner(message_node) if message_node else None
    if place and _text(message_node) is None:
        hint = "write the text itself, as a plain string"
        walk.draft.refuse("PC209", place, "the message is not a string that is written out here", hint)
        return None
    line, _ = walk.syntax.place(walk.syntax.inner(call).start)
    return Stub(error, module, _text(message_node), place, Cause("a stub stands here", line))


def _error(walk: Walk, node: cst.BaseExpression | None) -> tuple[str, str] | None:
    """Return the exception class as the stub names it, and the module that it must be imported from."""
    text = "NotImplementedError" if node is None else _text(node)
    if text is None and node and _is_dotted(node):
        return walk.syntax.source(node), ""
    wrong = _nowhere(walk, *named_error(text)) if text and names_error(text) else "this names no class"
    if wrong and node:
        hint = 'write a class that is in scope, or "module:name"'
        walk.draft.refuse("PC208", walk.syntax.inner(node), wrong, hint)
        return None
    return named_error(text or "")


def _is_dotted(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)


def _nowhere(walk: Walk, error: str, module: str) -> str:
    """Return the sentence that an error which is given as a text is not there; nothing where it may be."""
    first = error.partition(".")[0]
    if module:
        is_there = walk.conditions.world.error_class(f"{module}.{first}").is_there
        return "" if is_there else f"`{module}` has no `{first}`"
    is_bound = hasattr(builtins, first) or any(first in scope.bindings for scope in walk.names.scopes)
    return "" if is_bound or walk.names.stars else f"nothing binds `{first}` here"


def _check_code(walk: Walk, code: cst.BaseExpression | None, error: cst.BaseExpression | None) -> None:
    """Refuse a code that is not the one of the exception class, where that is a class of the package."""
    if code is None or error is None:
        return
    text = _text(error)
    path = text.replace(":", ".") if text else walk.names.qualified(error)
    actual = walk.conditions.world.error_class(path).code if path else None
    if actual is not None and actual != _text(code):
        message, hint = f"the code of this error is `{actual}`", f'write code="{actual}"'
        walk.draft.refuse("PC215", walk.syntax.inner(code), message, hint)


def _text(node: cst.BaseExpression | None) -> str | None:
    text = literal_string(node)
    return text if isinstance(text, str) else None


# --- The body of one function ---------------------------------------------------------------------------


def refuse_calls(walk: Walk, node: cst.FunctionDef, stub: Stub) -> None:
    """Replace the body of a function by a refusal."""
    if stub.is_configured and (wrong := _nowhere(walk, stub.error, stub.module)):
        walk.draft.refuse("PC208", walk.syntax.inner(node.name), wrong, "correct `error` in `stub-modules`")
        return
    parameters = [parameter.name.value for parameter in parameters_of(node.params)]
    template = stub.message or f"{node.name.value} is not part of this build"
    named = parameters_named(template)
    inner = parameters_in_formats(template) if named is not None else None
    if named is None or inner is None or not {*named, *inner} <= set(parameters):
        asked = None if named is None or inner is None else [*named, *inner]
        _refuse_message(walk, node, stub, asked, parameters)
        return
    receiver = parameters[0] if parameters and is_method(walk, node) else None
    fields = tuple(name for name in named if name != receiver) if _carries_fields(walk, stub) else ()
    _check_fields(walk, node, stub, fields)
    message = literal(template, formatted=bool(named))
    _replace_body(
        walk, node, Refusal(stub.error, stub.module, message, fields, _yields(walk, node)), stub.cause
    )


def _carries_fields(walk: Walk, stub: Stub) -> bool:
    """Tell whether the error is a class of somebody's own: the built-in ones take no keyword arguments."""
    name = stub.error.partition(".")[0]
    return bool(stub.module) or name in walk.names.root.bindings or bool(walk.names.stars)


def _check_fields(walk: Walk, node: cst.FunctionDef, stub: Stub, fields: tuple[str, ...]) -> None:
    """Refuse parameters that the error, where it is a class of the package, does not take by name."""
    if not fields:
        return
    takes = walk.conditions.world.error_class(_path_of(walk, stub)).takes
    wrong = next((name for name in fields if takes is not None and name not in takes), None)
    if wrong is not None:
        place = stub.place or walk.syntax.inner(node.name)
        message = f"the message names `{wrong}`, which `{stub.error}` does not take by name"
        hint = f"give `{stub.error}` a parameter `{wrong}` behind its message, or leave it out of the message"
        walk.draft.refuse("PC217", place, message, hint)


def _path_of(walk: Walk, stub: Stub) -> str:
    """Return the dotted path of the error of a stub."""
    if stub.module:
        return f"{stub.module}.{stub.error}"
    first, _, rest = stub.error.partition(".")
    bindings = walk.names.root.bindings.get(first, [])
    start = bindings[0].target if len(bindings) == 1 else None
    return ".".join(filter(None, (start or f"{walk.names.module}.{first}", rest)))


def is_empty(suite: cst.BaseSuite) -> bool:
    """Tell whether a body has nothing to run: a docstring, `...`, `pass` or the `return` of None."""
    for statement in suite.body:
        for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]:
            match small:
                case cst.Pass() | cst.Expr(value=cst.BaseString() | cst.Ellipsis()):
                    pass
                case cst.Return(value=None | cst.Name(value="None")):
                    pass
                case _:
                    return False
    return True


def _refuse_message(
    walk: Walk, node: cst.FunctionDef, stub: Stub, named: list[str] | None, parameters: list[str]
) -> None:
    place = stub.place or walk.syntax.inner(node.name)
    if named is None:
        walk.draft.refuse("PC209", place, "the message is not a format string of parameters", "write {name}")
        return
    wrong = next(name for name in named if name not in parameters)
    hint = f"parameters: {', '.join(parameters) or 'none'}"
    message = f"the message names `{wrong}`, which is no parameter of `{node.name.value}`"
    walk.draft.refuse("PC209", place, message, hint)


def is_method(walk: Walk, node: cst.FunctionDef) -> bool:
    """Tell whether a function takes the instance or the class as its first parameter."""
    decorators = (decorator.decorator for decorator in node.decorators)
    static = any(isinstance(found, cst.Name) and found.value == "staticmethod" for found in decorators)
    scope = next((scope for scope in walk.names.scopes if scope.node is node), None)
    around = (found.kind for found in scope.enclosing() if found.node is not node) if scope else iter(())
    return not static and next(around, None) == "class"


def _yields(walk: Walk, node: cst.FunctionDef) -> bool:
    return any(scope.node is node and bool(scope.yields) for scope in walk.names.scopes)


def _replace_body(walk: Walk, node: cst.FunctionDef, refusal: Refusal, cause: Cause) -> None:
    newline = walk.syntax.module.default_newline
    indentation = _body_indentation(walk, node)
    text = "".join(f"{indentation if line else ''}{line}{newline}" for line in body(refusal))
    if isinstance(node.body, cst.IndentedBlock):
        lines = walk.suite_lines(node.body)
        start = lines.start
        if _keeps_docstring(walk, node.body):
            start = walk.without_blank_end(walk.syntax.outer(node.body.body[0])).end
        walk.draft.cut(start, lines.end, cause, text)
    else:
        span: Span = walk.syntax.outer(node.body)
        walk.draft.cut(span.start, span.end, cause, newline + text)


def _body_indentation(walk: Walk, node: cst.FunctionDef) -> str:
    if isinstance(node.body, cst.IndentedBlock):
        return walk.indentation(node.body)
    start = walk.syntax.inner(node).start
    return walk.syntax.content[walk.line_start(start) : start] + walk.syntax.module.default_indent


def _keeps_docstring(walk: Walk, suite: cst.IndentedBlock) -> bool:
    match suite.body:
        case [cst.SimpleStatementLine(body=[cst.Expr(value=value) as first]), *_]:
            return _text(value) is not None and first not in walk.lost
    return False
