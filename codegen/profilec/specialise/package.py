"""A package as text: its Python files, its flags, and which files can hold anything to decide.

Takes the files of the source root and gives a `Package`. A file in which neither a flag, nor a marker,
nor the words of a fact occur is ruled out by a search for them, and never parsed for what it decides.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain
from sys import intern

from msgspec import Struct, field
from msgspec.structs import replace

from profilec.answers import Answers
from profilec.config import Config, module_files
from profilec.decide.faults import DeclaredFlag, flags_declared
from profilec.diagnostics import Finding
from profilec.folding.error_classes import ErrorClass, Lead, error_class_in
from profilec.folding.facts import facts_of
from profilec.folding.flags import Flag, FlagTable
from profilec.folding.telling import binds_unnamed, changes_classes, remakes_classes, takes_unnamed, telling
from profilec.syntax.outline import Outline, outline, spoken
from profilec.syntax.read import Text, UnreadableSourceError, decode
from profilec.syntax.scopes import module_name
from profilec.tree import SourceFile

MARKER_WORD = "profilec"
_WORD = re.compile(r"[^\W\d]\w*")


class Package(Struct, dict=True):
    """The files of a package, and what can be said of them without deciding anything.

    Attributes:
        answers: what is known of single files.
        texts: the Python files, except those that are copied unread or cannot be read.
        relevant: the paths of the files that may hold something to decide.
        declared: the flags of the module of flags.
        findings: what could not be read.
    """

    config: Config
    sources: Mapping[str, SourceFile]
    answers: Answers
    texts: dict[str, Text] = {}
    flags: FlagTable = field(default_factory=lambda: FlagTable({}))
    relevant: tuple[str, ...] = ()
    declared: tuple[DeclaredFlag, ...] = ()
    findings: list[Finding] = []
    _outlines: dict[str, Outline] = {}
    _mentioned: dict[Text, tuple[str, ...]] = {}
    _starred: dict[str, frozenset[str]] = {}
    _spoken: dict[str, frozenset[str]] = {}

    def outlines(self, paths: Iterable[str]) -> dict[str, Outline]:
        """Return the imports of some files of the source."""
        wanted = list(paths)
        new = [path for path in wanted if path not in self._outlines]
        found = self.answers.ask(outline, None, [self.texts[path] for path in new], Outline)
        self._outlines.update(zip(new, found, strict=True))
        return {path: self._outlines[path] for path in wanted}

    def mentioned(self, text: Text) -> tuple[str, ...]:
        """Return the words of a text that are in the vocabulary, each once."""
        if text not in self._mentioned:
            words = self.vocabulary.intersection(_WORD.findall(text.content))
            self._mentioned[text] = tuple(map(intern, words))  # in many files it is the same ones
        return self._mentioned[text]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """What files ask each other for: the last parts of modules' names, and the names at the top of files.

        Of files in which nothing is to be decided only those of the modules.
        """
        known = chain(map(module_name, self.texts), *(one.modules for one in self.config.profiles.values()))
        names = (one.bound for one in self.outlines(self.relevant).values())
        return frozenset(module.rpartition(".")[2] for module in known).union(*names)

    @cached_property
    def binds_unnamed(self) -> bool:
        """Whether any file may bind names in another that it need not hold."""
        return any(binds_unnamed(text.content) for text in self.texts.values())

    @cached_property
    def takes_unnamed(self) -> bool:
        """Whether any file may ask a class for names that it need not hold, or bind those."""
        return any(takes_unnamed(text.content) for text in self.texts.values())

    @cached_property
    def remakes_classes(self) -> bool:
        """Whether the instances of a class may be asked for something else than the class binds."""
        return self.changes_classes or any(remakes_classes(text.content) for text in self.texts.values())

    @cached_property
    def changes_classes(self) -> bool:
        """Whether any file may bind names that it need not hold in whatever class something is of."""
        return any(changes_classes(text.content) for text in self.texts.values())

    def rebound_by_stars(self, path: str) -> frozenset[str]:
        """Return the names at the top of a file that an import of everything may bind to something else.

        Those too that it would bind, if the `__all__` of their module listed them.
        """
        if "import *" not in self.texts[path].content:
            return frozenset()
        if path not in self._starred:
            own, module = self.outlines([path])[path], module_name(path)
            given = [pair for star in own.stars for pair in self._given(star, {module})]
            bound = (
                name
                for name, source in given
                if name in own.bound and source != self._source(own.passed_on.get(name, f"{module}.{name}"))
            )
            unlisted = frozenset().union(*map(self._unlisted, own.stars)) - own.bound
            self._starred[path] = unlisted.union(bound)
        return self._starred[path]

    def _unlisted(self, module: str) -> frozenset[str]:
        """Return the names at the top of a module that its `__all__` keeps from an import of everything."""
        file = self.file_of(module)
        one = self.outlines([file])[file] if file else None
        return one.bound - one.listed if one and one.listed is not None else frozenset()

    def _given(self, module: str, seen: set[str]) -> Iterator[tuple[str, str]]:
        """Yield the names that an import of everything binds, each with the path that it stands for."""
        file = self.file_of(module)
        if file is None or module in seen:
            return
        seen.add(module)
        one = self.outlines([file])[file]
        private = "__all__" in self.texts[file].content
        found = [(name, self._source(one.passed_on.get(name, f"{module}.{name}"))) for name in one.bound]
        for name, source in chain(found, *(self._given(star, seen) for star in one.stars)):
            if (one.listed is None and (private or not name.startswith("_"))) or name in (one.listed or ()):
                yield name, source

    def may_name(self, path: str, name: str) -> bool:
        """Tell whether a file may mean, by any word in it, what has a name at the top of another module.

        Args:
            path: the file; it imports nothing by a star.
            name: the dotted path of what may be meant.
        """
        own, parts = self.outlines([path])[path], name.split(".")
        if name in own.targets or not own.is_complete:
            return True
        around = {".".join(parts[:end]) for end in range(1, len(parts))}
        return not self._spoken_in(path).isdisjoint(around | {parts[-1]})

    def _spoken_in(self, path: str) -> frozenset[str]:
        if path not in self._spoken:
            (self._spoken[path],) = self.answers.ask(spoken, None, [self.texts[path]], frozenset[str])
        return self._spoken[path]

    def may_have(self, path: str, module: str) -> bool:
        """Tell whether a file may have a module of the package by a name, or as an attribute of one."""
        own = self.outlines([path])[path]
        imported = chain(own.targets, own.stars)
        return not own.is_complete or any(f"{module}.".startswith(f"{name}.") for name in imported)

    def imports(self, module: str, path: str) -> bool:
        """Tell whether a module imports a file, be it by way of others."""
        seen: set[str] = set()
        pending = {self.file_of(module)}
        while new := {file for file in pending if file and file not in seen}:
            seen |= new
            targets = chain(*((*one.targets, *one.stars) for one in self.outlines(new).values()))
            pending = {self.file_of(target) or self.file_of(target.rpartition(".")[0]) for target in targets}
            if path in pending:
                return True
        return False

    def _source(self, path: str) -> str:
        """Return the path of what a name of the package stands for, through all that only import it."""
        seen: set[str] = set()
        while path not in seen:
            seen.add(path)
            module, _, name = path.rpartition(".")
            file = self.file_of(module)
            path = self.outlines([file])[file].passed_on.get(name, path) if file else path
        return path

    def lacks(self, path: str) -> bool:
        """Tell whether a dotted path surely leads to nothing: to no module, and no name at the top of one.

        Nothing is sure where the package itself is not there, as for a text alone.
        """
        module = self.config.package
        if self.file_of(module) is None:
            return False
        if path.startswith("."):  # by more dots than there are packages around
            return True
        if path in self.flags.flags or not path.startswith(f"{module}."):
            return False
        for name in path.removeprefix(f"{module}.").split("."):
            if self._may_bind(module, name):
                return False
            module = f"{module}.{name}"
            if not any(source.startswith(_beginnings(module)) for source in self.sources):
                return True
        return False

    def _may_bind(self, module: str, name: str) -> bool:
        """Tell whether a module may have a name at its top, but that of a module in it."""
        file = self.file_of(module)
        if file is None:  # a compiled module may, a folder does not
            return any(source.startswith(_beginnings(module)[0]) for source in self.sources)
        one = self.outlines([file])[file]
        is_bound = name in one.bound and one.passed_on.get(name) != f"{module}.{name}"
        by_text = any(word in self.texts[file].content for word in ("global", "__getattr__", "exec("))
        return is_bound or by_text or bool(one.stars) or not one.is_complete

    def error_class(self, path: str) -> ErrorClass:
        """Return what a class of the package, given by its path, says of itself or inherits."""
        code: str | None = None
        takes: tuple[str, ...] | None = None
        goes_on = is_there = True
        seen: set[str] = set()
        while path not in seen:
            module, _, name = path.rpartition(".")
            file = self.file_of(module)
            if file is None:
                is_there = bool(seen) or not f"{module}.".startswith(f"{self.config.package}.")
                break
            (lead,) = self.answers.ask(error_class_in, name, [self.texts[file]], Lead)
            is_there = is_there if seen else lead.found.is_there
            seen.add(path)
            code = code if code is not None else lead.found.code
            takes = lead.found.takes if goes_on else takes
            goes_on = goes_on and lead.goes_on
            if lead.base is None:
                break
            path = lead.base
        return ErrorClass(code, takes, is_there)

    def file_of(self, module: str) -> str | None:
        """Return the path of a module of the package."""
        return next((file for file in module_files(module) if file in self.texts), None)

    def module_of(self, path: str) -> str:
        """Return the module that binds what has a dotted path at its top, or in a class there."""
        owner = path.rpartition(".")[0]
        return owner if self.file_of(owner) else owner.rpartition(".")[0]

    @property
    def flags_path(self) -> str | None:
        """The path of the module of flags, which is never emitted."""
        if self.config.flags is None:
            return None
        return next((file for file in module_files(self.config.flags) if file in self.sources), None)


def read_package(
    sources: Mapping[str, SourceFile], config: Config, answers: Answers | None = None
) -> Package:
    """Read the Python files of a package, collect its flags, rule out files with nothing to decide."""
    package = Package(config, sources, answers or Answers())
    for path, source in sources.items():
        if path.endswith((".py", ".pyi")) and not config.is_copied(path):
            try:
                package.texts[path] = decode(source, config.shown(path))
            except UnreadableSourceError as error:
                package.findings.append(error.finding)
    declaring = list(_declaring(package))
    found = package.answers.ask(
        flags_declared, config, [package.texts[path] for path in declaring], tuple[DeclaredFlag, ...]
    )
    every = [declared.flag for flags in found for declared in flags]
    package.flags = FlagTable({flag.path: flag for flag in every}, config.flags)
    package.declared = dict(zip(declaring, found, strict=True)).get(package.flags_path or "", ())
    _find_relevant(package)
    while aliases := _passed_on(package):
        package.flags = replace(package.flags, flags={**package.flags.flags, **aliases})
        _find_relevant(package)
    return package


def _beginnings(module: str) -> tuple[str, str]:
    """Return what the path of a module begins with, as a file and as a folder."""
    path = module.replace(".", "/")
    return f"{path}.", f"{path}/"


def _find_relevant(package: Package) -> None:
    if any(profile.stripped for profile in package.config.profiles.values()):
        package.relevant = tuple(package.texts)
        return
    config = package.config
    told = telling(package.flags, map(facts_of, config.profiles.values()), config.profile_names)
    stubs = {package.file_of(module) for module in package.config.stub_modules}
    package.relevant = tuple(
        path for path, text in package.texts.items() if path in stubs or told.may_tell(path, text.content)
    )


def _passed_on(package: Package) -> dict[str, Flag]:
    """Find the flags that a module imports for others to import from it, by their path there."""
    known = package.flags.flags
    found: dict[str, Flag] = {}
    for path, imports in package.outlines(package.relevant).items():
        for name, target in imports.passed_on.items():
            flag, alias = package.flags.get(target), f"{module_name(path)}.{name}"
            if flag and alias not in known:
                found[alias] = flag
    return found


def _declaring(package: Package) -> Iterator[str]:
    """Yield the module of flags and every other file that may declare a flag."""
    for path, text in package.texts.items():
        if path == package.flags_path or ("flag" in text.content and MARKER_WORD in text.content):
            yield path
