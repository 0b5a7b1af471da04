"""`make dist`: one distribution, two wheels with the same metadata, and an sdist; the compiler beside it."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def contents(archive: Path) -> dict[str, bytes]:
    """Every file of a wheel or an sdist by its path."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    with tarfile.open(archive) as sdist:
        files = {member.name: sdist.extractfile(member) for member in sdist.getmembers()}
        return {name.partition("/")[2]: file.read() for name, file in files.items() if file}


def information(wheel: Path, name: str = "METADATA") -> str:
    return contents(wheel)[f"{'-'.join(wheel.name.split('-')[:2])}.dist-info/{name}"].decode()


class Program(ast.NodeTransformer):
    """Leaves out what only people and type checkers read, and what stands in for it in an emptied body."""

    def visit_If(self, node: ast.If) -> ast.If | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else node

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node

    def visit_Pass(self, node: ast.Pass) -> None:
        return None


def program(text: bytes) -> str:
    return ast.dump(Program().visit(ast.parse(text)))


def test_what_is_published_is_one_sdist_and_two_wheels_and_the_compiler(dist: Path) -> None:
    assert sorted(file.name for file in dist.iterdir()) == [
        "kernel_exec-0.1.0-py3-none-any.whl",
        "kernel_exec-0.1.0-py3-none-pyemscripten_2026_0_wasm32.whl",
        "kernel_exec-0.1.0.tar.gz",
        "profilec-0.1.0-py3-none-any.whl",
        "profilec-0.1.0.tar.gz",
    ]


def test_both_wheels_carry_the_same_metadata_and_dependencies_have_markers(wheels: dict[str, Path]) -> None:
    metadata = information(wheels["native"])
    fields = message_from_string(metadata)

    assert metadata == information(wheels["wasm"])
    assert fields.get_all("Requires-Dist") == [
        "click>=8.1; sys_platform != 'emscripten'",
        "msgspec>=0.20; sys_platform != 'emscripten'",
        "msgspec>=0.20; sys_platform == 'emscripten'",
        "opentelemetry-api>=1.23; (sys_platform != 'emscripten') and extra == 'opentelemetry'",
        "uvloop>=0.20; (sys_platform != 'win32' and sys_platform != 'emscripten') and extra == 'uvloop'",
    ]
    assert (fields["License-Expression"], fields.get_all("License-File")) == ("Apache-2.0", ["LICENSE"])


