"""Coverage of the annotated source from test runs of several trees."""

import subprocess
import sys
from pathlib import Path

import pytest
from profilec_project import Project

JOBS = """
    from profilec import only, stub
    from shop._profile import THREADS

    def start(job):
        if THREADS:
            return job(
                "on a thread",
            )
        else:
            return job("here")

    @only(THREADS)
    def pool(size):
        return [None] * size

    @stub(unless=THREADS, error=RuntimeError)
    def stop():
        return None

    def forgotten():
        return 1
    """


@pytest.fixture
def shop(project: Project) -> Project:
    """A project with a built tree for each of its two profiles."""
    project.write({"src/shop/jobs.py": JOBS})
    assert project.run("build").code == 0
    return project


def measure(shop: Project, profile: str, code: str) -> Path:
    """Run code on a tree under coverage; return the data file."""
    data, tree = shop.root / f"{profile}.data", shop.root / "build" / profile
    shop.write({"run.py": code})
    subprocess.run(
        [sys.executable, "-m", "coverage", "run", f"--data-file={data}", f"--source={tree}", "run.py"],
        env={"PYTHONPATH": str(tree)}, check=True, cwd=shop.root,
    )  # fmt: skip
    return data


def report(shop: Project, *data_files: Path) -> subprocess.CompletedProcess[str]:
    """Run the report as a user does."""
    command = [sys.executable, "-m", "profilec.coverage", *map(str, data_files)]
    return subprocess.run(command, capture_output=True, text=True, cwd=shop.root, check=False)


def missing(shown: str) -> str:
    """The last column of the line of jobs.py."""
    line = next(line for line in shown.splitlines() if line.startswith("src/shop/jobs.py"))
    return line.partition("%")[2].strip()


def test_a_line_is_covered_if_the_tests_of_any_tree_reach_it(shop: Project) -> None:
    native = measure(shop, "native", "from shop.jobs import start, stop, pool\nstart(str), stop(), pool(2)\n")
    wasm = measure(shop, "wasm", "from shop.jobs import start\nstart(str)\n")
    assert missing(report(shop, native).stdout) == "21"
    assert missing(report(shop, wasm).stdout) == "21"
    assert missing(report(shop, native, wasm).stdout) == "21"


def test_a_line_that_one_tree_alone_has_counts_and_is_named_where_its_tests_pass_it_by(shop: Project) -> None:
    native = measure(shop, "native", "import shop.jobs\n")
    wasm = measure(shop, "wasm", "from shop.jobs import start\nstart(str)\n")
    assert missing(report(shop, native, wasm).stdout) == "6, 14, 18, 21"


def test_annotations_and_generated_lines_do_not_count(shop: Project) -> None:
    wasm = measure(shop, "wasm", "from shop.jobs import start, forgotten\nstart(str), forgotten()\n")
    shown = report(shop, wasm).stdout
    assert "src/shop/jobs.py" not in shown  # every line that comes from the source was reached
    assert "_profile.py" not in shown
    assert any(line.startswith("TOTAL") and line.endswith("100%") for line in shown.splitlines())


def test_data_from_elsewhere_is_refused_in_a_sentence(shop: Project) -> None:
    shop.write({"run.py": "pass\n"})
    subprocess.run(
        [sys.executable, "-m", "coverage", "run", "--data-file=x", "run.py"], check=True, cwd=shop.root
    )
    refused = report(shop, shop.root / "x")
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"profilec.coverage: {shop.root / 'x'} was measured in no tree")
    refused = report(shop, shop.root / "y")
    assert (refused.returncode, refused.stderr.partition(": name")[0]) == (
        2,
        f"profilec.coverage: there is no file {shop.root / 'y'}",
    )


def test_a_file_that_is_no_data_is_refused_in_a_sentence(shop: Project) -> None:
    shop.write({"x": "not a database"})
    refused = report(shop, shop.root / "x")
    assert refused.returncode == 2
    assert refused.stderr.startswith("profilec.coverage: ")
    assert "Traceback" not in refused.stderr
