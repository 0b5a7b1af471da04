"""What one text says to the other files of its package, what it asks them for, and what may be skipped of it.

Plain data, from the standard library's parser, because pruning asks it of many files of which nothing else
has to be known.
"""

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cached_property

import libcst as cst
from msgspec import Struct

from profilec.syntax.depth import room_for_depth
from profilec.syntax.read import Text, UnreadableSourceError
from profilec.syntax.scope_walk import parsed
from profilec.syntax.scopes import imported_paths, package_name
from profilec.syntax.skipped import Part, skippable

_PATH = re.compile(r"[\w.:]+")
"""A name, or several with dots or colons between them."""


class Outline(Struct, frozen=True, dict=True):
    """The imports of one text.

    Attributes:
        targets: the dotted path of what each import binds, in any scope.
        stars: the modules that everything is imported from.
        at_top: the dotted path of all that the statements at the top ask for whenever the module is imported.
        statements: the first and last lines of the statements at the top, those on one line together.
        parts: what need not be read of it, unless a decision may hang on it.
        listed: the names in `__all__`; None where no single list of strings is assigned to it.
        bound: the names that the statements at the top bind.
        passed_on: the path of what each name stands for that nothing but one import at the top binds.
        is_complete: false where the text cannot be parsed, so that it may import anything.
    """

    targets: frozenset[str] = frozenset()
    stars: frozenset[str] = frozenset()
    at_top: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()
    passed_on: Mapping[str, str] = {}
    statements: tuple[tuple[int, int], ...] = ()
    parts: tuple[Part, ...] = ()
    listed: frozenset[str] | None = None
    is_complete: bool = True

    @cached_property
    def reached(self) -> frozenset[str]:
        """The targets, what is around them, and the modules that everything is imported from."""
        parts = (target.split(".") for target in self.targets)
        around = {".".join(path[:end]) for path in parts for end in range(1, len(path) + 1)}
        return frozenset(around | self.stars)


def outline(_: None, text: Text) -> Outline:
    """Return the imports of a text."""
    if (body := _body(text)) is None:
        return _of_another_version(text)
    package = package_name(text.path)
    statements = list(_statements(body))
    found = [pair for node in statements for pair in _bound(node, package)]
    stars = {path.removesuffix(".*") for name, path in found if name == "*"}
    at_top = [path for node in body for path in _asked_for(node, package)]
    targets = frozenset(path for name, path in found if name != "*")
    listed = _listed(body) if text.content.count("__all__") == 1 else None
    paths = _paths_at_top(body, package)
    for name in (name for node in statements if isinstance(node, ast.Global) for name in node.names):
        paths.setdefault(name, []).append(None)  # functions bind it, too
    return Outline(
        targets,
        frozenset(stars),
        frozenset(at_top),
        frozenset(paths),
        _passed_on(paths),
        tuple(_lines_of(body)),
        skippable(text.content, body),
        listed,
    )


def _lines_of(body: list[ast.stmt]) -> Iterator[tuple[int, int]]:
    """Yield the first and last lines of some statements, those on one line together."""
    first = last = 0
    for node in body:
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        start = decorators[0].lineno if decorators else node.lineno
        if start > last:
            if last:
                yield first, last
            first = start
        last = node.end_lineno or start
    if last:
        yield first, last


def _listed(body: list[ast.stmt]) -> frozenset[str] | None:
    for node in body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id="__all__")], value=ast.List(elts=names) | ast.Tuple(elts=names)
            ):
                listed = [name.value for name in names if isinstance(name, ast.Constant)]
                return frozenset(map(str, listed)) if len(listed) == len(names) else None
    return None


def asked_of_others(_: None, text: Text) -> frozenset[str]:
    """Return the attributes that a text asks for, as `module.run` and as `run`, and the paths in its strings.

    Of a name that surely is one import, `run` has the whole path before it. Paths in strings begin with a
    quotation mark. Prose is none of it: neither comments nor docstrings. Nor are the names in `__all__` that
    the text itself binds, and what is asked of `self`, which is no module.
    """
    found: set[str] = set()
    body = _body(text) or []
    paths = _paths_at_top(body, package_name(text.path))
    nodes = list(_asking(body))
    local = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    instances = {"self", "cls"} - local
    local |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    single = _passed_on(paths)
    sure = {name: path for name, path in single.items() if name not in local}
    of_exceptions = {one for node in nodes if isinstance(node, ast.ExceptHandler) for one in _asked_of(node)}
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                listed = (part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant))
                found |= {f"'{name}" for name in set(map(str, listed)) - paths.keys()}
            case ast.Attribute() if node in of_exceptions:
                pass
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in sure:
                found |= {f"{owner}.{name}", f"{sure[owner]}.{name}"}
            case ast.Attribute(value=ast.Name(id=owner)) if owner in instances:
                pass
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                found |= {name, f"{owner}.{name}"}
            case ast.Attribute(attr=name):
                found.add(name)
            case ast.Constant(value=str(written)) if _PATH.fullmatch(written):
                found.add(f"'{written.replace(':', '.')}")
    return frozenset(found)