@pytest.mark.parametrize("profile", ["native", "wasm"])
def test_a_wheel_holds_the_tree_the_licence_and_nothing_else(wheels: dict[str, Path], profile: str) -> None:
    tree = ROOT / f"build/{profile}"
    files = {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for path in (tree / "kernel_exec").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    of_profile = {"entry_points.txt"} if profile == "native" else set()

    held = contents(wheels[profile])

    assert "kernel_exec/py.typed" in held
    beside = {name: held.pop(name) for name in list(held) if not name.startswith("kernel_exec/")}
    assert held.keys() == files.keys()
    for name, data in files.items():
        if profile == "native" or not name.endswith(".py"):
            assert held[name] == data, name
        else:
            assert program(held[name]) == program(data), name
    assert {name.removeprefix("kernel_exec-0.1.0.dist-info/") for name in beside} == {
        *("METADATA", "RECORD", "WHEEL", "licenses/LICENSE"),
        *of_profile,
    }
    assert beside["kernel_exec-0.1.0.dist-info/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()


def test_the_wasm_wheel_leaves_out_what_only_native_can_do(wheels: dict[str, Path]) -> None:
    native, wasm = (set(contents(wheels[profile])) for profile in ("native", "wasm"))

    left_out = {name.removeprefix("kernel_exec/") for name in native - wasm}
    assert wasm < native
    assert {"__main__.py", "cli.py", "durability/sqlite.py", "spill/segments.py"} <= left_out
    assert wheels["wasm"].stat().st_size < wheels["native"].stat().st_size


def test_the_wasm_wheel_stays_small_and_has_nothing_that_only_readers_need(wheels: dict[str, Path]) -> None:
    only_for_readers = (b'"""', b"  # ", b"\n\n")

    assert wheels["wasm"].stat().st_size < 80 * 1024
    held, read = (contents(wheels[world])["kernel_exec/executor.py"] for world in ("wasm", "native"))
    assert [mark for mark in only_for_readers if mark in held] == []
    assert [mark for mark in only_for_readers if mark not in read] == []


def test_no_archive_of_the_kernel_speaks_of_the_compiler(dist: Path) -> None:
    speaking = {
        (archive.name, name)
        for archive in dist.glob("kernel_exec-*")
        for name, data in contents(archive).items()
        if re.search(rb"profilec|\b_profile\b", data)
    }

    assert speaking == set()


def test_the_sdist_of_the_kernel_is_the_native_tree_with_a_plain_backend(dist: Path) -> None:
    held = contents(dist / "kernel_exec-0.1.0.tar.gz")

    package = {name: data for name, data in held.items() if name.startswith("kernel_exec/")}
    assert set(held) - set(package) == {"LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
    assert b'build-backend = "hatchling.build"' in held["pyproject.toml"]
    wheel = contents(dist / "kernel_exec-0.1.0-py3-none-any.whl")
    assert package == {name: data for name, data in wheel.items() if name.startswith("kernel_exec/")}


def test_the_compiler_carries_its_code_its_templates_and_its_types(dist: Path) -> None:
    tree = {
        path.relative_to(ROOT / "codegen").as_posix(): path.read_bytes()
        for path in (ROOT / "codegen/profilec").rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }
    wheel = contents(dist / "profilec-0.1.0-py3-none-any.whl")
    sdist = contents(dist / "profilec-0.1.0.tar.gz")

    for held in (wheel, sdist):
        assert {name: data for name, data in held.items() if name.startswith("profilec/")} == tree
    assert "profilec/py.typed" in wheel
    assert wheel["profilec-0.1.0.dist-info/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize(
    "judge", [["twine", "check", "--strict"], ["check-wheel-contents"], ["pyodide", "auditwheel", "show"]]
)
def test_what_is_published_passes(judge: list[str], dist: Path) -> None:
    files = sorted(dist.iterdir() if judge[0] == "twine" else dist.glob("*.whl"))
    if judge[0] == "pyodide":
        files = list(dist.glob("*wasm32.whl"))

    run = subprocess.run(
        [BIN / judge[0], *judge[1:], *files],
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert files


def test_the_readme_of_a_wheel_leads_nowhere_that_an_index_does_not_have(dist: Path) -> None:
    for wheel in dist.glob("*.whl"):
        text = message_from_string(information(wheel)).get_payload()
        assert isinstance(text, str)
        assert "pip install" in text
        assert [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link] == []


def test_the_same_files_built_in_another_folder_are_bit_for_bit_the_same(dist: Path, tmp_path: Path) -> None:
    """A copy without history, at another path, made under another umask, at a time of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    umask = os.umask(0o027)
    try:
        clone = tmp_path / "elsewhere"
        for name in filter(None, listed):
            if (ROOT / name).is_file() and not name.startswith("tests/"):
                (clone / name).parent.mkdir(parents=True, exist_ok=True)
                (clone / name).write_bytes((ROOT / name).read_bytes())
        (clone / "node_modules").symlink_to(ROOT / "node_modules")
        subprocess.run(
            [sys.executable, "tools/dist.py", "dist"],
            cwd=clone,
            env={**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1"},
            check=True,
        )
    finally:
        os.umask(umask)

    again = {file.name: file.read_bytes() for file in (clone / "dist").iterdir()}
    assert again == {file.name: file.read_bytes() for file in dist.iterdir()}
    shutil.rmtree(clone)


# --- Each package refuses the other's world -------------------------------------------------------


ADVICE = {
    "native": "the native build here instead: pip install --force-reinstall kernel-exec",
    "wasm": "the wasm build here instead: kernel-exec with the tag py3-none-pyemscripten_2026_0_wasm32",
}


@pytest.mark.parametrize(("world", "other"), [("native", "wasm"), ("wasm", "native")])
def test_each_world_refuses_the_others_wheel_in_one_sentence(
    wheels: dict[str, Path], tmp_path: Path, world: str, other: str
) -> None:
    python = {"native": sys.executable, "wasm": str(ROOT / "tools/wasm-python")}[world]
    zipfile.ZipFile(wheels[other]).extractall(tmp_path)

    run = subprocess.run(
        [python, "-c", "import kernel_exec"],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert run.returncode == 1
    last = run.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: this is the {other} build of kernel_exec, for sys_platform")
    assert last.endswith(f"; install {ADVICE[world]}")
