"""Which modules a tree imports, file by file, on into its third-party dependencies.

Standard-library modules are named but not entered. What only a type checker imports is passed over.
"""

import re
from collections.abc import Iterator, Mapping, Set
from functools import cached_property

from msgspec import Struct

from profilec.config import Config
from profilec.prove.names.behind import Values
from profilec.prove.names.handed import may_hand_on
from profilec.prove.names.modules import is_python, module_name, parse, parses_elsewhere, place_of
from profilec.prove.names.reach import Reach, Reaches
from profilec.prove.names.references import References
from profilec.prove.names.stars import may_bring
from profilec.prove.third_party.files import ThirdParty
from profilec.prove.third_party.installed import COMPILED, compiled_name
from profilec.tree import EmittedFile, SourceFile, Tree

_WORD = re.compile(rb"[\w\x80-\xff]+")
_FURTHEST = 8
"""Star imports that are followed; a circle ends here."""


class Step(Struct, frozen=True):
    """How a module was first reached: the importing module, None for where all begins, and the line there."""

    module: str
    importer: str | None
    line: int


class ImportGraph:
    """The modules that can be reached from a tree, with the shortest way to each.

    Every module of the tree can be imported by its users, so each is a beginning; the package itself comes
    first, and chains lead from it where they can.
    """

    def __init__(self, tree: Tree, config: Config, third_party: ThirdParty, reaches: Reaches) -> None:
        self._config = config
        self._reaches = reaches
        self._third_party = third_party
        self._compiled = {**third_party.compiled} | {
            compiled_name(path): config.package for path in tree.files if path.endswith(COMPILED)
        }
        self._own = {module_name(file.path)[0]: file for file in tree.files.values() if is_python(file.path)}
        self._known: dict[str, Reach] = {}
        self._parsed: dict[str, References | None] = {}
        self._meant: dict[tuple[str, str], bool] = {}
        self._passed_on: dict[tuple[str, str], str | None] = {}

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

    def reach(self, module: str) -> Reach:
        """What a module reaches."""
        return self._reach_of([module])[0]

    def is_of_another_python(self, module: str) -> bool:
        """Whether a module is Python, but not of this interpreter's version, so that nothing is known of it.

        A copied file of the tree is not asked, and one that no Python reads is the business of another proof.
        """
        if self.reach(module).imports is not None:
            return False
        file = self._own.get(module)
        return file is None or (
            not self._config.is_copied(file.path) and parses_elsewhere(SourceFile(file.path, file.data))
        )

    def exported(self, module: str, path: list[str]) -> Values:
        """What a name of a module stands for to those who import it; attributes and calls may follow."""
        references = self._references(module)
        return references.exported(path) if references else frozenset()

    def hands_on(self, owner: str, module: str) -> tuple[str, bool] | None:
        """The place where a namespace is handed on that a module may get, and whether it probably does.

        It does if that is the module itself, or one that it imports or is imported by. The builtins count in
        the module itself alone: there are methods everywhere that are called as they are.
        """
        found = self._handed_on.get(owner, {})
        near = [one for one in found if self._is_near(one, module)]
        if owner == "builtins":
            return (found[module], True) if module in found else None
        if not near and (place := self._passes_on(owner, module)):
            return place, True
        first = next(iter([*near, *found]), None)
        return None if first is None else (found[first], bool(near))

    def _passes_on(self, owner: str, module: str) -> str | None:
        """Where a module, or one that it imports, hands a namespace on that another file has named."""
        for one in (module, *self._own_imports(module)):
            if (owner, one) not in self._passed_on:
                self._passed_on[owner, one] = self._named_elsewhere(owner, one)
            if place := self._passed_on[owner, one]:
                return place
        return None

    def _named_elsewhere(self, owner: str, module: str) -> str | None:
        """Where a module hands a namespace on by a name that another file of the tree gives it."""
        words = frozenset(_WORD.findall(self.data(module)))
        imported = {name for name, _ in self._imports(module)}
        wanted = frozenset(
            name
            for other in self._own_imports(module)
            if self._may_name(owner, other, imported)
            for last in self._named_at_top(other)
            if last.encode() in words and self._stands_for(name := f"{other}.{last}", owner)
        )
        parsed = parse(self._path(module), self.data(module)) if wanted else None
        handed_on = References(parsed, owners=wanted).handed_on if parsed else ()
        lines = (place_of(one.node)[0] for one in handed_on if one.name in wanted)
        return next((self.shown(module, line) for line in lines), None)

    def _may_name(self, owner: str, module: str, asked: Set[str]) -> bool:
        """Whether a module may give a namespace a name, or has one of some names from another file."""
        top, own = owner.partition(".")[0], f"{self._config.package}."
        imported = {name for name, _ in self._imports(module)}
        if any(f"{module}.{_last(name)}" in asked for name in imported if name.startswith((own, top))):
            return True
        is_there = any(f"{name}.".startswith(f"{top}.") for name in imported)
        return is_there and may_hand_on(self.data(module), frozenset({top}))

    def _named_at_top(self, module: str) -> list[str]:
        references = self._references(module)
        return references.named_at_top if references else []

    def _stands_for(self, name: str, owner: str) -> bool:
        """Whether a dotted name may be a namespace, be it by names of other files of the tree."""
        if (name, owner) not in self._meant:
            self._meant[name, owner] = name == owner  # in a circle, it is nothing else
            module, _, last = name.rpartition(".")
            if name != owner and module in self._own and may_bring(last, self.data(module)):
                values = self.exported(module, [last])
                found = any(self._stands_for(value, owner) for value in values if isinstance(value, str))
                self._meant[name, owner] = found
        return self._meant[name, owner]

    def _own_imports(self, module: str) -> list[str]:
        """The other modules of the tree that a module imports, or names from."""
        split = [self.known(name) for name, _ in self._imports(module)]
        return sorted({one[0] for one in split if one and one[0] in self._own and one[0] != module})

    @cached_property
    def _handed_on(self) -> Mapping[str, Mapping[str, str]]:
        """For each namespace of interest, the modules that hand it on, each with the first place of that."""
        found: dict[str, dict[str, str]] = {}
        for module in self.reached:
            for mention in self.reach(module).handed_on:
                if not self.is_ruled_out(module, line := mention.place[0]):
                    found.setdefault(mention.name, {}).setdefault(module, self.shown(module, line))
        return found

    def _is_near(self, one: str, other: str) -> bool:
        return one == other or self._asks_for(one, other) or self._asks_for(other, one)

    def _asks_for(self, importer: str, module: str) -> bool:
        return any(f"{name}.".startswith(f"{module}.") for name, _ in self._imports(importer))

    def offers(self, module: str, name: str, depth: int = 0) -> bool:
        """Whether a star import of a module surely brings a name, be it by way of others."""
        is_here = module in self._own or module in self._third_party
        references = self._references(module) if is_here and depth < _FURTHEST else None
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
        level = [beginning]
        while level:
            following: list[str] = []
            self._reach_of(level)
            for importer in level:
                for name, line in self._imports(importer):
                    parts = name.split(".")
                    for length in range(1, len(parts) + 1):
                        module = ".".join(parts[:length])
                        if module not in found and (module in self._own or module in self._third_party):
                            found[module] = Step(module, importer, line)
                            following.append(module)
            level = following

    def chain(self, last: Step) -> list[Step]:
        """The steps from a beginning to a module, of which the last is given."""
        steps = [last]
        while (importer := steps[0].importer) is not None:
            steps.insert(0, self.reached[importer])
        return steps

    def _references(self, module: str) -> References | None:
        """The references of a module, of which another asks for a name; None where it cannot be parsed."""
        if module not in self._parsed:
            parsed = parse(self._path(module), self.data(module))
            self._parsed[module] = References(parsed) if parsed else None
        return self._parsed[module]

    def _path(self, module: str) -> str:
        file = self._own.get(module)
        return file.path if file else self._third_party.path(module)

    def _imports(self, module: str) -> Iterator[tuple[str, int]]:
        """Everything that a module imports as far as it is known, with the line."""
        reach = self.reach(module)
        at_run_time = ((one.module, one.place[0]) for one in reach.at_run_time if one.module)
        for name, line in (*(reach.imports or ()), *at_run_time):
            if not self.is_ruled_out(module, line):
                yield name, line

    def _reach_of(self, modules: list[str]) -> list[Reach]:
        new = [module for module in modules if module not in self._known]
        files = [SourceFile(self._path(module), self.data(module)) for module in new]
        self._known.update(zip(new, self._reaches.ask(files), strict=True))
        return [self._known[module] for module in modules]


def _last(name: str) -> str:
    return name.rpartition(".")[2]
