"""Functions of the standard library that run texts which they are given, or import what these name.

Those that are there for nothing else, such as `exec` and `import_module`, are in `importers`.
"""

import ast
import pickletools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice, product

from profilec.prove.names.literals import ANY, Texts
from profilec.prove.names.meanings import Meanings

type Parameter = tuple[str, int]
"""A parameter by its name and its place."""

_TIMED: tuple[Parameter, ...] = (("setup", 1), ("stmt", 0))
_STATEMENT: tuple[Parameter, ...] = (("statement", 0),)
_COMMAND: tuple[Parameter, ...] = (("cmd", 0),)
_RUNNING: Mapping[str, tuple[Parameter, ...]] = {
    "builtins.compile": (("source", 0),),
    "timeit.timeit": _TIMED,
    "timeit.repeat": _TIMED,
    "timeit.Timer": _TIMED,
    "cProfile.run": _STATEMENT,
    "cProfile.runctx": _STATEMENT,
    "cProfile.Profile().run": _COMMAND,
    "cProfile.Profile().runctx": _COMMAND,
    "profile.runctx": _STATEMENT,
    "pdb.run": _STATEMENT,
    "pdb.runeval": (("expression", 0),),
    "pdb.Pdb().run": _COMMAND,
    "pdb.Pdb().runctx": _COMMAND,
    "bdb.Bdb().run": _COMMAND,
    "bdb.Bdb().runctx": _COMMAND,
    "bdb.Bdb().runeval": (("expr", 0),),
    "trace.Trace().run": _COMMAND,
    "trace.Trace().runctx": _COMMAND,
    "code.InteractiveInterpreter().runsource": (("source", 0),),
    "code.InteractiveConsole().runsource": (("source", 0),),
    "code.InteractiveConsole().push": (("line", 0),),
    "concurrent.interpreters.create().exec": (("code", 0),),
    "_interpreters.run_string": (("script", 1),),
}
"""Functions that run texts, each with the parameters that hold them, in the order in which they are run."""
_NAMING: Mapping[str, Parameter] = {
    "unittest.TestLoader().loadTestsFromName": ("name", 0),
    "unittest.TestLoader().loadTestsFromNames": ("names", 0),
    "unittest.defaultTestLoader.loadTestsFromName": ("name", 0),
    "unittest.defaultTestLoader.loadTestsFromNames": ("names", 0),
    "xml.sax.make_parser": ("parser_list", 0),
    "pickle.Unpickler().find_class": ("module_name", 0),
    "unittest.mock.patch": ("target", 0),
}
"""Functions that import what a parameter names, or each of what it names."""
_CONFIGURING = frozenset({"logging.config.dictConfig", "logging.config.DictConfigurator"})
_UNPICKLING = frozenset({
    "pickle.load", "pickle.loads", "pickle.Unpickler().load", "_pickle.load", "_pickle.loads",
})  # fmt: skip
_FROM_DATA = frozenset({
    "logging.config.fileConfig", "shelve.open", "_imp.create_builtin", "_imp.create_dynamic",
})  # fmt: skip
"""Functions that import what no text of a program names."""

NAMING = frozenset(name.rpartition(".")[2] for name in (*_NAMING, *_CONFIGURING, *_UNPICKLING))
"""The last names of the functions that import what a text names."""
RUN_BY_NAME = frozenset(
    name.rpartition(".")[2] for name in (*_RUNNING, *_NAMING, *_CONFIGURING, *_UNPICKLING, *_FROM_DATA)
)
"""The last names of all these functions."""

_UNKNOWN: Texts = frozenset({None})
_MOST_TEXTS = 64
"""Texts that one call is taken to run."""
_DEEPEST = 8
"""Tables in tables that are looked into."""


def texts_run(called: Iterable[str], call: ast.Call, meanings: Meanings) -> Iterator[str]:
    """The texts that a call of a function with one of some names runs; those of one call are run together."""
    parameters = next((_RUNNING[name] for name in sorted(called) if name in _RUNNING), ())
    if len(call.args) > 3 or any(keyword.arg == "flags" for keyword in call.keywords):
        return  # `compile` that only parses
    found = (meanings.literals.texts(_given(call, parameter)) for parameter in parameters)
    parts = [sorted(texts) for texts in found if texts]
    if parts:
        yield from map("\n".join, islice(product(*parts), _MOST_TEXTS))


def named_in(called: frozenset[str], call: ast.Call, meanings: Meanings) -> Texts:
    """What a call of a function with one of some names imports, None for what is not written out."""
    if not called.isdisjoint(_CONFIGURING):
        return frozenset(_configured(_given(call, ("config", 0)), meanings)) or _UNKNOWN
    if not called.isdisjoint(_UNPICKLING):
        return frozenset(_pickled(call.args[0] if call.args else None, meanings)) or _UNKNOWN
    if not called.isdisjoint(_FROM_DATA):
        return _UNKNOWN
    literals, found = meanings.literals, set[str]()
    for parameter in (_NAMING[name] for name in called if name in _NAMING):
        given = _given(call, parameter)
        if given is not None:
            found |= literals.texts(given).union(*map(literals.texts, literals.inside(given)))
    return frozenset(found)


def started(node: ast.List | ast.Tuple, meanings: Meanings) -> tuple[str, ast.expr] | None:
    """What a command that starts this Python has it run: `-c` and a text, or `-m` and a module's name."""
    for place, part in enumerate(node.elts[:-1]):
        match part:
            case ast.Constant(value="-c" | "-m" as option):
                python = (name for one in node.elts[:place] for name in meanings.names(one))
                return (str(option), node.elts[place + 1]) if "sys.executable" in python else None
    return None


def _given(call: ast.Call, parameter: Parameter) -> ast.expr | None:
    name, place = parameter
    by_name = (keyword.value for keyword in call.keywords if keyword.arg == name)
    return call.args[place] if len(call.args) > place else next(by_name, None)


def _configured(table: ast.expr | None, meanings: Meanings, depth: int = 0) -> Iterator[str]:
    """What a configuration of `logging` has imported: classes, factories and what `ext://` stands before."""
    literals = meanings.literals
    if table is None or depth > _DEEPEST:
        return
    for key in ("class", "()"):
        for value in literals.inside(table, ast.Constant(key)):
            yield from literals.texts(value)
    for value in literals.inside(table, ANY):
        yield from (text[6:] for text in literals.texts(value) if text.startswith("ext://"))
        yield from _configured(value, meanings, depth + 1)


def _pickled(data: ast.expr | None, meanings: Meanings) -> Iterator[str]:
    """The names in a pickle that is written out."""
    for one in [data, *(meanings.behind.of(data) if data is not None else ())]:
        match one:
            case ast.Constant(value=bytes(pickle)):
                with suppress(ValueError, IndexError):
                    yield from _globals(pickle)


def _globals(pickle: bytes) -> Iterator[str]:
    texts: list[str] = []
    for operation, argument, _ in pickletools.genops(pickle):
        if operation.name in ("GLOBAL", "INST"):
            yield str(argument).replace(" ", ".")
        elif operation.name == "STACK_GLOBAL" and len(texts) > 1:
            yield ".".join(texts[-2:])
        elif isinstance(argument, str):
            texts.append(argument)
