"""One file, decided for some profiles until nothing more of it goes: text in, plain data out.

The syntax of a file lives only here. Whatever hangs on other files is asked beforehand: the facts that they
repeat, the names of this one that they do not need. So a file is settled once for what it is asked with,
in any process, and `specialise` asks again where an answer to that has changed.
"""

import re
from collections.abc import Iterable, Mapping
from textwrap import dedent, shorten
from typing import Self

import libcst as cst
from msgspec import Struct, field
from msgspec.structs import replace

from profilec.config import Config, Profile
from profilec.decide import Decision, Module, decide
from profilec.decide.comments import marks
from profilec.decide.faults import Stray, faults, inert_marks, strays, subjects_used
from profilec.decide.refusals import Stub, configured
from profilec.diagnostics import Finding
from profilec.folding.conditions import Conditions, World
from profilec.folding.error_classes import ErrorClass
from profilec.folding.facts import UNKNOWN, Facts, is_literal, value
from profilec.folding.flags import FlagTable, has
from profilec.folding.telling import Telling, like_flags, telling
from profilec.settle.derive import Derived, derive, joined
from profilec.settle.prune import (
    Remains,
    idle_declarations,
    idle_deletions,
    idle_exceptions,
    statement_of,
    unused,
)
from profilec.settle.touched import touched
from profilec.settle.traps import Trap, traps
from profilec.syntax.depth import room_for_depth
from profilec.syntax.edit import UNUSED, Cause
from profilec.syntax.read import Span, Syntax, Text, UnreadableSourceError, children, too_deep
from profilec.syntax.scope_walk import parsed
from profilec.syntax.scopes import Names, module_name
from profilec.syntax.skipped import Part, Skipping

_COMMENT = re.compile(r"(?<!\S)#[^'\"]*$|^\s*#.*$")
"""A comment; one with a quotation mark may be part of a string, unless it is all that its line holds."""


class Circumstances(Struct, frozen=True):
    """What other files mean for one file in one profile.

    Attributes:
        facts: what the profile fixes, and what the package repeats of it.
        held: the places in the file where facts decide nothing.
        unneeded: names at the top of the file that no other file asks for any more, though it, or what went
            of another, did in the source.
        rebound: names at its top that another file, or an import of everything, may bind to something else.
    """

    facts: Facts
    held: frozenset[Span] = frozenset()
    unneeded: frozenset[str] = frozenset()
    rebound: frozenset[str] = frozenset()

    def without(self, idle: frozenset[str]) -> Self:
        """Return these, where no other file asks for some more names."""
        return replace(self, unneeded=self.unneeded | idle)


class Task(Struct, frozen=True):
    """One file, and its circumstances by profile.

    Attributes:
        parts: what need not be read of it, unless a decision may hang on it.
        errors: the exception classes of the package that were asked for.
    """

    text: Text
    flags: FlagTable
    profiles: Mapping[str, Circumstances]
    parts: tuple[Part, ...] = ()
    errors: Mapping[str, ErrorClass] = {}


type Held = tuple[tuple[Span, Finding], ...]
"""Places where facts did harm, with what is to be told when they are left as they stand."""


class Outcome(Struct, frozen=True):
    """What one profile makes of one file.

    Attributes:
        derived: the facts that names of the file repeat.
        idle: names at its top that nothing in it leads to any more; they stay for other files.
        harm: where facts removed what the rest of the file needs.
        traps: what else removal would change in what remains.
        lost: the names at its top that facts removed, each with the harm if another file asks for it.
        denied: where the file binds what facts speak of, which then decide nothing in it.
    """

    decision: Decision
    derived: Derived = field(default_factory=Derived)
    idle: frozenset[str] = frozenset()
    harm: Held = ()
    traps: tuple[Finding, ...] = ()
    lost: tuple[tuple[str, Held], ...] = ()
    denied: tuple[Finding, ...] = ()


