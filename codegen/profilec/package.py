"""A package as the decisions see it: which files can hold anything to decide, parsed once for all profiles.

Takes the files of the source root and gives a `Package`. A file in which neither a flag, nor a marker,
nor the words of a fact occur is ruled out by a substring test and never parsed, unless pruning asks what
it uses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import libcst as cst

from profilec.config import Config, Profile
from profilec.decide import Module
from profilec.decide.comments import marks
from profilec.decide.faults import faults, inert_marks, unused_features
from profilec.depth import room_for_depth
from profilec.diagnostics import Finding
from profilec.facts import facts_of
from profilec.flags import Flag, FlagTable, table
from profilec.read import Syntax, Text, UnreadableSourceError, decode, parse, too_deep
from profilec.scope_walk import analyse
from profilec.scopes import Names
from profilec.tree import SourceFile

MARKER_WORD = "profilec"


@dataclass
class Package:
    """The files of a package, and what is known of those that were parsed.

    Attributes:
        texts: the Python files, except those that are copied unread or cannot be read.
        relevant: the paths of the files that may hold something to decide.
        findings: what could not be read, and faults that are the same in every profile.
    """

    config: Config
    sources: Mapping[str, SourceFile]
    texts: dict[str, Text] = field(default_factory=dict)
    flags: FlagTable = field(default_factory=lambda: FlagTable({}))
    relevant: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    _unreadable: dict[str, Finding] = field(default_factory=dict)
    _syntax: dict[str, tuple[Syntax, Names] | None] = field(default_factory=dict)
    _modules: dict[str, Module] = field(default_factory=dict)

    def parsed(self, path: str) -> tuple[Syntax, Names] | None:
        """Return the syntax and the names of a file, or None where it cannot be parsed.

        That is a finding only where something may have to be decided: other files are copied.
        """
        if path not in self._syntax:
            try:
                syntax = parse(self.texts[path])
                self._syntax[path] = syntax, analyse(syntax)
            except UnreadableSourceError as error:
                self._syntax[path] = None
                self._unreadable[path] = error.finding
            except RecursionError:
                self._syntax[path] = None
                self.findings.append(too_deep(self.texts[path]))
        return self._syntax[path]

    def module(self, path: str) -> Module | None:
        """Return a file with its marker comments, or None where it cannot be parsed."""
        if path not in self._modules:
            parsed = self.parsed(path)
            if parsed is None:
                return None
            found, findings = marks(parsed[0], self.flags)
            self.findings += [*findings, *faults(*parsed, self.flags, self.config)]
            self.findings += inert_marks(parsed[0], found, self.flags, self.config)
            self._modules[path] = Module(*parsed, tuple(found))
        return self._modules[path]

    def code_of(self, path: str) -> str | None:
        """Return the `code` that a class of the package, given by its path, defines or inherits."""
        seen: set[str] = set()
        while path not in seen:
            seen.add(path)
            module, _, name = path.rpartition(".")
            file = self.file_of(module)
            parsed = self.parsed(file) if file else None
            bindings = parsed[1].root.bindings.get(name, []) if parsed else []
            if parsed is None or len(bindings) != 1:
                return None
            node, target = bindings[0].node, bindings[0].target
            if not isinstance(node, cst.ClassDef):
                path = target or path
            elif code := _code_in(node):
                return code
            elif node.bases:
                path = parsed[1].qualified(node.bases[0].value) or path
        return None

    def file_of(self, module: str) -> str | None:
        """Return the path of a module of the package."""
        path = module.replace(".", "/")
        return next((file for file in (f"{path}.py", f"{path}/__init__.py") if file in self.texts), None)

    @property
    def flags_path(self) -> str | None:
        """The path of the module of flags, which is never emitted."""
        if self.config.flags is None:
            return None
        path = self.config.flags.replace(".", "/")
        return f"{path}.py" if f"{path}.py" in self.sources else f"{path}/__init__.py"


def _code_in(node: cst.ClassDef) -> str | None:
    for line in node.body.body:
        match line:
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(
                        targets=[cst.AssignTarget(target=cst.Name(value="code"))],
                        value=cst.SimpleString() as text,
                    )
                    | cst.AnnAssign(target=cst.Name(value="code"), value=cst.SimpleString() as text)
                ]
            ):
                return str(text.evaluated_value)
    return None


@room_for_depth()
def read_package(sources: Mapping[str, SourceFile], config: Config) -> Package:
    """Read the Python files of a package, collect its flags, rule out files with nothing to decide."""
    package = Package(config, sources)
    for path, source in sources.items():
        if path.endswith((".py", ".pyi")) and not config.is_copied(path):
            try:
                package.texts[path] = decode(source, config.shown(path))
            except UnreadableSourceError as error:
                package.findings.append(error.finding)
    package.flags = table(_declaring(package), config)
    _find_relevant(package)
    while aliases := _passed_on(package):
        package.flags = replace(package.flags, flags={**package.flags.flags, **aliases})
        _find_relevant(package)
    modules = [module for path in package.relevant if (module := package.module(path))]
    unreadable = package._unreadable
    package.findings += [unreadable[path] for path in package.relevant if path in unreadable]
    declaring = package.parsed(package.flags_path) if package.flags_path else None
    if declaring:
        package.findings += unused_features(declaring, modules, package.flags, config)
    return package


def _find_relevant(package: Package) -> None:
    words = _words(package.flags, package.config.profiles.values())
    texts = package.texts.items()
    stubs = {package.file_of(module) for module in package.config.stub_modules}
    package.relevant = tuple(
        path for path, text in texts if path in stubs or any(word in text.content for word in words)
    )


def _passed_on(package: Package) -> dict[str, Flag]:
    """Find the flags that a module imports for others to import from it, by their path there."""
    known = package.flags.flags
    found: dict[str, Flag] = {}
    for path in package.relevant:
        parsed = package.parsed(path)
        for name, bindings in parsed[1].root.bindings.items() if parsed else ():
            flag = package.flags.get(bindings[0].target) if len(bindings) == 1 else None
            alias = f"{parsed[1].module}.{name}" if parsed else ""
            if flag and alias not in known:
                found[alias] = flag
    return found


def _declaring(package: Package) -> Iterable[tuple[Syntax, Names]]:
    """Parse the module of flags and every other file that may declare a flag."""
    for path, text in package.texts.items():
        if path == package.flags_path or ("flag" in text.content and MARKER_WORD in text.content):
            parsed = package.parsed(path)
            if parsed is not None:
                yield parsed


def _words(flags: FlagTable, profiles: Iterable[Profile]) -> frozenset[str]:
    """Return words of which a file must contain one if anything in it can be decided."""
    words = {MARKER_WORD, *(path.rpartition(".")[2] for path in flags.flags)}
    if flags.module:
        words.add(flags.module.rpartition(".")[2])
    for profile in profiles:
        facts = facts_of(profile)
        words |= facts.words | set(profile.modules)
    return frozenset(words)
