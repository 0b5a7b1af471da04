"""Proof 3: nothing that a profile forbids is reachable, in the package or in what it depends on.

A finding stands where the forbidden thing is named, or, where a dependency names it, at the import of the
package that leads there; its notes are the chain. A file that holds none of the forbidden words is not
looked into.
"""

import builtins
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.util import find_spec

from msgspec import Struct

from profilec.config import Config, Profile, at_entry
from profilec.diagnostics import Finding, also_in, did_you_mean
from profilec.prove.imports import ImportGraph, Step
from profilec.prove.names.importers import ASKED, NAMESPACES
from profilec.prove.names.modules import Place, finding_at, node_at
from profilec.prove.names.reach import Interest, Mention, Reach, Reaches
from profilec.prove.names.standard_library import imported_as
from profilec.prove.third_party.dependencies import Dependencies, Required
from profilec.prove.third_party.files import ThirdParty
from profilec.tree import SourceFile, Tree

_MOST_MEANINGS = 64
"""Names that one name is followed to; re-exports in a circle could go on for ever."""


_THERE = {"PC405": ", and `{}` reaches it", "PC406": ", in `{}`", "PC412": ": `{}`"}
"""What is added to the message of a fault in a dependency."""
_HINTS = {
    "PC405": "select it for profiles that do not forbid it",
    "PC406": "write out the names that it may be",
    "PC412": "run profilec with a newer Python",
}
"""What to do about a fault."""
_MODULE = re.compile(r"[a-z_0-9]+")
_SAME = {"io.open": "open", "_io.open": "open", "_pyio.open": "open"}
"""Names of the standard library under which a builtin can be had, too."""
_ANY_MODULE = tuple(f"sys.modules{end}" for end in ("[]", ".get()", ".values()[]", ".items()[]", ".copy()"))
"""How the name begins of what one of the modules that are imported has."""
_HALVES = {"posix": "os", "nt": "os", "_thread": "threading", "_posixsubprocess": "subprocess"}
"""Compiled halves of modules that are not called as those with an underscore before it."""


class _Patterns(Struct, frozen=True, dict=True):
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
        modules = {twin for name in self.names for twin in _twins(name)}
        return self.methods | modules | {name.rpartition(".")[2] for name in self.names}

    @cached_property
    def owners(self) -> Mapping[str, Mapping[str, str]]:
        """The namespaces that something forbidden is in, each with that and its patterns."""
        found: dict[str, dict[str, str]] = {}
        for name, pattern in self.names.items():
            owner, _, last = name.rpartition(".")
            others = [same.rpartition(".")[0] for same, builtin in _SAME.items() if builtin == name]
            for one in [owner or "builtins", *others] if owner or hasattr(builtins, name) else ():
                found.setdefault(one, {})[last] = pattern
        return found

    def named(self, word: str) -> Iterator[str]:
        """The patterns of what has a name in a module that is imported."""
        yield from (
            names[word] for owner, names in self.owners.items() if word in names and owner != "builtins"
        )

    def may_match(self, word: str, module: str, graph: ImportGraph) -> Iterator[tuple[str, "_Doubt"]]:
        """The patterns of what has a name in a namespace that is handed on, with what can be said of that."""
        for owner, names in self.owners.items():
            if word in names and (handed_on := graph.hands_on(owner, module)):
                place, is_near = handed_on
                yield names[word], _Doubt(f"{place} hands {owner} on", "PC405" if is_near else "PC406")

    def match(self, name: str) -> str | None:
        """The pattern that forbids a dotted name; builtins are forbidden by their plain name, too.

        What calling a class gave has the methods that are forbidden by the name of the class.
        """
        if _is_given(name):
            owner, _, method = name.rpartition(".")
            return self.names.get(f"{owner.removesuffix('()')}.{method}")
        parts = name.removeprefix("builtins.").split(".")
        parts[0] = _public(parts[0])
        shown = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
        if name in _SAME:
            shown.append(_SAME[name])
        elif (
            len(parts) > 2
            and parts[0] in sys.stdlib_module_names
            and all(map(_MODULE.fullmatch, parts[1:-1]))
        ):
            # A package of the standard library has names from its submodules: `asyncio.threads.to_thread`.
            shown += [".".join([*parts[:n], parts[-1]]) for n in range(1, len(parts) - 1)]
        return next((self.names[one] for one in shown if one in self.names), None)


def _twins(name: str) -> Iterator[str]:
    """The modules that are the compiled half of one of the standard library, as `_socket` is of `socket`."""
    yield from (twin for twin in (*_HALVES, f"_{name}") if _public(twin) == name)


def _public(module: str) -> str:
    """The module of the standard library of which another is the compiled half; else that itself."""
    name = _HALVES.get(module) or module.removeprefix("_")
    return name if {name, module} <= sys.stdlib_module_names else module


