"""What each profile keeps, drops and replaces, and because of what. One file per form of annotation.

Takes the syntax, names and marks of one module and the world of one profile; gives cuts of the text and
findings. A new form is a new file here and its line in the table of handlers.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import libcst as cst
from msgspec import Struct

from profilec.decide import branches, definitions, docstrings, loops, matches, simple, try_imports
from profilec.decide.comments import Mark
from profilec.decide.defaults import cut_replaced_defaults
from profilec.decide.draft import Draft
from profilec.decide.ends import cut_idle_ends
from profilec.decide.module import Module
from profilec.decide.refusals import Stub
from profilec.decide.spacing import part_definitions
from profilec.decide.walk import Handler, Walk
from profilec.diagnostics import Finding
from profilec.folding.conditions import Conditions, World, looks_like_a_flag
from profilec.folding.facts import UNKNOWN, value
from profilec.folding.flags import MARKERS, declarations
from profilec.syntax.edit import NO_CAUSE, SERVES_TO_COMPILE, Cause, Cut
from profilec.syntax.read import Span, Syntax
from profilec.syntax.scopes import Use

_HANDLERS: dict[type[cst.CSTNode], Callable[[Walk, Any], Any]] = {
    cst.If: branches.if_,
    cst.While: loops.while_,
    cst.For: loops.for_,
    cst.With: branches.with_,
    cst.Try: try_imports.try_import,
    cst.TryStar: branches.try_,
    cst.Match: matches.match_,
    cst.FunctionDef: definitions.definition,
    cst.ClassDef: definitions.definition,
    cst.Import: simple.import_,
    cst.ImportFrom: simple.import_,
    cst.Assert: simple.assert_,
    cst.Assign: simple.simple,
    cst.AnnAssign: simple.simple,
    cst.AugAssign: simple.simple,
    cst.Expr: simple.expression_statement,
    cst.Return: simple.simple,
    cst.Raise: simple.simple,
    cst.Del: simple.delete,
    cst.Global: simple.declaration,
    cst.Nonlocal: simple.declaration,
    cst.TypeAlias: simple.simple,
}


_ASKED_FOR = re.compile(r"[ \t]*\.[ \t]*([^\W\d]\w*)")


class Decision(Struct, frozen=True):
    """What one profile does with one module.

    Attributes:
        cuts: what goes from the text.
        emitted: false where the whole file goes, because of `cause`.
    """

    cuts: tuple[Cut, ...]
    findings: tuple[Finding, ...]
    emitted: bool = True
    cause: Cause = NO_CAUSE


def decide(
    module: Module, world: World, unused: Mapping[cst.CSTNode, Cause], stub: Stub | None = None
) -> Decision:
    """Decide one module for one profile.

    Args:
        module: the module.
        world: what the profile decides.
        unused: the nodes that pruning has found to be of no use.
        stub: what the module's definitions refuse with, where the profile has only its stub.
    """
    lost, marked = dict(unused), dict[cst.CSTNode, Cause]()
    draft = Draft(module.syntax, world.profile.name, formatted=world.formatted)
    for mark in module.marks:
        cause = Cause(f"marked `{mark.shown}`", mark.line)
        draft.cut(*_comment_lines(module.syntax, mark), cause)
        if not mark.keeps(world.flags, world.profile):
            if mark.target is None:
                return Decision((), (), emitted=False, cause=cause)
            lost[mark.target] = cause
        elif mark.target is not None and draft.formatted:
            marked[mark.target] = cause
    lost.update(_compile_time_names(module, world))
    if world.profile.stripped:
        lost.update(docstrings.left_out(module))
        for finding in docstrings.reads(module):
            draft.report(finding)
    conditions = Conditions(module.syntax, module.names, world)
    starts = (module.syntax.inner(node).start for node in (*lost, *marked))
    held = world.held.get(module.path, ())
    told = (p for p in _points(module, world) if not any(span.start <= p < span.end for span in held))
    points = sorted([*starts, *told])
    walk = Walk(
        conditions, draft, cast("Mapping[type[cst.CSTNode], Handler]", _HANDLERS), lost, points, marked
    )
    walk.stub = stub
    whole = Span(0, len(module.syntax.content))
    walk.statements(module.syntax.module.body, whole, may_be_empty=True)
    cut_idle_ends(walk)
    cut_replaced_defaults(walk)
    part_definitions(walk)
    return Decision(tuple(draft.all_cuts()), tuple(draft.findings))


def _comment_lines(syntax: Syntax, mark: Mark) -> Span:
    """Return what goes of a mark: the comment; where it stands alone, its line and blank ones below."""
    content = syntax.content
    if mark.target is not None or content[: mark.comment.start].strip():
        return mark.comment
    end = mark.comment.end
    while end < len(content) and content[end].isspace():
        end += 1
    return Span(mark.comment.start, content.rfind("\n", 0, end) + 1 if end < len(content) else end)


def _compile_time_names(module: Module, world: World) -> Iterator[tuple[cst.CSTNode, Cause]]:
    """Find the imports of markers and flags, and declarations of flags: none means anything once compiled."""
    for scope in module.names.scopes:
        for bindings in scope.bindings.values():
            for binding in bindings:
                if binding.kind == "import" and binding.target and is_compile_time(binding.target, world):
                    line, _ = module.syntax.place(binding.span.start)
                    yield binding.node, Cause(SERVES_TO_COMPILE, line)
    for declaration in declarations(module.syntax, module.names):
        line, _ = module.syntax.place(declaration.span.start)
        yield declaration.statement, Cause("it declares a flag", line)


def is_compile_time(target: str, world: World) -> bool:
    """Tell whether a dotted path is the compiler's, a flag, or a module that only declares flags."""
    markers = target == MARKERS or target.startswith(f"{MARKERS}.")
    return markers or target in world.flags.flags or target == world.flags.module


