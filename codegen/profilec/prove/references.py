"""What the names and attribute chains of a file stand for: dotted names of modules and of what is in them.

Follows imports, renamed or not, simple assignments, choices between two values, `getattr` and entries of
`sys.modules` or `vars(module)` with a plain name, and imports at run time whose module is written out.
Anything else stands for nothing.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from profilec.prove.modules import Located, Module, at_run_time
from profilec.prove.scopes import Import, Scope, find_scopes

_IMPORTERS = frozenset({"importlib.import_module", "importlib.__import__", "builtins.__import__"})


@dataclass(frozen=True)
class Reference:
    """A place of a file and the dotted name that it stands for."""

    name: str
    node: Located


@dataclass(frozen=True)
class DynamicImport:
    """An import at run time: its place, and the absolute name of the module where it is written out."""

    node: ast.Call
    module: str | None


class References:
    """The references of one file."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.scopes = find_scopes(module.syntax)
        self.nodes = list(at_run_time(module.syntax))
        self._meanings: dict[tuple[int, str], frozenset[str]] = {}

    @cached_property
    def _scope_of(self) -> dict[int, Scope]:
        return {id(node): scope for scope in self.scopes.walk() for _, node in scope.loads}

    @cached_property
    def _may_import_at_run_time(self) -> bool:
        """Whether the file names an importing function at all; most do not, and need not be looked into."""
        named = {
            getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "name", None)
            for node in self.nodes
        }
        return not named.isdisjoint(("import_module", "__import__"))

    def all(self) -> Iterator[Reference]:
        """Every import and every name or attribute chain that stands for something outside the file."""
        for node in self.nodes:
            match node:
                case ast.Import():
                    yield from (Reference(alias.name, alias) for alias in node.names)
                case ast.ImportFrom():
                    origin = self.module.absolute(node.module, node.level)
                    yield from (Reference(f"{origin}.{alias.name}", alias) for alias in node.names)
                case ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript():
                    yield from (Reference(name, node) for name in self.values(node))

    def exports(self, name: str) -> frozenset[str]:
        """What a name of the module stands for to those who import it."""
        return self._bound(self.scopes, name)

    def dynamic_imports(self) -> Iterator[DynamicImport]:
        """Every call of `importlib.import_module` and `__import__`."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and self._imports_at_run_time(node):
                yield DynamicImport(node, self._imported_module(node))

    def values(self, node: ast.expr) -> frozenset[str]:
        """The dotted names that an expression may stand for."""
        match node:
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                return frozenset(f"{value}.{node.attr}" for value in self.values(node.value))
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=str(name)), *_]):
                return frozenset(f"{value}.{name}" for value in self.values(owner))
            case ast.Call() if self._imports_at_run_time(node):
                module = self._imported_module(node)
                is_top = (
                    isinstance(node.func, ast.Name) and node.func.id == "__import__" and len(node.args) < 4
                )
                return frozenset({module.partition(".")[0] if is_top else module}) if module else frozenset()
            case ast.Subscript(value=table, slice=ast.Constant(value=str(name)), ctx=ast.Load()):
                return self._entries(table, name)
            case ast.IfExp(body=one, orelse=other):
                return self.values(one) | self.values(other)
            case ast.BoolOp(values=operands):
                return frozenset().union(*map(self.values, operands))
            case ast.NamedExpr(value=value):
                return self.values(value)
        return frozenset()

    def _entries(self, table: ast.expr, name: str) -> frozenset[str]:
        """What an entry of a namespace stands for: of `sys.modules`, `vars(os)`, `os.__dict__`."""
        match table:
            case ast.Call(func=ast.Name(id="vars"), args=[owner]) | ast.Attribute(
                value=owner, attr="__dict__"
            ):
                return frozenset(f"{value}.{name}" for value in self.values(owner))
        spaces = self.values(table)
        if "sys.modules" in spaces:
            return frozenset({name})
        return frozenset({f"builtins.{name}"}) if "builtins.__builtins__" in spaces else frozenset()

    def _name(self, node: ast.Name) -> frozenset[str]:
        scope = self._scope_of.get(id(node))
        if scope is None or not isinstance(node.ctx, ast.Load):
            return frozenset()
        owner = scope.owner(node.id)
        if owner is None:
            stars = [self._absolute(star) for star in self.scopes.stars]
            return frozenset({f"builtins.{node.id}", *(f"{star}.{node.id}" for star in stars)})
        return self._bound(owner, node.id)

    def _bound(self, scope: Scope, name: str) -> frozenset[str]:
        key = id(scope), name
        if key not in self._meanings:
            self._meanings[key] = frozenset()  # what a name means by way of itself
            found = {self._absolute(imported) for imported in scope.imports.get(name, ())}
            for value in scope.aliases.get(name, ()):
                found |= self.values(value)
            self._meanings[key] = frozenset(found)
        return self._meanings[key]

    def _absolute(self, imported: Import) -> str:
        module = self.module.absolute(imported.module, imported.level)
        return module if imported.name in (None, "*") else f"{module}.{imported.name}"

    def _imports_at_run_time(self, node: ast.Call) -> bool:
        return self._may_import_at_run_time and not _IMPORTERS.isdisjoint(self.values(node.func))

    def _imported_module(self, node: ast.Call) -> str | None:
        arguments = {keyword.arg: keyword.value for keyword in node.keywords}
        name = _text(node.args[0] if node.args else arguments.get("name"))
        if name is None:
            return None
        if not name.startswith("."):
            return name
        package = node.args[1] if len(node.args) > 1 else arguments.get("package")
        is_own = isinstance(package, ast.Name) and package.id in ("__package__", "__name__")
        base = self.module.package if is_own else _text(package)
        if not base:
            return None
        level = len(name) - len(name.lstrip("."))
        return Module(self.module.path, base, base, self.module.syntax).absolute(name[level:], level)


def _text(node: ast.expr | None) -> str | None:
    """The text of a string that is written out, in one piece or several."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _text(left), _text(right)
            return None if first is None or second is None else first + second
    return None
