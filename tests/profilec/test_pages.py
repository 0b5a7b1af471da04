"""The pages of the codes: there is one of each; an example has its fault, what to write instead has none.

Left out of the examples are commands, and what takes a wheel (PC307), a folder (PC502), an option (PC506),
another Python (PC412) or more room than a page has (PC603).
"""

import re
from pathlib import Path

import pytest
from profilec_project import Project

from profilec.diagnostics import CODES, pages

FEATURES = ("threads", "spill-fs", "posix", "files")
FLAGS = {name.upper().replace("-", "_"): name for name in ("native", "wasm", *FEATURES)}
TABLES = {
    "[project]": {"name": '"shop"', "version": '"1.0"'},
    "[tool.profilec]": {
        "source": '"src"', "package": '"shop"', "flags": '"shop._profile"', "default": '"native"',
    },
    "[tool.profilec.features]": dict.fromkeys(FEATURES, '"…"'),
    "[tool.profilec.profiles.native]": {"features": str(list(FEATURES))},
    "[tool.profilec.profiles.wasm]": {},
}  # fmt: skip
FOR_WASM = "[tool.profilec.profiles.wasm]\n"
COLOUR = '[tool.profilec.features]\ncolour = "…"'
SETTINGS = {
    "PC012": '[tool.profilec.features]\nsqlite = "…"\npostgres = "…"',
    "PC103": COLOUR,
    "PC105": COLOUR,
    "PC106": COLOUR,
    "PC107": FOR_WASM + 'facts = {"sys.platform" = "emscripten"}',
    "PC109": FOR_WASM + 'facts = {"sys.platform" = "emscripten"}',
    "PC405": FOR_WASM + 'forbid = ["threading"]',
    "PC406": FOR_WASM + 'forbid = ["threading"]',
    "PC413": FOR_WASM + "modules = {termios = false}",
}
"""What a page says of the configuration in a comment, or leaves to be understood."""
MISSING = {"PC005": ("[tool.profilec]", "package"), "PC014": ("[project]", "version")}
"""What the configuration does not have unless the page shows it."""
FLAGS_MODULE = "from profilec import flag\n" + "".join(f"{x} = flag('{y}')\n" for x, y in FLAGS.items())
IMPORTS = f"""\
import importlib
import os
import sys
from typing import Protocol
from profilec import choose, only, stub
from shop._profile import {", ".join(FLAGS)}
"""
USES = IMPORTS + "".join(f"if {name}:\n    print({name!r})\n" for name in FLAGS)
USES += "if THREADS:\n    import psutil\n\n    print(psutil)\n"
"""A module that depends on every flag, and on a package where there are threads."""
WITHOUT_IMPORTS = {"PC601", "PC602"}
SHOWN = [
    pytest.param(code.name, code.example, code.instead, id=code.name)
    for code in CODES.values()
    if code.example
    and not code.example.startswith("$")
    and code.name not in {"PC307", "PC412", "PC502", "PC506", "PC603"}
]


def _configuration(code: str, *texts: str) -> str:
    tables = {head: dict(keys) for head, keys in TABLES.items()}
    if code in MISSING:
        table, key = MISSING[code]
        del tables[table][key]
    for text in texts:
        for section in filter(None, re.split(r"^(?=\[)", text, flags=re.MULTILINE)):
            head, *lines = section.strip().split("\n")
            tables.setdefault(head, {}).update(line.split(" = ", 1) for line in lines)
    return "".join(
        "\n".join([head, *(f"{key} = {value}" for key, value in keys.items()), ""])
        for head, keys in tables.items()
    )


def _found(project: Project, code: str, shown: str) -> set[str]:
    """The errors of a project that holds what a page shows, and the code of the page if it is found there."""
    is_toml = shown.startswith("[")
    first, *named = re.split(r"^# (\w+\.py)\n", "" if is_toml else shown + "\n", flags=re.MULTILINE)
    modules = dict(zip(named[::2], named[1::2], strict=True)) or {"example.py": first.replace("\\r", "\r")}
    flags = FLAGS_MODULE + modules.pop("_profile.py", 'COLOUR = flag("colour")\n' if code == "PC106" else "")
    imports = "" if code in WITHOUT_IMPORTS else IMPORTS
    project.write({
        "pyproject.toml": _configuration(code, SETTINGS.get(code, ""), shown if is_toml else ""),
        "src/shop/_profile.py": flags,
        "src/shop/uses.py": USES,
        "src/shop/__init__.py": "".join(f"import shop.{name.removesuffix('.py')}\n" for name in modules),
        **{f"src/shop/{name}": (imports + text).encode() for name, text in modules.items()},
    })  # fmt: skip
    found = project.run("check", "--json").codes
    return {one for one in found if one == code or CODES[one].severity == "error"}


@pytest.mark.parametrize(("code", "example", "instead"), SHOWN)
def test_an_example_has_its_fault_and_what_to_write_instead_has_none(
    project: Project, code: str, example: str, instead: str
) -> None:
    assert _found(project, code, example) == {code}
    assert _found(project, code, instead) == set()


def test_every_code_has_a_page_and_the_pages_are_up_to_date() -> None:
    folder = Path(__file__).parents[2] / "docs" / "diagnostics"
    written = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.md")}
    assert written == pages.render_pages(), "run python -m profilec.diagnostics.pages docs/diagnostics"
    assert set(written) == {f"{name}.md" for name in CODES} | {"index.md"}


def test_pages_of_codes_that_are_no_more_go(tmp_path: Path) -> None:
    (tmp_path / "PC999.md").write_text("")
    pages.main(tmp_path)
    assert not (tmp_path / "PC999.md").exists()
    assert (tmp_path / "PC101.md").read_text().startswith("# PC101: ")