def _asked_of(handler: ast.ExceptHandler) -> Iterator[ast.Attribute]:
    """Yield the attributes of the exception that a handler names, where it is nothing else in there."""
    within = [*_asking(handler.body)]
    bound = {node.id for node in within if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in within if isinstance(node, ast.arg)}
    for node in within if handler.name not in bound else ():
        match node:
            case ast.Attribute(value=ast.Name(id=name)) if name == handler.name:
                yield node


def spoken(_: None, text: Text) -> frozenset[str]:
    """Return what a text says otherwise than by plain names: attributes, keywords, and paths in strings.

    Of a path in a string also the last part. All its words, where the running Python does not read the text.
    """
    body = _body(text)
    if body is None:
        paths = _PATH.findall(text.content)
        return frozenset(paths).union(*(re.split(r"[.:]", path) for path in paths))
    found: set[str] = set()
    for node in _asking(body):
        match node:
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                found.add(name)
            case ast.Constant(value=str(written)) if _PATH.fullmatch(written):
                path = written.replace(":", ".")
                found |= {path, path.rpartition(".")[2]}
    return frozenset(found)


def _asking(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes of a text, but nothing within `__all__`, and no docstrings."""
    pending: list[ast.AST] = [*body]
    while pending:
        node = pending.pop()
        match node:
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                pass
            case _:
                pending += ast.iter_child_nodes(node)
        yield node


def _body(text: Text) -> list[ast.stmt] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(text.content).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _statements(body: list[ast.stmt]) -> Iterator[ast.AST]:
    pending: list[ast.AST] = [*body]
    while pending:
        node = pending.pop()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, part, None)
            if isinstance(inner, list):
                pending += inner


def _bound(node: ast.AST, package: str) -> Iterator[tuple[str, str]]:
    """Yield the names that an import binds, each with the path of what it then stands for."""
    match node:
        case ast.Import():
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        case ast.ImportFrom():
            origin = _origin(node, package)
            for alias in node.names:
                yield (alias.asname or alias.name, f"{origin}.{alias.name}")


def _asked_for(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (path for name, path in _bound(node, package) if name != "*")


def _origin(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = ".".join(parts[: max(0, len(parts) - node.level + 1)])
    return f"{base}.{node.module}" if node.module else base


def _paths_at_top(body: list[ast.stmt], package: str) -> dict[str, list[str | None]]:
    """Return the names that the statements at the top bind, each with what it stands for by each binding."""
    bindings: dict[str, list[str | None]] = {}
    pending: list[ast.AST] = [*body]
    while pending:
        node = pending.pop()
        match node:
            case ast.Import() | ast.ImportFrom():
                for name, path in _bound(node, package):
                    bindings.setdefault(name, []).append(path)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                bindings.setdefault(node.name, []).append(None)
            case ast.Name(ctx=ast.Store()):
                bindings.setdefault(node.id, []).append(None)
            case ast.stmt() | ast.ExceptHandler() | ast.match_case() | ast.withitem():
                if isinstance(node, ast.ExceptHandler) and node.name:
                    bindings.setdefault(node.name, []).append(None)
                pending += ast.iter_child_nodes(node)
            case ast.Tuple(ctx=ast.Store()) | ast.List(ctx=ast.Store()) | ast.Starred(ctx=ast.Store()):
                pending += ast.iter_child_nodes(node)
    return bindings


def _passed_on(paths: Mapping[str, list[str | None]]) -> dict[str, str]:
    """Return what each name stands for that nothing but one import binds."""
    return {name: found[0] for name, found in sorted(paths.items()) if len(found) == 1 and found[0]}


@room_for_depth()
def _of_another_version(text: Text) -> Outline:
    """Return the imports of a text that the running Python does not read, as LibCST sees them."""
    try:
        syntax, names = parsed(text)
    except (UnreadableSourceError, RecursionError):
        return Outline(is_complete=False)
    root = names.root.bindings.items()
    single = {name: found[0].target for name, found in root if len(found) == 1}
    bound = [b for scope in names.scopes for found in scope.bindings.values() for b in found if b.target]
    lines = (line for line in syntax.module.body if isinstance(line, cst.SimpleStatementLine))
    imports = [node for line in lines for node in line.body if isinstance(node, cst.Import | cst.ImportFrom)]
    named = (node.names for node in imports if not isinstance(node.names, cst.ImportStar))
    aliases = {alias for aliases in named for alias in aliases}
    return Outline(
        frozenset(binding.target for binding in bound if binding.target),
        frozenset(star.module for star in names.stars),
        frozenset(
            [b.target for b in bound if b.target and b.node in aliases]
            + [path for node in imports for path in imported_paths(node)]
        ),
        frozenset(names.root.bindings),
        {name: target for name, target in sorted(single.items()) if target},
    )
