"""Operands, and fields of strings, of which a choice leaves what says nothing: `| 0`, `+ ""`, `{'.'}`.

Only a choice that is decided is asked about: what an author wrote so stays. An operand goes only beside
what shows that it changes nothing, as the result of an operation is another object than its operand.
"""

import re
from collections.abc import Iterator, Sequence

import libcst as cst

from profilec.decide.walk import Walk
from profilec.syntax.edit import Cause

_OF_CONSTANTS = frozenset({"errno", "os", "re", "select", "signal", "socket", "stat", "subprocess"})
"""Modules whose names in capitals are numbers."""
_NOT_PLAIN = frozenset("\\{}'\"\n\r")
"""Characters that mean something else, or nothing, in a formatted string."""
_OPEN_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[0-7]{0,2}\Z")
"""An escape sequence, as `\\1`, or a backslash alone, of which what comes to follow may become a part."""


def without_idle_operand(walk: Walk, node: cst.BinaryOperation) -> tuple[cst.BaseExpression, Cause] | None:
    """Return the operand that an operation has come to be, and why nothing is left of the other."""
    for kept, gone in ((node.left, node.right), (node.right, node.left)):
        left = walk.conditions.chosen(gone)
        if left is not gone and _adds_nothing(walk, left, node.operator, kept):
            return kept, _cause(walk, gone)
    return None


def _adds_nothing(
    walk: Walk, node: cst.BaseExpression, operator: cst.BaseBinaryOp, other: cst.BaseExpression
) -> bool:
    operands = list(_operands(other, type(operator)))
    match operator, node:
        case cst.BitOr(), cst.Integer(value="0"):
            return any(_is_number(walk, one) for one in operands)
        case cst.BitOr(), cst.Dict(elements=[]):
            return any(isinstance(one, cst.Dict) for one in operands)
        case cst.Add(), cst.List(elements=[]) | cst.Tuple(elements=[]):
            return any(isinstance(one, type(node)) for one in operands)
        case cst.Add(), cst.SimpleString(raw_value="", prefix=prefix) if "b" not in prefix:
            return any(_is_text(one) for one in operands)
    return False


def _operands(node: cst.BaseExpression, joined: type[cst.BaseBinaryOp]) -> Iterator[cst.BaseExpression]:
    """Yield the operands of a chain of one operation."""
    match node:
        case cst.BinaryOperation(left=left, operator=operator, right=right) if isinstance(operator, joined):
            yield from _operands(left, joined)
            yield from _operands(right, joined)
        case _:
            yield node


def _is_number(walk: Walk, node: cst.BaseExpression) -> bool:
    module, _, name = (walk.names.qualified(node) or "").rpartition(".")
    return isinstance(node, cst.Integer) or (module in _OF_CONSTANTS and name.isupper())


def _is_text(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.FormattedString) or (
        isinstance(node, cst.SimpleString) and "b" not in node.prefix
    )


def settle_string(walk: Walk, node: cst.FormattedString) -> list[cst.CSTNode]:
    """Write what is chosen in fields of a string into it, and return the parts that are left.

    Without any field the string is not a formatted one any more.
    """
    left = settle_fields(walk, node.parts)
    is_text = all(isinstance(part, cst.FormattedStringText) for part in left)
    if is_text and len(left) < len(node.parts) and not any(_holds_braces(part) for part in left):
        first = next(part for part in node.parts if isinstance(part, cst.FormattedStringExpression))
        start = walk.syntax.inner(node).start + node.start.lower().index("f")
        walk.draft.cut(start, start + 1, _cause(walk, first.expression))
    return left


def settle_fields(walk: Walk, parts: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
    """Write the plain texts and numbers that are chosen in fields of a string, or of a format, into it.

    Returns:
        the parts that are left as they are.
    """
    left, before = list[cst.CSTNode](), ""
    for part in parts:
        match part:
            case cst.FormattedStringExpression() | cst.TemplatedStringExpression() if (
                text := _plain_text(walk, part)
            ) is not None and not _OPEN_ESCAPE.search(before):
                walk.draft.cut(*walk.syntax.inner(part), _cause(walk, part.expression), text)
                before += text
                continue
            case cst.FormattedStringText(value=text) | cst.TemplatedStringText(value=text):
                before += text
            case _:
                before = ""
        left.append(part)
    return left


def _holds_braces(part: cst.CSTNode) -> bool:
    return isinstance(part, cst.FormattedStringText) and not {"{", "}"}.isdisjoint(part.value)


def parts_of(node: cst.BaseExpression) -> Iterator[cst.CSTNode]:
    """Yield the parts of what is formatted of a string that stays so, lest it be a docstring."""
    match node:
        case cst.ConcatenatedString(left=left, right=right):
            yield from parts_of(left)
            yield from parts_of(right)
        case cst.FormattedString(parts=parts):
            yield from parts


def _plain_text(
    walk: Walk, field: cst.FormattedStringExpression | cst.TemplatedStringExpression
) -> str | None:
    """Return the text that a field shows, if a choice leaves one that reads the same in the string itself."""
    left = walk.conditions.chosen(field.expression)
    if left is field.expression or field.equal or field.conversion or field.format_spec:
        return None
    match left:
        case cst.SimpleString(prefix="", raw_value=str() as text) if _NOT_PLAIN.isdisjoint(text):
            return text
        case cst.Integer(value=digits) if digits.isdecimal() and (digits == "0" or digits[0] != "0"):
            return digits
    return None


def _cause(walk: Walk, choice: cst.BaseExpression) -> Cause:
    match choice:
        case cst.IfExp(test=test):
            return walk.because(test, walk.conditions.truth(test))
    return walk.because_of_profile(choice)
