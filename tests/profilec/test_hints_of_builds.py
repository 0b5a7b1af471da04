"""What a proof, the output or a file that cannot be read is told with: done as the hint says, it is gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

import pytest
from profilec_project import CONFIGURATION, Project

from profilec.sources import programs

FLAGS = "from shop._profile import THREADS, WASM\n"
USES = FLAGS + "if THREADS:\n    print(1)\nelif WASM:\n    print(2)\n"
WASM = "[tool.profilec.profiles.wasm]\n"
FORBID = WASM + "forbid = ['threading']\n"
TOP = "[tool.profilec]\n"
COPY = TOP + "copy = ['a.py']\n"
REFUSED = (
    "from profilec import stub\n" + FLAGS + "class Refused(Exception):\n    code = 'S1'\n"
    "@stub(unless=THREADS, error=Refused, code='{}')\ndef f(): ...\n"
)


@dataclass(frozen=True)
class Mended:
    """A fault and what mends it: the module `shop.a`, and what is replaced in `pyproject.toml` by what."""

    hint: str
    fault: tuple[str | bytes, Mapping[str, str]]
    mended: tuple[str | bytes, Mapping[str, str]]


CASES = {
    "PC001": Mended(
        "run `profilec init` in the folder of your project",
        ("", {"[tool.profilec": "[tool.other"}),
        ("", {}),
    ),
    "PC002": Mended("write strings in quotes", ("", {'"src"': "src"}), ("", {})),
    "PC002 twice": Mended("keep one of the two", ("", {TOP: TOP + "package = 'a'\n"}), ("", {})),
    "PC002 end": Mended("end the string with a quote", ("", {'"src"': '"src'}), ("", {})),
    "PC002 list": Mended("end it with ]", ("", {'["threads"]': '["threads"'}), ("", {})),
    "PC011": Mended("remove this one", ("", {WASM: WASM + "extends = 'wasm'\n"}), ("", {})),
    "PC215": Mended('write code="S1"', (REFUSED.format("S2"), {}), (REFUSED.format("S1"), {})),
    "PC401": Mended(
        "use them where the compiler follows them",
        ("import sys\nif sys.modules['shop._profile'].THREADS:\n    print(1)\n", {}),
        (FLAGS + "if THREADS:\n    print(1)\n", {}),
    ),
    "PC405": Mended(
        "select it for profiles that do not forbid it",
        ("import threading\n", {WASM: FORBID}),
        (FLAGS + "if THREADS:\n    import threading\n", {WASM: FORBID}),
    ),
    "PC406": Mended(
        "write out the names that it may be",
        ("import importlib\ndef f(name): return importlib.import_module(name)\n", {WASM: FORBID}),
        ("import importlib\ndef f(): return importlib.import_module('json')\n", {WASM: FORBID}),
    ),
    "PC409": Mended(
        "take it out of the dependencies of wasm",
        (
            FLAGS + "if THREADS:\n    import click\n    print(click)\n",
            {WASM: WASM + "dependencies = ['click']\n"},
        ),
        (FLAGS + "if THREADS:\n    import click\n    print(click)\n", {}),
    ),
    "PC601": Mended("correct it", ("def price(:\n", {WASM: FORBID}), ("def price(): ...\n", {WASM: FORBID})),
    "PC601 copied": Mended(
        "list the file under `copy`", ("def price(:\n", {}), ("def price(:\n", {TOP: COPY})
    ),
    "PC602 codec": Mended(
        "save it as UTF-8 without a coding line", (b"# coding: utf-9\nx = 1\n", {}), (b"x = 1\n", {})
    ),
    "PC602 bytes": Mended(
        "save it as UTF-8 without a coding line", (b"x = '\xff'\n", {}), ("x = '\u00ff'\n", {})
    ),
    "PC602 copied": Mended("list it under `copy`", (b"x = '\xff'\n", {}), (b"x = '\xff'\n", {TOP: COPY})),
    "PC602 mark": Mended(
        "save it as UTF-8 without a coding line",
        (b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", {WASM: FORBID}),
        (b"\xef\xbb\xbfx = 1\n", {WASM: FORBID}),
    ),
    "PC603": Mended(
        "list it under `copy`", (f"x = {'-' * 50000}1\n", {}), (f"x = {'-' * 50000}1\n", {TOP: COPY})
    ),
}


def _written(project: Project, change: tuple[str | bytes, Mapping[str, str]]) -> dict[str, str]:
    """Write the module and the configuration, build, and return the hints of what was found by code."""
    module, replacements = change
    configuration = CONFIGURATION.replace("\n    ", "\n")
    for before, after in replacements.items():
        assert before in configuration
        configuration = configuration.replace(before, after)
    project.write({"pyproject.toml": configuration, "src/shop/uses.py": USES, "src/shop/a.py": module})
    return _found(project)


def _found(project: Project, *options: str) -> dict[str, str]:
    findings = project.run("build", "--json", *options).json["findings"]
    return {finding["code"]: finding["hint"] for finding in findings}


@pytest.mark.parametrize("name", CASES)
def test_what_a_hint_says_mends_the_build(project: Project, name: str) -> None:
    case, code = CASES[name], name.partition(" ")[0]
    found = _written(project, case.fault)
    assert found.keys() == {code}
    assert case.hint in found[code]
    assert _written(project, case.mended) == {}


def test_a_dependency_is_told_at_its_line_until_it_is_installed_where_the_proofs_look(
    project: Project,
) -> None:
    deps = project.root / "deps"
    deps.mkdir()
    lines = FORBID + "dependencies = ['shelf']\n"
    _written(project, ("", {WASM: lines}))
    (finding,) = project.run("build", "--json", "--deps", "deps").json["findings"]
    assert (finding["code"], finding["source_line"]) == ("PC407", "dependencies = ['shelf']")
    assert finding["hint"] == "install it there, or name the folder that holds it with --deps"
    project.write({
        "deps/shelf.py": "",
        "deps/shelf-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: shelf\nVersion: 1\n",
        "deps/shelf-1.dist-info/RECORD": "shelf.py,,\n",
    })  # fmt: skip
    assert _found(project, "--deps", "deps") == {}


def test_output_that_differs_is_right_after_a_build(project: Project) -> None:
    assert _written(project, ("", {})) == {}
    project.write({"src/shop/a.py": "x = 1\n"})
    assert _found(project, "--check") == {"PC503": "run `profilec build`"}
    assert _found(project) == {}
    assert _found(project, "--check") == {}


def test_a_check_tells_of_what_would_stop_the_build(project: Project) -> None:
    assert _written(project, ("", {})) == {}
    (project.root / "build/wasm/shop/uses.py").write_text("x = 1\n")
    rmtree(project.root / "build/native")
    project.write({"build/native/other.txt": "", "src/shop/a.py": "x = 1\n"})
    found = _found(project, "--check")
    assert found["PC501"] == "move the change to the source, then remove build/wasm"
    assert found["PC502"] == "move it away, or choose another `out`"
    rmtree(project.root / "build")
    assert _found(project, "--check") == {"PC503": "run `profilec build`"}


def test_what_lies_in_the_place_of_the_output_is_moved_away(project: Project) -> None:
    project.write({"build": ""})
    assert _written(project, ("", {})) == {"PC504": "move away what lies there, or choose another `out`"}
    (project.root / "build").rename(project.root / "elsewhere")
    assert _found(project) == {}


def test_lines_that_cannot_stay_are_built_without_the_option(project: Project) -> None:
    project.write({"src/shop/__init__.py": '"""A shop."""\nimport os\nprint(os)\n'})
    assert _written(project, ("", {WASM: WASM + "marker = \"sys_platform == 'emscripten'\"\n"})) == {}
    assert "build without --keep-lines" in _found(project, "--keep-lines")["PC506"]
    assert _found(project) == {}


def test_a_file_that_is_closed_is_opened(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, read = project.root / "src/shop/a.py", Path.read_bytes

    def refuse(file: Path) -> bytes:
        if file == closed:
            raise PermissionError(13, "Permission denied", str(file))
        return read(file)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        assert _written(project, ("", {})) == {"PC610": "give yourself the right to read it"}
    assert _found(project) == {}


ELSEWHERE = {
    "setup.cfg": ("[options]\ninstall_requires =\n    click\n", "install_requires"),
    "setup.py": ("setup(\n    python_requires='>=3', install_requires=['click'],\n)\n", "python_requires"),
    "pyproject.toml": ("[tool.poetry.dependencies]\nclick = '8'\n", "tool.poetry.dependencies"),
}


@pytest.mark.parametrize("file", ELSEWHERE)
def test_what_only_older_tools_are_told_is_written_into_the_project_table(
    project: Project, file: str
) -> None:
    text, key = ELSEWHERE[file]
    tool = CONFIGURATION.replace("\n    ", "\n")
    tool = tool[tool.index(TOP) :]
    project.write({"src/shop/uses.py": USES, "pyproject.toml": tool})
    project.write({file: text + tool if file == "pyproject.toml" else text})
    (finding,) = project.run("build", "--json").json["findings"]
    assert (finding["code"], finding["path"], finding["line"]) == ("PC014", file, 2 - (file[0] == "p"))
    assert f"the packages are called shop 0.0.0 and go without `{key}`" in finding["message"]
    project.write({"src/shop/_version.py": "__version__ = '8'\n"})
    (finding,) = project.run("build", "--json").json["findings"]
    assert f"the packages are called shop 8 and go without `{key}`" in finding["message"]
    assert finding["hint"] == "write it into [project]"
    table = "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['click']\n\n"
    project.write({"pyproject.toml": table + project.read("pyproject.toml")})
    assert _found(project) == {}


UNVERSIONED = {
    "setup.cfg": "[metadata]\nversion = attr: shop.about.NUMBER\n",
    "setup.py": "setup(\n    name='shop', version=number(),\n)\n",
    "pyproject.toml": "[tool.poetry]\nversion = '8'\n",
}


@pytest.mark.parametrize("file", UNVERSIONED)
def test_a_version_that_only_older_tools_are_told_is_missed_where_there_is_no_other(
    project: Project, file: str
) -> None:
    text, tool = UNVERSIONED[file], CONFIGURATION.replace("\n    ", "\n")
    tool = tool[tool.index(TOP) :]
    project.write({"src/shop/uses.py": USES, "pyproject.toml": tool})
    project.write({file: text + tool if file == "pyproject.toml" else text})
    (finding,) = project.run("build", "--json").json["findings"]
    assert (finding["code"], finding["path"], finding["line"]) == ("PC014", file, 2)
    assert "the packages are called shop 0.0.0 and go without `version`" in finding["message"]
    project.write({"src/shop/_version.py": "__version__ = '8'\n"})
    assert _found(project) == {}


COMPILED = {
    "setup.py": ("setup(\n    ext_modules=[Extension('shop._fast', ['fast.c'])],\n)\n", "ext_modules"),
    "pyproject.toml": ("[build-system]\nbuild-backend = 'maturin'\n", "maturin"),
    "pyproject.toml ": ("# C\n[[tool.setuptools.ext-modules]]\nname = 'shop._fast'\n", "ext-modules"),
    " pyproject.toml": ("# Rust\n[[tool.setuptools-rust.ext-modules]]\ntarget = 'a'\n", "ext-modules"),
}


@pytest.mark.parametrize("case", COMPILED)
def test_extension_modules_are_built_into_the_package_first(project: Project, case: str) -> None:
    (text, key), file = COMPILED[case], case.strip()
    before = project.read(file) if (project.root / file).exists() else ""
    project.write({"src/shop/uses.py": USES, file: text + before})
    (finding,) = project.run("build", "--json").json["findings"]
    assert (finding["code"], finding["path"], finding["line"]) == ("PC014", file, 2)
    assert finding["message"] == f"the packages go without the extension modules that `{key}` makes"
    assert finding["hint"].startswith("build them into the package first")
    project.write({"src/shop/_fast.abi3.so": b""})
    assert _found(project) == {}


def test_a_file_that_goes_while_it_is_looked_at_stops_nothing(project: Project) -> None:
    assert programs(project.config, ["shop/__init__.py", "shop/gone.py"]) == frozenset()
