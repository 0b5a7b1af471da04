"""The passes in order, for a whole project: sources, one tree per profile, proofs.

What every command shares. Writes nothing and prints nothing.
"""

import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from profilec.config import Config
from profilec.diagnostics import Finding, merged
from profilec.emit.project_files import project_files
from profilec.emit.undeclared import compiled_elsewhere, told_elsewhere, undeclared
from profilec.seen import State
from profilec.sources import beside, programs, read_sources
from profilec.syntax.depth import room_for_depth
from profilec.tree import SourceFile, Tree

if TYPE_CHECKING:
    from profilec.answers import Answers
    from profilec.specialise import Specialised
    from profilec.specialise.package import Package


class Project(Struct, frozen=True):
    """A project's sources with what could not be read of them.

    Attributes:
        config: its configuration.
        sources: its files by path.
        findings: what could not be read.
        programs: the files that can be run as programs.
    """

    config: Config
    sources: Mapping[str, SourceFile]
    findings: tuple[Finding, ...] = ()
    programs: frozenset[str] = frozenset()


class Analysis(Struct, frozen=True):
    """What the compiler makes of a project.

    Attributes:
        project: what was analysed.
        package: its parsed files.
        made: what every profile makes of them, by name.
        findings: every fault once, ordered by place.
        proved: whether the trees were good enough for the proofs to be made.
        seen: what the proofs read of other packages.
    """

    project: Project
    package: "Package"
    made: Mapping[str, "Specialised"]
    findings: tuple[Finding, ...]
    proved: bool
    seen: Mapping[str, State]

    @property
    def trees(self) -> dict[str, Tree]:
        """The tree of every profile by name."""
        return {name: specialised.tree for name, specialised in self.made.items()}

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that refuse a build."""
        return tuple(finding for finding in self.findings if finding.is_error)

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The errors and warnings."""
        return tuple(finding for finding in self.findings if not finding.is_note)

    def about(self, codes: Iterable[str]) -> tuple[Finding, ...]:
        """The findings of some proofs, or what kept the proofs from being made."""
        if not self.proved:
            return self.errors
        return tuple(finding for finding in self.findings if finding.code in codes)


def open_project(config: Config) -> Project:
    """Read the sources of a project."""
    sources, findings = read_sources(config)
    return Project(config, sources, tuple(findings), programs(config, sources))


def fingerprint(project: Project, dependencies: Path | None) -> str:
    """A hash of all that the output depends on: sources, configuration, README, licence, the compiler.

    Of the dependencies it says only where they are; `Analysis.seen` says what was found there.
    """
    config = project.config
    total = hashlib.sha256(compiler_release().encode())
    if any(profile.forbid or profile.dependencies for profile in config.profiles.values()):
        installed = [sys.prefix, *(entry for entry in sys.path if entry.endswith("-packages"))]
        places = installed if dependencies is None else [str(dependencies.resolve())]
        total.update("\n".join(places).encode())
    about = {path: file.read_bytes() for path, file in project_files(config).items()}
    about["pyproject.toml"] = (config.root / "pyproject.toml").read_bytes()
    elsewhere = (*told_elsewhere(config), *compiled_elsewhere(config))
    about |= {name: words[0].string.encode() for name, words in elsewhere}
    for path, data in (*about.items(), *((source.path, source.data) for source in project.sources.values())):
        total.update(f"{path}\n{len(data)}\n".encode())
        total.update(data)
    total.update("\n".join([*sorted(project.programs), "", *sorted(beside(config))]).encode())
    return total.hexdigest()


@cache
def compiler_release() -> str:
    """A hash of the compiler itself and of what it reads, renders and formats with."""
    total = hashlib.sha256("\n".join(map(_release, ("libcst", "jinja2", "black"))).encode())
    for file in sorted(Path(__file__).parent.rglob("*")):
        if file.suffix in (".py", ".j2"):
            total.update(file.read_bytes())
    return total.hexdigest()


def known_answers(config: Config, jobs: int = 1) -> "Answers":
    """Return what the last build knew of single files; nothing is written unless they are closed."""
    from profilec.answers import Answers  # brings msgspec, which an unchanged project does without

    return Answers(config.root / config.out, f"{compiler_release()} {sys.version}", jobs)


def _release(package: str) -> str:
    """The release of an installed package, read off its metadata folder; `importlib.metadata` is slow."""
    spec = find_spec(package)
    folder = Path(spec.origin).parents[1] if spec and spec.origin else Path()
    return " ".join(sorted(path.name for path in folder.glob(f"{package}-*.dist-info")))


def analyse(
    project: Project,
    on_step: Callable[[str], None] = lambda step: None,
    *,
    dependencies: Path | None = None,
    answers: "Answers | None" = None,
) -> Analysis:
    """Make and prove the trees of all profiles.

    Proofs are about trees that were made without an error; where there was one, its consequences are not
    looked for.

    Args:
        project: what `open_project` gave.
        on_step: called with the name of each step before it begins.
        dependencies: the folder that third-party code is read in; None for the environment of the compiler.
        answers: what is known of single files; that of the last build where left out.
    """
    from profilec.prove import Dependencies, prove
    from profilec.specialise import specialise  # brings LibCST, which an unchanged project does without
    from profilec.specialise.package import read_package

    config, findings = project.config, [*project.findings, *undeclared(project.config)]
    package = read_package(project.sources, config, answers or known_answers(config))
    on_step(f"specialising for {' and '.join(config.profiles)}")
    made = specialise(package, config.profiles.values())
    for specialised in made.values():
        findings += specialised.findings
    trees = {name: specialised.tree for name, specialised in made.items()}
    third_party = Dependencies.at(dependencies)
    good = not any(finding.is_error for finding in findings)
    if good:
        on_step("proving")
        by_facts, statements = _by_facts(made), _statements(package, trees.values())
        with room_for_depth():
            findings += prove(
                project.sources, trees, config, third_party, by_facts, package.answers, statements
            )
    return Analysis(project, package, made, merged(findings), proved=good, seen=third_party.seen)


def _statements(package: "Package", trees: Iterable[Tree]) -> dict[str, tuple[tuple[int, int], ...]]:
    """The lines of the statements at the top of each file of which any tree has a changed one."""
    changed = {path for tree in trees for path, file in tree.files.items() if file.changed}
    outlines = package.outlines(sorted(changed & package.texts.keys()))
    return {path: one.statements for path, one in outlines.items()}


def _by_facts(made: Mapping[str, "Specialised"]) -> dict[str, frozenset[int]]:
    """The lines of each file that went from any tree because of facts."""
    joined: dict[str, frozenset[int]] = {}
    for specialised in made.values():
        for path, lines in specialised.by_facts.items():
            joined[path] = joined.get(path, frozenset()) | lines
    return joined
