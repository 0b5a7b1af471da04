"""Proof 3 where the text of a file hides what it names, or the library has it by a way of its own."""

from pathlib import Path

import pytest
from proved_package import prove

HIDDEN = {
    "an import in wide letters": ("import \uff54hreading", "threading"),
    "a name in wide letters": ("from time import \uff53leep", "time.sleep"),
    "an attribute in wide letters": ("import time\ntime.\uff53leep(1)", "time.sleep"),
    "a builtin in wide letters": ("\uff4fpen('x')", "open"),
    "an importing function in wide letters": ("__\uff49mport__('thr' 'eading')", "threading"),
    "a module by the number of a letter": ("__import__('\\x74hreading')", "threading"),
    "getattr by the number of a letter": ("import time\ngetattr(time, '\\163leep')(1)", "time.sleep"),
    "an entry by the name of a letter": (
        "import sys\nsys.modules['time'].__dict__['\\N{LATIN SMALL LETTER S}leep'](1)",
        "time.sleep",
    ),
    "an entry of a namespace in pieces": ("import time\nvars(time)['sl' + 'eep'](1)", "time.sleep"),
    "getattr by another name": ("import time\nask = getattr\nask(time, 'sl' + 'eep')(1)", "time.sleep"),
    "a module in pieces": ("import sys\nsys.modules['thr' + 'eading']", "threading"),
    "the modules by another module": ("import os\nos.sys.modules['time'].sleep(1)", "time.sleep"),
    "the modules by a getter": (
        "import os, operator\noperator.attrgetter('sys.modules')(os)['time'].sleep(1)",
        "time.sleep",
    ),
    "a copy of the modules": ("import sys\ndict(sys.modules)['time'].sleep(1)", "time.sleep"),
    "the builtins of a function": ("def f(): ...\nf.__builtins__['open']('x')", "open"),
    "the builtins of what is not known": ("x.y.__builtins__.get('open')('x')", "open"),
    "what holds a builtin function": ("print.__self__.open('x')", "open"),
    "the namespace of what is not known": ("f(x).__globals__['time'].sleep(1)", "time.sleep"),
    "the builtins of a namespace": ("f(x).__globals__['__builtins__'].open('x')", "open"),
    "the namespace of a method": (
        "from logging import Logger\nLogger.info.__globals__['time'].sleep(1)",
        "time.sleep",
    ),
    "a namespace by getattr": (
        "import time\ndef f(): ...\ngetattr(f, '__globals__')['time'].sleep(1)",
        "time.sleep",
    ),
    "a namespace of another file": ("from .b import f\nf.__globals__['clock'].sleep(1)", "time.sleep"),
    "a pattern": ("import time\nmatch time:\n    case object(sleep=nap) as x:\n        nap(1)", "time.sleep"),
    "one of two patterns": (
        "import time\nmatch time:\n    case A(x=s) | B(sleep=s):\n        s(1)",
        "time.sleep",
    ),
    "a name in pieces, by another name": (
        "import time\nask = 'sl' + 'eep'\ngetattr(time, ask)(1)",
        "time.sleep",
    ),
    "getattr in pieces, of what is called": (
        "import time\ndef f(): return time\ngetattr(next(map(f, [str(len(()))])) or f(), f'sl{\"ee\"}p')(1)",
        "time.sleep",
    ),
    "what a debugger runs": ("import bdb\nbdb.Bdb().run('import threading')", "threading"),
    "what is traced without a context": ("import trace\ntrace.Trace().run('import threading')", "threading"),
    "a line of a console": ("import code\ncode.InteractiveConsole().push('import threading')", "threading"),
    "what is patched": ("from unittest import mock\nmock.patch('threading.Thread')", "threading"),
    "what an unpickler finds": (
        "import pickle\npickle.Unpickler(file).find_class('threading', 'Thread')",
        "threading",
    ),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_is_forbidden_is_found_though_its_file_does_not_hold_its_name(name: str, tmp_path: Path) -> None:
    text, pattern = HIDDEN[name]
    files = {"shop/a.py": text, "shop/b.py": "import time as clock\ndef f(): ...\n"}
    (finding,) = prove(tmp_path, files)
    assert (finding.path, finding.message) == ("src/shop/a.py", f"`{pattern}` is forbidden")


def expect_in_b(tmp_path: Path, a: str, b: str) -> None:
    """Expect of two files that the second alone may name what is forbidden."""
    (finding,) = prove(tmp_path, {"shop/a.py": a, "shop/b.py": b})
    assert finding.path == "src/shop/b.py"
    assert finding.message == "this may be `time.sleep`, which is forbidden"


ASKED = {
    "getattr": "def run(clock):\n    getattr(clock, 'sleep')(1)",
    "getattr in pieces": "def run(clock):\n    getattr(clock, 'sl' + 'eep')(1)",
    "attrgetter": "import operator\ndef run(clock):\n    operator.attrgetter('sleep')(clock)(1)",
    "methodcaller": "import operator\ndef run(clock):\n    operator.methodcaller('sleep', 1)(clock)",
    "a pattern": "def run(clock):\n    match clock:\n        case object(sleep=nap):\n            nap(1)",
}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_given_to_another_file_may_be_asked_there_by_a_text(name: str, tmp_path: Path) -> None:
    expect_in_b(tmp_path, "import time\nfrom .b import run\nrun(time)", ASKED[name])


LOST = {
    "a module of all modules": "import sys\none = [sys.modules['time']]",
    "one of all modules by its name": "import sys\none = [sys.modules.get('time')]",
    "a module that is imported at run time": "one = [__import__('time')]",
}


@pytest.mark.parametrize("name", LOST)
def test_what_lies_in_a_table_of_another_file_is_found_where_it_is_used(name: str, tmp_path: Path) -> None:
    expect_in_b(tmp_path, LOST[name], "from .a import one\none[0].sleep(1)")


GIVEN = {
    "a namespace": "vars({})['sleep'](1)",
    "an attribute of all attributes": "{}.__dict__['sleep'](1)",
    "a text": "getattr({}, 'sleep')(1)",
    "an attribute": "{}.sleep(1)",
}
"""Ways to ask what an instance of a class of the file gave, which has none of that name itself."""


@pytest.mark.parametrize("name", GIVEN)
def test_what_an_object_gives_when_it_is_called_may_be_forbidden(name: str, tmp_path: Path) -> None:
    text = f"import time\nclass A:\n    def __call__(self): return time\n{GIVEN[name].format('A()()')}"
    (finding,) = prove(tmp_path, {"shop/a.py": text})
    assert finding.message == "this may be `time.sleep`, which is forbidden"


@pytest.mark.parametrize(
    "own", ["f.__globals__['t']", "sys.modules[__name__].t", "globals()['t']", "(u := t) and u"]
)
def test_what_a_file_has_of_itself_may_be_forbidden(own: str, tmp_path: Path) -> None:
    text = (
        f"import sys, time as t\ndef f(): ...\nheap = []\nheapq.heappush(heap, {own})\nheap.best().sleep(1)"
    )
    (finding,) = prove(tmp_path, {"shop/a.py": text})
    assert finding.message == "this may be `time.sleep`, which is forbidden"


ANY_MODULE = {
    "one of all modules by its pair": "for name, one in sys.modules.items():\n    one.sleep(1)",
    "one of a list of all modules": "for one in list(sys.modules.values()):\n    one.sleep(1)",
    "one of the modules of another": "import os\nos.sys.modules[name].sleep(1)",
}


@pytest.mark.parametrize("name", ANY_MODULE)
def test_any_module_may_be_the_one_that_has_what_is_forbidden(name: str, tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": f"import sys\n{ANY_MODULE[name]}"})
    assert (finding.code, finding.message) == ("PC406", "this may be `time.sleep`, which is forbidden")


HARMLESS = {
    "a name of its own": "import sys\none = len\nsys.modules[__name__].one.sleep(1)",
    "a text for what an object has itself": (
        "import time\nclass A:\n    def __call__(self): return time\n    def sleep(self): ...\n"
        "vars(A)['sleep'](A())\ngetattr(A(), 'sleep')()"
    ),
    "an entry of all modules that another has": "modules['time'].start()\nsys.modules[__name__].sleep(1)",
    "letters of another alphabet": "x = 'gr\u00f6\u00dfer \u2460 \ufb01'",
    "numbers of letters": "x = b'\\x41\\x74'",
    "an entry that is not written out": "import sys\nsys.modules[f(x)].main()",
    "a pattern of another thing": "import time\nmatch x:\n    case object(sleep=nap):\n        nap(1)",
    "a namespace of its own": "def f(): ...\nf.__globals__['x'].sleep(1)\nx = 1",
    "a module of the package that is called like one of the library": (
        "from . import sys\nsys.modules['threading']"
    ),
    "what a getter of a known thing gives": "import trio, operator\noperator.attrgetter('sleep')(trio)(1)",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_looks_disguised_is_left_alone(name: str, tmp_path: Path) -> None:
    assert prove(tmp_path, {"shop/a.py": HARMLESS[name], "shop/sys.py": "modules = {}"}) == []
