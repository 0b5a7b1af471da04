"""What is emitted: metadata, maps, and output folders that change in one step."""

import signal
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from two_worlds import HEAD, TWO_WORLDS, Configured, unchanged

from profilec.answers import Answers
from profilec.emit import folder as folders
from profilec.emit.folder import OutputError, inspect, replace_folders
from profilec.emit.metadata import dependencies, render_metadata
from profilec.emit.origin import Origin
from profilec.emit.package import render_package
from profilec.emit.source_map import MAP_FILE, read_map
from profilec.emit.templating import toml
from profilec.tree import EmittedFile, Tree


def test_every_wheel_names_the_dependencies_of_all_profiles(configured: Configured) -> None:
    config = configured('[project]\nname = "shop"\ndependencies = ["attrs"]\n' + HEAD + TWO_WORLDS).config
    assert dependencies(config) == [
        "attrs",
        "click>=8; sys_platform != 'emscripten'",
        "uvloop; (os_name == 'posix') and (sys_platform != 'emscripten')",
        "micropip; sys_platform == 'emscripten'",
    ]


def test_the_metadata_is_that_of_the_project(configured: Configured) -> None:
    project = configured("""
[project]
name = "web-shop"
version = "2"
description = "Sells \\"things\\""
readme = "docs/READ.md"
license = "MIT"
license-files = ["LICENSES/*"]
requires-python = ">=3.12"
dynamic = ["dependencies"]
authors = [{ name = "A", email = "a@b.c" }]

[project.urls]
"Home page" = "https://x"

""" + HEAD + TWO_WORLDS)
    project.write({"docs/READ.md": "# Shop\n", "LICENSES/MIT.txt": "MIT\n"})
    files = render_metadata(project.config, project.config.profiles["native"], Answers())
    table = tomllib.loads(files["pyproject.toml"].decode())["project"]
    assert table == {
        "name": "web-shop",
        "version": "2",
        "description": 'Sells "things"',
        "readme": "READ.md",
        "license": "MIT",
        "license-files": ["LICENSES/*"],
        "requires-python": ">=3.12",
        "authors": [{"name": "A", "email": "a@b.c"}],
        "urls": {"Home page": "https://x"},
        "dependencies": dependencies(project.config),
        "scripts": {"shop": "shop.cli:main"},
    }
    assert files["READ.md"] == b"# Shop\n"
    assert files["LICENSES/MIT.txt"] == b"MIT\n"


def test_a_package_is_for_python_3_where_its_project_does_not_say(configured: Configured) -> None:
    project = configured('[project]\nname = "shop"\nversion = "1"\n' + HEAD + TWO_WORLDS)
    files = render_metadata(project.config, project.config.profiles["native"], Answers())
    assert tomllib.loads(files["pyproject.toml"].decode())["project"]["requires-python"] == ">=3"


def test_a_readme_is_not_taken_for_a_licence_and_keeps_its_content_type(configured: Configured) -> None:
    readme = '{ file = "docs/about.txt", content-type = "text/markdown" }'
    project = configured(f'[project]\nname = "shop"\nversion = "1"\nreadme = {readme}\n' + HEAD + TWO_WORLDS)
    project.write({"docs/about.txt": "# Shop\n", "LICENSE": "Free\n"})
    files = render_metadata(project.config, project.config.profiles["wasm"], Answers())
    table = tomllib.loads(files["pyproject.toml"].decode())["project"]
    assert table["readme"] == {"file": "about.txt", "content-type": "text/markdown"}
    assert table["license-files"] == ["LICENSE"]
    assert sorted(files) == ["LICENSE", "about.txt", "hatch_build.py", "pyproject.toml"]


def test_a_licence_that_is_named_as_a_text_needs_no_file(configured: Configured) -> None:
    licence = '{ text = "MIT" }'
    project = configured(
        f'[project]\nname = "shop"\nversion = "1"\nlicense = {licence}\n' + HEAD + TWO_WORLDS
    )
    files = render_metadata(project.config, project.config.profiles["native"], Answers())
    table = tomllib.loads(files["pyproject.toml"].decode())["project"]
    assert table["license"] == {"text": "MIT"}
    assert "license-files" not in table


