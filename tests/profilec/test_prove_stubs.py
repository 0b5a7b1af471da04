"""Proof 2, for stubs beside modules: they tell type checkers of nothing that their tree has lost."""

import pytest
from profilec_project import CONFIGURATION, Project


@pytest.mark.parametrize(
    ("stub", "found"),
    [
        ("def go() -> None: ...\n", [("PC404", "`shop.a` has no `go` in this tree")]),
        ("import os\n_T = int\ndef stay() -> _T: ...\n", []),
        ("from shop._profile import THREADS\nif THREADS:\n    def go() -> None: ...\n", []),
    ],
)
def test_a_stub_for_type_checkers_does_not_tell_of_names_that_its_module_lost(
    stub: str, found: list[tuple[str, str]], project: Project
) -> None:
    head = "from profilec import only\nfrom shop._profile import THREADS\n\nif THREADS:\n    import os\n"
    body = "    _T = 1\n    print(os, _T)\n\ndef stay(): ...\n@only(THREADS)\ndef go(): ...\n"
    project.write({"src/shop/a.py": head + body, "src/shop/a.pyi": stub})
    findings = project.run("check", "--json").json["findings"]
    assert [(one["code"], one["message"]) for one in findings] == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def go(): ...\n", []),
        ("from shop._profile import THREADS\nif THREADS:\n    def _go(): ...\n", ["`shop._a` has no `_go`"]),
        ("# profilec: only THREADS\ndef _go(): ...\n", ["this tree has no module `shop._a`"]),
    ],
)
def test_what_a_stub_for_type_checkers_imports_is_in_its_tree(
    source: str, found: list[str], project: Project
) -> None:
    project.write({
        "src/shop/_a.py": source,
        "src/shop/b.py": "",
        "src/shop/b.pyi": "from shop._a import _go\n",
        "src/shop/_profile.py": "from profilec import flag\n\nTHREADS = flag('threads')\n",
    })  # fmt: skip
    findings = [one for one in project.run("check", "--json").json["findings"] if one["code"] == "PC403"]
    assert [one["message"].removesuffix(" in this tree") for one in findings] == found


def test_a_stub_may_tell_of_what_facts_take_from_its_module(project: Project) -> None:
    code = "import sys\n\nif sys.platform != 'emscripten':\n    def go(): ...\n"
    facts = '    facts = { "sys.platform" = "emscripten" }\n'
    project.write({"pyproject.toml": CONFIGURATION.rstrip(" ") + facts, "src/shop/a.py": code})
    project.write({"src/shop/a.pyi": "def go() -> None: ...\n"})
    assert [code for code in project.run("check", "--json").codes if code != "PC106"] == []


def test_an_import_that_a_stub_tells_of_stays_though_nothing_reads_it(project: Project) -> None:
    code = "import sys\nfrom shop._b import IS_WINDOWS\n\nif IS_WINDOWS:\n    sys.exit()\n"
    facts = '    facts = { "sys.platform" = "emscripten" }\n'
    project.write({"pyproject.toml": CONFIGURATION.rstrip(" ") + facts, "src/shop/a.py": code})
    project.write({"src/shop/_b.py": "import sys\n\nIS_WINDOWS = sys.platform == 'win32'\n"})
    project.write({"src/shop/a.pyi": "IS_WINDOWS: bool\n"})
    assert [code for code in project.run("build", "--json").codes if code != "PC106"] == []
    assert project.read("build/wasm/shop/a.py") == "from shop._b import IS_WINDOWS\n"


@pytest.mark.parametrize("stub", ["a.pyi", "__init__.pyi"])
def test_what_a_stub_imports_from_beside_it_stays(project: Project, stub: str) -> None:
    code = "from shop._profile import THREADS\n\nif THREADS:\n    from shop._b import _x\n\n    print(_x)\n"
    project.write({"src/shop/a.py": code, "src/shop/_b.py": "_x = 1\n"})
    project.write({f"src/shop/{stub}": "from ._b import _x\n"})
    assert project.run("build", "--json").codes == []
    assert project.read("build/wasm/shop/_b.py") == "_x = 1\n"


def test_a_stub_goes_with_its_module(project: Project) -> None:
    code = "from shop._profile import THREADS\n\nif THREADS:\n    from shop._b import _x\n\n    print(_x)\n"
    project.write({"src/shop/a.py": code, "src/shop/_b.py": "_x = 1\n", "src/shop/_b.pyi": "_x: int\n"})
    project.write({"src/shop/c.py": "# profilec: only THREADS\nx = 1\n", "src/shop/c.pyi": "x: int\n"})
    project.write(
        {"src/shop/_profile.pyi": "THREADS: bool\n", "src/shop/fast.pyi": "def go() -> None: ...\n"}
    )
    assert project.run("build", "--json").codes == []
    stubs = [path for path in project.files() if path.endswith(".pyi")]
    assert stubs == ["native/shop/_b.pyi", "native/shop/c.pyi", "native/shop/fast.pyi", "wasm/shop/fast.pyi"]
    because = "dropped, because its module is marked `only THREADS`"
    assert f"  wasm    {because}" in project.run("explain", "src/shop/c.pyi:1").out
