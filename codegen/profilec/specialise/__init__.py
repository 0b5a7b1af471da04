"""The passes in order for all profiles: settle each file, and again where another changed the answer; splice.

Package in, trees out. Knows files by what `settle` and `outline` say of them, and holds no syntax.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from profilec.answers import encoded
from profilec.config import Profile
from profilec.decide import Decision
from profilec.decide.faults import unused_features
from profilec.diagnostics import Finding
from profilec.folding.facts import Facts, facts_of
from profilec.folding.flags import Flag, FlagTable
from profilec.folding.telling import binds_unnamed, hands_on, loads_unnamed, owner_of, parts_of, told_by
from profilec.settle import Circumstances, Held, Outcome, Settled, Task, settle
from profilec.settle.derive import joined
from profilec.specialise.needs import Needs, Remaining
from profilec.specialise.package import Package
from profilec.syntax.edit import line_starts, splice
from profilec.syntax.read import Span, Text, cookie_for
from profilec.syntax.scopes import module_name
from profilec.syntax.skipped import Part
from profilec.tree import EmittedFile, Tree, packages_around


class Specialised(Struct, frozen=True):
    """What one profile makes of a package.

    Attributes:
        tree: the files to emit.
        findings: the faults that this profile meets, those of the package included.
        decisions: what was decided, by path, for the files in which something was.
        by_facts: the lines, by path, that went because of facts.
    """

    tree: Tree
    findings: tuple[Finding, ...]
    decisions: Mapping[str, Decision]
    by_facts: Mapping[str, frozenset[int]]


def specialise(package: Package, profiles: Iterable[Profile]) -> dict[str, Specialised]:
    """Make the tree of each profile. Where findings are errors, a tree must not be written."""
    work = [_Specialising(package, profile) for profile in profiles]
    settled: dict[str, Settled] = {}
    earlier: _Earlier = {}
    unread: _Unread = {}
    while pending := [one for one in work if one.pending]:
        settled.update(_settle(package, pending, earlier, unread))
        for one in pending:
            one.go_on()
    findings = [*package.findings, *_of_every_profile(package, settled)]
    return {one.profile.name: one.result(findings) for one in work}


def _of_every_profile(package: Package, settled: Mapping[str, Settled]) -> Iterator[Finding]:
    """Yield the faults that are the same in every profile."""
    for path, file in settled.items():
        yield from file.findings
        yield from (stray.finding for stray in file.strays if package.lacks(stray.path))
        if file.unreadable and path in package.relevant:
            yield file.unreadable
    files = [settled[path] for path in package.relevant if path in settled]
    subjects = chain(*(file.subjects for file in files))
    declaring = settled.get(package.flags_path or "")
    if declaring and declaring.outcomes and not any(file.unreadable for file in files):
        yield from unused_features(package.declared, subjects, package.flags, package.config)


type _Earlier = dict[tuple[str, str, bytes], Settled]
"""What was made of files, by path, profile and circumstances: who begins again asks most of it again."""


type _Unread = dict[str, tuple[Part, ...]]
"""The parts of files that were not read when they were last settled: to what was read, more is only added."""


def _settle(
    package: Package, pending: Iterable["_Specialising"], earlier: _Earlier, unread: _Unread
) -> dict[str, Settled]:
    """Settle the files that some profiles wait for, each once for all of these profiles."""
    waiting: dict[str, dict[str, Circumstances]] = {}
    asked: list[tuple[_Specialising, str, tuple[str, str, bytes]]] = []
    for one in pending:
        for path in one.pending:
            given = one.circumstances(path)
            key = path, one.profile.name, encoded(given)
            asked.append((one, path, key))
            if key not in earlier:
                waiting.setdefault(path, {})[one.profile.name] = given
    tasks = {path: _task(package, path, waiting[path], unread.get(path)) for path in sorted(waiting)}
    found: dict[str, Settled] = {}
    while tasks:
        answers = package.answers.ask(settle, package.config, list(tasks.values()), Settled)
        found.update(zip(tasks, answers, strict=True))
        tasks = {
            path: replace(
                task,
                errors={**task.errors, **{name: package.error_class(name) for name in found[path].errors}},
            )
            for path, task in tasks.items()
            if found[path].errors
        }
    unread.update({path: file.unread for path, file in found.items()})
    for one, path, key in asked:
        if key not in earlier:
            earlier[key] = found[path]
            if ahead := found[path].ahead.get(one.profile.name):
                idle = found[path].outcomes[one.profile.name].idle
                without = path, one.profile.name, encoded(waiting[path][one.profile.name].without(idle))
                earlier[without] = replace(found[path], outcomes={one.profile.name: ahead}, ahead={})
        one.take(path, earlier[key])
    return found


def _task(
    package: Package, path: str, circumstances: Mapping[str, Circumstances], parts: tuple[Part, ...] | None
) -> Task:
    text = package.texts[path]
    skippable = package.outlines([path])[path].parts if parts is None else parts
    return Task(text, _flags_for(text, package), circumstances, skippable)


def _flags_for(text: Text, package: Package) -> FlagTable:
    """Return the flags as far as they can matter to a file: those of modules that it does not name cannot."""
    own, mentioned = module_name(text.path), frozenset(package.mentioned(text))
    named: dict[str, Flag] = {}
    short: set[str] = set()
    for path, flag in package.flags.flags.items():
        module, _, name = path.rpartition(".")
        is_around = f"{own}.".startswith(f"{module}.")  # `from . import NAME` need not name it
        if name not in short or is_around or module.rpartition(".")[2] in mentioned:
            named[path] = flag
            short.add(name)
    return FlagTable(named, package.flags.module)


class _Specialising:
    """One profile's passes over a package: what is asked of each file, and what became of it.

    A fact that would harm what remains decides nothing there: everything is then asked again without it. So
    it is where a file binds a name that repeats a fact to something else.
    """

    def __init__(self, package: Package, profile: Profile) -> None:
        """Begin with nothing known."""
        self.package = package
        self.profile = profile
        self.held: dict[str, dict[Span, Finding]] = {}
        self.rebound: set[str] = set()
        self.wanted: frozenset[str] = frozenset()
        self.spliced: dict[str, tuple[Decision, tuple[str, tuple[int, ...]]]] = {}
        self._begin()

    def _begin(self) -> None:
        self.facts = joined(replace(facts_of(self.profile), wanted=self.wanted), (), self.rebound)
        self.unneeded: dict[str, frozenset[str]] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.gone: set[str] = set()
        self.pending = set(self.package.relevant)

    def circumstances(self, path: str) -> Circumstances:
        """Return what other files mean for one file."""
        held = frozenset(self.held.get(path, ()))
        unneeded = self.unneeded.get(path, frozenset())
        return Circumstances(self._facts_for(path), held, unneeded, self._rebound_in(path))

    def _rebound_in(self, path: str) -> frozenset[str]:
        """Return the names at the top of a file that something else may bind."""
        module = module_name(path)
        parts = (found.rpartition(".") for found in self.rebound)
        return self.package.rebound_by_stars(path) | {name for owner, _, name in parts if owner == module}

    def _facts_for(self, path: str) -> Facts:
        """Return what other files mean by facts, as far as it can matter to a file that finds out its own."""
        module = module_name(path)
        wanted = {name for name in self.facts.wanted if self.package.module_of(name) == module}
        content, own = self.package.texts[path].content, parts_of([module])
        star = "import *" in content  # which may pass on what it does not name
        binds = binds_unnamed(content)
        anywhere = binds and loads_unnamed(content)
        named = {
            known
            for known, words in self.facts.named_by.items()
            if self.package.module_of(known) != module
            and (
                star
                or anywhere
                or (all(word in content or word in own for word in words) and self._may_mean(path, known))
                or (owner_of(known) in content and self._may_bind(path, known, binds=binds))
            )
        }
        rebound = {
            known
            for known in self.facts.rebound
            if self.package.module_of(known) == module
            or (known.rpartition(".")[2] in content and self._may_mean(path, known))
        }
        return self.facts.only(named, rebound, wanted)

    def _may_mean(self, path: str, known: str) -> bool:
        """Tell whether a file that has the words of a fact's name may mean it: other names have them, too."""
        in_class = self.package.module_of(known) != known.rpartition(".")[0]
        return in_class or self.package.may_name(path, known)

    def _may_bind(self, path: str, known: str, *, binds: bool) -> bool:
        """Tell whether a file may bind a fact's name that it need not hold, or hand on what holds the name.

        Args:
            path: the file, which has the word of what holds the name.
            known: the fact's name.
            binds: whether the file binds names that it need not hold.
        """
        content, owner = self.package.texts[path].content, known.rpartition(".")[0]
        if self.facts.is_of_class(known):
            return True
        may_have = self.package.file_of(owner) is None or self.package.may_have(path, owner)
        return may_have and (binds or hands_on(content, owner_of(known)))

    def take(self, path: str, settled: Settled) -> None:
        """Take in what was made of a file."""
        if outcome := settled.outcomes.get(self.profile.name):
            self.outcomes[path] = outcome

    def go_on(self) -> None:
        """Find the files that have to be settled again, because another changed what they are asked with."""
        if rebound := set(self._found_rebound()) - self.rebound:
            self.rebound |= rebound
            self._begin()
            return
        self.pending = self._learn()
        if self.pending:
            return
        while True:
            needs = Needs(self._remaining(), self.facts.modules)
            if pending := self._release(needs):
                self.pending = pending
                return
            gone = needs.unneeded_modules() - self.gone
            if not gone:
                break
            self.gone |= gone
        if harm := self._harm(needs):
            for path, found in harm.items():
                self.held.setdefault(path, {}).update(found)
            self._begin()

    def _found_rebound(self) -> Iterator[str]:
        """Yield what facts are known of and a file binds, or a module whose name it has hides."""
        for file, outcome in self.outcomes.items():
            derived = outcome.derived
            yield from derived.rebound
            if derived.handed_on and self.package.binds_unnamed:
                yield from derived.handed_on
            if derived.exposed and self.package.takes_unnamed:
                yield from derived.exposed
            if derived.members and self.package.remakes_classes:
                yield from derived.members
            if derived.classes and self.package.changes_classes:
                known = chain(derived.constants, derived.functions)
                yield from (path for path in known if path.rpartition(".")[0] in derived.classes)
            for asked in derived.caught:
                if self.package.imports(asked.rpartition(".")[0], file):
                    yield asked
            for path in chain(derived.constants, derived.functions, derived.loaded):
                if self.package.file_of(path) and not self._is_from_module(path):
                    yield path

    def _is_from_module(self, path: str) -> bool:
        """Tell whether a package has a name from the module that bears it: so that is loaded before."""
        owner, _, name = path.rpartition(".")
        file = self.package.file_of(owner) or ""
        return self.package.outlines([file])[file].passed_on.get(name, "").startswith(f"{path}.")

    def _learn(self) -> set[str]:
        """Add the facts that the package's own names repeat, and return the files that mention a new one."""
        known = self.facts
        if not known.expressions and not known.modules:
            return set()
        derived = [outcome.derived for outcome in self.outcomes.values()]
        asked = frozenset(self._asked_of_others()) - self.wanted
        self.wanted |= asked
        self.facts = replace(joined(known, derived, self.rebound), wanted=self.wanted)
        news = self.facts.named_by.keys() - known.named_by.keys()
        told = told_by(self.facts, news)
        modules = {path.rpartition(".")[0].rpartition(".")[2] for path in news}
        texts = self.package.texts.items() if news else ()
        return set(filter(None, map(self._file_with, asked))) | {
            path
            for path, text in texts
            if told.may_tell(path, text.content)
            or ("import *" in text.content and any(module in text.content for module in modules))
        }

    def _asked_of_others(self) -> Iterator[str]:
        """Yield the names of which a file wants the literal, and which are not its own."""
        for path, outcome in self.outcomes.items():
            yield from (name for name in outcome.derived.wanted if self._file_with(name) != path)

    def _file_with(self, name: str) -> str | None:
        """Return the file that binds a name at its top, or in a class there."""
        return self.package.file_of(self.package.module_of(name))

    def _release(self, needs: Needs) -> set[str]:
        """Note the names at the top of files that no other file asks for any more, and return these files."""
        idle = {
            (path, name)
            for path, outcome in self.outcomes.items()
            if self._stays(path)
            for name in outcome.idle
        }
        known = {(path, name) for path, names in self.unneeded.items() for name in names}
        asked = (idle | needs.no_longer_imported()) - known
        free = asked - needs.asked_for(asked, by_path=True).keys()
        for path, name in free:
            self.unneeded[path] = self.unneeded.get(path, frozenset()) | {name}
        return {path for path, _ in free}

    def _harm(self, needs: Needs) -> dict[str, dict[Span, Finding]]:
        """Return, by path, the places where facts decided what harms the rest, with what is to be told."""
        harm: dict[str, dict[Span, Finding]] = {}
        lost: dict[tuple[str, str], Held] = {}
        for path, outcome in self._left():
            for fact, finding in outcome.harm:
                harm.setdefault(path, {}).setdefault(fact, finding)
            lost.update(
                {(path, name): held for name, held in outcome.lost if not self._is_module(path, name)}
            )
        for (path, name), other in sorted(needs.asked_for(lost, by_path=False).items()):
            asking = f"{self.package.config.shown(other)} asks for it"
            for fact, finding in lost[path, name]:
                told = replace(finding, notes=(*finding.notes, asking))
                harm.setdefault(path, {}).setdefault(fact, told)
        return harm

    def _is_module(self, path: str, name: str) -> bool:
        """Tell whether a package has a module of a name, so that importing the name from it finds that."""
        folder, _, file = path.rpartition("/")
        below = (f"{folder}/{name}.py", f"{folder}/{name}/__init__.py")
        return file == "__init__.py" and any(
            module in self.package.texts and self._stays(module) for module in below
        )

    # What is left

    def _remaining(self) -> Remaining:
        emitted = [path for path in self.package.texts if self._stays(path)]
        changed = {
            path: replace(self.package.texts[path], content=self._spliced(path)[0])
            for path in emitted
            if path in self.outcomes and self.outcomes[path].decision.cuts
        }
        return Remaining(self.package, frozenset(emitted), changed)

    def _spliced(self, path: str) -> tuple[str, tuple[int, ...]]:
        decision = self.outcomes[path].decision
        known = self.spliced.get(path)
        if known is None or known[0] is not decision:
            known = decision, _spliced(self.package.texts[path], decision)
            self.spliced[path] = known
        return known[1]

    def _stays(self, path: str) -> bool:
        """Tell whether a file is emitted: it stays itself, and so do all packages around it."""
        return self._is_emitted(path) and all(map(self._is_emitted, packages_around(path)))

    def _is_emitted(self, path: str) -> bool:
        """Tell whether a file stays, whatever the packages around it do; a stub goes with its module."""
        if path.endswith(".pyi") and not self._is_emitted(path.removesuffix("i")):
            return False
        outcome = self.outcomes.get(path)
        left = outcome is None or outcome.decision.emitted
        return left and path != self.package.flags_path and path not in self.gone

    def _left(self) -> Iterator[tuple[str, Outcome]]:
        """Yield what became of the files that stay."""
        for path, outcome in self.outcomes.items():
            if self._stays(path):
                yield path, outcome

    # The result

    def result(self, common: Iterable[Finding]) -> Specialised:
        """Return the tree, and what is refused."""
        decisions = {path: self.outcomes[path].decision for path in sorted(self.outcomes)}
        findings = [*common, *self._findings()]
        tree = Tree(self.profile.name, dict(self._files()))
        return Specialised(tree, tuple(findings), decisions, dict(self._lines_by_facts()))

    def _findings(self) -> Iterator[Finding]:
        """Yield wrong annotations, facts that were left as they stand, and what removal would change."""
        for outcome in self.outcomes.values():
            yield from outcome.decision.findings
        for path, outcome in self._left():
            yield from outcome.traps
            yield from outcome.denied
            yield from self.held.get(path, {}).values()

    def _files(self) -> Iterator[tuple[str, EmittedFile]]:
        for path, source in self.package.sources.items():
            if self._stays(path):
                outcome = self.outcomes.get(path)
                if outcome is None or not outcome.decision.cuts:
                    yield path, EmittedFile(path, source.data, changed=False)
                else:
                    content, lines = self._spliced(path)
                    data = self.package.texts[path].encoded(content)
                    yield path, EmittedFile(path, data, data != source.data, lines)

    def _lines_by_facts(self) -> Iterator[tuple[str, frozenset[int]]]:
        """Yield the lines that facts removed: in them the package itself says that profiles differ."""
        for path, outcome in self.outcomes.items():
            spans = [cut.span for cut in outcome.decision.cuts if cut.cause.fact]
            if spans:
                starts = line_starts(self.package.texts[path].content)
                lines = (
                    range(bisect_right(starts, span.start), bisect_left(starts, span.end) + 1)
                    for span in spans
                )
                yield path, frozenset(chain(*lines))
        for path in self.gone:
            yield path, frozenset(range(1, self.package.texts[path].content.count("\n") + 2))


def _spliced(text: Text, decision: Decision) -> tuple[str, tuple[int, ...]]:
    content, lines = splice(text.content, decision.cuts)
    at, cookie = cookie_for(text, content)
    if not cookie:
        return content, lines
    above = content.count("\n", 0, at)
    return content[:at] + cookie + content[at:], (*lines[:above], 0, *lines[above:])
