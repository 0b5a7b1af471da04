"""`profilec build` and `profilec check`, run as a user runs them."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from profilec_project import Project

JOBS = '''
    """Runs jobs."""

    import threading

    from shop._profile import THREADS


    def run(job):
        """Run a job."""
        if THREADS:
            threading.Thread(target=job).start()
        else:
            job()
    '''


@pytest.fixture
def shop(project: Project) -> Project:
    """A package that runs its jobs on threads where there are any."""
    project.write(
        {"src/shop/jobs.py": JOBS, "src/shop/py.typed": "", "src/shop/data/prices.bin": b"\x00\xff"}
    )
    return project


def test_every_profile_gets_its_package(shop: Project) -> None:
    ran = shop.run("build")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    files = shop.files()
    assert files["native/shop/jobs.py"] == (
        b'"""Runs jobs."""\n\nimport threading\n\n\ndef run(job):\n    """Run a job."""\n'
        b"    threading.Thread(target=job).start()\n"
    )
    assert (
        files["wasm/shop/jobs.py"]
        == b'"""Runs jobs."""\n\n\ndef run(job):\n    """Run a job."""\n    job()\n'
    )
    for name in ("native", "wasm"):
        assert files[f"{name}/shop/py.typed"] == b""
        assert files[f"{name}/shop/data/prices.bin"] == b"\x00\xff"
        assert f"{name}/shop/_profile.py" not in files


def test_one_profile_is_built_alone(shop: Project) -> None:
    assert shop.run("build", "wasm").code == 0
    assert not (shop.root / "build" / "native").exists()


def test_a_fault_in_another_profile_refuses_the_build_too(shop: Project) -> None:
    shop.write({"src/shop/b.py": "from shop._profile import THREADS\nif THREADS:\n    x = 1\ny = x\n"})
    ran = shop.run("build", "native")
    assert ran.code == 1
    assert "[wasm]" in ran.out
    assert [entry.name for entry in (shop.root / "build").iterdir()] == [".answers"]


def test_two_builds_of_one_source_are_the_same_bytes(shop: Project, tmp_path: Path) -> None:
    trees = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(
            [sys.executable, "-m", "profilec.cli", "build"], cwd=shop.root, env=environment, check=True
        )
        trees.append(shop.files())
        for name in ("native", "wasm"):
            (shop.root / "build" / name / "profilec-manifest.json").unlink()
            (shop.root / "build" / name).rename(tmp_path / f"{name}-{seed}")
    assert trees[0] == trees[1]


def test_a_second_build_writes_nothing(shop: Project) -> None:
    shop.run("build")
    folder = shop.root / "build" / "native"
    before = folder.stat().st_ino
    assert shop.run("build").code == 0
    assert folder.stat().st_ino == before


def test_a_second_build_does_not_import_libcst(shop: Project) -> None:
    shop.run("build")
    code = (
        "import sys; from profilec.cli import run; assert run(['build']) == 0;"
        "print([name for name in ('libcst', 'jinja2', 'black', 'rich') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=shop.root, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize(
    "change",
    [
        {"src/shop/jobs.py": "x = 1\n"},
        {"src/shop/new.py": "x = 1\n"},
        {"README.md": "# Shop\n"},
        {"LICENSE": "Free\n"},
    ],
)
def test_a_change_is_built(change: dict[str, str], shop: Project) -> None:
    shop.run("build")
    shop.write(change)
    assert shop.run("build", "--check").code == 1
    assert shop.run("build").code == 0
    assert shop.run("build", "--check").code == 0
    (path, content), *_ = change.items()
    assert shop.read(f"build/native/{path.removeprefix('src/')}") == content


def test_a_removed_source_goes_from_the_output(shop: Project) -> None:
    shop.run("build")
    (shop.root / "src" / "shop" / "jobs.py").unlink()
    (shop.root / "build" / "wasm" / "shop" / "stray.py").write_text("x = 1\n")
    assert shop.run("build").code == 0
    assert not (shop.root / "build" / "native" / "shop" / "jobs.py").exists()
    assert not (shop.root / "build" / "wasm" / "shop" / "stray.py").exists()


def test_check_says_what_drifted_and_writes_nothing(shop: Project) -> None:
    shop.run("build")
    before = shop.files()
    shop.write({"src/shop/jobs.py": "x = 1\n", "src/shop/new.py": ""})
    ran = shop.run("build", "--check", "--json")
    assert ran.code == 1
    assert {(finding["code"], finding["path"]) for finding in ran.json["findings"]} >= {
        ("PC503", "build/native/shop/jobs.py"),
        ("PC503", "build/wasm/shop/new.py"),
    }
    assert shop.files() == before


def test_a_generated_file_changed_by_hand_stops_the_build(shop: Project) -> None:
    shop.run("build")
    file = shop.root / "build" / "wasm" / "shop" / "jobs.py"
    file.write_text("mine = 1\n")
    shop.write({"src/shop/new.py": ""})
    ran = shop.run("build", "--json")
    assert (ran.code, ran.codes) == (1, ["PC501"])
    assert ran.json["findings"][0]["path"] == "build/wasm/shop/jobs.py"
    assert file.read_text() == "mine = 1\n"
    assert not (shop.root / "build" / "native" / "shop" / "new.py").exists()


def test_a_generated_file_that_was_removed_comes_back(shop: Project) -> None:
    shop.run("build")
    before = shop.files()
    (shop.root / "build" / "wasm" / "shop" / "jobs.py").unlink()
    assert shop.run("build").code == 0
    assert shop.files() == before


def test_a_folder_that_is_not_ours_is_left_alone(shop: Project) -> None:
    shop.write({"build/native/thesis.txt": "Years of work.\n"})
    ran = shop.run("build", "--json")
    assert (ran.code, ran.codes) == (1, ["PC502"])
    assert shop.files() == {"native/thesis.txt": b"Years of work.\n"}


MISTAKES = {
    "a wrong configuration": ({"pyproject.toml": "[tool.profilec]\npackage = 1\n"}, 2, "PC004"),
    "broken TOML": ({"pyproject.toml": "[tool.profilec]\npackage = shop\n"}, 2, "PC002"),
    "an unknown flag": (
        {"src/shop/b.py": "from shop._profile import THREAD\nif THREAD:\n    x = 1\n"},
        1,
        "PC101",
    ),
    "a syntax error in an annotated file": (
        {"src/shop/b.py": "from shop._profile import THREADS\nif THREADS\n    x = 1\n"},
        1,
        "PC601",
    ),
    "a syntax error in another file": ({"src/shop/b.py": "def f(:\n    pass\n"}, 1, "PC601"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_diagnostic_and_leaves_the_output_alone(name: str, shop: Project) -> None:
    change, exit_code, code = MISTAKES[name]
    shop.run("build")
    before = shop.files()
    shop.write(change)
    for command in ("build", "check"):
        ran = shop.run(command, "--json")
        assert (ran.code, code in ran.codes) == (exit_code, True)
        assert len(ran.codes) == len(set(map(str, ran.json["findings"])))
        shown = shop.run(command)
        assert code in shown.out + shown.err
        assert "Traceback" not in shown.out + shown.err
    assert shop.files() == before


def test_a_missing_source_folder_is_one_diagnostic(shop: Project) -> None:
    shop.run("build")
    before = shop.files()
    (shop.root / "src").rename(shop.root / "moved")
    ran = shop.run("build")
    assert ran.code == 2
    assert "PC006 the source folder `src` does not exist" in ran.err
    assert shop.files() == before


def test_check_is_silent_where_all_is_well(shop: Project) -> None:
    ran = shop.run("check")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert not (shop.root / "build").exists()


def test_while_a_file_cannot_be_read_nothing_is_said_of_features_that_it_may_use(shop: Project) -> None:
    shop.write({"src/shop/jobs.py": "from shop._profile import THREADS\nif THREADS\n    x = 1\n"})
    ran = shop.run("check", "--json")
    assert (ran.code, set(ran.codes)) == (1, {"PC601"})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build", "wsm"], "unknown profile `wsm`: did you mean `wasm`?"),
        (["bild"], "unknown command `bild`: did you mean `build`?"),
        (["build", "--chek"], "No such option"),
        (["build", "-C", "nowhere"], "nowhere: No such file or directory"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_two(
    arguments: list[str], message: str, project: Project
) -> None:
    ran = project.run(*arguments)
    assert ran.code == 2
    assert message in ran.err


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_folder_can_be_named_before_and_after_the_command(
    place: str, shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    folder = str(shop.root)
    arguments = ["-C", folder, "check"] if place == "before" else ["check", "-C", folder]
    ran = subprocess.run([sys.executable, "-m", "profilec.cli", *arguments], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_fault_of_the_compiler_is_told_without_a_traceback(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr("profilec.build.analyse", fail)
    ran = shop.run("build")
    assert ran.code == 3
    assert "internal error: KeyError" in ran.err
    assert "Traceback" not in ran.err


def test_an_interruption_is_told_without_a_traceback(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("profilec.build.analyse", interrupt)
    ran = shop.run("build")
    assert (ran.code, ran.err.strip()) == (130, "interrupted")


def test_an_interruption_while_the_command_is_being_imported_is_told_without_a_traceback(
    tmp_path: Path,
) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "profilec.cli", "build"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (130, "interrupted\n")


def test_a_build_needs_no_standard_error(shop: Project) -> None:
    closed = ["sh", "-c", 'exec "$@" 2>&-', "sh"]
    command = [*closed, sys.executable, "-m", "profilec.cli", "-C", str(shop.root), "build"]
    assert subprocess.run(command).returncode == 0


@pytest.mark.parametrize("arguments", [["explain", "PC405"], ["check", "--json"], ["--help"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_written_is_told_in_one_sentence(
    arguments: list[str], unbuffered: str, shop: Project
) -> None:
    command = [sys.executable, "-m", "profilec.cli", "-C", str(shop.root), *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment)
    assert ran.stderr == "profilec: the output cannot be written: No space left on device\n"
    assert ran.returncode == 1


def test_what_cannot_be_read_is_a_finding(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    monkeypatch.setattr("profilec.sources.os.scandir", refuse)
    ran = shop.run("check", "--json")
    (finding,) = ran.json["findings"]
    assert (ran.code, finding["code"], finding["path"]) == (1, "PC610", "src/shop")
    monkeypatch.undo()
    monkeypatch.setattr(Path, "read_bytes", refuse)
    ran = shop.run("check", "--json")
    (finding,) = ran.json["findings"]
    assert (ran.code, finding["code"], finding["path"]) == (2, "PC001", "pyproject.toml")
