"""Proof 4: public names and signatures agree in all trees, except where the source declares a difference."""

import pytest
from differing import HEAD, either
from profilec_project import CONFIGURATION, Project

DIFFERENT = {
    "a function": (
        "if THREADS:\n    def run(): ...\n",
        "`shop.a.run` is public in native and missing in wasm",
    ),
    "a constant": ("if THREADS:\n    LIMIT = 1\n", "`shop.a.LIMIT` is public in native and missing in wasm"),
    "a parameter": (
        "if THREADS:\n    def run(a, b): ...\nelse:\n    def run(a): ...\n",
        "`shop.a.run` is not the same in native and wasm",
    ),
    "the kind of a parameter": (
        "if THREADS:\n    def run(*, a): ...\nelse:\n    def run(a): ...\n",
        "`shop.a.run` is not the same in native and wasm",
    ),
    "a default": (
        "if THREADS:\n    def run(a=1): ...\nelse:\n    def run(a): ...\n",
        "`shop.a.run` is not the same in native and wasm",
    ),
    "an annotation": (
        "if THREADS:\n    def run(a: int): ...\nelse:\n    def run(a: str): ...\n",
        "`shop.a.run` is not the same in native and wasm",
    ),
    "a result": (
        "if THREADS:\n    def run() -> int: ...\nelse:\n    def run() -> str: ...\n",
        "`shop.a.run` is not the same in native and wasm",
    ),
    "a coroutine": (
        "if THREADS:\n    def run(): ...\nelse:\n    async def run(): ...\n",
        "`shop.a.run` is not the same in native and wasm",
    ),
    "a base": (
        "if THREADS:\n    class A(dict): ...\nelse:\n    class A: ...\n",
        "`shop.a.A` is not the same in native and wasm",
    ),
    "a method": (
        "class A:\n    if THREADS:\n        def run(self): ...\n",
        "`shop.a.A.run` is public in native and missing in wasm",
    ),
    "a field": (
        "class A:\n    if WASM:\n        size: int = 0\n",
        "`shop.a.A.size` is public in wasm and missing in native",
    ),
    "a special method": (
        "class A:\n    if THREADS:\n        def __len__(self): ...\n",
        "`shop.a.A.__len__` is public in native and missing in wasm",
    ),
    "a name of a branch of try": (
        "if THREADS:\n    try:\n        x = 1\n    except ValueError:\n        x = 2\n",
        "`shop.a.x` is public in native and missing in wasm",
    ),
    "a re-export of a private module": (
        "__all__ = ['run']\nfrom shop._b import run\n",
        "`shop.a.run` is not the same in native and wasm",
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_difference_that_nothing_declares_is_found(name: str, project: Project) -> None:
    text, message = DIFFERENT[name]
    private = "if THREADS:\n    def run(a): ...\nelse:\n    def run(): ...\n"
    project.write({"src/shop/a.py": HEAD + text, "src/shop/_b.py": HEAD + private})
    ran = project.run("check", "--json")
    assert ran.code == 1
    assert [(finding["code"], finding["message"]) for finding in ran.json["findings"]] == [("PC408", message)]
    assert ran.json["findings"][0]["path"] == "src/shop/a.py"


def test_a_difference_is_shown_in_the_encoding_of_its_file(project: Project) -> None:
    text = "# coding: latin-1\nfrom shop._profile import THREADS\n\nif THREADS: é = 'è'; X = 'è'\n"
    project.write({"src/shop/a.py": text.encode("latin-1")})
    findings = project.run("check", "--json").json["findings"]
    assert [(one["column"], one["end_column"], one["source_line"]) for one in findings] == [
        (13, 20, "if THREADS: é = 'è'; X = 'è'"),
        (22, 29, "if THREADS: é = 'è'; X = 'è'"),
    ]


def test_profiles_that_agree_are_told_together(project: Project) -> None:
    profiles = '[tool.profilec.profiles.server]\nfeatures = ["threads"]\n[tool.profilec.profiles.web]\n'
    project.write({"pyproject.toml": project.read("pyproject.toml") + profiles})
    text = "if THREADS:\n    X = 1\n    def run(a): ...\nelse:\n    def run(): ...\n"
    project.write({"src/shop/a.py": HEAD + text})
    missing, different = project.run("parity", "--json").json["findings"]
    assert missing["message"] == "`shop.a.X` is public in native and server and missing in wasm and web"
    assert different["message"] == "`shop.a.run` is not the same in native, wasm, server and web"
    assert different["notes"] == ["native and server: def run(a)", "wasm and web: def run()"]


DECLARED = {
    "a definition": "@only(THREADS)\ndef run(): ...\n",
    "a class": "@only(THREADS)\nclass A:\n    def run(self): ...\n",
    "a method": "class A:\n    @only(THREADS)\n    def run(self): ...\n",
    "a parameter": "def run(\n    a,\n    b=1,  # profilec: only THREADS\n): ...\n",
    "a parameter before a slash": "def run(\n    a,  # profilec: only THREADS\n    /,\n    b,\n): ...\n",
    "a parameter behind a star": "def run(a, *,\n    b=1,  # profilec: only THREADS\n    **more): ...\n",
    "any number of parameters": "def run(\n    *a,  # profilec: only THREADS\n    b=1,\n): ...\n",
    "parameters of any name": "def run(\n    a,\n    **more,  # profilec: only THREADS\n): ...\n",
    "a type parameter": "def run[\n    A,\n    B,  # profilec: only THREADS\n](a: A): ...\n",
    "a keyword of a class": "class A(\n    B,\n    metaclass=M,  # profilec: only THREADS\n): ...\n",
    "a field": "class A:\n    x: int = 0  # profilec: only THREADS\n    y: int = 0\n",
    "a base": "class A(\n    dict,  # profilec: only THREADS\n    list,\n): ...\n",
    "a constant": "LIMIT = 1  # profilec: only THREADS\n",
    "an entry": "def run(): ...\n__all__ = [\n    'X',\n    'run',  # profilec: only THREADS\n]\nX = 1\n",
    "an import": "import os as os  # profilec: only THREADS\n",
    "a stub": "@stub(unless=THREADS, error=ValueError, message='no')\ndef run(a: int):\n    return 'x'\n",
    "a value": "LIMIT = choose(native=1, wasm=2)\nif THREADS:\n    _x = 1\n",
    "a private name": "if THREADS:\n    def _run(): ...\n    _LIMIT = 1\n",
    "a name outside __all__": "__all__ = ['x']\nx = 1\nif THREADS:\n    def run(): ...\n",
    "a name outside an empty __all__": "__all__ = []\nif THREADS:\n    def run(): ...\n",
    "a plain import": "if THREADS:\n    import os\n    os.getcwd()\n",
    "a body": "def run():\n    if THREADS:\n        return 1\n    return 2\n",
    "another spelling": "if THREADS:\n    def run(a = 1): ...\nelse:\n    def run(a=2):\n        return a\n",
    "an __init__ that takes nothing": (
        "if THREADS:\n    class A:\n        def __init__(self): self.x = 1\nelse:\n    class A: ...\n"
    ),
    "the only parameter of an __init__": (
        "class A:\n    def __init__(\n        self,\n        a=1,  # profilec: only THREADS\n    ): ...\n"
    ),
}


@pytest.mark.parametrize("name", DECLARED)
def test_a_difference_that_is_declared_or_private_is_none(name: str, project: Project) -> None:
    project.write({"src/shop/a.py": HEAD + DECLARED[name]})
    ran = project.run("check", "--json")
    assert [finding["message"] for finding in ran.json["findings"]] == []


def test_a_file_of_one_profile_is_declared(project: Project) -> None:
    project.write({"src/shop/a.py": "# profilec: only THREADS\ndef run(): ...\n"})
    assert project.run("check").code == 0


def test_a_package_of_one_profile_is_declared_with_all_that_lies_in_it(project: Project) -> None:
    files = {
        "src/shop/pool/__init__.py": "# profilec: only THREADS\n",
        "src/shop/pool/jobs.py": "def run(): ...\n",
        "src/shop/pool/inner/__init__.py": "",
        "src/shop/pool/inner/again.py": "from shop.pool.jobs import run as run\n\n\nclass Again: ...\n",
    }
    project.write(files)
    assert project.run("check").out == ""


def test_a_module_that_sheds_what_it_took_from_another_lacks_none_of_its_own_names(project: Project) -> None:
    files = {
        "src/shop/compat.py": "import sys\n\nON_THE_WEB = sys.platform == 'emscripten'\n",
        "src/shop/a.py": """\
from collections import namedtuple

from shop.compat import ON_THE_WEB

LIMIT = 1
Pair = namedtuple("Pair", ["a", "b"])


def run() -> int:
    return 1 if ON_THE_WEB else 2
""",
    }
    configuration = CONFIGURATION + 'facts = { "sys.platform" = "emscripten" }\n'
    project.write({"pyproject.toml": configuration, **files})
    assert "PC408" not in project.run("check", "--json").codes


def test_a_private_module_has_no_interface(project: Project) -> None:
    project.write({"src/shop/_a.py": HEAD + "if THREADS:\n    def run(): ...\n"})
    assert project.run("check").code == 0


def test_a_class_that_one_profile_lacks_is_one_finding(project: Project) -> None:
    project.write(
        {"src/shop/a.py": HEAD + "if THREADS:\n    class A:\n        x = 1\n        def f(self): ...\n"}
    )
    assert project.run("check", "--json").codes == ["PC408"]


def test_the_signatures_are_shown_side_by_side(project: Project) -> None:
    text = "if THREADS:\n    def run(a, /, b: int = 1, *c, d, **e): ...\nelse:\n    def run(): ...\n"
    project.write({"src/shop/a.py": HEAD + text})
    (finding,) = project.run("check", "--json").json["findings"]
    assert finding["notes"] == ["native: def run(a, /, b: int = …, *c, d, **e)", "wasm: def run()"]


NOT_THE_SAME = {
    "the overloads": (
        "from typing import overload\n"
        + either("@overload\ndef run(a: int): ...\ndef run(a): ...", "def run(a): ...")
    ),
    "a decorator": "import functools\n" + either("@functools.cache\ndef run(): ...", "def run(): ..."),
    "an asynchronous generator": either("async def run(): yield 1", "async def run(): ..."),
    "a positional parameter": either("def run(a, /): ...", "def run(a): ..."),
    "the order of parameters": either("def run(a, b): ...", "def run(b, a): ..."),
    "more positional arguments": either("def run(*a): ...", "def run(a=()): ..."),
    "more keywords": either("def run(**a): ...", "def run(): ..."),
    "a type parameter": either("def run[T: int](a: T): ...", "def run[T](a: T): ..."),
    "a type alias": either("type run = int", "type run = str"),
    "the type parameters of an alias": either("type run[T] = list[T]", "type run[T, U] = list[T]"),
    "the type parameters of a class": either("class run[T]: ...", "class run: ..."),
    "a metaclass": "import abc\n" + either("class run(metaclass=abc.ABCMeta): ...", "class run: ..."),
    "a class and a function": either("class run: ...", "def run(): ..."),
    "a constant and a function": either("run = 1", "def run(): ..."),
    "the type of a constant": either("run: int = 1", "run: str = ''"),
    "a generator": either("def run():\n    yield 1", "def run():\n    return [1]"),
    "a named tuple that is made": "from collections import namedtuple\n"
    + either("run = namedtuple('run', 'a b')", "run = namedtuple('run', 'a')"),
    "an enumeration that is made": "import enum\n"
    + either("run = enum.Enum('run', 'A B')", "run = enum.Enum('run', 'A')"),
    "a type that is an alias": "from typing import TypeAlias\n"
    + either("run: TypeAlias = int", "run: TypeAlias = str"),
    "what makes a dataclass": "from dataclasses import dataclass\n"
    + either("@dataclass(frozen=True)\nclass run: ...", "@dataclass\nclass run: ..."),
    "the parameters of a lambda": either("run = lambda a: a", "run = lambda a, b: a"),
    "a function by another name": either("def _f(a): ...", "def _f(): ...") + "run = _f\n",
    "a function by a name of its module": "from shop import _b\n\nrun = _b.run\n",
    "a function by the whole name of its module": "import shop._b\n\nrun = shop._b.run\n",
    "a union": either("run = int | str", "run = int"),
    "a union of typing": "from typing import Union\n" + either("run = Union[int, str]", "run = Union[int]"),
    "a generic type": "import typing as t\n" + either("run = t.Iterator[int]", "run = t.Iterator[str]"),
    "a type variable": "from typing import TypeVar\n"
    + either("run = TypeVar('run', bound=int)", "run = TypeVar('run')"),
    "a named tuple of fields by a name": "from collections import namedtuple\n"
    + either("_F = 'a b'", "_F = 'a'")
    + "run = namedtuple('run', _F)\n",
    "an enumeration of members by a name": (
        "import enum\n_N = ['A', *(['B'] if THREADS else [])]\nrun = enum.Enum('run', _N)\n"
    ),
}


@pytest.mark.parametrize("name", NOT_THE_SAME)
def test_a_name_that_looks_different_from_outside_is_found(name: str, project: Project) -> None:
    private = HEAD + either("def run(a): ...", "def run(): ...")
    project.write({"src/shop/a.py": HEAD + NOT_THE_SAME[name], "src/shop/_b.py": private})
    messages = [finding["message"] for finding in project.run("check", "--json").json["findings"]]
    assert messages == ["`shop.a.run` is not the same in native and wasm"]


MEMBERS = {
    "a setter": (
        "    @property\n    def x(self): ...\n"
        "    if THREADS:\n        @x.setter\n        def x(self, v): ...\n"
    ),
    "a property": either("@property\ndef x(self): ...", "def x(self): ...", "    "),
    "a cached property": either("@cached_property\ndef x(self): ...", "@property\ndef x(self): ...", "    "),
    "a static method": either("@staticmethod\ndef x(a): ...", "def x(a): ...", "    "),
    "a class method": either("@classmethod\ndef x(a): ...", "def x(a): ...", "    "),
    "an abstract method": either("@abstractmethod\ndef x(self): ...", "def x(self): ...", "    "),
    "the type of a field": either("x: int = 0", "x: str = ''", "    "),
    "a field with a default": either("x: int = 0", "x: int", "    "),
    "a method of a class in it": either(
        "class x:\n    def f(self): ...", "class x:\n    def f(s): ...", "    "
    ),
    "a method by another name": either("def _f(self, a): ...", "def _f(self): ...", "    ") + "    x = _f\n",
    "a function of the module": "    x = _function\n",
    "a static method that is made": "    x = staticmethod(_function)\n",
    "a property that is made": (
        "    def _get(self): ...\n    def _set(self, v): ...\n"
        + either("x = property(_get, _set)", "x = property(_get)", "    ")
    ),
    "the setter of a property that is made": (
        "    def _get(self): ...\n"
        + either("def _set(self, v): ...", "def _set(self, v, w=1): ...", "    ")
        + "    x = property(fget=_get, fset=_set)\n"
    ),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_that_looks_different_from_outside_is_found(name: str, project: Project) -> None:
    imports = "from abc import abstractmethod\nfrom functools import cached_property\n\n"
    function = either("def _function(a): ...", "def _function(): ...")
    project.write({"src/shop/a.py": f"{HEAD}{imports}{function}\nclass A:\n{MEMBERS[name]}"})
    (finding,) = project.run("check", "--json").json["findings"]
    assert (finding["code"], finding["message"].partition(" is ")[0].removesuffix(".f`").strip("`")) == (
        "PC408",
        "shop.a.A.x",
    )


LACKING = {
    "an entry that is added": "__all__ = ['a']\na = run = 1\nif THREADS:\n    __all__ += ['run']\n",
    "an entry of extend": "__all__ = ['a']\na = run = 1\nif THREADS:\n    __all__.extend(['run'])\n",
    "an entry of append": "__all__ = ['a']\na = run = 1\nif THREADS:\n    __all__.append('run')\n",
    "an entry of a sum": "a = run = 1\n__all__ = ['a'] + (['run'] if THREADS else [])\n",
    "an entry of a list in the list": "a = run = 1\n__all__ = ['a', *(['run'] if THREADS else [])]\n",
    "an entry of another list": "a = run = 1\n" + either("__all__ = ['a', 'run']", "__all__ = ['a']"),
    "an import as itself": "if THREADS:\n    from shop.b import run as run\n",
    "one of several targets": "if THREADS:\n    a, run = 1, 2\nelse:\n    a = 1\n",
    "a type alias": "if THREADS:\n    type run = int\n",
    "a target of for": "if THREADS:\n    for run in (1, 2):\n        pass\n",
    "a target of with": "import io\nif THREADS:\n    with io.StringIO() as run:\n        pass\n",
    "a named expression": "if THREADS:\n    print(run := 1)\n",
    "a named expression in a condition": "if THREADS:\n    if (run := 1):\n        pass\n",
    "a named expression in a comprehension": "if THREADS:\n    [run := x for x in 'a']\n",
    "a capture": "if THREADS:\n    match 1:\n        case run: ...\n",
    "a capture of the rest": "if THREADS:\n    match [1]:\n        case [*run]: ...\n",
    "a capture of other keys": "if THREADS:\n    match {}:\n        case {**run}: ...\n",
    "a target with a star": "if THREADS:\n    x, *run = 1, 2\nelse:\n    x = 1\n",
    "an entry of insert": "__all__ = ['a']\na = run = 1\nif THREADS:\n    __all__.insert(0, 'run')\n",
    "an entry of a list of all names": (
        "if THREADS:\n    def run(): ...\n__all__ = [name for name in dir() if name[0] != '_']\n"
    ),
    "an entry of a list of all functions": (
        "if THREADS:\n    def run(): ...\n__all__ = sorted(n for n, x in globals().items() if callable(x))\n"
    ),
    "an entry of a slice": "__all__ = ['a']\na = run = 1\nif THREADS:\n    __all__[:0] = ['run']\n",
    "an entry of a sorted list": "a = run = 1\n"
    + either("__all__ = sorted(['a', 'run'])", "__all__ = sorted(['a'])"),
    "an entry of a comprehension": (
        "__all__ = ['a']\na = run = 1\nif THREADS:\n    __all__ += [name for name in ('run',)]\n"
    ),
    "an entry of a list by name": (
        "_NAMES = ['a']\na = run = 1\nif THREADS:\n    _NAMES.append('run')\n__all__ = _NAMES\n"
    ),
    "an entry of a list that is made anew": (
        "__all__ = ['a', 'run']\na = run = 1\nif not THREADS:\n    del run\n    __all__ = ['a']\n"
    ),
}


@pytest.mark.parametrize("name", LACKING)
def test_a_public_name_that_one_tree_lacks_is_found(name: str, project: Project) -> None:
    project.write({"src/shop/a.py": HEAD + LACKING[name]})
    messages = [finding["message"] for finding in project.run("check", "--json").json["findings"]]
    assert "`shop.a.run` is public in native and missing in wasm" in messages


def test_an_entry_that_is_taken_away_is_found(project: Project) -> None:
    text = "__all__ = ['a', 'run']\na = run = 1\nif THREADS:\n    __all__.remove('run')\n"
    project.write({"src/shop/a.py": HEAD + text})
    (finding,) = project.run("check", "--json").json["findings"]
    assert finding["message"] == "`shop.a.run` is public in wasm and missing in native"


@pytest.mark.parametrize(
    "text",
    [
        "import enum\n\nclass A(enum.Enum):\n    x = 1\n    if THREADS:\n        y = 2\n",
        "class A:\n" + either("__slots__ = ('x', 'y')", "__slots__ = ('x',)", "    "),
        "from typing import NamedTuple\n\n"
        "class A(NamedTuple):\n    x: int\n    if THREADS:\n        y: int = 0\n",
    ],
)
def test_a_member_that_one_tree_lacks_is_found(text: str, project: Project) -> None:
    project.write({"src/shop/a.py": HEAD + text})
    messages = [finding["message"] for finding in project.run("check", "--json").json["findings"]]
    assert messages == ["`shop.a.A.y` is public in native and missing in wasm"]


ALIKE = {
    "a type in a string": either("def run(a: 'list[ int ]'): ...", "def run(a: list[int]): ..."),
    "a docstring": either("def run():\n    'A.'", "def run():\n    'B.'"),
    "the value of a default": either("def run(a=1): ...", "def run(a=2): ..."),
    "the value of a member": "import enum\nclass A(enum.Enum):\n" + either("x = 1", "x = 2", "    "),
    "private slots": "class A:\n" + either("__slots__ = ('_x', '_y')", "__slots__ = ('_x',)", "    "),
    "a slot that is declared": (
        "class A:\n    __slots__ = (\n        'x',\n        'y',  # profilec: only THREADS\n    )\n"
    ),
    "a slot with a docstring that is declared": (
        "class A:\n    __slots__ = {\n        'x': '',\n        'y': '',  # profilec: only THREADS\n    }\n"
    ),
    "a private method": "class A:\n    x = 1\n    if THREADS:\n        def _f(self): ...\n",
    "a property that is made": "class A:\n    def _x(self): ...\n"
    + either("x = property(_x)", "@property\ndef x(self): ...", "    "),
    "a class that stands for another": "import threading\nclass _Lock: ...\n"
    + either("Lock = threading.Lock", "Lock = _Lock"),
    "flags": "import re\n" + either("FLAGS = re.I | re.M", "FLAGS = re.I"),
    "a name that is deleted again": "if THREADS:\n    run = 1\n    del run\n",
    "an entry that is declared": (
        "__all__ = ['a']\na = run = 1\n__all__.extend([\n    'run',  # profilec: only THREADS\n])\n"
    ),
    "a statement of several lines": "SIZE = max(\n    1\n)  # profilec: only THREADS\n",
    "a header of several lines": ("def run(\n    a,\n    b,\n):  # profilec: only THREADS\n    return a\n"),
    "a statement on __all__ that is declared": (
        "__all__ = ['a']\na = run = 1\n__all__ += [\n    'run'\n]  # profilec: only THREADS\n"
    ),
    "an overload that is declared": (
        "from typing import overload\n\n@overload\ndef run(a: int): ...\n@only(THREADS)\n@overload\n"
        "def run(a: str): ...\ndef run(a): ...\n"
    ),
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_looks_the_same_from_outside_is_no_difference(name: str, project: Project) -> None:
    project.write({"src/shop/a.py": HEAD + ALIKE[name]})
    assert project.run("check", "--json").codes == []


BY_FACTS = {
    "a function": "if sys.platform != 'emscripten':\n    def run(): ...\n",
    "a signature": "if sys.platform == 'emscripten':\n    def run(): ...\nelse:\n    def run(a): ...\n",
    "a method": "class A:\n    if sys.platform != 'emscripten':\n        def run(self): ...\n",
    "an __all__ behind a refusal": (
        "size = 1\nif sys.platform == 'emscripten':\n    raise OSError\n__all__ = ['run']\ndef run(): ...\n"
    ),
    "what stands before a refusal, and in the __all__ behind it": (
        "size = 1\nif sys.platform == 'emscripten':\n    raise OSError\n__all__ = ['size']\n"
    ),
    "an entry that stands in a choice": (
        "size = run = 1\n__all__ = ['size']\n__all__.extend([\n'run'\n] if sys.platform != 'linux' else [])\n"
    ),
    "a function beside an import": "from sys import path\nif sys.platform == 'linux':\n    def path(): ...\n",
    "a function of a private module": "from shop._c import go as go\n",
    "a function by way of its module": "from shop import _c\ngo = _c.go\n",
    "a class of a private module": "from shop._c import Group as Group\n",
    "a name for one of two classes": (
        "class A:\n    def go(self): ...\nclass B:\n    def run(self): ...\n"
        "if sys.platform == 'emscripten':\n    _C: type = A\nelse:\n    _C = B\nC = _C\n"
    ),
    "what a class inherits from one of two": (
        "class A:\n    def go(self): ...\nclass B:\n    def run(self): ...\n"
        "if sys.platform == 'emscripten':\n    _C = A\nelse:\n    _C = B\nclass D(_C): ...\n"
    ),
    "a value": "SIZE = 1\nif sys.platform == 'emscripten':\n    SIZE = 2\n",
    "the argument of a decorator": "@mark(sys.platform == 'emscripten')\ndef run(): ...\n",
    "all that is left of a module": "if sys.platform != 'emscripten':\n    run = mark(1)\n",
    "a name that a pattern binds": (
        "match mark(1):\n    case [*run] if sys.platform == 'linux': ...\n    case _: ...\n"
    ),
    "a module": "try:\n    import threading\nexcept ImportError:\n    threading = None\n",
}


@pytest.mark.parametrize("name", BY_FACTS)
def test_a_difference_that_the_package_makes_by_itself_is_declared(name: str, project: Project) -> None:
    facts = '    facts = { "sys.platform" = "emscripten" }\n    modules = { threading = false }\n'
    configuration = CONFIGURATION.rstrip(" ") + facts
    project.write({"pyproject.toml": configuration})
    project.write({"src/shop/a.py": f"import sys\nfrom shop.b import mark\n{BY_FACTS[name]}"})
    project.write({"src/shop/b.py": "def mark(value): ...\n"})
    go = "if sys.platform == 'emscripten':\n    def go(): ...\nelse:\n    def go(a): ...\n"
    group = "if sys.platform == 'emscripten':\n    Group = ExceptionGroup\nelse:\n    class Group: ...\n"
    project.write({"src/shop/_c.py": f"import sys\n{go}{group}"})
    codes = project.run("check", "--json").codes
    assert [code for code in codes if code != "PC106"] == []


def test_a_member_that_one_tree_inherits_and_another_defines_is_no_difference(project: Project) -> None:
    classes = either("class A(B): ...", "class A(B):\n    def run(self): ...")
    project.write({"src/shop/a.py": f"{HEAD}class B:\n    def run(self): ...\n{classes}"})
    assert project.run("check", "--json").codes == []


def test_a_member_of_a_public_base_is_told_where_it_is_defined(project: Project) -> None:
    base = "class B:\n    if THREADS:\n        def run(self): ...\n"
    project.write({"src/shop/a.py": f"{HEAD}{base}\nclass A(B): ...\n"})
    messages = [finding["message"] for finding in project.run("check", "--json").json["findings"]]
    assert messages == ["`shop.a.B.run` is public in native and missing in wasm"]


def test_keywords_of_a_class_are_shown_as_they_are_written(project: Project) -> None:
    project.write({"src/shop/a.py": HEAD + "class A(x=1 if THREADS else 2, **(f() if WASM else g())): ...\n"})
    (finding,) = project.run("build", "--json").json["findings"]
    assert finding["notes"] == ["native: class A(x=1, **g())", "wasm: class A(x=2, **f())"]


def test_a_name_that_is_lost_is_told_once(project: Project) -> None:
    lost = "from profilec import only\nfrom shop._profile import THREADS\n\n\n@only(THREADS)\ndef f(): ...\n"
    project.write(
        {"src/shop/a.py": lost, "src/shop/__init__.py": "from shop.a import f\n\n__all__ = ['f']\n"}
    )
    assert project.run("check", "--json").codes == ["PC403"]
