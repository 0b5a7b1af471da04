"""What removal would change in what remains: each trap is an error, with the profiles that it hits.

Takes a module and what one profile's decision leaves of it; gives findings. The emitted program must do
what the un-compiled one does as that profile, so a name may not come to mean something else and a
function may not change kind.
"""

import re
from collections.abc import Iterable, Iterator

import libcst as cst
from msgspec import Struct
from msgspec.structs import replace

from profilec.decide import Module
from profilec.diagnostics import Finding
from profilec.settle.prune import Remains
from profilec.syntax.canonical import literal_string
from profilec.syntax.edit import SERVES_TO_COMPILE
from profilec.syntax.read import Span, children
from profilec.syntax.scopes import BUILTINS, Binding, Scope, Use


class Trap(Struct, frozen=True):
    """One thing that removal would change.

    Attributes:
        finding: what is reported.
        lost: the places of which each would have prevented it, had it not gone.
    """

    finding: Finding
    lost: tuple[Span, ...]


def traps(module: Module, remains: Remains) -> Iterator[Trap]:
    """Find what a decision would change in the part of a module that it leaves."""
    for scope in module.names.scopes:
        if scope.kind == "module" or remains.has(_place(module, scope.node)):
            yield from _changed_kind(module, scope, remains)
            yield from _lost_names(module, scope, remains)
            yield from _lost_for_decorators(module, scope, remains)
            yield from _new_docstring(module, scope, remains)
            yield from _lost_declarations(module, scope, remains)
            yield from _lost_members(module, scope, remains)
            yield from _lost_captures(module, scope, remains)
    yield from _lost_exports(module, remains)


def _place(module: Module, node: cst.CSTNode) -> Span:
    """Return a part of a scope's node that is there if the scope is: what it begins with may go alone."""
    match node:
        case cst.FunctionDef(name=part) | cst.ClassDef(name=part) | cst.GeneratorExp(for_in=part):
            return module.syntax.inner(part)
    return module.syntax.inner(node)


# --- Kinds of functions ------------------------------------------------------------------------------


def _changed_kind(module: Module, scope: Scope, remains: Remains) -> Iterator[Trap]:
    """Find a function without its last `yield`, and a generator expression without its last `await`."""
    what, places = "yield", scope.yields
    if isinstance(scope.node, cst.GeneratorExp):
        what, places = "await", scope.awaits
    elif scope.kind not in ("function", "lambda"):
        return
    if places and not any(map(remains.has, places)) and not _generates(module, scope, remains, what):
        message = f"this is the last `{what}`; without it the {_kind(scope)} is another kind of thing"
        hint = f"keep {'an' if what == 'await' else 'a'} `{what}` in every profile"
        yield Trap(module.syntax.finding("PC301", places[0], message, hint), tuple(places))


def _generates(module: Module, scope: Scope, remains: Remains, what: str) -> bool:
    """Tell whether generated text, as in a stub, still has the `yield`."""
    span = module.syntax.outer(scope.node)
    return any(span.covers(cut.span) and re.search(rf"\b{what}\b", cut.text) for cut in remains.cuts)


def _kind(scope: Scope) -> str:
    return "generator expression" if isinstance(scope.node, cst.GeneratorExp) else "function"


# --- Names ----------------------------------------------------------------------------------------------


def _lost_names(module: Module, scope: Scope, remains: Remains) -> Iterator[Trap]:
    """Find names that are still read though nothing binds them in their scope any more."""
    lost = {
        name: bindings
        for name, bindings in scope.bindings.items()
        if not _is_bound(bindings, remains) and name not in _bound_anyway(scope, remains)
    }
    read: dict[str, list[Use]] = {}
    for use in module.names.uses if lost else ():
        is_left = use.name in lost and remains.has(use.span)
        if is_left and module.names.binding_scope(use.name, use.scope) is scope:
            read.setdefault(use.name, []).append(use)
    for name, (first, *others) in read.items():
        finding = _lost_name(module, first, lost[name], remains)
        lines = {module.syntax.place(use.span.start)[0] for use in others} - {finding.line}
        yield Trap(replace(finding, also=tuple(sorted(lines))), _spans(lost[name]))


