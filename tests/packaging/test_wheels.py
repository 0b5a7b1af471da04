"""The trees become wheels of one version, and each world installs its own and refuses the other's."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TREES = {"native": "py3-none-any", "wasm": "py3-none-pyemscripten_2026_0_wasm32"}


def pip(*arguments: str | Path) -> None:
    """Run pip without a network: what it needs has to be here."""
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--no-index", "--no-deps"]
    subprocess.run(command, check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build both wheels, from copies of the trees, because a build leaves files behind."""
    folder = tmp_path_factory.mktemp("wheels")
    for profile in TREES:
        shutil.copytree(ROOT / "build" / profile, folder / profile)
        pip("wheel", folder / profile, "--no-build-isolation", f"--wheel-dir={folder / 'dist'}")
    return {profile: next((folder / "dist").glob(f"*-{tag}.whl")) for profile, tag in TREES.items()}


@pytest.fixture(scope="module")
def installed(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Unpack each wheel into a folder of its own, as an installer does for its own world."""
    folder = tmp_path_factory.mktemp("installed")
    for profile, wheel in wheels.items():
        zipfile.ZipFile(wheel).extractall(folder / profile)
    return {profile: folder / profile for profile in wheels}


def imports_kernel(world: str, installed: Path) -> subprocess.CompletedProcess[str]:
    python = {"native": sys.executable, "wasm": str(ROOT / "tools/wasm-python")}[world]
    command = [python, "-c", "import kernel_exec; print(kernel_exec.__file__)"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(installed)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def metadata(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return archive.read(name).decode()


def test_both_wheels_of_one_version_carry_the_same_metadata(wheels: dict[str, Path]) -> None:
    assert metadata(wheels["native"]) == metadata(wheels["wasm"])


@pytest.mark.parametrize("profile", TREES)
def test_a_wheel_holds_the_package_its_types_and_its_licence_and_nothing_of_the_build(
    wheels: dict[str, Path], profile: str
) -> None:
    names = zipfile.ZipFile(wheels[profile]).namelist()

    assert {name.partition("/")[0] for name in names} == {"kernel_exec", "kernel_exec-0.1.0.dist-info"}
    assert "kernel_exec/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any("__pycache__" in name or "profilec" in name for name in names)


def test_pip_takes_the_native_wheel_when_both_are_offered(wheels: dict[str, Path], tmp_path: Path) -> None:
    pip("install", "kernel-exec", f"--find-links={wheels['native'].parent}", f"--target={tmp_path}")

    assert imports_kernel("native", tmp_path).stdout == f"{tmp_path}/kernel_exec/__init__.py\n"
    assert (tmp_path / "bin/kernel-exec").exists()


@pytest.mark.parametrize("world", TREES)
def test_each_world_imports_its_own_wheel(installed: dict[str, Path], world: str) -> None:
    run = imports_kernel(world, installed[world])

    assert (run.stdout, run.returncode) == (f"{installed[world]}/kernel_exec/__init__.py\n", 0), run.stderr


@pytest.mark.parametrize(("world", "other"), [("native", "wasm"), ("wasm", "native")])
def test_each_world_refuses_the_others_wheel_in_one_sentence(
    installed: dict[str, Path], world: str, other: str
) -> None:
    run = imports_kernel(world, installed[other])

    assert run.returncode == 1
    last = run.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: this is the {other} build of kernel_exec")
    assert "install" in last
