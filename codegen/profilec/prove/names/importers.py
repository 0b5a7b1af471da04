"""The functions that import a module, or run a text, when they are called: what they are named."""

import ast
import re
from collections.abc import Iterable, Sequence

from profilec.prove.names.modules import Module, lines_with
from profilec.prove.names.nodes import Nodes, last_name, walk_on

IMPORTERS = frozenset({
    "importlib.import_module", "importlib.__import__", "builtins.__import__", "runpy.run_module",
    "runpy._run_module_as_main", "importlib._bootstrap._gcd_import", "pkgutil.resolve_name", "pydoc.locate",
    "pydoc.safeimport",
})  # fmt: skip
"""Functions that import the module that their first argument names."""
_BY_ANY_MODULE = (".import_module", ".__import__")
"""Endings of names that such functions have in whatever module passes them on."""

RUNNERS = frozenset({"builtins.exec", "builtins.eval"})
"""Functions that run their first argument."""

_LOADERS = (
    "importlib.", "_frozen_importlib.", "pkgutil.", "zipimport.", "imp.", "sys.meta_path",
    "builtins.__loader__", "builtins.__spec__",
)  # fmt: skip
_LOADS = (".load_module", ".exec_module")
_PLUGINS = ("importlib.metadata.", "importlib_metadata.", "pkg_resources.")
_OF_PLUGINS = frozenset({"load", "resolve", "load_entry_point"})
_UNKNOWN = frozenset({"runpy.run_path", "imp.load_source", "imp.load_compiled", "imp.load_dynamic"})
OF_SPEC = "importlib.util.module_from_spec"

NAMES = _OF_PLUGINS | {
    name.rpartition(".")[2] for name in (*IMPORTERS, *_BY_ANY_MODULE, *RUNNERS, *_LOADS, *_UNKNOWN, OF_SPEC)
}
"""The last names of all these functions."""

NAMESPACES = frozenset({"importlib", "builtins", "runpy", "pkgutil"})
"""Modules that have such a function."""
ASKED = frozenset({"import_module", "__import__", "run_module", "run_path"})
"""The names of those functions that nothing else is likely to have."""

RUN_TIME = tuple(
    word.encode()
    for word in (
        "import_module", "__import__", "_gcd_import", "run_module", "run_path", "_run_module_as_main",
        "resolve_name", "load_module", "load_source", "load_dynamic", "module_from_spec", "exec_module",
        "entry_points", "iter_entry_points", "load_entry_point", "EntryPoint", "pydoc", "exec", "eval",
        "dictConfig", "DictConfigurator", "fileConfig", "loadTestsFromName", "loadTestsFromNames",
        "make_parser", "runctx", "runeval", "runsource", "run_string", "create_builtin", "create_dynamic",
        "timeit", "cProfile", "pdb", "interpreters", "pickle", "_pickle", "shelve", "executable",
        "bdb", "find_class", "mock", "InteractiveConsole", "Trace",
    )
)  # fmt: skip
"""Words of which a file must hold one, or call `compile`, to import anything but by an import statement."""
RUN_TIME_WORDS = frozenset(word.decode() for word in RUN_TIME)
_COMPILE = "compile"
_COMPILES = re.compile(rb"compile(?<![\w.]compile)\s*\(")
_WHOLE = {word: re.compile(rb"%s(?<!\w%s)(?!\w)" % (word, word)) for word in RUN_TIME}
"""Each of the words alone: a pattern that begins with plain text is found many times sooner."""
_CONTAINED = frozenset({
    "entry_points", "iter_entry_points", "load_entry_point", "EntryPoint", "pydoc", "timeit", "cProfile",
    "pdb", "interpreters", "pickle", "_pickle", "shelve", "executable", "bdb", "find_class", "mock",
    "InteractiveConsole", "Trace",
})  # fmt: skip
"""Words of what imports by what it returns or contains, and not where it is called."""
_WITH_WORDS = {
    ast.Attribute: "attr", ast.Name: "id", ast.alias: "name", ast.Constant: "value", ast.ImportFrom: "module",
}  # fmt: skip
"""What of a node may be a word."""


def may_import_at_run_time(data: bytes, module: Module) -> bool:
    """Whether a file names an importing function; most do not hold the words at all."""
    found = [pattern for word, pattern in _WHOLE.items() if word in data]
    lines = lines_with(data, _COMPILES, *found)
    return bool(lines) and names_importer(walk_on(module.syntax, lines))


def names_importer(nodes: Iterable[ast.AST]) -> bool:
    """Whether one of some nodes is a word with which modules are imported at run time."""
    return any(map(_is_word, nodes))


