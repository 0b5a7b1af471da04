"""Which modules a tree imports, file by file, on into its third-party dependencies.

Standard-library modules are named but not entered. What only a type checker imports is passed over.
"""

import ast
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

from profilec.answers import Answers
from profilec.config import Config
from profilec.prove.installed import COMPILED, compiled_name
from profilec.prove.modules import Module, is_python, module_name, parse
from profilec.prove.references import RUN_TIME, References
from profilec.prove.run_time import parts_at_run_time
from profilec.prove.third_party import ThirdParty
from profilec.tree import EmittedFile, SourceFile, Tree

_FURTHEST = 8
"""Star imports that are followed; a circle ends here."""


@dataclass(frozen=True)
class Step:
    """How a module was first reached: the importing module, None for where all begins, and the line there."""

    module: str
    importer: str | None
    line: int


class ImportGraph:
    """The modules that can be reached from a tree, with the shortest way to each.

    Every module of the tree can be imported by its users, so each is a beginning; the package itself comes
    first, and chains lead from it where they can.
    """

    def __init__(self, tree: Tree, config: Config, third_party: ThirdParty) -> None:
        self._config = config
        self._third_party = third_party
        self._compiled = {**third_party.compiled} | {
            compiled_name(path): config.package for path in tree.files if path.endswith(COMPILED)
        }
        self._own = {module_name(file.path)[0]: file for file in tree.files.values() if is_python(file.path)}
        self._references: dict[str, References | None] = {}

    def file(self, module: str) -> EmittedFile | None:
        """The file of a module of the tree; None for any other module."""
        return self._own.get(module)

    def shown(self, module: str, line: int) -> str:
        """A place as a person finds it: in the source for a module of the tree."""
        file = self._own.get(module)
        if file is not None:
            return f"{self._config.shown(file.path)}:{file.source_line(line) or line}"
        return f"{self._third_party.path(module)}:{line}"

    def data(self, module: str) -> bytes:
        """The bytes of a module's file."""
        file = self._own.get(module)
        return file.data if file else self._third_party.data(module)

    def is_ruled_out(self, module: str, line: int) -> bool:
        """Whether facts keep a line of a module from being run; in the tree, such lines are not there."""
        return module not in self._own and line in self._third_party.ruled_out(module)

    def can_be_read(self, module: str) -> bool:
        """Whether this interpreter reads a module that is meant to be Python."""
        file = self._own.get(module)
        is_copied = file is not None and self._config.is_copied(file.path)
        return is_copied or can_be_read(self._path(module), self.data(module))

    def references(self, module: str) -> References | None:
        """The references of a module; None where it cannot be parsed."""
        if module not in self._references:
            parsed = parse(self._path(module), self.data(module))
            self._references[module] = References(parsed) if parsed else None
        return self._references[module]

    def offers(self, module: str, name: str, depth: int = 0) -> bool:
        """Whether a star import of a module surely brings a name, be it by way of others."""
        is_here = module in self._own or module in self._third_party
        references = self.references(module) if is_here and depth < _FURTHEST else None
        return references is not None and (
            references.offers(name) or any(self.offers(star, name, depth + 1) for star in references.stars)
        )

    def known(self, name: str) -> tuple[str, list[str]] | None:
        """Split a dotted name into the longest module that can be read, if there is one, and the rest."""
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            module = ".".join(parts[:length])
            if module in self._own or module in self._third_party:
                return module, parts[length:]
        return None

    @cached_property
    def reached(self) -> Mapping[str, Step]:
        """Every module that is reached and can be read, in the order of its distance."""
        first = self._config.package
        own = sorted(self._own)
        found: dict[str, Step] = {}
        for beginning in [*([first] if first in self._own else []), *own]:
            if beginning not in found:
                found[beginning] = Step(beginning, None, 0)
                self._walk(beginning, found)
        return found

    @cached_property
    def compiled(self) -> Mapping[str, Step]:
        """For each distribution, how the first of its modules is reached that is there compiled alone."""
        found: dict[str, Step] = {}
        for importer in self.reached:
            for name, line in self._imports(importer):
                parts = name.split(".")
                for length in range(1, len(parts) + 1):
                    module = ".".join(parts[:length])
                    if module in self._compiled and module not in self._own:
                        found.setdefault(self._compiled[module], Step(module, importer, line))
        return found

    def _walk(self, beginning: str, found: dict[str, Step]) -> None:
        pending = deque([beginning])
        while pending:
            importer = pending.popleft()
            for name, line in self._imports(importer):
                parts = name.split(".")
                for length in range(1, len(parts) + 1):
                    module = ".".join(parts[:length])
                    if module not in found and (module in self._own or module in self._third_party):
                        found[module] = Step(module, importer, line)
                        pending.append(module)

    def chain(self, last: Step) -> list[Step]:
        """The steps from a beginning to a module, of which the last is given."""
        steps = [last]
        while (importer := steps[0].importer) is not None:
            steps.insert(0, self.reached[importer])
        return steps

    def _path(self, module: str) -> str:
        file = self._own.get(module)
        return file.path if file else self._third_party.path(module)

    def _imports(self, module: str) -> Iterator[tuple[str, int]]:
        for name, line in self._named_imports(module):
            if not self.is_ruled_out(module, line):
                yield name, line

    def _named_imports(self, module: str) -> Iterator[tuple[str, int]]:
        data = self.data(module)
        yield from imports_of(self._path(module), data)
        if any(word in data for word in RUN_TIME) and (references := self.references(module)):
            for dynamic in references.dynamic_imports:
                if dynamic.module:
                    yield dynamic.module, dynamic.node.lineno


