"""What a build proves before it writes: one file per proof, each a function from trees to findings.

The proofs know nothing of how a tree was made. They take the sources, the trees and the configuration.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from profilec.answers import Answers
from profilec.config import Config
from profilec.diagnostics import Finding
from profilec.prove.calls import prove_calls
from profilec.prove.changes import changes_of
from profilec.prove.entry_points import prove_entry_points
from profilec.prove.forbidden import interest_in_forbidden, prove_forbidden
from profilec.prove.idle_dependencies import prove_imports_remain
from profilec.prove.importable import prove_importable
from profilec.prove.lossless import prove_lossless
from profilec.prove.members import prove_members
from profilec.prove.names.differences import Lines
from profilec.prove.names.reach import Reaches
from profilec.prove.nothing_left import prove_nothing_left
from profilec.prove.parity import prove_parity
from profilec.prove.resolves import prove_resolves
from profilec.prove.third_party.dependencies import Dependencies
from profilec.tree import SourceFile, Tree

__all__ = ["Dependencies", "prove"]


def prove(
    sources: Mapping[str, SourceFile],
    trees: Mapping[str, Tree],
    config: Config,
    dependencies: Dependencies,
    by_facts: Mapping[str, frozenset[int]],
    answers: Answers,
    statements: Mapping[str, tuple[Lines, ...]],
) -> Iterator[Finding]:
    """Every finding of every proof about the trees of a project.

    Args:
        sources: the files of the source root by path.
        trees: the tree of every profile by name.
        config: the project's configuration.
        dependencies: where third-party code is read.
        by_facts: the lines of each source file that went from some tree because of facts.
        answers: what is known of single files.
        statements: the lines of the statements at the top of changed source files.
    """
    changes = changes_of(sources, trees, config, answers, statements)
    reaches = Reaches(interest_in_forbidden(config), answers)
    told = set()
    for tree in trees.values():
        left = list(prove_nothing_left(sources, tree, config, answers, changes[tree.profile]))
        yield from left
        yield from prove_lossless(sources, tree, config)
        lost = list(prove_resolves(sources, tree, config, reaches, changes[tree.profile], by_facts))
        above = {_place(finding) for finding in left}  # what is left of the module of flags is lost as well
        told |= {_place(finding) for finding in lost}
        lost = [finding for finding in lost if _place(finding) not in above]
        lost += prove_members(sources, tree, config, by_facts, changes[tree.profile])
        lost += prove_calls(sources, tree, config, by_facts, changes[tree.profile])
        yield from _once_for_each_file(lost)
        yield from prove_forbidden(sources, tree, config, dependencies, reaches)
        yield from prove_importable(sources, tree, config, reaches)
        yield from prove_imports_remain(sources, tree, config, dependencies, reaches)
        yield from prove_entry_points(sources, tree, config, answers)
    different = prove_parity(sources, trees, config, by_facts, changes, answers)
    yield from (finding for finding in different if _place(finding) not in told)  # what is lost is different


def _once_for_each_file(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The first place of each fault of a file, with the lines of the others."""
    alike: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.path, finding.code, finding.message), []).append(finding)
    for places in alike.values():
        first = min(places, key=_place)
        yield replace(first, also=tuple(sorted({one.line for one in places} - {first.line})))


def _place(finding: Finding) -> tuple[str, int, int]:
    return finding.path, finding.line, finding.column
