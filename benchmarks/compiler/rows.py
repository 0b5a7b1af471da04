"""What is compared with what, and how low it has to be."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.compiler.processes import Cost, build, python, run
from benchmarks.compiler.projects import annotated, generated, lines, standard_library

_AST = """
import ast, pathlib, sys, warnings
warnings.simplefilter("ignore")
for file in pathlib.Path(sys.argv[1]).rglob("*.py"):
    ast.parse(file.read_bytes())
"""
_LIBCST = """
import libcst, pathlib, sys
for file in sys.argv[1:]:
    libcst.parse_module(pathlib.Path(file).read_bytes())
"""
_IMPORTED = """
import sys
from profilec.cli import run
sys.exit(run(["build", "-C", sys.argv[1]]) or "libcst" in sys.modules)
"""


@dataclass(frozen=True)
class Row:
    """One line of the table: what was compared, the ratio or the seconds, and the goal."""

    name: str
    value: float
    goal: float
    unit: str = "x"
    at_least: bool = False

    @property
    def is_reached(self) -> bool:
        """Whether the goal is reached."""
        return self.value >= self.goal if self.at_least else self.value <= self.goal


_TURNS = 3


def cold(root: Path, *options: str) -> Cost:
    """Build a project as if for the first time."""
    shutil.rmtree(root / "build", ignore_errors=True)
    return build(root, *options)


def least(*measured: Callable[[], float]) -> list[float]:
    """The least of some measurements of each, made in turns: nothing else that runs makes one smaller."""
    turns = [[one() for one in measured] for _ in range(_TURNS)]
    return [min(found) for found in zip(*turns, strict=True)]


def unannotated(place: Path) -> Iterator[Row]:
    """The standard library as it is: every file is ruled out."""
    proved = standard_library(place / "proved", forbid=True)
    built, parsed = least(lambda: cold(proved).cpu, lambda: python(_AST, proved / "src").cpu)
    yield Row("unannotated, all proofs / one ast.parse", built / parsed, 1.5)
    free = standard_library(place / "free")
    built, copied = least(lambda: cold(free).cpu, lambda: _copied(free / "src", place / "copy"))
    yield Row("unannotated, nothing forbidden / cp -r for each profile", built / copied / 2, 5)


def _copied(source: Path, target: Path) -> float:
    shutil.rmtree(target, ignore_errors=True)
    return run("cp", "-r", source, target).cpu


def every_fifth(place: Path) -> Iterator[Row]:
    """The standard library with an annotation in every fifth file."""
    root = standard_library(place / "fifth", annotate_every=5)
    files = list(annotated(root))
    built, parsed = least(lambda: cold(root).cpu, lambda: python(_LIBCST, *files).cpu)
    yield Row("every fifth file annotated / bare LibCST parse of those", built / parsed, 1.5)
    yield Row(
        "every fifth file annotated, thousand lines a second", lines(root) / built / 1000, 100, "", True
    )
    alone, together = least(lambda: cold(root).wall, lambda: cold(root, "--jobs", "2").wall)
    yield Row("every fifth file annotated, one job / --jobs 2, elapsed", alone / together, 1.7, "x", True)


def warm(place: Path) -> Iterator[Row]:
    """A tree of a thousand files that is built already."""
    root = generated(place / "thousand", 1000)
    edited = root / "src/big/part0003/module320.py"
    cold(root)

    def edit() -> float:
        edited.write_text(edited.read_text(encoding="utf-8") + "\nlast = 1\n", encoding="utf-8")
        return build(root).cpu

    unchanged, changed = least(lambda: python(_IMPORTED, root).cpu, edit)
    yield Row("nothing changed, without LibCST", unchanged, 0.2, "s")
    yield Row("one file of a thousand edited", changed, 0.5, "s")


def growth(place: Path, factor: int) -> Iterator[Row]:
    """A tree and one of `factor` times as many files."""
    small, large = cold(generated(place / "small", 1000)), cold(generated(place / "large", 1000 * factor))
    yield Row(f"CPU time for each file, {factor} times as many files", large.cpu / small.cpu / factor, 1.1)
    yield Row(f"memory, {factor} times as many files", large.peak / small.peak, 1.2)


def hundred_thousand(place: Path) -> Iterator[Row]:
    """A tree of a hundred thousand files against one of ten thousand; takes many minutes."""
    small, large = cold(generated(place / "small", 10_000)), cold(generated(place / "large", 100_000))
    yield Row("CPU time for each file, 100,000 files / 10,000", large.cpu / small.cpu / 10, 1.1)
    yield Row("memory, 100,000 files / 10,000", large.peak / small.peak, 1.2)


def groups(factor: int) -> tuple[Callable[[Path], Iterator[Row]], ...]:
    """Every group of rows; each is given a folder of its own."""
    return unannotated, every_fifth, warm, lambda place: growth(place, factor)
