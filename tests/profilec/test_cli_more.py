"""The other commands and options: init, powerset, watch, keep-lines, SARIF, completion, pages."""

import ast
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from profilec_project import Project

from profilec.diagnostics import CODES, Finding, pages
from profilec.diagnostics.sarif import to_sarif

JOBS = """
    import threading

    from shop._profile import THREADS


    def run(job):
        # on a thread where there are any
        if THREADS:
            thread = threading.Thread(target=job)
            thread.start()
        else:
            job()
        return None
    """


@pytest.fixture
def shop(project: Project) -> Project:
    """A package with one file that differs between its profiles."""
    project.write({"src/shop/jobs.py": JOBS})
    return project


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


FEATURES = """
    [tool.profilec]
    source = "src"
    package = "shop"
    flags = "shop._profile"
    exclusive = [["red", "blue"]]

    [tool.profilec.features]
    red = "red"
    blue = "blue"
    fast = "fast"

    [tool.profilec.profiles.native]
    features = ["red"]
    """


@pytest.fixture
def painted(empty_project: Project) -> Project:
    """A package of three features, two of which exclude each other; one combination is broken."""
    flags = "from profilec import flag\nRED = flag('red')\nBLUE = flag('blue')\nFAST = flag('fast')\n"
    text = "from shop._profile import *\nif not (BLUE and FAST):\n    x = 1\nif not RED:\n    y = x\n"
    text = text.replace("*", "BLUE, FAST, RED")
    empty_project.write(
        {"pyproject.toml": FEATURES, "src/shop/__init__.py": "", "src/shop/_profile.py": flags}
    )
    empty_project.write({"src/shop/_a.py": text})
    return empty_project


def test_every_combination_of_features_is_proved(painted: Project) -> None:
    ran = painted.run("powerset", "--json")
    assert ran.code == 1
    assert ran.json["combinations"] == [[], ["blue"], ["fast"], ["red"], ["blue", "fast"], ["fast", "red"]]
    assert {tuple(finding["profiles"]) for finding in ran.json["findings"]} == {("native with blue+fast",)}


def test_a_depth_bounds_the_combinations(painted: Project) -> None:
    ran = painted.run("powerset", "--depth", "1", "--json")
    assert ran.code == 0
    assert ran.json["combinations"] == [[], ["blue"], ["fast"], ["red"]]


@pytest.mark.parametrize("profile", ["native", "wasm"])
def test_a_combination_may_ask_for_every_declared_profile(painted: Project, profile: str) -> None:
    painted.write({"pyproject.toml": f"{FEATURES}\n[tool.profilec.profiles.wasm]\n"})
    flags = painted.read("src/shop/_profile.py")
    text = """
        from profilec import choose
        from shop._profile import BLUE, FAST, RED, WASM

        SIZES = [
            1 if BLUE or FAST or RED or WASM else 3,
            choose(native=1, wasm=2),
            4,  # profilec: unless WASM
        ]
        """
    painted.write({"src/shop/_profile.py": f"{flags}WASM = flag('wasm')\n", "src/shop/_a.py": text})
    ran = painted.run("powerset", profile)
    assert (ran.code, ran.out) == (0, "")


def test_kept_lines_stay_at_their_numbers(shop: Project) -> None:
    configuration = shop.read("pyproject.toml")
    shop.write(
        {
            "pyproject.toml": configuration.replace('package = "shop"', 'package = "shop"\nformat = "black"')
            + "marker = \"sys_platform == 'emscripten'\"\n",
            "src/shop/__init__.py": '"""A shop."""\n\nimport os\n',
        }
    )
    assert shop.run("build", "--keep-lines").code == 0
    source = shop.read("src/shop/jobs.py").splitlines()
    for name in ("native", "wasm"):
        emitted = shop.read(f"build/{name}/shop/jobs.py").splitlines()
        ast.parse("\n".join(emitted))
        assert all(line.strip() in ("", source[number].strip()) for number, line in enumerate(emitted))
        assert emitted[12] == "    return None"
    entrance = shop.read("build/wasm/shop/__init__.py").splitlines()
    assert entrance[0] == '"""A shop."""'
    assert entrance[1].startswith('if __import__("sys").platform != "emscripten": raise ImportError(')
    assert entrance[2] == "import os"
    assert shop.run("map", "build/wasm/shop/jobs.py:13").out == "src/shop/jobs.py:13\n"


def test_a_stub_fits_into_the_lines_that_it_replaces(shop: Project) -> None:
    text = """
        from profilec import stub
        from shop._profile import THREADS


        @stub(unless=THREADS, error=ValueError, message="there are no threads here to run a {job!r} on")
        def run(job: object) -> None:
            return None


        LAST = 1
        """
    shop.write({"src/shop/jobs.py": text})
    assert shop.run("build", "--keep-lines").code == 0
    emitted = shop.read("build/wasm/shop/jobs.py").splitlines()
    assert emitted[5] == "def run(job: object) -> None:"
    assert emitted[9] == "LAST = 1"