def _lost_captures(module: Module, scope: Scope, remains: Remains) -> Iterator[Trap]:
    """Find names that a pattern binds before its guard, which is false, is asked, and that others read."""
    for node, case in _refused(module, remains):
        pattern = module.syntax.outer(case.pattern)
        for name, bindings in scope.bindings.items():
            lost = [binding for binding in bindings if pattern.covers(binding.span)]
            if lost and (use := _reading(module, scope, name, module.syntax.outer(node), remains)):
                yield Trap(_lost_name(module, use, lost, remains), _spans(lost))


def _refused(module: Module, remains: Remains) -> Iterator[tuple[cst.Match, cst.MatchCase]]:
    """Yield the cases that go because of their guard, each with the `match` that it is of."""
    syntax = module.syntax
    for node in syntax.every(cst.Match):
        guards = [syntax.inner(case.guard).start for case in node.cases if case.guard]
        lines = {syntax.place(start)[0] for start in guards}
        for case in node.cases if guards else ():
            cut = remains.cut(syntax.inner(case.pattern))
            if case.guard and cut and cut.cause.line in lines:
                yield node, case


def _reading(module: Module, scope: Scope, name: str, whole: Span, remains: Remains) -> Use | None:
    """Return a use of a name that may see what a case of a whole `match` binds, if there is one.

    None does above the `match`, unless both stand in a loop, below an assignment, or in a case that binds it.
    """
    syntax, bindings = module.syntax, scope.bindings[name]
    spans = [binding.span for binding in bindings]
    bound = [one.below for one in bindings if one.below and one.span.start > whole.start]
    bound += [
        syntax.outer(case)
        for case in syntax.every(cst.MatchCase)
        if any(syntax.outer(case.pattern).covers(span) for span in spans)
    ]
    loops = [syntax.outer(loop) for kind in (cst.For, cst.While) for loop in syntax.every(kind)]
    around = [loop for loop in loops if loop.covers(whole)]
    for use in module.names.uses:
        is_above = use.scope is scope and use.span.start < whole.start
        if (
            use.name == name
            and remains.has(use.span)
            and module.names.binding_scope(name, use.scope) is scope
            and not any(span.covers(use.span) for span in bound)
            and (not is_above or any(loop.covers(use.span) for loop in around))
        ):
            return use
    return None


def _lost_for_decorators(module: Module, scope: Scope, remains: Remains) -> Iterator[Trap]:
    """Find `@size.setter` where the `size` before it goes: what it stands on binds the name only later."""
    for name, bindings in scope.bindings.items():
        first = next((binding for binding in bindings if remains.has(binding.span)), None)
        if (
            first is None
            or first is bindings[0]
            or not isinstance(first.node, cst.FunctionDef | cst.ClassDef)
        ):
            continue
        decorators = [module.syntax.outer(decorator) for decorator in first.node.decorators]
        for use in module.names.uses:
            inside = any(span.covers(use.span) for span in decorators)
            if use.name == name and use.scope is scope and inside and remains.has(use.span):
                before = bindings[: bindings.index(first)]
                yield Trap(_lost_name(module, use, before, remains), _spans(before))
                break


def _new_docstring(module: Module, scope: Scope, remains: Remains) -> Iterator[Trap]:
    """Find a string that nothing stands before any more, so that Python takes it for the docstring."""
    if not isinstance(scope.node, cst.Module | cst.FunctionDef | cst.ClassDef):
        return
    body = scope.node.body if isinstance(scope.node, cst.Module) else scope.node.body.body
    head, before = _first_left(module, body, remains), next(iter(body), None)
    if before is None or not isinstance(head, cst.Expr) or head in (before, *children(before)):
        return
    if isinstance(literal_string(head.value), str):
        message = "this string would become the docstring: what stands before it goes"
        hint = "put it first in every profile, or make it a comment"
        finding = module.syntax.finding("PC306", module.syntax.inner(head), message, hint)
        yield Trap(finding, (module.syntax.inner(before),))


