"""Proof 3 knows what an expression stands for, by whatever way a name comes to what is forbidden."""

from pathlib import Path

import pytest
from proved_package import FORBID, prove

SLEEPS = {
    "an element that a loop goes through": "for clock in (os, time):\n    clock.sleep(1)",
    "an element of a table by name": "CLOCKS = [time]\nfor clock in CLOCKS:\n    clock.sleep(1)",
    "a value of a dictionary": "for clock in {'a': time}.values():\n    clock.sleep(1)",
    "a pair of a dictionary": "for name, clock in {'a': time}.items():\n    clock.sleep(1)",
    "an element in a comprehension": "[clock.sleep(1) for clock in (time,)]",
    "an entry by its key": "CLOCKS = {'a': time}\nCLOCKS['a'].sleep(1)",
    "an entry by its place": "CLOCKS = [time]\nCLOCKS[0].sleep(1)",
    "an entry by get": "CLOCKS = dict(a=time)\nCLOCKS.get('a').sleep(1)",
    "the default of get": "CLOCKS = {}\nCLOCKS.get('a', time).sleep(1)",
    "an attribute of self": (
        "class A:\n    def __init__(self):\n        self._clock = time\n"
        "    def f(self):\n        self._clock.sleep(1)"
    ),
    "an attribute of a class": "class A:\n    clock = time\n\nA.clock.sleep(1)",
    "an attribute of an instance": "class A:\n    clock = time\n\na = A()\na.clock.sleep(1)",
    "an attribute of a class, by cls": (
        "class A:\n    clock = time\n    @classmethod\n    def f(cls):\n        cls.clock.sleep(1)"
    ),
    "a class that answers for another": (
        "class A:\n    def __getattr__(self, name):\n        return getattr(time, name)\n\nA().sleep(1)"
    ),
    "an inherited attribute": (
        "class A:\n    clock = time\nclass B(A):\n    def f(self):\n        self.clock.sleep(1)"
    ),
    "an attribute of a generic class": (
        "class A[T]:\n    clock = time\n    def f[U](self):\n        self.clock.sleep(1)"
    ),
    "an import in a class": (
        "class A:\n    import time as clock\n    def f(self):\n        self.clock.sleep(1)"
    ),
    "a property": (
        "class A:\n    @property\n    def clock(self):\n        return time\n"
        "    def f(self):\n        self.clock.sleep(1)"
    ),
    "what a function returns": "def clock():\n    return time\n\nclock().sleep(1)",
    "what a lambda returns": "(lambda: time)().sleep(1)",
    "a default": "def f(clock=time):\n    clock.sleep(1)",
    "a default by keyword": "def f(*, clock=time):\n    clock.sleep(1)",
    "a default of a lambda": "f = lambda clock=time: clock.sleep(1)",
    "a walrus": "if clock := time:\n    clock.sleep(1)",
    "a walrus in a comprehension": "[(clock := time) for _ in 'a']\nclock.sleep(1)",
    "what a with statement binds": "with contextlib.nullcontext(time) as clock:\n    clock.sleep(1)",
    "a capture of match": "match time:\n    case clock:\n        clock.sleep(1)",
    "a capture of match with a pattern": "match time:\n    case object() as clock:\n        clock.sleep(1)",
    "an assignment to several": "clock, system = time, os\nclock.sleep(1)",
    "an assignment to a list": "(clock, *others) = [time, os]\nclock.sleep(1)",
    "an assignment in a row": "one = clock = time\nclock.sleep(1)",
    "an assignment with a type": "clock: object = time\nclock.sleep(1)",
    "a partial": "functools.partial(time.sleep, 1)()",
    "a decorator": "@time.sleep\ndef f(): ...",
    "attrgetter": "operator.attrgetter('sleep')(time)(1)",
    "__getattribute__": "time.__getattribute__('sleep')(1)",
    "__getattribute__ of object": "object.__getattribute__(time, 'sleep')(1)",
    "getattr with a name of a constant": "NAP = 'sleep'\ngetattr(time, NAP)(1)",
    "the module's own namespace": "globals()['time'].sleep(1)",
    "the namespace of a function": "def f(): ...\n\nf.__globals__['time'].sleep(1)",
    "the module by its name": "import sys\nsys.modules['time'].sleep(1)",
    "the module by get": "import sys\nsys.modules.get('time').sleep(1)",
    "a module read again": "import importlib\nimportlib.reload(time).sleep(1)",
    "eval": "eval('time.sleep(1)')",
    "exec": "exec('from time import sleep as nap')",
    "exec of an import of everything": "exec('from time import *\\nsleep(1)')",
    "exec of what compile gives": "code = compile('time.sleep(1)', 'here', 'exec')\nexec(code)",
    "resolve_name": "import pkgutil\npkgutil.resolve_name('time:sleep')(1)",
    "resolve_name with dots": "from pkgutil import resolve_name\nresolve_name('time.sleep')(1)",
    "cast": "import typing\ntyping.cast(object, time).sleep(1)",
    "an argument": "def f(clock):\n    clock.sleep(1)\n\nf(time)",
    "an argument by keyword": "def f(*, clock):\n    clock.sleep(1)\n\nf(clock=time)",
    "one of many arguments": "def f(*clocks):\n    for c in clocks:\n        c.sleep(1)\n\nf(os, time)",
    "one of many keywords": "def f(**clocks):\n    clocks['a'].sleep(1)\n\nf(a=time)",
    "an argument of a lambda": "f = lambda clock: clock.sleep(1)\nf(time)",
    "an argument of a method": "class A:\n    def f(self, clock):\n        clock.sleep(1)\n\nA().f(time)",
    "an argument of a method, by its class": (
        "class A:\n    def f(self, clock):\n        clock.sleep(1)\n\nA.f(A(), time)"
    ),
    "an argument of a class method": (
        "class A:\n    @classmethod\n    def f(cls, clock):\n        clock.sleep(1)\n\nA.f(time)"
    ),
    "an argument of a static method": (
        "class A:\n    @staticmethod\n    def f(clock):\n        clock.sleep(1)\n\nA.f(time)"
    ),
    "what an instance is made with": (
        "class A:\n    def __init__(self, clock):\n        self.clock = clock\n"
        "    def f(self):\n        self.clock.sleep(1)\n\nA(time)"
    ),
    "what a class makes itself with": (
        "class A:\n    def __init__(self, clock):\n        self.clock = clock\n    @classmethod\n"
        "    def make(cls):\n        return cls(time)\n    def f(self):\n        self.clock.sleep(1)"
    ),
    "what a subclass is made with": (
        "class A:\n    def __init__(self, clock):\n        self.clock = clock\n"
        "class B(A):\n    def __init__(self):\n        super().__init__(time)\n"
        "    def f(self):\n        self.clock.sleep(1)"
    ),
    "a field of a dataclass": (
        "from dataclasses import dataclass\n\n@dataclass\nclass A:\n    x: int\n    clock: object\n\n"
        "a = A(1, time)\na.clock.sleep(1)"
    ),
    "a field of a named tuple": (
        "from typing import NamedTuple\n\nclass A(NamedTuple):\n    clock: object\n\n"
        "A(clock=time).clock.sleep(1)"
    ),
    "an attribute that is set from outside": "class A: ...\n\na = A()\na.clock = time\na.clock.sleep(1)",
    "an attribute of a class that is set": "class A: ...\n\nA.clock = time\nA.clock.sleep(1)",
    "an attribute that setattr sets": "class A: ...\n\na = A()\nsetattr(a, 'clock', time)\na.clock.sleep(1)",
    "an attribute of something unknown": "def f(a):\n    a.clock = time\n    a.clock.sleep(1)",
    "a namespace": "from types import SimpleNamespace\nn = SimpleNamespace(clock=time)\nn.clock.sleep(1)",
    "a namespace of functions": "import types\nn = types.SimpleNamespace(sleep=time.sleep)\nn.sleep(1)",
    "what is appended": "CLOCKS = []\nCLOCKS.append(time)\nCLOCKS[0].sleep(1)",
    "what is put under a key": "CLOCKS = {}\nCLOCKS['a'] = time\nCLOCKS['a'].sleep(1)",
    "what a table is updated with": "CLOCKS = {}\nCLOCKS.update(a=time)\nCLOCKS['a'].sleep(1)",
    "what is added to a list": "CLOCKS = []\nCLOCKS += [time]\nfor clock in CLOCKS:\n    clock.sleep(1)",
    "a table of self": (
        "class A:\n    def __init__(self):\n        self.clocks = {'a': time}\n"
        "    def f(self):\n        self.clocks['a'].sleep(1)"
    ),
    "a table of self that grows": (
        "class A:\n    def __init__(self):\n        self.clocks = []\n        self.clocks.append(time)\n"
        "    def f(self):\n        for clock in self.clocks:\n            clock.sleep(1)"
    ),
    "a table of a class": "class A:\n    CLOCKS = {'a': time}\n\nA.CLOCKS['a'].sleep(1)",
    "a table in a table": "CLOCKS = {'x': {'a': time}}\nCLOCKS['x']['a'].sleep(1)",
    "a table that is worked out": "CLOCKS = {key: time for key in 'ab'}\nCLOCKS['a'].sleep(1)",
    "an element of zip": "for name, clock in zip('a', [time]):\n    clock.sleep(1)",
    "an element of enumerate": "for place, clock in enumerate([time]):\n    clock.sleep(1)",
    "what next gives": "next(iter([time])).sleep(1)",
    "one of the things a function returns": "def f():\n    return os, time\n\n_, clock = f()\nclock.sleep(1)",
    "what a function yields": "def f():\n    yield time\n\nfor clock in f():\n    clock.sleep(1)",
    "what a context manager yields": (
        "@contextlib.contextmanager\ndef f():\n    yield time\n\nwith f() as clock:\n    clock.sleep(1)"
    ),
    "a variable that an inner function binds": (
        "def f():\n    clock = None\n    def g():\n        nonlocal clock\n        clock = time\n"
        "    g()\n    clock.sleep(1)"
    ),
    "an entry of a module by get": "vars(time).get('sleep')(1)",
    "an entry of a module by __getitem__": "time.__dict__.__getitem__('sleep')(1)",
    "an entry of a module by itemgetter": "operator.itemgetter('sleep')(vars(time))(1)",
    "an entry of a module by getitem": "operator.getitem(vars(time), 'sleep')(1)",
    "the module's own namespace by get": "globals().get('time').sleep(1)",
    "a function's own namespace": "def f():\n    import time as clock\n    locals()['clock'].sleep(1)",
    "attrgetter by name": "get = operator.attrgetter('sleep')\nget(time)(1)",
    "getattr with a partial": "functools.partial(getattr, time)('sleep')(1)",
    "getattr_static": "import inspect\ninspect.getattr_static(time, 'sleep')(1)",
    "__getattribute__ of the type": "type(time).__getattribute__(time, 'sleep')(1)",
    "getattr with a text of two": "getattr(time, 'sl' + 'eep')(1)",
    "getattr with a text that is filled in": "getattr(time, f'sl{\"eep\"}')(1)",
    "getattr with a text that is formatted": "getattr(time, 'sl%s' % 'eep')(1)",
    "getattr with a text in other letters": "getattr(time, 'SLEEP'.lower())(1)",
    "getattr with a text that is joined": "getattr(time, ''.join(['sl', 'eep']))(1)",
    "getattr with a text backwards": "getattr(time, 'peels'[::-1])(1)",
    "exec of indented text": "import textwrap\nexec(textwrap.dedent('''\n    time.sleep(1)\n'''))",
    "a default value that is forbidden": "def f(nap=time.sleep): ...",
    "an entry that is forbidden": "WAYS = {'nap': time.sleep}",
    "an argument that is forbidden": "setattr(os, 'nap', time.sleep)",
    "a pattern": "match x:\n    case time.sleep: ...",
}


