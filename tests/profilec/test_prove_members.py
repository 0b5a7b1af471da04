"""Proof 2: a member that a class has lost is not read, as far as that can be decided."""

import pytest
from profilec_project import CONFIGURATION, Project

HEAD = "from profilec import only\nfrom shop._profile import THREADS\n"
COLOURS = HEAD + "import enum\n\nclass E(enum.Enum):\n    A = 1  # profilec: only THREADS\n    B = 2\n"

LOST = {
    "a member of an enumeration": ("a", "from shop.e import E\n\ndef f():\n    return E.A\n"),
    "a member by its module": ("a", "from shop import e\n\nX = e.E.A\n"),
    "a member by another name": ("a", "from shop.e import E as Colour\n\nX = [Colour.A]\n"),
    "a member by a re-export": ("a", "from shop import E\n\nX = E.A\n"),
    "a member in a default": ("a", "import shop.e\n\ndef f(x=shop.e.E.A): ...\n"),
    "a member by an alias": ("a", "from shop.e import E\n\nC = E\nX = C.A\n"),
    "a member in the same file": ("e", COLOURS + "\ndef f():\n    return E.A\n"),
    "a member of what is only imported for type checkers": (
        "a",
        "import typing as t\nif t.TYPE_CHECKING:\n    from shop.e import E as X\n\ndef f(x: X): return x.A\n",
    ),
    "a member in a match": ("a", "from shop.e import E\n\ndef f(x):\n    match x:\n        case E.A: ...\n"),
    "a member in a class that inherits it": ("a", "from shop.e import E\n\nclass F:\n    x = E.A\n"),
    "a member that getattr asks for": ("a", "from shop.e import E\n\nX = getattr(E, 'A')\n"),
    "a member by its name": ("a", "import shop.e\n\nX = shop.e.E['A']\n"),
}


def check(project: Project, module: str, text: str, configuration: str = CONFIGURATION) -> list[str]:
    """The messages about a package whose enumeration has one member for threads alone."""
    project.write({"pyproject.toml": configuration, "src/shop/__init__.py": "from shop.e import E as E\n"})
    project.write({"src/shop/e.py": COLOURS})
    project.write({f"src/shop/{module}.py": text})
    return [finding["message"] for finding in project.run("check", "--json").json["findings"]]


@pytest.mark.parametrize("name", LOST)
def test_a_member_that_went_and_is_read_is_found(name: str, project: Project) -> None:
    module, text = LOST[name]
    assert check(project, module, text) == ["`E` of `shop.e` has no `A` in this tree"]


