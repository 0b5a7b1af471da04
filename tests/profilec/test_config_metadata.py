"""The `[project]` table: what the packages take from it is of the type that they need, and is there."""

from collections.abc import Callable

import pytest
from profilec_project import Project

from profilec.config import ConfigError, load_config

HEAD = """[tool.profilec]
source = "src"
package = "shop"

[tool.profilec.profiles.native]

[project]
"""

MISTAKES = {
    "name = 1": ("PC004", "`project.name` must be a string, not a number"),
    "version = 1.2": ("PC004", "`project.version` must be a string, not a number"),
    "requires-python = 3": ("PC004", "`project.requires-python` must be a string, not a number"),
    'dependencies = "click"': ("PC004", "`project.dependencies` must be a list of strings"),
    "dependencies = [8]": ("PC004", "each element of `project.dependencies` must be a string, not a number"),
    'dependencies = ["click >="]': ("PC013", "`click >=` is not a requirement"),
    'optional-dependencies = ["click"]': ("PC004", "`project.optional-dependencies` must be a table"),
    'optional-dependencies = { cli = "click" }': ("PC004", "`project.optional-dependencies.cli` must be a"),
    'optional-dependencies = { cli = ["a b"] }': ("PC013", "`a b` is not a requirement"),
    'dynamic = "version"': ("PC004", "`project.dynamic` must be a list"),
    "readme = 1": ("PC004", "`project.readme` must be a string, not a number"),
    'readme = "README.md"': ("PC006", "the README `README.md` does not exist"),
    'readme = { file = "notes/README.md" }': ("PC006", "the README `notes/README.md` does not exist"),
    "license = true": ("PC004", "`project.license` must be a string, not a boolean"),
    'license = { file = "COPYING" }': ("PC006", "the licence `COPYING` does not exist"),
    'license-files = "LICENSE"': ("PC004", "`project.license-files` must be a list"),
    'license-files = [""]': ("PC013", "`` names no files inside the project"),
    'license-files = ["/LICENSE"]': ("PC013", "`/LICENSE` names no files inside the project"),
    'license-files = ["**.txt"]': ("PC013", "`**.txt` names no files inside the project"),
    'license-files = ["../LICENSE"]': ("PC013", "`../LICENSE` names no files inside the project"),
    'authors = ["Ann"]': ("PC004", "each element of `project.authors` must be a table, not a string"),
    'keywords = "shop"': ("PC004", "`project.keywords` must be a list"),
    'urls = ["shop.example"]': ("PC004", "`project.urls` must be a table"),
    'scripts = { shop = ["shop:main"] }': ("PC004", "`project.scripts.shop` must be a string, not a list"),
    'entry-points = { shop = "x" }': ("PC004", "`project.entry-points.shop` must be a table"),
}


@pytest.mark.parametrize("line", MISTAKES)
def test_metadata_that_the_packages_could_not_carry_is_one_finding(
    line: str, configured: Callable[[str], Project]
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(configured(HEAD + line + "\n").root)
    (finding,) = caught.value.findings
    code, message = MISTAKES[line]
    assert (finding.path, finding.line, finding.code) == ("pyproject.toml", 8, code)
    assert message in finding.message


def test_metadata_of_every_kind_is_taken(configured: Callable[[str], Project]) -> None:
    text = HEAD + """
name = "shop"
description = "Sells"
readme = { text = "# Shop", content-type = "text/markdown" }
license = { text = "MIT" }
license-files = ["LICEN*"]
authors = [{ name = "Ann", email = "ann@shop.example" }]
dynamic = ["version"]
dependencies = ["click >=8,<9 ; python_version >= '3.12' and (os_name == 'nt' or extra == 'cli')"]
optional-dependencies = { cli = ["rich[jupyter]", "own @ https://shop.example/own.zip"] }
scripts = { shop = "shop.cli:main.start" }
entry-points = { "shop.plugins" = { own = "shop.own" } }
"""
    assert load_config(configured(text).root).project["license"] == {"text": "MIT"}