class _Doubt(Struct, frozen=True):
    """Why something only may be forbidden, and the code of a finding about it."""

    note: str
    code: str


def interest_in_forbidden(config: Config) -> Interest:
    """What a file must hold to name what any profile forbids."""
    patterns = [_Patterns.of(profile) for profile in config.profiles.values()]
    words = (one.words for one in patterns)
    return Interest(frozenset().union(*words), NAMESPACES.union(*(one.owners for one in patterns)))


def prove_forbidden(
    sources: Mapping[str, SourceFile],
    tree: Tree,
    config: Config,
    dependencies: Dependencies,
    reaches: Reaches,
) -> Iterator[Finding]:
    """Findings of the codes FORBIDDEN about one tree; none where its profile forbids nothing.

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
    yield from _misspelt(profile, config)
    required = _required(dependencies, config, profile)
    for requirement, reason in required.missing.items():
        message, hint = (
            f"the dependency `{requirement}` {reason}",
            "install it there, or name the folder that holds it with --deps",
        )
        finding = Finding("PC407", "pyproject.toml", message=message, hint=hint, profiles=(profile.name,))
        yield at_entry(finding, config, "dependencies", requirement)
    third_party = ThirdParty(required.modules, dependencies.read, profile, reaches.answers)
    graph = ImportGraph(tree, config, third_party, reaches)
    for fault, step in _all_faults(graph, _Patterns.of(profile)):
        yield _finding(fault, step, graph, sources, tree, config)


def _misspelt(profile: Profile, config: Config) -> Iterator[Finding]:
    """Warnings (PC016) about names that nothing has here, and that the standard library almost has.

    Names of other packages are often longer than such a name, as `urllib3` is, so they are passed over.
    """
    for pattern in profile.forbid:
        name = pattern.partition(".")[0]
        if name in {"*", config.package, *sys.stdlib_module_names} or hasattr(builtins, name):
            continue
        near = [one for one in sys.stdlib_module_names if len(one) >= len(name) and not one.startswith("_")]
        if (hint := did_you_mean(name, near, cutoff=0.85)) and find_spec(name) is None:
            message = f"nothing is called `{name}` here, so that forbidding it proves nothing"
            finding = Finding("PC016", "pyproject.toml", message=message, hint=hint, profiles=(profile.name,))
            yield at_entry(finding, config, "forbid", pattern)


def _required(dependencies: Dependencies, config: Config, profile: Profile) -> Required:
    if not (requirements := [*config.requirements, *profile.dependencies]):
        return Required()
    from profilec.prove.third_party.worlds import Worlds  # brings what reads markers

    return dependencies.required(requirements, Worlds.of(profile, config))


class _Fault(Struct, frozen=True):
    code: str
    place: Place
    message: str
    verb: str = ""
    others: tuple[int, ...] = ()
    note: str = ""


def _all_faults(graph: ImportGraph, patterns: _Patterns) -> Iterator[tuple[_Fault, Step]]:
    """The faults of everything that is reached, each with the step that leads to it."""
    for module, step in graph.reached.items():
        if graph.is_of_another_python(module):
            message = "this Python does not read the file, so what it reaches is not known"
            yield _Fault("PC412", _whole_line(1), message), step
        else:
            yield from ((fault, step) for fault in _faults(module, patterns, graph))
    for step in graph.compiled.values():
        message = f"`{step.module}` is compiled, so what it reaches cannot be read"
        yield _Fault("PC411", _whole_line(1), message), step


def _faults(module: str, patterns: _Patterns, graph: ImportGraph) -> Iterator[_Fault]:
    """What one file names that is forbidden, each thing once, and its undecidable imports."""
    reach = graph.reach(module)
    places: dict[str, list[Place]] = {}
    perhaps: dict[str, list[Place]] = {}
    doubts: dict[str, _Doubt] = {}
    for pattern, place, doubt in _mentions(module, patterns, graph):
        if not graph.is_ruled_out(module, place[0]):
            (perhaps if doubt else places).setdefault(pattern, []).append(place)
            doubts |= {pattern: doubt} if doubt else {}
    for pattern, found in places.items():
        yield _fault("PC405", found, f"`{pattern}` is forbidden", f"names {pattern}")
    for pattern in sorted(perhaps.keys() - places.keys()):
        message, verb = f"this may be `{pattern}`, which is forbidden", f"asks an unknown for {pattern}"
        yield _fault(doubts[pattern].code, perhaps[pattern], message, verb, doubts[pattern].note)
    for owner in sorted({one.name for one in reach.unsaid}.intersection({*patterns.owners, *NAMESPACES})):
        asked = [one.place for one in reach.unsaid if one.name == owner]
        if asked := [place for place in asked if not graph.is_ruled_out(module, place[0])]:
            message = f"what `{owner}` is asked for here cannot be decided"
            yield _fault("PC406", asked, message, f"asks {owner} at run time")
    unknown = [one.place for one in reach.at_run_time if not _is_decided(one.module, patterns, graph)]
    unknown += [
        one.place
        for one in reach.of_unknown
        if one.name in ASKED and any(graph.hands_on(owner, module) for owner in NAMESPACES)
    ]
    if undecided := [place for place in unknown if not graph.is_ruled_out(module, place[0])]:
        yield _fault("PC406", undecided, "what is imported here cannot be decided", "imports at run time")


def _is_decided(imported: str | None, patterns: _Patterns, graph: ImportGraph) -> bool:
    """Whether it is known what is imported at run time: all that is in the package itself is looked into."""
    if imported is None or not imported.endswith("."):
        return imported is not None
    is_own = graph.file(imported.partition(".")[0]) is not None
    return is_own and not any(name.startswith(imported) for name in patterns.names)


def _fault(code: str, places: list[Place], message: str, verb: str, note: str = "") -> _Fault:
    """One fault for a file, at the first of its places."""
    first, *others = sorted(places)
    lines = tuple(sorted({line for line, *_ in others} - {first[0]}))
    return _Fault(code, first, message, verb, lines, note)


def _mentions(
    module: str, patterns: _Patterns, graph: ImportGraph
) -> Iterator[tuple[str, Place, _Doubt | None]]:
    """Each pattern that something in a file matches, the place, and why it only may be that."""
    reach = graph.reach(module)
    asked = [*reach.of_unknown]
    for mention in reach.names:
        if not _is_hidden(mention, reach, graph):
            names, is_known = _through_modules(mention.name, patterns.words, graph)
            for name in names:
                if pattern := patterns.match(name):
                    yield pattern, mention.place, None
            if mention.name.startswith(_ANY_MODULE):
                last = mention.name.rpartition(".")[2]
                doubt = _Doubt("`sys.modules` is asked for a module that is not written out", "PC406")
                for pattern in patterns.named(last):
                    yield pattern, mention.place, doubt
            elif not is_known and mention.is_used:
                asked.append(Mention(mention.name.rpartition(".")[2], mention.place))
    for attribute in asked:
        for pattern, doubt in patterns.may_match(attribute.name, module, graph):
            yield pattern, attribute.place, doubt
    for attribute in reach.attributes:
        if attribute.name in patterns.methods:
            yield f"*.{attribute.name}", attribute.place, None


def _is_hidden(mention: Mention, reach: Reach, graph: ImportGraph) -> bool:
    """Whether a star import brings another thing of the name that a builtin has."""
    owner, _, name = mention.name.rpartition(".")
    return mention.is_bare and owner == "builtins" and any(graph.offers(star, name) for star in reach.stars)


def _through_modules(name: str, words: frozenset[str], graph: ImportGraph) -> tuple[frozenset[str], bool]:
    """What a name stands for, seen through the modules that can be read, and whether nothing else can be it.

    `shop.compat.time.sleep` is `time.sleep` where `shop.compat` imports `time`. What anything gave that was
    called is not known.
    """
    if words.isdisjoint(name.split(".")):
        return frozenset({name}), True
    names, done, is_known = {name}, set[str](), True
    while names and len(done) < _MOST_MEANINGS:
        current = min(names)
        names.discard(current)
        done.add(current)
        split = graph.known(current)
        if split and split[1]:
            found = graph.exported(*split)
            names.update(one for one in found if isinstance(one, str) and one not in done)
            is_known &= bool(found)
        elif not split:
            names |= imported_as(current) - done
            is_known &= not _is_given(current)
    return frozenset(done), is_known


def _is_given(name: str) -> bool:
    """Whether a name is what calling something, or an entry of it, gave."""
    return "()" in name or "[]" in name


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
    hint = _HINTS.get(fault.code, "")
    if fault.verb and (file is None or notes):
        notes.append(f"{graph.shown(step.module, place[0])} {fault.verb}")
    if fault.note:
        notes.append(fault.note)
    also = tuple(sorted({(file and file.source_line(line)) or line for line in fault.others}))
    if file is None:
        notes += [also_in(also)] if also else []  # these are lines of a dependency
        last = next(one for one in reversed(steps) if one.importer and graph.file(one.importer))
        file, place, also = graph.file(str(last.importer)), _whole_line(last.line), ()
        message += _THERE.get(fault.code, "").format(step.module)
        hint = "" if fault.code == "PC406" else hint
    assert file is not None  # the first importer of a chain is a module of the tree
    source = sources.get(file.path)
    node = node_at(place)
    about = {"code": fault.code, "message": message, "hint": hint}
    return finding_at(config, tree, file, source, node, **about, notes=tuple(notes), also=also)


def _whole_line(line: int) -> Place:
    return line, 0, line + 1, 0
