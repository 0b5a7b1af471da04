"""A stranger's project, examples/courier: built, and tested by its own suite, in every world it is for."""

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from profilec.cli import run

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/courier"


@pytest.fixture
def courier(tmp_path: Path) -> Path:
    """The project as it is handed to a stranger."""
    return Path(
        shutil.copytree(EXAMPLE, tmp_path / "courier", ignore=shutil.ignore_patterns("build", "__pycache__"))
    )


def suite(courier: Path, profile: str, *folders: str) -> tuple[str | None, set[str]]:
    """Run the project's suite; return the platform that it ran on and the modules of its tests."""
    tests = [f"tests/{folder}" for folder in folders]
    command = [sys.executable, "-m", "pytest", "--profilec", profile, "--junitxml=junit.xml", *tests]
    ran = subprocess.run(command, cwd=courier, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    result = ElementTree.parse(courier / "junit.xml").getroot()
    [platform] = [entry.get("value") for entry in result.iter("property") if entry.get("name") == "platform"]
    return platform, {case.get("classname", "").rpartition(".")[2] for case in result.iter("testcase")}


@pytest.mark.parametrize(
    ("profile", "platform", "folder", "module"),
    [
        ("native", "linux", "native", "test_cache"),
        ("browser", "emscripten", "blocking", "test_fetch_now"),
        ("worker", "emscripten", "worker", "test_refusals"),
    ],
)
def test_its_own_suite_passes_on_each_build_in_that_builds_world(
    courier: Path, profile: str, platform: str, folder: str, module: str
) -> None:
    assert suite(courier, profile, "everywhere", folder) == (platform, {"test_fetching", module})


def test_its_builds_have_no_finding_and_hold_what_the_readme_shows(
    courier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(courier), "build"]) == 0
    assert capsys.readouterr().out == ""

    readme = (courier / "README.md").read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"^```python\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    [worker] = [block for block in blocks if "pyfetch" in block]
    assert (courier / "build/worker/courier/transport.py").read_text(encoding="utf-8") == worker
    assert sorted(path.name for path in (courier / "build/worker/courier").glob("*.py")) == [
        "__init__.py",
        "errors.py",
        "fetching.py",
        "response.py",
        "transport.py",
    ]


def test_a_profile_that_gains_a_feature_gains_what_the_feature_is(courier: Path) -> None:
    file = courier / "pyproject.toml"
    text = file.read_text(encoding="utf-8")
    assert "[tool.profilec.profiles.worker]\nfeatures = []\n" in text
    file.write_text(text.replace("worker]\nfeatures = []\n", 'worker]\nfeatures = ["blocking"]\n'))

    assert suite(courier, "worker", "blocking") == ("emscripten", {"test_fetch_now"})
