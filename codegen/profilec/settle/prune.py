"""What only removed code used goes too: imports, local names, and private names at the top of a module.

Takes the decision of one profile about a file and finds the nodes that nothing that is left leads to, though
something in the source did. What was unused before stays, and so does every public name. `settle` decides
again with what was found here, until nothing more is. Whole modules are for `needs`.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property, lru_cache

import libcst as cst
from msgspec import Struct

from profilec.decide import Decision, Module
from profilec.decide.module import small_statements
from profilec.syntax.edit import UNUSED, Cut, outermost
from profilec.syntax.read import Span, Syntax
from profilec.syntax.scopes import LOOKS_AT_LOCALS, Binding, Scope, parameters_of

_IDENTIFIER = re.compile(r"(?<![\w.])[^\W\d]\w*")
_EXAMPLE = re.compile(r"^[ \t]*(?:>>>|\.\.\.)(.*)", re.MULTILINE)
"""A line that `doctest` runs with the names of the module."""
_OWN_NAMESPACE = re.compile(r"\b(?:globals|vars)\(\)|\bsys\.modules\[__name__\]")
"""What gives the names of the module itself, to be asked for by a text."""
_NAMESPACES = ("globals()", "vars()", "sys.modules[__name__]")
"""One of these is in all that the search for the above finds; a plain text is found far sooner."""
_ASKED_FOR = re.compile(r"\s*\.\s*([^\W\d]\w*)")
"""The attribute that a name is asked for."""

type Nodes = dict[cst.CSTNode, Binding]
type Reads = Callable[[Set[str]], Iterable[tuple[Span, frozenset[str]]]]
"""Gives those of some names at the top of a module that what is not read of it surely needs, by place."""


class Remains(Struct, frozen=True, dict=True):
    """Which characters of a text a decision leaves."""

    cuts: tuple[Cut, ...]
    starts: tuple[int, ...]

    @classmethod
    def of(cls, cuts: Iterable[Cut]) -> "Remains":
        """Return what cuts leave."""
        joined = outermost(cuts)
        return cls(tuple(joined), tuple(cut.start for cut in joined))

    def has(self, span: Span) -> bool:
        """Tell whether the beginning of a span is left."""
        return self.cut(span) is None

    def has_all(self, span: Span) -> bool:
        """Tell whether nothing that begins within a span goes."""
        return bisect_left(self.starts, span.start) == bisect_left(self.starts, span.end)

    def cut(self, span: Span) -> Cut | None:
        """Return the cut that the beginning of a span goes with."""
        index = bisect_right(self.starts, span.start) - 1
        return self.cuts[index] if index >= 0 and span.start < self.cuts[index].end else None

    @cached_property
    def generated(self) -> frozenset[str]:
        """The names in the texts that stand in the place of cuts, as a stub names its exception."""
        return frozenset(name for cut in self.cuts for name in _IDENTIFIER.findall(cut.text))


def unused(
    module: Module,
    decision: Decision,
    used_elsewhere: Callable[[str], bool],
    is_idle: Callable[[cst.BaseExpression], bool],
    deserted: Set[str],
    reads: Reads,
) -> Nodes:
    """Find the imports, private definitions and local names that only what a decision removed used.

    Args:
        module: the module.
        decision: what the profile removed of it so far.
        used_elsewhere: tells whether another file of the tree still asks this module for a name.
        is_idle: tells whether an expression may go if nothing needs its value.
        deserted: names that another file used before, and no other file asks this module for any more.
        reads: what parts of the file need that are not read.
    """
    remains = Remains.of(decision.cuts)
    found: Nodes = {}
    asked = {use.name for use in module.names.uses if not remains.has(use.span)}
    for scope in module.names.scopes:
        if scope.kind in ("function", "lambda"):
            found |= _unused_locals(module, scope, remains, asked, is_idle)
    found |= _unused_at_top(module, remains, used_elsewhere, deserted, reads)
    return _without_probes(module.syntax, found, remains)


def idle_declarations(module: Module, decision: Decision) -> list[cst.NameItem]:
    """Find the names under `global` and `nonlocal` of which nothing is left that binds them there.

    Reading gives the same without, unless a function between binds the name too.
    """
    remains = Remains.of(decision.cuts)
    spans: set[Span] = set()
    for scope in module.names.scopes:
        for name, declared in scope.declared.items():
            owner, around = module.names.binding_scope(name, scope), module.syntax.outer(scope.node)
            bindings = owner.bindings.get(name, []) if owner else []
            bound = [one for one in bindings if around.covers(one.span)]
            hidden = any(found is not owner and name in found.bindings for found in scope.enclosing())
            if bound and not hidden and not any(remains.has(one.span) for one in bound):
                spans.update(span for _, span in declared if remains.has(span))
    if not spans:
        return []
    return [item for item in module.syntax.every(cst.NameItem) if module.syntax.inner(item) in spans]


def idle_deletions(module: Module, decision: Decision) -> Iterator[cst.CSTNode]:
    """Find what `del` names at the top of a module though what bound it went because nothing uses it."""
    syntax, remains = module.syntax, Remains.of(decision.cuts)
    bound = module.names.root.bindings
    for node in syntax.every(cst.Del):
        elements = node.target.elements if isinstance(node.target, cst.Tuple) else ()
        targets: list[tuple[cst.CSTNode, cst.CSTNode]]
        targets = [(one, one.value) for one in elements] or [(node, node.target)]
        for whole, target in targets:
            place = syntax.inner(target)
            bindings = bound.get(target.value, []) if isinstance(target, cst.Name) else []
            if remains.has(place) and any(one.span == place for one in bindings):
                cuts = [remains.cut(one.span) for one in bindings if one.kind != "deletion"]
                if cuts and all(cut and cut.cause == UNUSED for cut in cuts):
                    yield whole


def idle_exceptions(module: Module, decision: Decision) -> Iterator[cst.AsName]:
    """Find the names of caught exceptions of which nothing is left that asks for them in their handler.

    The end of a handler unbinds its name, so one that something else binds, or asks for outside, stays.
    """
    syntax, names, remains = module.syntax, module.names, Remains.of(decision.cuts)
    bodies = dict[cst.CSTNode, Span]()
    shrunk: list[cst.AsName] = []
    for handler in handlers(syntax):
        if handler.name:
            body = bodies[handler.name.name] = syntax.outer(handler.body)
            if remains.has(syntax.inner(handler)) and not remains.has_all(body):
                shrunk.append(handler.name)
    for named in shrunk:
        name, body = syntax.source(named.name), bodies[named.name]
        bound = (one.bindings.get(name, []) for one in names.scopes)
        bindings = next((found for found in bound if any(one.node is named.name for one in found)), [])
        spans = [one.span for one in names.uses if one.name == name and names.bindings(one) is bindings]
        asked = [span for span in spans if body.covers(span)]
        if (
            asked
            and not any(map(remains.has, asked))
            and bodies.keys() >= {one.node for one in bindings}
            and all(any(bodies[one.node].covers(span) for one in bindings) for span in spans)
            and not LOOKS_AT_LOCALS.search(syntax.content, body.start, body.end)
        ):
            yield named


def handlers(syntax: Syntax) -> list[cst.ExceptHandler | cst.ExceptStarHandler]:
    """Return what catches exceptions."""
    return [*syntax.every(cst.ExceptHandler), *syntax.every(cst.ExceptStarHandler)]


# --- Within a `try` -------------------------------------------------------------------------------


def _without_probes(syntax: Syntax, found: Nodes, remains: Remains) -> Nodes:
    """Leave out the imports by which a `try` learns whether they succeed, where something hangs on it.

    With them all else that binds the same names, as its handlers do.
    """
    probing = syntax.every(cst.Try) if found else ()
    bodies = [
        syntax.outer(node.body)
        for node in probing
        if any(remains.has(syntax.inner(handler)) for handler in node.handlers)
        and not _goes(syntax, node, found, remains)
    ]

    def is_probe(binding: Binding) -> bool:
        return (binding.kind == "import" or binding.statement is not None) and any(
            body.covers(binding.span)
            and (binding.owner is syntax.module or not body.covers(syntax.inner(binding.owner)))
            for body in bodies
        )

    probes = {(binding.owner, binding.name) for binding in found.values() if is_probe(binding)}
    return {node: binding for node, binding in found.items() if (binding.owner, binding.name) not in probes}


def _goes(syntax: Syntax, node: cst.CSTNode, found: Nodes, remains: Remains) -> bool:
    """Tell whether nothing of a `try`, or of a part of it, is left, or only what nothing uses."""
    match node:
        case cst.Pass():
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=target)]) | cst.AnnAssign(target=target):
            return target in found or not remains.has(syntax.inner(node))
        case cst.Import(names=aliases) | cst.ImportFrom(names=[*aliases]):
            return all(_goes(syntax, alias, found, remains) for alias in aliases)
        case cst.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            clauses = [clause for clause in (body, *handlers, orelse, final) if clause]
            return all(_goes(syntax, clause, found, remains) for clause in clauses)
        case cst.ExceptHandler(body=body) | cst.Else(body=body) | cst.Finally(body=body):
            return _goes(syntax, body, found, remains)
        case cst.BaseSuite(body=statements) | cst.SimpleStatementLine(body=statements):
            return all(_goes(syntax, statement, found, remains) for statement in statements)
    return node in found or not remains.has(syntax.inner(node))


# --- Within a function ----------------------------------------------------------------------------


def _unused_locals(
    module: Module,
    scope: Scope,
    remains: Remains,
    asked: Set[str],
    is_idle: Callable[[cst.BaseExpression], bool],
) -> Nodes:
    """Find the local names of which some, among those that are not `asked` for everywhere, are no more."""
    names = module.names
    candidates = {
        name: found
        for name, found in scope.bindings.items()
        if name in asked
        and all(one.kind == "import" or not remains.has(one.span) or _holds(one, is_idle) for one in found)
    }
    if not candidates or LOOKS_AT_LOCALS.search(module.syntax.source(scope.node)):
        return {}
    used = dict.fromkeys(candidates, False)
    left = dict(used)
    for use in names.uses:
        if use.name in candidates and names.binding_scope(use.name, use.scope) is scope:
            functions = (one.node for one in candidates[use.name] if isinstance(one.node, cst.FunctionDef))
            if not any(module.syntax.inner(function).covers(use.span) for function in functions):
                used[use.name] = True
                left[use.name] |= remains.has(use.span)
    return {
        binding.node: binding
        for name, found in candidates.items()
        if used[name] and not left[name] and name not in remains.generated
        for binding in found
        if remains.has(binding.span)
    }


def _holds(binding: Binding, is_idle: Callable[[cst.BaseExpression], bool]) -> bool:
    """Tell whether what binds a local name is an assignment or a definition that does nothing else."""
    match binding.statement or binding.node:
        case cst.Assign(value=assigned) | cst.AnnAssign(value=cst.BaseExpression() as assigned):
            return is_idle(assigned)
        case cst.FunctionDef(decorators=[], params=parameters, returns=returned):
            own = list(parameters_of(parameters))
            annotations = [one for one in (*(parameter.annotation for parameter in own), returned) if one]
            defaults = [parameter.default for parameter in own if parameter.default]
            return all(map(is_idle, [*defaults, *(one.annotation for one in annotations)]))
    return False


# --- At the top of a module -----------------------------------------------------------------------


def _unused_at_top(
    module: Module,
    remains: Remains,
    used_elsewhere: Callable[[str], bool],
    deserted: Set[str],
    reads: Reads,
) -> Nodes:
    """Mark every candidate that something reaches, in the source and in what is left, and compare.

    What nothing reached before stays, and with it what is left of it uses.
    """
    candidates = dict(candidates_of(module, remains))
    if not candidates:
        return {}
    root = module.names.root.bindings
    deleted = {one.span for name in candidates for one in root[name] if one.kind == "deletion"}
    before = uses_by_owner(module, candidates, lambda span: span not in deleted)
    kept = remains.generated | _named_in_text(module, remains) | (_idle(before, candidates.keys()) - deserted)
    uses = uses_by_owner(module, candidates, lambda span: span not in deleted and remains.has(span))
    left = {name: [one for one in found if remains.has(one.span)] for name, found in candidates.items()}
    dead = {name for name, bindings in left.items() if bindings} - _reached(uses, kept & candidates.keys())
    dead -= _reached(uses, needed(module, dead, candidates, remains, reads))
    dead -= _reached(uses, filter(used_elsewhere, dead))
    lost: list[Binding] = []
    for name, bindings in left.items():
        if name in dead:
            lost += bindings
        elif name not in kept and (parts := _unused_parts(module, name, bindings, remains)):
            lost += () if used_elsewhere(name) else parts
    return {binding.node: binding for binding in lost}


def _unused_parts(module: Module, name: str, left: Sequence[Binding], remains: Remains) -> list[Binding]:
    """Find each `import name.part` of which the part is not asked for any more, if another binds the name."""
    parts = {binding.node: part for binding in left if (part := _part(binding.node))}
    if not parts or len(left) == 1:
        return []
    content, names = module.syntax.content, module.names
    before, after = set[str](), set[str]()
    first = len(content)
    for use in names.uses:
        if use.name == name and names.binding_scope(name, use.scope) is names.root:
            asked = _ASKED_FOR.match(content, use.span.end)
            before.add(asked[1] if asked else "")
            if remains.has(use.span):
                after.add(asked[1] if asked else "")
                first = min(first, use.span.start)
    idle = [binding for binding in left if parts.get(binding.node, "") in before - after]
    binds = (binding.span.start for binding in left if binding not in idle)
    is_bound = any(
        start < first and content.startswith("import ", content.rfind("\n", 0, start) + 1) for start in binds
    )
    return idle if is_bound and "" not in after else []


def _part(node: cst.CSTNode) -> str | None:
    """Return the part of a package that `import name.part` asks for, which binds the name of the package."""
    match node:
        case cst.ImportAlias(name=cst.Attribute() as path, asname=None):
            while isinstance(path.value, cst.Attribute):
                path = path.value
            return path.attr.value
    return None


def _named_in_text(module: Module, remains: Remains) -> frozenset[str]:
    """Return the names that strings give where text is run, or looked up, among the names of the module."""
    content = module.syntax.content
    may_look_up = any(text in content for text in _NAMESPACES)
    runs, looks_up = ">>>" in content, may_look_up and _OWN_NAMESPACE.search(content)
    found: set[str] = set()
    for string in module.syntax.every(cst.SimpleString) if runs or looks_up else ():
        if remains.has(module.syntax.inner(string)):
            examples = _EXAMPLE.findall(string.value) if runs else ()
            found.update(name for example in examples for name in _IDENTIFIER.findall(example))
            found.update([string.raw_value] if looks_up else ())
    return frozenset(found)


def candidates_of(module: Module, remains: Remains) -> Iterator[tuple[str, list[Binding]]]:
    """Yield the names that may go with what used them: imports, and private definitions and assignments.

    All that binds one of these has to have gone already, or to be able to go alone.
    """
    kept_lines = {mark.line for mark in module.marks if mark.action == "keep"}
    listed = {name for name, _ in module.exports}
    for name, all_bindings in module.names.root.bindings.items():
        bindings = [binding for binding in all_bindings if binding.kind != "deletion"]  # which goes with them
        private = name.startswith("_") and not name.startswith("__")
        left = [binding for binding in bindings if remains.has(binding.span)] or bindings
        imported = all(binding.kind == "import" for binding in left)
        if not (private or imported) or name in listed:
            continue
        held = any(
            _is_reexport(binding.node) or (kept_lines and _line(module, binding) in kept_lines)
            for binding in bindings
        )
        if not held and all(
            removable_node(module, binding) or not remains.has(binding.span) for binding in bindings
        ):
            yield name, bindings


def _line(module: Module, binding: Binding) -> int:
    return module.syntax.place(binding.span.start)[0]


def removable_node(module: Module, binding: Binding) -> bool:
    """Tell whether a binding is a statement, or an import alias, that can go alone."""
    return isinstance(binding.node, cst.ImportAlias | cst.FunctionDef | cst.ClassDef) or (
        binding.kind == "assignment" and _assignment(module.syntax, binding) is not None
    )


def _assignment(syntax: Syntax, binding: Binding) -> cst.CSTNode | None:
    """Return the assignment statement whose one target a name is, outside of functions and classes."""
    return _assignments(syntax).get(binding.node)


@lru_cache(maxsize=1)
def _assignments(syntax: Syntax) -> Mapping[cst.CSTNode, cst.CSTNode]:
    """The assignment statements with one target, by their target, that bind no other name on the way."""
    found: dict[cst.CSTNode, cst.CSTNode] = {}
    binds_within = ":=" in syntax.content
    for statement in small_statements(syntax.module.body):
        match statement:
            case cst.Assign(targets=[cst.AssignTarget(target=target)]) | cst.AnnAssign(target=target):
                if not (binds_within and ":=" in syntax.source(statement)):
                    found[target] = statement
    return found


def _is_reexport(node: cst.CSTNode) -> bool:
    """Tell whether an import reads `x as x`, which makes the name public (typing specification)."""
    match node:
        case cst.ImportAlias(name=cst.Name(value=name), asname=cst.AsName(name=cst.Name(value=bound))):
            return name == bound
    return False


def _idle(uses: Mapping[str | None, set[str]], candidates: Set[str]) -> Set[str]:
    """Return the candidates that nothing used, of those that use each other in a circle all."""
    left = candidates - _reached(uses)
    used = {name for owner in left for name in uses.get(owner, ()) if name != owner}
    return (left - used) | (left - _reached(uses, left - used))


def _reached(uses: Mapping[str | None, set[str]], names: Iterable[str] = ()) -> set[str]:
    """Return the candidates that some names and code outside of all candidates lead to, and those names."""
    reached: set[str] = set()
    pending = [*uses.get(None, ()), *names]
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending += uses.get(name, ())
    return reached


def needed(
    module: Module,
    asked: Set[str],
    candidates: Mapping[str, list[Binding]],
    remains: Remains,
    reads: Reads,
) -> frozenset[str]:
    """Return those of some candidates that something which is not read surely needs, whatever goes.

    A name that several imports bind is none: which of them is needed, only the attribute tells.
    """
    single = {name for name in asked if len(candidates[name]) == 1}
    owner_of = _Owners(module.syntax, candidates).of
    found = (names for span, names in reads(single) if remains.has(span) and owner_of(span) is None)
    return frozenset().union(*found)


def uses_by_owner(
    module: Module, candidates: Mapping[str, list[Binding]], left: Callable[[Span], bool]
) -> dict[str | None, set[str]]:
    """Return which candidates each candidate uses, and which of them code outside of all candidates does."""
    owners = _Owners(module.syntax, candidates)
    uses: dict[str | None, set[str]] = {}
    root = module.names.root
    for use in module.names.uses:
        if (
            use.name in candidates
            and left(use.span)
            and module.names.binding_scope(use.name, use.scope) is root
        ):
            uses.setdefault(owners.of(use.span), set()).add(use.name)
    return uses


class _Owners:
    """Which candidate a place belongs to, as the body of a definition does."""

    def __init__(self, syntax: Syntax, candidates: Mapping[str, list[Binding]]) -> None:
        self._found = sorted(
            (_owner_span(syntax, binding), name) for name, found in candidates.items() for binding in found
        )
        self._starts = [span.start for span, _ in self._found]

    def of(self, span: Span) -> str | None:
        """Return the candidate that a place belongs to; None if to no one."""
        index = bisect_right(self._starts, span.start) - 1
        return self._found[index][1] if index >= 0 and self._found[index][0].covers(span) else None


def _owner_span(syntax: Syntax, binding: Binding) -> Span:
    assignment = _assignment(syntax, binding) if binding.kind == "assignment" else None
    return syntax.inner(assignment or binding.node)


def statement_of(module: Module, binding: Binding) -> cst.CSTNode:
    """Return the node that goes when a binding does: the alias, the definition, or the whole assignment."""
    if binding.kind == "assignment":
        return binding.statement or _assignment(module.syntax, binding) or binding.node
    return binding.node