def test_a_licence_that_lies_elsewhere_comes_to_lie_beside_the_package(configured: Configured) -> None:
    licence = '{ file = "legal/LICENSE" }'
    project = configured(
        f'[project]\nname = "shop"\nversion = "1"\nlicense = {licence}\n' + HEAD + TWO_WORLDS
    )
    project.write({"legal/LICENSE": "Free\n", "LICENSE": "Another\n"})
    files = render_metadata(project.config, project.config.profiles["native"], Answers())
    table = tomllib.loads(files["pyproject.toml"].decode())["project"]
    assert table["license"] == {"file": "LICENSE"}
    assert files["LICENSE"] == b"Free\n"


def test_licences_are_taken_from_folders_in_folders(configured: Configured) -> None:
    licences = 'license = "MIT"\nlicense-files = ["legal/**"]\n'
    project = configured(f'[project]\nname = "shop"\nversion = "1"\n{licences}' + HEAD + TWO_WORLDS)
    project.write({"legal/MIT.txt": "MIT\n", "legal/more/BSD.txt": "BSD\n"})
    files = render_metadata(project.config, project.config.profiles["native"], Answers())
    assert {"legal/MIT.txt", "legal/more/BSD.txt"} <= files.keys()


def test_a_project_without_metadata_gets_the_least_that_pip_needs(configured: Configured) -> None:
    project = configured(HEAD + TWO_WORLDS)
    project.write({"src/shop/__init__.py": '__version__ = "3.4"\n', "LICENSE": "Free\n"})
    files = render_metadata(project.config, project.config.profiles["wasm"], Answers())
    table = tomllib.loads(files["pyproject.toml"].decode())["project"]
    assert table["name"] == "shop"
    assert table["version"] == "3.4"
    assert files[table["readme"]] == b"# shop\n"
    assert files["LICENSE"] == b"Free\n"


@pytest.mark.parametrize(
    ("table", "name"), [('[project]\nname = "shop"\ndynamic = ["version"]\n', "shop"), ("", "the-shop")]
)
def test_what_only_a_release_knows_of_its_name_and_version_is_read_from_it(
    table: str, name: str, configured: Configured
) -> None:
    project = configured(table + HEAD + TWO_WORLDS)
    project.write({"PKG-INFO": "Metadata-Version: 2.4\nName: the-shop\nVersion: 5.6\n"})
    files = render_metadata(project.config, project.config.profiles["wasm"], Answers())
    written = tomllib.loads(files["pyproject.toml"].decode())["project"]
    assert (written["name"], written["version"]) == (name, "5.6")


@pytest.mark.parametrize("value", ['a"\\\n\t\x7fé', True, 3, 1.5, ["x"] * 60, {"a b": [{"c": "d"}]}, [], {}])
def test_a_value_comes_back_from_toml_as_it_went_in(value: object) -> None:
    assert tomllib.loads(f"value = {toml(value)}\n") == {"value": value}


def test_the_map_leads_from_tree_to_source_and_back(configured: Configured, tmp_path: Path) -> None:
    config = configured(HEAD + "[tool.profilec.profiles.native]\n").config
    file = EmittedFile("shop/a.py", b"a\nb\nc\nd\n", True, (3, 4, 0, 9))
    emitted = render_package(
        Tree("native", {"shop/a.py": file, "shop/b.py": unchanged("", "shop/b.py")}), config, Answers()
    )
    (tmp_path / MAP_FILE).write_bytes(emitted.files[MAP_FILE])
    source_map = read_map(tmp_path)
    assert source_map is not None
    assert [source_map.to_source("shop/a.py", line) for line in range(1, 6)] == [3, 4, None, 9, None]
    assert [source_map.to_tree("shop/a.py", line) for line in (3, 4, 5, 9)] == [(1,), (2,), (), (4,)]
    assert source_map.to_source("shop/b.py", 7) == 7
    assert source_map.to_tree("shop/b.py", 7) == (7,)
    assert source_map.to_source("shop/c.py", 1) is None


