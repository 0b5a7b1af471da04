"""The public interface of a tree: every public name with how it looks from outside.

Public names of a module are its `__all__`, else the names without underscore that it defines or assigns; an
import counts only if `__all__` lists it or it reads `import x as x`. Modules with an underscore have no
interface of their own.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from profilec.prove.modules import Located, Module, is_python, module_name, parse, statements
from profilec.prove.nodes import children, walk
from profilec.tree import EmittedFile, SourceFile, Tree

_MARKER = re.compile(rb"#\s*profilec\s*:\s*(only|unless)\b")
_ONLY = re.compile(rb"\bonly\s*\(")
_REEXPORT = re.compile(rb"\b(\w+)[\s\\]+as[\s\\]+\1\b")
_FURTHEST = 8
"""Re-exports that are followed to a definition; a circle ends here."""

type Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
type Binding = ast.stmt | ast.alias


@dataclass(frozen=True)
class Entry:
    """One public thing: how it looks from outside, and the place where it is bound."""

    shape: str
    path: str
    node: Located


@lru_cache(maxsize=4096)
def declared_lines(data: bytes) -> frozenset[int]:
    """The lines of a source file whose elements are selected for some profiles, by comment or by `@only`."""
    written = data.split(b"\n") if _MARKER.search(data) else ()
    lines = {number for number, line in enumerate(written, 1) if _MARKER.search(line)}
    module = parse("source.py", data) if _ONLY.search(data) else None
    for node in walk(module.syntax) if module else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and any(
            map(_is_only, node.decorator_list)
        ):
            lines.add(node.lineno)
    return frozenset(lines)


def _is_only(decorator: ast.expr) -> bool:
    match decorator:
        case ast.Call(func=ast.Name(id="only") | ast.Attribute(attr="only")):
            return True
    return False


@dataclass
class Interface:
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
    _files: dict[str, EmittedFile] = field(init=False)

    def __post_init__(self) -> None:
        """Find the modules by name."""
        files = self.tree.files.values()
        self._files = {module_name(file.path)[0]: file for file in files if is_python(file.path)}

    def entries(self) -> dict[str, Entry]:
        """Every public name, dotted from the package on, with what it stands for."""
        return {name: entry for module in self._files for name, entry in self.of_module(module).items()}

    def of_module(self, name: str) -> dict[str, Entry]:
        """The public names of one module, dotted from the package on, with what each stands for."""
        file = self._files.get(name)
        is_public = not any(part.startswith("_") for part in name.split("."))
        if file is None or not is_public or not self._may_matter(file) or self._is_declared_file(file):
            return {}
        module = parse(file.path, file.data)
        return dict(self._module(name, file, module)) if module else {}

    def _may_matter(self, file: EmittedFile) -> bool:
        """Whether the entries of a file can differ: it does itself, or it may pass names of others on."""
        if file.path in self.differing:
            return True
        has_own = self._from_own.search(file.data) is not None
        return has_own and (b"__all__" in file.data or _REEXPORT.search(file.data) is not None)

    @cached_property
    def _from_own(self) -> re.Pattern[bytes]:
        """What stands before a name that is imported from a file of the tree."""
        tops = {name.partition(".")[0] for name in self._files}
        return re.compile(rb"\bfrom[\s\\]*(?:\.|(?:%s)\b)" % "|".join(sorted(tops)).encode())

    def _is_declared_file(self, file: EmittedFile) -> bool:
        source = self.sources.get(file.path)
        return source is not None and bool(_MARKER.match(source.data.removeprefix(b"\xef\xbb\xbf")))

    def _is_declared(self, file: EmittedFile, node: Located) -> bool:
        source, line = self.sources.get(file.path), file.source_line(node.lineno)
        by_fact = line in self.by_facts.get(file.path, ())
        return source is not None and (by_fact or line in declared_lines(source.data))

    def _module(self, name: str, file: EmittedFile, module: Module) -> Iterator[tuple[str, Entry]]:
        bound = bindings(module.syntax.body)
        for public in self._public_names(file, module, bound):
            nodes = [node for node in bound.get(public, ()) if not self._is_declared(file, node)]
            if not nodes:
                continue
            whole = f"{name}.{public}"
            if file.path in self.differing or isinstance(nodes[-1], ast.alias):
                shapes = [self._shape(file, module, node, public) for node in nodes]
                yield whole, Entry("; ".join(dict.fromkeys(shapes)), file.path, nodes[-1])
            if file.path in self.differing and isinstance(nodes[-1], ast.ClassDef):
                yield from self._members(whole, file, module, nodes[-1])

    def _public_names(
        self, file: EmittedFile, module: Module, bound: Mapping[str, list[Binding]]
    ) -> Iterator[str]:
        listed = self._listed(file, module)
        if listed is None and file.changed and (source := self.sources.get(file.path)) is not None:
            written = parse(file.path, source.data)  # an `__all__` that went still says what is public
            listed = self._listed(EmittedFile(file.path, source.data, False), written) if written else None
        if listed is not None:
            yield from (name for name, is_declared in listed.items() if not is_declared)
            return
        for name, nodes in bound.items():
            alike = (node for node in nodes if not self._is_declared(file, node))
            if not name.startswith("_") and any(map(_counts, alike)):
                yield name

    def _listed(self, file: EmittedFile, module: Module, depth: int = 0) -> dict[str, bool] | None:
        """The entries of `__all__`, as far as they are written out, and whether each is declared."""
        found: dict[str, bool] | None = None
        for node in statements(module.syntax.body):
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id="__all__")], value=value)
                    | ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value)
                    | ast.AugAssign(target=ast.Name(id="__all__"), value=value)
                    | ast.Expr(
                        ast.Call(
                            func=ast.Attribute(value=ast.Name(id="__all__"), attr="append" | "extend"),
                            args=[value],
                        )
                    )
                ):
                    found = (found or {}) | dict(self._entries(file, module, value, depth))
                case ast.Expr(
                    ast.Call(
                        func=ast.Attribute(value=ast.Name(id="__all__"), attr="remove"),
                        args=[ast.Constant(value=str(name))],
                    )
                ) if found and not self._is_declared(file, node):
                    found.pop(name, None)
        return found

    def _entries(
        self, file: EmittedFile, module: Module, value: ast.expr, depth: int
    ) -> Iterator[tuple[str, bool]]:
        match value:
            case ast.Constant(value=str(name)):
                yield name, self._is_declared(file, value)
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                for part in parts:
                    yield from self._entries(file, module, part, depth)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                yield from self._entries(file, module, left, depth)
                yield from self._entries(file, module, right, depth)
            case ast.Starred(value=inner):
                yield from self._entries(file, module, inner, depth)
            case ast.Attribute(value=ast.Name(id=alias), attr="__all__") if depth < _FURTHEST:
                other = self._files.get(_imported_module(module, alias) or "")
                inside = parse(other.path, other.data) if other else None
                if other and inside:
                    yield from (self._listed(other, inside, depth + 1) or {}).items()

    def _members(
        self, owner: str, file: EmittedFile, module: Module, definition: ast.ClassDef
    ) -> Iterator[tuple[str, Entry]]:
        for name, all_nodes in (_slots(definition) | bindings(definition.body)).items():
            nodes = [node for node in all_nodes if not self._is_declared(file, node)]
            if not nodes or not _is_public_member(name) or _adds_nothing(nodes[-1]):
                continue
            shapes = [self._shape(file, module, node, name) for node in nodes]
            yield f"{owner}.{name}", Entry("; ".join(dict.fromkeys(shapes)), file.path, nodes[-1])
            if isinstance(nodes[-1], ast.ClassDef):
                yield from self._members(f"{owner}.{name}", file, module, nodes[-1])

    def _shape(self, file: EmittedFile, module: Module, node: Binding, name: str, depth: int = 0) -> str:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._function(file, node)
            case ast.ClassDef():
                bases = [ast.unparse(base) for base in node.bases if not self._is_declared(file, base)]
                bases += [
                    f"{keyword.arg}={ast.unparse(keyword.value)}"
                    for keyword in node.keywords
                    if not self._is_declared(file, keyword)
                ]
                generic = self._generic(file, node)
                return f"{self._decorators(file, node)}class {name}{generic}({', '.join(bases)})"
            case ast.AnnAssign():
                return f"{name}: {_annotation(node.annotation)}{' = …' if node.value else ''}"
            case ast.Assign(value=ast.Lambda(args=arguments)):
                return f"{name} = lambda {', '.join(self._parameters(file, arguments))}"
            case ast.TypeAlias():
                return ast.unparse(node)
            case ast.alias():
                return self._imported(module, node, name, depth)
        return name

    def _imported(self, module: Module, alias: ast.alias, name: str, depth: int) -> str:
        """The shape of what an import brings, where that is defined in the package."""
        origin = next(
            (
                module.absolute(node.module, node.level)
                for node in statements(module.syntax.body)
                if isinstance(node, ast.ImportFrom) and alias in node.names
            ),
            None,
        )
        file = self._files.get(origin or "")
        defining = parse(file.path, file.data) if file and depth < _FURTHEST else None
        nodes = bindings(defining.syntax.body).get(alias.name) if defining else None
        if file is None or defining is None or not nodes:
            return f"{name} from {origin}" if origin else f"module {alias.name}"
        if isinstance(nodes[-1], ast.ClassDef):
            return f"class {name}"  # its members are compared where it is defined
        alike = [node for node in nodes if not self._is_declared(file, node)]
        shapes = (self._shape(file, defining, node, alias.name, depth + 1) for node in alike)
        return "; ".join(dict.fromkeys(shapes))

    def _decorators(self, file: EmittedFile, node: Definition) -> str:
        """The names of the decorators: what one is called with does not show from outside."""
        kept = [decorator for decorator in node.decorator_list if not self._is_declared(file, decorator)]
        names = (decorator.func if isinstance(decorator, ast.Call) else decorator for decorator in kept)
        return "".join(f"@{ast.unparse(name)} " for name in names)

    def _function(self, file: EmittedFile, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        kind = "def"
        if isinstance(node, ast.AsyncFunctionDef):
            kind = "async generator" if _yields(node) else "async def"
        returns = f" -> {_annotation(node.returns)}" if node.returns else ""
        parameters = ", ".join(self._parameters(file, node.args))
        generic = self._generic(file, node)
        return f"{self._decorators(file, node)}{kind} {node.name}{generic}({parameters}){returns}"

    def _generic(self, file: EmittedFile, node: Definition) -> str:
        left = [param for param in node.type_params if not self._is_declared(file, param)]
        return f"[{', '.join(map(ast.unparse, left))}]" if left else ""

    def _parameters(self, file: EmittedFile, arguments: ast.arguments) -> Iterator[str]:
        """The parameters, without those that are declared; a `/` or `*` that then parts nothing goes, too."""
        plain = [*arguments.posonlyargs, *arguments.args]
        required = len(plain) - len(arguments.defaults)
        shown = {
            argument: _parameter(argument, has_default=index >= required)
            for index, argument in enumerate(plain)
        }
        named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        shown |= {argument: _parameter(argument, has_default=bool(default)) for argument, default in named}
        shown |= {
            argument: f"{stars}{_parameter(argument)}"
            for stars, argument in (("*", arguments.vararg), ("**", arguments.kwarg))
            if argument
        }
        left = {argument: text for argument, text in shown.items() if not self._is_declared(file, argument)}
        before = [left[argument] for argument in arguments.posonlyargs if argument in left]
        yield from [*before, "/"] if before else ()
        yield from (left[argument] for argument in arguments.args if argument in left)
        after = [left[argument] for argument in arguments.kwonlyargs if argument in left]
        if arguments.vararg in left:
            yield left[arguments.vararg]
        elif after:
            yield "*"
        yield from after
        if arguments.kwarg in left:
            yield left[arguments.kwarg]


def _is_public_member(name: str) -> bool:
    """Whether a name of a class is part of its interface: special methods are."""
    return not name.startswith("_") or (name.startswith("__") and name not in ("__slots__", "__doc__"))


def _adds_nothing(node: Binding) -> bool:
    """Whether a member looks from outside as if it were not there: an `__init__` that takes nothing."""
    if not isinstance(node, ast.FunctionDef) or node.name != "__init__":
        return False
    parameters = node.args
    return len(parameters.args) == 1 and not (parameters.vararg or parameters.kwonlyargs or parameters.kwarg)


def _parameter(argument: ast.arg, *, has_default: bool = False) -> str:
    annotation = f": {_annotation(argument.annotation)}" if argument.annotation else ""
    return f"{argument.arg}{annotation}{' = …' if has_default else ''}"


def _annotation(node: ast.expr) -> str:
    """An annotation as text; one that stands in a string is the same without."""
    match node:
        case ast.Constant(value=str(text)):
            with suppress(SyntaxError, ValueError):
                return ast.unparse(ast.parse(text.strip(), mode="eval"))
    return ast.unparse(node)


def _yields(function: ast.AsyncFunctionDef) -> bool:
    pending: list[ast.AST] = [*function.body]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending += children(node)
    return False


def _slots(definition: ast.ClassDef) -> dict[str, list[Binding]]:
    """The names that `__slots__` of a class lists, as far as they are written out."""
    found: dict[str, list[Binding]] = {}
    for node in statements(definition.body):
        match node:
            case ast.Assign(targets=[ast.Name(id="__slots__")], value=ast.List() | ast.Tuple() as value):
                for entry in value.elts:
                    if isinstance(entry, ast.Constant) and isinstance(entry.value, str):
                        found[entry.value] = [node]
    return found


def _imported_module(module: Module, alias: str) -> str | None:
    """The module that a name at the top of a file was imported as."""
    for node in statements(module.syntax.body):
        match node:
            case ast.Import(names=names):
                for one in names:
                    if (one.asname or one.name) == alias:
                        return one.name
            case ast.ImportFrom(names=names):
                for one in names:
                    if (one.asname or one.name) == alias:
                        return f"{module.absolute(node.module, node.level)}.{one.name}"
    return None


def _counts(node: Binding) -> bool:
    """Whether a binding makes a name public where there is no `__all__`."""
    return node.asname == node.name if isinstance(node, ast.alias) else True


def bindings(body: Iterable[ast.stmt]) -> dict[str, list[Binding]]:
    """What binds each name of a module or class, in order, also within its compound statements."""
    found: dict[str, list[Binding]] = {}
    for name, node in _bindings(body):
        if isinstance(node, ast.Delete):
            found.pop(name, None)
        else:
            found.setdefault(name, []).append(node)
    return found


def _bindings(body: Iterable[ast.stmt]) -> Iterator[tuple[str, Binding]]:
    for node in statements(body):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    yield alias.asname or alias.name.partition(".")[0], alias
            case ast.Assign():
                for target in node.targets:
                    yield from ((name.id, node) for name in walk(target) if isinstance(name, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.TypeAlias(name=ast.Name(id=name)):
                yield name, node
            case ast.Delete():
                yield from ((name.id, node) for name in node.targets if isinstance(name, ast.Name))