class Settled(Struct, frozen=True):
    """What becomes of one file.

    Attributes:
        outcomes: by profile; none where the file cannot be parsed.
        ahead: what would become of it, by profile, if no other file needed the names that are idle.
        findings: faults that are the same in every profile.
        strays: what is called as a flag, with the fault if the package has nothing of that path.
        unreadable: why the file cannot be parsed.
        subjects: the features and profiles that it asks for.
        errors: the exception classes that have to be known.
        unread: the parts of it that no decision hung on.
    """

    outcomes: Mapping[str, Outcome] = {}
    ahead: Mapping[str, Outcome] = {}
    findings: tuple[Finding, ...] = ()
    strays: tuple[Stray, ...] = ()
    unreadable: Finding | None = None
    subjects: frozenset[str] = frozenset()
    errors: frozenset[str] = frozenset()
    unread: tuple[Part, ...] = ()


@room_for_depth()
def settle(config: Config, task: Task) -> Settled:
    """Settle one file. LibCST reads only those parts of it on which a decision may hang."""
    text = task.text
    told = _told(config, task, [given.facts for given in task.profiles.values()])
    is_stub = any(_stub(text.path, config.profiles[name], config) for name in task.profiles)
    is_whole = is_stub or any(config.profiles[name].stripped for name in task.profiles)
    skipped = Skipping(text.content, () if is_whole else task.parts).untold(told.tells)
    while True:
        try:
            syntax, names = parsed(text, skipped.reading) if skipped.parts else parsed(text)
        except UnreadableSourceError as error:
            return Settled(unreadable=error.finding)
        except RecursionError:
            return Settled(findings=(too_deep(text),))
        left = skipped.untold(told.through(names).tells)
        left = left.without(like_flags(names, task.flags, text.content, left.words))
        if left.parts == skipped.parts:
            settling, settled = _settled(config, task, syntax, names, skipped)
            told = _told(config, task, [one.world.facts for one in settling.values()])
            left = left.untold(told.through(names).tells)
            for name, outcome in settled.outcomes.items():
                left = settling[name].may_skip(left, outcome)
        if left.parts == skipped.parts:
            ahead = {name: one.ahead(settled.outcomes[name]) for name, one in settling.items()}
            known = {
                name: one
                for name, one in ahead.items()
                if one and settling[name].may_skip(left, one).parts == left.parts
            }
            return replace(settled, ahead=known, unread=left.parts)
        skipped = left


def _told(config: Config, task: Task, facts: Iterable[Facts]) -> Telling:
    return telling(task.flags, facts, config.profile_names).within(task.text.path, task.text.content)


def _settled(
    config: Config, task: Task, syntax: Syntax, names: Names, skipped: Skipping
) -> tuple[Mapping[str, "_Settling"], Settled]:
    flags = task.flags
    found, wrong = marks(syntax, names, flags)
    module = Module(syntax, names, tuple(found))
    wrong += [*faults(syntax, names, flags, config), *inert_marks(syntax, found, flags, config)]
    is_faulty = any(finding.is_error for finding in wrong)
    asked: set[str] = set()

    def error_class(path: str) -> ErrorClass:
        if path not in task.errors:
            asked.add(path)
        return task.errors.get(path, ErrorClass())

    settling: dict[str, _Settling] = {}
    for name, given in task.profiles.items():
        profile = config.profiles[name]
        world = World(
            profile,
            flags,
            given.facts,
            {task.text.path: given.held},
            error_class,
            config.format == "black",
            config.profile_names,
        )
        seen = replace(module, names=replace(names, rebound=given.rebound)) if given.rebound else module
        stub = _stub(task.text.path, profile, config)
        settling[name] = _Settling(seen, skipped, world, given, stub, is_faulty)
    outcomes = {name: one.outcome() for name, one in settling.items()}
    subjects = frozenset(subjects_used(module, flags))
    found_strays = tuple(strays(syntax, names, flags))
    return settling, Settled(outcomes, {}, tuple(wrong), found_strays, None, subjects, frozenset(asked))


