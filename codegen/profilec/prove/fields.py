"""Classes whose fields make their constructor: dataclasses, named tuples, and what libraries have alike."""

import ast
from collections.abc import Callable

from profilec.prove.names.behind import decorator_names
from profilec.prove.names.modules import statements
from profilec.prove.names.nodes import last_name

_DECORATORS = frozenset({"dataclass", "define", "frozen", "mutable", "attrs"})
_BASES = frozenset({"NamedTuple", "Struct", "BaseModel"})
_SPECIFIERS = frozenset({"field", "Field", "attrib", "ib"})
_DEFAULTS = frozenset({"default", "default_factory", "factory"})
_OF_DATACLASS = {
    "init": "True", "eq": "True", "order": "False", "unsafe_hash": "False", "frozen": "False",
    "match_args": "True", "kw_only": "False",
}  # fmt: skip
"""Arguments of `dataclass` that show from outside, with what they are where they are not given."""

type Declared = Callable[[ast.stmt], bool]


def makes_constructor(definition: ast.ClassDef) -> bool:
    """Whether the fields of a class make its constructor."""
    by_base = not _BASES.isdisjoint(map(last_name, definition.bases))
    return by_base or not _DECORATORS.isdisjoint(decorator_names(definition))


def constructor(definition: ast.ClassDef, is_declared: Declared) -> str:
    """The parameters of a constructor that the fields of a class make, as a signature."""
    plain, keywords = fields_of(definition, is_declared)
    named = sorted(_shown(node) for node in keywords)
    return f"({', '.join([*map(_shown, plain), *(['*'] if named else []), *named])})"


def fields_of(
    definition: ast.ClassDef, is_declared: Declared = lambda _: False
) -> tuple[list[ast.AnnAssign], list[ast.AnnAssign]]:
    """The fields of a class that are parameters of its constructor: in order, and by their names alone."""
    only_keywords = _is_true(_options(definition), "kw_only")
    plain: list[ast.AnnAssign] = []
    keywords: list[ast.AnnAssign] = []
    for node in statements(definition.body):
        match node:
            case ast.AnnAssign(target=ast.Name(), annotation=annotation) if (
                last_name(annotation) == "KW_ONLY"
            ):
                only_keywords = True
            case ast.AnnAssign(target=ast.Name(), annotation=annotation) if not (
                is_declared(node) or last_name(_outer(annotation)) == "ClassVar"
            ):
                options = _specified(node.value)
                if _is_false(options, "init"):
                    continue
                by_keyword = _is_true(options, "kw_only") if "kw_only" in options else only_keywords
                (keywords if by_keyword else plain).append(node)
    return plain, keywords


def _shown(field: ast.AnnAssign) -> str:
    annotation = ast.unparse(field.annotation)
    return f"{ast.unparse(field.target)}: {annotation}{' = …' if has_default(field.value) else ''}"


def has_default(value: ast.expr | None) -> bool:
    """Whether what a field is set to gives it a default."""
    if not isinstance(value, ast.Call) or last_name(value.func) not in _SPECIFIERS:
        return value is not None
    return bool(value.args) or not _DEFAULTS.isdisjoint(_specified(value))


def options_shown(decorator: ast.Call) -> str:
    """What a decorator is called with, as far as it shows from outside."""
    if last_name(decorator.func) != "dataclass":
        return ""
    given = {one.arg: ast.unparse(one.value) for one in decorator.keywords if one.arg in _OF_DATACLASS}
    shown = [f"{name}={value}" for name, value in sorted(given.items()) if value != _OF_DATACLASS[name]]
    return f"({', '.join(shown)})" if shown else ""


def _options(definition: ast.ClassDef) -> dict[str, ast.expr]:
    calls = (one for one in definition.decorator_list if isinstance(one, ast.Call))
    keywords = [keyword for one in calls if last_name(one.func) in _DECORATORS for keyword in one.keywords]
    return {one.arg: one.value for one in (*keywords, *definition.keywords) if one.arg}


def _specified(value: ast.expr | None) -> dict[str, ast.expr]:
    """What a field is specified with."""
    if not isinstance(value, ast.Call) or last_name(value.func) not in _SPECIFIERS:
        return {}
    return {one.arg: one.value for one in value.keywords if one.arg}


def _outer(annotation: ast.expr) -> ast.expr:
    return annotation.value if isinstance(annotation, ast.Subscript) else annotation


def _is_true(options: dict[str, ast.expr], name: str) -> bool:
    match options.get(name):
        case ast.Constant(value=bool(value)):
            return value
    return False


def _is_false(options: dict[str, ast.expr], name: str) -> bool:
    return name in options and not _is_true(options, name)
