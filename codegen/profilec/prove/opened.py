"""Files that parity looks into again and again, since classes come from files all over a package."""

import ast
from collections.abc import Mapping
from functools import lru_cache

from profilec.prove.names.bindings import Binding, bindings
from profilec.prove.names.modules import Module, parse, statements

_FILES = 64
"""Files whose syntax is held at once."""


@lru_cache(maxsize=_FILES)
def opened(path: str, data: bytes) -> Module | None:
    """The parsed file, or None where this interpreter's grammar has no tree for it."""
    return parse(path, data)


@lru_cache(maxsize=_FILES)
def bindings_of(module: Module) -> Mapping[str, list[Binding]]:
    """What binds each name at the top of a module."""
    return bindings(module.syntax.body)


@lru_cache(maxsize=_FILES)
def attributes_set(module: Module) -> Mapping[str, Mapping[str, list[Binding]]]:
    """What a module sets on each of its names: `A.x = …`, by name and attribute."""
    found: dict[str, dict[str, list[Binding]]] = {}
    for node in statements(module.syntax.body):
        match node:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=owner), attr=name)]):
                found.setdefault(owner, {}).setdefault(name, []).append(node)
    return found


def origin_of(module: Module, alias: ast.alias) -> str | None:
    """The module that a part of a `from` import takes its name from."""
    return _origins(module).get(id(alias))


def module_named(module: Module, node: ast.expr) -> str | None:
    """The module that a name or an attribute in another stands for, as far as imports say so."""
    match node:
        case ast.Name(id=name):
            match bindings_of(module).get(name):
                case [*_, ast.alias(name=imported, asname=renamed) as alias]:
                    if origin := origin_of(module, alias):
                        return f"{origin}.{imported}"
                    return imported if renamed else name
        case ast.Attribute(value=value, attr=name):
            owner = module_named(module, value)
            return f"{owner}.{name}" if owner else None
    return None


@lru_cache(maxsize=_FILES)
def _origins(module: Module) -> Mapping[int, str]:
    """The modules that `from` imports take names from, by the ids of their parts."""
    found = (node for node in statements(module.syntax.body) if isinstance(node, ast.ImportFrom))
    return {id(alias): module.absolute(node.module, node.level) for node in found for alias in node.names}
