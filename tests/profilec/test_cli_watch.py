"""`profilec build --watch`: a change is built, what the build itself writes is none."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from profilec_project import Project


def wait_for(file: Path, text: str) -> None:
    for _ in range(200):
        if file.exists() and text in file.read_text():
            return
        time.sleep(0.05)
    pytest.fail(f"{file} never held {text!r}")


@contextmanager
def watching(project: Project) -> Iterator[Path]:
    """Watch a project until the block ends; what is said about it goes into the file that is given."""
    log = project.root / "watch.log"
    command = [sys.executable, "-m", "profilec.cli", "build", "--watch"]
    with log.open("w") as file:
        process = subprocess.Popen(command, cwd=project.root, stdout=file, stderr=file)
    try:
        yield log
    finally:
        process.send_signal(signal.SIGINT)
        status = process.wait(timeout=20)
    assert status == 0


def test_a_watched_project_is_built_again_after_a_change(project: Project) -> None:
    built = project.root / "build/native/shop/jobs.py"
    project.write({"src/shop/jobs.py": "def run(): ...\n"})
    with watching(project) as log:
        wait_for(built, "def run")
        project.write({"src/shop/jobs.py": "def walk(:\n"})
        wait_for(log, "PC601")
        project.write({"src/shop/jobs.py": "def walk(): ...\n"})
        wait_for(built, "def walk")


def test_a_file_that_another_was_moved_over_is_built_whenever_that_was_written(project: Project) -> None:
    file, built = project.root / "src/shop/jobs.py", project.root / "build/native/shop/jobs.py"
    project.write({"src/shop/jobs.py": "def run(): ...\n", "new": "def sit(): ...\n"})
    written = file.stat()
    with watching(project):
        wait_for(built, "def run")
        new = project.root / "new"
        os.utime(new, ns=(written.st_atime_ns, written.st_mtime_ns))
        new.replace(file)
        wait_for(built, "def sit")


def test_a_watched_project_does_not_watch_what_is_written_about_it(project: Project) -> None:
    project.write({"src/shop/jobs.py": "def walk(:\n"})
    with watching(project) as log:
        wait_for(log, "PC601")
        time.sleep(1.5)  # several looks for a change
    assert log.read_text().count("PC601") == 1
