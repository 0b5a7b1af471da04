"""Proof 4, for names that more than a definition gives: decorators, aliases, bases and assignments."""

import pytest
from differing import HEAD, either
from profilec_project import Project

DIFFERENT = {
    "a function that a decorator of the package is called with": (
        "from shop.b import around\n" + either("def _f(a): ...", "def _f(): ...") + "run = around(_f)\n"
    ),
    "a function that a decorator with options is called with": (
        "import functools\n"
        + either("def _f(a): ...", "def _f(): ...")
        + "run = functools.lru_cache(maxsize=1)(_f)\n"
    ),
    "an alias of a private alias": either("type _X = int", "type _X = str") + "type run = _X\n",
    "a type that may not be None": either("def run(a: int | None): ...", "def run(a: 'int'): ..."),
    "a literal of a string": "from typing import Literal\n"
    + either("def run(a: Literal['x']): ...", "def run(a: Literal['x', 'y']): ..."),
    "the name of a parameter behind a star": either("def run(*, a): ...", "def run(*, b): ..."),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_name_that_another_gives_its_signature_is_compared_by_that(name: str, project: Project) -> None:
    project.write({"src/shop/a.py": HEAD + DIFFERENT[name], "src/shop/b.py": DECORATORS})
    messages = [finding["message"] for finding in project.run("check", "--json").json["findings"]]
    assert messages == ["`shop.a.run` is not the same in native and wasm"]


DECORATORS = """
    import functools


    def around(function):
        @functools.wraps(function)
        def inner(*given, **named):
            return function(*given, **named)

        return inner


    def measure(function):
        return len(function.__name__)


    class Base:
        def run(self): ...
    """

TYPING = "import typing as t\nfrom typing import Callable, Optional, Union\n"

ALIKE = {
    "what is worked out from a function": (
        "from shop.b import measure\n" + either("def _f(a): ...", "def _f(): ...") + "SIZE = measure(_f)\n"
    ),
    "the options of a decorator that is called": (
        "import functools\n\n\ndef _f(): ...\n"
        + either("run = functools.lru_cache(maxsize=1)(_f)", "run = functools.lru_cache(maxsize=2)(_f)")
    ),
    "the order of parameters that are given by name": either(
        "def run(*, a, b): ...", "def run(*, b, a): ..."
    ),
    "an optional type": TYPING + either("def run(a: int | None): ...", "def run(a: Optional[int]): ..."),
    "a union": TYPING
    + either("def run(a: None | int | str): ...", "def run(a: t.Union[str, int, None]): ..."),
    "unions in unions": TYPING
    + either("def run() -> Optional[Union['str', int]]: ...", "def run() -> 'int | str | None': ..."),
    "a generic type": TYPING + either("def run(a: t.List[int]): ...", "def run(a: list['int']): ..."),
    "a type of typing": TYPING
    + either("def run(a: t.Callable[[int], str]): ...", "def run(a: Callable[['int'], str]): ..."),
    "the type of a member": TYPING
    + either("class A:\n    x: int | None", "class A:\n    x: t.Optional[int]"),
    "options of a dataclass that change nothing": "from dataclasses import dataclass\n"
    + either("@dataclass(frozen=False, eq=True)\nclass A: ...", "@dataclass\nclass A: ..."),
    "a method that a class of another file hands down": (
        "from shop.b import Base\n\n\nclass A(Base):\n    if THREADS:\n        def run(self): ...\n"
    ),
    "how an object is shown": "class A:\n    x = 1\n    if THREADS:\n        def __repr__(self): ...\n",
    "what a class has and the module sets anew": (
        "class A:\n    def run(self): ...\n\n\nif THREADS:\n    A.run = print\n"
    ),
    "an attribute that is declared": "class A: ...\n\n\nA.run = print  # profilec: only THREADS\n",
    "`only` by another name": "from profilec import only as when\n\n\n@when(THREADS)\ndef run(): ...\n",
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_does_not_show_from_outside_is_no_difference(name: str, project: Project) -> None:
    project.write({"src/shop/a.py": HEAD + ALIKE[name], "src/shop/b.py": DECORATORS})
    assert project.run("check", "--json").codes == []


def test_an_attribute_that_the_module_sets_on_its_class_is_a_member(project: Project) -> None:
    project.write({"src/shop/a.py": HEAD + "class A: ...\n\n\nif THREADS:\n    A.run = print\n"})
    messages = [finding["message"] for finding in project.run("check", "--json").json["findings"]]
    assert messages == ["`shop.a.A.run` is public in native and missing in wasm"]