METHODS = {
    "a method of self": "    def g(self):\n        return self.f()\n",
    "a method of the class": "    @classmethod\n    def g(cls):\n        return cls.f()\n",
    "a method of an instance": "def g():\n    return C().f()\n",
    "a method of an instance by name": "ONE = C()\ndef g():\n    return ONE.f()\n",
    "a method of the class by name": "def g(x):\n    return C.f(x)\n",
    "a method of a parameter": "def g(x: C):\n    return x.f()\n",
    "a method of a parameter that may be left out": "def g(x: C | None = None):\n    return x and x.f()\n",
    "a method of a parameter for a type checker": "def g(*, x: 'C'):\n    return x.f()\n",
    "a method of an optional parameter": (
        "from typing import Optional\n\ndef g(x: Optional[C]):\n    return x.f()\n"
    ),
    "a method of a parameter that may be None": "def g(x: 'None | C'):\n    return x and x.f()\n",
    "a method of what a function returns": "def g() -> C: ...\n\nONE = g().f()\n",
    "a method of what a function returned": "def g() -> C: ...\n\nONE = g()\nONE.f()\n",
    "a method of what a method returns": (
        "class D:\n    def g(self) -> 'C | None': ...\n    def h(self):\n        return self.g().f()\n"
    ),
    "a method of a field": (
        "class D:\n    one: C\n    def __init__(self, one: C) -> None:\n        self.one = one\n"
        "    def g(self):\n        return self.one.f()\n"
    ),
    "a method of a variable": "ONE: C = input()\nTWO = ONE.f()\n",
    "a method of what is an instance": "def g(x):\n    if x and isinstance(x, C):\n        x.f()\n",
    "a method of what is an instance, in an expression": "def g(x):\n    return isinstance(x, C) and x.f()\n",
    "a method of what is an instance, or not": "def g(x):\n    return x.f() if isinstance(x, C) else x\n",
    "a method of what is asserted to be an instance": "def g(x):\n    assert isinstance(x, C)\n    x.f()\n",
    "a method of what is no other": "def g(x):\n    if not isinstance(x, C):\n        return\n    x.f()\n",
    "a method of an element": "def g(xs: list[C]):\n    for x in xs:\n        x.f()\n",
    "a method of an element that may be nowhere": (
        "from typing import Sequence\n\ndef g(xs: 'Sequence[C] | None'):\n    return [x.f() for x in xs]\n"
    ),
    "a method of an element of a tuple": "def g(xs: tuple[C, ...]):\n    for x in xs:\n        x.f()\n",
    "a method of an element by its place": "def g(xs: tuple[C, ...]):\n    return xs[0].f()\n",
    "a method of an entry": "def g(xs: dict[str, C]):\n    x = xs['a']\n    return x.f()\n",
    "a method of a value": "def g(xs: dict[str, C]):\n    for x in xs.values():\n        x.f()\n",
    "a method of an element of a field": (
        "class D:\n    xs: set[C]\n    def g(self):\n        for x in self.xs:\n            x.f()\n"
    ),
    "a method of what a coroutine gives": "async def g() -> C: ...\n\nasync def h():\n    (await g()).f()\n",
    "a method of what a coroutine gave": (
        "async def g() -> C: ...\n\nasync def h():\n    x = await g()\n    x.f()\n"
    ),
    "a method of what a pattern found": (
        "def g(x):\n    match x:\n        case C() as y:\n            y.f()\n"
    ),
    "a method of what a property gives": (
        "class D:\n    @property\n    def one(self) -> C: ...\n\ndef g(x: D):\n    x.one.f()\n"
    ),
    "a method of a class that is given": "def g(x: type[C]):\n    return x.f\n",
    "a method of a class that is given by its old name": (
        "import typing\n\ndef g(x: 'typing.Type[C] | None'):\n    return x and x.f\n"
    ),
    "a method that is asked for by a text, too": (
        "from operator import attrgetter\n\nKEY = attrgetter('f')\nONE = C().f()\n"
    ),
    "a method of a pattern": "def g(x):\n    match x:\n        case C(f=1): ...\n",
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_that_went_and_is_called_is_found(name: str, project: Project) -> None:
    text = f"{HEAD}\nclass C:\n    @only(THREADS)\n    def f(self): ...\n{METHODS[name]}"
    assert check(project, "a", text) == ["`C` of `shop.a` has no `f` in this tree"]


def test_a_member_that_is_read_in_many_places_is_one_fault_of_its_file(project: Project) -> None:
    text = "from shop.e import E\n\nX = [E.A, E.A]\nY = E.A\nZ = lambda: E.A\n"
    project.write({"pyproject.toml": CONFIGURATION, "src/shop/__init__.py": "", "src/shop/e.py": COLOURS})
    project.write({"src/shop/a.py": text, "src/shop/b.py": "from shop.e import E\n\nX = E.A\n"})
    found = project.run("check", "--json").json["findings"]
    assert [(one["path"], one["line"], one["also"]) for one in found] == [
        ("src/shop/a.py", 3, [4, 5]),
        ("src/shop/b.py", 3, []),
    ]


def test_a_member_is_found_in_the_file_of_its_class_however_many_others_read_it(project: Project) -> None:
    reading = "from shop.z import C\n\ndef f(x: C):\n    return x.g()\n"
    project.write({f"src/shop/{name}.py": reading for name in "bcdefg"})
    text = f"{HEAD}\nclass C:\n    @only(THREADS)\n    def g(self): ...\n    def f(self):\n        self.g()\n"
    project.write({"src/shop/z.py": text})
    found = project.run("check", "--json").json["findings"]
    assert [one["path"] for one in found] == [f"src/shop/{name}.py" for name in "bcdefgz"]


KEPT = {
    "another class": "from shop.e import E\n\nclass A:\n    A = 1\n\nX = A.A\n",
    "a parameter of that name": "from shop.e import E\n\ndef f(E):\n    return E.A\n",
    "a member that is asked for": "from shop.e import E\n\nX = E.A if hasattr(E, 'A') else E.B\n",
    "a member that may fail": (
        "from shop.e import E\n\ntry:\n    X = E.A\nexcept AttributeError:\n    X = E.B\n"
    ),
    "a class that may be another": ("from shop.e import E\n\nif input():\n    E = object()\n\nX = E.A\n"),
    "a member that is set": "from shop.e import E\n\nE.A = 3\nX = E.A\n",
    "an attribute of something else": "from shop.e import E\n\nX = input.A\n",
    "a selected reader": f"{HEAD}from shop.e import E\n\nif THREADS:\n    _X = E.A\n",
    "a type": "from shop.e import E\n\ndef f(x: E) -> int:\n    return x.B\n",
    "a member of any number of parameters": "from shop.e import E\n\ndef f(*x: E):\n    return x.A\n",
    "a parameter that is set": "from shop.e import E\n\ndef f(x: E):\n    x = input(x)\n    return x.A\n",
    "a variable that is set again": "from shop.e import E\n\nx: E = E.B\nx = input()\nX = x.A\n",
    "what a coroutine gives": "from shop.e import E\n\nasync def f() -> E: ...\n\nX = f().A\n",
    "what a decorated function gives": (
        "import contextlib as c\nfrom shop.e import E\n\n@c.contextmanager\ndef f() -> E: ...\n\nX = f().A\n"
    ),
    "what one of two functions gives": (
        "from shop.e import E\n\nif input():\n    def f() -> E: ...\nelse:\n    def f(): ...\n\nX = f().A\n"
    ),
    "a name that is made of itself": "x = x.x\nX = x.A\ny = y()\nY = y().A\nz = z.z()\nZ = z.A\n",
    "the type of a type": "from shop.e import E\n\ndef f(x: list[E]):\n    return x.A\n",
    "what is an instance of one of two": (
        "from shop.e import E\n\ndef f(x):\n    return x.A if isinstance(x, (E, int)) else 0\n"
    ),
    "what is no instance any more": (
        "from shop.e import E\n\ndef f(x):\n    if isinstance(x, E):\n        x = x.B\n        return x.A\n"
    ),
    "a key of a table": "from shop.e import E\n\ndef f(xs: dict[str, E]):\n    return [x.A for x in xs]\n",
    "a part of a table": "from shop.e import E\n\ndef f(xs: list[E]):\n    return xs[1:].A\n",
    "an element of one of two types": (
        "from shop.e import E\n\ndef f(xs: tuple[int, E]):\n    return [x.A for x in xs]\n"
    ),
    "a coroutine that is awaited by something else": (
        "from shop.e import E\n\ndef f() -> E: ...\n\nasync def g():\n    return (await f()).A\n"
    ),
    "a parameter that may be of another class": (
        "from shop.e import E\n\nclass F:\n    A = 1\n\ndef f(x: E):\n    return x.A\n"
    ),
    "a field that is of another class": (
        "from shop.e import E\n\nclass F:\n    one: E\n    def __init__(self):\n        self.one = input()\n"
        "        self.A = 1\n    def f(self):\n        return self.one.A\n"
    ),
    "a member that may fail without a word": (
        "from contextlib import suppress\nfrom shop.e import E\n\nwith suppress(AttributeError):\n    E.A\n"
    ),
    "a member with a default": "from shop.e import E\n\nX = getattr(E, 'A', None)\n",
    "a name that may fail": "from shop.e import E\n\ntry:\n    X = E['A']\nexcept KeyError:\n    X = E.B\n",
    "a pattern of a class that has it": (
        "from shop.e import E\n\nclass F:\n    A = 1\n\nmatch input():\n    case E(A=1): ...\n"
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_may_have_the_member_all_the_same_is_left_alone(name: str, project: Project) -> None:
    assert check(project, "a", KEPT[name]) == []


def test_a_member_of_a_caught_exception_is_found(project: Project) -> None:
    text = (
        f"{HEAD}\nclass C(Exception):\n    @only(THREADS)\n    def f(self): ...\n\n"
        "try:\n    input()\nexcept C as error:\n    error.f()\n"
    )
    assert check(project, "a", text) == ["`C` of `shop.a` has no `f` in this tree"]


OPEN = {
    "an unknown base": "from other import Base\n\nclass C(Base):\n",
    "a base with that member": "class B:\n    f = 1\n\nclass C(B):\n",
    "a base of a base with that member": "class A:\n    f = 1\nclass B(A): ...\nclass C(B):\n",
    "a base that answers for everything": ("class B:\n    def __getattr__(self, name): ...\n\nclass C(B):\n"),
    "a builtin base with that member": "class C(str):\n    f = split = str.split\n",
    "a metaclass": "class M(type): ...\n\nclass C(metaclass=M):\n",
    "a decorator": "from other import fill\n\n@fill\nclass C:\n",
}


@pytest.mark.parametrize("name", OPEN)
def test_a_class_that_is_not_known_in_whole_is_left_alone(name: str, project: Project) -> None:
    text = f"{HEAD}\n{OPEN[name]}    @only(THREADS)\n    def f(self): ...\n    x = 1\n\n_X = C.f\n"
    assert check(project, "a", text) == []


def test_a_subclass_that_has_the_member_may_be_self(project: Project) -> None:
    text = (
        f"{HEAD}\nclass C:\n    @only(THREADS)\n    def f(self): ...\n"
        "    def g(self):\n        return self.f()\n\nclass D(C):\n    def f(self): ...\n"
    )
    assert check(project, "a", text) == []


def test_what_facts_take_was_never_a_member_there(project: Project) -> None:
    facts = '    facts = { "sys.platform" = "emscripten" }\n'
    text = (
        "import sys\n\nclass C:\n    if sys.platform != 'emscripten':\n        def f(self): ...\n"
        "    def g(self):\n        return self.f()\n"
    )
    assert check(project, "a", text, CONFIGURATION.rstrip(" ") + facts) == []


def test_what_facts_take_was_never_an_attribute_of_a_module_there(project: Project) -> None:
    facts = '    facts = { "sys.platform" = "emscripten" }\n'
    text = "import sys\n\nX = 1\nif sys.platform != 'emscripten':\n    def PROC(): ...\n"
    project.write({"src/shop/procs.py": text})
    user = "import sys\n\ndef f():\n    return sys.modules['shop.procs'].PROC\n"
    assert check(project, "a", user, CONFIGURATION.rstrip(" ") + facts) == []


INHERITED = {
    "by self": "    def g(self):\n        return self._f()\n",
    "by super": "    def g(self):\n        return super()._f()\n",
    "by an instance": "    x = 1\n\n_X = D()._f()\n",
}


@pytest.mark.parametrize("name", INHERITED)
def test_a_method_that_a_base_has_lost_is_found(name: str, project: Project) -> None:
    base = "class C:\n    @only(THREADS)\n    def _f(self): ...\n    x = 1\n"
    (message,) = check(project, "a", f"{HEAD}\n{base}\nclass D(C):\n{INHERITED[name]}")
    assert message.endswith("has no `_f` in this tree")


def test_an_attribute_that_only_a_lost_statement_set_is_found(project: Project) -> None:
    text = (
        f"{HEAD}\nclass C:\n    def __init__(self):\n        if THREADS:\n            self._x = 1\n"
        "    def f(self):\n        return self._x\n"
    )
    assert check(project, "a", text) == ["`C` of `shop.a` has no `_x` in this tree"]


@pytest.mark.parametrize(
    "other",
    [
        "    _x = 0\n",
        "    def g(self):\n        self._x = 2\n",
        "    def __getattr__(self, name): ...\n",
        "    def g(self):\n        setattr(self, '_x', 2)\n",
    ],
)
def test_an_attribute_that_may_be_set_all_the_same_is_left_alone(other: str, project: Project) -> None:
    text = (
        f"{HEAD}\nclass C:\n    def __init__(self):\n        if THREADS:\n            self._x = 1\n"
        f"{other}    def f(self):\n        return self._x\n"
    )
    assert check(project, "a", text) == []
