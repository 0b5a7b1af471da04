"""What the packaging tests share: a project of a stranger, small enough to be built in every test."""

from pathlib import Path

import pytest

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
