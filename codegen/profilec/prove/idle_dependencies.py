"""A dependency that a profile declares although nothing of its tree imports it any more."""

from collections.abc import Iterator, Mapping

from profilec.config import Config
from profilec.diagnostics import Finding
from profilec.prove.dependencies import Dependencies, requirement_name
from profilec.prove.imports import imports_of
from profilec.prove.modules import is_python
from profilec.tree import SourceFile, Tree


def prove_imports_remain(
    sources: Mapping[str, SourceFile], tree: Tree, config: Config, dependencies: Dependencies
) -> Iterator[Finding]:
    """Findings PC409 of one tree: a dependency that the source imports and the tree does not."""
    profile = config.profiles[tree.profile]
    if not profile.dependencies:
        return
    before = {name for file in sources.values() for name in _top_levels(file.path, file.data)}
    after = {name for file in tree.files.values() for name in _top_levels(file.path, file.data)}
    for requirement in profile.dependencies:
        names = dependencies.top_levels(requirement) or {requirement_name(requirement).replace("-", "_")}
        if names & before and not names & after:
            message = f"the dependency `{requirement}` is no longer imported"
            hint = f"take it out of the dependencies of {profile.name}"
            yield Finding("PC409", "pyproject.toml", message=message, hint=hint, profiles=(profile.name,))


def _top_levels(path: str, data: bytes) -> frozenset[str]:
    return (
        frozenset(name.partition(".")[0] for name, _ in imports_of(path, data))
        if is_python(path)
        else frozenset()
    )