@pytest.mark.parametrize("name", SLEEPS)
def test_a_call_is_found_by_whatever_name_its_module_goes(name: str, tmp_path: Path) -> None:
    text = f"import contextlib, functools, operator, os, time\n{SLEEPS[name]}\n"
    assert [(f.code, f.message) for f in prove(tmp_path, {"shop/a.py": text})] == [
        ("PC405", "`time.sleep` is forbidden")
    ]


REACHED = {
    "find_spec and its loader": (
        "from importlib.util import find_spec\nfind_spec('threading').loader.load_module()",
        "threading",
    ),
    "a module from a specification": (
        "import importlib.util as u\nspec = u.find_spec('threading')\nmodule = u.module_from_spec(spec)",
        "threading",
    ),
    "run_module": ("import runpy\nrunpy.run_module('threading')", "threading"),
    "the loader of the module": ("__loader__.load_module('threading')", "threading"),
    "import_module with text put together": (
        "from importlib import import_module as im\nim(f'thread{\"ing\"}')",
        "threading",
    ),
    "import_module of a constant": (
        "import importlib\nNAME = 'threading'\nimportlib.import_module(NAME)",
        "threading",
    ),
    "import_module of one of two": (
        "import importlib\nimportlib.import_module('os' if x else 'threading')",
        "threading",
    ),
    "import_module in a loop": (
        "import importlib\nfor name in ('os', 'threading'):\n    importlib.import_module(name)",
        "threading",
    ),
    "import_module of an entry": (
        "import importlib\nNAMES = {'a': 'threading'}\nimportlib.import_module(NAMES[key])",
        "threading",
    ),
    "__import__ with a list of names": (
        "__import__('concurrent', fromlist=['futures'])",
        "concurrent.futures",
    ),
    "exec": ("exec('import threading')", "threading"),
    "eval of a builtin": ("eval('open')('x')", "open"),
    "a builtin by the builtins": ("__builtins__.open('x')", "open"),
    "a builtin by getattr": ("getattr(__builtins__, 'open')('x')", "open"),
    "a builtin by globals": ("globals()['__builtins__']['open']", "open"),
    "a method by getattr": ("getattr(loop, 'run_in_executor')(None, f)", "*.run_in_executor"),
    "a method by attrgetter": (
        "from operator import attrgetter\nattrgetter('loop.run_in_executor')(self)",
        "*.run_in_executor",
    ),
    "a method by methodcaller": (
        "import operator\noperator.methodcaller('run_in_executor', None, f)(loop)",
        "*.run_in_executor",
    ),
    "a name where the library defines it": ("from asyncio.threads import to_thread", "asyncio.to_thread"),
    "import_module of an argument": (
        "from importlib import import_module\n\nclass A:\n    load = staticmethod(import_module)\n\n"
        "A.load('threading')",
        "threading",
    ),
    "import_module by a partial": (
        "import importlib, functools\nload = functools.partial(importlib.import_module, 'threading')\nload()",
        "threading",
    ),
    "import_module by a method": (
        "import importlib\n\nclass A:\n    load = staticmethod(importlib.import_module)\n"
        "    def f(self):\n        self.load('threading')",
        "threading",
    ),
    "import_module for each": (
        "import importlib\nlist(map(importlib.import_module, ['os', 'threading']))",
        "threading",
    ),
    "import_module that another function calls": (
        "import importlib\npool.submit(importlib.import_module, 'threading')",
        "threading",
    ),
    "import_module of a submodule": (
        "import importlib\nimportlib.import_module('.futures', package='concurrent')",
        "concurrent.futures",
    ),
    "import_module of joined text": (
        "import importlib\nimportlib.import_module('.'.join(['concurrent', 'futures']))",
        "concurrent.futures",
    ),
    "import_module of formatted text": (
        "import importlib\nimportlib.import_module('{}.futures'.format('concurrent'))",
        "concurrent.futures",
    ),
    "a module that a module of the library imports": (
        "import asyncio\nasyncio.base_events.threading.Thread()",
        "threading",
    ),
    "a module from a module of the library": ("from asyncio.base_events import threading", "threading"),
    "a package that a module of the library imports": (
        "import asyncio\nasyncio.futures.concurrent.futures.Future()",
        "concurrent.futures",
    ),
    "a condition that is no type checker's": (
        "TYPE_CHECKING = True\nif TYPE_CHECKING:\n    import threading",
        "threading",
    ),
    "a setting called like a type checker's": (
        "from . import settings\nif settings.TYPE_CHECKING:\n    import threading",
        "threading",
    ),
    "a name of typing that is bound anew": (
        "from typing import TYPE_CHECKING as T\nT = True\nif T:\n    import threading",
        "threading",
    ),
    "what a type checker does not read": (
        "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    import threading",
        "threading",
    ),
}


