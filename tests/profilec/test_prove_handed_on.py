"""Proof 3 where a namespace is lost from sight: what an unknown thing is asked for may be asked of it."""

from pathlib import Path

import pytest
from proved_package import prove

CLASS = "class A:\n    def {}(self, *_):\n        return time\n\n"
UNSEEN = {
    "what a context of a class gives": CLASS.format("__enter__") + "with A() as clock:\n    clock.sleep(1)",
    "what an instance gives that is called": CLASS.format("__call__") + "A()().sleep(1)",
    "an entry of an instance": CLASS.format("__getitem__") + "A()['x'].sleep(1)",
    "an element of an instance": CLASS.format("__next__") + "for clock in A():\n    clock.sleep(1)",
    "what an operator gives": CLASS.format("__add__") + "(A() + 1).sleep(1)",
    "what a descriptor gives": CLASS.format("__get__") + "class B:\n    clock = A()\n\nB().clock.sleep(1)",
    "what a decorator makes of a function": (
        "def clock(f):\n    return time\n\n@clock\ndef f(): ...\n\nf.sleep(1)"
    ),
    "an attribute of a class that type makes": "A = type('A', (), {'clock': time})\nA.clock.sleep(1)",
    "an attribute of a base of a class that type makes": (
        "class B:\n    clock = time\n\nA = type('A', (B,), {})\nA.clock.sleep(1)"
    ),
    "an attribute of a metaclass": (
        "class M(type):\n    clock = time\nclass A(metaclass=M): ...\n\nA.clock.sleep(1)"
    ),
    "a field of a named tuple": (
        "import collections\nA = collections.namedtuple('A', 'x y')\nA(1, time).y.sleep(1)"
    ),
    "a field with a factory": (
        "from dataclasses import dataclass, field\n@dataclass\nclass A:\n"
        "    clock: object = field(default_factory=lambda: time)\n\nA().clock.sleep(1)"
    ),
    "an argument of a class statement": (
        "class A:\n    def __init_subclass__(cls, clock):\n        cls.clock = clock\n"
        "class B(A, clock=time):\n    def f(self):\n        self.clock.sleep(1)"
    ),
    "a capture in a sequence": "match [1, time]:\n    case [_, clock]:\n        clock.sleep(1)",
    "a capture in a mapping": "match {'a': time}:\n    case {'a': clock}:\n        clock.sleep(1)",
    "what a generator is sent": "def f():\n    clock = yield\n    clock.sleep(1)\n\nf().send(time)",
    "a context variable": "import contextvars as c\nv = c.ContextVar('v')\nv.set(time)\nv.get().sleep(1)",
    "what a queue gives": "import queue\nq = queue.Queue()\nq.put(time)\nq.get().sleep(1)",
    "what is popped": "clocks = [time]\nclocks.pop().sleep(1)",
    "what a task gives": (
        "import asyncio\nasync def f():\n    async def g():\n        return time\n"
        "    (await asyncio.create_task(g())).sleep(1)"
    ),
    "an argument of an exception": "try:\n    f(time)\nexcept ValueError as e:\n    e.args[0].sleep(1)",
    "an argument of a bound method": (
        "class A:\n    def f(self, clock):\n        clock.sleep(1)\n\ng = A().f\ng(time)"
    ),
    "an argument of a function that somebody calls": "run(lambda clock: clock.sleep(1), time)",
    "a parameter that may be an instance": (
        "class A:\n    clock = time\n    @staticmethod\n    def f(x):\n        x.clock.sleep(1)"
    ),
    "a copy": "import copy\ncopy.copy(time).sleep(1)",
    "a slice": "(time, 1)[0:1][0].sleep(1)",
}


