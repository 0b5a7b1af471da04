"""LibCST's parser, without the check that it makes of what it has parsed.

It checks a node as if it had been built by hand, which costs a third of parsing, and errs where a keyword
stands close to parentheses: in `not(a if b else c)` it misses a blank, and over `not(yield)` it fails.
"""

from collections.abc import Callable

import libcst as cst

_CHECK = cst.CSTNode.__post_init__


def parse_module(content: str) -> cst.Module:
    """Parse a module.

    Raises:
        libcst.ParserSyntaxError: it is none that LibCST reads; or `libcst.CSTLogicError`.
    """
    return _unchecked(cst.parse_module, content)


def parse_expression(text: str) -> cst.BaseExpression | None:
    """Parse an expression, or return None where it is none that LibCST reads."""
    try:
        return _unchecked(cst.parse_expression, text)
    except (cst.ParserSyntaxError, cst.CSTLogicError, ValueError):
        return None


def _unchecked[Node](parse: Callable[[str], Node], content: str) -> Node:
    try:
        cst.CSTNode.__post_init__ = lambda self: None  # type: ignore[method-assign]  # there is no switch
        return parse(content)
    finally:
        cst.CSTNode.__post_init__ = _CHECK  # type: ignore[method-assign]  # as above
