"""What became of a changed file is told by its differing statements as by all of it."""

import ast
import random

import pytest
from msgspec.structs import replace

from profilec.prove import changes
from profilec.prove.changes import Change, Pair, change
from profilec.prove.interface import Interface
from profilec.prove.names.differences import Differences
from profilec.prove.names.nodes import walk, walk_on
from profilec.syntax.outline import outline
from profilec.syntax.read import Text
from profilec.tree import EmittedFile, Tree

STATEMENTS = (
    "from __future__ import annotations",
    "import os",
    "import sys as system",
    "from shop.other import one, two",
    "from shop.stars import *",
    "def work(x: 'Place' = one):\n    return two(x), os.name",
    "def count():\n    global total\n    total = 1\n    return limit",
    "def nest():\n    def f():\n        nonlocal found\n        found = two\n    found = one\n    f()",
    "def asks():\n    total += 1\n    return total",
    "@work\ndef decorated(): return __getattr__",
    "def __getattr__(name): return limit",
    "class Place:\n    here: int\n    def go(self):\n        self.there = open\n        return limit",
    "class Place(Base):\n    there = 1",
    "class Other(Place):\n    def go(self): return [one for one in self.here]",
    "limit = 3; other = limit",
    "limit: int",
    "if one:\n    global total\n    total = 2",
    "total: int = 4",
    "total += 1",
    "del total",
    "open = limit",
    "text = '''\nlimit = 5\n'''",
    "names = {'é': one}",
    "if two:\n    limit = 1\n    Base = object\nelse:\n    Base = Place",
    "try:\n    import fast\nexcept ImportError as failed:\n    fast = failed",
    "for total, Base in two(): print(total)",
    "type Alias[T] = Place | T",
    "result = [limit := 3 for _ in two]",
    "match one:\n    case {'a': limit, **total}: pass",
)
INNER = (
    "        self.there = open\n",
    "    here: int\n",
    "    found = one\n",
    "    Base = object\n",
    "import os\n",
)


@pytest.mark.parametrize("seed", range(200))
def test_differing_statements_tell_what_all_of_a_file_tells(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    statements = chance.choices(STATEMENTS, k=9)
    left = [one for one in statements if chance.random() > 0.2]
    before = "\n".join([*statements, ""])
    after = "\n".join([*left, *chance.choices(STATEMENTS, k=chance.randrange(2)), ""])
    for line in chance.sample(INNER, 2):
        after = after.replace(line, "")
    found = compared(before, after)
    monkeypatch.setattr(changes, "_by_differences", lambda pair: None)
    whole = compared(before, after)
    assert replace(found, looks_alike=False) == whole, f"{before}\n# became\n{after}"
    assert not found.looks_alike or entries(before) == entries(after), f"{before}\n# became\n{after}"


def compared(before: str, after: str) -> Change:
    """What became of a file."""
    return change(None, Pair("shop/at.py", before.encode(), after.encode(), statements(before)))


def statements(text: str) -> tuple[tuple[int, int], ...]:
    """The lines of the statements at the top of a text."""
    return outline(None, Text("shop/at.py", "shop/at.py", text)).statements


def entries(text: str) -> dict[str, str]:
    """What the public names of a file look like."""
    file = EmittedFile("shop/at.py", text.encode(), changed=True)
    interface = Interface(Tree("", {file.path: file}), {}, frozenset({file.path}), {})
    return {name: entry.shape for name, entry in interface.entries().items()}


@pytest.mark.parametrize(
    ("before", "after"),
    [("limit = 3\nlimit: int\n", "limit: int\nlimit = 3\n"), ("limit = 3\nlimit = 3\n", "limit = 3\n")],
)
def test_a_statement_at_another_place_is_not_the_same(before: str, after: str) -> None:
    assert not compared(before, after).looks_alike


UNTOLD = {
    "a string goes on": ("a = '''\nb = 1\n'''\n", "b = 1\n"),
    "a string ends before": ("b = 1\n", "a = '''\nb = 1\n'''\n"),
    "a clause is left": ("if a:\n    b = 1\nc = 1\n", "if a:\n    b = 1\nelse:\n    c = 1\n"),
    "a line goes on": ("a = 1\\\n\n", "a = 1\\\n+ b\n"),
    "a bracket is open": ("b = 1\n", "a = [\nb == 1\n]\n"),
    "a decorator goes": ("@a\ndef f(): pass\n", "def f(): pass\n"),
    "a decorator comes": ("def f(): pass\n", "@a\ndef f(): pass\n"),
    "another encoding": ("# coding: latin-1\nb = 1\n", "# coding: latin-1\nb = '\u00e9'\n"),
    "two on a line": ("a = 1; b = 1\n", "a = 1\n"),
}


@pytest.mark.parametrize("name", UNTOLD)
@pytest.mark.parametrize("is_turned", [False, True])
def test_what_differs_is_told_statement_by_statement_or_not_at_all(name: str, *, is_turned: bool) -> None:
    before, after = UNTOLD[name][::-1] if is_turned else UNTOLD[name]
    pair = Differences.of(statements(before), before.encode("latin-1"), after.encode("latin-1"))
    if pair is not None:
        found = sorted(map(ast.dump, [*pair.after.body, *ast.parse(b"\n".join(pair.common)).body]))
        assert found == sorted(map(ast.dump, ast.parse(after).body))


def test_differing_statements_are_mostly_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "newly_unbound", None)  # what reads all of both files
    before = (
        "import os\nfrom shop._profile import THREADS\n\ndef f():\n    if THREADS:\n        return os.name\n"
    )
    after = "import os\n\ndef f():\n    return os.name\n"
    assert compared(before, after).lost == {"THREADS"}


NODES = """\
@first(
    second
)
def third(a, *, b=fourth):
    return f"{fifth}" f'''
    {sixth}''' + \\
        seventh

class Eighth(ninth): tenth = [eleventh for twelfth in
    thirteenth]; fourteenth: 'fifteenth' = 1
"""


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (1, "first"), (2, "second"), (4, "fourth"), (5, "fifth"), (6, "sixth"), (7, "seventh"), (9, "ninth"),
        (9, "tenth"), (9, "eleventh"), (9, "twelfth"), (10, "thirteenth"), (10, "fourteenth"),
    ],
)  # fmt: skip
def test_a_name_is_found_by_its_line(line: int, name: str) -> None:
    found = [node.id for node in walk_on(ast.parse(NODES), [line]) if isinstance(node, ast.Name)]
    assert name in found
    assert {name, "fifth"} <= {node.id for node in walk(ast.parse(NODES)) if isinstance(node, ast.Name)}
