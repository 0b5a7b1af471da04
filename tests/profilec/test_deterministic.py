"""The same input gives the same bytes and findings, whatever Python works and however it finds files.

A Python beside that of the environment works here if `make setup` found it and fetched its wheels.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from profilec_project import CONFIGURATION, FLAGS, Project
from pythons import other_pythons
from test_cli_build import JOBS

ROOT = Path(__file__).parents[2]
WHEELS = ROOT / ".venv/wheels"
HEAD = "from shop._profile import THREADS\n\n"
FAULTY = {
    "src/shop/lost.py": f"{HEAD}if THREADS:\n    def open_lane(): ...\n",
    "src/shop/user.py": "from shop.lost import open_lane\nfrom shop import lost\n\nlost.open_lane()\n",
    "src/shop/unbound.py": f"{HEAD}if THREADS:\n    _x = _y = 1\nprint(_x, _y, [_x for _ in _y])\n",
    "src/shop/parity.py": f"{HEAD}class A:\n    if THREADS:\n        f = g = h = 1\n",
    "src/shop/reach.py": "import threading as t, importlib\n\nt.Timer(open)\nimportlib.import_module(t.x)\n",
    "src/shop/wrong.py": "from shop._profile import THREDS, WASM\n\nif THREDS:\n    print(WASM)\n",
}
SHUFFLE = """
import os, random

listdir, scandir = os.listdir, os.scandir

class Shuffled:
    def __init__(self, entries):
        self.entries = list(entries)
        random.shuffle(self.entries)
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
    def __iter__(self):
        return iter(self.entries)
    def __next__(self):
        if not self.entries:
            raise StopIteration
        return self.entries.pop()
    def close(self):
        pass

os.listdir = lambda *place: list(Shuffled(listdir(*place)))
os.scandir = lambda *place: Shuffled(scandir(*place))
"""


@pytest.fixture(scope="module", params=[sys.executable, *other_pythons(WHEELS)])
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A Python and a folder in which it finds what the compiler needs, and files in no order."""
    folder = tmp_path_factory.mktemp("packages")
    (folder / "sitecustomize.py").write_text(SHUFFLE)
    if request.param != sys.executable:
        version = subprocess.run(
            [request.param, "-c", "import sys; print(*sys.version_info[:2], sep='.')"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        needed = ["libcst", "black", "msgspec", "jinja2", "click", "packaging", "rich"]
        options = [
            "--no-index",
            f"--find-links={WHEELS}",
            "--only-binary=:all:",
            f"--python-version={version}",
        ]
        pip = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, *options, f"--target={folder}", *needed], check=True)
    return request.param, folder


def ran(python: tuple[str, Path], project: Project, *arguments: str, seed: str) -> str:
    """What the compiler writes."""
    paths = os.pathsep.join(map(str, (python[1], ROOT / "codegen")))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": seed}
    command = [python[0], "-m", "profilec.cli", *arguments]
    return subprocess.run(
        command, cwd=project.root, env=environment, capture_output=True, text=True, check=False
    ).stdout


def written(project: Project) -> Mapping[str, bytes]:
    """Everything that was built; what it was built from is another question."""
    found = project.files()
    assert found
    return found


def test_every_python_writes_the_same_bytes(python: tuple[str, Path], project: Project) -> None:
    project.write(
        {"src/shop/jobs.py": JOBS, "src/shop/other.py": f"{HEAD}if THREADS:\n    x = 1\nelse:\n    x = 2\n"}
    )
    assert project.run("build").code == 0
    expected = written(project)
    for seed, more in (("1", ()), ("2", ("--jobs", "2"))):
        for file in (project.root / "build").rglob(".answers"):
            file.unlink()
        for note in (project.root / "build/.inputs").iterdir():
            note.unlink()
        said = json.loads(ran(python, project, "build", "--json", *more, seed=seed))
        assert said["findings"] == []
        assert written(project) == expected


def test_every_python_finds_the_same(python: tuple[str, Path], project: Project) -> None:
    forbid = '    forbid = ["threading", "open"]\n    dependencies = ["fetch"]\n'
    project.write(
        {"pyproject.toml": CONFIGURATION.rstrip(" ") + forbid, "src/shop/_profile.py": FLAGS, **FAULTY}
    )
    expected = project.run("check", "--json").out
    assert len(json.loads(expected)["findings"]) >= 1
    for seed in ("1", "2"):
        assert ran(python, project, "check", "--json", seed=seed) == expected
    (project.root / "src/shop/wrong.py").unlink()
    (project.root / "src/shop/unbound.py").unlink()
    (project.root / "deps").mkdir()
    expected = project.run("check", "--json", "--deps", "deps").out
    codes = {finding["code"] for finding in json.loads(expected)["findings"]}
    assert {"PC403", "PC405", "PC406", "PC407", "PC408"} <= codes
    for seed in ("1", "2"):
        assert ran(python, project, "check", "--json", "--deps", "deps", seed=seed) == expected
