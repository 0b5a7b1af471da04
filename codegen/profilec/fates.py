"""What became of each line of a source file in each profile, and because of what."""

from bisect import bisect_right
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from profilec.decide import Decision
from profilec.project import Analysis
from profilec.syntax.edit import UNUSED, Cause, line_starts, outermost
from profilec.tree import packages_around


class Kind(StrEnum):
    """What became of a line."""

    KEPT = "kept"
    CHANGED = "changed"
    DROPPED = "dropped"


class Fate(Struct, frozen=True):
    """What became of one line in one profile, and the causes, each once, where it was not simply kept."""

    kind: Kind
    causes: tuple[Cause, ...] = ()


KEPT = Fate(Kind.KEPT)
FLAGS = Cause("it is the module of flags")


def lines_of(analysis: Analysis, path: str) -> list[str]:
    """The lines of a source file, in its encoding.

    Args:
        analysis: what the compiler made of the project.
        path: a file of the package, relative to the source root.
    """
    text = analysis.package.texts.get(path)
    encoding = text.encoding if text else "utf-8"
    return [line.decode(encoding, "replace") for line in analysis.project.sources[path].data.splitlines()]


def fates(analysis: Analysis, path: str, profile: str) -> tuple[Fate, ...]:
    """The fate of every line of a file, in order.

    Args:
        analysis: what the compiler made of the project.
        path: a file of the package, relative to the source root.
        profile: the name of a profile.
    """
    source, made = analysis.project.sources[path], analysis.made[profile]
    decision = made.decisions.get(path)
    text = analysis.package.texts.get(path)
    count = len(source.data.splitlines())
    if path not in made.tree.files:
        module = path.removesuffix("i") if path.endswith(".pyi") else path
        is_of_flags = module == analysis.package.flags_path
        cause = FLAGS if is_of_flags else _why_gone(path, module, made.decisions)
        return (Fate(Kind.DROPPED, (cause,)),) * count
    if decision is None or text is None or not decision.cuts:
        return (KEPT,) * count
    return _line_fates(text.content, decision)[:count]


def _why_gone(path: str, module: str, decisions: Mapping[str, Decision]) -> Cause:
    """Why a file is not in a tree: of itself, because of what it belongs to, or as nothing leads to it.

    Args:
        path: the file.
        module: the file that it is the stub of, if it is one, else itself.
        decisions: what was decided of each file.
    """
    if path in decisions and decisions[path].cause.reason:
        return decisions[path].cause
    if module in decisions and decisions[module].cause.reason:
        return Cause(f"its module is {decisions[module].cause.reason}")
    for package in packages_around(path):
        if package in decisions and decisions[package].cause.reason:
            return Cause(f"its package is {decisions[package].cause.reason}")
    return UNUSED


def _line_fates(content: str, decision: Decision) -> tuple[Fate, ...]:
    lines = content.split("\n")
    starts = line_starts(content)
    gone = [0] * len(lines)
    causes: list[dict[Cause, None]] = [{} for _ in lines]
    for cut in outermost(decision.cuts):
        line = bisect_right(starts, cut.start) - 1
        while line < len(lines) and starts[line] < cut.end:
            start, text = starts[line], lines[line]
            removed = _visible(text[max(0, cut.start - start) : cut.end - start])
            is_whole = cut.start <= start and start + len(text) < cut.end
            if removed or (is_whole and not text.strip()):
                gone[line] += removed
                causes[line][cut.cause] = None
            line += 1
    return tuple(map(_fate, map(_visible, lines), gone, causes))


def _fate(visible: int, gone: int, causes: Mapping[Cause, None]) -> Fate:
    if not causes:
        return KEPT
    return Fate(Kind.DROPPED if gone == visible else Kind.CHANGED, tuple(causes))


def _visible(text: str) -> int:
    """The number of characters that are not blank."""
    return sum(not character.isspace() for character in text)
