"""What a file names: every import, and every name, attribute chain and call that stands for something else.

Code in strings that `exec` and `eval` are given is read like the rest, as if it stood where the call does.
"""

import ast
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from profilec.prove.names.beginnings import Beginnings
from profilec.prove.names.behind import Values
from profilec.prove.names.by_name import RUN_BY_NAME, named_in, started, texts_run
from profilec.prove.names.handed import (
    ONLY_LOOKING,
    asked_by_patterns,
    handed_on,
    has_name,
    names_asked_of_unknown,
    unused,
)
from profilec.prove.names.importers import (
    IMPORTERS,
    NAMES,
    OF_SPEC,
    RUN_TIME_WORDS,
    RUNNERS,
    calls_by_name,
    calls_of_importers,
    imports_what_is_not_said,
    is_importer,
    is_loader,
    names_importer,
    with_words,
)
from profilec.prove.names.literals import NO_TEXT, Texts
from profilec.prove.names.meanings import GETTERS, SAME_AS_ARGUMENT, Meanings
from profilec.prove.names.modules import Located, Module
from profilec.prove.names.nodes import last_name
from profilec.prove.names.run_time import at_run_time
from profilec.prove.names.scopes import Scope, find_scopes
from profilec.prove.names.whole import namespace_of, taken_whole

_UNKNOWN: Texts = frozenset({None})
_SPEC = "importlib.util.find_spec"
_GETTING = ("getattr", "getattr_static", "__getattribute__")
_MADE_GETTERS = ("attrgetter", "methodcaller")
_ASKING = frozenset({*_GETTING, *_MADE_GETTERS})
_OF_MODULES = (".import_module", ".__import__", ".run_module")
"""Endings of the names of functions whose first argument names a module, and nothing in it."""
_EACH = frozenset({"builtins.map", "itertools.starmap"})
_FURTHEST = 8
"""Assignments that a specification is followed through."""


class Reference(Struct, frozen=True):
    """A place of a file and the dotted name that it stands for."""

    name: str
    node: Located


class DynamicImport(Struct, frozen=True):
    """An import at run time: its place, and the absolute name of the module where it is written out.

    `shop.` is anything in the package `shop`.
    """

    node: Located
    module: str | None


