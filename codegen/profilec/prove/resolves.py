"""Proof 2: every emitted file parses, and every name and every import inside the package still resolves.

"Still" is what makes the proof exact and cheap: a name that the source does not bind either is none of our
business, so only names that a tree has lost are looked for, and only in files whose text holds one of them.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from profilec.answers import Answers
from profilec.config import Config
from profilec.diagnostics import Finding
from profilec.prove.changes import Change, compiles_no_more, newly_unbound
from profilec.prove.members import given_attributes
from profilec.prove.names.bindings import bindings
from profilec.prove.names.by_name import NAMING, named_in
from profilec.prove.names.importers import IMPORTERS, calls_of_named, may_import_at_run_time
from profilec.prove.names.meanings import Meanings, is_first_parameter
from profilec.prove.names.modules import (
    Located,
    Module,
    catches,
    finding_at,
    is_grammatical,
    is_python,
    is_source,
    module_name,
    parse,
    parses_elsewhere,
    suppresses,
    unguarded,
)
from profilec.prove.names.nodes import Nodes, children, walk
from profilec.prove.names.reach import Reaches
from profilec.prove.names.scopes import find_scopes, in_annotation, unresolved
from profilec.prove.names.stars import listed_names, lost_with_stars, through_stars
from profilec.prove.names.tree_meanings import TreeMeanings
from profilec.tree import EmittedFile, SourceFile, Tree

_FROM_DOTS = re.compile(rb"\bfrom[\s\\]*\.[\s.\\]*import\b")
_ASKS = re.compile(rb"getattr|__getattribute__|attrgetter")
_TAKES = re.compile(rb"__dict__|\b(?:vars|globals|locals)\b")
_WORD = re.compile(rb"[\w\x80-\xff]+")
_IMPORT_ERRORS = ("ImportError", "ModuleNotFoundError")
_LATER = re.compile(rb"attrgetter|methodcaller")
"""What makes a function that asks for a name, which is called elsewhere."""
_ASKING = NAMING.union(["getattr", "__getattribute__"], (name.rpartition(".")[2] for name in IMPORTERS))
_FEW = 16
"""So many words are found sooner one by one than among all words of a file."""


def prove_resolves(
    sources: Mapping[str, SourceFile],
    tree: Tree,
    config: Config,
    reaches: Reaches,
    changes: Mapping[str, Change],
    by_facts: Mapping[str, frozenset[int]],
) -> Iterator[Finding]:
    """Findings PC402, PC403 and PC404 of one tree.

    Args:
        sources: the files of the source root by path.
        tree: what one profile makes of them.
        config: the project's configuration.
        reaches: what files reach, and what else is known of single ones.
        changes: what became of each changed file.
        by_facts: the lines of each source file that went because of facts: what is there was never an
            attribute in that world.
    """
    modules = [file for file in tree.files.values() if is_source(file.path)]
    read = [file for file in modules if not config.is_copied(file.path)]
    for file in _rejected(read, config, reaches):
        yield from _unreadable(SourceFile(file.path, file.data), config)
    for path, one in changes.items():
        if not one.is_plain:
            yield from _prove_file(sources.get(path), tree.files[path], tree, config)
    names = {module_name(path)[0]: one.lost for path, one in changes.items() if one.lost and is_python(path)}
    lost = _find_lost(sources, tree, names, reaches.answers)
    if lost.modules or lost.names:
        lost = replace(lost, never=_by_facts(sources, by_facts))
        yield from _prove_imports(sources, tree, config, lost)
        yield from _prove_stubs(sources, tree, config, lost)


def _by_facts(sources: Mapping[str, SourceFile], lines: Mapping[str, frozenset[int]]) -> frozenset[str]:
    """The dotted names that are bound where facts decide whether they are."""
    parsed = (parse(path, sources[path].data) for path, went in lines.items() if went and is_python(path))
    return frozenset(
        f"{module.name}.{name}"
        for module in parsed
        if module
        for name, nodes in bindings(module.syntax.body).items()
        if any(node.lineno in lines[module.path] for node in nodes)
    )


def _rejected(files: Sequence[EmittedFile], config: Config, reaches: Reaches) -> list[EmittedFile]:
    """The unchanged files that this interpreter does not read; all imports are then known, if they matter."""
    if any(profile.forbid or profile.dependencies for profile in config.profiles.values()):
        reached = zip(files, reaches.ask(SourceFile(file.path, file.data) for file in files), strict=True)
        return [file for file, one in reached if one.imports is None and not file.changed]
    unchanged = [file for file in files if not file.changed]
    found = reaches.answers.ask(is_grammatical, None, [file.data for file in unchanged], bool)
    return [file for file, is_read in zip(unchanged, found, strict=True) if not is_read]


def _unreadable(source: SourceFile, config: Config) -> Iterator[Finding]:
    """What is wrong with a file that this interpreter rejects; nothing if it is Python of another version."""
    from profilec.syntax.read import (
        UnreadableSourceError,
        decode,
        parse,
    )  # brings LibCST, which is almost never needed

    try:
        parse(decode(source, config.shown(source.path)))
    except UnreadableSourceError as error:
        yield error.finding


def _prove_file(
    source: SourceFile | None, file: EmittedFile, tree: Tree, config: Config
) -> Iterator[Finding]:
    emitted = parse(file.path, file.data)
    if emitted is None:
        if not parses_elsewhere(SourceFile(file.path, file.data)):
            path = f"{config.out}/{tree.profile}/{file.path}"
            message, line = _reason(file, "the emitted file does not parse")
            yield Finding("PC402", path, line, message=message, profiles=(tree.profile,))
        return
    if source and compiles_no_more(source.data, file.data):
        yield _refused(file, tree, config)
        return
    before = parse(file.path, source.data) if source else None
    for name, node in newly_unbound(before, emitted):
        message = f"nothing binds `{name}` any more"
        hint = "select what reads it for the same profiles as what binds it"
        yield finding_at(config, tree, file, source, node, code="PC404", message=message, hint=hint)


def _refused(file: EmittedFile, tree: Tree, config: Config) -> Finding:
    """What the compiler of Python, which sees more than its grammar, says of a file."""
    message, line = _reason(file, "the emitted file does not compile")
    hint = "report it with the file"
    place = config.shown(file.path), file.source_line(line) or 0
    return Finding("PC402", *place, message=message, hint=hint, profiles=(tree.profile,))


def _reason(file: EmittedFile, fault: str) -> tuple[str, int]:
    """A fault with what Python says of it, and the line of the file."""
    try:
        compile(file.data, file.path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{fault}: {error.msg}", error.lineno or 0
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{fault}: {error or type(error).__name__}", 0
    return fault, 0


class _Lost(Struct, frozen=True, dict=True):
    """What the source has and a tree has not.

    Attributes:
        modules: whole modules.
        names: names of modules that are still there.
        never: dotted names that the world never had, because of facts.
        bound_before: those among them that the module itself bound; others came by a star import.
    """

    modules: frozenset[str]
    names: Mapping[str, frozenset[str]]
    bound_before: Mapping[str, frozenset[str]]
    never: frozenset[str] = frozenset()

    @cached_property
    def _leaves(self) -> frozenset[bytes]:
        return frozenset(map(_leaf, self.modules))

    @cached_property
    def _sought(self) -> frozenset[bytes]:
        return self._leaves | self._by_name.keys()

    @cached_property
    def _by_name(self) -> dict[bytes, set[bytes]]:
        """The last part of each module that lost a name."""
        found: dict[bytes, set[bytes]] = {}
        for module, names in self.names.items():
            for name in names:
                found.setdefault(name.encode(), set()).add(_leaf(module))
        return found

    @cached_property
    def ends(self) -> frozenset[str]:
        """The last part of each of its names."""
        return frozenset(word.decode() for word in self._sought)

    @cached_property
    def was_there(self) -> bool:
        """Whether the world had anything of it before."""
        names = (f"{module}.{name}" for module, lost in self.names.items() for name in lost)
        return bool(self.modules) or any(name not in self.never for name in names)

    def has_lost_by_star(self, module: str) -> bool:
        """Whether a module has lost names that a star import brought."""
        return not self.names.get(module, frozenset()) <= self.bound_before.get(module, frozenset())

    def may_be_listed(self, module: str, data: bytes) -> bool:
        """Whether a module may list one of its lost names in `__all__`."""
        names = self.names.get(module, frozenset())
        return bool(names) and b"__all__" in data and any(name.encode() in data for name in names)

    def may_be_mentioned(self, data: bytes) -> bool:
        """Whether a file holds the words that it must hold to mention any of it."""
        if len(self._sought) < _FEW and not any(word in data for word in self._sought):
            return False
        words = frozenset(_WORD.findall(data))
        if not words.isdisjoint(self._leaves):
            return True
        named = [self._by_name[name] for name in words & self._by_name.keys()]
        has_dots = bool(named) and _FROM_DOTS.search(data) is not None  # `from . import name` names no module
        return has_dots or any(not words.isdisjoint(leaves) for leaves in named)


def _leaf(module: str) -> bytes:
    return module.rpartition(".")[2].encode()


def _find_lost(
    sources: Mapping[str, SourceFile], tree: Tree, names: dict[str, frozenset[str]], answers: Answers
) -> _Lost:
    before = {module_name(path)[0] for path in sources if is_python(path)}
    after = {module_name(path)[0] for path in tree.files if is_python(path)}
    with_stars = dict(names)
    for module, went in lost_with_stars(sources, tree, answers):
        with_stars[module] = with_stars.get(module, frozenset()) | went
    passed_on = through_stars(with_stars, sources, tree, answers)
    return _Lost(frozenset(before - after), passed_on, names)


def _prove_imports(
    sources: Mapping[str, SourceFile], tree: Tree, config: Config, lost: _Lost
) -> Iterator[Finding]:
    modules = TreeMeanings.of(tree)
    for file in tree.files.values():
        if not is_python(file.path) or not (
            lost.may_be_mentioned(file.data)
            or lost.has_lost_by_star(module_name(file.path)[0])
            or lost.may_be_listed(module_name(file.path)[0], file.data)
        ):
            continue
        module = parse(file.path, file.data)
        if module is None:
            continue
        for node, message, code in _Mentions(module, lost, modules).find():
            hint = "select both for the same profiles"
            source = sources.get(file.path)
            yield finding_at(config, tree, file, source, node, code=code, message=message, hint=hint)


def _prove_stubs(
    sources: Mapping[str, SourceFile], tree: Tree, config: Config, lost: _Lost
) -> Iterator[Finding]:
    """What stubs for type checkers say of what code has lost; of a module with a stub, the stub is asked."""
    stubs = {
        module_name(path)[0]: file
        for path, file in tree.files.items()
        if is_source(path) and not is_python(path)
    }
    of_others = {module: names for module, names in lost.names.items() if module not in stubs}
    elsewhere, modules = replace(lost, names=of_others), TreeMeanings.of(tree)
    for name, file in stubs.items():
        own = any(word.encode() in file.data for word in lost.names.get(name, ()))
        module = parse(file.path, file.data) if own or elsewhere.may_be_mentioned(file.data) else None
        for node, message, code in _Mentions(module, elsewhere, modules).of_stub(lost) if module else ():
            source, hint = sources.get(file.path), "select both for the same profiles"
            yield finding_at(config, tree, file, source, node, code=code, message=message, hint=hint)


class _Mentions:
    """Finds what one file says of lost modules and names."""

    def __init__(self, module: Module, lost: _Lost, modules: TreeMeanings) -> None:
        self._module = module
        self._lost = lost
        self._modules = modules
        self._imported: set[str] = set()

    def find(self) -> Iterator[tuple[Located, str, str]]:
        """Each mention: its node, the sentence, the code."""
        yield from self._imports(self._module.syntax)
        yield from self._run_time_imports()
        yield from self._attributes()
        yield from self._stars()
        if self._lost.was_there:
            yield from self._answers()
            yield from self._listed()

    def of_stub(self, lost: _Lost) -> Iterator[tuple[Located, str, str]]:
        """Each mention in a stub; names of its own that begin with an underscore may serve it alone."""
        yield from self._imports(self._module.syntax)
        own = self._module.name
        for name, nodes in bindings(self._module.syntax.body).items():
            is_lost = name in lost.names.get(own, ()) and f"{own}.{name}" not in lost.never
            if is_lost and not name.startswith("_") and not isinstance(nodes[0], ast.alias):
                yield nodes[0], f"`{own}` has no `{name}` in this tree", "PC404"

    def _imports(self, node: ast.AST) -> Iterator[tuple[Located, str, str]]:
        for child in children(node):
            match child:
                case ast.Import():
                    for alias in child.names:
                        yield from self._import(alias)
                case ast.ImportFrom():
                    origin = self._module.absolute(child.module, child.level)
                    for alias in child.names:
                        yield from self._import_from(origin, alias)
                case ast.Try() if any(catches(one, *_IMPORT_ERRORS) for one in child.handlers):
                    self._note(child.body)
                    for statement in (*child.handlers, *child.orelse, *child.finalbody):
                        yield from self._imports(statement)
                case ast.With() if any(suppresses(one, *_IMPORT_ERRORS) for one in child.items):
                    self._note(child.body)
                case ast.stmt() | ast.ExceptHandler() | ast.match_case():
                    yield from self._imports(child)

    def _note(self, body: list[ast.stmt]) -> None:
        """Note what imports may bring to nothing, so that what is done with it is not looked at."""
        for node in (inner for statement in body for inner in walk(statement)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                origin = (
                    self._module.absolute(node.module, node.level) if isinstance(node, ast.ImportFrom) else ""
                )
                self._imported |= {f"{origin}.{alias.name}".strip(".") for alias in node.names}

    def _import(self, alias: ast.alias) -> Iterator[tuple[Located, str, str]]:
        self._imported.add(alias.name)
        if alias.name in self._lost.modules:
            yield alias, f"this tree has no module `{alias.name}`", "PC403"

    def _import_from(self, origin: str, alias: ast.alias) -> Iterator[tuple[Located, str, str]]:
        whole = f"{origin}.{alias.name}"
        self._imported |= {origin, whole}
        if origin in self._lost.modules:
            yield alias, f"this tree has no module `{origin}`", "PC403"
        elif whole in self._lost.modules:
            yield alias, f"this tree has no module `{whole}`", "PC403"
        elif alias.name in self._lost.names.get(origin, ()) and whole not in self._modules.files:
            yield alias, f"`{origin}` has no `{alias.name}` in this tree", "PC403"

    def _run_time_imports(self) -> Iterator[tuple[Located, str, str]]:
        """`import_module("…")` of a module that the tree has lost, unless it may fail."""
        called = [(node, name) for node, name in self._called() if name in self._lost.modules]
        certain = unguarded(self._module.syntax, *_IMPORT_ERRORS) if called else ()
        unprepared = set(map(id, certain))
        for node, module in called:
            self._imported.add(module)
            if id(node) in unprepared:
                yield node, f"this tree has no module `{module}`", "PC403"

    def _called(self) -> Iterator[tuple[ast.Call, str]]:
        """The calls that give one thing of the package, and those of `__import__` with what they import."""
        yield from ((node, found) for node, found in self._followed if isinstance(node, ast.Call))
        for node in self._candidates() if self._lost.modules else ():
            if isinstance(node, ast.Call) and "builtins.__import__" in self._meanings.names(node.func):
                texts = self._meanings.literals.texts(node.args[0] if node.args else None)
                yield from ((node, text) for text in sorted(texts))

    def _attributes(self) -> Iterator[tuple[Located, str, str]]:
        """`module.name`, however it is written, where the tree has lost the name."""
        given: frozenset[str] | None = None
        for node, found in self._followed:
            module, _, name = found.rpartition(".")
            is_there = found in self._lost.never or (found in self._imported and found in self._modules.files)
            is_lost = name in self._lost.names.get(module, ()) and not is_there
            if not is_lost and (found not in self._lost.modules or found in self._imported):
                continue
            if given is None:
                given = frozenset(given_attributes(self._modules.files[self._module.name]))
            if name not in (self._tested if isinstance(node, ast.Call) else given):
                said = f"`{module}` has no `{name}` in this tree"
                yield node, said if is_lost else f"this tree has no module `{found}`", "PC404"

    @cached_property
    def _tested(self) -> frozenset[str]:
        """The names that `hasattr` is asked for."""
        found = set[str]()
        for node in walk(self._module.syntax):
            match node:
                case ast.Call(func=ast.Name(id="hasattr"), args=[_, ast.Constant(value=str(name))]):
                    found.add(name)
        return frozenset(found)

    @cached_property
    def _followed(self) -> list[tuple[ast.expr, str]]:
        """What stands for one thing of the package that is called as something lost, and what that is.

        Where something lost was given another name, it is found there.
        """
        package, found = self._module.name.partition(".")[0] + ".", []
        for node, names in self._named() if self._lost.was_there else ():
            match [*names]:
                case [name] if name.startswith(package) and name.rpartition(".")[2] in self._lost.ends:
                    found.append((node, self._modules.seen_through(name)))
        return found

    def _named(self) -> Iterator[tuple[ast.expr, frozenset[str]]]:
        """What may stand for something lost, with its names: in annotations too, be they in text."""
        meanings = self._meanings
        for node in self._candidates():
            names, scope = meanings.names(node), meanings.behind.scope_of(_root(node))
            if isinstance(node, ast.Attribute) and self._is_given(node.value):
                names = self._guesses.names(node)
            if isinstance(node, ast.Call) and not any(one.arg == "create" for one in node.keywords):
                imported = named_in(meanings.names(node.func), node, meanings)
                names = frozenset(filter(None, imported)) or names
            yield node, names or (meanings.types_named(node, scope) if scope else names)
        for scope in meanings.scopes.walk():
            for text in {
                id(node): node for _, node in scope.loads if isinstance(node, ast.Constant)
            }.values():
                annotation = in_annotation(str(text.value)) if "." in str(text.value) else None
                for part in walk(annotation) if annotation else ():
                    if isinstance(part, ast.Attribute) and part.attr in self._lost.ends:
                        yield text, meanings.types_named(part, scope)

    def _is_given(self, node: ast.expr) -> bool:
        """Whether an expression is a parameter of a function, for which calls in the file tell what it is."""
        owner = self._meanings.behind.owner_of(node)
        if not isinstance(node, ast.Name) or owner is None or owner.kind != "function":
            return False
        return node.id in owner.unknown and not is_first_parameter(owner, node.id)

    @cached_property
    def _meanings(self) -> Meanings:
        return Meanings(self._module, find_scopes(self._module.syntax), is_guessing=False)

    @cached_property
    def _guesses(self) -> Meanings:
        return Meanings(self._module, find_scopes(self._module.syntax))

    def _candidates(self) -> Iterator[ast.expr]:
        """What is called as something lost, and what asks by a text, where the file does that at all."""
        data = self._modules.files[self._module.name].data
        asks = _ASKS.search(data) is not None or may_import_at_run_time(data, self._module)
        nodes, ends = Nodes(unguarded(self._module.syntax, "AttributeError")), self._lost.ends
        read = (one for one in nodes.of(ast.Attribute) if not isinstance(one.ctx, ast.Store))
        yield from (one for one in read if one.attr in ends)
        if asks:
            yield from nodes.of(ast.Call) if _LATER.search(data) else calls_of_named(nodes, _ASKING)
        for node in unguarded(self._module.syntax, "KeyError") if _TAKES.search(data) else ():
            if isinstance(node, ast.Subscript):
                yield node

    def _answers(self) -> Iterator[tuple[Located, str, str]]:
        """A name for which a `__getattr__` of the module asks another module that has lost it (PEP 562)."""
        if "__getattr__" not in find_scopes(self._module.syntax).definitions:
            return
        for node in walk(self._module.syntax):
            match node:
                case ast.Constant(value=str(name)) if name in self._lost.ends:
                    found = self._meanings.exports([name]) - self._imported - self._lost.never
                    asked = (one.rpartition(".") for one in found)
                    match [
                        module for module, _, last in asked if last == name and module in self._modules.files
                    ]:
                        case [module] if name in self._lost.names.get(module, ()):
                            yield node, f"`{module}` has no `{name}` in this tree", "PC404"

    def _listed(self) -> Iterator[tuple[Located, str, str]]:
        """A name that `__all__` lists, however it is put together, and that the module has lost."""
        lost, own = self._lost.names.get(self._module.name, frozenset()), self._module.name
        if not self._lost.may_be_listed(own, self._modules.files[own].data) or self._meanings.scopes.stars:
            return
        entries = listed_names(self._modules.files[own], self._modules.files) or frozenset()
        places = [node for node in walk(self._module.syntax) if isinstance(node, ast.Name)]
        listing = [node for node in places if node.id == "__all__"]
        for name in sorted(entries & lost) if listing else ():
            if f"{own}.{name}" not in self._lost.never:
                yield listing[0], f"`__all__` lists `{name}`, which nothing binds any more", "PC404"

    def _stars(self) -> Iterator[tuple[Located, str, str]]:
        """A name that only a star import brought, from where it went."""
        lost = self._lost.names.get(self._module.name, frozenset())
        if lost:
            for name, node in unresolved(find_scopes(self._module.syntax)):
                if name in lost and name not in self._lost.bound_before.get(self._module.name, ()):
                    yield node, f"nothing binds `{name}` any more", "PC404"


def _root(node: ast.expr) -> ast.expr:
    """What the first attribute is asked of."""
    return _root(node.value) if isinstance(node, ast.Attribute) else node