def calls_by_name(nodes: Nodes, names: frozenset[str]) -> Sequence[ast.Call]:
    """The calls among some nodes of what may have one of some names; all of them where that does not tell.

    It tells where a file names such functions only to import them, and to call them there and then.
    """
    calls = nodes.of(ast.Call)
    named = {id(call.func): call for call in calls if last_name(call.func) in names}
    told = named.keys() | _modes(calls)
    others = (node for node in with_words(nodes) if _word(node) in names and id(node) not in told)
    asking = nodes.of(ast.Call, ast.Subscript)
    tells = all(map(_is_plain, others)) and not any(map(_asks_for_pieces, asking))
    return list(named.values()) if tells else calls


def calls_of_named(nodes: Nodes, names: frozenset[str]) -> Sequence[ast.Call]:
    """The calls among some nodes of what has one of some names, or of what a call gives.

    All of them where something else is done with such a name, so that one may be called by another.
    """
    calls = nodes.of(ast.Call)
    called = {id(call.func) for call in calls}
    others = (one for one in with_words(nodes) if _word(one) in names and id(one) not in called)
    if not all(_is_plain(one) or isinstance(one, ast.Constant | ast.ImportFrom) for one in others):
        return calls
    return [call for call in calls if isinstance(call.func, ast.Call) or last_name(call.func) in names]


def _modes(calls: Iterable[ast.Call]) -> set[int]:
    """The arguments of `compile`, by ids: `exec` is none of the functions there."""
    return {id(given) for call in calls if last_name(call.func) == _COMPILE for given in call.args}


def calls_of_importers(nodes: Nodes) -> list[ast.Call] | None:
    """The calls among some nodes that can import, by what they call; None where that does not tell.

    It tells where a file names importing functions only to call them there and then. Else one may be called
    by another name, or by a function that it is given to.
    """
    calls = nodes.of(ast.Call)
    if any(map(_asks_for_pieces, calls)):
        return None
    direct = {id(call.func): call for call in calls if _is_word(call.func, _CONTAINED)}
    told = direct.keys() | _modes(calls)
    others = (node for node in with_words(nodes) if _is_word(node) and id(node) not in told)
    return list(direct.values()) if all(map(_is_plain, others)) else None


def _is_plain(node: ast.AST) -> bool:
    """Whether a node is an import that gives something no other name."""
    return isinstance(node, ast.alias) and node.asname in (None, node.name)


def with_words(nodes: Nodes) -> Sequence[ast.AST]:
    """Those among some nodes that may be a word."""
    return nodes.of(*_WITH_WORDS)


def _word(node: ast.AST) -> object:
    """What a node names; None where it names nothing."""
    part = _WITH_WORDS.get(type(node))
    return None if part is None else getattr(node, part)


def _is_word(node: ast.AST, but: frozenset[str] = frozenset()) -> bool:
    """Whether a node is a word with which modules are imported at run time; `re.compile` is none."""
    word = _word(node)
    if isinstance(word, str) and isinstance(node, ast.alias | ast.ImportFrom):
        word = word.rpartition(".")[2]
    is_compile = word == _COMPILE and isinstance(node, ast.Name)
    return is_compile or (word in RUN_TIME_WORDS and word not in but)


def _asks_for_pieces(node: ast.AST) -> bool:
    """Whether a node asks `getattr` or a namespace for a name that is put together."""
    pieces = (ast.BinOp, ast.JoinedStr, ast.Call, ast.Subscript)
    match node:
        case ast.Call(func=function, args=[_, name, *_]) if last_name(function) == "getattr":
            return isinstance(name, pieces)
        case ast.Subscript(value=ast.Attribute(attr="__dict__" | "modules") | ast.Call(), slice=name):
            return isinstance(name, pieces)
    return False


def is_importer(names: Iterable[str]) -> bool:
    """Whether one of the names of a function is that of one that imports."""
    return any(name in IMPORTERS or (name.endswith(_BY_ANY_MODULE) and "()" not in name) for name in names)


def is_loader(names: Iterable[str]) -> bool:
    """Whether one of the names of a function is that of a loader's that imports."""
    return any(name.endswith(_LOADS) and name.startswith(_LOADERS) for name in names)


def imports_what_is_not_said(names: Iterable[str]) -> bool:
    """Whether one of the names of a function is that of one that imports what no argument of it says."""
    return any(
        name in _UNKNOWN or (name.startswith(_PLUGINS) and name.rpartition(".")[2] in _OF_PLUGINS)
        for name in names
    )
