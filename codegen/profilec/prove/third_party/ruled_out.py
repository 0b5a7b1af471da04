"""Which lines of a dependency the facts of a profile rule out: `if sys.platform == "win32":` elsewhere.

They are decided as in the package itself, names that repeat a fact included, but nothing is pruned: what a
dependency imports is imported.
"""

from collections.abc import Mapping

from msgspec import Struct, field

from profilec.answers import Answers
from profilec.config import Profile
from profilec.decide import Module, decide
from profilec.folding.conditions import World
from profilec.folding.facts import Facts, facts_of
from profilec.folding.flags import FlagTable
from profilec.folding.telling import telling, told_by
from profilec.settle.derive import Derived, derive, joined
from profilec.settle.prune import Remains
from profilec.syntax.depth import room_for_depth
from profilec.syntax.edit import splice
from profilec.syntax.read import Text, UnreadableSourceError
from profilec.syntax.scope_walk import parsed


class RuledOut(Struct, frozen=True):
    """What facts make of one file.

    Attributes:
        lines: those that they rule out.
        derived: the facts that names of the file repeat.
    """

    lines: frozenset[int] = frozenset()
    derived: Derived = field(default_factory=Derived)


def lines_ruled_out(
    texts: Mapping[str, Text], profile: Profile, answers: Answers
) -> Mapping[str, frozenset[int]]:
    """Return the lines of the files of a package, by path, that the facts of a profile rule out."""
    facts = facts_of(profile)
    told = telling(FlagTable({}), [facts])
    found: dict[str, RuledOut] = {}
    while told:
        asked = [path for path, text in texts.items() if told.may_tell(path, text.content)]
        answer = answers.ask(rule_out, (profile, facts), [texts[path] for path in asked], RuledOut)
        found.update(zip(asked, answer, strict=True))
        known, facts = facts.known, joined(facts, (one.derived for one in found.values()))
        told = told_by(facts, facts.known - known)
    return {path: one.lines for path, one in found.items() if one.lines}


@room_for_depth()
def rule_out(common: tuple[Profile, Facts], text: Text) -> RuledOut:
    """Return what facts make of one file; nothing where it cannot be read."""
    profile, facts = common
    try:
        syntax, names = parsed(text)
        module = Module(syntax, names, ())
        cuts = decide(module, World(profile, FlagTable({}), facts), {}).cuts
        derived = derive(module, Remains.of(cuts), facts)
    except (UnreadableSourceError, RecursionError):
        return RuledOut()
    _, left = splice(text.content, cuts)
    first, last = 1, text.content.count("\n") + 1
    return RuledOut(frozenset(range(first, last + 1)).difference(left) if cuts else frozenset(), derived)
