"""A build that has nothing to do repeats its warnings, and sees what changed outside of the project."""

import pytest
from profilec_project import CONFIGURATION, Project
from proved_package import install

from profilec.build import Outcome, build_profiles

WASM = '    dependencies = ["fetch"]\n    forbid = ["threading"]\n'
REACHED = ["`threading` is forbidden, and `fetch` reaches it"]


def build(
    project: Project, deps: str = "deps", *, profiles: tuple[str, ...] = (), write: bool = True
) -> Outcome:
    """Build with the dependencies in a folder of the project."""
    names = profiles or tuple(project.config.profiles)
    return build_profiles(project.config, names, dependencies=project.root / deps, write=write)


def messages(outcome: Outcome) -> list[str]:
    """What a build says, but that this project uses no feature."""
    return [finding.message for finding in outcome.findings if finding.code != "PC106"]


@pytest.fixture
def depending(project: Project) -> Project:
    """A project that was built, and that depends on `fetch`, a package in `deps`."""
    install(project.root / "deps", "fetch", {"fetch/__init__.py": "import json\n"})
    project.write({"pyproject.toml": CONFIGURATION.rstrip(" ") + WASM, "src/shop/a.py": "import fetch\n"})
    assert messages(first := build(project)) == []
    assert (first.written, build(project).written) == (True, False)
    return project


def test_a_dependency_that_was_edited_is_read_again(depending: Project) -> None:
    depending.write({"deps/fetch/__init__.py": "import threading\n"})
    assert messages(build(depending)) == REACHED
    assert messages(build(depending, write=False)) == REACHED
    depending.write({"deps/fetch/__init__.py": "import json\n"})
    assert messages(build(depending)) == []


def test_a_dependency_that_was_taken_away_is_missed(depending: Project) -> None:
    information = depending.root / "deps/fetch-1.0.dist-info"
    information.rename(information.with_name("other-1.0"))
    (message,) = messages(build(depending))
    assert message.startswith("the dependency `fetch` is not installed")


def test_a_dependency_that_asks_for_more_is_read_again(depending: Project) -> None:
    metadata = depending.root / "deps/fetch-1.0.dist-info/METADATA"
    metadata.write_text(metadata.read_text() + "Requires-Dist: low\n")
    (message,) = messages(build(depending))
    assert message.endswith("`fetch` requires it")


def test_other_dependencies_than_those_of_the_last_build_are_read(depending: Project) -> None:
    install(depending.root / "other", "fetch", {"fetch/__init__.py": "import threading\n"})
    assert messages(build(depending, "other")) == REACHED
    assert not build(depending).written


def test_an_editable_dependency_is_read_again_where_its_source_lies(project: Project) -> None:
    install(project.root / "deps", "fetch", {"fetch.pth": f"{project.root}/work\n"})
    project.write({"pyproject.toml": CONFIGURATION.rstrip(" ") + WASM, "src/shop/a.py": "import fetch\n"})
    project.write({"work/fetch/__init__.py": "from fetch import low\n"})
    assert messages(build(project)) == []
    assert not build(project).written
    project.write({"work/fetch/low.py": "import threading\n"})
    assert messages(build(project)) == ["`threading` is forbidden, and `fetch.low` reaches it"]


def test_warnings_are_said_again_where_there_is_nothing_to_do(depending: Project) -> None:
    text = "import importlib\n\n\ndef f(x):\n    return importlib.import_module(x)\n"
    depending.write({"src/shop/b.py": text})
    first = build(depending)
    assert messages(first) == ["what is imported here cannot be decided"]
    assert build(depending) == build(depending, write=False) == Outcome(first.findings)
    assert build(depending, profiles=("wasm",)) == Outcome(first.findings)


@pytest.mark.parametrize(
    "note", ["", "[]", "{}", '{"inputs": 1, "seen": [], "warnings": []}', '{"inputs": "1"}', "0123abcd"]
)
def test_a_note_that_says_something_else_is_none(note: str, depending: Project) -> None:
    file = depending.root / "build/.inputs/wasm"
    file.write_text(f"{note}\n{file.read_text().splitlines()[1]}\n")
    assert build(depending).written


def test_a_project_that_asks_nothing_of_dependencies_does_not_look_for_them(project: Project) -> None:
    assert build(project).written
    assert not build(project, "elsewhere").written
