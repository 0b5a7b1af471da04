"""What is known of expressions that are used for their value: which ones the profile makes constants."""

import libcst as cst

from profilec.decide.walk import Walk
from profilec.folding.facts import is_builtin, value

_TESTS = frozenset({"all", "any", "bool", "callable", "hasattr", "isinstance", "issubclass"})
"""Builtins that return `True` or `False`, whatever they are given."""


def truth_that_is_left(walk: Walk, node: cst.BaseExpression) -> bool | None:
    """Tell whether what a choice, or facts, leave of an expression is true; None where that is not known."""
    chosen = walk.conditions.chosen(node)
    is_decided = chosen is not node or is_settled(walk, node)
    return walk.conditions.truth(chosen) if is_decided else None


def is_settled(walk: Walk, node: cst.BaseExpression) -> bool:
    """Tell whether facts, and what is chosen, make an expression `True` or `False`."""
    if isinstance(value(node, walk.names, walk.conditions.facts), bool):
        return True
    is_negation = isinstance(node, cst.UnaryOperation) and not walk.conditions.mentions_profile(node)
    return is_negation and walk.conditions.truth(node) is not None


def is_truth_before_a_fact(walk: Walk, node: cst.BooleanOperation) -> bool:
    """Tell whether facts decide the right side, and the left one is `True` or `False` in any case."""
    if not is_settled(walk, node.right) or not _is_truth(walk, node.left):
        return False
    decides = walk.conditions.truth(node.right) is isinstance(node.operator, cst.Or)
    return not decides or not walk.conditions.has_effect(node.left)


def end_within(
    walk: Walk, node: cst.BaseExpression, operator: cst.BaseBooleanOp
) -> cst.BooleanOperation | None:
    """Return the part of a chain of one operation that ends with what decides it: nothing behind is asked."""
    if not isinstance(node, cst.BooleanOperation) or type(node.operator) is not type(operator):
        return None
    if earlier := end_within(walk, node.left, operator):
        return earlier
    decides = isinstance(operator, cst.Or)
    return node if is_settled(walk, node.right) and walk.conditions.truth(node.right) is decides else None


def goes_on_past_a_fact(walk: Walk, node: cst.BooleanOperation, left: cst.BaseExpression) -> bool:
    """Tell whether the left side is an operation of the same kind whose last operand decides nothing."""
    match left:
        case cst.BooleanOperation(right=last) if type(left.operator) is type(node.operator):
            decides = isinstance(node.operator, cst.Or)
            return is_settled(walk, last) and walk.conditions.truth(last) is not decides
    return False


def chosen_operand(
    walk: Walk, node: cst.BooleanOperation, other: cst.BaseExpression
) -> cst.BaseExpression | None:
    """Return what `fact and value or other` is, where the fact holds and the truth of the value is known."""
    if not isinstance(node.operator, cst.And) or not is_settled(walk, node.left):
        return None
    truth: bool | None
    match node.right:
        case cst.List(elements=held) | cst.Tuple(elements=held) | cst.Set(elements=held):
            truth = any(isinstance(element, cst.Element) for element in held) or None
        case cst.Dict(elements=items):
            truth = any(isinstance(item, cst.DictElement) for item in items) or None
        case operand:
            truth = None if walk.conditions.mentions_profile(operand) else walk.conditions.truth(operand)
    if truth is None or not walk.conditions.truth(node.left):
        return None
    return node.right if truth else other


def last_of_chain(walk: Walk, node: cst.BaseExpression) -> cst.BooleanOperation | None:
    """Return the `fact and value` in a chain of `or` that is true: nothing behind that chain counts."""
    match node:
        case cst.BooleanOperation(operator=cst.Or(), left=left, right=right):
            return last_of_chain(walk, left) or last_of_chain(walk, right)
        case cst.BooleanOperation(right=right) if chosen_operand(walk, node, node) is right:
            return node
    return None


def _is_truth(walk: Walk, node: cst.BaseExpression) -> bool:
    match node:
        case cst.UnaryOperation(operator=cst.Not()):
            return True
        case cst.Comparison(left=left, comparisons=targets):
            kinds = (cst.Is, cst.IsNot, cst.In, cst.NotIn)
            operands = [left, *(target.comparator for target in targets)]
            return all(isinstance(target.operator, kinds) for target in targets) or all(
                _is_plain(walk, operand) for operand in operands
            )
        case cst.BooleanOperation(left=left, right=right):
            return _is_truth(walk, left) and _is_truth(walk, right)
        case cst.Call(func=cst.Name(value=name) as function):
            return name in _TESTS and is_builtin(function, walk.names)
    return False


def _is_plain(walk: Walk, node: cst.BaseExpression) -> bool:
    """Tell whether an expression is a literal, or asks the platform: comparing such is true or false."""
    if isinstance(node, cst.BaseString | cst.BaseNumber):
        return True
    match node:
        case cst.Call(func=asked) | cst.Subscript(value=asked):
            node = asked
    path = walk.names.qualified(node)
    return path is not None and path.partition(".")[0] in ("os", "platform", "sys")
