"""Proof 4 for names that one thing has from another: lists put together, star imports, aliases, tables."""

import pytest
from profilec_project import Project

HEAD = "from shop._profile import THREADS\n\n"
EITHER = "if THREADS:\n    {}\nelse:\n    {}\n"
Z = "q = 1\nif THREADS:\n    def z(): ...\n"

MISSING = {
    "a list that is split": {
        "a": EITHER.format("__all__ = 'q z'.split()", "__all__ = 'q'.split()") + "q = z = 1\n"
    },
    "a list that is split at commas": {
        "a": "q = 1\n__all__ = 'q'.split(',')\nif THREADS:\n    z = 1\n    __all__ += 'y,z'.split(',')\n"
    },
    "a list of the keys of a table": {
        "a": "q = 1\n"
        + EITHER.format("_T = {'q': 1, 'z': 2}\n    z = 1", "_T = {'q': 1}")
        + "__all__ = [*_T]\n"
    },
    "a list of another module": {
        "_b": f"__all__ = ['q']\n{Z}if THREADS:\n    __all__ += ['z']\n",
        "a": "from shop import _b\nfrom shop._b import *\n__all__ = ['x']\nx = 1\n__all__ += _b.__all__\n",
    },
    "a list of what a star import brings": {"_b": Z, "a": "from shop._b import *\n__all__ = ['q', 'z']\n"},
    "a star import": {"_b": Z, "a": "from shop._b import *\n"},
    "a star import that is there in one tree": {
        "_b": "z = 1\n",
        "a": "q = 1\nif THREADS:\n    from shop._b import *\n",
    },
    "a star import of star imports": {
        "_b": Z,
        "_c": "from shop._b import *\n",
        "_d": "from ._c import *\n",
        "a": "from ._d import *\n",
    },
}


@pytest.mark.parametrize("name", MISSING)
def test_a_name_that_is_passed_on_in_one_tree_alone_is_found(name: str, project: Project) -> None:
    project.write({f"src/shop/{module}.py": HEAD + text for module, text in MISSING[name].items()})
    (finding,) = project.run("check", "--json").json["findings"]
    assert finding["message"] == "`shop.a.z` is public in native and missing in wasm"


