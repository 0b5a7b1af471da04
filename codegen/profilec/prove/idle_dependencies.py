"""A dependency that a profile declares although nothing of its tree imports it any more."""

from collections.abc import Iterable, Iterator, Mapping

from profilec.config import Config, at_entry
from profilec.diagnostics import Finding
from profilec.prove.names.modules import is_python
from profilec.prove.names.reach import Reaches
from profilec.prove.third_party.dependencies import Dependencies, requirement_name
from profilec.tree import SourceFile, Tree


def prove_imports_remain(
    sources: Mapping[str, SourceFile],
    tree: Tree,
    config: Config,
    dependencies: Dependencies,
    reaches: Reaches,
) -> Iterator[Finding]:
    """Findings PC409 of one tree: a dependency that the source imports and the tree does not."""
    profile = config.profiles[tree.profile]
    if not profile.dependencies:
        return
    before = _top_levels(sources.values(), reaches)
    after = _top_levels((SourceFile(file.path, file.data) for file in tree.files.values()), reaches)
    for requirement in profile.dependencies:
        names = dependencies.top_levels(requirement) or {requirement_name(requirement).replace("-", "_")}
        if names & before and not names & after:
            message = f"the dependency `{requirement}` is no longer imported"
            hint = f"take it out of the dependencies of {profile.name}"
            finding = Finding("PC409", "pyproject.toml", message=message, hint=hint, profiles=(profile.name,))
            yield at_entry(finding, config, "dependencies", requirement)


def _top_levels(files: Iterable[SourceFile], reaches: Reaches) -> frozenset[str]:
    found = reaches.ask(file for file in files if is_python(file.path))
    return frozenset(name.partition(".")[0] for one in found for name, _ in one.imports or ())
