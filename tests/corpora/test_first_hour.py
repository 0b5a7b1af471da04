"""What a stranger does first with a project of his own: `init`, `build`, an import in each world."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from corpora import source_distribution

PROJECTS = {
    "dill==0.4.1": "dill",
    "dnspython==2.9.2": "dns",
    "loguru==0.7.3": "loguru",
    "portalocker==4.4.2": "portalocker",
}
"""Projects without dependencies, and the package that `init` has to find in each."""


def ran(*command: str | Path, **environment: str) -> str:
    """Run a command of Python's, and return what it prints."""
    result = subprocess.run(
        [sys.executable, *command], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("requirement", PROJECTS)
def test_a_project_from_the_index_is_two_packages_after_init_and_build(
    requirement: str, tmp_path: Path
) -> None:
    project = shutil.copytree(source_distribution(requirement), tmp_path / "project")
    package = PROJECTS[requirement]
    profilec = ("-m", "profilec.cli", "-C", project)
    assert f"added [tool.profilec] for the package {package}\n" in ran(*profilec, "init")
    ran(*profilec, "build")
    native, wasm = project / "build/native", project / "build/wasm"
    for file in native.rglob("*.py"):
        if file != native / package / "__init__.py":  # which has the guard
            assert "sys.platform == 'emscripten'" not in file.read_text(encoding="utf-8")
    script = f"import {package}; print({package}.__file__)"
    assert ran("-c", script, PYTHONPATH=str(native)) == f"{native / package / '__init__.py'}\n"
    inside = ran("-m", "profilec.wasm", "-c", script, PYTHONPATH=str(wasm))
    assert inside == f"{wasm / package / '__init__.py'}\n"