def imports_of(path: str, data: bytes) -> tuple[tuple[str, int], ...]:
    """The absolute name and the line of everything that the import statements of a file ask for at run time.

    Nothing where it cannot be parsed.
    """
    return _imports_read(path, data) or ()


def can_be_read(path: str, data: bytes) -> bool:
    """Whether this interpreter reads a file; its imports then cost nothing any more."""
    return _imports_read(path, data) is not None


def ask_imports(files: Iterable[SourceFile], answers: Answers) -> None:
    """Have the imports of files read before they are asked for one by one."""
    new = [file for file in files if (file.path, file.data) not in _known]
    found = answers.ask(imports_in, None, new, Imports)
    _known.update(((file.path, file.data), one.found) for file, one in zip(new, found, strict=True))


_known: dict[tuple[str, bytes], tuple[tuple[str, int], ...] | None] = {}


def _imports_read(path: str, data: bytes) -> tuple[tuple[str, int], ...] | None:
    if (path, data) not in _known:
        _known[path, data] = imports_in(None, SourceFile(path, data)).found
    return _known[path, data]


@dataclass(frozen=True)
class Imports:
    """What the import statements of one file ask for, with the lines; None where it cannot be parsed."""

    found: tuple[tuple[str, int], ...] | None


def imports_in(_: None, file: SourceFile) -> Imports:
    """Return the imports of one file."""
    module = parse(file.path, file.data)
    return Imports(tuple(sorted(_imported_names(module), key=itemgetter(1))) if module else None)


def _imported_names(module: Module) -> Iterator[tuple[str, int]]:
    pending: list[ast.AST] = [*module.syntax.body]
    while pending:
        match node := pending.pop():
            case ast.Import():
                yield from ((alias.name, node.lineno) for alias in node.names)
            case ast.ImportFrom():
                origin = module.absolute(node.module, node.level)
                names = (f"{origin}.{alias.name}".removesuffix(".*") for alias in node.names)
                yield from ((name, node.lineno) for name in names)
            case ast.If():
                pending += parts_at_run_time(node, module.syntax)
            case ast.expr():
                pass
            case _:
                for inner in ("finalbody", "orelse", "cases", "handlers", "body"):
                    pending += getattr(node, inner, ())
