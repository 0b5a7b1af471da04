"""Proof 3: nothing that a profile forbids is reachable, in the package or in what it depends on.

A finding stands where the forbidden thing is named, or, where a dependency names it, at the import of the
package that leads there; its notes are the chain. A file that holds none of the forbidden words is not
looked into.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from profilec.config import Config, Profile
from profilec.diagnostics import Finding
from profilec.prove.imports import ImportGraph, Step
from profilec.prove.names.modules import Place, finding_at, node_at
from profilec.prove.names.reach import Mention, Reach, Reaches
from profilec.prove.names.standard_library import imported_as
from profilec.prove.third_party.dependencies import Dependencies, Required
from profilec.prove.third_party.files import ThirdParty
from profilec.tree import SourceFile, Tree

_MOST_MEANINGS = 64
"""Names that one name is followed to; re-exports in a circle could go on for ever."""


_THERE = {"PC405": ", and `{}` reaches it", "PC406": ", in `{}`", "PC412": ": `{}`"}
"""What is added to the message of a fault in a dependency."""
_MODULE = re.compile(r"[a-z_0-9]+")
_SAME = {"io.open": "open", "_io.open": "open"}
"""Names of the standard library under which a builtin can be had, too."""


@dataclass(frozen=True)
class _Patterns:
    """What a profile forbids: modules and dotted names, each as it was written, and methods by their name."""

    names: Mapping[str, str]
    methods: frozenset[str]

    @classmethod
    def of(cls, profile: Profile) -> "_Patterns":
        methods = {pattern.removeprefix("*.") for pattern in profile.forbid if pattern.startswith("*.")}
        names = {
            pattern.removeprefix("builtins."): pattern for pattern in profile.forbid if "*" not in pattern
        }
        return cls(names, frozenset(methods))

    @property
    def words(self) -> frozenset[str]:
        """The identifiers of which a file must hold one to name anything forbidden."""
        return self.methods | {name.rpartition(".")[2] for name in self.names}

    def match(self, name: str) -> str | None:
        """The pattern that forbids a dotted name; builtins are forbidden by their plain name, too."""
        parts = name.removeprefix("builtins.").split(".")
        shown = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
        if name in _SAME:
            shown.append(_SAME[name])
        elif parts[0] in sys.stdlib_module_names and all(map(_MODULE.fullmatch, parts[1:-1])):
            # A package of the standard library has names from its submodules: `asyncio.threads.to_thread`.
            shown.append(f"{parts[0]}.{parts[-1]}")
        return next((self.names[one] for one in shown if one in self.names), None)


def forbidden_words(config: Config) -> frozenset[str]:
    """The identifiers of which a file must hold one to name what any profile forbids."""
    return frozenset().union(*(_Patterns.of(profile).words for profile in config.profiles.values()))


def prove_forbidden(
    sources: Mapping[str, SourceFile],
    tree: Tree,
    config: Config,
    dependencies: Dependencies,
    reaches: Reaches,
) -> Iterator[Finding]:
    """Findings PC405, PC406, PC407, PC411 and PC412 of one tree; none where its profile forbids nothing.

    Args:
        sources: the files of the source root by path.
        tree: what one profile makes of them.
        config: the project's configuration.
        dependencies: where third-party code is read.
        reaches: what files reach.
    """
    profile = config.profiles[tree.profile]
    if not profile.forbid:
        return
    required = _required(dependencies, config, profile)
    for requirement, reason in required.missing.items():
        message, hint = (
            f"the dependency `{requirement}` {reason}",
            "name the folder that holds it with --deps",
        )
        yield Finding("PC407", "pyproject.toml", message=message, hint=hint, profiles=(profile.name,))
    third_party = ThirdParty(required.modules, dependencies.read, profile, reaches.answers)
    graph = ImportGraph(tree, config, third_party, reaches)
    for fault, step in _all_faults(graph, _Patterns.of(profile)):
        yield _finding(fault, step, graph, sources, tree, config)


def _required(dependencies: Dependencies, config: Config, profile: Profile) -> Required:
    common = config.project.get("dependencies")
    requirements = [*(map(str, common) if isinstance(common, list) else ()), *profile.dependencies]
    if not requirements:
        return Required()
    from profilec.prove.third_party.worlds import Worlds  # brings what reads markers

    return dependencies.required(requirements, Worlds.of(profile, config))


@dataclass(frozen=True)
class _Fault:
    code: str
    place: Place
    message: str
    verb: str = ""
    others: tuple[int, ...] = ()


def _all_faults(graph: ImportGraph, patterns: _Patterns) -> Iterator[tuple[_Fault, Step]]:
    """The faults of everything that is reached, each with the step that leads to it."""
    for module, step in graph.reached.items():
        if graph.can_be_read(module):
            yield from ((fault, step) for fault in _faults(module, patterns, graph))
        else:
            message = "this Python does not read the file, so what it reaches is not known"
            yield _Fault("PC412", _whole_line(1), message), step
    for step in graph.compiled.values():
        message = f"`{step.module}` is compiled, so what it reaches cannot be read"
        yield _Fault("PC411", _whole_line(1), message), step


def _faults(module: str, patterns: _Patterns, graph: ImportGraph) -> Iterator[_Fault]:
    """What one file names that is forbidden, each thing once, and its undecidable imports."""
    reach = graph.reach(module)
    places: dict[str, list[Place]] = {}
    for pattern, place in _mentions(reach, patterns, graph):
        if not graph.is_ruled_out(module, place[0]):
            places.setdefault(pattern, []).append(place)
    for pattern, found in places.items():
        yield _fault("PC405", found, f"`{pattern}` is forbidden", f"names {pattern}")
    unknown = (dynamic.place for dynamic in reach.at_run_time if dynamic.module is None)
    if undecided := [place for place in unknown if not graph.is_ruled_out(module, place[0])]:
        yield _fault("PC406", undecided, "what is imported here cannot be decided", "imports at run time")


def _fault(code: str, places: list[Place], message: str, verb: str) -> _Fault:
    """One fault for a file, at the first of its places."""
    first, *others = sorted(places)
    lines = tuple(sorted({line for line, *_ in others} - {first[0]}))
    return _Fault(code, first, message, verb, lines)


def _mentions(reach: Reach, patterns: _Patterns, graph: ImportGraph) -> Iterator[tuple[str, Place]]:
    for mention in reach.names:
        if not _is_hidden(mention, reach, graph):
            for name in _through_modules(mention.name, patterns.words, graph):
                is_given = (
                    "()" in name or "[]" in name
                )  # by what is forbidden, which is named where it is asked
                if not is_given and (pattern := patterns.match(name)):
                    yield pattern, mention.place
    for attribute in reach.attributes:
        if attribute.name in patterns.methods:
            yield f"*.{attribute.name}", attribute.place


def _is_hidden(mention: Mention, reach: Reach, graph: ImportGraph) -> bool:
    """Whether a star import brings another thing of the name that a builtin has."""
    owner, _, name = mention.name.rpartition(".")
    return mention.is_bare and owner == "builtins" and any(graph.offers(star, name) for star in reach.stars)


def _through_modules(name: str, words: frozenset[str], graph: ImportGraph) -> frozenset[str]:
    """What a name stands for, seen through the modules that can be read.

    `shop.compat.time.sleep` is `time.sleep` where `shop.compat` imports `time`.
    """
    if words.isdisjoint(name.split(".")):
        return frozenset({name})
    names, done = {name}, set[str]()
    while names and len(done) < _MOST_MEANINGS:
        current = min(names)
        names.discard(current)
        done.add(current)
        split = graph.known(current)
        if split and split[1]:
            names |= graph.exports(*split) - done
        elif not split:
            names |= imported_as(current) - done
    return frozenset(done)


def _finding(
    fault: _Fault,
    step: Step,
    graph: ImportGraph,
    sources: Mapping[str, SourceFile],
    tree: Tree,
    config: Config,
) -> Finding:
    """A fault in the module of a step, at its place there, or at the import of ours that leads there."""
    steps = graph.chain(step)
    notes = [f"{graph.shown(one.importer, one.line)} imports {one.module}" for one in steps if one.importer]
    file, place, message = graph.file(step.module), fault.place, fault.message
    if fault.verb and (file is None or notes):
        notes.append(f"{graph.shown(step.module, place[0])} {fault.verb}")
    if fault.others:
        lines = ", ".join(map(str, fault.others))
        notes.append(f"also in {'line' if len(fault.others) == 1 else 'lines'} {lines}")
    if file is None:
        last = next(one for one in reversed(steps) if one.importer and graph.file(one.importer))
        file, place = graph.file(str(last.importer)), _whole_line(last.line)
        message += _THERE.get(fault.code, "").format(step.module)
    assert file is not None  # the first importer of a chain is a module of the tree
    source = sources.get(file.path)
    node = node_at(place)
    return finding_at(config, tree, file, source, node, code=fault.code, message=message, notes=tuple(notes))


def _whole_line(line: int) -> Place:
    return line, 0, line + 1, 0
