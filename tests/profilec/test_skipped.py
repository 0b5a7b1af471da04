"""What LibCST does not read of a file changes nothing of what becomes of the file."""

import ast
import random
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import libcst as cst
import pytest
from case_files import all_cases, compile_case, project_of, read_case
from msgspec.structs import replace
from profilec_project import CONFIGURATION, Project

from profilec import settle, specialise
from profilec.cli import run
from profilec.config import Config
from profilec.settle import Settled, Task
from profilec.syntax.read import Text, parse
from profilec.syntax.skipped import Skipping, skippable

HEAD = (
    "import os",
    "import sys as system",
    "from shop._profile import THREADS",
    "from shop._profile import THREADS as T, WASM",
    "from shop import _profile as p",
    "from shop.other import _one, two as _two",
    "_table = {\n    'name': _deep, 'other': os.name, 'a long value': 'worth it' * 3,\n    'end': 1,\n}",
    "LINUX = system.platform == 'linux'",
    "if WASM:\n    raise ImportError",
    "if THREADS:\n    _start = os.fork\nelse:\n    _start = None",
    "__all__ = ['work', '_deep', 'Place']",
    "import os as o",
    "from os import name",
    "import os.path\nimport os",
    "from shop import other",
    "def _asked():\n    return os.sep\nif os.name == 'nt':\n    sep = _asked()",
    "try:\n    import fcntl\nexcept ImportError as error:\n    if os.name == 'nt':\n        print(error)",
)
DEFINITIONS = (
    "def work():\n    if THREADS:\n        return _deep(os)\n    return 1",
    "def _deep(x):\n    return _one + x  # ends here",
    "def other():\n    return _deep(_table), system.path",
    "def unrelated(value):\n    '''Say.'''\n    total = value * 2\n    return total",
    "def _used_by_one():\n    yield _two",
    "async def call(a=_one):\n    if p.WASM:\n        return _used_by_one()\n    await a",
    "def shout():\n    global _one\n    _one = THREDS",
    "@staticmethod\ndef é(ü='ß'): return (ü, _table,\n   os)",
    "class Place:\n    here: int = 1\n\n    @property\n    def linux(self):\n        return LINUX\n\n"
    "    def go(self):\n        if T:\n            return _used_by_one\n        return self.linux",
    "class _Hidden(Exception):\n    '''Hidden.'''\n\n    def one(self):\n        return _deep(self)",
    "if T:\n    def branch():\n        return _Hidden(_two)",
    "def nested():\n    @work\n    def inner():\n        return _start\n    return inner",
    "def by_alias():\n    return o.name == 'nt', os.path",
    "def by_name():\n    if name == 'nt':\n        return os.sep",
    "def apart(os, name):\n    return os.path, name",
    "def later():\n    import os as _o\n    return _o.name or (os).name",
    "def needs(path=os.sep):\n    return [os.path.join(path, one) for one in _deep(os.environ)]",
    "class Needs:\n    os = 1\n\n    def path(self):\n        return os.path\n\n"
    "    def late(self):\n        return lambda: os.name",
    "def hands_on(found):\n    return work(other), found(other.LINUX)",
    "def local(other):\n    return work(other)",
    "def imports():\n    from shop import other as it\n    setattr(it, str(it), 1)\n    return it",
)
FACTS = '[tool.profilec.profiles.wasm.facts]\n"sys.platform" = "emscripten"\n"os.name" = "posix"\n'
OTHER = "import sys\n_one = two = 1\nLINUX = sys.platform == 'linux'\n"


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Compares each answer from now on with the one where everything is read; how many parts were skipped.

    And what is said ahead with what is said when it is asked.
    """
    counts: list[int] = []

    def both(config: Config, task: Task) -> Settled:
        found = settle.settle(config, task)
        whole = settle.settle(config, replace(task, parts=()))
        assert replace(found, ahead=whole.ahead, unread=()) == whole, task.text.content
        assert found.ahead.keys() <= whole.ahead.keys()
        for name, ahead in found.ahead.items():
            given = task.profiles[name].without(found.outcomes[name].idle)
            later = settle.settle(config, replace(task, profiles={name: given}))
            assert later.outcomes[name] == ahead, task.text.content
        counts.append(len(task.parts))
        return found

    monkeypatch.setattr(specialise, "settle", both)
    return counts


@pytest.mark.parametrize("path", all_cases(), ids=lambda path: path.stem)
def test_a_case_is_decided_the_same(path: Path, tmp_path: Path, compared: list[int]) -> None:
    compile_case(project_of(read_case(path), tmp_path))
    assert compared


@pytest.mark.parametrize("seed", range(40))
def test_a_random_file_is_decided_the_same(
    project: Project, compared: list[int], capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    chance = random.Random(seed)
    pieces = [*chance.sample(HEAD, 6), *chance.sample(DEFINITIONS, 9)]
    text = "\n\n".join(pieces) + "\n"
    files = {
        "pyproject.toml": CONFIGURATION + FACTS,
        "src/shop/a.py": text,
        "src/shop/other.py": OTHER,
    }
    project.write(files)
    run(["build", "-C", str(project.root)])
    assert sum(compared) > 3


@pytest.mark.parametrize(
    "unread",
    [
        "return os.path.join('a', os.sep)",  # the import is needed, whatever goes
        "return os.path, name",  # no `os.name`
        "return work(system)",  # no name of the module
    ],
)
def test_what_no_decision_can_hang_on_is_not_read(
    project: Project, monkeypatch: pytest.MonkeyPatch, unread: str
) -> None:
    left: list[str] = []

    def noting(config: Config, task: Task) -> Settled:
        found = settle.settle(config, task)
        left.extend(task.text.content[part.span.start : part.span.end] for part in found.unread)
        return found

    monkeypatch.setattr(specialise, "settle", noting)
    decided = "if os.name == 'nt':\n        return os.sep, system"
    text = "\n\n\n".join(
        [
            "import os",
            f"def work(system):\n    {decided}\n    return system",
            f"def other(name, system):\n    {unread}\n",
        ]
    )
    project.write({"pyproject.toml": CONFIGURATION + FACTS, "src/shop/a.py": text})
    assert run(["build", "-C", str(project.root)]) == 0
    assert left == [unread]


def places(text: Text, reading: str | None = None) -> Mapping[tuple[str, int], tuple[int, int]]:
    """Where each definition of a text is."""
    syntax = parse(text, reading)
    nodes = [*syntax.every(cst.FunctionDef), *syntax.every(cst.ClassDef)]
    return {(node.name.value, syntax.inner(node).start): syntax.outer(node) for node in nodes}


@pytest.mark.parametrize(
    "module", ["argparse", "dataclasses", "inspect", "typing", "email/message", "turtle"]
)
def test_what_is_read_stands_where_it_stood(module: str) -> None:
    file = Path(sysconfig.get_path("stdlib"), f"{module}.py")
    text = Text(f"{module}.py", module, file.read_text(encoding="utf-8"))
    read = Skipping(text.content, skippable(text.content, ast.parse(text.content).body)).reading
    assert len(read) == len(text.content)
    assert read.count("\n") < text.content.count("\n")
    every, left = places(text), places(text, read)
    assert left.items() <= every.items()
    assert left
