"""The commands that answer questions: explain, diff, map, audit, parity."""

import pytest
from profilec_project import Project

from profilec.cli import run

JOBS = """
    from shop._profile import THREADS

    LIMIT = 8  # profilec: only THREADS


    def run(job):
        if THREADS:
            return submit(job, LIMIT)
        else:
            return job()


    def submit(job, limit): ...
    """


@pytest.fixture
def shop(project: Project) -> Project:
    """A package with one file that differs between its profiles."""
    project.write({"src/shop/jobs.py": JOBS, "src/shop/prices.py": "PRICE = 1\n"})
    return project


@pytest.mark.parametrize(
    ("line", "native", "wasm"),
    [
        (3, "changed", "dropped"),
        (6, "kept", "kept"),
        (7, "dropped", "dropped"),
        (8, "kept", "dropped"),
        (10, "dropped", "kept"),
    ],
)
def test_the_fate_of_a_line_is_told_for_each_profile(
    line: int, native: str, wasm: str, shop: Project
) -> None:
    ran = shop.run("explain", f"src/shop/jobs.py:{line}", "--json")
    assert ran.code == 0
    assert (ran.json["path"], ran.json["line"]) == ("src/shop/jobs.py", line)
    assert {name: fate["fate"] for name, fate in ran.json["profiles"].items()} == {
        "native": native,
        "wasm": wasm,
    }


def test_a_dropped_line_names_its_cause(shop: Project) -> None:
    ran = shop.run("explain", "src/shop/jobs.py:8")
    assert ran.out == (
        "src/shop/jobs.py:8: return submit(job, LIMIT)\n"
        "  native  kept\n"
        "  wasm    dropped, because `THREADS` is false (line 7)\n"
    )


def test_a_line_of_a_file_without_flags_is_kept(shop: Project) -> None:
    ran = shop.run("explain", "src/shop/prices.py:1")
    assert ran.out.splitlines()[1:] == ["  native  kept", "  wasm    kept"]


def test_a_line_is_shown_in_the_encoding_of_its_file(shop: Project) -> None:
    shop.write({"src/shop/size.py": "# coding: latin-1\ngröße = 1\n".encode("latin-1")})
    assert shop.run("explain", "src/shop/size.py:2").out.startswith("src/shop/size.py:2: größe = 1\n")


def test_a_line_of_a_package_of_one_profile_went_because_of_that(shop: Project) -> None:
    shop.write({"src/shop/pool/__init__.py": "# profilec: only THREADS\n"})
    shop.write({"src/shop/pool/deep/a.py": "X = 1\n"})
    ran = shop.run("explain", "src/shop/pool/deep/a.py:1")
    because = "dropped, because its package is marked `only THREADS`"
    assert ran.out.splitlines()[1:] == ["  native  kept", f"  wasm    {because}"]


def test_a_code_is_explained_with_an_example(shop: Project) -> None:
    ran = shop.run("explain", "pc405")
    assert ran.code == 0
    assert ran.out.startswith("PC405: a forbidden module or call is reachable (error)\n")
    assert "Example:\n" in ran.out
    assert "Write instead:\n" in ran.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "PC999"], "unknown code `PC999`"),
        (["explain", "src/shop/jobs.py"], "is not FILE:LINE"),
        (["explain", "src/shop/jobs.py:99"], "has 13 lines"),
        (["explain", "pyproject.toml:1"], "is not a file of the package shop"),
        (
            ["explain", "jobs.py:1"],
            "jobs.py is not a file of the package shop: did you mean `src/shop/jobs.py`?",
        ),
        (["explain", "src/shop/job.py:1"], "package shop: did you mean `src/shop/jobs.py`?"),
        (["map", "build/wasm/shop/nowhere.py:8"], "build/wasm/shop/nowhere.py is not there"),
        (["map", "src/shop:8"], "src/shop is a folder: name one of its files"),
        (["map", "src/shop/jobs.py:8"], "no tree is built in build: run `profilec build`"),
        (["map", "nowhere.py:8"], "is neither in the source"),
        (["diff", "native", "wsm"], "did you mean `wasm`?"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    arguments: list[str], message: str, shop: Project
) -> None:
    ran = shop.run(*arguments)
    assert ran.code == 2
    assert message in ran.err


