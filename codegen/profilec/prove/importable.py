"""A package that imports, whenever it is imported itself, what its profile says is not there."""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from profilec.config import Config
from profilec.diagnostics import Finding
from profilec.prove.names.modules import finding_at, is_python, module_name, node_at
from profilec.prove.names.outlines import outline_of
from profilec.prove.names.reach import Reaches
from profilec.prove.third_party.dependencies import requirement_name
from profilec.sources import beside
from profilec.tree import EmittedFile, SourceFile, Tree

_ASIDE = "a tree holds `{}` alone: move `{}` into it, or let `dependencies` name the project that has it"


def prove_importable(
    sources: Mapping[str, SourceFile], tree: Tree, config: Config, reaches: Reaches
) -> Iterator[Finding]:
    """Finding PC413 of one tree: importing its package fails, as far as facts say.

    Followed are the imports at the top of modules, which run in any case, from the package on.
    """
    profile = config.profiles[tree.profile]
    modules, required = profile.modules, [*config.requirements, *profile.dependencies]
    aside = beside(config) - modules.keys() - {requirement_name(one).replace("-", "_") for one in required}
    missing = aside | {name for name, there in modules.items() if not there}
    files = {module_name(path)[0]: file for path, file in tree.files.items() if is_python(path)}
    words = [name.rpartition(".")[2].encode() for name in missing]
    if not any(word in file.data for word in words for file in files.values()):
        return
    ways: dict[str, tuple[str, ...]] = {config.package: ()}
    pending = [config.package]
    for importer in pending:
        if (file := files.get(importer)) is None:
            continue
        for asked in sorted(outline_of(file, reaches.answers).at_top):
            line = _line(file, asked, reaches)
            for name in accumulate(asked.split("."), "{}.{}".format):
                if name in missing:
                    message = f"importing `{config.package}` fails here: `{name}` is not there"
                    place = node_at((line, 0, line + 1, 0))
                    yield finding_at(
                        config, tree, file, sources.get(file.path), place, code="PC413", message=message,
                        hint=_ASIDE.format(config.package, name) if name in aside
                        else f"import it under a condition, or correct `modules` of {tree.profile}",
                        notes=ways[importer],
                    )  # fmt: skip
                    return
                if name in files and name not in ways:
                    shown = f"{config.shown(file.path)}:{file.source_line(line) or line}"
                    ways[name] = (*ways[importer], f"{shown} imports {name}")
                    pending.append(name)


def _line(file: EmittedFile, asked: str, reaches: Reaches) -> int:
    """The line of the import that asks for a path."""
    (found,) = reaches.ask([SourceFile(file.path, file.data)])
    return next((line for name, line in found.imports or () if name == asked), 1)