OLD = {"shop/a.py": b"old\n", "shop/b.py": b"old\n"}


NEW = {"shop/a.py": b"new\n", "shop/c.py": b"new\n"}


def content(folder: Path) -> Mapping[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != folders.MANIFEST)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_new_tree_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    out = tmp_path / "build" / "native"
    replace_folders({out: OLD}, Origin("1"))
    (out / "shop" / "stale.pyc").write_bytes(b"")
    replace_folders({out: NEW}, Origin("2"))
    assert content(out) == NEW
    assert inspect(out).origin == Origin("2")
    assert sorted(entry.name for entry in (tmp_path / "build").iterdir()) == [".inputs", ".lock", "native"]


def test_a_file_changed_by_hand_is_seen(tmp_path: Path) -> None:
    out = tmp_path / "build" / "native"
    replace_folders({out: OLD}, Origin("1"))
    assert inspect(out).is_untouched
    (out / "shop" / "a.py").write_bytes(b"mine\n")
    (out / "shop" / "b.py").unlink()
    found = inspect(out)
    assert (found.edited, found.missing) == (("shop/a.py",), ("shop/b.py",))


def test_a_folder_of_somebody_else_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "native").mkdir()
    assert inspect(tmp_path / "native").is_ours
    (tmp_path / "native" / "thesis.txt").write_text("")
    assert not inspect(tmp_path / "native").is_ours


def test_a_file_in_the_way_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("")
    with pytest.raises(OutputError, match="build: File exists"):
        replace_folders({tmp_path / "build" / "native": NEW}, Origin("1"))


KILLED = """
import os, signal, sys
from pathlib import Path
from profilec.emit import folder
from profilec.emit.origin import Origin

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

left = int(sys.argv[2])
def audit(event, _):
    global left
    if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "ctypes.dlopen"):
        left -= 1
        if left == 0:
            die()

if sys.argv[3] == "two steps":
    folder._exchange_at_once = lambda first, second: False
sys.addaudithook(audit)
out = Path(sys.argv[1])
folder.replace_folders({out: {"shop/a.py": b"new\\n", "shop/c.py": b"new\\n"}}, Origin("2"))
sys.exit(0)
"""


@pytest.mark.parametrize("way", ["one step", "two steps"])
def test_a_build_killed_at_any_moment_leaves_a_whole_tree(way: str, tmp_path: Path) -> None:
    out = tmp_path / "build" / "native"
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    for moment in range(1, 200):
        replace_folders({out: OLD}, Origin("1"))
        ran = subprocess.run([sys.executable, script, out, str(moment), way], check=False)
        if ran.returncode == 0:
            break
        assert ran.returncode == -signal.SIGKILL
        if way == "one step":
            assert content(out) in (OLD, NEW)
            assert inspect(out).is_untouched
    else:
        pytest.fail("the build never came to its end")
    assert moment > 10
    assert content(out) == NEW


def test_a_tree_that_was_moved_aside_when_a_build_was_killed_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "build" / "native"
    replace_folders({out: OLD}, Origin("1"))
    aside = tmp_path / "build" / ".staging" / "native.old"
    aside.parent.mkdir()
    out.rename(aside)
    monkeypatch.setattr(folders, "_write", _fail)
    with pytest.raises(OutputError):
        replace_folders({out: NEW}, Origin("2"))
    assert content(out) == OLD