@pytest.mark.parametrize("name", UNSEEN)
def test_a_name_that_is_asked_of_what_is_not_known_may_be_forbidden(name: str, tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": f"import time\n{UNSEEN[name]}\n"})
    assert (finding.code, finding.message) == ("PC405", "this may be `time.sleep`, which is forbidden")


ELSEWHERE = {
    "a method gives it": ("import time\nclass A:\n    def __enter__(self):\n        return time", "A()"),
    "it stands in a table": ("import time\nA = {'clock': time}", "A['clock']"),
    "it is given to an instance": ("import time\nfrom .c import A\nA(time)", "A.clock"),
    "it is set on an object": ("import time\nfrom .c import A\nA.clock = time", "A.clock"),
    "it is put in a table": ("import time\nfrom .c import A\nA['clock'] = time", "A['clock']"),
    "a generator gives it": ("import time\ndef A():\n    yield time", "next(A())"),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_namespace_may_be_handed_on_by_another_file(name: str, tmp_path: Path) -> None:
    gives, asked = ELSEWHERE[name]
    text = f"from .b import A\n\ndef f(clock):\n    clock.sleep(1)\n\nf({asked})\n"
    (finding,) = prove(tmp_path, {"shop/a.py": text, "shop/b.py": gives, "shop/c.py": "A = make()\n"})
    assert (finding.path, finding.line) == ("src/shop/a.py", 4)
    assert finding.notes[-1].startswith("src/shop/b.py:")
    assert finding.notes[-1].endswith(" hands time on")


SEEN = {
    "nothing is asked": "table = [time]\nreturned = f(time)",
    "another name is asked": "table = [time]\nx.monotonic()",
    "a method that is defined is asked": (
        "table = [time]\nclass A:\n    def sleep(self): ...\n\nA().sleep()\ndef f(a=A()):\n    a.sleep()"
    ),
    "another module is asked": "import trio\ntable = [time]\ntrio.sleep(1)",
    "only another name is given": "clock = time\nx.sleep(1)",
    "it is only looked at": (
        "hasattr(time, 'x')\ntime is x\nassert time\nif not time: ...\nprint(time)\ngetattr(time, 'time')\n"
        "x.sleep(1)"
    ),
    "the builtins are handed on elsewhere": "x.open()",
    "it is only tested": (
        "table = [time]\nif x.sleep or x.y:\n    assert not x.sleep\nwhile x.sleep is not None: ...\n"
        "y = 1 if x.sleep else 2"
    ),
}


@pytest.mark.parametrize("name", SEEN)
def test_a_name_that_cannot_be_asked_of_what_is_handed_on_is_left_alone(name: str, tmp_path: Path) -> None:
    elsewhere = "import builtins\ntable = [builtins]\n"
    assert prove(tmp_path, {"shop/a.py": f"import time\n{SEEN[name]}\n", "shop/b.py": elsewhere}) == []


def test_what_is_asked_of_an_instance_and_only_tested_is_left_alone(tmp_path: Path) -> None:
    text = "import time\nfrom .b import A\ntable = [time]\na = A()\nif a.sleep: ...\n"
    assert prove(tmp_path, {"shop/a.py": text, "shop/b.py": "class A:\n    sleep = f()\n"}) == []


def test_what_has_the_name_of_its_module_may_be_asked_of_what_is_no_module(tmp_path: Path) -> None:
    text = "import time\ntable = [time]\nx.time.monotonic()\nx.time.time()\n"
    (finding,) = prove(tmp_path, {"shop/a.py": text}, forbid=("time.time",))
    assert (finding.line, finding.notes) == (4, ("src/shop/a.py:2 hands time on",))


NAMED = {
    "given to a class": (
        "from shop.b import clock",
        "class A:\n    def __init__(self, x):\n        self.x = x",
        "A(clock).x",
    ),
    "given to a function of another file": ("from shop.b import clock, same", "", "same(clock)"),
    "given to a function by its module": ("import shop.b as b", "", "(lambda x: x)(b.clock)"),
    "kept in a table that somebody gives": ("from shop.b import clock", "T = same([clock])", "T[0]"),
    "passed on by a third file": ("from shop.c import clock", "", "(lambda x: x)(clock)"),
    "brought by a star": ("from shop.b import *", "def f(x):\n    return x", "next(map(f, [clock]))"),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_module_that_another_file_has_named_is_handed_on_as_well(name: str, tmp_path: Path) -> None:
    imports, between, thing = NAMED[name]
    files = {
        "shop/a.py": f"{imports}\nfrom other import same\n{between}\n{thing}.sleep(1)\n",
        "shop/b.py": "import time\n\nclock = time\n\ndef same(x):\n    return x\n",
        "shop/c.py": "from .b import clock\n",
    }
    (finding,) = prove(tmp_path, files)
    assert (finding.code, finding.path) == ("PC405", "src/shop/a.py")


UNNAMED = {
    "it is only asked": "from shop.b import clock\nclock.time()\nself.x.sleep(1)\n",
    "it is another name": "from shop.b import same\nsame(1)\nsame(same).sleep(1)\n",
    "it is given to what only looks at it": "from shop.b import clock\nprint(clock)\nself.x.sleep(1)\n",
}


@pytest.mark.parametrize("name", UNNAMED)
def test_a_module_that_another_file_has_named_may_be_used(name: str, tmp_path: Path) -> None:
    named = "import time\n\nclock = time\n\ndef same(x):\n    return x\n"
    assert prove(tmp_path, {"shop/a.py": UNNAMED[name], "shop/b.py": named}) == []
