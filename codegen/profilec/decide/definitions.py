"""Functions and classes: `@only`, `@stub`, and decorators, parameters and bases that go."""

from collections.abc import Iterator

import libcst as cst

from profilec.decide.displays import lay_out_marked
from profilec.decide.elements import cut_elements
from profilec.decide.expressions import condition, expression, expressions
from profilec.decide.replacing import Place
from profilec.decide.spreads import lose_empty, opened
from profilec.decide.stubs import is_empty, is_method, marked, refuse_calls
from profilec.decide.walk import KEPT, Fate, Walk, gone
from profilec.syntax.edit import Cause
from profilec.syntax.read import Span


def definition(walk: Walk, node: cst.FunctionDef | cst.ClassDef) -> Fate:
    """Decide a function or a class."""
    stub = walk.stub
    for decorator, call, marker in _markers(walk, node):
        test = _condition_of(walk, call, marker)
        if test is None:
            continue
        told = len(walk.draft.findings)
        truth = condition(walk, test)
        if truth is None:
            if len(walk.draft.findings) == told:
                _refuse_runtime_condition(walk, test, marker)
        elif marker == "only" and not truth:
            return gone(walk.because(test, truth))
        else:
            _cut_decorator(walk, node, decorator, walk.because(test, truth))
            stub = marked(walk, call) or stub if marker == "stub" and not truth else stub
    _decorators(walk, node)
    if isinstance(node, cst.FunctionDef):
        _signature(walk, node)
    else:
        _bases(walk, node)
    if stub is None:
        _body(walk, node)
    elif isinstance(node, cst.ClassDef):
        with walk.stubbing(stub):
            _body(walk, node)
    elif walk.stub and _is_private_method(walk, node):
        return gone(stub.cause)
    elif walk.stub and is_empty(node.body):
        _body(walk, node)
    else:
        refuse_calls(walk, node, stub)
    return KEPT


def _body(walk: Walk, node: cst.FunctionDef | cst.ClassDef) -> None:
    if walk.stub or walk.touches(node.body):
        fate = walk.suite(node.body)
        if not fate.kept:
            walk.fill(node.body, fate.cause)


def _is_private_method(walk: Walk, node: cst.FunctionDef) -> bool:
    """Tell whether a function of a class that is a stub serves only the bodies that go."""
    name = node.name.value
    private = name.startswith("_") and not name.endswith("__")
    return private and is_method(walk, node)


def _markers(
    walk: Walk, node: cst.FunctionDef | cst.ClassDef
) -> Iterator[tuple[cst.Decorator, cst.Call, str]]:
    for decorator in node.decorators:
        call = decorator.decorator
        if isinstance(call, cst.Call):
            marker = walk.conditions.marker(call.func)
            if marker in ("only", "stub"):
                yield decorator, call, marker


_SEVERAL = "takes one condition"


def _condition_of(walk: Walk, call: cst.Call, marker: str) -> cst.BaseExpression | None:
    """Return the condition of a marker: the one argument of `only`, the `unless` of `stub`."""
    wanted = None if marker == "only" else "unless"
    found = [
        argument.value
        for argument in call.args
        if (argument.keyword.value if argument.keyword else None) == wanted and not argument.star
    ]
    if not found or (marker == "only" and len(call.args) > 1):
        _refuse_without_condition(walk, call, marker, _SEVERAL if found else "has no condition")
        return None
    return found[0]


def _refuse_without_condition(walk: Walk, node: cst.CSTNode, marker: str, fault: str) -> None:
    example = "@only(FLAG)" if marker == "only" else "@stub(unless=FLAG)"
    joined = ", its flags joined by not, and, or" if fault == _SEVERAL else ""
    walk.draft.refuse("PC201", walk.syntax.inner(node), f"`{marker}` {fault}", f"write {example}{joined}")


def _refuse_runtime_condition(walk: Walk, test: cst.BaseExpression, marker: str) -> None:
    walk.draft.refuse(
        "PC202",
        walk.syntax.inner(test),
        f"the condition of `{marker}` is not decided by the profile",
        _flag_in_quotes(walk, test) or "use flags, joined by not, and, or",
    )


def _flag_in_quotes(walk: Walk, test: cst.BaseExpression) -> str:
    """Return what to write instead of the name of a feature, profile or flag as a string."""
    match test:
        case cst.SimpleString(evaluated_value=str(text)):
            flags = walk.conditions.world.flags
            named = [flag for flag in flags.flags.values() if text in (flag.name, flag.subject)]
            return f"write `{named[0].name}`, the flag that stands for it" if named else ""
    return ""


def _cut_decorator(
    walk: Walk, node: cst.FunctionDef | cst.ClassDef, decorator: cst.Decorator, cause: Cause
) -> None:
    """Cut a decorator's line, and the comments above it unless they are those of the definition."""
    span = walk.syntax.outer(decorator)
    start = walk.line_start(walk.syntax.inner(decorator).start)
    if decorator is not node.decorators[0]:
        start = walk.with_comments(decorator, span.start)
    walk.draft.cut(start, span.end, cause)


def _decorators(walk: Walk, node: cst.FunctionDef | cst.ClassDef) -> None:
    for decorator in node.decorators:
        if decorator in walk.lost:
            _cut_decorator(walk, node, decorator, walk.lost[decorator])
        elif (marker := walk.conditions.marker(decorator.decorator)) in ("only", "stub"):
            _refuse_without_condition(walk, decorator.decorator, marker, "has no condition")
        elif not _is_marker(walk, decorator):
            expression(walk, decorator.decorator, place=Place.DECORATOR)


def _is_marker(walk: Walk, decorator: cst.Decorator) -> bool:
    call = decorator.decorator
    return isinstance(call, cst.Call) and walk.conditions.marker(call.func) in ("only", "stub")


def _signature(walk: Walk, node: cst.FunctionDef) -> None:
    expressions(walk, [node.type_parameters, node.params, node.returns])


def _bases(walk: Walk, node: cst.ClassDef) -> None:
    arguments = [*node.bases, *node.keywords]
    lose_empty(walk, arguments)
    lost = [argument in walk.lost for argument in arguments]
    left = (part for one in arguments if one not in walk.lost for part in opened(walk, arguments, one))
    expressions(walk, [node.type_parameters, *left])
    if not any(lost):
        lay_out_marked(walk, node, arguments)
        return
    cause = next(walk.lost[argument] for argument in arguments if argument in walk.lost)
    if all(lost) and isinstance(node.lpar, cst.LeftParen) and isinstance(node.rpar, cst.RightParen):
        span = Span(walk.syntax.outer(node.lpar).start, walk.syntax.outer(node.rpar).end)
        walk.draft.cut(span.start, span.end, cause)
    else:
        cut_elements(walk.draft, arguments, lost, cause)
