"""What `docs/annotations.md` shows is what the compiler makes of it."""

import re
from pathlib import Path

import pytest

from profilec import compile_source
from profilec.config import Config, load_config

FIRST, *SECTIONS = re.split(
    r"^## ",
    (Path(__file__).parents[2] / "docs/annotations.md").read_text(encoding="utf-8"),
    flags=re.MULTILINE,
)


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    [configuration], [flags] = _blocks(FIRST, "toml"), _blocks(FIRST, "python")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/_profile.py").write_text(flags)
    (tmp_path / "pyproject.toml").write_text(configuration)
    return load_config(tmp_path)


@pytest.mark.parametrize("section", SECTIONS, ids=[section.partition("\n")[0] for section in SECTIONS])
def test_each_section_shows_a_source_and_what_the_profiles_make_of_it(config: Config, section: str) -> None:
    source, *made = _blocks(section, "python")
    assert made == [compile_source(source, profile, config) for profile in config.profiles]