@pytest.mark.parametrize("name", REACHED)
def test_what_is_forbidden_is_found_where_no_import_shows_it(name: str, tmp_path: Path) -> None:
    text, pattern = REACHED[name]
    findings = prove(tmp_path, {"shop/a.py": text, "shop/settings.py": ""})
    assert [(f.code, f.message) for f in findings] == [("PC405", f"`{pattern}` is forbidden")]


THROUGH = {
    "star imports in a row": {
        "a": "from time import *",
        "b": "from .a import *",
        "c": "from .b import *",
        "user": "from .c import sleep\nsleep(1)",
    },
    "a module that answers for each of its names": {
        "a": (
            "import importlib\nNAMES = {'sleep': 'time', 'path': 'os'}\ndef __getattr__(name):\n"
            "    if name not in NAMES:\n        raise AttributeError(name)\n"
            "    return getattr(importlib.import_module(NAMES[name]), name)"
        ),
        "user": "from .a import sleep\nsleep(1)",
    },
    "a module that asks for which name it answers": {
        "a": (
            "def __getattr__(name):\n    if name == 'system':\n        import os\n        return os\n"
            "    if name == 'clock':\n        import time\n        return time"
        ),
        "user": "from shop import a\na.clock.sleep(1)",
    },
    "a module that answers for its names": {
        "a": "def __getattr__(name):\n    import time\n    return time",
        "user": "from .a import clock\nclock.sleep(1)",
    },
    "a class": {"a": "import time\nclass A:\n    clock = time", "user": "from .a import A\nA.clock.sleep(1)"},
    "an instance": {
        "a": "import time\nclass A:\n    def __init__(self):\n        self.clock = time\n\nONE = A()",
        "user": "from shop import a\na.ONE.clock.sleep(1)",
    },
    "a base": {
        "a": "import time\nclass A:\n    clock = time",
        "user": "from .a import A\nclass B(A):\n    def f(self):\n        self.clock.sleep(1)",
    },
    "a function": {
        "a": "import time\ndef clock():\n    return time",
        "user": "import shop.a as x\nx.clock().sleep(1)",
    },
    "a renamed module": {
        "a": "import time as _t\nclock = _t",
        "user": "import shop.a as x\nx.clock.sleep(1)",
    },
}


