"""Proof 3 reads what a profile depends on, in whatever form that was installed, and says where it cannot."""

import json
import sys
from pathlib import Path

import pytest
from profilec_project import CONFIGURATION, Project
from proved_package import install, prove

THREADS = "import threading\n"
WASM = {"sys.platform": "emscripten", "sys.version_info": (3, 14)}


def reached(root: Path, text: str = "import fetch\n", **more: object) -> list[str]:
    """The messages about a package with one module, which depends on `fetch`."""
    options = {"requires": ("fetch",), **more}
    return [finding.message for finding in prove(root, {"shop/net.py": text}, **options)]  # type: ignore[arg-type]  # each test gives what `prove` takes


FOUND = ["`threading` is forbidden, and `fetch` reaches it"]


def test_a_distribution_of_one_file_is_read(tmp_path: Path) -> None:
    install(tmp_path / "deps", "fetch", {"fetch.py": THREADS})
    assert reached(tmp_path) == FOUND


def test_a_distribution_is_found_by_what_it_is_called_and_read_by_what_is_imported(tmp_path: Path) -> None:
    install(tmp_path / "deps", "Py_Fetch.Core", {"fetch/__init__.py": THREADS})
    assert reached(tmp_path, requires=("py-fetch-core>=1",)) == FOUND


def test_two_distributions_share_a_namespace(tmp_path: Path) -> None:
    install(tmp_path / "deps", "corp-one", {"corp/one/__init__.py": "from corp.two import go\n"})
    install(tmp_path / "deps", "corp-two", {"corp/two.py": THREADS})
    text = "from corp import one\n"
    assert reached(tmp_path, text, requires=("corp-one", "corp-two")) == [
        "`threading` is forbidden, and `corp.two` reaches it"
    ]


def test_a_distribution_of_stubs_holds_nothing_to_read(tmp_path: Path) -> None:
    install(tmp_path / "deps", "types-fetch", {"fetch-stubs/__init__.pyi": THREADS})
    assert reached(tmp_path, requires=("types-fetch",)) == []


def test_an_extra_that_is_asked_for_is_followed(tmp_path: Path) -> None:
    speed = "fast; extra == 'speed'"
    install(
        tmp_path / "deps", "fetch", {"fetch.py": "import fast\n"}, [speed, "fetch[speed]; extra == 'all'"]
    )
    install(tmp_path / "deps", "fast", {"fast.py": THREADS})
    found = ["`threading` is forbidden, and `fast` reaches it"]
    assert reached(tmp_path) == []
    assert reached(tmp_path, requires=("fetch[speed]>=1",)) == found
    assert reached(tmp_path, requires=("fetch[all]",)) == found


@pytest.mark.parametrize(
    ("marker", "is_followed"),
    [
        ("sys_platform == 'emscripten'", True),
        ("sys_platform != 'emscripten'", False),
        ("platform_system == 'Windows'", False),
        ("os_name == 'posix'", True),
        ("python_version < '3.11'", False),
        ("python_full_version >= '3.14'", True),
        ("implementation_name == 'cpython' and sys_platform == 'emscripten'", True),
    ],
)
def test_a_marker_is_what_the_facts_of_the_profile_make_it(
    marker: str, is_followed: bool, tmp_path: Path
) -> None:
    install(tmp_path / "deps", "fetch", {"fetch.py": "import fast\n"}, f"fast; {marker}")
    install(tmp_path / "deps", "fast", {"fast.py": THREADS})
    followed = ["`threading` is forbidden, and `fast` reaches it"]
    assert reached(tmp_path, facts=WASM) == (followed if is_followed else [])
    here = [f"fast; {marker}"]
    straight = reached(tmp_path, "import fast\n", requires=(), facts=WASM, project={"dependencies": here})
    assert straight == (followed if is_followed else [])


def test_a_marker_is_what_the_marker_of_the_profile_makes_it(tmp_path: Path) -> None:
    install(tmp_path / "deps", "fetch", {"fetch.py": ""}, "fast; sys_platform == 'emscripten'")
    assert reached(tmp_path, marker="sys_platform != 'emscripten'") == []
    (message,) = reached(tmp_path, marker="sys_platform == 'emscripten'")
    assert message.startswith("the dependency `fast; sys_platform == 'emscripten'` is not installed")
    assert message.endswith("`fetch` requires it")


