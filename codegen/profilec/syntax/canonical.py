"""A text for an expression, by which it is compared with those that a profile lists as facts.

Takes an expression and the names of its module; knows nothing of profiles.
"""

import libcst as cst

from profilec.syntax.scopes import Names


def canonical(node: cst.CSTNode, names: Names | None) -> str | None:
    """Return a text that is equal for equal expressions, however they are spelt and imported.

    `machine()` after ``from platform import machine`` is `platform.machine()`. What is no operation on names,
    attributes, calls, items and literals has none, as a lambda, a comprehension or a conditional expression.
    """
    match node:
        case cst.Name():
            return _canonical_name(node, names)
        case cst.Attribute(value=owner, attr=attribute):
            path = names.qualified(node) if names else None
            return path or _joined("{}." + attribute.value, canonical(owner, names))
        case cst.Call(func=function, args=args):
            return _joined("{}(" + ", ".join("{}" for _ in args) + ")", canonical(function, names), *(
                _canonical_argument(arg, names) for arg in args))  # fmt: skip
        case cst.Subscript(value=owner, slice=elements):
            parts = [_canonical_slice(element.slice, names) for element in elements]
            return _joined("{}[" + ", ".join("{}" for _ in parts) + "]", canonical(owner, names), *parts)
        case cst.Comparison(left=left, comparisons=targets):
            signs = "".join(f" {type(target.operator).__name__} {{}}" for target in targets)
            return _joined("({}" + signs + ")", canonical(left, names), *(
                canonical(target.comparator, names) for target in targets))  # fmt: skip
        case cst.BinaryOperation() | cst.BooleanOperation():
            sign = type(node.operator).__name__
            return _joined(f"({{}} {sign} {{}})", canonical(node.left, names), canonical(node.right, names))
        case cst.UnaryOperation(operator=operator, expression=operand):
            return _joined(type(operator).__name__ + "({})", canonical(operand, names))
        case cst.SimpleString() | cst.ConcatenatedString():
            text = literal_string(node)
            return None if text is None else repr(text)
        case cst.Integer() | cst.Float():
            return repr(node.evaluated_value)
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            opening, closing = "()" if isinstance(node, cst.Tuple) else "[]"
            parts = [
                None if isinstance(one, cst.StarredElement) else canonical(one.value, names)
                for one in elements
            ]
            return _joined(opening + "{}, " * len(parts) + closing, *parts)
    return None


def literal_string(node: cst.CSTNode | None) -> str | bytes | None:
    """Return what a string holds; None for one with fields, of which LibCST cannot always tell."""
    match node:
        case cst.SimpleString():
            return node.evaluated_value
        case cst.ConcatenatedString(left=left, right=right):
            match literal_string(left), literal_string(right):
                case (str() as before, str() as behind):
                    return before + behind
                case (bytes() as before, bytes() as behind):
                    return before + behind
    return None


def _canonical_name(node: cst.Name, names: Names | None) -> str | None:
    use = names.use(node) if names else None
    if names is None or use is None or not names.bindings(use):
        return node.value
    return names.qualified(node)


def _canonical_slice(node: cst.BaseSlice, names: Names | None) -> str | None:
    match node:
        case cst.Index(value=index, star=None):
            return canonical(index, names)
        case cst.Slice(lower=lower, upper=upper, step=step):
            return _joined(
                "{}:{}:{}", *(canonical(part, names) if part else "" for part in (lower, upper, step))
            )
    return None


def _canonical_argument(arg: cst.Arg, names: Names | None) -> str | None:
    if arg.star:
        return None
    text = canonical(arg.value, names)
    return f"{arg.keyword.value}={text}" if arg.keyword and text else text


def _joined(form: str, *parts: str | None) -> str | None:
    return form.format(*parts) if all(part is not None for part in parts) else None
