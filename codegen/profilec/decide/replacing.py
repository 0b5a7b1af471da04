"""An expression of which a part takes the place: parentheses, comments and lines around what stays.

Called by `expressions`, which decides what stays, and cuts the rest in the draft.
"""

from collections.abc import Mapping
from enum import Enum

import libcst as cst

from profilec.decide.draft import blank_length
from profilec.decide.elements import with_comments
from profilec.decide.walk import Walk
from profilec.syntax.edit import Cause
from profilec.syntax.read import Span

_ATOMS = (
    cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.SimpleString, cst.FormattedString, cst.List,
    cst.Set, cst.Dict, cst.ListComp, cst.SetComp, cst.DictComp, cst.Ellipsis,
)  # fmt: skip
_NUMBERS = (cst.Integer, cst.Float, cst.Imaginary)
OPERATIONS = (cst.Comparison, cst.BinaryOperation, cst.UnaryOperation)
PRODUCTS = (cst.Multiply, cst.Divide, cst.FloorDivide, cst.Modulo, cst.MatrixMultiply)


class Place(Enum):
    """Where an expression stands, which decides what may stand there without parentheses."""

    TEST = "where any expression may, and an assignment without parentheses"
    ANY = "where any expression may"
    DECORATOR = "as a decorator"
    SUBJECT = "as the subject of a `match`"
    FILTER = "where anything but a conditional expression may"
    AND = "as an operand of `and`"
    OR = "as an operand of `or`"
    CONDITION = "as an operand of `not`, or of an operation that is not known"
    COMPARED = "as an operand of a comparison"
    SUM = "as an operand of `+` or `-`"
    PRODUCT = "as an operand of `*`, `/`, `//`, `%` or `@`"
    BITWISE = "as an operand of `|`, `&`, `^` or `~`"
    ARITHMETIC = "as another operand"
    CALLED = "as what is called"
    TIGHT = "where something follows closely, as a dot or a call"


_ALONE = (Place.ANY, Place.DECORATOR, Place.SUBJECT)
_OPERANDS = (Place.COMPARED, Place.SUM, Place.PRODUCT, Place.BITWISE, Place.ARITHMETIC)
_BARE: Mapping[Place, tuple[type[cst.CSTNode], ...]] = {
    **dict.fromkeys((Place.TEST, *_ALONE), (cst.BaseExpression,)),
    Place.FILTER: (*_ATOMS, *_NUMBERS, *OPERATIONS, cst.BooleanOperation),
    **dict.fromkeys((Place.AND, Place.OR, Place.CONDITION), (*_ATOMS, *_NUMBERS, *OPERATIONS)),
    **dict.fromkeys(_OPERANDS, (*_ATOMS, *_NUMBERS)),
    **dict.fromkeys((Place.CALLED, Place.TIGHT), _ATOMS),
}
_SHEDS_PARENTHESES: Mapping[Place, tuple[type[cst.CSTNode], ...]] = {
    Place.TEST: (*_BARE[Place.FILTER], cst.IfExp, cst.NamedExpr),
    **dict.fromkeys(_ALONE, (*_BARE[Place.FILTER], cst.IfExp)),
    Place.FILTER: _BARE[Place.FILTER],
}


_AROUND_ANY = (
    cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Return, cst.Arg, cst.Element, cst.DictElement,
    cst.Index, cst.Slice, cst.Param, cst.Expr, cst.Raise, cst.Assert, cst.WithItem, cst.If, cst.While,
    cst.For, cst.MatchCase, cst.Decorator, cst.Yield, cst.Lambda, cst.ListComp, cst.SetComp, cst.DictComp,
    cst.GeneratorExp, cst.TypeAlias, cst.Annotation, cst.TypeVar, cst.TypeParam, cst.NamedExpr,
)  # fmt: skip

_OPERAND_OF: Mapping[type[cst.CSTNode], Place] = {
    **dict.fromkeys((cst.Add, cst.Subtract), Place.SUM),
    **dict.fromkeys(PRODUCTS, Place.PRODUCT),
    **dict.fromkeys((cst.BitOr, cst.BitAnd, cst.BitXor, cst.BitInvert), Place.BITWISE),
}


