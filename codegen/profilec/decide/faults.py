"""Annotations that are wrong in every profile: unknown flags, star imports, two definitions of one name.

Takes one module and the table of flags; asked once, not for each profile.
"""

from collections.abc import Iterable, Iterator

import libcst as cst
from msgspec import Struct

from profilec import markers
from profilec.config import Config
from profilec.decide.comments import Mark
from profilec.decide.module import Module
from profilec.diagnostics import Finding, did_you_mean
from profilec.folding.flags import MARKERS, Flag, FlagTable, declarations, flags_of
from profilec.syntax.depth import room_for_depth
from profilec.syntax.read import Span, Syntax, Text, UnreadableSourceError
from profilec.syntax.scope_walk import parsed
from profilec.syntax.scopes import Binding, Names


class Stray(Struct, frozen=True):
    """What has the name of a flag but not its path, and what to report if the package has nothing there."""

    path: str
    finding: Finding


def faults(syntax: Syntax, names: Names, flags: FlagTable, config: Config) -> Iterator[Finding]:
    """Find what is wrong with the markers and flags of a module, whatever the profile."""
    yield from _undeclared_subjects(syntax, names, config)
    yield from _star_imports(syntax, names, flags)
    yield from _values_of_no_profile(syntax, names, config)
    for scope in names.scopes:
        for bindings in scope.bindings.values():
            yield from _unknown_flags(syntax, bindings, flags)
            yield from _rebound_flags(syntax, bindings, flags)
            yield from _twice_defined(syntax, names, bindings)


def _undeclared_subjects(syntax: Syntax, names: Names, config: Config) -> Iterator[Finding]:
    known = [*config.features, *config.profile_names]
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


def _values_of_no_profile(syntax: Syntax, names: Names, config: Config) -> Iterator[Finding]:
    """Find what `choose` would never choose: a value for a profile that is not declared."""
    known = [name.replace("-", "_") for name in config.profile_names]
    for call in syntax.every(cst.Call) if "choose" in syntax.content else ():
        path = names.qualified(call.func) or ""
        if path.startswith(f"{MARKERS}.") and path.endswith(".choose"):
            given = [argument.keyword for argument in call.args if argument.keyword]
            missing = [name for name in known if name not in {keyword.value for keyword in given}]
            for keyword in given:
                if keyword.value not in known:
                    message = f"`choose` has a value for `{keyword.value}`, which is no profile"
                    hint = did_you_mean(keyword.value, missing) or _instead_of_no_profile(missing)
                    yield syntax.finding("PC205", syntax.inner(keyword), message, hint)


def _instead_of_no_profile(missing: Iterable[str]) -> str:
    names = ", ".join(missing)
    return f"profiles without a value: {names}" if names else "remove it: every profile has a value"


def inert_marks(syntax: Syntax, marks: Iterable[Mark], flags: FlagTable, config: Config) -> Iterator[Finding]:
    """Find the marker comments that are false in the default profile, as which the source runs.

    A file is passed over: what imports it where it is not there is told, so the source does without it, too.
    """
    default = config.profiles.get(config.default)
    for mark in marks:
        if default and mark.target is not None and not mark.keeps(flags, default):
            message = f"`{mark.shown}` is false in the default profile, where a comment removes nothing"
            start = syntax.content.index("#", mark.comment.start)
            yield syntax.finding(
                "PC214",
                Span(start, mark.comment.end),
                message,
                "write `if` where the un-compiled program must differ",
            )


class DeclaredFlag(Struct, frozen=True):
    """A flag, and what there is to report where nothing depends on its feature."""

    flag: Flag
    unused: Finding


@room_for_depth()
def flags_declared(config: Config, text: Text) -> tuple[DeclaredFlag, ...]:
    """Return the flags that a file declares; none where it cannot be parsed."""
    try:
        syntax, names = parsed(text)
    except (UnreadableSourceError, RecursionError):
        return ()
    return tuple(
        DeclaredFlag(
            flag,
            syntax.finding(
                "PC106",
                span,
                f"nothing depends on the feature `{flag.subject}`",
                f"test `{flag.name}` in the source, or remove the feature and its flag",
            ),
        )
        for flag, span in flags_of(syntax, names, config)
    )