def _stub(path: str, profile: Profile, config: Config) -> Stub | None:
    """Return what a module refuses with, where a profile has only its stub."""
    stub = config.stub_modules.get(module_name(path))
    return None if stub is None or has(stub.unless, profile) else configured(stub)


class _Settling(Struct):
    """One file in one profile: decided again and again, as more of it is found unused."""

    module: Module
    skipped: Skipping
    world: World
    given: Circumstances
    stub: Stub | None
    is_faulty: bool
    known: dict[cst.CSTNode, Cause] = {}
    idle: set[str] = set()
    denied: dict[str, Span] = {}

    def outcome(self) -> Outcome:
        decision, derived = self._decided()
        self.denied = dict(reversed(derived.denied))
        if self.denied:
            self.world = replace(self.world, facts=self.given.facts.without(self.denied))
            decision, derived = self._decided()
        return self._outcome(decision, derived)

    def _decided(self) -> tuple[Decision, Derived]:
        """Decide by facts, and by what the names of the file repeat of them, until no more names do."""
        own = f"{self.module.names.module}."
        while True:
            decision = self._decide()
            derived = self._derive(decision)
            known = self.world.facts
            wanted = known.wanted.union(name for name in derived.wanted if name.startswith(own))
            facts = replace(joined(known, [derived], known.rebound), wanted=wanted)
            if facts.named_by.keys() == known.named_by.keys() and wanted == known.wanted:
                return decision, derived
            self.world = replace(self.world, facts=facts)

    def ahead(self, outcome: Outcome) -> Outcome | None:
        """Return what comes of the file if no other needs the names that are idle.

        Mostly none does, and whoever asks that later has the file read again. It goes on from the outcome.
        """
        if not outcome.idle:
            return None
        self.given = self.given.without(outcome.idle)
        return self._outcome(outcome.decision, outcome.derived)

    def may_skip(self, skipped: Skipping, outcome: Outcome) -> Skipping:
        """Return what of that which is skipped need not be read, once it is known what goes."""
        words = touched(self.module, outcome.decision, skipped.reads)
        return skipped.without(words).outside(outcome.decision.cuts)

    def _outcome(self, decision: Decision, derived: Derived) -> Outcome:
        while self._prune(decision):
            decision = self._decide()
        remains = Remains.of(decision.cuts)
        is_faulty = self.is_faulty or any(finding.is_error for finding in decision.findings)
        is_sound = not is_faulty and decision.emitted
        found = list(traps(self.module, remains)) if is_sound and decision.cuts else []
        profile = self.world.profile
        return Outcome(
            decision,
            derived,
            frozenset(self.idle),
            tuple(pair for trap in found for pair in self._harm(trap, remains)),
            tuple(replace(trap.finding, profiles=(profile.name,)) for trap in found),
            tuple(self._lost(remains)) if decision.emitted else (),
            tuple(self._denied(path, span) for path, span in self.denied.items()),
        )

    def _derive(self, decision: Decision) -> Derived:
        facts = self.world.facts
        if decision.emitted and (facts.expressions or facts.modules):
            return derive(self.module, Remains.of(decision.cuts), facts)
        return Derived()

    def _denied(self, path: str, span: Span) -> Finding:
        name = path.removeprefix("sys.modules.")
        what = f"`{path}`" if name == path else f"the module `{name}`"
        message = f"{what} is bound to something else here, though the profile fixes it"
        hint = "remove this or the fact: in other files what the fact decides is decided for good"
        finding = self.module.syntax.finding("PC109", span, message, hint)
        return replace(finding, profiles=(self.world.profile.name,))

    def _decide(self) -> Decision:
        try:
            return decide(self.module, self.world, self.known, self.stub)
        except RecursionError:
            return Decision((), (too_deep(self.module.syntax.text),))

    def _prune(self, decision: Decision) -> bool:
        """Note what only removed code used, and tell whether there is anything new."""
        if not decision.emitted or not (decision.cuts or self.given.unneeded):
            return False
        self.idle.clear()
        found = unused(
            self.module,
            decision,
            self._may_be_needed,
            self._is_idle,
            self.given.unneeded,
            self.skipped.reads,
        )
        nodes = [statement_of(self.module, binding) for binding in found.values()]
        nodes += idle_declarations(self.module, decision)
        nodes += idle_deletions(self.module, decision)
        nodes += idle_exceptions(self.module, decision)
        new = {node: UNUSED for node in nodes if node not in self.known}
        self.known.update(new)
        return bool(new)

    def _is_idle(self, node: cst.BaseExpression) -> bool:
        """Tell whether an expression may go if nothing needs its value: a fact, or it only names and asks."""
        if is_literal(node) or value(node, self.module.names, self.world.facts) is not UNKNOWN:
            return True
        conditions = Conditions(self.module.syntax, self.module.names, self.world)
        return not _computes(node) and not conditions.has_effect(node)

    def _may_be_needed(self, name: str) -> bool:
        if name in self.given.unneeded:
            return False
        self.idle.add(name)
        return True

    def _harm(self, trap: Trap, remains: Remains) -> Held:
        """Return the first fact to leave as it stands; if that does not do, the next round finds another."""
        cuts = filter(None, map(remains.cut, trap.lost))
        facts = {cut.cause.fact for cut in cuts if cut.cause.fact} - self.given.held
        return tuple((fact, self._left_as_it_stands(fact, trap.finding)) for fact in sorted(facts)[:1])

    def _left_as_it_stands(self, fact: Span, harm: Finding) -> Finding:
        syntax = self.module.syntax
        shown = shorten(_on_one_line(syntax.content[fact.start : fact.end]), 80, placeholder=" …")
        message = f"`{shown}` is left as it stands, though facts decide it"
        note = f"line {harm.line}: {harm.message}"
        hint = harm.hint if harm.code in ("PC301", "PC306") else "put what needs it under the same condition"
        finding = syntax.finding("PC107", fact, message, hint, (note,))
        return replace(finding, profiles=(self.world.profile.name,))

    def _lost(self, remains: Remains) -> list[tuple[str, Held]]:
        if not any(cut.cause.fact for cut in remains.cuts):
            return []
        found = []
        for name, bindings in self.module.names.root.bindings.items():
            lost = tuple(binding.span for binding in bindings)
            if not any(map(remains.has, lost)):
                message = f"another module asks for `{name}`, which goes"
                trap = Trap(self.module.syntax.finding("PC403", lost[0], message), lost)
                if harm := self._harm(trap, remains):
                    found.append((name, harm))
        return found


_COMPUTATIONS = (cst.BaseComp, cst.BinaryOperation, cst.FormattedString, cst.StarredElement, cst.Subscript)


_OF_NUMBERS = (cst.Add, cst.Subtract, cst.Multiply, cst.Power, cst.LeftShift)
"""What never fails for integers that are written out."""


def _computes(node: cst.CSTNode) -> bool:
    """Tell whether evaluating an expression may run what is not called, or fail for what it is given."""
    match node:
        case cst.BinaryOperation(left=cst.Integer(), operator=operator, right=cst.Integer()):
            return not isinstance(operator, _OF_NUMBERS)
    return isinstance(node, _COMPUTATIONS) or any(map(_computes, children(node)))


def _on_one_line(text: str) -> str:
    """Return an expression, or the statements of a body with semicolons between them, without comments."""
    is_body = text[:1].isspace()
    shown = ""
    for line in dedent(text).split("\n"):
        if plain := _COMMENT.sub("", line).rstrip(" \t\r\\"):
            begins = is_body and plain[0] not in " \t)]}"
            shown += ("; " if begins and shown else " ") + plain
    return shown
