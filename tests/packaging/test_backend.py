"""`build-backend = "profilec.backend"`: one source, and whoever builds it gets the profile that is theirs."""

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from profilec import backend

ROOT = Path(__file__).resolve().parents[2]
ROOT_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(autouse=True)
def _not_in_pyodide(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYODIDE", "PYODIDE_ABI_VERSION", "PROFILEC_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(stranger: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stranger's project, as the current folder: that is how front ends call a backend."""
    monkeypatch.chdir(stranger)
    return stranger


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def built_by(*command: str | Path, project: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a front end in a process of its own, without a network."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def text_in(wheel: Path, ending: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith(ending))).decode()


def change(file: Path, old: str, new: str) -> None:
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def unpack(sdist: Path, folder: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return folder / sdist.name.removesuffix(".tar.gz")


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# --- Which profile --------------------------------------------------------------------------------


def test_a_wheel_is_the_default_profile(project: Path, out: Path) -> None:
    name = backend.build_wheel(str(out))

    assert name == "weather_vane-2.1-py3-none-any.whl"
    assert "the wind of the desktop" in text_in(out / name, "vane/__init__.py")
    assert "the wind of the page" not in text_in(out / name, "vane/__init__.py")
    assert text_in(out / name, "entry_points.txt") == "[console_scripts]\nvane = weather_vane:main\n"


def test_a_config_setting_names_another(project: Path, out: Path) -> None:
    name = backend.build_wheel(str(out), {"profile": "page"})

    assert "the wind of the desktop" not in text_in(out / name, "vane/__init__.py")
    assert "the wind of the page" in text_in(out / name, "vane/__init__.py")


def test_inside_pyodide_build_it_is_the_profile_whose_marker_holds_there(
    project: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYODIDE", "1")
    monkeypatch.setenv("PYODIDE_ABI_VERSION", "2026_0")

    name = backend.build_wheel(str(out))

    assert name == "weather_vane-2.1-py3-none-pyemscripten_2026_0_wasm32.whl"
    assert "the wind of the page" in text_in(out / name, "vane/__init__.py")


def test_a_wheel_tag_for_the_abi_goes_before_a_marker(
    project: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = "py3-none-pyemscripten_2026_0_wasm32.pyemscripten_2027_0_wasm32"
    with (project / "pyproject.toml").open("a") as file:
        file.write(f'\n[tool.profilec.profiles.worker]\nextends = "page"\nwheel-tag = "{tag}"\n')
    monkeypatch.setenv("PYODIDE", "1")
    monkeypatch.setenv("PYODIDE_ABI_VERSION", "2027_0")

    name = backend.build_wheel(str(out))

    assert name == f"weather_vane-2.1-{tag}.whl"
    assert "this is the worker build" in text_in(out / name, "vane/__init__.py")


def test_what_the_source_runs_as_does_not_decide_what_is_built(
    project: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFILEC_PROFILE", "page")

    name = backend.build_wheel(str(out))

    assert "the wind of the desktop" in text_in(out / name, "vane/__init__.py")


# --- What a build leaves --------------------------------------------------------------------------


def test_nothing_of_one_build_is_left_in_the_project_or_met_by_the_next(project: Path, out: Path) -> None:
    before = files_of(project)
    wheels = {}
    for turn, profile in enumerate(["desktop", "page", "desktop"]):
        folder = out / str(turn)
        folder.mkdir()
        wheels[turn] = folder / backend.build_wheel(str(folder), {"profile": profile})

    assert wheels[0].read_bytes() == wheels[2].read_bytes() != wheels[1].read_bytes()
    assert files_of(project) == before


def test_the_same_bytes_come_out_of_another_folder_at_another_hour_under_another_umask(
    project: Path, out: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "moved/to"
    elsewhere.mkdir(parents=True)
    first = [out / backend.build_wheel(str(out)), out / backend.build_sdist(str(out))]
    umask = os.umask(0o077)
    try:
        for file in [*project.rglob("*.py"), project / "pyproject.toml"]:
            os.utime(file, (1_000_000_000, 1_000_000_000))
            file.chmod(0o600)
        moved = project.rename(elsewhere / "vane")
        os.chdir(moved)
        second = [elsewhere / backend.build_wheel(str(elsewhere))]
        second += [elsewhere / backend.build_sdist(str(elsewhere))]
    finally:
        os.umask(umask)

    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


# --- The sdist ------------------------------------------------------------------------------------


def test_an_sdist_holds_the_default_profile_and_nothing_of_the_compiler(project: Path, out: Path) -> None:
    unpacked = unpack(out / backend.build_sdist(str(out)), out)

    assert files_of(unpacked) == {"PKG-INFO", "README.md", "pyproject.toml", "weather_vane/__init__.py"}
    assert not any(b"profilec" in (unpacked / name).read_bytes() for name in files_of(unpacked))


def test_python_build_makes_the_same_wheel_from_the_sdist_where_there_is_no_compiler(
    project: Path, out: Path, tmp_path: Path
) -> None:
    backend.build_wheel(str(out))
    unpacked = unpack(out / backend.build_sdist(str(out)), tmp_path)
    absent = tmp_path / "absent/profilec"
    absent.mkdir(parents=True)
    (absent / "__init__.py").write_text('raise ImportError("there is no compiler here")\n')

    run = built_by(
        *("build", "--wheel", "--no-isolation", "--outdir", tmp_path / "again"),
        project=unpacked,
        PYTHONPATH=str(absent.parent),
    )

    assert run.returncode == 0, run.stdout + run.stderr
    [first], [second] = out.glob("*.whl"), (tmp_path / "again").glob("*.whl")
    assert (first.name, first.read_bytes()) == (second.name, second.read_bytes())


# --- Editable -------------------------------------------------------------------------------------


def installed_editable(project: Path, out: Path) -> Callable[..., str]:
    """Unpack the editable wheel as an installer does; running code in it gives what the code printed."""
    site = out / "site"
    zipfile.ZipFile(out / backend.build_editable(str(out))).extractall(site)

    def python(code: str, **environment: str) -> str:
        program = f"import site; site.addsitedir({str(site)!r}); {code}"
        command = [sys.executable, "-c", program]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            command, env={**kept, **environment}, cwd=out, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout

    return python


def test_an_editable_installation_sees_a_changed_line_and_runs_as_the_default_profile(
    project: Path, out: Path
) -> None:
    python = installed_editable(project, out)
    first = python("import weather_vane as v; print(v.wind())")

    change(project / "src/weather_vane/__init__.py", "the wind of the", "a light breeze of the")

    assert first == "the wind of the desktop\n"
    assert python("import weather_vane as v; v.main()") == "a light breeze of the desktop\n"


def test_an_editable_installation_runs_as_the_profile_that_the_environment_names(
    project: Path, out: Path
) -> None:
    python = installed_editable(project, out)

    assert python("import weather_vane as v; v.main()", PROFILEC_PROFILE="page") == "the wind of the page\n"


def test_an_editable_installation_needs_the_markers_and_the_wheel_does_not(project: Path, out: Path) -> None:
    assert "Requires-Dist" not in text_in(out / backend.build_wheel(str(out)), "METADATA")
    assert "Requires-Dist: profilec\n" in text_in(out / backend.build_editable(str(out)), "METADATA")


def test_this_repository_makes_its_own_compiler_importable_beside_the_source(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)

    wheel = out / backend.build_editable(str(out))

    assert text_in(wheel, ".pth").splitlines() == [f"{ROOT}/codegen", f"{ROOT}/kernel_exec_src"]
    assert "Requires-Dist: profilec" not in text_in(wheel, "METADATA")


# --- What a front end has to install --------------------------------------------------------------


def test_a_build_requires_hatchling_and_what_the_proofs_read(project: Path) -> None:
    change(
        project / "pyproject.toml",
        "[tool.profilec.profiles.page]",
        '[tool.profilec.profiles.page]\nforbid = ["ssl"]',
    )
    change(
        project / "pyproject.toml",
        'dynamic = ["dependencies", ',
        "dependencies = [\"idna; os_name == 'nt'\"]\ndynamic = [",
    )

    assert backend.get_requires_for_build_wheel() == ["hatchling>=1.27", "idna"]
    assert backend.get_requires_for_build_sdist() == ["hatchling>=1.27", "idna"]
    assert backend.get_requires_for_build_editable() == ["hatchling>=1.27"]


def test_this_repository_requires_for_its_compiler_what_the_compiler_depends_on() -> None:
    compiler = tomllib.loads((ROOT / "codegen/pyproject.toml").read_text())["project"]

    assert ROOT_PROJECT["build-system"]["requires"] == compiler["dependencies"]


# --- Refusals -------------------------------------------------------------------------------------


def without_profiles(project: Path) -> None:
    file = project / "pyproject.toml"
    file.write_text(file.read_text().partition("[tool.profilec]")[0])


def with_a_broken_source(project: Path) -> None:
    change(project / "src/weather_vane/__init__.py", "def wind()", "def wind(")


def with_a_misspelt_flag(project: Path) -> None:
    change(project / "src/weather_vane/__init__.py", "if PAGE", "if PAEG")
    change(project / "src/weather_vane/__init__.py", "import PAGE", "import PAEG")


def with_a_readme_that_is_not_there(project: Path) -> None:
    change(project / "pyproject.toml", "[project]", '[project]\nreadme = "MANUAL.md"')


def with_a_version_that_is_none(project: Path) -> None:
    change(project / "pyproject.toml", 'version = "', 'version = "about ')


REFUSALS: dict[str, tuple[Callable[[Path], None], dict[str, str | list[str]], list[str]]] = {
    "no profiles": (without_profiles, {}, ["pyproject.toml: PC001", "`[tool.profilec]`", "profilec init"]),
    "broken source": (with_a_broken_source, {}, ["src/weather_vane/__init__.py:6", "built as desktop"]),
    "misspelt flag": (with_a_misspelt_flag, {}, ["__init__.py:3", "PAEG", "did you mean `PAGE`?"]),
    "missing readme": (with_a_readme_that_is_not_there, {}, ["pyproject.toml:7:10: PC006", "MANUAL.md"]),
    "not a version": (with_a_version_that_is_none, {}, ["pyproject.toml, [project]", "about "]),
    "unknown profile": (lambda _: None, {"profile": "pag"}, ["unknown profile `pag`: did you mean `page`?"]),
    "two profiles": (lambda _: None, {"profile": ["page", "desktop"]}, ["not page and desktop: build twice"]),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_project_that_cannot_be_built_gets_one_clear_error(
    project: Path, out: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    spoil, settings, words = REFUSALS[name]
    spoil(project)

    with pytest.raises(SystemExit) as refusal:
        backend.build_wheel(str(out), settings)

    said = capsys.readouterr().err + str(refusal.value.code)
    assert [word for word in words if word not in said] == []
    assert files_of(out) == set()


def test_an_abi_that_no_profile_is_for_is_named_with_those_that_there_are(
    project: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PYODIDE", "1")
    monkeypatch.setenv("PYODIDE_ABI_VERSION", "2031_0")

    with pytest.raises(SystemExit, match=r"ABI 2031_0.*that of wasm is py3-none-pyemscripten_2026_0_wasm32"):
        backend.build_wheel(str(out))


def test_a_profile_that_is_named_for_an_editable_installation_is_refused(project: Path, out: Path) -> None:
    with pytest.raises(SystemExit, match="PROFILEC_PROFILE"):
        backend.build_editable(str(out), {"profile": "page"})


def test_a_front_end_shows_the_error_and_no_traceback(project: Path, out: Path) -> None:
    with_a_misspelt_flag(project)

    run = built_by("build", "--wheel", "--no-isolation", "--outdir", out, project=project)

    assert run.returncode == 1
    assert "did you mean `PAGE`?" in run.stderr + run.stdout
    assert "Traceback" not in run.stderr + run.stdout