def place_in(node: cst.CSTNode) -> Place:
    """Return the place that a node gives to the expressions directly in it."""
    if isinstance(node, _AROUND_ANY):
        return Place.ANY
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        return Place.CONDITION
    if isinstance(node, cst.BooleanOperation):
        return Place.AND if isinstance(node.operator, cst.And) else Place.OR
    if isinstance(node, cst.CompFor | cst.FormattedStringExpression | cst.TemplatedStringExpression):
        return Place.FILTER
    if isinstance(node, cst.Comparison | cst.ComparisonTarget):
        return Place.COMPARED
    if isinstance(node, cst.Call):
        return Place.CALLED
    if isinstance(node, cst.BinaryOperation | cst.UnaryOperation):
        return _OPERAND_OF.get(type(node.operator), Place.ARITHMETIC)
    return Place.ARITHMETIC if isinstance(node, cst.StarredElement) else Place.TIGHT


def _is_bare(part: cst.BaseExpression, place: Place) -> bool:
    """Tell whether an expression of one line needs no parentheses at a place."""
    match part:
        case cst.UnaryOperation(operator=operator) if not isinstance(operator, cst.Not):
            binds = place in (Place.COMPARED, Place.SUM, Place.PRODUCT)
        case cst.BinaryOperation(operator=operator):
            binds = place is Place.COMPARED or (place is Place.SUM and isinstance(operator, PRODUCTS))
        case _:
            binds = False
    return binds or isinstance(part, _BARE[place])


def replace(
    walk: Walk,
    node: cst.BaseExpression,
    part: cst.BaseExpression,
    cause: Cause,
    place: Place,
    alone: cst.BaseExpression | None = None,
) -> None:
    """Cut an expression down to a part of it, without parentheses that nothing needs any more.

    Args:
        walk: what is decided so far.
        node: the expression.
        part: what stays of it.
        cause: why the rest goes.
        place: where the expression stands.
        alone: what will be left of the part when more of it goes.
    """
    content = walk.syntax.content
    kept, whole = walk.syntax.outer(part), walk.syntax.outer(node)
    one_line = "\n" not in content[kept.start : kept.end]
    goes_on = _is_joined_alike(part, place)
    bare = bool(part.lpar) or isinstance(part, _ATOMS) or (one_line and (goes_on or _is_bare(part, place)))
    if alone is not None and "#" not in content[whole.start : whole.end]:
        is_bare_line = "\n" not in walk.syntax.source(alone) and _is_bare(alone, place)
        bare = bare or bool(alone.lpar) or is_bare_line
    comments = comments_above(content, kept.start, whole.start)
    behind = _comment_behind(content, kept.end, whole.end)
    if not bare or comments or (behind and "\n" in content[whole.start : kept.start]):
        whole = walk.syntax.inner(node)
    if part.lpar and one_line and (goes_on or isinstance(part, _SHEDS_PARENTHESES.get(place, ()))):
        kept = walk.syntax.inner(part)
    limits = _limits(walk, node, "\n" in content[kept.end : whole.end])
    if comments:
        walk.draft.cut(*_before_comments(content, whole.start, limits.start, comments.start), cause)
        whole = Span(comments.end + blank_length(content, comments.end), whole.end)
    elif whole.start < kept.start:
        walk.draft.cut(*_comments_of_first(content, whole.start, limits.start), cause)
    walk.draft.cut(whole.start, kept.start, cause)
    if behind:
        _cut_behind_comment(walk, kept.end, whole.end, cause)
    else:
        end = _with_comment(content, whole.end, limits.end)
        walk.draft.cut(kept.end, end, cause, _line_below(walk, part, end))
    walk.draft.move(kept, whole)


