"""What the exception classes that stubs raise say of themselves: their `code`, and what they take by name.

Asked of one file, as far as that file knows it; `package` follows the bases from file to file.
"""

import builtins

import libcst as cst
from msgspec import Struct

from profilec.folding.facts import is_builtin
from profilec.syntax.depth import room_for_depth
from profilec.syntax.read import Text, UnreadableSourceError
from profilec.syntax.scope_walk import parsed
from profilec.syntax.scopes import Names

_TAKE_KEYWORDS = (AttributeError, ImportError, NameError)


class ErrorClass(Struct, frozen=True):
    """An exception class of the package.

    Attributes:
        code: its `code`; None where it has none that can be read.
        takes: the arguments that it can be given by name; None where that cannot be told.
        is_there: whether its module may have it.
    """

    code: str | None = None
    takes: tuple[str, ...] | None = None
    is_there: bool = True


class Lead(Struct, frozen=True):
    """What one file says of a class, and the path of the class that it has the rest from.

    Attributes:
        goes_on: it takes what its base takes.
    """

    found: ErrorClass = ErrorClass()
    base: str | None = None
    goes_on: bool = False


@room_for_depth()
def error_class_in(name: str, text: Text) -> Lead:
    """Return what a file says of a class that it defines or imports."""
    try:
        _, names = parsed(text)
    except (UnreadableSourceError, RecursionError):
        return Lead()
    bindings = names.root.bindings.get(name, [])
    if len(bindings) != 1:
        is_there = bool(bindings or names.stars or "__getattr__" in names.root.bindings)
        return Lead(ErrorClass(is_there=is_there))
    node, target = bindings[0].node, bindings[0].target
    if not isinstance(node, cst.ClassDef):
        return Lead(base=target, goes_on=True)
    base = node.bases[0].value if node.bases else None
    path = names.qualified(base) if base else None
    plain = len(node.bases) == 1 and not node.keywords and not node.decorators
    made_by = _made_by(node, names)
    takes = _taken(made_by[0]) if plain and len(made_by) == 1 else None
    if plain and not made_by and _is_plain_builtin(base, names):
        takes = ()
    return Lead(ErrorClass(_code_in(node), takes), path, goes_on=plain and not made_by)


def _made_by(node: cst.ClassDef, names: Names) -> list[cst.CSTNode]:
    """Return what a class defines itself of how it is made."""
    scopes = (scope for scope in names.scopes if scope.node is node and scope.kind == "class")
    bound = next(scopes).bindings
    return [binding.node for name in ("__init__", "__new__") for binding in bound.get(name, ())]


def _taken(node: cst.CSTNode) -> tuple[str, ...] | None:
    """Return the parameters of an `__init__` that are free behind the message to be given by name."""
    match node:
        case cst.FunctionDef(decorators=[], params=cst.Parameters(star_kwarg=None) as params):
            behind_message = [*params.posonly_params, *params.params][2:]
            free = [param for param in behind_message if param not in params.posonly_params]
            return tuple(param.name.value for param in (*free, *params.kwonly_params))
    return None


def _is_plain_builtin(node: cst.CSTNode | None, names: Names) -> bool:
    """Tell whether a class is a builtin exception that takes nothing by name."""
    if not isinstance(node, cst.Name) or not is_builtin(node, names):
        return False
    kind = getattr(builtins, node.value, None)
    return isinstance(kind, type) and issubclass(kind, BaseException) and not issubclass(kind, _TAKE_KEYWORDS)


def _code_in(node: cst.ClassDef) -> str | None:
    for line in node.body.body:
        match line:
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(
                        targets=[cst.AssignTarget(target=cst.Name(value="code"))],
                        value=cst.SimpleString() as text,
                    )
                    | cst.AnnAssign(target=cst.Name(value="code"), value=cst.SimpleString() as text)
                ]
            ):
                return str(text.evaluated_value)
    return None
