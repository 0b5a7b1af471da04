"""Which dotted name stands for which profile or feature.

Takes the modules that declare flags (`NAME = flag("feature")` at their top level) and gives one table for
the whole package. A flag is known by the dotted path of its declaration, so renaming it on import changes
nothing.
"""

from collections.abc import Iterator, Mapping

import libcst as cst
from libcst.helpers import ensure_type
from msgspec import Struct

from profilec.config import Config, Profile
from profilec.syntax.read import Span, Syntax
from profilec.syntax.scopes import Names

MARKERS = "profilec"
"""The module that the markers are imported from."""


class Flag(Struct, frozen=True):
    """One flag: its dotted path, the profile or feature that it stands for, and where it is declared."""

    path: str
    subject: str
    module: str
    declared_at: str

    @property
    def name(self) -> str:
        """The last part of the path, which is what source files write."""
        return self.path.rpartition(".")[2]


class FlagTable(Struct, frozen=True):
    """Every flag of a package by its dotted path; `module` is the one that is never emitted."""

    flags: Mapping[str, Flag]
    module: str | None = None

    def get(self, path: str | None) -> Flag | None:
        """Return the flag that a dotted path leads to, if it is one."""
        return self.flags.get(path) if path else None

    def named(self, name: str) -> Flag | None:
        """Return the flag of that short name, if there is exactly one."""
        found = {flag for flag in self.flags.values() if flag.name == name}
        return found.pop() if len(found) == 1 else None

    @property
    def names(self) -> list[str]:
        """The short names of all flags, in the order of their declaration."""
        return list(dict.fromkeys(flag.name for flag in self.flags.values()))


class Declaration(Struct, frozen=True):
    """One `NAME = flag("subject")`; `subject` is None where it is not one plain string."""

    name: str
    subject: str | None
    span: Span
    statement: cst.CSTNode


def holds(flag: Flag, profile: Profile) -> bool:
    """Tell whether a flag is true in a profile."""
    return has(flag.subject, profile)


def has(subject: str, profile: Profile) -> bool:
    """Tell whether a profile has a feature, or is the profile of that name."""
    return subject == profile.name or subject in profile.features


def marker(node: cst.CSTNode, names: Names) -> str | None:
    """Return which marker of this compiler a name stands for: `only`, `stub`, `choose`, `flag`."""
    module, _, name = (names.qualified(node) or "").rpartition(".")
    return name if module in (MARKERS, f"{MARKERS}.markers") else None


def choice(node: cst.Call, profile: str) -> cst.Arg | None:
    """Return the argument of `choose(native=32, wasm=8)` for a profile, or None where it has faults."""
    if any(argument.keyword is None for argument in node.args):
        return None
    wanted = profile.replace("-", "_")
    return next((one for one in node.args if one.keyword and one.keyword.value == wanted), None)


def declarations(syntax: Syntax, names: Names) -> Iterator[Declaration]:
    """Find every flag that a module declares at its top level."""
    for line in syntax.module.body:
        if not isinstance(line, cst.SimpleStatementLine):
            continue
        for statement in line.body:
            target, value = _assigned(statement)
            if target is None or not isinstance(value, cst.Call):
                continue
            if names.qualified(value.func) == f"{MARKERS}.flag":
                yield Declaration(target.value, _subject(value), syntax.inner(value), statement)


def _assigned(statement: cst.CSTNode) -> tuple[cst.Name | None, cst.BaseExpression | None]:
    match statement:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as name)], value=value):
            return name, value
        case cst.AnnAssign(target=cst.Name() as name, value=value):
            return name, value
    return None, None


def _subject(call: cst.Call) -> str | None:
    match call.args:
        case [cst.Arg(value=cst.SimpleString() as text, keyword=None, star="")]:
            return str(ensure_type(text.evaluated_value, str))
    return None


def flags_of(syntax: Syntax, names: Names, config: Config) -> Iterator[tuple[Flag, Span]]:
    """Yield the flags that a module declares, each with the place of its value."""
    for declaration in declarations(syntax, names):
        if declaration.subject is not None:
            path = f"{names.module}.{declaration.name}"
            place = f"{config.shown(syntax.text.path)}:{syntax.place(declaration.span.start)[0]}"
            yield Flag(path, declaration.subject, names.module, place), declaration.span
