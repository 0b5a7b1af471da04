"""The functions that import a module, or run a text, when they are called: what they are named."""

import ast
import re
from collections.abc import Iterable

from profilec.prove.names.modules import Module, lines_with
from profilec.prove.names.nodes import last_name, walk_on

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
_UNKNOWN = frozenset({"runpy.run_path", "imp.load_source", "imp.load_compiled", "imp.load_dynamic"})

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
    )
)  # fmt: skip
"""Words of which a file must hold one, or call `compile`, to import anything but by an import statement."""
RUN_TIME_WORDS = frozenset(word.decode() for word in RUN_TIME)
_COMPILES = rb"(?<![\w.])compile\s*\("
_RUN_TIME = re.compile(rb"(?<!\w)(?:%s)(?!\w)|%s" % (b"|".join(RUN_TIME), _COMPILES))
_COMPILE = "compile"
_CONTAINED = frozenset({
    "entry_points", "iter_entry_points", "load_entry_point", "EntryPoint", "pydoc", "timeit", "cProfile",
    "pdb", "interpreters", "pickle", "_pickle", "shelve", "executable",
})  # fmt: skip
"""Words of what imports by what it returns or contains, and not where it is called."""
_WITH_WORDS = {
    ast.Attribute: "attr", ast.Name: "id", ast.alias: "name", ast.Constant: "value", ast.ImportFrom: "module",
}  # fmt: skip
"""What of a node may be a word."""


def may_import_at_run_time(data: bytes, module: Module) -> bool:
    """Whether a file names an importing function; most do not hold the words at all."""
    if not any(word in data for word in RUN_TIME) and not re.search(_COMPILES, data):
        return False
    return names_importer(walk_on(module.syntax, lines_with(_RUN_TIME, data)))


def names_importer(nodes: Iterable[ast.AST]) -> bool:
    """Whether one of some nodes is a word with which modules are imported at run time."""
    return any(map(_is_word, nodes))


def calls_of_importers(nodes: Iterable[ast.AST]) -> list[ast.Call] | None:
    """The calls among some nodes that can import, by what they call; None where that does not tell.

    It tells where a file names importing functions only to call them there and then. Else one may be called
    by another name, or by a function that it is given to.
    """
    nodes = list(nodes)
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    if any(map(_asks_for_pieces, calls)):
        return None
    direct = {id(call.func): call for call in calls if _is_word(call.func, _CONTAINED)}
    modes = {id(given) for call in calls if last_name(call.func) == "compile" for given in call.args}
    told = direct.keys() | modes
    others = (node for node in nodes if _is_word(node) and id(node) not in told)
    if any(not isinstance(one, ast.alias) or one.asname not in (None, one.name) for one in others):
        return None
    return list(direct.values())


def _is_word(node: ast.AST, but: frozenset[str] = frozenset()) -> bool:
    """Whether a node is a word with which modules are imported at run time; `re.compile` is none."""
    part = _WITH_WORDS.get(type(node))
    word = None if part is None else getattr(node, part)
    is_compile = word == _COMPILE and isinstance(node, ast.Name)
    return is_compile or (word in RUN_TIME_WORDS and word not in but)


def _asks_for_pieces(call: ast.Call) -> bool:
    """Whether a call is that of `getattr` with a name that is put together."""
    pieces = (ast.BinOp, ast.JoinedStr, ast.Call, ast.Subscript)
    return last_name(call.func) == "getattr" and any(isinstance(one, pieces) for one in call.args[1:2])


def is_importer(names: Iterable[str]) -> bool:
    """Whether one of the names of a function is that of one that imports."""
    return any(name in IMPORTERS or (name.endswith(_BY_ANY_MODULE) and "()" not in name) for name in names)


def is_loader(names: Iterable[str]) -> bool:
    """Whether one of the names of a function is that of a loader's that imports."""
    return any(name.endswith(_LOADS) and name.startswith(_LOADERS) for name in names)


def imports_what_is_not_said(names: Iterable[str]) -> bool:
    """Whether one of the names of a function is that of one that imports what no argument of it says."""
    return any(
        name in _UNKNOWN
        or (name.startswith(_PLUGINS) and name.rpartition(".")[2] in ("load", "resolve", "load_entry_point"))
        for name in names
    )
