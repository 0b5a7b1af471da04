"""Of which names everything has to be read that holds them, before a decision about a file can stand.

What is not read of a file must change nothing of what becomes of it: `settle` reads more until that is so.
"""

from collections.abc import Iterator, Set

import libcst as cst

from profilec.decide import Decision, Module
from profilec.settle.prune import Reads, Remains, candidates_of, handlers, needed, uses_by_owner
from profilec.syntax.read import Syntax


def touched(module: Module, decision: Decision, reads: Reads) -> frozenset[str]:
    """Return the names whose fate hangs on a decision, so that whatever holds them has to be read.

    All that binds them went; or something that used them did, and they may go, or what uses one of these may.
    None that a function of its own has is among them, since that function is read, and none that something
    which is not read surely needs.
    """
    remains = Remains.of(decision.cuts)
    candidates = dict(candidates_of(module, remains))

    def may_go(names: Set[str]) -> Set[str]:
        return names - needed(module, names, candidates, remains, reads)

    used = _used_by_what_went(module, remains)
    found = {*may_go(used & candidates.keys()), *(used & _caught(module.syntax)), *_lost(module, remains)}
    uses = uses_by_owner(module, candidates, lambda span: True) if found else {}
    news: Set[str] = found
    while news:
        using = {owner for owner, used in uses.items() if owner and used & news}
        news = may_go(using - found)
        found |= news
    return frozenset(found)


def _used_by_what_went(module: Module, remains: Remains) -> set[str]:
    """Return the names at the top of a module that something used which went."""
    names = module.names
    gone = (use for use in names.uses if not remains.has(use.span))
    return {use.name for use in gone if names.binding_scope(use.name, use.scope) is names.root}


def _lost(module: Module, remains: Remains) -> Iterator[str]:
    """Yield the names at the top or in a class that nothing binds any more, as far as a part of it tells.

    What a `match` binds, or `del` unbinds, may mean something else to who uses it as soon as any of it went.
    """
    syntax = module.syntax
    matches = list(map(syntax.outer, syntax.every(cst.Match)))
    for scope in module.names.scopes:
        for name, bindings in scope.bindings.items() if scope.kind in ("module", "class") else ():
            gone = [one for one in bindings if not remains.has(one.span)]
            hangs_on_each = any(
                one.kind == "deletion" or any(match.covers(one.span) for match in matches) for one in bindings
            )
            if gone and (hangs_on_each or len(gone) == len(bindings)):
                yield name


def _caught(syntax: Syntax) -> Set[str]:
    """Return the names of caught exceptions."""
    return {syntax.source(handler.name.name) for handler in handlers(syntax) if handler.name}