def _fail(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_full_disk_leaves_the_earlier_trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "build" / "native", tmp_path / "build" / "wasm"
    replace_folders({first: OLD, second: OLD}, Origin("1"))
    write = Path.write_bytes

    def write_until_full(path: Path, data: bytes) -> int:
        if "wasm" in path.parts and path.name == "c.py":
            raise OSError(28, "No space left on device", str(path))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_until_full)
    with pytest.raises(OutputError, match="No space left on device"):
        replace_folders({first: NEW, second: NEW}, Origin("2"))
    assert content(first) == content(second) == OLD


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("steps", ["one step", "two steps"])
def test_a_tree_that_cannot_take_its_place_leaves_the_other_trees(
    steps: str, is_first: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "build" / "native", tmp_path / "build" / "wasm"
    if not is_first:
        replace_folders({first: OLD, second: OLD}, Origin("1"))
    exchange = folders._exchange

    def refuse_second(new: Path, old: Path) -> None:
        if old == second:
            raise OSError(13, "Permission denied", str(old))
        exchange(new, old)

    monkeypatch.setattr(folders, "_exchange", refuse_second)
    if steps == "two steps":
        monkeypatch.setattr(folders, "_exchange_at_once", lambda *_: False)
    with pytest.raises(OutputError, match="Permission denied"):
        replace_folders({first: NEW, second: NEW}, Origin("2"))
    assert [one.exists() and content(one) for one in (first, second)] == [not is_first and OLD] * 2


def test_a_disk_that_is_full_after_the_exchange_only_costs_the_next_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "build" / "native", tmp_path / "build" / "wasm"
    monkeypatch.setattr(folders, "_remember", _fail)
    replace_folders({first: NEW, second: NEW}, Origin("2"))
    assert content(first) == content(second) == NEW


@pytest.mark.parametrize(
    "text", ['__version__ = "5.6"\n', "__version__: str = '5.6'\n", "__version__ = version = '5.6'\n"]
)
def test_a_version_is_read_from_the_package(text: str, configured: Configured) -> None:
    project = configured('[project]\nname = "shop"\ndynamic = ["version"]\n' + HEAD + TWO_WORLDS)
    project.write({"src/shop/_version.py": text})
    files = render_metadata(project.config, project.config.profiles["wasm"], Answers())
    assert tomllib.loads(files["pyproject.toml"].decode())["project"]["version"] == "5.6"


def test_a_version_that_cannot_be_found_is_a_warning(configured: Configured) -> None:
    project = configured('[project]\nname = "shop"\ndynamic = ["version"]\n' + HEAD + TWO_WORLDS)
    (project.root / "src" / "shop" / "_profile.py").unlink()
    project.write({"src/shop/cli.py": "def main(): ...\n"})
    ran = project.run("check", "--json")
    assert (ran.code, ran.codes) == (0, ["PC014"])


def test_metadata_that_another_backend_would_work_out_is_missed(configured: Configured) -> None:
    metadata = (
        '[project]\nname = "shop"\nversion = "1"\n'
        'dynamic = ["description", "requires-python", "dependencies", "readme", "license-files"]\n'
    )
    project = configured(metadata + HEAD + TWO_WORLDS)
    (project.root / "src" / "shop" / "_profile.py").unlink()
    project.write({"src/shop/cli.py": "def main(): ...\n"})
    (finding,) = project.run("check", "--json").json["findings"]
    assert finding["code"] == "PC014"
    assert finding["message"] == "the packages go without what is `dynamic`: description, requires-python"


def test_a_file_that_stays_as_it_is_is_not_written_anew(tmp_path: Path) -> None:
    tree = tmp_path / "build/native"
    replace_folders({tree: {"shop/a.py": b"a = 1\n", "shop/b.py": b"b = 1\n"}}, Origin("first"))
    (tree / "shop/b.py").write_bytes(b"by hand\n")
    before = (tree / "shop/a.py").stat().st_ino
    earlier = {tree: inspect(tree)}
    replace_folders({tree: {"shop/a.py": b"a = 1\n", "shop/b.py": b"b = 1\n"}}, Origin("second"), earlier)
    assert (tree / "shop/a.py").stat().st_ino == before
    assert (tree / "shop/b.py").read_bytes() == b"b = 1\n"
    assert inspect(tree).is_untouched