def test_a_line_is_mapped_from_the_source_to_the_trees_and_back(shop: Project) -> None:
    shop.run("build")
    lines = shop.read("build/native/shop/jobs.py").splitlines()
    number = lines.index("    return submit(job, LIMIT)") + 1
    assert shop.run("map", "src/shop/jobs.py:8").out == f"build/native/shop/jobs.py:{number}\n"
    assert shop.run("map", f"build/native/shop/jobs.py:{number}").out == "src/shop/jobs.py:8\n"
    assert shop.run("map", "src/shop/prices.py:1", "--json").json == {
        "places": [
            {"path": "build/native/shop/prices.py", "line": 1},
            {"path": "build/wasm/shop/prices.py", "line": 1},
        ]
    }


def test_a_line_that_the_compiler_wrote_comes_from_nowhere(shop: Project) -> None:
    shop.run("build")
    ran = shop.run("map", "build/wasm/pyproject.toml:1")
    assert (ran.code, ran.out, ran.err) == (0, "", "generated\n")


@pytest.mark.parametrize(
    "file", ["src/shop/prices.py", "src/shop/jobs.py", "build/wasm/shop/prices.py", "build/wasm/shop/jobs.py"]
)
def test_a_line_behind_the_end_of_a_file_is_not_mapped(file: str, shop: Project) -> None:
    shop.run("build")
    ran = shop.run("map", f"{file}:999")
    assert (ran.code, ran.out) == (2, "")
    assert f"{file} has {len(shop.read(file).splitlines())} lines" in ran.err


def test_trees_that_are_not_built_are_named_where_a_line_is_looked_for(shop: Project) -> None:
    shop.run("build", "native")
    ran = shop.run("map", "src/shop/prices.py:1", "--json")
    assert (ran.code, ran.err) == (0, "not built: wasm; run `profilec build`\n")
    assert [place["path"] for place in ran.json["places"]] == ["build/native/shop/prices.py"]


def test_a_line_that_a_profile_dropped_is_in_no_tree_of_it(shop: Project) -> None:
    shop.run("build")
    ran = shop.run("map", "src/shop/jobs.py:7")
    assert (ran.code, ran.out, ran.err) == (0, "", "in no tree\n")


def test_two_packages_are_compared_line_by_line(shop: Project) -> None:
    shop.write({"src/shop/only.py": "# profilec: only THREADS\nX = 1\n"})
    ran = shop.run("diff", "native", "wasm")
    assert ran.code == 0
    assert "--- native/shop/jobs.py\n+++ wasm/shop/jobs.py\n" in ran.out
    assert "-    return submit(job, LIMIT)\n+    return job()\n" in ran.out
    assert "--- native/shop/only.py\n+++ /dev/null\n" in ran.out
    assert "prices" not in ran.out


def test_a_difference_is_told_to_other_programs(shop: Project) -> None:
    shop.write({"src/shop/only.py": "# profilec: only THREADS\nX = 1\n"})
    changed, only = shop.run("diff", "native", "wasm", "--json").json["files"]
    assert (changed["path"], changed["in_first"], changed["in_second"]) == ("shop/jobs.py", True, True)
    assert changed["lines"][:2] == ["--- native/shop/jobs.py", "+++ wasm/shop/jobs.py"]
    assert (only["path"], only["in_first"], only["in_second"]) == ("shop/only.py", True, False)
    assert shop.run("diff", "wasm", "wasm", "--json").json == {"files": []}


def test_two_equal_packages_have_no_difference(shop: Project) -> None:
    ran = shop.run("diff", "wasm", "wasm")
    assert (ran.code, ran.out) == (0, "")


