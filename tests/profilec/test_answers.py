"""What is remembered from one build to the next, and who works it out, never changes what is built."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from profilec_project import CONFIGURATION, FLAGS, Project

from profilec.answers import Answers
from profilec.cli import run
from profilec.prove import interface

REMEMBERED = "build/.answers"
PIECES = (
    "import os\n",
    "from shop import b\n",
    "from shop.a import _one\n",
    "from shop._profile import THREADS\n",
    "from shop._profile import THREADS as T\n",
    "from shop import _c as c\n",
    "import sys\nLINUX = sys.platform == 'linux'\n",
    "from shop.b import LINUX\n",
    "def work():\n    if THREADS:\n        return os.name\n    return 1\n",
    "def place():\n    if LINUX:\n        return c.x\n    return _one\n",
    "_one = 1\n",
    "x = _one\n",
    "if T:\n    print(b)\n",
)
FACTS = """
    [tool.profilec.profiles.wasm.facts]
    "sys.platform" = "emscripten"
    """


def build(root: Path, *options: str) -> tuple[int, dict[str, bytes]]:
    """Build a project, and read what is there then."""
    code = run(["build", "-C", str(root), *options])
    found = sorted((root / "build").rglob("*.*"))
    return code, {str(f): f.read_bytes() for f in found if f.is_file() and "/." not in str(f)}


EDITS = st.lists(
    st.dictionaries(
        st.sampled_from(("a", "b", "_c", "d")),
        st.lists(st.sampled_from(PIECES), unique=True, max_size=6).map("".join),
        min_size=1,
        max_size=2,
    ),
    min_size=1,
    max_size=6,
)
"""Edits of some modules, one after the other: each gives modules a new text."""


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_after_any_edit_a_build_gives_what_the_first_build_of_the_same_source_gives(
    project: Project, capsys: pytest.CaptureFixture[str], edits: list[dict[str, str]]
) -> None:
    shutil.rmtree(project.root / "build", ignore_errors=True)
    shutil.rmtree(project.root / "aside", ignore_errors=True)
    shutil.rmtree(project.root / "src", ignore_errors=True)
    project.write({"pyproject.toml": CONFIGURATION + FACTS, "src/shop/__init__.py": ""})
    project.write({"src/shop/_profile.py": FLAGS})
    assert build(project.root)[0] == 0
    for number, modules in enumerate(edits):
        # Each edit changes something: a build with nothing to do does not repeat its warnings.
        project.write({f"src/shop/{name}.py": f"{text}# {number}\n" for name, text in modules.items()})
        capsys.readouterr()
        code, files = build(project.root)
        said = capsys.readouterr().out
        (project.root / "build").rename(project.root / "aside")
        first, wanted = build(project.root)
        assert (code, said) == (first, capsys.readouterr().out)
        assert files == wanted or code != 0
        shutil.rmtree(project.root / "build", ignore_errors=True)
        (project.root / "aside").rename(project.root / "build")


@pytest.mark.parametrize("kept", [0, 10, -3])
def test_damaged_answers_are_worked_out_anew(project: Project, kept: int) -> None:
    project.write({"src/shop/a.py": PIECES[3] + PIECES[8].replace("os.name", "2")})
    assert build(project.root)[0] == 0
    wanted = project.files()
    remembered = project.root / REMEMBERED
    remembered.write_bytes(remembered.read_bytes()[:kept] + b"?")
    project.write({"src/shop/b.py": "x = 1\n"})
    assert build(project.root)[0] == 0
    assert project.files()["native/shop/a.py"] == wanted["native/shop/a.py"]


def test_answers_that_cannot_be_written_leave_nothing_behind(project: Project) -> None:
    (project.root / REMEMBERED).mkdir(parents=True)
    assert build(project.root)[0] == 0
    hidden = {entry.name for entry in (project.root / "build").glob(".*")}
    assert hidden == {".answers", ".inputs", ".lock"}


def double(common: int, one: int) -> int:
    return common * one


def test_an_answer_is_worked_out_once_and_by_one_compiler(tmp_path: Path) -> None:
    asked: list[int] = []

    def counting(common: int, one: int) -> int:
        asked.append(one)
        return common * one

    builds = (("1", [1, 2, 1], [1, 2]), ("1", [1, 3], [3]), ("2", [1, 3], [1, 3]), ("2", [3], []))
    for release, about, expected in builds:
        answers = Answers(tmp_path, release)
        assert answers.ask(counting, 10, about, int) == [10 * one for one in about]
        answers.close()
        assert asked == expected, release
        asked.clear()


def test_processes_answer_in_the_order_of_the_questions() -> None:
    answers = Answers(jobs=2)
    about = list(range(100))
    assert answers.ask(double, 2, about, int) == [2 * one for one in about]
    answers.close()


def test_any_number_of_processes_gives_the_same_bytes(project: Project) -> None:
    for number in range(40):
        text = PIECES[3] + PIECES[8].replace("os.name", str(number))
        project.write({f"src/shop/m{number}.py": text})
    assert build(project.root)[0] == 0
    wanted = project.files()
    shutil.rmtree(project.root / "build")
    assert build(project.root, "--jobs", "3")[0] == 0
    assert project.files() == wanted


def test_a_fault_that_another_process_finds_is_shown_as_any_other(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(40):
        project.write({f"src/shop/m{number:02}.py": "from shop._profile import THREADS\n\nprint(THREADS)\n"})
    build(project.root)
    wanted = capsys.readouterr().out
    assert wanted.count("PC102") == 40
    assert build(project.root, "--jobs", "2")[0] == 1
    assert capsys.readouterr().out == wanted


@pytest.mark.skipif(sys.platform == "win32", reason="there, a signal cannot be sent to a process")
@pytest.mark.parametrize("to_all", [True, False], ids=["in a terminal", "to one process"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("seconds", [1.0, 2.0])
def test_several_processes_end_together_and_leave_the_earlier_tree(
    project: Project, number: signal.Signals, to_all: bool, seconds: float
) -> None:
    assert build(project.root)[0] == 0
    wanted = project.files()
    for module in range(40):
        steps = "".join(f"    if THREADS:\n        value += {step}\n" for step in range(module, module + 250))
        project.write(
            {f"src/shop/m{module}.py": f"{PIECES[3]}\n\ndef work(value):\n{steps}    return value\n"}
        )
    command = [sys.executable, "-m", "profilec.cli", "build", "-C", str(project.root), "--jobs", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, text=True
    ) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        (os.killpg if to_all else os.kill)(process.pid, number)
        said, _ = process.communicate(timeout=60)  # which ends when the last process lets go of the pipe
    assert process.returncode in ((130, -number) if number == signal.SIGINT else (-number,))
    assert "multiprocessing" not in said  # no traceback of a process, no warning of what one leaves behind
    assert project.files() == wanted


def test_after_an_edit_the_proofs_read_only_the_files_that_changed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(
        {
            "pyproject.toml": CONFIGURATION + '\n    forbid = ["ssl"]\n',
            "src/shop/a.py": "no_ssl = 1\n",
            "src/shop/b.py": PIECES[3] + PIECES[8].replace("os.name", "2"),
            "src/shop/c.py": "exec('x = 1')\n",
        }
    )
    assert build(project.root)[0] == 0
    read: dict[str, list[str]] = {}

    def noting(self: Answers, question: partial[object], about: Sequence[Any]) -> list[object]:
        names = [getattr(one, "path", one[0] if isinstance(one, tuple) else "") for one in about]
        read.setdefault(question.func.__name__, []).extend(names)
        return list(map(question, about))

    monkeypatch.setattr(Answers, "_work_out", noting)
    project.write({"src/shop/c.py": "exec('x = 2')\n"})
    assert build(project.root)[0] == 0
    assert read.pop("reach") == ["shop/c.py"]
    assert not any(read.values())


def test_what_a_file_with_a_flag_makes_public_is_known_from_the_last_build(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["if THREADS:\n    import threading\n", "__all__ = ['work']\n", "def work(): pass\n"]
    project.write({"src/shop/a.py": "\n".join(["from shop._profile import THREADS", *lines])})
    project.write({"src/shop/b.py": "one = 1\n"})
    assert build(project.root)[0] == 0
    monkeypatch.setattr(interface, "opened", None)
    project.write({"src/shop/b.py": "two = 2\n"})
    assert build(project.root)[0] == 0


def _none(self: Answers, question: partial[object], about: Sequence[Any]) -> list[object]:
    """Work nothing out: all has to be known."""
    assert not about, question.func.__name__
    return []


@pytest.mark.parametrize("command", ["build", "check"])
def test_what_a_build_found_out_that_was_refused_is_known(
    project: Project, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    project.write({"src/shop/a.py": PIECES[3] + "print(THREADS)\n", "src/shop/c.py": "exec('x = 1')\n"})
    refused = project.run("build")
    assert (refused.code, project.files()) == (1, {})
    monkeypatch.setattr(Answers, "_work_out", _none)
    again = project.run(command)
    assert (again.code, again.out) == (refused.code, refused.out)


def test_a_comparison_makes_no_folder(project: Project) -> None:
    assert project.run("build", "--check").code == 1
    assert not (project.root / "build").exists()


@pytest.mark.parametrize(
    "command", ["check", "explain shop/a.py", "diff native wasm", "parity", "audit", "report"]
)
def test_every_command_knows_what_the_last_build_found_out(
    project: Project, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    project.write({"src/shop/a.py": PIECES[3] + PIECES[8], "src/shop/c.py": "exec('x = 1')\n"})
    name, *about = command.split()
    arguments = [name, *(one.replace("shop/", f"{project.root}/src/shop/") for one in about)]
    assert build(project.root)[0] == 0
    known, fresh = (project.root / REMEMBERED).read_bytes(), project.run(*arguments)
    monkeypatch.setattr(Answers, "_work_out", _none)
    again = project.run(*arguments)
    assert (again.code, again.out) == (fresh.code, fresh.out)
    assert (project.root / REMEMBERED).read_bytes() == known
    (project.root / REMEMBERED).unlink()
    monkeypatch.undo()
    assert project.run(*arguments).out == fresh.out
    assert not (project.root / REMEMBERED).exists()