def test_a_line_that_has_to_move_is_an_error(shop: Project) -> None:
    shop.write(
        {
            "pyproject.toml": shop.read("pyproject.toml") + "marker = \"sys_platform == 'emscripten'\"\n",
            "src/shop/__init__.py": '"""A shop."""\nimport os\n',
        }
    )
    assert shop.run("build", "--keep-lines", "--json").codes == ["PC506"]
    assert not (shop.root / "build").exists()


def test_a_build_with_kept_lines_is_not_taken_for_one_without(shop: Project) -> None:
    shop.run("build")
    assert shop.run("build", "--keep-lines", "--check").code == 1
    shop.run("build", "--keep-lines")
    assert shop.run("build", "--keep-lines", "--check").code == 0
    assert shop.run("build", "--check").code == 1


def wait_for(file: Path, text: str) -> None:
    for _ in range(200):
        if file.exists() and text in file.read_text():
            return
        time.sleep(0.05)
    pytest.fail(f"{file} never held {text!r}")


def test_a_watched_project_is_built_again_after_a_change(shop: Project) -> None:
    command = [sys.executable, "-m", "profilec.cli", "build", "--watch"]
    process = subprocess.Popen(command, cwd=shop.root, stdout=subprocess.PIPE, text=True)
    try:
        wait_for(shop.root / "build/native/shop/jobs.py", "def run")
        shop.write({"src/shop/jobs.py": "def walk(:\n"})
        time.sleep(0.6)
        shop.write({"src/shop/jobs.py": "def walk(): ...\n"})
        wait_for(shop.root / "build/native/shop/jobs.py", "def walk")
    finally:
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "PC601" in out


def test_a_watched_project_does_not_watch_what_is_written_about_it(shop: Project) -> None:
    shop.write({"src/shop/jobs.py": "def walk(:\n"})
    log = shop.root / "watch.log"
    command = [sys.executable, "-m", "profilec.cli", "build", "--watch"]
    with log.open("w") as file:
        process = subprocess.Popen(command, cwd=shop.root, stdout=file, stderr=file)
    try:
        wait_for(log, "PC601")
        time.sleep(1.5)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
    assert log.read_text().count("PC601") == 1


def test_what_cannot_be_read_is_a_finding(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    monkeypatch.setattr("profilec.sources.os.scandir", refuse)
    ran = shop.run("check", "--json")
    (finding,) = ran.json["findings"]
    assert (ran.code, finding["code"], finding["path"]) == (1, "PC610", "src/shop")
    monkeypatch.undo()
    monkeypatch.setattr(Path, "read_bytes", refuse)
    ran = shop.run("check", "--json")
    (finding,) = ran.json["findings"]
    assert (ran.code, finding["code"], finding["path"]) == (2, "PC001", "pyproject.toml")


def test_findings_are_written_as_sarif(shop: Project) -> None:
    shop.write({"src/shop/b.py": "from shop._profile import THREAD\nif THREAD:\n    x = 1\n"})
    ran = shop.run("check", "--sarif")
    assert ran.code == 1
    log = ran.json
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "PC101"
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "src/shop/b.py"
    assert location["region"]["startLine"] in (1, 2)
    assert result["level"] == "error"


def test_a_wrong_configuration_is_written_as_sarif_too(shop: Project) -> None:
    shop.write({"pyproject.toml": "[tool.profilec]\npackage = 1\n"})
    ran = shop.run("check", "--sarif")
    assert ran.code == 2
    assert {result["ruleId"] for result in ran.json["runs"][0]["results"]} == {"PC004", "PC005"}


def test_a_path_is_written_as_a_uri() -> None:
    (run,) = to_sarif([Finding("PC601", "my source/Käse.py", 1, 1, 2, "invalid syntax")])["runs"]
    (location,) = run["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "my%20source/K%C3%A4se.py"


def test_a_run_without_findings_is_an_empty_log() -> None:
    assert to_sarif(())["runs"][0]["results"] == []


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("profilec bu", ["build"]),
        ("profilec build na", ["native"]),
        ("profilec diff native w", ["wasm"]),
        ("profilec build --ke", ["--keep-lines"]),
    ],
)
def test_a_shell_completes_commands_profiles_and_options(
    words: str, completed: list[str], shop: Project
) -> None:
    typed = words.split()
    environment = {
        **os.environ,
        "_PROFILEC_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(typed) - 1),
    }
    command = [sys.executable, "-m", "profilec.cli"]
    ran = subprocess.run(command, cwd=shop.root, env=environment, capture_output=True, text=True, check=False)
    assert [line.partition(",")[2] for line in ran.stdout.splitlines()] == completed


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


@pytest.mark.parametrize("command", ["powerset", "init"])
def test_every_command_has_help_with_an_example(command: str, shop: Project) -> None:
    ran = shop.run(command, "--help")
    assert ran.code == 0
    assert f"Example: profilec {command}" in " ".join(ran.out.split())
