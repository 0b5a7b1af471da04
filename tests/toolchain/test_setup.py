"""The set-up finds a Python that works, makes each folder once, and repairs what was killed half-way."""

import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


type FindPython = Callable[[], subprocess.CompletedProcess[str]]


@pytest.fixture
def find_python(tmp_path: Path) -> FindPython:
    """Run a copy of tools/find-python with only `bin` on PATH and `tmp_path` as home."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/dirname").symlink_to("/usr/bin/dirname")
    script = tmp_path / "tools/find-python"
    script.write_bytes((ROOT / "tools/find-python").read_bytes())
    environment = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    return lambda: subprocess.run(["/bin/sh", script], env=environment, capture_output=True, text=True)


def put(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_machine_without_python_is_told_so_in_one_sentence(find_python: FindPython) -> None:
    run = find_python()

    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.count("\n") == 1
    assert "Python 3.12 or newer" in run.stderr


def test_a_python_that_does_not_run_is_passed_over(find_python: FindPython, tmp_path: Path) -> None:
    put(tmp_path / "bin/python3", "echo 'pyenv: python3: command not found' >&2; exit 127")
    put(tmp_path / "bin/python3.12", "exit 1")
    put(tmp_path / "bin/python3.13", f'exec {shlex.quote(sys.executable)} "$@"')

    assert find_python().stdout == f"{tmp_path}/bin/python3.13\n"


def test_a_python_of_pyenv_that_is_not_on_path_is_found(find_python: FindPython, tmp_path: Path) -> None:
    put(tmp_path / ".pyenv/versions/3.13.1/bin/python3", f'exec {shlex.quote(sys.executable)} "$@"')

    assert find_python().stdout == f"{tmp_path}/.pyenv/versions/3.13.1/bin/python3\n"


@dataclass
class Folder:
    """A folder that a stage of the set-up makes from one input, and how often it was made."""

    path: Path
    input: Path
    made: int = 0
    killed: bool = False

    def set_up(self) -> None:
        stage = runpy.run_path(str(ROOT / "tools/setup.py"))["Stage"]
        stage("a folder", self.path, (str(self.input),), self._make).bring_up_to_date()

    def _make(self) -> None:
        self.path.mkdir()
        if self.killed:
            raise KeyboardInterrupt
        self.made += 1


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "input").write_text("first")
    return Folder(tmp_path / "made", tmp_path / "input")


def test_a_folder_is_made_once(folder: Folder) -> None:
    folder.set_up()
    folder.set_up()

    assert folder.made == 1


def test_a_folder_is_made_again_when_what_it_is_made_from_changed(folder: Folder) -> None:
    folder.set_up()
    (folder.path / "left over").touch()
    folder.input.write_text("second")
    folder.set_up()

    assert folder.made == 2
    assert not (folder.path / "left over").exists()


def test_a_folder_whose_making_was_killed_is_made_from_nothing(folder: Folder) -> None:
    folder.killed = True
    with pytest.raises(KeyboardInterrupt):
        folder.set_up()
    folder.killed = False
    (folder.path / "half").touch()
    folder.set_up()

    assert folder.made == 1
    assert not (folder.path / "half").exists()