SIGNATURES = "def f(x): ...\ndef g(y): ...\n"
DIFFERENT = {
    "a signature behind a star import": {
        "_b": EITHER.format("def z(x): ...", "def z(): ..."),
        "a": "from ._b import *\n",
    },
    "another name of a function": {"a": SIGNATURES + EITHER.format("z = f", "z = g")},
    "another name of a function, and a function": {"a": SIGNATURES + EITHER.format("z = f", "def z(y): ...")},
    "what a partial makes of a function": {
        "a": f"from functools import partial\n{SIGNATURES}"
        + EITHER.format("z = partial(f)", "z = partial(g)")
    },
    "what a partial gives a function": {
        "a": f"from functools import partial\n{SIGNATURES}"
        + EITHER.format("z = partial(f, 1)", "z = partial(f)")
    },
    "one of several names of functions": {"a": SIGNATURES + EITHER.format("z, q = f, 1", "z, q = g, 1")},
    "a named tuple of the fields that another module lists": {
        "_b": EITHER.format("FIELDS = 'x y'", "FIELDS = 'x'"),
        "a": "from collections import namedtuple\nfrom ._b import FIELDS\nz = namedtuple('z', FIELDS)\n",
    },
    "a base by another name": {
        "a": EITHER.format("_B = ValueError", "_B = TypeError") + "class z(_B): ...\n"
    },
    "a class that is made of a table": {
        "a": "from dataclasses import make_dataclass as make_dataclass\n"
        + EITHER.format("z = make_dataclass('z', ['a', 'b'])", "z = make_dataclass('z', ['a'])")
    },
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_is_passed_on_and_looks_different_is_found(name: str, project: Project) -> None:
    project.write({f"src/shop/{module}.py": HEAD + text for module, text in DIFFERENT[name].items()})
    (finding,) = project.run("check", "--json").json["findings"]
    assert finding["message"] == "`shop.a.z` is not the same in native and wasm"


MEMBERS = {
    "another name of a method": (
        "class A:\n    def f(self, x): ...\n    def g(self, y): ...\n"
        "    if THREADS:\n        z = f\n    else:\n        z = g\n",
        "`shop.a.A.z` is not the same in native and wasm",
    ),
    "another name of a class": (
        "class _A:\n    def z(self): ...\nclass _B: ...\n" + EITHER.format("A = _A", "A = _B"),
        "`shop.a.A.z` is public in native and missing in wasm",
    ),
    "a slot in a string": (
        "class A:\n    if THREADS:\n        __slots__ = 'z'\n    else:\n        __slots__ = ()\n",
        "`shop.a.A.z` is public in native and missing in wasm",
    ),
    "a slot in a table": (
        "class A:\n    if THREADS:\n        __slots__ = {'z': 'Z.'}\n    else:\n        __slots__ = {}\n",
        "`shop.a.A.z` is public in native and missing in wasm",
    ),
    "what answers for names": (
        "if THREADS:\n    def __getattr__(name): ...\n",
        "`shop.a.__getattr__` is public in native and missing in wasm",
    ),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_what_gives_names_to_a_class_or_module_is_compared(name: str, project: Project) -> None:
    text, message = MEMBERS[name]
    project.write({"src/shop/a.py": HEAD + text})
    assert [finding["message"] for finding in project.run("check", "--json").json["findings"]] == [message]


ALIKE = {
    "a star import of what is declared": {
        "_b": "from profilec import only\n@only(THREADS)\ndef z(): ...\n",
        "a": "from ._b import *\n",
    },
    "private names behind a star import": {
        "_b": "if THREADS:\n    def _z(): ...\n",
        "a": "from ._b import *\n",
    },
    "a star import that is declared": {"_b": "z = 1\n", "a": "from ._b import *  # profilec: only THREADS\n"},
    "imports behind a star import": {
        "_b": "if THREADS:\n    import os\n    os.getcwd()\n",
        "a": "from ._b import *\n",
    },
    "another star import of the same names": {
        "_b": "def z(): ...\n",
        "_c": "def z(): ...\n",
        "a": EITHER.format("from ._b import *", "from ._c import *"),
    },
    "stars in a circle": {
        "_b": "from .a import *\nx = 1\nif THREADS:\n    _x = 1\n",
        "a": "from ._b import *\ny = 1\n",
    },
    "another name of a function of the same signature": {
        "a": "def _f(x): ...\ndef _g(x): ...\n" + EITHER.format("z = _f", "z = _g")
    },
    "another value": {"a": "_F = 1\n_G = 2\n" + EITHER.format("z = _F", "z = _G")},
    "a base that is declared by another name": {
        "a": "_B = ValueError\nif THREADS:\n    _B = TypeError  # profilec: only THREADS\nclass z(_B): ...\n"
    },
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_is_passed_on_alike_is_no_difference(name: str, project: Project) -> None:
    project.write({f"src/shop/{module}.py": HEAD + text for module, text in ALIKE[name].items()})
    assert project.run("check", "--json").codes == []


def test_what_several_modules_pass_on_is_told_once(project: Project) -> None:
    star = "from ._b import *\n"
    project.write({"src/shop/a.py": star, "src/shop/c.py": star, "src/shop/_b.py": HEAD + Z})
    assert project.run("check", "--json").codes == ["PC408"]


PRIVATE = "class B:\n    if THREADS:\n        def run(self): ...\n    def go(self): ...\n"

PASSED_ON = {
    "a base": ("from shop._b import B\n\nclass A(B): ...\n", "shop.a.A.run"),
    "a base of a base": ("from shop._b import B\n\nclass _C(B): ...\nclass A(_C): ...\n", "shop.a.A.run"),
    "a generic base": ("from shop._b import B\n\nclass A(B[int]): ...\n", "shop.a.A.run"),
    "a re-export": ("from shop._b import B as B\n", "shop.a.B.run"),
    "a re-export by __all__": ("from shop._b import B\n\n__all__ = ['B']\n", "shop.a.B.run"),
    "a re-export of a re-export": ("from shop._c import B as B\n", "shop.a.B.run"),
    "a base by a name of its module": ("from shop import _b\n\nclass A(_b.B): ...\n", "shop.a.A.run"),
    "a base by another name": ("import shop._b as b\n\n_C = b.B\n\nclass A(_C): ...\n", "shop.a.A.run"),
    "a base of a star import": ("from shop._b import *\n\nclass A(B): ...\n", "shop.a.A.run"),
    "a class by another name": ("import shop._c\n\nA = shop._c.B\n", "shop.a.A.run"),
}


@pytest.mark.parametrize("name", PASSED_ON)
def test_a_member_of_a_private_class_that_a_public_one_shows_is_found(name: str, project: Project) -> None:
    text, member = PASSED_ON[name]
    project.write(
        {"src/shop/a.py": text, "src/shop/_b.py": HEAD + PRIVATE, "src/shop/_c.py": "from shop._b import B\n"}
    )
    (finding,) = project.run("check", "--json").json["findings"]
    assert (finding["message"], finding["path"]) == (
        f"`{member}` is public in native and missing in wasm",
        "src/shop/_b.py",
    )


def test_a_member_that_several_names_show_is_told_once(project: Project) -> None:
    text = "from shop._b import B as B\n"
    project.write({"src/shop/a.py": text, "src/shop/c.py": text, "src/shop/_b.py": HEAD + PRIVATE})
    assert project.run("check", "--json").codes == ["PC408"]
