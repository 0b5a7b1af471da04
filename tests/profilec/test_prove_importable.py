"""What is said of a package that nobody could import, as far as the facts of its profile say."""

import os
from pathlib import Path
from typing import Any

import pytest
from profilec_project import Project

MODULES = """
    [tool.profilec]
    package = "shop"

    [tool.profilec.profiles.native]
    facts = { "sys.platform" = "linux" }

    [tool.profilec.profiles.wasm]
    facts = { "sys.platform" = "emscripten" }
    modules = { termios = false, "js.fetch" = false }
    """


def test_a_package_that_imports_what_is_not_there_is_a_warning(project: Project) -> None:
    project.write(
        {
            "pyproject.toml": MODULES,
            "shop/__init__.py": "import sys\n\nif sys.platform != 'win32':\n    from . import doors\n",
            "shop/doors.py": "import os\nfrom shop.keys.rings import ring\n",
            "shop/keys/__init__.py": "",
            "shop/keys/rings.py": "import termios\n\nring = termios.tcgetattr\n",
        }
    )
    ran = project.run("check", "--json")
    (finding,) = ran.json["findings"]
    assert (ran.code, finding["code"], finding["path"], finding["line"]) == (
        0,
        "PC413",
        "shop/keys/rings.py",
        1,
    )
    assert finding["profiles"] == ["wasm"]
    assert finding["message"] == "importing `shop` fails here: `termios` is not there"
    assert finding["notes"] == [
        "shop/__init__.py:4 imports shop.doors",
        "shop/doors.py:2 imports shop.keys.rings",
    ]


def test_a_copied_file_that_is_no_text_is_passed_over(project: Project) -> None:
    project.write(
        {
            "pyproject.toml": MODULES.replace(
                'package = "shop"', 'package = "shop"\n    copy = ["shop/old.py"]'
            ),
            "shop/__init__.py": "import shop.old\n",
            "shop/old.py": b"import termios\nname = '\xff'\n",
        }
    )
    ran = project.run("check", "--json")
    assert (ran.code, ran.codes) == (0, [])


def test_no_public_module_goes_for_a_package_that_cannot_be_imported(project: Project) -> None:
    project.write(
        {
            "pyproject.toml": MODULES,
            "shop/__init__.py": "import sys, termios\n\nif sys.platform == 'linux':\n    import shop.doors\n",
            "shop/doors.py": "",
        }
    )
    assert project.run("build").code == 0
    assert "wasm/shop/doors.py" in project.files()


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import termios\nexcept OSError:\n    pass\n",
        "import os\n\nif os.environ:\n    import termios\n",
        "def size():\n    import termios\n",
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import termios\n",
        "from js import console\n",
        "import shop.terms, shop.termios_\n",
    ],
)
def test_what_may_be_imported_at_all_is_none(text: str, project: Project) -> None:
    files = {
        "shop/__init__.py": text,
        "shop/terms.py": "",
        "shop/termios_.py": "",
        "shop/other.py": "import termios\n",
    }
    project.write({"pyproject.toml": MODULES, **files})
    assert project.run("check", "--json").json["findings"] == []


@pytest.mark.parametrize("beside", ["till.py", "till/__init__.py"])
def test_what_lies_beside_the_package_is_not_there(beside: str, project: Project) -> None:
    files = {"shop/__init__.py": "from till import cash\n", beside: "cash = 1\n"}
    project.write({"pyproject.toml": MODULES, **files})
    (finding,) = project.run("build", "--json").json["findings"]
    assert (finding["code"], finding["path"], finding["line"]) == ("PC413", "shop/__init__.py", 1)
    assert finding["profiles"] == ["native", "wasm"]
    assert finding["message"] == "importing `shop` fails here: `till` is not there"
    assert finding["hint"] == (
        "a tree holds `shop` alone: move `till` into it, or let `dependencies` name the project that has it"
    )


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["Till>2"]\n' + MODULES},
        {
            "pyproject.toml": MODULES.replace("{ termios", "{ till = true, termios").replace(
                'linux" }', 'linux" }\n    modules.till = true'
            )
        },
        {"till/__init__.py": "", "till/pyproject.toml": ""},
        {"shop/till.py": "", "shop/__init__.py": "from shop.till import *\n"},
    ],
)
def test_what_lies_beside_the_package_and_comes_from_elsewhere_is_none(
    files: dict[str, str], project: Project
) -> None:
    project.write({"pyproject.toml": MODULES, "shop/__init__.py": "import till\n", "till/a.py": ""})
    project.write(files)
    assert project.run("check", "--json").json["findings"] == []


def test_a_closed_folder_beside_the_package_is_passed_over(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write({"pyproject.toml": MODULES, "shop/__init__.py": "import till\n", "till/a.py": ""})
    stat = os.stat

    def refuse(path: str | Path, **options: Any) -> os.stat_result:
        if "till/" in os.fspath(path):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **options)

    monkeypatch.setattr(os, "stat", refuse)
    assert project.run("build", "--json").codes == []


def test_what_comes_to_lie_beside_the_package_is_seen_by_the_next_build(project: Project) -> None:
    project.write({"pyproject.toml": MODULES, "shop/__init__.py": "import till\n"})
    assert project.run("build", "--json").codes == []
    project.write({"till.py": ""})
    assert project.run("build", "--json").codes == ["PC413"]
