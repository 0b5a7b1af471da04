"""What the packaging tests share: what `make dist` makes, made once, and a small project of a stranger."""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Index, serving

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

PYPROJECT = """
[build-system]
requires = ["profilec"]
build-backend = "profilec.backend"

[project]
name = "weather-vane"
version = "2.1"
requires-python = ">=3.12"
dynamic = ["dependencies", "scripts"]

[tool.profilec]
package = "weather_vane"
source = "src"
flags = "weather_vane._profile"
default = "desktop"

[tool.profilec.profiles.desktop]
marker = "sys_platform != 'emscripten'"
scripts = { vane = "weather_vane:main" }

[tool.profilec.profiles.page]
marker = "sys_platform == 'emscripten'"
"""

SOURCES = {
    "_profile.py": 'from profilec import flag\n\nPAGE: bool = flag("page")\n',
    "__init__.py": '''"""Tells where the wind comes from."""

from weather_vane._profile import PAGE


def wind() -> str:
    """Name the wind."""
    if PAGE:
        return "the wind of the page"
    return "the wind of the desktop"


def main() -> None:
    """Print the wind."""
    print(wind())
''',
}


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Everything that is published, in one folder."""
    own = tmp_path_factory.getbasetemp()
    shared = (own if worker_id == "master" else own.parent) / "dist"  # one for all processes of pytest-xdist
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first process that needs it builds it, the others wait
        if not shared.is_dir():
            building = shared.with_suffix(".building")
            subprocess.run([sys.executable, ROOT / "tools/dist.py", building], check=True)
            building.rename(shared)
    return shared


@pytest.fixture(scope="session")
def wheels(dist: Path) -> dict[str, Path]:
    """The wheels of kernel-exec by profile."""
    tags = {"native": "py3-none-any", "wasm": "py3-none-pyemscripten_2026_0_wasm32"}
    return {profile: dist / f"kernel_exec-0.1.0-{tag}.whl" for profile, tag in tags.items()}


@pytest.fixture(scope="session")
def offered(dist: Path) -> list[Path]:
    """The wheels that an index offers: what is published, and what that depends on in both worlds."""
    return [*dist.glob("*.whl"), *(ROOT / ".venv/wheels").glob("*.whl")]


@pytest.fixture
def index(offered: list[Path]) -> Iterator[Index]:
    """Serve them, as a package index does."""
    with serving(offered, {}) as served:
        yield served


@pytest.fixture(scope="session")
def flow_after() -> str:
    """A program for Pyodide, with a field for the index: install the kernel from there, and run a flow."""
    install = 'import micropip\nawait micropip.install("kernel-exec", index_urls=["INDEX"])\n'
    return f"{install}{HERE.joinpath('flow.py').read_text()}\nawait main()\n"


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """Write the project into a folder of its own."""
    project = tmp_path / "vane"
    package = project / "src/weather_vane"
    package.mkdir(parents=True)
    (project / "pyproject.toml").write_text(PYPROJECT)
    for name, text in SOURCES.items():
        (package / name).write_text(text)
    return project
