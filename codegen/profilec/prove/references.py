"""What a file names: every import, and every name, attribute chain and call that stands for something else.

Code in strings that `exec` and `eval` are given is read like the rest, as if it stood where the call does.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from profilec.prove.literals import Texts
from profilec.prove.meanings import IMPORTERS, Meanings
from profilec.prove.modules import Located, Module, at_run_time
from profilec.prove.scopes import Scope, find_scopes

_UNKNOWN: Texts = frozenset({None})
_RUNNERS = frozenset({"builtins.exec", "builtins.eval"})
_OF_SPEC = "importlib.util.module_from_spec"
_SPEC = "importlib.util.find_spec"
_LOADERS = ("importlib.", "pkgutil.", "zipimport.", "builtins.__loader__", "builtins.__spec__")
_PLUGINS = "importlib.metadata.entry_points()"
RUN_TIME = tuple(
    word.encode()
    for word in (
        "import_module", "__import__", "_gcd_import", "run_module", "run_path", "resolve_name", "load_module",
        "module_from_spec", "entry_points", "exec", "eval",
    )
)  # fmt: skip
"""Words of which a file must hold one to import anything but by an import statement."""
_RUN_TIME = re.compile(rb"(?<!\w)(?:%s)(?!\w)" % b"|".join(RUN_TIME))


def may_import_at_run_time(data: bytes) -> bool:
    """Whether a file holds one of the words; a search for plain texts is far faster than one for words."""
    return any(word in data for word in RUN_TIME) and _RUN_TIME.search(data) is not None


@dataclass(frozen=True)
class Reference:
    """A place of a file and the dotted name that it stands for."""

    name: str
    node: Located


@dataclass(frozen=True)
class DynamicImport:
    """An import at run time: its place, and the absolute name of the module where it is written out."""

    node: Located
    module: str | None


class References:
    """The references of one file."""

    def __init__(self, module: Module, around: tuple[Meanings, Scope] | None = None) -> None:
        """Read a file, or code in a string of one, with what that stands in."""
        self._nodes = list(at_run_time(module.syntax))
        self._module = module
        self._meanings = Meanings(module, find_scopes(module.syntax), around)

    def exports(self, path: list[str]) -> frozenset[str]:
        """What a name of the module stands for to those who import it; attributes and calls may follow."""
        return self._meanings.exports(path)

    def all(self, *, written: bool = True) -> Iterator[Reference]:
        """Every import and every name or attribute chain that stands for something outside the file.

        Args:
            written: whether the file itself is read, or only what it imports and runs at run time.
        """
        for node in self._nodes if written else ():
            match node:
                case ast.Import():
                    yield from (Reference(alias.name, alias) for alias in node.names)
                case ast.ImportFrom():
                    origin = self._module.absolute(node.module, node.level)
                    yield from (Reference(f"{origin}.{alias.name}", alias) for alias in node.names)
                case ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript():
                    yield from (Reference(name, node) for name in self._meanings.names(node))
        for call, inner in self._in_strings:
            yield from (Reference(reference.name, call) for reference in inner.all())
        for dynamic in self.dynamic_imports:
            if dynamic.module is not None:
                yield Reference(dynamic.module, dynamic.node)

    def attributes(self, *, written: bool = True) -> Iterator[Reference]:
        """Every attribute that is read of anything, by its plain name; `written` as above."""
        for node in self._nodes if written else ():
            match node:
                case ast.Attribute(attr=name, ctx=ast.Load()):
                    yield Reference(name, node)
                case ast.Call():
                    for text in self._meanings.literals.texts(self._attribute_asked_for(node)):
                        yield Reference(text.rpartition(".")[2], node)
        for call, inner in self._in_strings:
            yield from (Reference(reference.name, call) for reference in inner.attributes())

    def _attribute_asked_for(self, node: ast.Call) -> ast.expr | None:
        called = self._meanings.names(node.func)
        if "builtins.getattr" in called and len(node.args) > 1:
            return node.args[1]
        getters = ("operator.attrgetter", "operator.methodcaller")
        return node.args[0] if node.args and not called.isdisjoint(getters) else None

    @cached_property
    def dynamic_imports(self) -> tuple[DynamicImport, ...]:
        """Every import that is not an import statement, in the order of the file."""
        found = list(self._dynamic_imports()) if self._may_import_at_run_time else []
        return tuple(sorted(found, key=lambda one: (one.node.lineno, one.node.col_offset, one.module or "")))

    @cached_property
    def _may_import_at_run_time(self) -> bool:
        """Whether the file names an importing function at all; most do not, and need not be looked into."""
        named = {
            getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "name", None)
            for node in self._nodes
        }
        return not named.isdisjoint(word.decode() for word in RUN_TIME)

    def _dynamic_imports(self) -> Iterator[DynamicImport]:
        for node in self._nodes:
            if isinstance(node, ast.Call):
                yield from self._imported_by(node)
        for call, inner in self._in_strings:
            yield from (DynamicImport(call, dynamic.module) for dynamic in inner.dynamic_imports)
            for node in inner._nodes:
                match node:
                    case ast.Import():
                        yield from (DynamicImport(call, alias.name) for alias in node.names)
                    case ast.ImportFrom():
                        origin = self._module.absolute(node.module, node.level)
                        yield from (DynamicImport(call, f"{origin}.{alias.name}") for alias in node.names)

    def _imported_by(self, node: ast.Call) -> Iterator[DynamicImport]:
        called = self._meanings.names(node.func)
        if not IMPORTERS.isdisjoint(called):
            modules = self._meanings.literals.imported(node)
        elif _OF_SPEC in called:
            modules = self._of_spec(node.args[0] if node.args else None)
        elif any(name.endswith(".load_module") and name.startswith(_LOADERS) for name in called):
            modules = self._meanings.literals.texts(node.args[0]) if node.args else self._of_spec(node.func)
        elif "runpy.run_path" in called or any(
            name.endswith(".load") and name.startswith(_PLUGINS) for name in called
        ):
            modules = _UNKNOWN
        elif not _RUNNERS.isdisjoint(called) and node.args:
            modules = self._code(node) & _UNKNOWN
        else:
            return
        for module in modules:
            yield DynamicImport(node, module)
            if module is not None:
                yield from (DynamicImport(node, f"{module}.{name}") for name in self._from_list(node))

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
            case ast.Name() if depth < 8:
                for value in self._meanings.literals.assigned(node):
                    yield from self._calls_behind(value, depth + 1)

    @cached_property
    def _in_strings(self) -> list[tuple[ast.Call, "References"]]:
        """The code in strings that this file runs, with the calls that run it."""
        found = []
        for node in self._nodes if self._may_import_at_run_time else ():
            if isinstance(node, ast.Call) and not _RUNNERS.isdisjoint(self._meanings.names(node.func)):
                scope = self._meanings.literals.scope_of(node.func)
                for text in sorted(text for text in self._code(node) if text is not None):
                    try:
                        syntax = ast.parse(text)
                    except (SyntaxError, ValueError, RecursionError):
                        continue  # it fails when it is run
                    module = Module(self._module.path, self._module.name, self._module.package, syntax)
                    around = (self._meanings, scope or self._meanings.scopes)
                    found.append((node, References(module, around)))
        return found

    def _code(self, node: ast.Call) -> Texts:
        """The texts that a call of `exec` or `eval` runs."""
        return self._meanings.literals.all_texts(node.args[0] if node.args else None)
