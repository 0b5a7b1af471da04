"""Proof that what entry points name is there: what commands call (`shop.cli:main`), and plugins."""

from collections.abc import Iterator, Mapping
from typing import Any

from profilec.answers import Answers
from profilec.config import Config, at_key
from profilec.config.places import KeyPath
from profilec.diagnostics import Finding
from profilec.prove.names.modules import is_python
from profilec.prove.names.outlines import outline_of
from profilec.tree import EmittedFile, SourceFile, Tree


def prove_entry_points(
    sources: Mapping[str, SourceFile], tree: Tree, config: Config, answers: Answers
) -> Iterator[Finding]:
    """Findings PC403 about the commands and plugins of one tree.

    A plugin that the source has not either is left alone: nobody calls it by its name, as they do a command.
    """
    for at, target in _entry_points(config, tree.profile):
        is_plugin = at[1] == "entry-points"
        missing = _missing(target, tree.files, config, answers)
        if missing and not (is_plugin and _missing(target, sources, config, answers)):
            if is_plugin:
                what = f"the entry point `{at[-1]}` of `{at[-2]}` names"
                hint = "leave what it names in every profile, as a stub where it cannot work"
            else:
                what = f"the command `{at[-1]}` calls"
                hint = "correct it, or list the command only under the profiles that have what it calls"
            message = f"{what} {missing} in this tree"
            finding = Finding("PC403", "pyproject.toml", message=message, hint=hint, profiles=(tree.profile,))
            yield at_key(finding, config, at)


def _entry_points(config: Config, profile: str) -> Iterator[tuple[KeyPath, str]]:
    """Yield where each entry point of a profile is declared, and what it names."""
    own = config.profiles[profile].scripts
    yield from ((("tool", "profilec", "profiles", profile, "scripts", name), own[name]) for name in own)
    for key in ("scripts", "gui-scripts"):
        common = _table(config.project, key)
        yield from ((("project", key, name), common[name]) for name in common if name not in own)
    groups = _table(config.project, "entry-points")
    for group in groups:
        plugins = _table(groups, group)
        yield from ((("project", "entry-points", group, name), plugins[name]) for name in plugins)


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = table.get(key)
    return found if isinstance(found, dict) else {}


def _missing(
    target: str, files: Mapping[str, SourceFile | EmittedFile], config: Config, answers: Answers
) -> str:
    """Say what an entry point names that files have not; nothing where it has all, or another package may."""
    module, _, attribute = (part.strip() for part in target.partition("[")[0].partition(":"))
    if not f"{module}.".startswith(f"{config.package}."):
        return ""
    path = module.replace(".", "/")
    found = [file for name, file in files.items() if name.startswith((f"{path}.", f"{path}/__init__."))]
    if not found:
        return f"`{module}`, and there is no such module"
    name = attribute.partition(".")[0]
    if not name or any(_may_have(name, file, answers) for file in found):
        return ""
    return f"`{module}:{attribute}`, and there is no such name"


def _may_have(name: str, file: SourceFile | EmittedFile, answers: Answers) -> bool:
    """Tell whether a module has a name at its top, or may: where it is compiled, or answers for any name."""
    if not is_python(file.path):
        return True
    its = outline_of(file, answers)
    return not its.is_complete or bool(its.stars or its.bound & {name, "__getattr__"})