def unused_features(
    declared: Iterable[DeclaredFlag], subjects: Iterable[str], flags: FlagTable, config: Config
) -> Iterator[Finding]:
    """Find features without a flag, and flags of features that decide nothing.

    Args:
        declared: the flags of the module of flags.
        subjects: the features and profiles that anything depends on.
        flags: every flag.
        config: the project's configuration.
    """
    flagged = {flag.subject for flag in flags.flags.values()}
    stubs = {stub.unless for stub in config.stub_modules.values()}
    for feature in config.features:
        if feature not in flagged | stubs:
            message = f"no flag stands for the feature `{feature}`"
            hint = f'declare {feature.upper().replace("-", "_")} = flag("{feature}") in {config.flags}'
            yield Finding("PC105", "pyproject.toml", message=message, hint=hint)
    used = stubs.union(subjects)
    for found in declared:
        if found.flag.subject in config.features and found.flag.subject not in used:
            yield found.unused


def subjects_used(module: Module, flags: FlagTable) -> set[str]:
    """Return the features and profiles that conditions and marker comments of a module ask for."""
    paths = [path or "" for path in module.names.paths]
    named = [flag for path in paths for flag in [flags.get(path)] if flag]
    named += [flag for mark in module.marks for name in mark.names for flag in [flags.named(name)] if flag]
    whole = flags.module and flags.module in paths
    return {flag.subject for flag in (flags.flags.values() if whole else named)}


def _unknown_flags(syntax: Syntax, bindings: list[Binding], flags: FlagTable) -> Iterator[Finding]:
    for binding in bindings:
        module, _, name = (binding.target or "").rpartition(".")
        if not flags.module or flags.get(binding.target):
            continue
        if module == flags.module or (name in flags.names and _is_meant(module, flags.module)):
            yield unknown_flag(syntax, binding.node, name, flags)


def _rebound_flags(syntax: Syntax, bindings: list[Binding], flags: FlagTable) -> Iterator[Finding]:
    """Find what binds the name of a flag, or of the module of flags, to something else in its scope."""
    targets = {one.target for one in bindings if one.target and _is_of_flags(one.target, flags)}
    for binding in bindings if targets else ():
        if binding.target not in targets and binding.kind != "deletion":
            message = f"`{binding.name}` is `{min(targets)}`, and bound to something else here"
            yield syntax.finding("PC110", binding.span, message, "give what is bound here a name of its own")


def _is_of_flags(target: str, flags: FlagTable) -> bool:
    return target == flags.module or flags.get(target) is not None


def strays(syntax: Syntax, names: Names, flags: FlagTable) -> Iterator[Stray]:
    """Yield what is imported, or asked of a module, under the name of a flag that is not declared there."""
    for scope in names.scopes:
        for bindings in scope.bindings.values():
            if len(bindings) == 1:  # one of several is prepared for a module that has no such name
                yield from _stray(syntax, bindings[0].node, bindings[0].target, flags)
    if any(f".{name}" in syntax.content for name in flags.names):
        for node in syntax.every(cst.Attribute):
            if node.attr.value in flags.names:
                yield from _stray(syntax, node, names.qualified(node), flags)


def _stray(syntax: Syntax, node: cst.CSTNode, path: str | None, flags: FlagTable) -> Iterator[Stray]:
    module, dot, name = (path or "").rpartition(".")
    if path and dot and module != flags.module and name in flags.names and not flags.get(path):
        yield Stray(path, unknown_flag(syntax, node, name, flags))


def _is_meant(module: str, flags: str) -> bool:
    """Tell whether the module of flags is meant, by its last name or from a folder above, or the compiler."""
    return module in (MARKERS, flags.rpartition(".")[2]) or module.endswith(f".{flags}")


def unknown_flag(syntax: Syntax, node: cst.CSTNode, name: str, flags: FlagTable) -> Finding:
    """Return the finding that a name is no flag, with the flag that was probably meant."""
    place = syntax.inner(node)
    declared_in = next((flag.module for flag in flags.flags.values() if flag.name == name), None)
    if declared_in:
        message = f"the flag `{name}` is not imported here"
        return syntax.finding("PC101", place, message, f"from {declared_in} import {name}")
    if name in markers.__all__:
        message = f"`{name}` is not imported from `{MARKERS}`"
        return syntax.finding("PC101", place, message, f"from {MARKERS} import {name}")
    hint = did_you_mean(name, flags.names)
    notes = (f"flags: {', '.join(flags.names)}",) if flags.names else ()
    return syntax.finding("PC101", place, f"unknown flag `{name}`", hint, notes)


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
