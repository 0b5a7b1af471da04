"""What the report shows, as plain data: sizes, proofs, public names, and the fate of every line."""

from collections.abc import Iterator
from itertools import groupby

from msgspec import Struct

from profilec.diagnostics import Finding
from profilec.diagnostics.codes.proofs import FORBIDDEN
from profilec.emit.package import render_package
from profilec.fates import Fate, Kind, fates, lines_of
from profilec.project import Analysis
from profilec.prove.interface import Interface

PROOFS = (
    ("Nothing left", "No flag, marker or compiler name is in a package.", ("PC401",)),
    (
        "Resolves",
        "Every file parses; every name and import inside the package resolves.",
        ("PC402", "PC403", "PC404"),
    ),
    ("Importable", "Importing the package asks for no module that is not there.", ("PC413",)),
    ("Forbidden", "Nothing that a profile forbids can be reached.", FORBIDDEN),
    ("Parity", "Public names and signatures agree, or are declared to differ.", ("PC408",)),
    ("Dependencies", "Each package still imports what its profile depends on.", ("PC409",)),
    ("Lossless", "What was not selected from is byte for byte the source.", ("PC410",)),
)
"""Each proof with its sentence and the codes of its findings."""


class Numbers(Struct, frozen=True):
    """The size of one profile's package."""

    profile: str
    features: tuple[str, ...]
    files: int
    changed: int
    lines: int
    size: int


class Proof(Struct, frozen=True):
    """One proof: what it says, and what was found against it."""

    name: str
    sentence: str
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing but notes was found against it."""
        return all(finding.is_note for finding in self.findings)


class Line(Struct, frozen=True):
    """One line of the source: the kind of its fate by profile, and why, where that begins."""

    number: int
    text: str
    kinds: tuple[Kind, ...]
    why: str = ""


class File(Struct, frozen=True):
    """One file: the number of lines that each profile keeps, and its lines where profiles differ.

    Attributes:
        path: relative to the source root.
        shown: as findings name it.
    """

    path: str
    shown: str
    count: int
    kept: tuple[int, ...]
    lines: tuple[Line, ...]


class Name(Struct, frozen=True):
    """One public name that is not the same everywhere, with its shape in each profile."""

    name: str
    shapes: tuple[str, ...]


class Survey(Struct, frozen=True):
    """Everything that the report shows."""

    package: str
    profiles: tuple[str, ...]
    numbers: tuple[Numbers, ...]
    proofs: tuple[Proof, ...]
    others: tuple[Finding, ...]
    names: tuple[Name, ...]
    common_names: int
    files: tuple[File, ...]


def survey(analysis: Analysis) -> Survey:
    """Collect what the report shows of an analysis, whether or not there were findings."""
    profiles = tuple(analysis.project.config.profiles)
    proof_codes = {code for _, _, codes in PROOFS for code in codes}
    names, common = _names(analysis)
    return Survey(
        package=analysis.project.config.package,
        profiles=profiles,
        numbers=tuple(_numbers(analysis, profile) for profile in profiles),
        proofs=(
            tuple(Proof(name, sentence, analysis.about(codes)) for name, sentence, codes in PROOFS)
            if analysis.proved
            else ()
        ),
        others=tuple(finding for finding in analysis.findings if finding.code not in proof_codes),
        names=names,
        common_names=common,
        files=tuple(_file(analysis, path) for path in sorted(analysis.project.sources)),
    )


def _numbers(analysis: Analysis, profile: str) -> Numbers:
    config = analysis.project.config
    tree = analysis.trees[profile]
    emitted = render_package(tree, config, analysis.package.answers) if not analysis.errors else None
    files = (emitted.tree if emitted else tree).files.values()
    return Numbers(
        profile,
        tuple(sorted(config.profiles[profile].features)),
        len(files),
        sum(file.changed for file in files),
        sum(file.data.count(b"\n") for file in files if file.path.endswith((".py", ".pyi"))),
        sum(len(file.data) for file in files),
    )


def _names(analysis: Analysis) -> tuple[tuple[Name, ...], int]:
    """The public names that differ, declared or not, and the number of those that do not."""
    everything = frozenset(analysis.project.sources)
    interfaces = [Interface(tree, {}, everything, {}).entries() for tree in analysis.trees.values()]
    found = [
        Name(name, tuple(interface[name].shape if name in interface else "" for interface in interfaces))
        for name in sorted({name for interface in interfaces for name in interface})
    ]
    differing = tuple(name for name in found if len(set(name.shapes)) > 1)
    return differing, len(found) - len(differing)


def _file(analysis: Analysis, path: str) -> File:
    by_profile = [fates(analysis, path, profile) for profile in analysis.made]
    count = len(by_profile[0])
    kept = tuple(sum(fate.kind is not Kind.DROPPED for fate in found) for found in by_profile)
    is_plain = all(fate.kind is Kind.KEPT for found in by_profile for fate in found)
    shown = analysis.project.config.shown(path)
    return File(path, shown, count, kept, () if is_plain else tuple(_lines(analysis, path, by_profile)))


def _lines(analysis: Analysis, path: str, by_profile: list[tuple[Fate, ...]]) -> Iterator[Line]:
    columns = list(zip(lines_of(analysis, path), *by_profile, strict=False))
    for _, run in groupby(enumerate(columns, 1), key=lambda item: item[1][1:]):
        for position, (number, (text, *found)) in enumerate(run):
            why = _why(list(analysis.made), found) if position == 0 else ""
            yield Line(number, text, tuple(fate.kind for fate in found), why)


def _why(profiles: list[str], found: list[Fate]) -> str:
    """Why a line is not kept everywhere: each reason once, with the profiles that it holds for."""
    reasons: dict[str, list[str]] = {}
    for profile, fate in zip(profiles, found, strict=True):
        for cause in fate.causes:
            reasons.setdefault(cause.reason, []).append(profile)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