def _first_left(module: Module, body: Iterable[cst.CSTNode], remains: Remains) -> cst.CSTNode | None:
    """Return the first statement that is left of a body, also where it moved out of a branch."""
    for node in body:
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            if remains.has(_place(module, node)):
                return node
            continue
        if isinstance(node, cst.BaseSmallStatement | cst.BaseCompoundStatement):
            place = module.syntax.inner(node)
            cut = remains.cut(place)
            is_shortened = isinstance(node, cst.BaseSmallStatement) and cut and not cut.span.covers(place)
            if cut is None or cut.text.strip() or is_shortened:
                return node
        below = () if isinstance(node, cst.BaseExpression) else children(node)
        if found := _first_left(module, below, remains):
            return found
    return None


def _lost_name(module: Module, use: Use, bindings: list[Binding], remains: Remains) -> Finding:
    line, _ = module.syntax.place(bindings[0].span.start)
    cut = remains.cut(bindings[0].span)
    if cut and cut.cause.reason == SERVES_TO_COMPILE:
        return _compile_time_name(module, use, line)
    deleted = any(binding.kind == "deletion" and binding.span == use.span for binding in bindings)
    code, verb = ("PC304", "deleted") if deleted else ("PC302", "read")
    message = f"`{use.name}` is {verb} here, but what binds it goes"
    note = (f"line {line} binds it",)
    return module.syntax.finding(code, use.span, message, "select both for the same profiles", note)


def _compile_time_name(module: Module, use: Use, line: int) -> Finding:
    """Return the finding that a flag, a marker or their module stands where only what is emitted may."""
    if use.quoted:
        message = f"the string names `{use.name}`, which serves only to compile"
        hint = "select what differs by profile by `if`/`else`, outside of the string"
    else:
        message = f"`{use.name}` is used as a value, though it serves only to compile"
        hint = "a flag stands only in conditions, a marker only where it is called"
    return module.syntax.finding("PC102", use.span, message, hint, (f"line {line} imports it",))


def _is_bound(bindings: Iterable[Binding], remains: Remains) -> bool:
    binding = [binding for binding in bindings if binding.kind != "deletion"]
    return not binding or any(remains.has(found.span) for found in binding)


def _spans(bindings: Iterable[Binding]) -> tuple[Span, ...]:
    return tuple(binding.span for binding in bindings)


def _bound_anyway(scope: Scope, remains: Remains) -> frozenset[str]:
    """Return the names that a scope finds bound whatever went: what Python looks up there is the same."""
    return remains.generated | BUILTINS if scope.kind == "module" else frozenset()


def _lost_declarations(module: Module, scope: Scope, remains: Remains) -> Iterator[Trap]:
    """Find `global` and `nonlocal` of names that nothing binds any more, and names that lose theirs."""
    for name, declarations in scope.declared.items():
        how, place = declarations[0]
        owner = module.names.root if how == "global" else _outer_scope(scope, name)
        bindings = owner.bindings.get(name, []) if owner else []
        if not any(remains.has(span) for _, span in declarations):
            if owner is not scope and _means_another(module, scope, name, bindings, remains):
                message = f"`{how} {name}` goes, and what is left would be a local `{name}`"
                hint = f"declare `{name}` in every profile"
                finding = module.syntax.finding("PC304", place, message, hint)
                yield Trap(finding, tuple(span for _, span in declarations))
            continue
        if how == "nonlocal":  # that must be bound outside: what is bound under it does not count
            bindings = [binding for binding in bindings if not _is_declared(module, binding)]
        if bindings and remains.has(place) and not _is_bound(bindings, remains):
            message = f"`{how} {name}` is left, but what binds `{name}` goes"
            hint = "select both for the same profiles"
            yield Trap(module.syntax.finding("PC304", place, message, hint), _spans(bindings))


