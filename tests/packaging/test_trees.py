"""The emitted trees, searched by syntax: neither speaks of how it was made, or of the other."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROFILES = ["native", "wasm"]
THREADS_AND_FILES = {
    *("_thread", "threading", "concurrent", "multiprocessing", "subprocess"),
    *("fcntl", "mmap", "select", "selectors", "signal", "socket", "ssl", "tempfile"),
}


def modules(profile: str) -> Iterator[tuple[Path, ast.Module]]:
    """Every module of a tree; a tree without modules is not there."""
    paths = sorted((ROOT / "build" / profile / "kernel_exec").rglob("*.py"))
    assert len(paths) > 20
    for path in paths:
        yield path, ast.parse(path.read_bytes())


def names_in(node: ast.AST) -> set[str]:
    """The identifiers that one node mentions, those of imports included."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return {name}
        case ast.alias(name=name, asname=asname):
            return {*name.split("."), asname or ""}
        case ast.ImportFrom(module=str(name)):
            return set(name.split("."))
    return set()


def mentions(tree: ast.Module) -> set[str]:
    return {name for node in ast.walk(tree) for name in names_in(node)}


def flags() -> set[str]:
    """The names that stand for profiles and features in the annotated source."""
    declared = ast.parse((ROOT / "kernel_exec_src/kernel_exec/_profile.py").read_bytes())
    return {name.id for name in ast.walk(declared) if isinstance(name, ast.Name) and name.id.isupper()}


@pytest.mark.parametrize("profile", PROFILES)
def test_no_flag_no_marker_and_no_word_of_the_compiler_is_left(profile: str) -> None:
    made_with = flags() | {"profilec", "_profile"}
    assert {"SPILL_FS", "THREADS"} <= made_with

    left = {path.name: mentions(tree) & made_with for path, tree in modules(profile)}
    words = {path.name for path, _ in modules(profile) if "profilec" in path.read_text()}

    assert {name: found for name, found in left.items() if found} == {}
    assert words == set()


@pytest.mark.parametrize("profile", PROFILES)
def test_only_the_guard_of_the_package_asks_for_the_platform(profile: str) -> None:
    asking = [
        (path.name, ast.unparse(node))
        for path, tree in modules(profile)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node).lstrip("_")
        in {"sys.platform", "os.name", "platform.machine", "platform.system"}
    ]

    assert asking == [("__init__.py", "_sys.platform")]


def test_the_wasm_tree_imports_nothing_that_needs_threads_files_or_sockets() -> None:
    imported = {
        (path.name, name)
        for path, tree in modules("wasm")
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
        )
    }

    assert {found for found in imported if found[1].partition(".")[0] in THREADS_AND_FILES} == set()


def test_the_wasm_tree_refuses_local_spill_by_its_text_and_the_native_tree_holds_no_refusal() -> None:
    refusal = "which no local files serve here"

    def refusing(profile: str) -> set[str]:
        return {path.name for path, _ in modules(profile) if refusal in path.read_text()}

    assert refusing("native") == set()
    assert "preflight.py" in refusing("wasm")


@pytest.mark.parametrize("profile", PROFILES)
def test_a_tree_names_no_dependency_that_the_project_does_not_declare_for_it(profile: str) -> None:
    project = tomllib.loads((ROOT / f"build/{profile}/pyproject.toml").read_text())["project"]
    profiles = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["profilec"]["profiles"]

    declared = {f"{wanted}; {one['marker']}" for one in profiles.values() for wanted in one["dependencies"]}

    assert set(project["dependencies"]) == declared
