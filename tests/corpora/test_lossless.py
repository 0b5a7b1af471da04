"""Code that nobody annotated comes out byte for byte at the size of real libraries, the same each time."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from corpora import CORPORA, Corpus

CONFIGURATION = """\
[project]
name = "corpus"
version = "1"
license = "MIT"

[tool.profilec]
package = "{package}"
copy = {copied}
out = "out"

[tool.profilec.profiles.native]
[tool.profilec.profiles.wasm]
"""


def build(corpus: Corpus, project: Path, **environment: str) -> Path:
    """Compile a corpus in a process of its own, into a folder that is not there yet, and return it."""
    shutil.rmtree(project / "out", ignore_errors=True)
    configure(corpus, project, CONFIGURATION)
    ran = profilec(project, "build", **environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return project / "out"


def configure(corpus: Corpus, project: Path, configuration: str) -> None:
    """Write the configuration of a project."""
    written = configuration.format(package=corpus.package, copied=list(corpus.copied))
    (project / "pyproject.toml").write_text(written, encoding="utf-8")


def profilec(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "profilec.cli", "-C", str(project), *arguments]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


def files(folder: Path) -> dict[str, str]:
    """Return the hash of every file below a folder, bytecode left out."""
    found = (file for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix != ".pyc")
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in found
    }


FORBIDDEN = f'{CONFIGURATION}forbid = ["threading", "socket", "subprocess", "ssl", "os.fork"]\n'


@pytest.mark.parametrize("name", CORPORA)
def test_the_proofs_come_to_an_end_on_all_of_it(name: str) -> None:
    corpus = CORPORA[name]
    project = corpus.folder(name)
    configure(corpus, project, FORBIDDEN)
    ran = profilec(project, "build")
    assert ran.returncode in (0, 1), ran.stderr[-2000:]
    assert "internal error" not in ran.stderr


@pytest.mark.parametrize("name", CORPORA)
def test_code_without_annotations_comes_out_byte_for_byte(name: str) -> None:
    corpus = CORPORA[name]
    project = corpus.folder(name)
    out = build(corpus, project)
    source = files(project / corpus.package)
    for profile in ("native", "wasm"):
        assert files(out / profile / corpus.package) == source


def test_the_hash_seed_changes_no_byte() -> None:
    corpus = CORPORA["black-cases"]
    project = corpus.folder("black-cases")
    first, second = (files(build(corpus, project, PYTHONHASHSEED=seed)) for seed in ("1", "2"))
    assert first == second
