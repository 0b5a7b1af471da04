"""Fixtures: a small project on disk, in several states."""

from collections.abc import Callable
from pathlib import Path

import case_files
import pytest
from profilec_project import CONFIGURATION, FLAGS, Project

from profilec.config import Config, load_config


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


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The configuration of the project that case files are about."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "shop").mkdir()
    (folder / "shop/_profile.py").write_text(case_files.FLAGS)
    (folder / "pyproject.toml").write_text(case_files.CONFIGURATION)
    return load_config(folder)
