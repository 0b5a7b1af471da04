"""Annotations that are wrong in every profile: unknown flags, star imports, two definitions of one name.

Takes one module and the table of flags; asked once, not for each profile.
"""

from collections.abc import Iterator

import libcst as cst

from profilec.config import Config
from profilec.diagnostics import Finding, did_you_mean
from profilec.flags import MARKERS, FlagTable, declarations
from profilec.read import Syntax
from profilec.scopes import Binding, Names


def faults(syntax: Syntax, names: Names, flags: FlagTable, config: Config) -> Iterator[Finding]:
    """Find what is wrong with the markers and flags of a module, whatever the profile."""
    yield from _undeclared_subjects(syntax, names, config)
    yield from _star_imports(syntax, names, flags)
    for scope in names.scopes:
        for bindings in scope.bindings.values():
            yield from _unknown_flags(syntax, bindings, flags)
            yield from _twice_defined(syntax, names, bindings)


def _undeclared_subjects(syntax: Syntax, names: Names, config: Config) -> Iterator[Finding]:
    known = [*config.features, *config.profiles]
    for declaration in declarations(syntax, names):
        if declaration.subject is None:
            yield syntax.finding(
                "PC103", declaration.span, "`flag` takes one string", 'write flag("feature")'
            )
        elif declaration.subject not in known:
            hint = did_you_mean(declaration.subject, known) or f"declared: {', '.join(known)}"
            message = f"there is no feature and no profile `{declaration.subject}`"
            yield syntax.finding("PC103", declaration.span, message, hint)


def _star_imports(syntax: Syntax, names: Names, flags: FlagTable) -> Iterator[Finding]:
    for star in names.stars:
        if star.module in (MARKERS, flags.module):
            message = f"everything is imported from `{star.module}`"
            yield syntax.finding("PC216", star.span, message, "import each name that is used")


def _unknown_flags(syntax: Syntax, bindings: list[Binding], flags: FlagTable) -> Iterator[Finding]:
    for binding in bindings:
        module, _, name = (binding.target or "").rpartition(".")
        if flags.module and module == flags.module and not flags.get(binding.target):
            yield unknown_flag(syntax, binding.node, name, flags)


def unknown_flag(syntax: Syntax, node: cst.CSTNode, name: str, flags: FlagTable) -> Finding:
    """Return the finding that a name is no flag, with the flag that was probably meant."""
    hint = did_you_mean(name, flags.names)
    notes = (f"flags: {', '.join(flags.names)}",) if flags.names else ()
    return syntax.finding("PC101", syntax.inner(node), f"unknown flag `{name}`", hint, notes)


def _twice_defined(syntax: Syntax, names: Names, bindings: list[Binding]) -> Iterator[Finding]:
    selected = [binding for binding in bindings if _is_selected_alone(names, binding.node)]
    for binding in selected[1:]:
        definition = binding.node
        assert isinstance(definition, cst.FunctionDef | cst.ClassDef)
        message = f"`{binding.name}` is defined twice under `only`"
        yield syntax.finding("PC213", syntax.inner(definition.name), message, "write `if`/`else`")


def _is_selected_alone(names: Names, node: cst.CSTNode) -> bool:
    """Tell whether a definition is under `only` and not one part of several, as overloads and setters are."""
    if not isinstance(node, cst.FunctionDef | cst.ClassDef):
        return False
    decorators = [decorator.decorator for decorator in node.decorators]
    partial = any(_last_name(decorator) in _PARTIAL for decorator in decorators)
    called = (decorator.func for decorator in decorators if isinstance(decorator, cst.Call))
    return not partial and any(names.qualified(function) == f"{MARKERS}.only" for function in called)


_PARTIAL = frozenset({"overload", "setter", "getter", "deleter", "register"})


def _last_name(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Call):
        return _last_name(node.func)
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""