def _limits(walk: Walk, node: cst.BaseExpression, ends_below: bool) -> Span:
    """Return how far comments speak of parts of an expression: to its parentheses, or those of a chain.

    A comment at its end speaks of what goes only if that `ends_below` what stays.
    """
    limits = walk.syntax.outer(node)
    if node.lpar or not isinstance(node, cst.BooleanOperation):
        return limits
    chains = (one for one in walk.syntax.every(cst.BooleanOperation) if one.lpar)
    around = [one for one in chains if walk.syntax.outer(one).covers(limits)]
    if not around:
        return limits
    group = walk.syntax.outer(around[-1])
    is_first = walk.syntax.inner(around[-1]).start == limits.start
    return Span(group.start if is_first else limits.start, group.end if ends_below else limits.end)


def _is_joined_alike(part: cst.BaseExpression, place: Place) -> bool:
    """Tell whether an expression is joined by what joins it to others: `b and c` behind `a and`."""
    match part:
        case cst.BooleanOperation(operator=operator):
            return place is (Place.AND if isinstance(operator, cst.And) else Place.OR)
    return False


def comments_above(content: str, start: int, floor: int) -> Span | None:
    """Return the comment lines directly above the line that a part, or its keyword, begins."""
    line = content.rfind("\n", 0, start) + 1
    if content[line:start].strip() not in ("", "else", "and", "or"):
        return None
    above = with_comments(content, line, floor)
    return Span(above, line) if above < line else None


def _before_comments(content: str, start: int, floor: int, comments: int) -> tuple[int, int]:
    """Return what goes before the comments of what stays: whole lines, or to the end of one that stays."""
    line = content.rfind("\n", 0, start) + 1
    if content[line:start].strip():
        return start, start + len(content[start:comments].rstrip())
    return min(with_comments(content, line, floor), comments), comments


def _comments_of_first(content: str, start: int, floor: int) -> tuple[int, int]:
    """Return the comment lines above the first part of an expression, which goes."""
    line = content.rfind("\n", 0, start) + 1
    return (line, line) if content[line:start].strip() else (with_comments(content, line, floor), line)


def _comment_behind(content: str, start: int, end: int) -> bool:
    """Tell whether a comment follows on the line of what stays."""
    return content[start:end].lstrip(" \t").startswith("#")


def _with_comment(content: str, end: int, limit: int) -> int:
    """Return where the comment ends behind the last part of an expression in parentheses, which goes."""
    line_end = content.find("\n", end, limit)
    return line_end if line_end >= 0 and content[end:line_end].lstrip().startswith("#") else end


def _cut_behind_comment(walk: Walk, start: int, end: int, cause: Cause) -> None:
    """Cut what goes behind what stays with its comment, which goes on to the end of the line that is left."""
    content = walk.syntax.content
    comment = content[start : content.find("\n", start)].rstrip()
    rest = _rest_of_line(content, end)
    if not rest or rest.lstrip().startswith("#"):
        walk.draft.cut(start + len(comment), end + len(rest), cause)
        return
    walk.draft.cut(start, end, cause)
    at = end + len(rest)
    walk.draft.cut(at, at, cause, comment)


def _line_below(walk: Walk, part: cst.BaseExpression, end: int) -> str:
    """Return the line break that `end` needs, if a comment may come to be the last of what stays."""
    content, kept = walk.syntax.content, walk.syntax.outer(part)
    comment = "#" in content[kept.start : kept.end] and walk.touches(part)
    if not comment or "\n" not in content[kept.end : end] or not _rest_of_line(content, end):
        return ""
    line = content.rfind("\n", 0, kept.start) + 1
    return walk.syntax.module.default_newline + content[line : line + blank_length(content, line)]


def _rest_of_line(content: str, start: int) -> str:
    line_end = content.find("\n", start)
    return content[start : line_end if line_end >= 0 else len(content)].rstrip()


def replace_call(walk: Walk, node: cst.Call, part: cst.BaseExpression, cause: Cause, place: Place) -> None:
    kept, whole = walk.syntax.outer(part), walk.syntax.outer(node)
    content = walk.syntax.content
    one_line = "\n" not in content[kept.start : kept.end]
    bare = (one_line and _is_bare(part, place)) or isinstance(part, _ATOMS) or bool(part.lpar)
    walk.draft.cut(whole.start, kept.start, cause, "" if bare else "(")
    walk.draft.cut(kept.end, whole.end, cause, "" if bare else ")")
    if bare:
        walk.draft.move(kept, whole)