def test_audit_shows_what_is_forbidden_and_nothing_else(shop: Project) -> None:
    configuration = shop.read("pyproject.toml")
    shop.write(
        {
            "pyproject.toml": configuration + 'forbid = ["threading"]\n',
            "src/shop/__init__.py": "from shop import net\n",
            "src/shop/net.py": "import threading\n",
            "src/shop/c.py": "from shop._profile import THREADS\nif THREADS:\n    def f(): ...\n",
        }
    )
    ran = shop.run("audit")
    assert ran.code == 1
    assert ran.out == (
        "src/shop/net.py:1:8: PC405 `threading` is forbidden [wasm]\n"
        "  |\n"
        "1 | import threading\n"
        "  |        ^^^^^^^^^ select it for profiles that do not forbid it\n"
        "  = src/shop/__init__.py:1 imports shop.net\n"
        "  = src/shop/net.py:1 names threading\n"
        "\n"
        "1 error\n"
    )
    assert shop.run("parity", "--json").codes == ["PC408"]


def test_audit_reads_dependencies_where_it_is_told(shop: Project) -> None:
    configuration = shop.read("pyproject.toml")
    shop.write(
        {
            "pyproject.toml": configuration + 'forbid = ["threading"]\ndependencies = ["fetch"]\n',
            "src/shop/net.py": "import fetch\n",
            "deps/fetch.py": "import threading\n",
            "deps/fetch-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: fetch\nVersion: 1\n",
            "deps/fetch-1.dist-info/RECORD": "fetch.py,,\n",
        }
    )
    assert shop.run("audit", "--json").codes == ["PC407"]
    for command in ("audit", "check", "build"):
        assert shop.run(command, "--deps", "deps", "--json").codes == ["PC405"]


WRONG_FLAG = {"src/shop/b.py": "from shop._profile import THREAD\nif THREAD:\n    x = 1\n"}


def test_what_kept_the_proofs_from_being_made_is_told(shop: Project) -> None:
    shop.write(WRONG_FLAG)
    assert shop.run("audit", "--json").codes == ["PC101"]
    assert shop.run("explain", "src/shop/jobs.py:8", "--json").codes == ["PC101"]
    assert "PC101" in shop.run("diff", "native", "wasm").err
    assert shop.run("diff", "native", "wasm", "--json").codes == ["PC101"]


def test_trees_that_a_proof_refuses_can_still_be_looked_at(shop: Project) -> None:
    told = shop.run("explain", "src/shop/jobs.py:8").out, shop.run("diff", "native", "wasm").out
    shop.write({"src/shop/b.py": "from shop._profile import THREADS\nif THREADS:\n    x = 1\n"})
    assert shop.run("check", "--json").codes == ["PC408"]
    explained, compared = shop.run("explain", "src/shop/jobs.py:8"), shop.run("diff", "native", "wasm")
    assert (explained.code, explained.out) == (0, told[0])
    assert compared.code == 0
    assert compared.out.endswith(told[1])


@pytest.mark.parametrize("folder", [".", "src/shop"])
def test_a_place_as_a_finding_prints_it_is_found_from_any_folder_of_the_project(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: str
) -> None:
    project.write({"src/shop/a.py": "x = 1\n"})
    assert project.run("build").code == 0
    monkeypatch.chdir(project.root / folder)
    for place in ("src/shop/a.py:1", "build/wasm/shop/a.py:1", str(project.root / "src/shop/a.py:1")):
        capsys.readouterr()
        assert run(["map", place]) == 0
        assert "shop/a.py:1" in capsys.readouterr().out
    assert run(["explain", "src/shop/a.py:1"]) == 0


def test_a_place_may_lie_below_a_folder_with_a_colon_in_its_name(empty_project: Project) -> None:
    empty_project.write({"v:1/shop/__init__.py": "x = 1\n"})
    assert empty_project.run("init", "-C", "v:1").code == 0
    place = empty_project.root / "v:1/shop/__init__.py:1"
    for written in (place, f"{place}:1"):
        assert empty_project.run("explain", "-C", "v:1", str(written)).code == 0
