"""Fixtures: a small project on disk, in several states."""

from collections.abc import Callable
from pathlib import Path

import pytest
from profilec_project import CONFIGURATION, FLAGS, Project


@pytest.fixture
def empty_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A folder without anything in it."""
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)


@pytest.fixture
def project(empty_project: Project) -> Project:
    """A project of two profiles, one with threads and one without, whose package is empty."""
    files = {
        "pyproject.toml": CONFIGURATION,
        "src/shop/__init__.py": '"""A shop."""\n',
        "src/shop/_profile.py": FLAGS,
    }
    empty_project.write(files)
    return empty_project


@pytest.fixture
def configured(empty_project: Project) -> Callable[[str], Project]:
    """A project whose `pyproject.toml` is given, with the folders that the common examples need."""

    def make(configuration: str) -> Project:
        files = {"pyproject.toml": configuration, "src/shop/__init__.py": "", "src/shop/_profile.py": FLAGS}
        empty_project.write(files)
        return empty_project

    return make
