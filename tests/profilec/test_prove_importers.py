"""Proof 3 where a function imports a module: what that imports is found, or that it is not known."""

from pathlib import Path

import pytest
from profilec_project import Project
from proved_package import install, prove

DECIDED = {
    "by a patch": "from unittest.mock import patch\nwith patch('threading.Thread'): ...",
    "by a patch of a module by another name": "import unittest.mock as m\nm.patch('threading.Thread')",
    "by a namespace that another module passes on": "from .b import il\nil.import_module('threading')",
    "by a name that another module passes on": "from .b import import_module\nimport_module('threading')",
    "by a method caller": (
        "import importlib, operator\noperator.methodcaller('import_module', 'threading')(importlib)"
    ),
    "by __call__": "__import__.__call__('threading')",
    "by getattr of the builtins": "import builtins\ngetattr(builtins, 'exec')('import threading')",
    "by an entry of the builtins": "__builtins__['exec']('import threading')",
    "by the library's own machinery": "import _frozen_importlib as f\nf.__import__('threading')",
    "by a finder": "import sys\nfor f in sys.meta_path:\n    f.find_spec(x).loader.load_module('threading')",
    "by pydoc": "from pydoc import locate\nlocate('threading.Thread')",
    "by imp": "import imp\nimp.load_module('threading', file, path, x)",
    "by runpy": "import runpy\nrunpy._run_module_as_main('threading')",
    "by code that a function is made of": (
        "import types\nc = compile('import threading', '', 'exec')\ntypes.FunctionType(c, {})()"
    ),
    "by what timeit measures": "import timeit\ntimeit.timeit('threading.Lock()', 'import threading')",
    "by what a timer measures": "from timeit import Timer as T\nT(setup='import threading').timeit()",
    "by what is profiled": "import cProfile\ncProfile.run('import threading')",
    "by what is debugged": "import pdb\npdb.run('import threading')",
    "by what is traced": "import trace\ntrace.Trace(count=1).runctx('import threading')",
    "by a console": "import code\ncode.InteractiveConsole().runsource('import threading')",
    "by another interpreter": (
        "from concurrent import interpreters\ninterpreters.create().exec('import threading')"
    ),
    "by another process that is given code": (
        "import sys, subprocess\nsubprocess.run([sys.executable, '-c', 'import threading'])"
    ),
    "by another process that is given a module": (
        "import os, sys\nos.execv(sys.executable, (sys.executable, '-E', '-m', 'threading', 'x'))"
    ),
    "by a class of a handler of logs": (
        "import logging.config\nlogging.config.dictConfig({'handlers': {'a': {'class': 'threading.Thread'}}})"
    ),
    "by a factory of a handler of logs": (
        "from logging.config import dictConfig\nC = {'version': 1}\n"
        "C['filters'] = {'a': {'()': 'threading.Thread'}}\ndictConfig(config=C)"
    ),
    "by what a configuration of logs finds": (
        "from logging.config import dictConfig\n"
        "dictConfig({'handlers': {'a': {'class': 'x.Y', 'lock': 'ext://threading.lock'}}})"
    ),
    "by a loader of tests": (
        "import unittest\nunittest.defaultTestLoader.loadTestsFromNames(['os', 'threading.Thread'])"
    ),
    "by an old pickle": "import pickle\npickle.loads(b'cthreading\\nThread\\n.')",
    "by a pickle": (
        "import pickle\nDATA = b'\\x80\\x04\\x8c\\x09threading\\x8c\\x06Thread\\x93.'\npickle.loads(DATA)"
    ),
}


@pytest.mark.parametrize("name", DECIDED)
def test_what_a_function_imports_is_found(name: str, tmp_path: Path) -> None:
    passes_on = "import importlib as il\nfrom importlib import import_module\n"
    files = {"shop/a.py": DECIDED[name], "shop/b.py": passes_on}
    (finding,) = prove(tmp_path, files)
    assert (finding.path, finding.message) == ("src/shop/a.py", "`threading` is forbidden")


