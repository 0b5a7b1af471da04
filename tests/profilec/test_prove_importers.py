"""Proof 3 where a function imports a module: what that imports is found, or that it is not known."""

from pathlib import Path

import pytest
from proved_package import prove

DECIDED = {
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
}


@pytest.mark.parametrize("name", DECIDED)
def test_what_a_function_imports_is_found(name: str, tmp_path: Path) -> None:
    passes_on = "import importlib as il\nfrom importlib import import_module\n"
    files = {"shop/a.py": DECIDED[name], "shop/b.py": passes_on}
    (finding,) = prove(tmp_path, files)
    assert (finding.path, finding.message) == ("src/shop/a.py", "`threading` is forbidden")


UNDECIDED = {
    "an importing function has another name": "import importlib\nload = importlib.import_module",
    "an importing function is returned": "def f():\n    return __import__",
    "an importing function is in a table": "TABLE = {'run': exec}",
    "an importing function is set on an object": "import importlib\nx.load = importlib.import_module",
    "what has importing functions is handed on": (
        "import importlib\nclass A:\n    def __enter__(self):\n        return importlib\n\n"
        "with A() as x:\n    x.import_module('os')"
    ),
    "a plug-in is loaded": "import importlib.metadata as m\nm.distribution(x).entry_points[0].load()",
    "a plug-in that is written out is loaded": (
        "from importlib.metadata import EntryPoint\nEntryPoint('x', 'threading:Thread', 'g').load()"
    ),
    "a plug-in is loaded by setuptools": "import pkg_resources\npkg_resources.load_entry_point(a, b, c)",
    "a file is loaded": "import imp\nimp.load_source('x', path)",
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_a_function_imports_cannot_be_decided_where(name: str, tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": UNDECIDED[name]})
    assert (finding.code, finding.message) == ("PC406", "what is imported here cannot be decided")


UNSAID = {
    "getattr asks for a name": "getattr(time, name)(1)",
    "an entry of vars is asked for": "vars(time)[name](1)",
    "an entry of the namespace is asked for": "time.__dict__[name](1)",
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
    "a name that is written out": "import time\nfor name in ('time', 'monotonic'):\n    getattr(time, name)",
    "a method that is called like an importing function": "self.plugins.import_module(name)",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_a_function_imports_is_no_question_where(name: str, tmp_path: Path) -> None:
    assert prove(tmp_path, {"shop/a.py": HARMLESS[name]}) == []
