"""`profilec init`: what it finds in a project without a configuration, and what it refuses."""

from pathlib import Path

import pytest
from profilec_project import Project

LAYOUTS: dict[str, tuple[dict[str, str], str, str]] = {
    "in src": ({"src/bakery/__init__.py": "", "tests/__init__.py": ""}, "src", "bakery"),
    "flat": ({"bakery/__init__.py": "", "docs/conf.py": "", "setup.py": ""}, ".", "bakery"),
    "in a folder for Python beside another language": ({"python/bakery/__init__.py": ""}, "python", "bakery"),
    "in a namespace": ({"src/acme/bakery/__init__.py": ""}, "src", "acme.bakery"),
    "deep in a namespace": ({"acme/food/bakery/__init__.py": "", "tools/x.py": ""}, ".", "acme.food.bakery"),
    "several in a namespace": (
        {"acme/food/bakery/__init__.py": "", "acme/shop/bakery/__init__.py": ""},
        ".",
        "acme",
    ),
    "several deep in a namespace": (
        {"src/acme/food/bakery/__init__.py": "", "src/acme/food/ovens/gas.py": ""},
        "src",
        "acme.food",
    ),
    "a namespace of modules": ({"bakery/oven.py": "x = 1\n", "tests/test_oven.py": ""}, ".", "bakery"),
    "beside its tests, by whatever name": (
        {"bakery/__init__.py": "", "bakery_tests/__init__.py": "", "t/__init__.py": ""},
        ".",
        "bakery",
    ),
    "the only one, and called like tests": ({"src/test_bakery/__init__.py": ""}, "src", "test_bakery"),
    "beside a project of its own": (
        {"bakery/__init__.py": "", "apps/__init__.py": "", "apps/setup.py": ""},
        ".",
        "bakery",
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("metadata", ["", '[project]\nname = "bakery"\nversion = "3"', "[tool.black]\r\n"])
def test_a_strangers_project_builds_after_init(layout: str, metadata: str, empty_project: Project) -> None:
    files, source, package = LAYOUTS[layout]
    empty_project.write({**files, **({"pyproject.toml": metadata.encode()} if metadata else {})})
    ran = empty_project.run("init")
    assert (ran.code, ran.err) == (0, "")
    assert f"added [tool.profilec] for the package {package}\n" in ran.out
    assert ("There is no [project] table" in ran.out) == ("project" not in metadata)
    assert "pytest --profilec wasm" in ran.out
    written = (empty_project.root / "pyproject.toml").read_bytes()
    assert written.startswith(metadata.encode())
    assert (b"\r\n" in written, written.count(b"\r\n")) in ((False, 0), (True, written.count(b"\n")))
    assert (empty_project.config.source, empty_project.config.package) == (source, package)
    for command in ("check", "build", "parity", "audit", "powerset", "report"):
        ran = empty_project.run(command)
        assert (ran.code, ran.err) == (0, ""), ran.out + ran.err
    module = next(path for path in files if f"/{package.rpartition('.')[2]}/" in f"/{path}")
    assert (empty_project.root / "build/wasm" / Path(module).relative_to(source)).is_file()


def test_init_tells_other_programs_what_it_took(empty_project: Project) -> None:
    files, source, package = LAYOUTS[next(iter(LAYOUTS))]
    empty_project.write(files)
    ran = empty_project.run("init", "--json")
    assert ran.json == {"path": "pyproject.toml", "package": package, "source": source}


NAMED = {"pyproject.toml": '[project]\nname = "The-Oven"\nversion = "1"\n'}


@pytest.mark.parametrize(
    ("files", "arguments", "message"),
    [
        ({"pyproject.toml": "[tool.profilec]\n"}, [], "has a [tool.profilec] table already"),
        ({"pyproject.toml": "[tool\n"}, [], "is not valid TOML"),
        ({"pyproject.toml": "tool = {}\n", "a/__init__.py": ""}, [], "write [tool.profilec] by hand"),
        ({"pyproject.toml": "tool = 3\n"}, [], "gives `tool` a value that is no table; write [tool]"),
        ({"pyproject.toml": "project = 3\n"}, [], "gives `project` a value that is no table"),
        ({"readme.txt": ""}, [], "there is no package: no folder here or in src holds Python files"),
        ({"tests/__init__.py": "", "setup.py": "", "conftest.py": ""}, [], "there is no package"),
        ({"bakery-stubs/__init__.pyi": ""}, [], "there is nothing to compile: bakery-stubs holds only stubs"),
        ({"src/bakery-stubs/oven.pyi": ""}, [], "src/bakery-stubs holds only stubs, for type checkers"),
        ({"class/__init__.py": ""}, [], "there is no package"),
        ({"oven.py": "", "test_oven.py": "", "setup.py": ""}, [], "move it to oven/__init__.py first"),
        ({"oven.py": "", "more/x.py": ""}, [], "oven.py is a module by itself"),
        ({"src/oven.py": ""}, [], "src/oven.py is a module by itself"),
        ({"oven_helper.py": "", **NAMED}, [], "oven_helper.py is a module by itself"),
        ({"mixer.py": "", "the_oven.py": "", **NAMED}, [], "the_oven.py is a module by itself"),
        (
            {"mixer.py": "", "the_oven.py": "", "setup.cfg": "[metadata]\nname = the-oven\n"},
            [],
            "the_oven.py is a module by itself",
        ),
        (
            {
                "mixer.py": "",
                "the_oven.py": "",
                "pyproject.toml": '[[tool.uv.index]]\nname = "mixer"\n[project]\nname = "the-oven"\n',
            },
            [],
            "the_oven.py is a module by itself",
        ),
        (
            {"mixer.py": "", "the_oven.py": "", "pyproject.toml": '[tool.poetry]\nname = "the-oven"\n'},
            [],
            "the_oven.py is a module by itself",
        ),
        ({"__init__.py": "", "oven.py": ""}, [], "the modules of the package lie beside pyproject.toml"),
        ({"a/__init__.py": "", "b/__init__.py": ""}, [], "name one of a, b: profilec init a"),
        ({"_a/__init__.py": "", "b/__init__.py": ""}, [], "name one of _a, b: profilec init b"),
        ({"a/__init__.py": "", "the_oven/__init__.py": "", **NAMED}, [], "the_oven: profilec init the_oven"),
        ({"a/__init__.py": ""}, ["c"], "there is no package `c` here or in src; there is a"),
        (
            {f"{'ab'[n % 2]}{n}/__init__.py": "" for n in range(40)},
            [],
            "a18, a2, a20, and 32 more: profilec init a0",
        ),
        ({"b/c/d/e/f/x.py": ""}, [], "there is no package: no folder here"),
        (
            {"apps/two/pyproject.toml": "", "apps/two/two/__init__.py": "", "one/setup.py": ""},
            [],
            "there is no package here, but projects below it: profilec init -C apps/two, or -C one",
        ),
    ],
)
def test_init_says_why_it_cannot(
    files: dict[str, str], arguments: list[str], message: str, empty_project: Project
) -> None:
    empty_project.write(files)
    ran = empty_project.run("init", *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert empty_project.files(".") == {path: text.encode() for path, text in files.items()}


@pytest.mark.parametrize(
    ("folder", "project"), [("src", ".."), ("src/bakery", "../.."), ("src/bakery/ovens", "../../..")]
)
@pytest.mark.parametrize("told", ["pyproject.toml", "setup.py"])
def test_init_in_a_folder_of_the_source_names_the_project(
    folder: str, project: str, told: str, empty_project: Project
) -> None:
    files = {"src/bakery/__init__.py": "", "src/bakery/ovens/gas.py": "", told: ""}
    empty_project.write(files)
    ran = empty_project.run("init", "-C", folder)
    assert ran.code == 2
    assert f"this folder belongs to the project in {project}: profilec init -C {project}\n" in ran.err
    assert empty_project.files(".").keys() == files.keys()


@pytest.mark.parametrize("files", [{"setup.py": ""}, {"other/__init__.py": ""}])
def test_init_in_a_folder_that_lies_beside_a_project_is_about_that_folder(
    files: dict[str, str], empty_project: Project
) -> None:
    empty_project.write({"pyproject.toml": "", "oven/__init__.py": ""})
    empty_project.write({f"more/{path}": text for path, text in files.items()})
    empty_project.write({"more/bakery/__init__.py": "", "more/tests/__init__.py": ""})
    ran = empty_project.run("init", "bakery", "-C", "more")
    assert (ran.code, ran.err) == (0, "")


def test_init_follows_no_links(empty_project: Project) -> None:
    empty_project.write({"food/bakery/oven.py": ""})
    (empty_project.root / "food/again").symlink_to(empty_project.root)
    ran = empty_project.run("init")
    assert (ran.code, ran.err) == (0, "")
    assert "for the package food.bakery\n" in ran.out


def test_init_knows_what_of_the_standard_library_is_not_in_pyodide(empty_project: Project) -> None:
    guarded = "try:\n    import pwd\nexcept ImportError:\n    pwd = None\n"
    empty_project.write({"bakery/__init__.py": "", "bakery/users.py": guarded})
    assert empty_project.run("init").code == 0
    assert (empty_project.run("build").code, empty_project.run("build").err) == (0, "")
    assert (empty_project.root / "build/native/bakery/users.py").read_text() == guarded
    assert (empty_project.root / "build/wasm/bakery/users.py").read_text() == "pwd = None\n"
    empty_project.write({"bakery/__init__.py": "import resource\n"})
    ran = empty_project.run("check")
    assert ran.code == 0
    assert (
        "bakery/__init__.py:1:1: PC413 warning: importing `bakery` fails here: `resource` is not there"
        in ran.out
    )