HEAD = "from importlib import import_module\nTABLE = {'os': 'json'}\n"
UNDECIDED = {
    "an importing function has another name": "import importlib\nload = importlib.import_module",
    "an importing function is returned": "def f():\n    return __import__",
    "an importing function is in a table": "TABLE = {'run': exec}",
    "an importing function is set on an object": "import importlib\nx.load = importlib.import_module",
    "what has importing functions is handed on": (
        "import importlib\nclass A:\n    def __enter__(self):\n        return importlib\n\n"
        "with A() as x:\n    x.import_module('os')"
    ),
    "a name is not found in a table": f"{HEAD}if name not in TABLE:\n    import_module(name)",
    "a name that was bound anew": f"{HEAD}if name in TABLE:\n    name = f()\n    import_module(name)",
    "a name that was found is read later": f"{HEAD}if name in TABLE:\n    f = lambda: import_module(name)",
    "a table has an entry of itself": f"{HEAD}x = (*y, x[-1])\nimport_module(x[-1][0])",
    "a table has a default": f"{HEAD}import_module(TABLE.get(name, name))",
    "a name begins as the package does": f"{HEAD}import_module(f'{{__package__}}{{name}}')",
    "a name begins with what is not known": f"{HEAD}import_module('{{}}.{{}}'.format(package, name))",
    "a module of another package is asked for": f"{HEAD}import_module(f'json.{{name}}')",
    "modules are listed without their package": (
        f"{HEAD}import pkgutil\nfor one in pkgutil.iter_modules(__path__):\n    import_module(one.name)"
    ),
    "a plug-in is loaded": "import importlib.metadata as m\nm.distribution(x).entry_points[0].load()",
    "a plug-in that is written out is loaded": (
        "from importlib.metadata import EntryPoint\nEntryPoint('x', 'threading:Thread', 'g').load()"
    ),
    "a plug-in is loaded by setuptools": "import pkg_resources\npkg_resources.load_entry_point(a, b, c)",
    "a file is loaded": "import imp\nimp.load_source('x', path)",
    "something is unpickled": "import pickle\npickle.load(file)",
    "something is unpickled, step by step": "from pickle import Unpickler as U\nU(file).load()",
    "something is taken off a shelf": "import shelve\nshelve.open(path)",
    "logs are configured with what is given": "from logging.config import dictConfig as d\nd(settings)",
    "logs are configured by a file": "import logging.config\nlogging.config.fileConfig(path)",
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_a_function_imports_cannot_be_decided_where(name: str, tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": UNDECIDED[name]})
    assert (finding.code, finding.message) == ("PC406", "what is imported here cannot be decided")


UNSAID = {
    "an attrgetter asks for a name": "import operator\noperator.attrgetter(name)(time)(1)",
    "an attrgetter is called for each": "from operator import attrgetter\nmap(attrgetter(name), [time])",
    "all of it is imported": "from time import __dict__ as clock\nclock[name](1)",
    "getattr asks for a name": "getattr(time, name)(1)",
    "an entry of vars is asked for": "vars(time)[name](1)",
    "an entry of the namespace is asked for": "time.__dict__[name](1)",
    "all of it is put into the namespace": "globals().update(vars(time))\nsleep(1)",
    "all of it is gone through": "for name, one in time.__dict__.items():\n    one(1)",
    "all of it is kept": "table = vars(time)\ntable['sleep'](1)",
    "an entry of all of it is asked for": "vars(time).get(name)(1)",
    "its members are asked for": "import inspect\nfor name, one in inspect.getmembers(time):\n    one(1)",
    "getattr is handed on": "import functools\nfunctools.reduce(getattr, ['sleep'], time)(1)",
    "getattr is called for each": "list(map(getattr, [time], ['sleep']))[0](1)",
}


@pytest.mark.parametrize("name", UNSAID)
def test_what_a_namespace_is_asked_for_cannot_be_decided_where(name: str, tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": f"import time\n{UNSAID[name]}\n"})
    assert (finding.code, finding.message) == ("PC406", "what `time` is asked for here cannot be decided")


HARMLESS = {
    "an importing function that is called by its new name": (
        "import importlib\nload = importlib.import_module\nload('os')"
    ),
    "an importing function that a table is asked for": "TABLE = {'run': exec}\nTABLE['run']('import os')",
    "a question whether something can be called": "callable(__import__)",
    "a namespace that nothing forbidden is in": "import json\ngetattr(json, name)",
    "the names of all that it has": (
        "import time\nsorted(vars(time))\nname in time.__dict__\nvars(time).keys()\n"
        "for name in vars(time):\n    vars(time)['time'], time.__dict__.get('monotonic')"
    ),
    "a name that is written out": "import time\nfor name in ('time', 'monotonic'):\n    getattr(time, name)",
    "a method that is called like an importing function": "self.plugins.import_module(name)",
    "an expression that is compiled": "import re\nre.compile('import threading')\ncompile(text, '', 'exec')",
    "code that is only parsed": "import ast\ncompile('import threading', '', 'exec', ast.PyCF_ONLY_AST)",
    "a function that is timed": "import timeit\ntimeit.timeit(run)",
    "another program that is started": "import subprocess\nsubprocess.run(['sh', '-c', 'import threading'])",
    "a logger": (
        "from logging.config import dictConfig\n"
        "dictConfig({'loggers': {'threading': {}}, 'handlers': {'a': {'class': 'logging.StreamHandler'}}})"
    ),
    "a name that was found in a table": f"{HEAD}if x and name in TABLE:\n    import_module(name)",
    "a name that something else is done without": (
        f"{HEAD}def f(name):\n    if name not in TABLE:\n        raise KeyError\n    import_module(name)"
    ),
    "what a table has for a name": f"{HEAD}if path := TABLE.get(name):\n    import_module(path)",
    "what a table that stays as it is has for a name": (
        f"{HEAD}import types\nPATHS = types.MappingProxyType({{'A': 'json'}})\nimport_module(PATHS[name])"
    ),
    "a part of what a table has": (
        f"{HEAD}PATHS = {{'A': ('json', 'A')}}\npath, name = PATHS[name]\nimport_module(path)"
    ),
    "one of a set": f"{HEAD}for name in frozenset({{'os', 'json'}}):\n    import_module(name)",
    "what is pickled": "import pickle\npickle.dumps(x)",
    "a module of the package": f"{HEAD}import_module(f'{{__name__}}.plugins.{{name}}')",
    "a module of the package, in a sum": f"{HEAD}import_module(__package__ + '.' + name)",
    "a module of the package, in a form": f"{HEAD}import_module('%s.%s' % (__package__, name))",
    "a module of the package, by its place": f"{HEAD}import_module('.' + name, __package__)",
    "a module of the package, by a level": "__import__(name, globals(), level=1)",
    "a module that the package lists": (
        f"{HEAD}import pkgutil\nfor one in pkgutil.iter_modules(__path__, __name__ + '.'):\n"
        "    import_module(one.name)"
    ),
    "a module that the package lists, in parts": (
        f"{HEAD}import pkgutil\nfor _, name, _ in pkgutil.walk_packages(path, prefix='shop.'):\n"
        "    import_module(name)"
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_a_function_imports_is_no_question_where(name: str, tmp_path: Path) -> None:
    assert prove(tmp_path, {"shop/a.py": HARMLESS[name]}) == []


LOST = {
    "by a specification": (
        "import importlib.util as u\nspec = u.find_spec('time')\nm = u.module_from_spec(spec)\nm.sleep(1)"
    ),
    "by a text": "names = {}\nexec('import time', names)\nnames['time'].sleep(1)",
}


@pytest.mark.parametrize("name", LOST)
def test_what_is_asked_for_may_be_that_of_a_module_that_is_imported(name: str, tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": LOST[name]})
    assert (finding.code, finding.message) == ("PC405", "this may be `time.sleep`, which is forbidden")


@pytest.mark.parametrize(
    "text",
    ["sys.modules[name].sleep(1)", "sys.modules.get(x).sleep(1)", "[m.sleep for m in sys.modules.values()]"],
)
def test_what_is_asked_for_may_be_that_of_any_module(text: str, tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": f"import sys\n{text}\nsys.modules[__name__].sleep(1)\n"})
    assert (finding.code, finding.line) == ("PC406", 2)
    assert finding.notes[-1] == "`sys.modules` is asked for a module that is not written out"


OWN = "from importlib import import_module\nimport_module(f'{__package__}.{name}')\n"


def test_what_a_dependency_imports_of_its_own_is_not_decided(tmp_path: Path) -> None:
    install(tmp_path / "deps", "fetch", {"fetch/__init__.py": OWN})
    (finding,) = prove(tmp_path, {"shop/a.py": "import fetch\n"}, requires=("fetch",))
    assert (finding.code, finding.message) == ("PC406", "what is imported here cannot be decided, in `fetch`")


def test_a_module_of_the_package_that_is_forbidden_may_be_imported(tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": OWN, "shop/b.py": ""}, forbid=("shop.b",))
    assert (finding.code, finding.line) == ("PC406", 2)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("with patch('shop.a.gone'): ...\n", ["`shop.a` has no `gone` in this tree"]),
        ("with patch('shop.a.gone', create=True): ...\n", []),
        ("with patch('shop.a.stay'): ...\n", []),
    ],
)
def test_a_patch_of_a_name_that_its_module_lost_is_found(
    text: str, found: list[str], project: Project
) -> None:
    head = "from profilec import only\nfrom shop._profile import THREADS\n\n"
    project.write({"src/shop/a.py": f"{head}@only(THREADS)\ndef gone(): ...\ndef stay(): ...\n"})
    project.write({"src/shop/b.py": f"from unittest.mock import patch\n\n{text}"})
    findings = project.run("check", "--json").json["findings"]
    assert [one["message"] for one in findings if one["code"] == "PC404"] == found
