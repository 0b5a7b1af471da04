"""Which names a file binds and which it reads, scope by scope, as Python resolves them.

Reads every annotation too, also where it is a string, because type checkers and `get_type_hints` do. The
rules are those of the language reference, section 4.2, with the type parameter scopes of PEP 695.
"""

import ast
import builtins
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal

from msgspec import Struct

from profilec.prove.names.modules import Located
from profilec.prove.names.nodes import FILES_HELD, children, walk
from profilec.prove.names.run_time import parts_at_run_time

_ALWAYS_BOUND = frozenset(dir(builtins)) | {
    "__file__", "__path__", "__builtins__", "__class__", "__module__", "__qualname__", "__annotations__",
    "__dict__", "__debug__", "__firstlineno__", "__static_attributes__", "__classdict__",
    "__conditional_annotations__",
}  # fmt: skip


class Import(Struct, frozen=True):
    """What an import binds a name to: `name` of the module that `level` dots and `module` mean."""

    module: str
    level: int = 0
    name: str | None = None


class Scope(Struct, eq=False, weakref=True):
    """One scope: a module, class, function or comprehension, or the type parameters of a definition.

    A scope holds those in it, and refers to those around it weakly: syntax is large, and goes as soon as
    nobody needs it if it is not held in a circle. So whoever works with a scope holds that of its module.

    Attributes:
        kind: what opened it; decides what is visible from where.
        around: the scope around it.
        bound: the names that are its own.
        given: those among them that something gives a value: `x: int`, `x += 1` and `del x` alone do not, nor
            do imports for type checkers alone.
        loads: the names that it reads.
        node: what opened it.
        imports: what names refer to that are imported at run time.
        types: what names refer to that are imported for type checkers alone.
        values: the expressions whose value a name may have. `*table` is any element of a table.
        definitions: the scopes of the classes and functions that a name may be.
        annotations: what names are annotated with.
        unknown: the names that may have a value besides, such as parameters.
        stars: star imports.
        outer: the scopes to which `global` or `nonlocal` move names.
        children: the scopes in it.
        is_for_types: whether what is read now is for type checkers alone.
    """

    kind: Literal["module", "class", "function", "comprehension", "parameters"]
    around: "weakref.ref[Scope] | None"
    node: ast.AST
    bound: set[str] = set()
    given: set[str] = set()
    loads: list[tuple[str, Located]] = []
    imports: dict[str, list["Import"]] = {}
    types: dict[str, list["Import"]] = {}
    values: dict[str, list[ast.expr]] = {}
    definitions: dict[str, list["Scope"]] = {}
    annotations: dict[str, ast.expr] = {}
    unknown: set[str] = set()
    stars: list["Import"] = []
    outer: dict[str, "weakref.ref[Scope]"] = {}
    children: list["Scope"] = []
    is_for_types: bool = False

    def child(
        self, kind: Literal["class", "function", "comprehension", "parameters"], node: ast.AST
    ) -> "Scope":
        """A new scope inside this one."""
        scope = Scope(kind, weakref.ref(self), node, is_for_types=self.is_for_types)
        self.children.append(scope)
        return scope

    @property
    def parent(self) -> "Scope | None":
        """The scope around it."""
        return _held(self.around) if self.around else None

    @property
    def module(self) -> "Scope":
        """The outermost scope."""
        return self if self.parent is None else self.parent.module

    def bind(self, name: str, value: ast.expr | None = None, *, gives: bool = True) -> None:
        """Note that the name is bound here, or in the scope that `global` or `nonlocal` said."""
        scope = self.target(name)
        scope.bound.add(name)
        if gives:
            scope.given.add(name)
        if value is None:
            scope.unknown.add(name)
        else:
            scope.values.setdefault(name, []).append(value)

    def target(self, name: str) -> "Scope":
        """Return the scope that binding a name here binds it in."""
        return _held(self.outer[name]) if name in self.outer else self

    def walrus_target(self) -> "Scope":
        """The scope in which `:=` binds (PEP 572): comprehensions are passed over."""
        return self.parent.walrus_target() if self.kind == "comprehension" and self.parent else self

    def resolves(self, name: str) -> bool:
        """Whether a name that is read here has a value where Python would look."""
        owner = self.owner(name)
        is_given = owner is not None and (name in owner.given or name in owner.types)
        return is_given or (name in _ALWAYS_BOUND and (owner is None or owner.kind != "function"))

    def owner(self, name: str) -> "Scope | None":
        """The scope whose binding a name that is read here refers to; None for builtins and unbound names."""
        if name in self.outer:
            return _held(self.outer[name])
        scope: Scope | None = self
        sees_class = True
        while scope is not None:
            if name in scope.bound and (scope.kind != "class" or sees_class):
                return scope
            sees_class = scope.kind == "parameters"
            scope = scope.parent
        return None

    def walk(self) -> Iterator["Scope"]:
        """This scope and all inside it."""
        yield self
        for child in self.children:
            yield from child.walk()


