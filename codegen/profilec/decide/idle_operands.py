"""Operands, and fields of strings, of which a choice leaves what says nothing: `| 0`, `+ ""`, `{'.'}`.

Only a choice that is decided is asked about: what an author wrote so stays. An operand goes only beside
what shows that it changes nothing, as the result of an operation is another object than its operand.
"""

from collections.abc import Iterator

import libcst as cst

from profilec.decide.walk import Walk
from profilec.syntax.edit import Cause

_OF_CONSTANTS = frozenset({"errno", "os", "re", "select", "signal", "socket", "stat", "subprocess"})
"""Modules whose names in capitals are numbers."""
_NOT_PLAIN = frozenset("\\{}'\"\n\r")
"""Characters that mean something else, or nothing, in a formatted string."""


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


def settle_fields(walk: Walk, node: cst.FormattedString) -> frozenset[cst.CSTNode]:
    """Write the plain texts that are chosen in fields of a string into it, and return those fields.

    Without any other field the string is not a formatted one any more.
    """
    fields = [part for part in node.parts if isinstance(part, cst.FormattedStringExpression)]
    texts = {field: text for field in fields if (text := _plain_text(walk, field)) is not None}
    for field, text in texts.items():
        walk.draft.cut(*walk.syntax.inner(field), _cause(walk, field.expression), text)
    doubled = any(
        not {"{", "}"}.isdisjoint(text.value)
        for text in node.parts
        if isinstance(text, cst.FormattedStringText)
    )
    if texts and len(texts) == len(fields) and not doubled:
        start = walk.syntax.inner(node).start + node.start.lower().index("f")
        walk.draft.cut(start, start + 1, _cause(walk, fields[0].expression))
    return frozenset(texts)


def parts_of(node: cst.BaseExpression) -> Iterator[cst.CSTNode]:
    """Yield the parts of what is formatted of a string that stays so, lest it be a docstring."""
    match node:
        case cst.ConcatenatedString(left=left, right=right):
            yield from parts_of(left)
            yield from parts_of(right)
        case cst.FormattedString(parts=parts):
            yield from parts


def _plain_text(walk: Walk, field: cst.FormattedStringExpression) -> str | None:
    """Return the text that a field shows, if a choice leaves one that reads the same in the string itself."""
    left = walk.conditions.chosen(field.expression)
    shows_it = left is not field.expression and not (field.equal or field.conversion or field.format_spec)
    match left:
        case cst.SimpleString(prefix="", raw_value=str() as text) if shows_it:
            is_plain = _NOT_PLAIN.isdisjoint(text) and not text[:1].isdigit()  # which may follow `\1`
            return text if is_plain else None
    return None


def _cause(walk: Walk, choice: cst.BaseExpression) -> Cause:
    match choice:
        case cst.IfExp(test=test):
            return walk.because(test, walk.conditions.truth(test))
    return walk.because_of_profile(choice)