def test_what_a_dependency_requires_and_lacks_is_a_finding(tmp_path: Path) -> None:
    install(tmp_path / "deps", "fetch", {"fetch.py": ""}, ["low>=1", "gone; python_version < '3.9'"])
    assert reached(tmp_path, facts=WASM) == [
        "the dependency `low>=1` is not installed where the proofs read dependencies; `fetch` requires it"
    ]


def test_what_may_be_required_elsewhere_and_is_not_here_is_no_finding(tmp_path: Path) -> None:
    install(tmp_path / "deps", "fetch", {"fetch.py": ""}, ["colorama; sys_platform == 'win32'"])
    assert reached(tmp_path) == []


def test_another_version_than_is_asked_for_proves_nothing(tmp_path: Path) -> None:
    install(tmp_path / "deps", "fetch", {"fetch.py": ""})
    assert reached(tmp_path, requires=("fetch>=2",)) == [
        "the dependency `fetch>=2` is there as version 1.0, which is another one"
    ]


def test_a_requirement_that_is_none_is_a_finding(tmp_path: Path) -> None:
    assert reached(tmp_path, requires=("fetch >> 2",)) == [
        "the dependency `fetch >> 2` is no requirement that PEP 508 knows"
    ]


@pytest.mark.parametrize(
    "file",
    ["fetch/_core.cpython-312-x86_64-linux-gnu.so", "fetch/_core.cp312-win_amd64.pyd", "fetch/_core.pyc"],
)
def test_a_compiled_module_is_said_to_be_the_end_of_the_proof(file: str, tmp_path: Path) -> None:
    files = {"fetch/__init__.py": "from . import _core\nfrom ._core import get\n", file: ""}
    install(tmp_path / "deps", "fetch", files)
    (finding,) = prove(tmp_path, {"shop/net.py": "\nimport fetch\n"}, requires=("fetch",))
    assert (finding.code, finding.path, finding.line) == ("PC411", "src/shop/net.py", 2)
    assert finding.message == "`fetch._core` is compiled, so what it reaches cannot be read"
    assert finding.notes == ("src/shop/net.py:2 imports fetch", "fetch/__init__.py:1 imports fetch._core")


def test_a_compiled_module_beside_its_source_is_read(tmp_path: Path) -> None:
    install(tmp_path / "deps", "fetch", {"fetch.py": THREADS, "fetch.cpython-312-x86_64-linux-gnu.so": ""})
    assert reached(tmp_path) == FOUND


def test_compiled_modules_are_told_by_audit_alone(project: Project) -> None:
    install(project.root / "deps", "fetch", {"fetch.cpython-312-x86_64-linux-gnu.so": ""})
    wasm = '    dependencies = ["fetch"]\n    forbid = ["threading"]\n'
    project.write({"pyproject.toml": CONFIGURATION.rstrip(" ") + wasm, "src/shop/a.py": "import fetch\n"})
    assert "PC411 note: `fetch` is compiled" in project.run("audit", "--deps", "deps").out
    assert project.run("audit", "--deps", "deps").code == 0
    assert "PC411" not in project.run("check", "--deps", "deps", "--json").codes
    assert "PC411" not in project.run("build", "--deps", "deps", "--json").codes


def test_a_compiled_module_of_the_package_itself_is_said_too(tmp_path: Path) -> None:
    files = {"shop/a.py": "from shop import _fast\n", "shop/_fast.abi3.so": ""}
    assert [(f.code, f.path) for f in prove(tmp_path, files)] == [("PC411", "src/shop/a.py")]


def test_a_module_that_this_python_cannot_read_is_a_warning(tmp_path: Path) -> None:
    of_no_python = "import threading\ntry:\n    x\nexcept* A, B ->:\n    pass\n"
    of_3_14 = of_no_python.replace("except* A, B ->", "except A, B")
    install(tmp_path / "deps", "fetch", {"fetch.py": of_no_python})
    files = {"shop/net.py": "import fetch\n", "shop/new.py": of_3_14, "shop/none.py": of_no_python}
    findings = prove(tmp_path, files, requires=("fetch",))
    found = {f.path: (f.code, f.is_error) for f in findings}
    assert found["src/shop/net.py"] == ("PC412", False)
    assert found["src/shop/new.py"] == (("PC405", True) if sys.version_info >= (3, 14) else ("PC412", False))
    assert "src/shop/none.py" not in found, "another proof refuses it"


