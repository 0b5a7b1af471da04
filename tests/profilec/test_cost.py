"""What is not done at all, so that large packages compile in the time that their annotated files take."""

import ast
from collections.abc import Iterable

import pytest
from profilec_project import CONFIGURATION, Project

from profilec.specialise.needs import Needs
from profilec.syntax import scope_walk
from profilec.syntax.read import Syntax, Text, parse

ANNOTATED = """
    from shop import _tables
    from shop._profile import THREADS

    def start(job):
        if THREADS:
            return _tables.find(job)
        return job
    """


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that LibCST parses from now on."""
    paths: list[str] = []

    def noting(text: Text, reading: str | None = None) -> Syntax:
        paths.append(text.path)
        return parse(text, reading)

    scope_walk.parsed.cache_clear()
    monkeypatch.setattr(scope_walk, "parse", noting)
    return paths


def test_a_package_without_annotations_is_not_parsed(project: Project, parsed: list[str]) -> None:
    project.write({"src/shop/a.py": "from shop import _b\n", "src/shop/_b.py": "x = 1\n"})
    assert project.run("build").code == 0
    assert parsed == ["shop/_profile.py"]


def test_pruning_parses_only_files_that_name_a_module_which_an_annotated_file_uses(
    project: Project, parsed: list[str]
) -> None:
    project.write(
        {
            "src/shop/jobs.py": ANNOTATED,
            "src/shop/_tables.py": "def find(job):\n    return job\n",
            "src/shop/_other.py": "x = 1\n",
            "src/shop/stock.py": "from shop import _other\n\n_tables_in_store = 3\n",
        }
    )
    assert project.run("build").code == 0
    assert "shop/stock.py" not in parsed
    assert "wasm/shop/_tables.py" not in project.files()


def test_a_file_without_annotations_that_nests_too_deeply_for_pruning_is_copied(project: Project) -> None:
    deep = "_tables = (" + "\n    'x'" * 5000 + ")\n"  # deep to LibCST, flat to Python
    project.write(
        {
            "src/shop/jobs.py": ANNOTATED,
            "src/shop/_tables.py": "def find(job):\n    return job\n",
            "src/shop/deep.py": deep,
        }
    )
    assert project.run("build").code == 0
    assert project.files()["wasm/shop/deep.py"] == deep.encode()


def test_assignments_that_lead_to_each_other_are_followed_once(project: Project) -> None:
    names = [f"n{index}" for index in range(20)]
    circle = "".join(f"    {name} = {other}\n" for name in names for other in names if name != other)
    project.write(
        {
            "pyproject.toml": CONFIGURATION + '\n    forbid = ["ssl"]\n',
            "src/shop/net.py": f"# no ssl\n\n\ndef walk(n0):\n{circle}    return n0.next\n",
        }
    )
    assert project.run("build").code == 0  # following each way through the circle would not end in a lifetime


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The texts that the standard library parses from now on."""
    texts: list[object] = []
    parse = ast.parse
    monkeypatch.setattr(
        ast, "parse", lambda text, *args, **more: (texts.append(text), parse(text, *args, **more))[1]
    )
    return texts


def test_files_that_are_passed_on_whole_are_not_read_for_each_name(
    project: Project, read: list[object]
) -> None:
    names = [f"job{number}" for number in range(100)]  # more than are held at once
    files = {f"src/shop/jobs/{name}.py": f"def {name}():\n    return 1\n" for name in names}
    first = files["src/shop/jobs/job0.py"] + "\n\nfrom shop._profile import THREADS\n"
    files["src/shop/jobs/job0.py"] = first + "if THREADS:\n    LIMIT = 2\nelse:\n    LIMIT = 1\n"
    stars = "".join(f"from shop.jobs.{name} import *\n" for name in names)
    files["src/shop/jobs/__init__.py"] = f"{stars}\n__all__ = {names}\n"
    project.write(files)
    assert project.run("build").code == 0
    assert read.count(files["src/shop/jobs/job50.py"].encode()) < 10


def test_the_files_that_classes_come_from_are_not_read_for_each_class(
    project: Project, read: list[object]
) -> None:
    first = (
        "from profilec import only\nfrom shop._profile import THREADS\n\n\nclass Base0:\n    @only(THREADS)\n"
    )
    files = {"src/shop/base0.py": f"{first}    def start(self):\n        return 1\n"}
    for number in range(1, 8):
        above = f"from shop.base{number - 1} import Base{number - 1}\n\n\n"
        files[f"src/shop/base{number}.py"] = (
            f"{above}class Base{number}(Base{number - 1}):\n    x = {number}\n"
        )
    for number in range(20):
        files[f"src/shop/user{number}.py"] = (
            "from shop.base7 import Base7\n\n\nclass User(Base7):\n    pass\n"
        )
    project.write(files)
    assert project.run("build").code == 0
    assert read.count(files["src/shop/base4.py"].encode()) < 10


def test_whether_other_files_ask_for_an_import_that_went_anyway_is_not_asked(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(
        {
            "src/shop/jobs.py": """
                from shop._profile import THREADS

                def _place():
                    if THREADS:
                        return "on a thread"
                    return "here"
                """,
            "src/shop/stock.py": "from shop import jobs\n",
        }
    )
    asked: list[str] = []
    asked_for = Needs.asked_for

    def noting(
        needs: Needs, names: Iterable[tuple[str, str]], *, by_path: bool
    ) -> dict[tuple[str, str], str]:
        asked.extend(name for _, name in names)
        return asked_for(needs, names, by_path=by_path)

    monkeypatch.setattr(Needs, "asked_for", noting)
    assert project.run("build").code == 0
    assert "import" not in project.read("build/wasm/shop/jobs.py")
    assert asked == []