class References:
    """The references of one file."""

    def __init__(
        self,
        module: Module,
        around: tuple[Meanings, Scope] | None = None,
        owners: frozenset[str] = frozenset(),
    ) -> None:
        """Read nothing yet.

        Args:
            module: a file, or code in a string of one.
            around: what such code stands in.
            owners: the namespaces of interest.
        """
        self._owners = owners
        self._nodes = at_run_time(module.syntax)
        self._module = module
        self._meanings = Meanings(module, find_scopes(module.syntax), around)

    def exported(self, path: list[str]) -> Values:
        """What a name of the module stands for to those who import it; attributes and calls may follow."""
        return self._meanings.exported(path)

    def all(self, *, written: bool = True) -> Iterator[Reference]:
        """Every import and every name or attribute chain that stands for something outside the file.

        Args:
            written: whether the file itself is read, or only what it imports and runs at run time.
        """
        yield from self._written() if written else self._named_by_texts()
        for call, inner in self._in_strings:
            yield from (Reference(reference.name, call) for reference in inner.all())
        for dynamic in self.dynamic_imports:
            if dynamic.module is not None and not dynamic.module.endswith("."):
                yield Reference(dynamic.module, dynamic.node)

    def _written(self) -> Iterator[Reference]:
        """What the file itself names, as `all` gives it."""
        names, nodes = self._meanings.names, self._nodes
        for plain in nodes.of(ast.Import):
            yield from (Reference(alias.name, alias) for alias in plain.names)
        for some in nodes.of(ast.ImportFrom):
            origin = self._module.absolute(some.module, some.level)
            yield from (Reference(f"{origin}.{alias.name}", alias) for alias in some.names)
        for node in nodes.of(ast.Name, ast.Attribute, ast.Call, ast.Subscript):
            yield from (Reference(name, node) for name in names(node))
        for call in nodes.of(ast.Call):
            if (made := self._meanings.behind.whole(call)) is not call:
                yield from (Reference(name, call) for name in names(made.func))
        for match in nodes.of(ast.Match):
            for owner in names(match.subject):
                yield from (Reference(f"{owner}.{name}", at) for name, at in asked_by_patterns(match))

    def _named_by_texts(self) -> Iterator[Reference]:
        """What is named where a namespace of interest is asked by a text that is put together."""
        for node, owner, _ in self._asked_by_texts:
            if not self._owners.isdisjoint(self._meanings.names(owner)):
                yield from (Reference(name, node) for name in sorted(self._meanings.names(node)))

    @property
    def stars(self) -> Iterator[str]:
        """The modules from which everything is imported."""
        return (self._module.absolute(star.module, star.level) for star in self._meanings.scopes.stars)

    @property
    def named_at_top(self) -> list[str]:
        """The names of the module that imports give something, and assignments what has a name already."""
        scopes = self._meanings.scopes
        assigned = (name for name, values in scopes.values.items() if any(map(has_name, values)))
        return sorted(scopes.imports.keys() | assigned)

    def offers(self, name: str) -> bool:
        """Whether a star import of the module surely brings a name that it binds itself."""
        scopes, literals = self._meanings.scopes, self._meanings.literals
        if "__all__" in scopes.bound:
            tables = scopes.values.get("__all__", ())
            listed = {
                text for table in tables for one in literals.inside(table) for text in literals.texts(one)
            }
            return name in listed
        return name in scopes.bound and not name.startswith("_")

    def attributes(self, *, written: bool = True) -> Iterator[Reference]:
        """Every attribute that is read of anything, by its plain name; `written` as above."""
        for node in self._nodes.of(ast.Attribute) if written else ():
            if isinstance(node.ctx, ast.Load):
                yield Reference(node.attr, node)
        for pattern in self._nodes.of(ast.MatchClass) if written else ():
            yield from (Reference(name, pattern) for name in pattern.kwd_attrs)
        for asking, asked in self._asking if written else ():
            for text in self._meanings.literals.texts(asked):
                yield Reference(text.rpartition(".")[2], asking)
        for call, inner in self._in_strings:
            yield from (Reference(reference.name, call) for reference in inner.attributes())

    def of_annotated(self, words: frozenset[str]) -> Iterator[Reference]:
        """Every attribute of some names of what is annotated with a type, as an instance of that has it."""
        for node in self._nodes.of(ast.Attribute):
            if node.attr in words and isinstance(node.ctx, ast.Load):
                types = self._meanings.declared(node.value)
                yield from (Reference(f"{one}().{node.attr}", node) for one in sorted(types))

    @cached_property
    def handed_on(self) -> list[Reference]:
        """Every place where a namespace, or a function that imports or asks, becomes some value."""
        wanted = IMPORTERS | RUNNERS | GETTERS | self._owners
        return [Reference(name, node) for name, node in handed_on(self._nodes, self._meanings.names, wanted)]

    @property
    def modules_lost(self) -> Iterator[Reference]:
        """Every namespace of interest that is imported at run time by what does not show to give it."""
        for one in self.dynamic_imports:
            name, node = one.module, one.node
            if name in self._owners and isinstance(node, ast.expr) and name not in self._meanings.names(node):
                yield Reference(name, node)

    @property
    def unsaid(self) -> Iterator[Reference]:
        """Every place where a namespace of interest is asked for a name that is not written out, or for all.

        Where one is handed on, and `getattr` is too, that may be what asks.
        """
        names, literals = self._meanings.names, self._meanings.literals
        for node, owner, name in self._asked_by_texts:
            if None in literals.all_texts(name) and not self._is_answered(name):
                yield from (Reference(one, node) for one in sorted(names(owner) & self._owners))
        yield from self._namespaces_imported()
        for whole, owner in taken_whole(self._nodes, lambda key: None not in literals.all_texts(key)):
            yield from (Reference(one, whole) for one in sorted(names(owner) & self._owners))
        lost = sorted({one.name for one in self.handed_on} & self._owners)
        asking = [*(one.node for one in self.handed_on if one.name in GETTERS), *self._getters_unsaid()]
        yield from (Reference(name, asks) for asks in asking for name in lost)

    @cached_property
    def _asked_by_texts(self) -> list[tuple[ast.Call | ast.Subscript, ast.expr, ast.expr]]:
        """Every expression that asks a thing for an attribute by a text, with that thing and the text."""
        found: list[tuple[ast.Call | ast.Subscript, ast.expr, ast.expr]] = []
        for node in self._nodes.of(ast.Call, ast.Subscript):
            match node:
                case ast.Call(func=function, args=[owner, name, *_]) if last_name(function) in _GETTING:
                    found.append((node, owner, name))
                case ast.Subscript(value=table, slice=name) if asked := namespace_of(table):
                    found.append((node, asked, name))
        return found

    def _getters_unsaid(self) -> Iterator[Located]:
        """Every `attrgetter` of a name that is not written out: what that is given to is not followed."""
        texts = self._meanings.literals.all_texts
        made = (call for call in self._nodes.of(ast.Call) if last_name(call.func) in _MADE_GETTERS)
        for call in made:
            if any(None in texts(name) and not self._is_answered(name) for name in call.args):
                yield call

    def _namespaces_imported(self) -> Iterator[Reference]:
        """Every import of all that a namespace of interest has: `from time import __dict__`."""
        for node in self._nodes.of(ast.ImportFrom):
            origin = self._module.absolute(node.module, node.level)
            found = (alias for alias in node.names if alias.name == "__dict__" and origin in self._owners)
            yield from (Reference(origin, alias) for alias in found)

    def _is_answered(self, name: ast.expr) -> bool:
        """Whether a name is the one that a `__getattr__` is asked for: what that answers is known."""
        owner = self._meanings.behind.owner_of(name)
        return owner is not None and getattr(owner.node, "name", "") == "__getattr__"

    def of_unknown(self, words: frozenset[str]) -> Iterator[Reference]:
        """Every attribute of some names of which nothing says what it stands for."""
        found = names_asked_of_unknown(self._nodes, self._meanings.values, words, self.unused)
        yield from (Reference(name, node) for name, node in found)
        yield from self._texts_asked_of_unknown(words)

    def _texts_asked_of_unknown(self, words: frozenset[str]) -> Iterator[Reference]:
        """Everything that asks an unknown thing by a text; a getter asks what it is given."""
        given = {id(call.func): call.args for call in self._nodes.of(ast.Call)} if self._asking else {}
        asking: list[tuple[Located, ast.expr | None, ast.expr]] = [
            one for one in self._asked_by_texts if isinstance(one[0], ast.Subscript)
        ]
        for call, name in self._asking:
            asked = given.get(id(call), []) if last_name(call.func) in _MADE_GETTERS else call.args
            asking.append((call, asked[0] if asked else None, name))
        for node, owner, name in asking:
            texts = self._meanings.literals.texts(name) & words
            if texts and (owner is None or not self._meanings.asked(owner, name)):
                yield from (Reference(text, node) for text in sorted(texts))

    @cached_property
    def unused(self) -> set[int]:
        """The expressions, by ids, that are not used as what a namespace of interest has."""
        return unused(self._nodes, self._owners)

    @cached_property
    def _asking(self) -> list[tuple[ast.Call, ast.expr]]:
        """Every call that asks something for an attribute by a text, with what gives that text."""
        calls = self._nodes.of(ast.Call)
        direct = [call for call in calls if last_name(call.func) in _ASKING]
        if sum(map(_names_what_asks, with_words(self._nodes))) == len(direct):
            calls = direct  # nothing else can be what asks, by another name
        asked = ((call, self._attribute_asked_for(call)) for call in calls)
        return [(call, name) for call, name in asked if name is not None]

    def _attribute_asked_for(self, node: ast.Call) -> ast.expr | None:
        node = self._meanings.behind.whole(node)
        called = self._meanings.names(node.func)
        if not GETTERS.isdisjoint(called) and len(node.args) > 1:
            return node.args[1]
        getters = ("operator.attrgetter", "operator.methodcaller")
        return node.args[0] if node.args and not called.isdisjoint(getters) else None

    @cached_property
    def dynamic_imports(self) -> tuple[DynamicImport, ...]:
        """Every import that is not an import statement, in the order of the file."""
        found = list(self._dynamic_imports()) if self._may_import_at_run_time else []
        return tuple(sorted(found, key=lambda one: (one.node.lineno, one.node.col_offset, one.module or "")))

    @property
    def imports_one(self) -> bool:
        """Whether a namespace of interest is imported at run time."""
        return any(one.module in self._owners for one in self.dynamic_imports)

    @cached_property
    def _may_import_at_run_time(self) -> bool:
        """Whether the file names an importing function at all; most do not, and need not be looked into."""
        return names_importer(with_words(self._nodes))

    @cached_property
    def _direct_imports(self) -> list[ast.Call] | None:
        """The only calls that can import, where what they call tells; most files do nothing else."""
        return calls_of_importers(self._nodes)

    @cached_property
    def _calls(self) -> list[tuple[ast.Call, ast.Call]]:
        """Every call with what is then called: what a `partial` holds, or a function that is handed on."""
        if not self._may_import_at_run_time:
            return []
        direct = self._direct_imports
        if direct is not None:
            return [(call, call) for call in direct]
        calls = calls_by_name(self._nodes, NAMES | RUN_BY_NAME)
        return [
            (call, made) for call in calls for made in (self._meanings.behind.whole(call), *self._later(call))
        ]

    def _later(self, call: ast.Call) -> Iterator[ast.Call]:
        """The calls that another function may make of an importing function that it is given."""
        called = self._meanings.values(call.func)
        if any(isinstance(value, Scope) for value in called):
            return  # what it does with the function is seen there
        if not called.isdisjoint(ONLY_LOOKING - SAME_AS_ARGUMENT):
            return
        for index, function in enumerate(call.args):
            arguments: list[ast.expr] = call.args[index + 1 :]
            if self._meanings.names(function).isdisjoint(IMPORTERS | RUNNERS):
                continue
            if not _EACH.isdisjoint(called):
                arguments = [ast.Starred(table) for table in arguments]
            if arguments or called.isdisjoint(SAME_AS_ARGUMENT):
                yield ast.copy_location(ast.Call(function, arguments, []), call)
        for keyword in call.keywords:
            if not self._meanings.names(keyword.value).isdisjoint(IMPORTERS | RUNNERS):
                given = next((one.value for one in call.keywords if one.arg == "args"), None)
                arguments = given.elts if isinstance(given, ast.Tuple | ast.List) else []
                yield ast.copy_location(ast.Call(keyword.value, arguments, []), call)

    def _dynamic_imports(self) -> Iterator[DynamicImport]:
        for node, call in self._calls:
            for module in self._imported_by(call):
                yield DynamicImport(node, module)
                if module is not None and not module.endswith("."):
                    yield from (DynamicImport(node, f"{module}.{name}") for name in self._from_list(call))
        yield from (DynamicImport(node, None) for node in self._importers_lost())
        for command, (option, what) in self._started:
            for name in sorted(self._meanings.literals.texts(what)) if option == "-m" else ():
                yield from (DynamicImport(command, name), DynamicImport(command, f"{name}.__main__"))
        for runs, inner in self._in_strings:
            yield from (DynamicImport(runs, dynamic.module) for dynamic in inner.dynamic_imports)
            for plain in inner._nodes.of(ast.Import):
                yield from (DynamicImport(runs, alias.name) for alias in plain.names)
            for some in inner._nodes.of(ast.ImportFrom):
                origin = self._module.absolute(some.module, some.level)
                yield from (DynamicImport(runs, f"{origin}.{alias.name}") for alias in some.names)

    def _importers_lost(self) -> Iterator[Located]:
        """The places where an importing function becomes the value of something that the file does not call.

        One that is given to another function is seen there.
        """
        if self._direct_imports is not None:
            return
        functions, names = IMPORTERS | RUNNERS, self._meanings.names
        lost = [one for one in self.handed_on if one.name in functions]
        aliases = {
            alias: value
            for alias, values in self._meanings.scopes.values.items()
            for value in values
            if last_name(value) in RUN_TIME_WORDS and not names(value).isdisjoint(functions)
        }
        if not lost and not aliases:
            return
        called = [call.func for call, _ in self._calls if not names(call.func).isdisjoint(functions)]
        given = {id(one) for call, made in self._calls if made is not call for one in call.args}
        given |= {id(one.value) for call, made in self._calls if made is not call for one in call.keywords}
        known = {name for one in called for name in names(one) if name.rpartition(".")[2] != last_name(one)}
        yield from (one.node for one in lost if one.name not in known and id(one.node) not in given)
        yield from (value for alias, value in aliases.items() if alias not in map(last_name, called))

    def _imported_by(self, call: ast.Call) -> Texts:
        """The modules that a call imports, None for what is not known."""
        called, literals = self._meanings.names(call.func), self._meanings.literals
        if is_importer(called):
            modules = literals.imported(call)
            return modules - _UNKNOWN | self._below(call, called) if None in modules else modules
        if OF_SPEC in called:
            return self._of_spec(call.args[0] if call.args else None)
        if is_loader(called):
            is_named = call.args and any(name.endswith(".load_module") for name in called)
            return literals.all_texts(call.args[0]) - {NO_TEXT} if is_named else self._of_spec(call.func)
        if imports_what_is_not_said(called):
            return _UNKNOWN
        if not RUNNERS.isdisjoint(called):
            return self._code(call) & _UNKNOWN
        return named_in(called, call, self._meanings)

    def _below(self, call: ast.Call, called: frozenset[str]) -> Texts:
        """The package that a module is surely in whose name is not written out, with a dot behind it."""
        if not any(name.endswith(_OF_MODULES) for name in called):
            return _UNKNOWN
        beginnings = Beginnings(self._meanings.literals, self._meanings.behind)
        package, dot, _ = beginnings.of(call.args[0] if call.args else None).rpartition(".")
        some = ast.Call(call.func, [ast.Constant(f"{package}{dot}_"), *call.args[1:]], call.keywords)
        found = {one and one.removesuffix("_") for one in self._meanings.literals.imported(some)}
        return frozenset(found) if all(one and one.endswith(".") for one in found) else _UNKNOWN

    def _from_list(self, node: ast.Call) -> Iterator[str]:
        """The names that `__import__` is asked for besides its module."""
        named = (keyword.value for keyword in node.keywords if keyword.arg == "fromlist")
        for table in (*node.args[3:4], *named):
            if isinstance(table, ast.List | ast.Tuple):
                for element in table.elts:
                    yield from self._meanings.literals.texts(element)

    def _of_spec(self, spec: ast.expr | None) -> Texts:
        """The modules that `find_spec` was asked for, where a specification or loader comes from it."""
        asked = [call for call in self._calls_behind(spec) if _SPEC in self._meanings.names(call.func)]
        return frozenset().union(*map(self._meanings.literals.imported, asked)) or _UNKNOWN

    def _calls_behind(self, node: ast.expr | None, depth: int = 0) -> Iterator[ast.Call]:
        match node:
            case ast.Call():
                yield node
            case ast.Attribute(value=value):
                yield from self._calls_behind(value, depth)
        if isinstance(node, ast.Name | ast.Attribute) and depth < _FURTHEST:
            for value in self._meanings.behind.of(node):
                yield from self._calls_behind(value, depth + 1)

    @cached_property
    def _in_strings(self) -> list[tuple[ast.expr, "References"]]:
        """The code in strings that this file runs, with the expressions that run it."""
        found = []
        for node, function, text in self._texts_run:
            scope = self._meanings.behind.scope_of(function) if function else None
            try:
                syntax = ast.parse(text)
            except (SyntaxError, ValueError, RecursionError):
                continue  # it fails when it is run
            module = Module(self._module.path, self._module.name, self._module.package, syntax)
            around = (self._meanings, scope or self._meanings.scopes)
            found.append((node, References(module, around)))
        return found

    @property
    def _texts_run(self) -> Iterator[tuple[ast.expr, ast.expr | None, str]]:
        """The texts that this file runs, with the expressions that run them and the functions that do."""
        for node, call in self._calls:
            called = self._meanings.names(call.func)
            texts = set(texts_run(called, call, self._meanings))
            if not RUNNERS.isdisjoint(called):
                texts |= {text for text in self._code(call) if text is not None}
            yield from ((node, call.func, text) for text in sorted(texts))
        for command, (option, what) in self._started:
            if option == "-c":
                yield from ((command, None, text) for text in sorted(self._meanings.literals.texts(what)))

    @cached_property
    def _started(self) -> list[tuple[ast.expr, tuple[str, ast.expr]]]:
        """The commands in this file that start this Python, with what they have it run."""
        if not self._may_import_at_run_time or self._direct_imports is not None:
            return []
        tables: list[ast.List | ast.Tuple] = [*self._nodes.of(ast.List), *self._nodes.of(ast.Tuple)]
        return [(table, what) for table in tables if (what := started(table, self._meanings))]

    def _code(self, node: ast.Call) -> Texts:
        """The texts that a call of `exec` or `eval` runs."""
        return self._meanings.literals.all_texts(node.args[0] if node.args else None)


def _names_what_asks(node: ast.AST) -> bool:
    """Whether a node reads, imports as another name, or is the name of, a function that asks by a text."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            return name in _ASKING
        case ast.alias(name=name, asname=str()):
            return name in _ASKING
    return False
