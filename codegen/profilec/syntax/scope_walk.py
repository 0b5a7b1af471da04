"""The one walk over a file's syntax that finds every scope, binding and use of a name.

Follows the language reference, "Naming and binding", with PEP 572 (`:=`), PEP 634 (`match`) and PEP 695 (type
parameters).
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Literal

import libcst as cst

from profilec.syntax.read import Span, Syntax, Text, children, parse
from profilec.syntax.scopes import (
    Binding,
    BindingKind,
    Names,
    Scope,
    ScopeKind,
    StarImport,
    Use,
    dotted,
    module_name,
    package_name,
    parameters_of,
)


@lru_cache(maxsize=4)  # enough for a file that is asked about twice; syntax is large
def parsed(text: Text, reading: str | None = None) -> tuple[Syntax, Names]:
    """Return the syntax of a text, or of what is read in its place, and the names in it.

    Raises:
        UnreadableSourceError: as `read.parse` says.
        RecursionError: it nests too deeply.
    """
    syntax = parse(text, reading)
    return syntax, analyse(syntax)


def analyse(syntax: Syntax) -> Names:
    """Find every scope, binding and use in a module."""
    walk = _Walk(syntax)
    for statement in syntax.module.body:
        walk.visit(statement)
    for comment in syntax.comments("type:"):
        walk.type_comment(comment)
    uses = sorted(walk.uses, key=lambda use: use.span)
    return Names(walk.module, walk.root, tuple(walk.scopes), tuple(uses), tuple(walk.stars), walk.use_of)


_IDENTIFIER = re.compile(r"(?<![\w.])[^\W\d]\w*")
_QUOTED_LITERAL = re.compile(r"(?<=\bLiteral\[)[^\[\]]*(?=\])")
"""What a `Literal` holds in a string annotation: text, not names."""
_TYPE_COMMENT = re.compile(r"#\s*type:(?!\s*ignore\b)")
_TYPES_AMONG_ARGUMENTS = {
    "cast": (0, 1), "assert_type": (1, 2), "NewType": (1, 2), "NamedTuple": (1, 2), "TypedDict": (1, 2),
    "TypeVar": (1, None), "ParamSpec": (1, None), "TypeVarTuple": (1, None), "eval": (0, 1), "exec": (0, 1),
}  # fmt: skip
"""Which arguments may give types, or code, as text: from one to before another."""
_HOLD_TYPES = {
    "Annotated", "AsyncGenerator", "AsyncIterable", "AsyncIterator", "Awaitable", "Callable", "ClassVar",
    "Coroutine", "Dict", "Final", "FrozenSet", "Generator", "Generic", "Iterable", "Iterator", "List",
    "Mapping", "MutableMapping", "Optional", "Protocol", "Sequence", "Set", "Tuple", "Type", "Union",
    "dict", "frozenset", "list", "set", "tuple", "type",
}  # fmt: skip
"""What types are made of by subscription, which may give types as text, wherever it stands."""


class _Walk:
    """The walk over one module; `scope` is where the names that it meets are bound and read."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax
        self.module = module_name(syntax.text.path)
        self.package = package_name(syntax.text.path)
        self.root = self.scope = Scope("module", syntax.module, None)
        self.scopes = [self.root]
        self.uses: list[Use] = []
        self.stars: list[StarImport] = []
        self.use_of: dict[cst.CSTNode, Use] = {}
        self.in_annotation = False
        self.suite_end = len(syntax.content)

    # Finding the way

    def visit(self, node: cst.CSTNode) -> None:
        special = _SPECIAL.get(type(node))
        if special is not None:
            special(self, node)
        else:
            self.below(node)

    def below(self, node: cst.CSTNode) -> None:
        for child in children(node):
            self.visit(child)

    def all(self, nodes: Iterable[cst.CSTNode | None]) -> None:
        for node in nodes:
            if isinstance(node, cst.CSTNode):
                self.visit(node)

    def suite(self, node: cst.BaseSuite) -> None:
        around, self.suite_end = self.suite_end, self.syntax.outer(node).end
        self.below(node)
        self.suite_end = around

    def inside(self, kind: ScopeKind, node: cst.CSTNode, visit: Callable[[], None]) -> None:
        outside, annotating = self.scope, self.in_annotation
        self.scope, self.in_annotation = Scope(kind, node, outside), False
        self.scopes.append(self.scope)
        visit()
        self.scope, self.in_annotation = outside, annotating

    # Binding and using

    def bind(
        self,
        name: str,
        kind: BindingKind,
        node: cst.CSTNode,
        *,
        at: Span | None = None,
        target: str | None = None,
        statement: cst.Assign | cst.AnnAssign | None = None,
    ) -> None:
        scope = self.scope
        declared = scope.declared.get(name)
        if declared:
            scope = self._declared_scope(name, declared[0][0])
        span = at or self.syntax.inner(node)
        below = None
        if statement and scope.kind == "function":
            below = Span(self.syntax.inner(statement).end, self.suite_end)
        bound = Binding(name, kind, span, scope.node, node, target, statement if below else None, below)
        scope.bindings.setdefault(name, []).append(bound)

    def _declared_scope(self, name: str, how: str) -> Scope:
        if how == "global":
            return self.root
        outer = (scope for scope in self.scope.enclosing() if scope is not self.scope)
        return next(
            (scope for scope in outer if scope.kind == "function" and name in scope.bindings), self.root
        )

    def name(self, node: cst.Name) -> None:
        use = Use(node.value, self.syntax.inner(node), self.scope)
        self.uses.append(use)
        self.use_of[node] = use

    def target(self, node: cst.CSTNode, kind: BindingKind = "assignment") -> None:
        """Bind what an assignment, a loop, a ``with`` or a ``del`` has on its left."""
        match node:
            case cst.Name():
                self.bind(node.value, kind, node)
            case cst.Tuple() | cst.List():
                for element in node.elements:
                    self.target(element.value, kind)
            case cst.StarredElement():
                self.target(node.value, kind)
            case _:
                self.visit(node)

    def annotation(self, node: cst.Annotation) -> None:
        self.type(node.annotation)

    def type(self, node: cst.CSTNode) -> None:
        before, self.in_annotation = self.in_annotation, True
        self.visit(node)
        self.in_annotation = before

    def string(self, node: cst.SimpleString) -> None:
        """Count the names in a string annotation as used; too many of them is harmless, too few is not."""
        if self.in_annotation:
            self._quoted(node.value, self.syntax.inner(node).start)

    def type_comment(self, comment: Span) -> None:
        """Count the names in a type comment (PEP 484) as used."""
        text = self.syntax.content[comment.start : comment.end]
        if _TYPE_COMMENT.match(text):
            start = text.index("type:") + len("type:")
            self._quoted(text[start:], comment.start + start)

    def _quoted(self, text: str, start: int) -> None:
        value = _QUOTED_LITERAL.sub(lambda found: " " * len(found[0]), text)
        for match in _IDENTIFIER.finditer(value):
            at = Span(start + match.start(), start + match.end())
            self.uses.append(Use(match[0], at, self.scope, quoted=True))

    def subscript(self, node: cst.Subscript) -> None:
        self.visit(node.value)
        before, name = self.in_annotation, self._last_name(node.value)
        self.in_annotation = name != "Literal" and (before or name in _HOLD_TYPES)
        for element in node.slice:
            self.visit(element)
            self.in_annotation &= name != "Annotated"  # what follows the type there is any value
        self.in_annotation = before

    def call(self, node: cst.Call) -> None:
        self.visit(node.func)
        types = slice(*_TYPES_AMONG_ARGUMENTS.get(self._last_name(node.func), (0, 0)))
        before, self.in_annotation = self.in_annotation, False
        for argument in node.args:
            if argument in node.args[types]:
                self.types(argument.value)
            else:
                self.visit(argument)
        self.in_annotation = before

    def types(self, node: cst.CSTNode) -> None:
        """Visit what gives types: itself one, or fields with theirs."""
        match node:
            case cst.Dict(elements=elements):
                self.all(element.key for element in elements if isinstance(element, cst.DictElement))
                for element in elements:
                    self.type(element.value)
            case cst.List(elements=fields) | cst.Tuple(elements=fields):
                for field in fields:
                    match field.value:
                        case cst.Tuple(elements=[name, kind]):
                            self.visit(name)
                            self.type(kind)
                        case _:
                            self.visit(field)
            case _:
                self.type(node)

    @staticmethod
    def _last_name(node: cst.CSTNode) -> str:
        if isinstance(node, cst.Attribute):
            return node.attr.value
        return node.value if isinstance(node, cst.Name) else ""

    # Statements

    def assign(self, node: cst.Assign) -> None:
        self.visit(node.value)
        match node.targets:
            case [cst.AssignTarget(target=cst.Name(value=name) as target)]:
                self.bind(name, "assignment", target, statement=node)
            case targets:
                for several in targets:
                    self.target(several.target)

    def ann_assign(self, node: cst.AnnAssign) -> None:
        self.annotation(node.annotation)
        match node.annotation.annotation, node.value:
            case (
                cst.Name(value="TypeAlias") | cst.Attribute(attr=cst.Name(value="TypeAlias")),
                cst.BaseExpression() as alias,
            ):
                self.type(alias)
            case _, value:
                self.all([value])
        if isinstance(node.target, cst.Name) and node.value:
            self.bind(node.target.value, "assignment", node.target, statement=node)
        else:
            self.target(node.target)

    def aug_assign(self, node: cst.AugAssign) -> None:
        self.visit(node.target)
        self.visit(node.value)
        self.target(node.target)

    def delete(self, node: cst.Del) -> None:
        self.visit(node.target)
        self.target(node.target, "deletion")

    def walrus(self, node: cst.NamedExpr) -> None:
        self.visit(node.value)
        inner = self.scope
        while self.scope.kind == "comprehension" and self.scope.parent:
            self.scope = self.scope.parent
        self.target(node.target)
        self.scope = inner

    def loop(self, node: cst.For) -> None:
        if node.asynchronous:
            self.scope.awaits.append(self.syntax.inner(node.asynchronous))
        self.visit(node.iter)
        self.target(node.target)
        self.all([node.body, node.orelse])

    def with_(self, node: cst.With) -> None:
        if node.asynchronous:
            self.scope.awaits.append(self.syntax.inner(node.asynchronous))
        for item in node.items:
            self.visit(item.item)
            if item.asname:
                self.target(item.asname.name)
        self.visit(node.body)

    def handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> None:
        self.all([node.type])
        if node.name:
            self.target(node.name.name)
        self.visit(node.body)

    def import_(self, node: cst.Import) -> None:
        for alias in node.names:
            path = dotted(alias.name)
            if alias.asname:
                self.bind(_bound_name(alias), "import", alias, target=path)
            else:
                root = path.partition(".")[0]
                self.bind(root, "import", alias, target=root)

    def import_from(self, node: cst.ImportFrom) -> None:
        module = self.imported_module(node)
        if isinstance(node.names, cst.ImportStar):
            self.stars.append(StarImport(module, self.syntax.inner(node)))
            return
        for alias in node.names:
            self.bind(_bound_name(alias), "import", alias, target=f"{module}.{dotted(alias.name)}")

    def imported_module(self, node: cst.ImportFrom) -> str:
        named = dotted(node.module) if node.module else ""
        if not node.relative:
            return named
        package = self.package.split(".")
        base = ".".join(package[: max(0, len(package) - len(node.relative) + 1)])
        return f"{base}.{named}" if named else base

    def declare(self, node: cst.Global | cst.Nonlocal) -> None:
        how: Literal["global", "nonlocal"] = "global" if isinstance(node, cst.Global) else "nonlocal"
        for item in node.names:
            self.scope.declared.setdefault(item.name.value, []).append((how, self.syntax.inner(item)))

    def type_alias(self, node: cst.TypeAlias) -> None:
        self.bind(node.name.value, "assignment", node.name)
        self._generic(node, lambda: self.visit(node.value))

    # Definitions

    def function(self, node: cst.FunctionDef) -> None:
        self.all(node.decorators)
        self.bind(node.name.value, "definition", node, at=self.syntax.inner(node.name))
        self._defaults(node.params)

        def body() -> None:
            self._annotations(node.params)
            self.all([node.returns])
            self.inside("function", node, lambda: self._function_body(node.params, node.body))

        self._generic(node, body)

    def _function_body(self, parameters: cst.Parameters, body: cst.CSTNode) -> None:
        for parameter in parameters_of(parameters):
            self.bind(parameter.name.value, "parameter", parameter)
        self.visit(body)

    def lambda_(self, node: cst.Lambda) -> None:
        self._defaults(node.params)
        self.inside("lambda", node, lambda: self._function_body(node.params, node.body))

    def _defaults(self, parameters: cst.Parameters) -> None:
        self.all(parameter.default for parameter in parameters_of(parameters))

    def _annotations(self, parameters: cst.Parameters) -> None:
        self.all(parameter.annotation for parameter in parameters_of(parameters))

    def class_(self, node: cst.ClassDef) -> None:
        self.all(node.decorators)
        self.bind(node.name.value, "definition", node, at=self.syntax.inner(node.name))

        def body() -> None:
            self.all([*node.bases, *node.keywords])
            self.inside("class", node, lambda: self.visit(node.body))

        self._generic(node, body)

    def _generic(
        self, node: cst.FunctionDef | cst.ClassDef | cst.TypeAlias, visit: Callable[[], None]
    ) -> None:
        if node.type_parameters is None:
            visit()
            return
        parameters = node.type_parameters

        def inside() -> None:
            self.visit(parameters)
            visit()

        self.inside("type parameters", node, inside)

    def type_parameter(self, node: cst.TypeVar | cst.TypeVarTuple | cst.ParamSpec) -> None:
        self.bind(node.name.value, "parameter", node)
        if isinstance(node, cst.TypeVar):
            self.all([node.bound])

    # Expressions

    def comprehension(self, node: cst.BaseComp) -> None:
        loop = node.for_in
        self.visit(loop.iter)  # the first iterable is evaluated outside

        def inside() -> None:
            self.comprehension_loop(loop, first=True)
            self.all(child for child in children(node) if child is not loop)

        self.inside("comprehension", node, inside)

    def comprehension_loop(self, node: cst.CompFor, first: bool = False) -> None:
        if node.asynchronous:
            self.scope.awaits.append(self.syntax.inner(node.asynchronous))
        if not first:
            self.visit(node.iter)
        self.target(node.target)
        self.all(node.ifs)
        if node.inner_for_in:
            self.comprehension_loop(node.inner_for_in)

    def yield_(self, node: cst.Yield) -> None:
        self.scope.yields.append(self.syntax.inner(node))
        self.below(node)

    def await_(self, node: cst.Await) -> None:
        self.scope.awaits.append(self.syntax.inner(node))
        self.below(node)

    def attribute(self, node: cst.Attribute) -> None:
        self.visit(node.value)

    def argument(self, node: cst.Arg) -> None:
        self.visit(node.value)

    # Patterns

    def capture(self, node: cst.MatchAs | cst.MatchStar) -> None:
        if isinstance(node, cst.MatchAs):
            self.all([node.pattern])
        if node.name:
            self.bind(node.name.value, "assignment", node.name)

    def mapping_pattern(self, node: cst.MatchMapping) -> None:
        self.all(node.elements)
        if node.rest:
            self.bind(node.rest.value, "assignment", node.rest)

    def keyword_pattern(self, node: cst.MatchKeywordElement) -> None:
        self.visit(node.pattern)


