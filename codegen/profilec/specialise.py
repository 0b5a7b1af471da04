"""The passes in order: decide every module, prune until nothing changes, splice: package in, tree out."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

import libcst as cst

from profilec.conditions import World
from profilec.config import Profile
from profilec.decide import Decision, Module, decide
from profilec.decide.refusals import Stub, configured
from profilec.depth import room_for_depth
from profilec.derive import derive
from profilec.diagnostics import Finding
from profilec.edit import UNUSED, Cause, line_starts, splice
from profilec.facts import facts_of
from profilec.flags import has
from profilec.package import Package
from profilec.prune import Remains, cannot_be_imported, statement_of, unused, unused_modules
from profilec.read import Span, too_deep
from profilec.scopes import module_name
from profilec.traps import Trap, traps
from profilec.tree import EmittedFile, Tree


@dataclass(frozen=True)
class Specialised:
    """What one profile makes of a package.

    Attributes:
        tree: the files to emit.
        findings: the faults that this profile meets.
        decisions: what was decided, by path, for the files in which something was.
        by_facts: the lines, by path, that went because of facts.
    """

    tree: Tree
    findings: tuple[Finding, ...]
    decisions: Mapping[str, Decision]
    by_facts: Mapping[str, frozenset[int]]


@room_for_depth()
def specialise(package: Package, profile: Profile) -> Specialised:
    """Make the tree of one profile. Where findings are errors, the tree must not be written.

    A fact that would harm what remains decides nothing there: everything is then decided again without it.
    """
    held: dict[str, dict[Span, Finding]] = {}
    while True:
        work = _Specialising(package, profile, held)
        work.settle()
        harm = work.harm_of_facts()
        if not harm:
            break
        held = {path: {**held.get(path, {}), **harm.get(path, {})} for path in {*held, *harm}}
    files = dict(work.emitted())
    findings = [*package.findings, *work.findings()]
    return Specialised(
        Tree(profile.name, files), tuple(findings), work.decisions, dict(work.lines_by_facts())
    )


class _Specialising:
    """One profile's passes over a package: the decisions so far, and what pruning has found unused."""

    def __init__(
        self, package: Package, profile: Profile, held: Mapping[str, Mapping[Span, Finding]]
    ) -> None:
        self.package = package
        self.held = held
        spans = {path: frozenset(found) for path, found in held.items()}
        self.world = World(profile, package.flags, facts_of(profile), spans, package.code_of)
        self.unused: dict[str, dict[cst.CSTNode, Cause]] = {}
        self.decisions: dict[str, Decision] = {}
        self.gone: set[str] = set()

    def settle(self) -> None:
        """Decide every file that may hold something; derive facts, prune, until nothing changes."""
        self._decide(self.package.relevant)
        while paths := self._derive():
            self._decide(paths)
        while True:
            while paths := [path for path in self.decisions if self._prune(path)]:
                self._decide(paths)
            if not self._prune_modules():
                break

    def _decide(self, paths: Iterable[str]) -> None:
        for path in sorted(paths):
            module = self.package.module(path)
            if module is not None:
                self.decisions[path] = self._decision(module, path)

    def _decision(self, module: Module, path: str) -> Decision:
        try:
            return decide(module, self.world, self.unused.get(path, {}), self._stub(path))
        except RecursionError:
            return Decision((), (too_deep(module.syntax.text),))

    def _stub(self, path: str) -> Stub | None:
        """Return what a module refuses with, where this profile has only its stub."""
        stub = self.package.config.stub_modules.get(module_name(path))
        if stub is None or has(stub.unless, self.world.profile):
            return None
        return configured(stub)

    def _derive(self) -> list[str]:
        """Add the facts that the package's own names repeat, and return the files that mention a new one."""
        known = self.world.facts
        if not known.expressions and not known.modules:
            return []
        modules = (
            (path, self.package.module(path)) for path, found in self.decisions.items() if found.emitted
        )
        remaining = ((module, Remains.of(self.decisions[path].cuts)) for path, module in modules if module)
        facts = derive(remaining, known)
        self.world = replace(self.world, facts=facts)
        words = {path.rpartition(".")[2] for path in facts.known - known.known}
        texts = self.package.texts.items()
        return [path for path, text in texts if any(word in text.content for word in words)]

    def findings(self) -> Iterator[Finding]:
        """Yield what is refused: wrong annotations; in a module without any, what removal would change.

        Yield also where a fact was left as it stands.
        """
        for decision in self.decisions.values():
            yield from decision.findings
        for found in self.held.values():
            yield from found.values()
        for _, trap, _ in self._traps():
            yield replace(trap.finding, profiles=(self.world.profile.name,))

    def lines_by_facts(self) -> Iterator[tuple[str, frozenset[int]]]:
        """Yield the lines that facts removed: in them the package itself says that profiles differ."""
        for path, decision in self.decisions.items():
            spans = [cut.span for cut in decision.cuts if cut.cause.fact]
            if spans:
                starts = line_starts(self.package.texts[path].content)
                lines = (
                    range(bisect_right(starts, span.start), bisect_left(starts, span.end) + 1)
                    for span in spans
                )
                yield path, frozenset(chain(*lines))
        for path in self.gone:
            yield path, frozenset(range(1, self.package.texts[path].content.count("\n") + 2))

    def harm_of_facts(self) -> dict[str, dict[Span, Finding]]:
        """Return, by path, the places where facts decided what harms the rest, with what is to be told."""
        harm: dict[str, dict[Span, Finding]] = {}
        for module, trap, remains in chain(self._traps(), self._lost_for_others()):
            cuts = filter(None, map(remains.cut, trap.lost))
            for fact in {cut.cause.fact for cut in cuts if cut.cause.fact}:
                if fact not in self.held.get(module.path, ()):
                    finding = _left_as_it_stands(module, fact, trap.finding, self.world.profile)
                    harm.setdefault(module.path, {}).setdefault(fact, finding)
        return harm

    def _traps(self) -> Iterator[tuple[Module, Trap, Remains]]:
        faulty = {finding.path for finding in self.package.findings}
        for path, decision in self.decisions.items():
            module = self.package.module(path)
            if module is None or decision.findings or module.syntax.text.shown in faulty:
                continue
            if decision.emitted and decision.cuts:
                remains = Remains.of(decision.cuts)
                yield from ((module, trap, remains) for trap in traps(module, remains))

    def _lost_for_others(self) -> Iterator[tuple[Module, Trap, Remains]]:
        """Yield the names at the top of a module that facts removed, and that another file still asks for."""
        for path, decision in self.decisions.items():
            module, remains = self.package.module(path), Remains.of(decision.cuts)
            if module is None or not decision.emitted or not any(cut.cause.fact for cut in remains.cuts):
                continue
            for name, bindings in module.names.root.bindings.items():
                lost = tuple(binding.span for binding in bindings)
                if not any(map(remains.has, lost)) and self._used_elsewhere(path, name):
                    message = f"another module asks for `{name}`, which goes"
                    yield module, Trap(module.syntax.finding("PC403", lost[0], message), lost), remains

    def _prune(self, path: str) -> bool:
        """Note what only removed code of a file used, and tell whether there is anything new."""
        module, decision = self.package.module(path), self.decisions[path]
        if module is None or not decision.emitted or not decision.cuts:
            return False
        known = self.unused.setdefault(path, {})
        found = unused(module, decision, lambda name: self._used_elsewhere(path, name))
        new = {statement_of(module, binding): UNUSED for binding in found.values()}
        new = {node: cause for node, cause in new.items() if node not in known}
        known.update(new)
        return bool(new)

    def _prune_modules(self) -> bool:
        """Note the modules that only removed code used, and tell whether there is anything new.

        A module may go if it is private, or if nobody could import it in this profile.
        """
        names = {path: module_name(path) for path in self.package.texts if self._is_emitted(path)}
        dead = self._cannot_be_imported()
        suspects = self._suspects({path: n for path, n in names.items() if _is_private(n) or n in dead})
        if not suspects:
            return False
        roots = [
            path for path in self.package.texts if path not in suspects and path != self.package.flags_path
        ]

        def uses(path: str, left: bool) -> list[str]:
            return [] if left and not self._is_emitted(path) else self._imported(path, suspects, left)

        gone = unused_modules(uses, roots, suspects)
        self.gone |= gone
        return bool(gone)

    def _cannot_be_imported(self) -> set[str]:
        """Return the modules that import, directly or through others, what facts say is not there."""
        told = {name for name, there in self.world.facts.modules.items() if not there}
        found: set[str] = set()
        news = told
        while news:
            word = re.compile("|".join(rf"\b{re.escape(name.rpartition('.')[2])}\b" for name in news))
            suspects = [
                path
                for path, text in self.package.texts.items()
                if module_name(path) not in found and (word.search(path) or word.search(text.content))
            ]
            news = {module_name(path) for path in suspects if self._fails(path, told | found)}
            found |= news
        return found

    def _fails(self, path: str, missing: Collection[str]) -> bool:
        module, decision = self.package.module(path), self.decisions.get(path)
        remains = Remains.of(decision.cuts if decision else ())
        return module is not None and cannot_be_imported(module, remains, missing)

    def _suspects(self, private: Mapping[str, str]) -> dict[str, str]:
        """Return the private modules that a changed file led to, directly or through others of them.

        No other can have lost an importer, so the files that were not touched need not be parsed.
        """
        suspects: dict[str, str] = {}
        pending = [path for path in self.package.texts if self._is_touched(path)]
        while pending:
            path = pending.pop()
            found = [file for file in self._imported(path, private, left=False) if file not in suspects]
            suspects |= {file: private[file] for file in found}
            pending += found
        return suspects

    def _is_touched(self, path: str) -> bool:
        decision = self.decisions.get(path)
        return not self._is_emitted(path) or bool(decision and decision.cuts)

    def _imported(self, path: str, modules: Mapping[str, str], left: bool) -> list[str]:
        """Return which of some modules a file, or what is left of it, imports."""
        return [file for file, name in modules.items() if file != path and self._imports(path, name, left)]

    def _imports(self, path: str, name: str, left: bool) -> bool:
        """Tell whether a file, or what is left of it, imports a module or names it in a string."""
        text = self.package.texts[path]
        last = name.rpartition(".")[2]
        if last not in text.content or not re.search(rf"\b{re.escape(last)}\b", text.content):
            return False
        module = self.package.module(path)
        if module is None:
            return True
        decision = self.decisions.get(path) if left else None
        remains = Remains.of(decision.cuts if decision else ())
        named = (match.span() for match in re.finditer(re.escape(name), text.content))
        if any(remains.has(Span(*span)) for span in named):
            return True
        bindings = (b for scope in module.names.scopes for found in scope.bindings.values() for b in found)
        wanted = (b for b in bindings if b.target and (b.target == name or b.target.startswith(f"{name}.")))
        stars = (star.span for star in module.names.stars if star.module == name)
        return any(remains.has(span) for span in (*(binding.span for binding in wanted), *stars))

    def _used_elsewhere(self, path: str, name: str) -> bool:
        """Tell whether another file that is emitted still asks a module for a name."""
        target = f"{module_name(path)}.{name}"
        last = module_name(path).rpartition(".")[2]
        for other, text in self.package.texts.items():
            if (
                other == path
                or not self._is_emitted(other)
                or name not in text.content
                or last not in text.content
            ):
                continue
            parsed = self.package.module(other)
            if parsed is None or self._asks_for(parsed, target, name):
                return True
        return False

    def _asks_for(self, module: Module, target: str, name: str) -> bool:
        decision = self.decisions.get(module.path)
        remains = Remains.of(decision.cuts if decision else ())
        for scope in module.names.scopes:
            for bindings in scope.bindings.values():
                if any(binding.target == target and remains.has(binding.span) for binding in bindings):
                    return True
        owner = target.rpartition(".")[0]
        imported = any(star.module == owner for star in module.names.stars)
        read = (Span(*match.span()) for match in re.finditer(rf"\.\s*{name}\b", module.syntax.content))
        return imported or (any(map(remains.has, read)) and _binds_module(module, owner, remains))

    def _is_emitted(self, path: str) -> bool:
        decision = self.decisions.get(path)
        left = decision is None or decision.emitted
        return left and path != self.package.flags_path and path not in self.gone

    def emitted(self) -> Mapping[str, EmittedFile]:
        """Return the files of the tree."""
        files: dict[str, EmittedFile] = {}
        for path, source in self.package.sources.items():
            if self._is_emitted(path) and not self._in_removed_package(path):
                decision = self.decisions.get(path)
                if decision is None or not decision.cuts:
                    files[path] = EmittedFile(path, source.data, changed=False)
                else:
                    files[path] = self._spliced(path, decision)
        return files

    def _in_removed_package(self, path: str) -> bool:
        parts = path.split("/")[:-1]
        folders = ["/".join(parts[: index + 1]) for index in range(len(parts))]
        return any(not self._is_emitted(f"{folder}/__init__.py") for folder in folders)

    def _spliced(self, path: str, decision: Decision) -> EmittedFile:
        text = self.package.texts[path]
        content, lines = splice(text.content, decision.cuts)
        data = text.encoded(content)
        return EmittedFile(path, data, data != self.package.sources[path].data, lines)


def _left_as_it_stands(module: Module, fact: Span, harm: Finding, profile: Profile) -> Finding:
    shown = " ".join(module.syntax.content[fact.start : fact.end].split())
    message = f"`{shown}` is left as it stands, though facts decide it"
    note = f"line {harm.line}: {harm.message}"
    return replace(module.syntax.finding("PC107", fact, message, notes=(note,)), profiles=(profile.name,))


def _is_private(module: str) -> bool:
    return any(part.startswith("_") and not part.startswith("__") for part in module.split("."))


def _binds_module(module: Module, owner: str, remains: Remains) -> bool:
    """Tell whether a module binds another module as a whole."""
    return any(
        binding.target == owner and remains.has(binding.span)
        for scope in module.names.scopes
        for bindings in scope.bindings.values()
        for binding in bindings
    )