def _means_another(
    module: Module, scope: Scope, name: str, bindings: Iterable[Binding], remains: Remains
) -> bool:
    """Tell whether a name that is declared no more is still bound in a scope, or there read from another."""
    inside = module.syntax.outer(scope.node)
    within = (found for found in module.names.scopes if found is not scope and name in found.declared)
    nested = [span for span in (module.syntax.outer(found.node) for found in within) if inside.covers(span)]
    left = [binding.span for binding in bindings]
    if scope.declared[name][0][0] == "global" and _outer_scope(scope, name):
        left += [use.span for use in module.names.uses if use.name == name]
    return any(
        inside.covers(span) and remains.has(span) and not any(other.covers(span) for other in nested)
        for span in left
    )


def _is_declared(module: Module, binding: Binding) -> bool:
    """Tell whether a binding stands in a function that declares its name as one of another scope."""
    declaring = (scope for scope in module.names.scopes if binding.name in scope.declared)
    return any(module.syntax.outer(scope.node).covers(binding.span) for scope in declaring)


def _outer_scope(scope: Scope, name: str) -> Scope | None:
    outer = (found for found in scope.enclosing() if found is not scope and found.kind == "function")
    return next((found for found in outer if name in found.bindings), None)


# --- What others rely on --------------------------------------------------------------------------------


def _lost_members(module: Module, scope: Scope, remains: Remains) -> Iterator[Trap]:
    """Find members of protocols, and abstract ones of other classes, that went."""
    if not isinstance(scope.node, cst.ClassDef):
        return
    is_protocol = _is_protocol(module, scope.node)
    for name, bindings in scope.bindings.items():
        owed = is_protocol or _is_abstract(module, bindings[0].node)
        if owed and not any(remains.has(binding.span) for binding in bindings):
            node = bindings[0].node
            place = node.name if isinstance(node, cst.FunctionDef | cst.ClassDef) else node
            message = f"`{name}` is a member of `{scope.node.name.value}`, which others implement"
            hint = "declare it in a class of its own, and mark that"
            finding = module.syntax.finding("PC305", module.syntax.inner(place), message, hint)
            yield Trap(finding, _spans(bindings))


_PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})


def _is_abstract(module: Module, node: cst.CSTNode) -> bool:
    """Tell whether a subclass must implement a member; its class need not name `ABC` itself."""
    decorators = node.decorators if isinstance(node, cst.FunctionDef) else ()
    paths = (module.names.qualified(decorator.decorator) or "" for decorator in decorators)
    return any(path.startswith("abc.abstract") for path in paths)


def _is_protocol(module: Module, node: cst.ClassDef) -> bool:
    bases = [argument.value for argument in node.bases]
    plain = [base.value if isinstance(base, cst.Subscript) else base for base in bases]
    return any(module.names.qualified(base) in _PROTOCOLS for base in plain)


def _lost_exports(module: Module, remains: Remains) -> Iterator[Trap]:
    """Find entries of `__all__` that name what went."""
    bindings = module.names.root.bindings
    for name, place in module.exports:
        bound = bindings.get(name)
        if bound and remains.has(place) and not _is_bound(bound, remains):
            cut = remains.cut(bound[0].span)
            message, hint = f"`__all__` lists `{name}`, which goes", _entry_hint(module, place)
            if cut and cut.cause.reason == SERVES_TO_COMPILE:
                message, hint = f"`__all__` lists `{name}`, which serves only to compile", "remove the entry"
            yield Trap(module.syntax.finding("PC303", place, message, hint), _spans(bound))


def _entry_hint(module: Module, entry: Span) -> str:
    """Say how an entry goes: the argument of a call would leave a call without arguments."""
    before = module.syntax.content[: entry.start]
    is_argument = before.endswith("(") and before[before.rfind("\n") + 1 :].startswith("__all__.")
    return "put the call into `if`" if is_argument else "put the entry on a line of its own and mark it too"