_SPECIAL: dict[type[cst.CSTNode], Callable[[_Walk, Any], None]] = {
    cst.IndentedBlock: _Walk.suite,
    cst.SimpleStatementSuite: _Walk.suite,
    cst.Name: _Walk.name,
    cst.Attribute: _Walk.attribute,
    cst.SimpleString: _Walk.string,
    cst.Subscript: _Walk.subscript,
    cst.Call: _Walk.call,
    cst.Arg: _Walk.argument,
    cst.Annotation: _Walk.annotation,
    cst.Assign: _Walk.assign,
    cst.AnnAssign: _Walk.ann_assign,
    cst.AugAssign: _Walk.aug_assign,
    cst.Del: _Walk.delete,
    cst.NamedExpr: _Walk.walrus,
    cst.For: _Walk.loop,
    cst.With: _Walk.with_,
    cst.ExceptHandler: _Walk.handler,
    cst.ExceptStarHandler: _Walk.handler,
    cst.Import: _Walk.import_,
    cst.ImportFrom: _Walk.import_from,
    cst.Global: _Walk.declare,
    cst.Nonlocal: _Walk.declare,
    cst.TypeAlias: _Walk.type_alias,
    cst.FunctionDef: _Walk.function,
    cst.Lambda: _Walk.lambda_,
    cst.ClassDef: _Walk.class_,
    cst.TypeVar: _Walk.type_parameter,
    cst.TypeVarTuple: _Walk.type_parameter,
    cst.ParamSpec: _Walk.type_parameter,
    cst.ListComp: _Walk.comprehension,
    cst.SetComp: _Walk.comprehension,
    cst.DictComp: _Walk.comprehension,
    cst.GeneratorExp: _Walk.comprehension,
    cst.Yield: _Walk.yield_,
    cst.Await: _Walk.await_,
    cst.MatchAs: _Walk.capture,
    cst.MatchStar: _Walk.capture,
    cst.MatchMapping: _Walk.mapping_pattern,
    cst.MatchKeywordElement: _Walk.keyword_pattern,
}


def _bound_name(alias: cst.ImportAlias) -> str:
    named = alias.asname.name if alias.asname else alias.name
    assert isinstance(named, cst.Name)
    return named.value
