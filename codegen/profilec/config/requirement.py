"""Requirements, told from what is none (PEP 508). `packaging` could tell too, and is slow to import."""

import re

_NAME = r"[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?"
_VERSION = r"v?(?:\d+!)?\d[A-Z0-9._-]*"
_CLAUSE = rf"(?:===[^\s;)]+|[=!]=\s*{_VERSION}(?:\*|\+[A-Z0-9._-]+)?|(?:~=|[<>]=?)\s*{_VERSION})"
_CLAUSES = rf"(?:{_CLAUSE}(?:\s*,\s*{_CLAUSE})*(?:\s*,)?)?"
_REQUIREMENT = re.compile(
    rf"\s*{_NAME}\s*(?:\[\s*(?:{_NAME}\s*(?:,\s*{_NAME}\s*)*)?\])?"
    rf"\s*(?:@\s*[^\s;]\S*(?=\s|$)|{_CLAUSES}|\(\s*{_CLAUSES}\s*\))\s*(?:;(?P<marker>.+))?",
    re.IGNORECASE,
)
_OPERAND = (
    r"""(?:"[^"]*"|'[^']*'|python_version|python_full_version|os[._]name|sys[._]platform|platform_release"""
    r"|platform[._](?:machine|version|python_implementation)|platform_system|python_implementation"
    r"|implementation_(?:name|version)|extras?|dependency_groups)"
)
_TEST = re.compile(rf"{_OPERAND}\s*(?:===|~=|[=!<>]=|[<>]|\bnot\s+in\b|\bin\b)\s*{_OPERAND}")
_JOINED = re.compile(r"\(\s*\?\s*\)|\?\s*(?:and|or)\s*\?")


def is_requirement(text: str) -> bool:
    """Tell whether a text is a requirement."""
    match = _REQUIREMENT.fullmatch(text)
    return match is not None and (match["marker"] is None or _is_marker(match["marker"]))


def _is_marker(text: str) -> bool:
    """Tell whether tests, joined and in parentheses, are all of a text."""
    left, count = _TEST.subn("?", text)
    while count:
        left, count = _JOINED.subn("?", left)
    return left.strip() == "?"
