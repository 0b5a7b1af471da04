"""What docs/promises.md says is tested, is."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.findall(r"`(tests/\S+?\.py)::(test_\w+)`", (ROOT / "docs/promises.md").read_text())


def test_every_promise_names_a_test() -> None:
    rows = [row for row in (ROOT / "docs/promises.md").read_text().splitlines() if re.match(r"\| \d", row)]
    assert len(rows) == 18
    assert all("::test_" in row for row in rows)


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    module = ast.parse((ROOT / file).read_text())
    assert name in {
        node.name for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
