"""Large bodies of other people's code, fetched once into `build/corpora`: none of it is committed.

A corpus is a folder that holds one package to compile. What no parser reads in it is named, so that the
configuration copies it.
"""

import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, ignore_patterns

FOLDER = Path(__file__).resolve().parents[2] / "build/corpora"


@dataclass(frozen=True)
class Corpus:
    """One body of code.

    Attributes:
        package: what is compiled, a folder below the one that `fetch` fills.
        copied: patterns of files that are no Python of any version that a parser reads.
    """

    package: str
    fetch: Callable[[Path], None]
    copied: tuple[str, ...] = ()

    def folder(self, name: str) -> Path:
        """Return the folder that holds the package, fetched if it is not there yet."""
        folder = FOLDER / name
        if not (folder / self.package).is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            self.fetch(folder)
        return folder


def _download(requirement: str, folder: Path, *options: str) -> Path:
    """Fetch one file from the package index with pip."""
    command = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", "download", "--no-deps"]
    subprocess.run([*command, *options, "-d", str(folder), requirement], check=True)
    return next(file for file in folder.iterdir() if file.suffix in (".whl", ".gz"))


def _wheel(requirement: str) -> Callable[[Path], None]:
    def fetch(folder: Path) -> None:
        with zipfile.ZipFile(_download(requirement, folder, "--only-binary", ":all:")) as packed:
            packed.extractall(folder)

    return fetch


def _source(requirement: str, within: str, package: str) -> Callable[[Path], None]:
    def fetch(folder: Path) -> None:
        with tarfile.open(_download(requirement, folder, "--no-binary", ":all:")) as packed:
            packed.extractall(folder, filter="data")
        (found,) = folder.glob(within)
        copytree(found, folder / package)

    return fetch


def source_distribution(requirement: str) -> Path:
    """Return the folder of a project as its maintainers published it, fetched if it is not there yet."""
    folder = FOLDER / requirement
    if not any(folder.glob("*/PKG-INFO")):
        folder.mkdir(parents=True, exist_ok=True)
        name = requirement.partition("==")[0]
        with tarfile.open(_download(requirement, folder, "--no-binary", name)) as packed:
            packed.extractall(folder, filter="data")
    (found,) = folder.glob("*/PKG-INFO")
    return found.parent


def wheel(requirement: str) -> Path:
    """Return the folder with what a wheel holds, fetched if it is not there yet."""
    folder = FOLDER / requirement
    if not any(folder.glob("*.dist-info")):
        folder.mkdir(parents=True, exist_ok=True)
        _wheel(requirement)(folder)
    return folder


def _standard_library(folder: Path) -> None:
    unwanted = ignore_patterns("__pycache__", "site-packages", "*.so", "config-*", "lib-dynload")
    copytree(sysconfig.get_path("stdlib"), folder / "stdlib", ignore=unwanted)


CORPORA = {
    "standard-library": Corpus(
        "stdlib",
        _standard_library,
        (
            "stdlib/test/badsyntax_pep3120.py",
            "stdlib/test/tokenizedata/bad*",
            "stdlib/test/test_lib2to3/data/**",
            "stdlib/lib2to3/tests/data/**",
        ),
    ),
    "django": Corpus("django", _wheel("django==6.1.3"), ("django/conf/*_template/**",)),
    "sympy": Corpus("sympy", _wheel("sympy==1.14.0")),
    "black-cases": Corpus(
        "cases",
        _source("black==26.10.1", "black-*/tests/data/cases", "cases"),
        ("cases/pep_572_do_not_remove_parens.py", "cases/pep_750.py", "cases/tstring_prefix_*.py"),
    ),
}