def _held(scope: "weakref.ref[Scope]") -> Scope:
    """A scope that is referred to, which that of its module holds."""
    found = scope()
    assert found is not None, "the scope of the module is held while one in it is used"
    return found


def unresolved(module: Scope) -> Iterator[tuple[str, Located]]:
    """Every name that is read and that nothing binds, with its place."""
    for scope in module.walk():
        for name, node in scope.loads:
            if not scope.resolves(name):
                yield name, node


def in_annotation(text: str) -> ast.expr | None:
    """The expression that a string is as an annotation; None where it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@lru_cache(maxsize=FILES_HELD)
def find_scopes(syntax: ast.Module) -> Scope:
    """The scopes of a module. A star import binds nothing here: what it brings depends on another file."""
    scope = Scope("module", None, syntax)
    _Reader(scope).statements(syntax.body)
    return scope


class _Reader:
    """Reads nodes into the scope that is current."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def statements(self, body: Sequence[ast.stmt]) -> None:
        # `global` counts for its whole scope, so it is looked for before anything is bound.
        for statement in body:
            self._declare_outer(statement)
        for statement in body:
            self.visit(statement)

    def _declare_outer(self, statement: ast.AST) -> None:
        if isinstance(statement, ast.Global):
            self._scope.outer.update(dict.fromkeys(statement.names, weakref.ref(self._scope.module)))
        elif isinstance(statement, ast.Nonlocal) and self._scope.parent:
            for name in statement.names:
                self._scope.outer[name] = weakref.ref(self._scope.parent.owner(name) or self._scope.parent)
        elif isinstance(statement, ast.stmt) and not isinstance(
            statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            for child in children(statement):
                if not isinstance(child, ast.expr):
                    self._declare_outer(child)
        elif isinstance(statement, ast.ExceptHandler | ast.match_case):
            for child in statement.body:
                self._declare_outer(child)

    def visit(self, node: ast.AST) -> None:
        """Read one node."""
        _METHODS.get(type(node), _Reader.generic_visit)(self, node)

    def generic_visit(self, node: ast.AST) -> None:
        for child in children(node):
            self.visit(child)

    def _all(self, nodes: Sequence[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._scope.bind(node.id, gives=isinstance(node.ctx, ast.Store))
        if not isinstance(node.ctx, ast.Store):
            self._scope.loads.append((node.id, node))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._scope.walrus_target().bind(node.target.id, node.value)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self._import(alias.asname or top, Import(alias.name if alias.asname else top))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            imported = Import(node.module or "", node.level, alias.name)
            if alias.name == "*":
                self._scope.stars.append(imported)
            else:
                self._import(alias.asname or alias.name, imported)

    def _import(self, name: str, imported: Import) -> None:
        self._scope.bind(name, gives=not self._scope.is_for_types)
        scope = self._scope.target(name)
        found = scope.types if self._scope.is_for_types else scope.imports
        found.setdefault(name, []).append(imported)

    def visit_If(self, node: ast.If) -> None:
        file = self._scope.module.node
        assert isinstance(file, ast.Module)
        run = {id(part) for part in parts_at_run_time(node, file)}
        around = self._scope.is_for_types
        for part in (node.test, *node.body, *node.orelse):
            self._scope.is_for_types = around or id(part) not in run
            self.visit(part)
        self._scope.is_for_types = around

    def _target(self, target: ast.expr, value: ast.expr) -> None:
        """Bind what is assigned to: a name to the value, each name of a tuple to its element."""
        match target, value:
            case ast.Name(id=name), _:
                self._scope.bind(name, value)
            case (ast.Tuple() | ast.List(), ast.Tuple() | ast.List()) if _pair(target.elts, value.elts):
                for inner, element in zip(target.elts, value.elts, strict=True):
                    self._target(inner, element)
            case (ast.Tuple() | ast.List()), _:
                for inner in target.elts:
                    self._target(inner, _element(value))
            case _:
                self.visit(target)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._target(target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        match node.target:
            case ast.Name(id=name) as target:
                before = ast.copy_location(ast.Name(name, ast.Load()), target)
                self._scope.loads.append((name, before))
                sum_ = ast.copy_location(ast.BinOp(before, node.op, node.value), node)
                self._scope.bind(name, sum_, gives=False)
            case target:
                self.visit(target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._target(node.target, _element(node.iter))
        self._all([*node.body, *node.orelse])

    visit_AsyncFor = visit_For

    def visit_withitem(self, node: ast.withitem) -> None:
        self.visit(node.context_expr)
        if node.optional_vars is not None:
            self._target(node.optional_vars, node.context_expr)

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        for case in node.cases:
            match case.pattern:
                case ast.MatchAs(name=str(name), pattern=pattern):
                    self._scope.bind(name, node.subject)
                    self._all([pattern])
                case pattern:
                    self.visit(pattern)
            self._all([case.guard, *case.body])

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._scope.bind(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self._scope.bind(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self._scope.bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self._scope.bind(node.rest)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if isinstance(node.target, ast.Name) and node.value is None:
            self._scope.bind(node.target.id, gives=False)
        elif node.value is None:
            self.visit(node.target)
        else:
            self.visit(node.value)
            self._target(node.target, node.value)
        if isinstance(node.target, ast.Name):
            self._scope.target(node.target.id).annotations[node.target.id] = node.annotation
        self._annotation(node.annotation)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._all(node.decorator_list)
        self._all([*node.args.defaults, *node.args.kw_defaults])
        self._scope.bind(node.name)
        around = self._type_parameters(node)
        for argument in _arguments(node.args):
            around._annotation(argument.annotation)
        around._annotation(node.returns)
        inner = self._function_body(node, around._scope)
        self._define(node.name, inner._scope)
        inner.statements(node.body)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._all([*node.args.defaults, *node.args.kw_defaults])
        self._function_body(node, self._scope).visit(node.body)

    def _function_body(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, around: Scope
    ) -> "_Reader":
        scope = around.child("function", node)
        for argument in _arguments(node.args):
            scope.bind(argument.arg)
        plain = [*node.args.posonlyargs, *node.args.args]
        defaults = zip(reversed(plain), reversed(node.args.defaults), strict=False)
        for argument, default in (*defaults, *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)):
            if default is not None:
                scope.bind(argument.arg, default)
        scope.annotations |= {
            argument.arg: argument.annotation
            for argument in (*plain, *node.args.kwonlyargs)
            if argument.annotation is not None
        }
        return _Reader(scope)

    def _define(self, name: str, scope: Scope) -> None:
        self._scope.target(name).definitions.setdefault(name, []).append(scope)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._all(node.decorator_list)
        self._scope.bind(node.name)
        around = self._type_parameters(node)
        around._all([*node.bases, *(keyword.value for keyword in node.keywords)])
        inner = _Reader(around._scope.child("class", node))
        self._define(node.name, inner._scope)
        inner.statements(node.body)

    def visit_TypeAlias(self, node: ast.TypeAlias) -> None:
        self.visit(node.name)
        self._type_parameters(node)._annotation(node.value)

    def _type_parameters(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.TypeAlias
    ) -> "_Reader":
        """A reader of what sees the type parameters: this one where there are none."""
        if not node.type_params:
            return self
        reader = _Reader(self._scope.child("parameters", node))
        for parameter in node.type_params:
            reader._scope.bind(parameter.name)  # type: ignore[attr-defined]  # each of its three subclasses has a name
        for parameter in node.type_params:
            reader.generic_visit(parameter)
        return reader

    def _comprehension(self, generators: Sequence[ast.comprehension], results: Sequence[ast.expr]) -> None:
        self.visit(generators[0].iter)
        inner = _Reader(self._scope.child("comprehension", generators[0]))
        for position, generator in enumerate(generators):
            inner._target(generator.target, _element(generator.iter))
            if position:
                inner.visit(generator.iter)
            inner._all(generator.ifs)
        inner._all(results)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> None:
        self._comprehension(node.generators, [node.elt])

    visit_SetComp = visit_GeneratorExp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._comprehension(node.generators, [node.key, node.value])

    def _annotation(self, node: ast.expr | None) -> None:
        """Read an annotation, and the strings in it that stand for types."""
        match node:
            case None:
                return
            case ast.Constant(value=str(text)):
                self._string_annotation(text, node)
            case ast.Subscript(value=ast.Name(id="Literal") | ast.Attribute(attr="Literal")):
                self.visit(node.value)
            case ast.Subscript(value=ast.Name(id="Annotated") | ast.Attribute(attr="Annotated")):
                self.visit(node.value)
                first, *others = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                self._annotation(first)
                self._all(others)
            case ast.Subscript():
                self.visit(node.value)
                self._annotation(node.slice)
            case ast.Tuple() | ast.List():
                for element in node.elts:
                    self._annotation(element)
            case ast.BinOp():
                self._annotation(node.left)
                self._annotation(node.right)
            case _:
                self.visit(node)

    def _string_annotation(self, text: str, at: ast.Constant) -> None:
        expression = in_annotation(text)
        for node in walk(expression) if expression else ():
            if isinstance(node, ast.Name):
                self._scope.loads.append((node.id, at))


_METHODS: dict[type[ast.AST], Callable[[_Reader, Any], None]] = {
    getattr(ast, name.removeprefix("visit_")): method
    for name, method in vars(_Reader).items()
    if name.startswith("visit_")
}


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    extra = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def _pair(targets: Sequence[ast.expr], values: Sequence[ast.expr]) -> bool:
    """Whether each target gets the value at its position."""
    return len(targets) == len(values) and not any(isinstance(n, ast.Starred) for n in (*targets, *values))


def _element(table: ast.expr) -> ast.expr:
    return ast.Starred(table, ast.Load())
