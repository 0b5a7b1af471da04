"""The public interface of a tree: every public name with how it looks from outside.

Public names of a module are its `__all__`, else the names without underscore that it defines or assigns; an
import counts only if `__all__` lists it or it reads `import x as x`. Modules with an underscore have no
interface of their own.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from types import UnionType

from msgspec import Struct

from profilec.prove.annotations import annotation_text
from profilec.prove.declared import declared_lines, is_declared_file
from profilec.prove.fields import constructor, has_default, makes_constructor
from profilec.prove.names.bindings import Binding, bindings
from profilec.prove.names.listed import Listed
from profilec.prove.names.modules import (
    Located,
    Module,
    Place,
    is_python,
    module_name,
    place_of,
)
from profilec.prove.names.nodes import last_name
from profilec.prove.names.stars import may_bring, star_imports
from profilec.prove.names.words import holds_word
from profilec.prove.opened import bindings_of, module_named, opened, origin_of
from profilec.prove.shapes import (
    Function,
    Member,
    adds_nothing,
    decorated_parts,
    decorator_text,
    decorators_text,
    element_for,
    function_text,
    generic_text,
    gives_function,
    is_type,
    members_of,
    parameters_of,
)
from profilec.tree import EmittedFile, SourceFile, Tree, packages_around

_REEXPORT = re.compile(rb"\b(\w+)[\s\\]+as[\s\\]+\1\b")
_PASSES_ON = re.compile(rb"\b(?:__all__|class|make_dataclass|namedtuple|partial)\b|\bimport[\s\\]*\*")
_GIVES_AGAIN = re.compile(rb"^[^\W_]\w*[ \t]*=[ \t]*[^\W\d][\w.]*[ \t]*\r?$", re.MULTILINE)
_FURTHEST = 8
"""Re-exports and bases that are followed to a definition; a circle ends here."""
_FUNCTIONAL = frozenset({
    "Enum", "Flag", "IntEnum", "IntFlag", "NamedTuple", "NewType", "ParamSpec", "StrEnum", "TypeVar",
    "TypeVarTuple", "TypedDict", "make_dataclass", "namedtuple",
})  # fmt: skip
"""Functions that make a class, or a variable for one, of what they are called with."""
_OF_FUNCTIONS = frozenset({
    "asynccontextmanager", "cache", "contextmanager", "lru_cache", "partial", "partialmethod",
    "singledispatch",
})  # fmt: skip
"""Functions that make something of a function that is called like that."""

type Body = Sequence[ast.stmt]


class Entry(Struct, frozen=True):
    """One public thing.

    Attributes:
        shape: how it looks from outside.
        path: the file in which it is bound.
        place: where it is bound there.
        follows: whether it follows from other entries, so that a difference need not be told again.
    """

    shape: str
    path: str
    place: Place
    follows: bool = False


class Alone(Struct, frozen=True):
    """A file whose public names may hang on no other file.

    Attributes:
        file: as it is emitted.
        source: as it was written.
        by_facts: the lines of the source that went from some tree because of facts.
    """

    file: EmittedFile
    source: SourceFile | None
    by_facts: frozenset[int]


class Interface(Struct, dict=True):
    """The interface of one tree, without what the source declares to differ.

    Attributes:
        tree: whose interface it is.
        sources: the files of the source root by path; they say what is declared.
        differing: the files that are not the same in all trees. What other files define is passed over.
        by_facts: the lines of each source file that went from some tree because of facts.
    """

    tree: Tree
    sources: Mapping[str, SourceFile]
    differing: frozenset[str]
    by_facts: Mapping[str, frozenset[int]]
    _known_stars: dict[str, list[str]] = {}

    @cached_property
    def _files(self) -> dict[str, EmittedFile]:
        """The modules by name."""
        files = self.tree.files.values()
        return {module_name(file.path)[0]: file for file in files if is_python(file.path)}

    def _file(self, module: str) -> EmittedFile | None:
        return self._files.get(module)

    def entries(self) -> dict[str, Entry]:
        """Every public name, dotted from the package on, with what it stands for."""
        return {name: entry for module in self._files for name, entry in self.of_module(module).items()}

    def of_module(self, name: str) -> dict[str, Entry]:
        """The public names of one module, dotted from the package on, with what each stands for."""
        file = self._file(name)
        is_public = not any(part.startswith("_") for part in name.split("."))
        if file is None or not is_public or self._is_declared_file(file):
            return {}
        module = opened(file.path, file.data)
        return dict(self._module(name, file, module)) if module else {}

    def alone(self, name: str) -> Alone | None:
        """What the public names of a module hang on, if it differs and they hang on no other file."""
        file = self._file(name)
        if file is None or file.path not in self.differing or self._is_declared_file(file):
            return None
        return Alone(file, self.sources.get(file.path), self.by_facts.get(file.path, frozenset()))

    def may_matter(self, name: str) -> bool:
        """Whether the entries of a module can differ: it does itself, or passes names of such modules on.

        Where they can in one tree, they are compared in all: another may have shed the import that says so.
        """
        if (file := self._file(name)) is None:
            return False
        if file.path in self.differing:
            return True
        passes_on = any(pattern.search(file.data) for pattern in (_PASSES_ON, _REEXPORT, _GIVES_AGAIN))
        return passes_on and file.path in self._importing

    @cached_property
    def _importing(self) -> frozenset[str]:
        """The files that may import names of a file that differs, be it by way of others."""
        files = [
            file
            for file in self._files.values()
            if any(pattern.search(file.data) for pattern in self._from_own)
        ]
        found: set[str] = set()
        new = set(self.differing)
        while new:
            modules = frozenset(module_name(path)[0].rpartition(".")[2].encode() for path in new)
            inside = tuple(path.removesuffix("__init__.py") for path in new if path.endswith("/__init__.py"))
            new = {
                file.path
                for file in files
                if file.path not in found  # inside of a package, dots alone may name it
                and (file.path.startswith(inside) or holds_word(modules, file.data))
            }
            found |= new
        return frozenset(found)

    @cached_property
    def _from_own(self) -> tuple[re.Pattern[bytes], ...]:
        """How imports of a file of the tree, or of a name from it, begin.

        A pattern that begins with plain text is found many times sooner.
        """
        tops = "|".join(sorted(map(re.escape, self._tops))).encode()
        return (
            re.compile(rb"from(?<!\wfrom)[\s\\]*(?:\.|(?:%s)\b)" % tops),
            re.compile(rb"import(?<!\wimport)[\s\\]+(?:%s)\b" % tops),
        )

    @cached_property
    def _tops(self) -> frozenset[str]:
        return frozenset(name.partition(".")[0] for name in self._files)

    def _is_declared_file(self, file: EmittedFile) -> bool:
        """Whether the source says of a file, or of a package around it, that it is for some profiles only."""
        written = filter(None, map(self.sources.get, (file.path, *packages_around(file.path))))
        return any(is_declared_file(source.data) for source in written)

    def _is_declared(self, file: EmittedFile, node: Located) -> bool:
        return self._is_declared_line(file.path, file.source_line(node.lineno))

    def _is_declared_line(self, path: str, line: int) -> bool:
        source = self.sources.get(path)
        by_fact = line in self.by_facts.get(path, ())
        return source is not None and (by_fact or line in declared_lines(source.data))

    def _module(self, name: str, file: EmittedFile, module: Module) -> Iterator[tuple[str, Entry]]:
        for public in (*self._public_names(file, module), "__getattr__"):
            where, owner, bound = self._bound(file, module, public)
            is_declared = self._is_declared if where is file else self._is_declared_behind
            nodes = [node for node in bound if not is_declared(where, node)]
            if not nodes:
                continue
            whole = f"{name}.{public}"
            if not self.differing.isdisjoint((file.path, where.path)) or isinstance(
                nodes[-1], ast.alias | ast.Assign
            ):
                shapes = [self._shape(where, owner, node, public) for node in nodes]
                yield whole, Entry("; ".join(dict.fromkeys(shapes)), where.path, place_of(nodes[-1]))
            place = self._class(where, owner, nodes[-1])
            if place is not None and (place.file is where or place.is_private):
                yield from self._members(whole, place)

    def _bound(
        self, file: EmittedFile, module: Module, name: str, depth: int = 0
    ) -> tuple[EmittedFile, Module, list[Binding]]:
        """What binds a name of a module, with the file that it is in: a star import may bring it."""
        found = bindings_of(module).get(name)
        if found is None and depth < _FURTHEST and not name.startswith("__"):
            for origin in filter(None, map(self._file, self._stars(file, module))):
                other = opened(origin.path, origin.data) if may_bring(name, origin.data) else None
                if other is not None and (there := self._bound(origin, other, name, depth + 1))[2]:
                    return there
        return file, module, found or []

    def _stars(self, file: EmittedFile, module: Module) -> list[str]:
        """The modules from which everything is imported in all trees, or without a word that it is not."""
        if file.path not in self._known_stars:  # they are asked for by each name that one may bring
            found = star_imports(module)
            self._known_stars[file.path] = [name for node, name in found if not self._is_declared(file, node)]
        return self._known_stars[file.path]

    def _is_declared_behind(self, file: EmittedFile, node: Located) -> bool:
        """Whether a binding that a star import brings is declared.

        Where all of its file went, because nothing asks for it any more, the import says whether it is.
        """
        source = self.sources.get(file.path)
        lines = range(1, source.data.count(b"\n") + 2) if source else ()
        if source and self.by_facts.get(file.path, frozenset()).issuperset(lines):
            return file.source_line(node.lineno) in declared_lines(source.data)
        return self._is_declared(file, node)

    def _public_names(self, file: EmittedFile, module: Module, depth: int = 0) -> Iterator[str]:
        listed = self._listed.entries(module)
        if listed is None and file.changed and (source := self.sources.get(file.path)) is not None:
            written = opened(file.path, source.data)  # an `__all__` that went still says what is public
            listed = Listed(self._parsed, self._is_declared_there).entries(written) if written else None
        if listed is not None:
            yield from (name for name, is_declared in listed.items() if not is_declared)
            return
        bound = bindings_of(module)
        is_declared = self._is_declared_behind if depth else self._is_declared
        for name, nodes in bound.items():
            alike = (node for node in nodes if not is_declared(file, node))
            if not name.startswith("_") and any(map(_counts, alike)):
                yield name
        for origin in self._stars(file, module) if depth < _FURTHEST else ():
            if (other := self._parsed(origin)) is not None:
                brought = self._public_names(self._files[origin], other, depth + 1)
                yield from (name for name in brought if name not in bound)

    @cached_property
    def _listed(self) -> Listed:
        def is_declared(module: Module, node: Located) -> bool:
            return self._is_declared(self._files[module.name], node)

        return Listed(self._parsed, is_declared)

    def _is_declared_there(self, module: Module, node: Located) -> bool:
        return self._is_declared_line(module.path, node.lineno)

    def _parsed(self, name: str) -> Module | None:
        file = self._file(name)
        return opened(file.path, file.data) if file else None

    def _members(self, owner: str, place: "_Place", *, follows: bool = False) -> Iterator[tuple[str, Entry]]:
        """The members of a class, with those that it inherits from classes of the tree."""
        own = dict(self._own_members(owner, place, follows=follows)) if self._differs(place) else {}
        own |= {name: entry for name, entry in self._inherited(owner, place).items() if name not in own}
        yield from own.items()

    def _differs(self, place: "_Place") -> bool:
        return place.file.path in self.differing

    def _own_members(self, owner: str, place: "_Place", *, follows: bool) -> Iterator[tuple[str, Entry]]:
        file, module, definition = place.file, place.module, place.definition
        found, is_declared = members_of(module, definition), partial(self._is_declared, file)
        for name, all_nodes in found.items():
            nodes = [node for node in all_nodes if not is_declared(node)]
            if not nodes or not _is_public_member(name) or adds_nothing(nodes[-1], is_declared):
                continue
            shapes = [self._shape(file, module, node, name, body=definition.body) for node in nodes]
            shape = "; ".join(dict.fromkeys(shapes))
            yield f"{owner}.{name}", Entry(shape, file.path, place_of(nodes[-1]), follows)
            if isinstance(nodes[-1], ast.ClassDef):
                inner = _Place(file, module, nodes[-1], place.is_private)
                yield from self._members(f"{owner}.{name}", inner, follows=follows)
        if makes_constructor(definition) and "__init__" not in found:
            shape = constructor(definition, is_declared)
            yield f"{owner}.__init__", Entry(shape, file.path, place_of(definition), follows=True)

    def _inherited(
        self, owner: str, place: "_Place", *, differs: bool = False, depth: int = 0
    ) -> dict[str, Entry]:
        """What a class inherits; where it differs itself, another tree may define what this one inherits."""
        found: dict[str, Entry] = {}
        differs = differs or self._differs(place)
        for base in reversed(place.definition.bases) if depth < _FURTHEST else ():
            above = self._class(place.file, place.module, base)
            if above is None or self._is_declared(place.file, base):
                continue
            found |= self._inherited(owner, above, differs=differs, depth=depth + 1)
            is_told = not above.is_private  # where the class itself is compared
            if differs or self._differs(above):
                found |= dict(self._own_members(owner, above, follows=is_told))
        return found

    def _class(self, file: EmittedFile, module: Module, node: ast.AST, depth: int = 0) -> "_Place | None":
        """The class that a definition, an import or a name stands for, if it is that one in all trees."""
        match node:
            case ast.ClassDef(name=name):
                parts = (*module.name.split("."), name)
                return _Place(file, module, node, any(part.startswith("_") for part in parts))
            case ast.alias() | ast.Name() | ast.Attribute() if depth < _FURTHEST:
                there, owner, bound = self._behind(file, module, node)
                nodes = [one for one in bound if not self._is_declared(there, one)]
                return self._class(there, owner, nodes[-1], depth + 1) if nodes else None
            case ast.Subscript(value=base):
                return self._class(file, module, base, depth)
            case ast.Assign(value=ast.expr() as value) | ast.AnnAssign(value=ast.expr() as value):
                return self._class(file, module, value, depth)
        return None

    def _functions(
        self, file: EmittedFile, module: Module, node: ast.AST, body: Body = (), depth: int = 0
    ) -> Iterator[tuple[EmittedFile, Function]]:
        """The functions of the tree that a name or an attribute stands for, be it by way of other names."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield file, node
            case ast.Assign(value=value):
                yield from self._functions(file, module, value, body, depth)
            case ast.alias() | ast.Name() | ast.Attribute() if depth < _FURTHEST:
                there, owner, nodes = self._behind(file, module, node, body)
                for one in nodes:
                    yield from self._functions(there, owner, one, (), depth + 1)

    def _behind(
        self, file: EmittedFile, module: Module, node: ast.alias | ast.expr, body: Body = ()
    ) -> tuple[EmittedFile, Module, list[Binding]]:
        """What binds what is imported, a name, or an attribute of a module; `body` is looked in first."""
        match node:
            case ast.Name(id=name):
                found = bindings(body).get(name)
                return (file, module, found) if found else self._bound(file, module, name)
            case ast.alias(name=name):
                origin = origin_of(module, node)
            case ast.Attribute(value=owner, attr=name):
                origin = module_named(module, owner)
        if origin is None or (other := self._parsed(origin)) is None:
            return file, module, []
        return self._bound(self._files[origin], other, name)

    def _shape(
        self, file: EmittedFile, module: Module, node: Member, name: str, depth: int = 0, body: Body = ()
    ) -> str:
        """How what a statement binds looks from outside; `body` are the statements beside it."""

        def is_declared(part: Located) -> bool:
            return self._is_declared(file, part)

        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return function_text(node, name, is_declared)
            case ast.ClassDef():
                bases = [self._base(file, module, base) for base in node.bases if not is_declared(base)]
                bases += [
                    f"{f'{keyword.arg}=' if keyword.arg else '**'}{ast.unparse(keyword.value)}"
                    for keyword in node.keywords
                    if not is_declared(keyword)
                ]
                generic = generic_text(node, is_declared)
                return f"{decorators_text(node, is_declared)}class {name}{generic}({', '.join(bases)})"
            case ast.AnnAssign():
                if last_name(node.annotation) == "TypeAlias" and node.value is not None:
                    return f"{name}: TypeAlias = {annotation_text(node.value)}"
                return (
                    f"{name}: {annotation_text(node.annotation)}{' = …' if has_default(node.value) else ''}"
                )
            case ast.Assign(targets=targets, value=value):
                return self._assigned(file, module, element_for(name, targets, value), name, body)
            case ast.TypeAlias(value=value):
                return f"type {name}{generic_text(node, is_declared)} = {self._given(file, module, value)}"
            case ast.alias():
                return self._imported(file, module, node, name, depth)
        return name

    def _assigned(self, file: EmittedFile, module: Module, value: ast.expr, name: str, body: Body) -> str:
        """How a name looks from outside that something is assigned to: it is a function, a type, or plain."""
        match value:
            case ast.Call(func=made) if last_name(made) in _FUNCTIONAL:
                called = [self._given(file, module, argument) for argument in value.args]
                called += [ast.unparse(keyword) for keyword in value.keywords]
                return f"{name} = {ast.unparse(made)}({', '.join(called)})"
            case ast.Call() if parts := [*decorated_parts(name, value)]:
                return "; ".join(
                    f"@{decorator} {self._text(file, module, part, name, body) or name}"
                    for decorator, part in parts
                )
            case ast.Call(func=made, args=[function, *given]) if self._gives_function(
                file, module, made
            ) and (text := self._text(file, module, function, name, body)):
                called = [*map(ast.unparse, given), *(f"{one.arg}=…" for one in value.keywords)]
                return f"{decorator_text(made)}({', '.join(called)}) of {text}"
            case ast.Lambda(args=arguments):
                parameters = parameters_of(arguments, lambda part: self._is_declared(file, part))
                return f"{name} = lambda {', '.join(parameters)}"
            case ast.Name() | ast.Attribute() if text := self._text(file, module, value, name, body):
                return text
            case _ if name == "__match_args__" or is_type(value, module):
                return f"{name} = {ast.unparse(value)}"
        return name

    def _gives_function(self, file: EmittedFile, module: Module, made: ast.expr) -> bool:
        """Whether what is called gives a function like that which it is called with."""
        if last_name(made.func if isinstance(made, ast.Call) else made) in _OF_FUNCTIONS:
            return True
        found = [function for _, function in self._functions(file, module, made)]
        return bool(found) and all(map(gives_function, found))

    def _text(self, file: EmittedFile, module: Module, value: ast.expr, name: str, body: Body) -> str:
        """The functions that a name or an attribute stands for, as text by another name."""
        texts = (
            function_text(function, name, partial(self._is_declared, there))
            for there, function in self._functions(file, module, value, body)
            if not self._is_declared(there, function)
        )
        return "; ".join(dict.fromkeys(texts))

    def _base(self, file: EmittedFile, module: Module, base: ast.expr) -> str:
        """A base as text; one by a name that the module gives to something else as that."""
        return self._given(file, module, base, ast.Name | ast.Attribute)

    def _given(
        self, file: EmittedFile, module: Module, node: ast.expr, kind: type | UnionType = ast.expr
    ) -> str:
        """An expression as text; a name that the module gives to expressions of a kind as those."""
        there, bound = file, list[Binding]()
        if isinstance(node, ast.Name):
            there, owner, bound = self._behind(file, module, node)
            match bound:
                case [ast.alias() as alias]:
                    there, _, bound = self._behind(there, owner, alias)
        bound = [one for one in bound if not self._is_declared(there, one)]
        given = [one.value for one in bound if isinstance(one, ast.Assign | ast.TypeAlias)]
        is_alias = bool(given) and all(isinstance(one, kind) for one in given)
        return " or ".join(map(ast.unparse, given)) if is_alias else ast.unparse(node)

    def _imported(self, file: EmittedFile, module: Module, alias: ast.alias, name: str, depth: int) -> str:
        """The shape of what an import brings, where that is defined in the package."""
        there, defining, nodes = self._behind(file, module, alias)
        if not nodes or depth == _FURTHEST:
            origin = origin_of(module, alias)
            return f"{name} from {origin}" if origin else f"module {alias.name}"
        alike = [node for node in nodes if not self._is_declared(there, node)]
        if alike and isinstance(alike[-1], ast.ClassDef):
            return f"class {name}"  # its members are compared where it is defined
        shapes = (self._shape(there, defining, node, name, depth + 1) for node in alike)
        return "; ".join(dict.fromkeys(shapes))


class _Place(Struct, frozen=True):
    """A class and where it is defined; a private one is not compared by itself."""

    file: EmittedFile
    module: Module
    definition: ast.ClassDef
    is_private: bool


def _is_public_member(name: str) -> bool:
    """Whether a name of a class is part of its interface: special methods are."""
    return not name.startswith("_") or (name.startswith("__") and name not in ("__slots__", "__doc__"))


def _counts(node: Binding) -> bool:
    """Whether a binding makes a name public where there is no `__all__`."""
    return node.asname == node.name if isinstance(node, ast.alias) else True
