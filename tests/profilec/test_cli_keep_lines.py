"""`profilec build --keep-lines`: what a user sees of kept numbers, and of what cannot keep its own."""

import ast

import pytest
from profilec_project import Project

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
    assert shop.files() == {}


def test_a_build_with_kept_lines_is_not_taken_for_one_without(shop: Project) -> None:
    shop.run("build")
    assert shop.run("build", "--keep-lines", "--check").code == 1
    shop.run("build", "--keep-lines")
    assert shop.run("build", "--keep-lines", "--check").code == 0
    assert shop.run("build", "--check").code == 1
