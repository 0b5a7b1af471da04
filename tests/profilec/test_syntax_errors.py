"""Where a file that is not Python goes wrong, and in words that help."""

import pytest

from profilec.syntax.read import UnreadableSourceError, decode, parse
from profilec.tree import SourceFile


@pytest.mark.parametrize(
    ("source", "place", "reason"),
    [
        ("def f(:\n", (1, 7), "expected ) or * or ** or NAME"),
        ("x = (1,\ny = 2\n", (2, 3), "invalid syntax"),
        ("if x\n    pass\n", (1, 4), "invalid syntax"),
        ("def f():\n    return 1 +\n\nx = 3\n", (2, 14), "invalid syntax"),
        ("def f():\nx = 1\n", (2, 1), "expected INDENT"),
        ("x = 1\ny = 'abc\n", (2, 5), "unterminated string literal"),
        ("\n\n)\n", (3, 1), "unmatched ')'"),
        ("(", (1, 1), "invalid syntax"),
    ],
)
def test_a_syntax_error_is_shown_where_it_is(source: str, place: tuple[int, int], reason: str) -> None:
    with pytest.raises(UnreadableSourceError) as caught:
        parse(decode(SourceFile("a.py", source.encode()), "a.py"))
    finding = caught.value.finding
    assert (finding.line, finding.column) == place
    assert finding.message == f"this is not Python: {reason}"
    assert finding.source_line == source.splitlines()[place[0] - 1]
