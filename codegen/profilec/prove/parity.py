"""Proof 4: the public names and signatures of all trees agree, except where the source declares a difference.

The interface of each tree is read without what is declared, and then has to be the same as every other's.
Declared is what `@only` or a marker comment selects: a definition, parameter, base, field, entry of
`__all__`, import or file; and what the package itself makes depend on something that facts decide.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from profilec.answers import Answers
from profilec.config import Config
from profilec.diagnostics import Finding
from profilec.prove.alone import entries_of
from profilec.prove.changes import Change
from profilec.prove.interface import Entry, Interface
from profilec.prove.names.modules import finding_at, is_python, module_name, node_at
from profilec.tree import SourceFile, Tree


def prove_parity(
    sources: Mapping[str, SourceFile],
    trees: Mapping[str, Tree],
    config: Config,
    by_facts: Mapping[str, frozenset[int]],
    changes: Mapping[str, Mapping[str, Change]],
    answers: Answers,
) -> Iterator[Finding]:
    """Findings PC408 of all trees together.

    Args:
        sources: the files of the source root by path.
        trees: the tree of every profile by name.
        config: the project's configuration.
        by_facts: the lines of each source file that went from some tree because of facts.
        changes: what became of each changed file, by profile and path.
        answers: what is known of single files.
    """
    differing = frozenset(path for path in sources if _differs(path, trees, changes))
    if not differing:
        return
    interfaces = {name: Interface(tree, sources, differing, by_facts) for name, tree in trees.items()}
    modules = sorted(
        {module_name(path)[0] for tree in trees.values() for path in tree.files if is_python(path)}
    )
    alone = {
        (module, name): one
        for module in modules
        for name, interface in interfaces.items()
        if (one := interface.alone(module))
    }
    entries = answers.ask(entries_of, None, list(alone.values()), tuple[dict[str, Entry], ...])
    known = {asked: of_file for asked, found in zip(alone, entries, strict=True) for of_file in found}
    found = {name: dict[str, Entry]() for name in trees}
    for module in modules:  # module by module, so that what trees share is parsed once
        if not any(interface.may_matter(module) for interface in interfaces.values()):
            continue
        for name, interface in interfaces.items():
            found[name] |= known[module, name] if (module, name) in known else interface.of_module(module)
    yield from _compared(found, trees, sources, config)


def _compared(
    interfaces: Mapping[str, Mapping[str, Entry]],
    trees: Mapping[str, Tree],
    sources: Mapping[str, SourceFile],
    config: Config,
) -> Iterator[Finding]:
    differing: dict[str, dict[str, Entry]] = {}
    for name in sorted({name for interface in interfaces.values() for name in interface}):
        having = {profile: interface[name] for profile, interface in interfaces.items() if name in interface}
        agree = len(having) == len(trees) and len({entry.shape for entry in having.values()}) == 1
        if not agree and name.rpartition(".")[0] not in differing:
            differing[name] = having
    told: set[tuple[str, int, str]] = set()
    for name, having in differing.items():
        owner, _, last = name.rpartition(".")
        entry = next(iter(having.values()))
        place = entry.path, entry.place[0], last  # a class may be public under several names
        is_made = last == "__init__" and entry.follows
        others = any(other != name and other.startswith(f"{owner}.") for other in differing)
        follows = others if is_made else all(one.follows for one in having.values())
        if not follows and place not in told:
            told.add(place)
            yield _finding(name, having, trees, sources, config)


def _differs(path: str, trees: Mapping[str, Tree], changes: Mapping[str, Mapping[str, Change]]) -> bool:
    """Whether a file may look from outside one way in a tree and another way in another."""
    files = {name: tree.files.get(path) for name, tree in trees.items()}
    if not is_python(path) or len({file.data if file else None for file in files.values()}) == 1:
        return False
    return any(
        file is None or (file.changed and not changes[name][path].looks_alike) for name, file in files.items()
    )


def _finding(
    name: str,
    having: Mapping[str, Entry],
    trees: Mapping[str, Tree],
    sources: Mapping[str, SourceFile],
    config: Config,
) -> Finding:
    profile, entry = next(iter(having.items()))
    lacking = [other for other in trees if other not in having]
    alike: dict[str, list[str]] = {}
    for other, one in having.items():
        alike.setdefault(one.shape, []).append(other)
    message, hint = f"`{name}` is not the same in {_listed(having)}", "give it one signature"
    notes = tuple(f"{_listed(names)}: {shape}" for shape, names in alike.items())
    if lacking:
        message = f"`{name}` is public in {_listed(having)} and missing in {_listed(lacking)}"
        hint = "mark it with `@only`, or its line with `# profilec: only FLAG`; or define it for all"
        notes = ()
    tree = trees[profile]
    file, source = tree.files[entry.path], sources.get(entry.path)
    found = finding_at(
        config,
        tree,
        file,
        source,
        node_at(entry.place),
        code="PC408",
        message=message,
        hint=hint,
        notes=notes,
    )
    return replace(found, profiles=())


def _listed(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