@pytest.mark.parametrize("name", THROUGH)
def test_a_name_is_followed_through_what_other_modules_define(name: str, tmp_path: Path) -> None:
    files = {f"shop/{module}.py": text for module, text in THROUGH[name].items()}
    findings = prove(tmp_path, files)
    assert [(f.path, f.message) for f in findings] == [("src/shop/user.py", "`time.sleep` is forbidden")]


OTHERS = {
    "an attribute of another class": (
        "class A:\n    clock = time\n"
        "class B:\n    clock = trio\n    def f(self):\n        self.clock.sleep(1)"
    ),
    "an attribute that a subclass has of its own": (
        "class A:\n    clock = time\n"
        "class B(A):\n    clock = trio\n    def f(self):\n        self.clock.sleep(1)"
    ),
    "a method of the same name": (
        "class A:\n    def sleep(self): ...\n    def f(self):\n        self.sleep(1)"
    ),
    "another entry": "CLOCKS = {'a': time, 'b': trio}\nCLOCKS['b'].sleep(1)",
    "a comprehension's own name": "[time.sleep for time in clocks]",
    "a lambda's own name": "f = lambda time: time.sleep(1)",
    "a method called open": "class A:\n    def open(self): ...\n    def f(self):\n        self.open()",
    "a function called open": "def open(path):\n    yield path\n\nwith open(1) as file: ...",
    "a builtin that the package replaces": (
        "def g():\n    global open\n    open = make()\ndef f():\n    open('x')"
    ),
    "a question whether there is a module": (
        "from importlib.util import find_spec\nHAS_THREADS = find_spec('threading') is not None"
    ),
    "a question whether there is a method": "hasattr(loop, 'run_in_executor')",
    "a method that is set": "setattr(loop, 'run_in_executor', None)",
    "a submodule with a class of that name": "import asyncio\nasyncio.Event().to_thread()",
    "what only a type checker reads": (
        "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    x = 1\nelse:\n    import threading"
    ),
    "what only a type checker reads, by a constant": (
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    import threading"
    ),
    "what only a type checker reads, by another name": (
        "import typing as t\nif t.TYPE_CHECKING:\n    import threading"
    ),
    "code in a string that is harmless": "x = eval('1 + 2')",
    "functions called exec": "def exec(code): ...\nexec(code)\ncursor.exec(code)",
    "loaders of other kinds": "json.load(f)\nself.plugins.load_module('threading')\nplugin.load()",
    "another argument": "def f(clock, other):\n    other.sleep(1)\n\nf(time, trio)",
    "another keyword": "def f(**clocks):\n    clocks['b'].sleep(1)\n\nf(a=time, b=trio)",
    "another place of a table": "CLOCKS = [time, trio]\nCLOCKS[1].sleep(1)",
    "an import under another name of TYPE_CHECKING": (
        "from typing import TYPE_CHECKING as T\nif T:\n    import threading"
    ),
    "an import where a type checker is one of two conditions": (
        "import sys\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING and sys:\n    import threading"
    ),
    "an import that nothing lets in": "if False:\n    import threading\nelif 0:\n    import threading",
    "an annotation of what only a type checker imports": (
        "from __future__ import annotations\nimport typing\nif typing.TYPE_CHECKING:\n    import threading\n"
        "def f(x: threading.Thread) -> threading.Thread: ..."
    ),
    "an annotation that is text": "from __future__ import annotations\ndef f(x: time.sleep): ...",
    "a builtin that a star import replaces": "from .b import *\nopen('x')",
    "a name of a class that its methods do not see": (
        "clock = trio\nclass A:\n    clock = time\n    def f(self):\n        clock.sleep(1)"
    ),
    "a module of the library of that name": "from asyncio import subprocess\nimport asyncio.subprocess",
    "a class of the library of that name": "import datetime\ndatetime.time()",
    "one of the names that a module answers for": "from . import d\nd.path.sleep(1)",
    "a table of modules of the package": (
        "import importlib\nNAMES = {'x': '.b', 'y': '.c'}\n"
        "def __getattr__(name):\n    return getattr(importlib.import_module(NAMES[name], __package__), name)"
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_name_that_stands_for_something_else_is_left_alone(name: str, tmp_path: Path) -> None:
    text = f"import json, time, trio\n{OTHERS[name]}\n"
    answers = THROUGH["a module that answers for each of its names"]["a"]
    files = {"shop/a.py": text, "shop/b.py": "def open(x): ...\n", "shop/c.py": ""}
    files |= {"shop/d.py": answers} if "import d" in text else {}
    assert prove(tmp_path, files, forbid=(*FORBID, "subprocess")) == []


@pytest.mark.parametrize(
    "text",
    [
        "import runpy\nrunpy.run_path('jobs.py')",
        "import pkgutil\npkgutil.resolve_name(name)",
        "exec(code)",
        "eval(compile(source, path, 'eval'))",
        "from importlib import util\nutil.module_from_spec(util.spec_from_file_location('x', path))",
        "from importlib.machinery import SourceFileLoader\nSourceFileLoader('x', path).load_module()",
        "from importlib.metadata import entry_points\nfor e in entry_points(group='x'):\n    e.load()",
        "import importlib\nN = ['os']\nN.append(name)\nfor n in N:\n    importlib.import_module(n)",
        "import importlib\ndef f(name='os'):\n    importlib.import_module(name)",
        "import importlib\ndef f(name):\n    importlib.import_module(name)\n\nf('os')",
        "import importlib\nrun(importlib.import_module, name)",
        "import importlib\nlist(map(importlib.import_module, names))",
        "import importlib, jobs\njobs.Job(target=importlib.import_module, args=(name,))",
        "from importlib.machinery import SourceFileLoader\nSourceFileLoader('x', path).exec_module(module)",
        "import pkgutil\nfor m in pkgutil.iter_modules():\n"
        "    m.module_finder.find_spec(m.name).loader.load_module(m.name)",
    ],
)
def test_what_is_run_from_elsewhere_cannot_be_decided(text: str, tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": text})
    assert (finding.code, finding.is_error) == ("PC406", False)


def test_what_cannot_be_decided_is_said_once_for_a_file(tmp_path: Path) -> None:
    text = "import importlib\n\nimportlib.import_module(one)\nimportlib.import_module(two)\nexec(three)\n"
    (finding,) = prove(tmp_path, {"shop/a.py": text})
    assert (finding.line, finding.also, finding.notes) == (3, (4, 5), ())
