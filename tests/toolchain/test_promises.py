"""What the documents on promises say is tested, is."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("docs/promises.md", "docs/profilec-promises.md")
NAMED = [
    (document, name)
    for document in DOCUMENTS
    for name in re.findall(r"`(tests/\S+::test_\w+|cases/[\w./]+)`", (ROOT / document).read_text())
]


@pytest.mark.parametrize(("document", "promises"), [(DOCUMENTS[0], 18), (DOCUMENTS[1], 21)])
def test_every_promise_names_what_holds_it(document: str, promises: int) -> None:
    rows = [row for row in (ROOT / document).read_text().splitlines() if re.match(r"\| \d", row)]
    assert len(rows) == promises
    assert all("::test_" in row or "`cases/" in row for row in rows)


@pytest.mark.parametrize(("document", "name"), NAMED)
def test_what_is_named_exists(document: str, name: str) -> None:
    file, _, test = name.partition("::")
    if file.startswith("cases/"):
        path = ROOT / "tests/profilec" / file
        assert (path.suffix == ".case" and path.is_file()) or list(path.glob("*.case"))
        return
    module = ast.parse((ROOT / file).read_text())
    assert test in {
        node.name for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