def test_an_editable_install_is_read_where_its_source_lies(tmp_path: Path) -> None:
    source = tmp_path / "work/src"
    (source / "fetch").mkdir(parents=True)
    (source / "fetch/__init__.py").write_text(THREADS)
    install(tmp_path / "deps", "fetch", {"__editable__.fetch.pth": f"import sys\n{source}\n"})
    assert reached(tmp_path) == FOUND


def test_an_editable_install_is_read_by_the_name_that_it_is_imported_by(tmp_path: Path) -> None:
    source = tmp_path / "work"
    source.mkdir()
    (source / "fetch.py").write_text(THREADS)
    install(tmp_path / "deps", "py-fetch", {"_py_fetch.pth": f"{source}\n"})
    assert reached(tmp_path, requires=("py-fetch",)) == FOUND


def test_an_editable_install_by_a_finder_is_read(tmp_path: Path) -> None:
    source = tmp_path / "work"
    (source / "fetch").mkdir(parents=True)
    (source / "fetch/core.py").write_text(THREADS)
    finder = f"MAPPING: dict[str, str] = {{'fetch': {str(source / 'fetch')!r}}}\nNAMESPACES = {{}}\n"
    files = {
        "__editable__.fetch-1.pth": "import __editable___fetch_finder\n",
        "__editable___fetch_finder.py": finder,
    }
    install(tmp_path / "deps", "fetch", files)
    assert reached(tmp_path, "import fetch.core\n") == [
        "`threading` is forbidden, and `fetch.core` reaches it"
    ]