def _points(module: Module, world: World) -> Iterator[int]:
    """Find where something may be decided: uses of flags, of markers, of names that facts are about."""
    names = module.names
    if world.facts.modules:
        for scope in names.scopes:
            for bindings in scope.bindings.values():
                imported = (binding for binding in bindings if binding.kind == "import")
                told = (b for b in imported if world.facts.importable(b.target or "") is not None)
                yield from (binding.span.start for binding in told)
    repeating: set[str | None] = set()
    for use, path in zip(names.uses, names.paths, strict=True):
        if _matters(use, path, module, world) or (
            use.name in repeating and _holds_a_fact(use, module, world)
        ):
            repeating.add(names.assigned_at(use.span.start))
            yield use.span.start


def _holds_a_fact(use: Use, module: Module, world: World) -> bool:
    """Tell whether a local name certainly holds what facts fix."""
    assigned = module.names.assigned(use)
    return assigned is not None and value(assigned, module.names, world.facts) is not UNKNOWN


def _matters(use: Use, path: str | None, module: Module, world: World) -> bool:
    facts, names = world.facts, module.names
    if path is not None:
        root, *parts = path.split(".")
        told = path in facts.known or path in facts.holders or is_compile_time(path, world)
        return told or (root in facts.roots and _may_be_listed(use, parts, module.syntax, world))
    unbound_in_facts = use.name in facts.roots and not names.bindings(use)
    of_owner = bool(facts.owners) and names.member(use) in facts.owners
    return unbound_in_facts or of_owner or looks_like_a_flag(use, names, world.flags)


def _may_be_listed(use: Use, parts: list[str], syntax: Syntax, world: World) -> bool:
    """Tell whether a listed expression may begin with a use of its root, by what that is asked for."""
    asked = _ASKED_FOR.match(syntax.content, use.span.end)
    return asked is None or not world.facts.asked.isdisjoint([asked[1], *parts])


__all__ = ["Decision", "Module", "decide", "is_compile_time"]
