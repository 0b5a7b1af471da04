"""Proof 4: the fields of a class are the parameters of its constructor."""

import pytest
from differing import HEAD, either
from profilec_project import Project

FIELDS = {
    "the order": either("x: int\ny: int", "y: int\nx: int", "    "),
    "the order of private ones": either("_x: int\ny: int", "y: int\n_x: int", "    "),
    "a private one": "    y: int\n    if THREADS:\n        _x: int = 0\n",
    "whether it is a parameter": either(
        "x: int = field(default=0, init=False)", "x: int = field(default=0)", "    "
    ),
    "whether it is given by keyword": either("x: int = field(kw_only=True)", "x: int = field()", "    "),
    "what comes after KW_ONLY": "    y: int\n    if THREADS:\n        _: KW_ONLY\n    x: int\n",
}


@pytest.mark.parametrize("name", FIELDS)
def test_fields_that_make_another_constructor_are_found(name: str, project: Project) -> None:
    imports = "from dataclasses import KW_ONLY, dataclass, field\n\n@dataclass\nclass A:\n"
    project.write({"src/shop/a.py": f"{HEAD}{imports}{FIELDS[name]}"})
    (finding,) = project.run("check", "--json").json["findings"]
    assert finding["message"] == "`shop.a.A.__init__` is not the same in native and wasm"


def test_the_order_of_the_fields_of_a_named_tuple_is_its_constructor(project: Project) -> None:
    fields = either("x: int\ny: int", "y: int\nx: int", "    ")
    project.write({"src/shop/a.py": f"{HEAD}from typing import NamedTuple\n\nclass A(NamedTuple):\n{fields}"})
    (finding,) = project.run("check", "--json").json["findings"]
    assert finding["notes"] == ["native: (x: int, y: int)", "wasm: (y: int, x: int)"]


SAME_FIELDS = {
    "how it is shown": either("x: int = field(default=0, repr=False)", "x: int = field(default=0)", "    "),
    "how its default is made": either(
        "x: list = field(default_factory=list)", "x: list = field(default=())", "    "
    ),
    "one that is declared": "    x: int = 0\n    y: int = 0  # profilec: only THREADS\n",
    "a constant of the class": "    x: int = 0\n    if THREADS:\n        _N: ClassVar[int] = 1\n",
    "methods in another order": either(
        "def f(self): ...\ndef g(self): ...", "def g(self): ...\ndef f(self): ...", "    "
    ),
}


@pytest.mark.parametrize("name", SAME_FIELDS)
def test_fields_that_make_the_same_constructor_are_no_difference(name: str, project: Project) -> None:
    imports = (
        "from dataclasses import dataclass, field\nfrom typing import ClassVar\n\n@dataclass\nclass A:\n"
    )
    project.write({"src/shop/a.py": f"{HEAD}{imports}{SAME_FIELDS[name]}"})
    assert project.run("check", "--json").codes == []