@pytest.mark.parametrize("layout", ["", "src/"])
def test_a_development_install_is_read_where_its_link_leads(layout: str, tmp_path: Path) -> None:
    source = tmp_path / "work" / layout
    information = source / "py_fetch.egg-info"
    information.mkdir(parents=True)
    (source / "fetch.py").write_text(THREADS)
    (information / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: py-fetch\nVersion: 1.0\n")
    (information / "top_level.txt").write_text("fetch\n")
    (information / "SOURCES.txt").write_text(f"setup.py\n{layout}fetch.py\n")
    (tmp_path / "deps").mkdir()
    (tmp_path / "deps/py-fetch.egg-link").write_text(f"{source}\n.")
    assert reached(tmp_path, requires=("py-fetch",)) == FOUND


def test_a_copy_of_another_distribution_is_read_that_is_put_on_the_path(tmp_path: Path) -> None:
    text = "import sys\nsys.path.append(__path__[0] + '/_vendor')\nimport low.core\n"
    files = {
        "fetch/__init__.py": text,
        "fetch/_vendor/low/__init__.py": "",
        "fetch/_vendor/low/core.py": THREADS,
    }
    install(tmp_path / "deps", "fetch", files)
    assert reached(tmp_path) == ["`threading` is forbidden, and `low.core` reaches it"]


def test_a_distribution_is_not_read_in_the_copy_that_another_has_of_it(tmp_path: Path) -> None:
    files = {"fetch/__init__.py": "import low\n", "fetch/_vendor/low.py": THREADS}
    install(tmp_path / "deps", "fetch", files)
    install(tmp_path / "deps", "low", {"low.py": ""})
    assert reached(tmp_path, requires=("low", "fetch")) == []
    assert reached(tmp_path, requires=("fetch", "low")) == []


def test_a_distribution_without_a_record_is_read_by_its_name(tmp_path: Path) -> None:
    install(tmp_path / "deps", "fetch", {"fetch/__init__.py": THREADS}, recorded=False)
    assert reached(tmp_path) == FOUND


def test_a_distribution_without_a_record_is_read_by_what_it_says_it_holds(tmp_path: Path) -> None:
    information = install(tmp_path / "deps", "py-fetch", {"fetch.py": THREADS}, recorded=False)
    (information / "top_level.txt").write_text("fetch\n")
    assert reached(tmp_path, requires=("py-fetch",)) == FOUND


def test_a_file_that_is_recorded_and_not_there_does_no_harm(tmp_path: Path) -> None:
    install(
        tmp_path / "deps", "fetch", {"fetch/__init__.py": "from fetch import gone\n", "fetch/gone.py": ""}
    )
    (tmp_path / "deps/fetch/gone.py").unlink()
    assert reached(tmp_path) == []


def test_a_zipped_egg_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deps").mkdir()
    (tmp_path / "deps/fetch-1.0-py3.12.egg").write_bytes(b"PK\x05\x06" + b"\0" * 18)
    assert reached(tmp_path) == [
        "the dependency `fetch` is there as a zipped egg, which the proofs do not read"
    ]


def test_an_egg_that_is_a_folder_is_read(tmp_path: Path) -> None:
    egg = tmp_path / "deps/fetch-1.0-py3.12.egg"
    (egg / "EGG-INFO").mkdir(parents=True)
    (egg / "EGG-INFO/PKG-INFO").write_text("Metadata-Version: 1.0\nName: fetch\nVersion: 1.0\n")
    (egg / "fetch.py").write_text(THREADS)
    assert reached(tmp_path) == FOUND


@pytest.mark.parametrize("given", ["nowhere", "pyproject.toml"])
def test_a_folder_of_dependencies_that_is_none_is_a_wrong_use(given: str, project: Project) -> None:
    ran = project.run("audit", "--deps", given)
    assert ran.code == 2
    assert given in ran.err


RULED_OUT = {
    "a condition": "import sys\nif sys.platform == 'win32':\n    import threading\n",
    "another branch": "import sys\nif sys.platform != 'win32':\n    x = 1\nelse:\n    import threading\n",
    "a constant": "import sys\nWINDOWS = sys.platform.startswith('win')\nif WINDOWS:\n    import threading\n",
    "a constant of another module": "from fetch.system import OLD\nif OLD:\n    import threading\n",
    "an import of its own": "import sys\nif sys.platform == 'win32':\n    from fetch import _windows\n",
    "a use": "import sys, time\ndef f():\n    if sys.version_info < (3, 9):\n        time.sleep(1)\n",
    "a module that is not there": "try:\n    import threading\nexcept ImportError:\n    threading = None\n",
    "a start": "if __name__ == '__main__':\n    import threading\n",
}


@pytest.mark.parametrize("name", RULED_OUT)
def test_what_facts_rule_out_in_a_dependency_is_not_reached(name: str, tmp_path: Path) -> None:
    files = {
        "fetch/__init__.py": RULED_OUT[name],
        "fetch/system.py": "import sys\n\nOLD = sys.version_info[0] == 2\n",
        "fetch/_windows.py": THREADS,
    }
    install(tmp_path / "deps", "fetch", files)
    assert reached(tmp_path, facts=WASM, modules={"threading": False}) == []
    assert len(reached(tmp_path)) == (0 if name == "a start" else 1)


RUN = {
    "what is imported before": "import sys, threading\nif sys.platform == 'win32':\n    threading.Thread()\n",
    "the branch that is taken": "import sys\nif sys.platform != 'win32':\n    import threading\n",
    "what no fact decides": "import sys\nif sys.maxsize > 2**32:\n    import threading\n",
}


@pytest.mark.parametrize("name", RUN)
def test_what_facts_do_not_rule_out_in_a_dependency_is_reached(name: str, tmp_path: Path) -> None:
    install(tmp_path / "deps", "fetch", {"fetch/__init__.py": RUN[name]})
    assert reached(tmp_path, facts=WASM) == FOUND


def test_a_module_that_a_dependency_needs_no_more_is_read_where_it_is_asked_for(tmp_path: Path) -> None:
    text = "import sys\nif sys.platform == 'win32':\n    from fetch import _windows\n"
    install(tmp_path / "deps", "fetch", {"fetch/__init__.py": text, "fetch/_windows.py": THREADS})
    assert reached(tmp_path, "import fetch._windows\n", facts=WASM) == [
        "`threading` is forbidden, and `fetch._windows` reaches it"
    ]


@pytest.mark.parametrize("place", ["work", "work/src"])
def test_an_editable_install_that_notes_only_its_project_is_read_there(place: str, tmp_path: Path) -> None:
    (tmp_path / place / "fetch").mkdir(parents=True)
    (tmp_path / place / "fetch/__init__.py").write_text(THREADS)
    information = install(tmp_path / "deps", "fetch", {})
    noted = {"url": (tmp_path / "work").as_uri(), "dir_info": {"editable": True}}
    (information / "direct_url.json").write_text(json.dumps(noted))
    assert reached(tmp_path) == FOUND
