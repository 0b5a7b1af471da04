"""The proofs about single trees, each broken on purpose, on trees made by hand."""

from collections.abc import Mapping
from textwrap import dedent

import pytest
from profilec_project import Project

from profilec.answers import Answers
from profilec.diagnostics import Finding
from profilec.prove.changes import changes_of
from profilec.prove.lossless import prove_lossless
from profilec.prove.names.reach import Interest, Reaches
from profilec.prove.nothing_left import prove_nothing_left
from profilec.prove.resolves import prove_resolves
from profilec.syntax.outline import outline
from profilec.syntax.read import decode
from profilec.tree import EmittedFile, SourceFile, Tree

FLAGS = 'from profilec import flag\n\nTHREADS = flag("threads")\nWASM = flag("wasm")\n'


def prove(project: Project, source: Mapping[str, str], emitted: Mapping[str, str]) -> list[Finding]:
    """The findings of both proofs for a tree, whose files come line by line from the source."""
    before = {"shop/__init__.py": "", **source}
    sources = {path: SourceFile(path, dedent(text).encode()) for path, text in before.items()}
    sources["shop/_profile.py"] = SourceFile("shop/_profile.py", FLAGS.encode())
    files = {}
    for path, text in {"shop/__init__.py": "", **emitted}.items():
        data = dedent(text).encode()
        changed = path not in sources or sources[path].data != data
        lines = tuple(range(1, data.count(b"\n") + 2)) if changed else ()
        files[path] = EmittedFile(path, data, changed, lines)
    tree, answers = Tree("wasm", files), Answers()
    texts = {path: decode(source, path) for path, source in sources.items()}
    statements = {path: outline(None, text).statements for path, text in texts.items()}
    changes = changes_of(sources, {"wasm": tree}, project.config, answers, statements)["wasm"]
    return [
        *prove_nothing_left(sources, tree, project.config, answers, changes),
        *prove_resolves(sources, tree, project.config, Reaches(Interest(), answers), changes, {}),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("from profilec import only\n", "the import of `only` from `profilec` is left"),
        ("import profilec.markers as m\n", "the import of `profilec.markers` is left"),
        ("from shop._profile import THREADS\n", "the import of `THREADS` from `shop._profile` is left"),
        ("from . import _profile as p\n", "the import of `_profile` from `shop` is left"),
        ("import shop._profile\n", "the import of `shop._profile` is left"),
        ("import shop\nshop._profile.THREADS\n", "`shop._profile.THREADS` is left"),
        ("def f():\n    return THREADS\n", "the flag `THREADS` is left"),
        ("def f() -> 'WASM': ...\n", "the flag `WASM` is left"),
        ("@only(1)\ndef f(): ...\n", "the marker `only` is left"),
        ("x = 1  # profilec: only THREADS\n", "a marker comment is left"),
        ("x = 1  # profilec : only THREADS\n", "a marker comment is left"),
        ("x = 1  # Profilec: only THREADS\n", "this comment is taken for no marker"),
        ("x = 1  # profile: unless not (THREADS or WASM)\n", "this comment is taken for no marker"),
        ("x = 1  # noqa: F841  # profilec only THREADS # why\n", "this comment is taken for no marker"),
        (
            "import importlib\nimportlib.import_module('shop._profile')\n",
            "the import of `shop._profile` at run time",
        ),
        ("__import__('profilec')\n", "the import of `profilec` at run time is left"),
        (
            "from importlib import import_module as im\nim('.' + '_profile', __package__)\n",
            "at run time is left",
        ),
        ("__import__('shop', fromlist=['_profile'])\n", "the import of `shop._profile` at run time is left"),
        ("import sys\nsys.modules['shop._profile'].WASM\n", "`shop._profile.WASM` is left"),
        ("exec('from profilec import only')\n", "the import of `profilec.only` at run time is left"),
    ],
)
def test_anything_left_of_the_compiler_is_found(text: str, message: str, project: Project) -> None:
    for cookie in ("", "# coding: utf-8\n"):  # with one, all of the file is compared
        findings = prove(project, {"shop/a.py": f"{cookie}\n{text}"}, {"shop/a.py": cookie + text})
        assert any(finding.code == "PC401" and message in finding.message for finding in findings)


@pytest.mark.parametrize(
    "text",
    [
        "def f(WASM):\n    return WASM\n",
        "THREADS = 4\nprint(THREADS)\n",
        "def only(f):\n    return f\n\n@only\ndef g(): ...\n",
        "x = '# profilec: only THREADS'\n",
        "x = 1  # profile: only THREADS may do this\n",
        "x = 1  # profile only threads\n",
        "'''Says profilec and shop._profile and THREADS.'''\n",
        "import other\nother.WASM\n",
    ],
)
def test_a_name_of_its_own_is_not_taken_for_a_flag(text: str, project: Project) -> None:
    assert prove(project, {"shop/a.py": "\n" + text}, {"shop/a.py": text}) == []


def test_the_module_of_flags_may_not_be_in_a_tree(project: Project) -> None:
    findings = prove(project, {}, {"shop/_profile.py": FLAGS})
    assert [finding.message for finding in findings] == ["the module of flags `shop._profile` is in the tree"]


def test_an_emitted_file_that_does_not_parse_is_found(project: Project) -> None:
    (finding,) = prove(project, {"shop/a.py": "x = 1\n"}, {"shop/a.py": "\nx = (\n"})
    assert (finding.code, finding.path, finding.line) == ("PC402", "build/wasm/shop/a.py", 2)
    assert finding.message == "the emitted file does not parse: '(' was never closed"


def test_a_file_in_a_newer_grammar_is_not_refused(project: Project) -> None:
    source = "try:\n    f()\nexcept A, B:\n    x = 1\n"
    assert prove(project, {"shop/a.py": source}, {"shop/a.py": source.replace("x = 1", "x = 2")}) == []


UNBOUND = {
    "a name at the top": ("x = 1\nprint(x)\n", "\nprint(x)\n"),
    "a name in a function": ("import os\ndef f():\n    return os\n", "\ndef f():\n    return os\n"),
    "a name in a class": ("B = 1\nclass C(B):\n    b = B\n", "\nclass C(B):\n    b = B\n"),
    "a name in a comprehension": ("x = 1\n[y for y in z for z in x]\n", "\n[y for y in z for z in x]\n"),
    "a name in a lambda": ("x = 1\nf = lambda y: x + y\n", "\nf = lambda y: x + y\n"),
    "a name in an annotation": ("x = int\ndef f(a: x): ...\n", "\ndef f(a: x): ...\n"),
    "a name in a string annotation": ("x = int\ndef f(a: 'list[x]'): ...\n", "\ndef f(a: 'list[x]'): ...\n"),
    "a name in a type parameter": ("x = int\ndef f[T: x](a: T): ...\n", "\ndef f[T: x](a: T): ...\n"),
    "a name in a type alias": ("x = int\ntype A[T] = dict[T, x]\n", "\ntype A[T] = dict[T, x]\n"),
    "a name in a class that a method reads": ("class C:\n    x = 1\n    y = x\n", "class C:\n\n    y = x\n"),
    "a global that a function binds": (
        "def f():\n    global x\n    x = 1\ndef g():\n    return x\n",
        "def f():\n\n    pass\ndef g():\n    return x\n",
    ),
    "a name that is only added to": ("x = 1\nx += 1\n", "\nx += 1\n"),
    "a name that is only deleted": ("x = 1\ndel x\n", "\ndel x\n"),
    "a name that is only annotated": ("x: int\nx = 1\nprint(x)\n", "x: int\n\nprint(x)\n"),
    "a global that is only added to": (
        "x = 1\ndef f():\n    global x\n    x += 1\n",
        "\ndef f():\n    global x\n    x += 1\n",
    ),
    "a name in a text in a text": (
        "x = 1\ndef f():\n    return f'{f\"{x:{x}}\"}'\n",
        "\ndef f():\n    return f'{f\"{x:{x}}\"}'\n",
    ),
    "a name in a match guard": (
        "x = 1\nmatch 2:\n    case 2 if x: ...\n",
        "\nmatch 2:\n    case 2 if x: ...\n",
    ),
}


@pytest.mark.parametrize("name", UNBOUND)
def test_a_name_that_lost_its_binding_is_found(name: str, project: Project) -> None:
    before, after = UNBOUND[name]
    findings = prove(project, {"shop/a.py": before}, {"shop/a.py": after})
    assert {(finding.code, finding.message) for finding in findings} == {
        ("PC404", "nothing binds `x` any more")
    } or (
        name in ("a name in a function", "a name in a class")
        and [finding.code for finding in findings] == ["PC404"]
    )


def test_a_name_may_be_bound_no_more_where_the_program_asks_whether_it_is(project: Project) -> None:
    probe = "try:\n    x\nexcept NameError:\n    {}\n"
    assert prove(project, {"shop/a.py": probe.format("x = 1")}, {"shop/a.py": probe.format("pass")}) == []


BOUND = {
    "a parameter": "def f(x, /, y, *z, w=1, **k):\n    return x, y, z, w, k\n",
    "an outer function's variable": "def f():\n    x = 1\n    def g():\n        return x\n    return g\n",
    "a walrus in a comprehension": "def f(s):\n    [y := x for x in s]\n    return y\n",
    "a match capture": (
        "match 1:\n    case [a, *b] | {'k': a, **b}:\n        print(a, b)\n"
        "    case int() as c:\n        print(c)\n"
    ),
    "an exception's name": "try: ...\nexcept ValueError as e:\n    print(e)\n",
    "an import": "import a.b\nimport c.d as e\nfrom f import g as h\nprint(a, e, h)\n",
    "a class in its own method": "class C:\n    def f(self):\n        return C, __class__\n",
    "a type parameter": "class C[T]:\n    def f[U](self, a: T, b: U) -> dict[T, U]: ...\n",
    "a for and a with": "for x in []:\n    with open(x) as (y, z):\n        print(y, z)\n",
    "a nonlocal": "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x += 1\n    return g\n",
    "a string that is no type": "from typing import Literal\ndef f(a: Literal['nothing']): ...\n",
    "a class's variable in a type parameter": "class C:\n    X = int\n    def f[T: X](self, a: T): ...\n",
    "a name that is added to": "x = 1\nx += 1\nprint(x)\n",
    "a field of a class": "class C:\n    x: int\n    def f(self):\n        return self.x\n",
    "a global bound elsewhere": "def f():\n    global x\n    x = 1\ndef g():\n    return x\n",
}


@pytest.mark.parametrize("name", BOUND)
def test_a_bound_name_is_not_reported(name: str, project: Project) -> None:
    assert prove(project, {"shop/a.py": ""}, {"shop/a.py": BOUND[name]}) == []


def test_a_name_that_the_source_does_not_bind_either_is_left_alone(project: Project) -> None:
    text = "print(injected_by_the_host)\n"
    assert prove(project, {"shop/a.py": "\n" + text}, {"shop/a.py": text}) == []


SPILL = "def open_lane(): ...\ndef close(): ...\n"
LESS = "\ndef close(): ...\n"


@pytest.mark.parametrize(
    ("user", "code", "message"),
    [
        ("from shop.spill import open_lane\n", "PC403", "`shop.spill` has no `open_lane` in this tree"),
        (
            "from .spill import close, open_lane as o\n",
            "PC403",
            "`shop.spill` has no `open_lane` in this tree",
        ),
        (
            "def f():\n    from .spill import open_lane\n",
            "PC403",
            "`shop.spill` has no `open_lane` in this tree",
        ),
        ("from . import spill\nspill.open_lane()\n", "PC404", "`shop.spill` has no `open_lane` in this tree"),
        ("import shop.spill as s\ns.open_lane()\n", "PC404", "`shop.spill` has no `open_lane` in this tree"),
        (
            "import shop.spill\nshop.spill.open_lane()\n",
            "PC404",
            "`shop.spill` has no `open_lane` in this tree",
        ),
        (
            "from importlib import import_module\nimport_module('.spill', __package__).open_lane()\n",
            "PC404",
            "`shop.spill` has no `open_lane` in this tree",
        ),
        (
            "from . import spill\ngetattr(spill, 'open_lane')()\n",
            "PC404",
            "`shop.spill` has no `open_lane` in this tree",
        ),
        (
            "from shop import spill\n\nclass A:\n    lanes = spill\n    x = lanes.open_lane\n",
            "PC404",
            "`shop.spill` has no `open_lane` in this tree",
        ),
        (
            "from . import spill\ndef f(lanes):\n    return lanes.open_lane\nf(spill)\n",
            "PC404",
            "`shop.spill` has no `open_lane` in this tree",
        ),
        (
            "from . import spill\ndef f(x: 'list[spill.open_lane]'): ...\n",
            "PC404",
            "`shop.spill` has no `open_lane` in this tree",
        ),
        (
            "import typing as t\nif t.TYPE_CHECKING:\n    from . import spill\nx: 'spill.open_lane'\n",
            "PC404",
            "`shop.spill` has no `open_lane` in this tree",
        ),
        (
            "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    import shop.spill as s\ndef f() -> s.open_lane: ...\n",
            "PC404",
            "`shop.spill` has no `open_lane` in this tree",
        ),
        ("from .spill import *\ndef f():\n    open_lane()\n", "PC404", "nothing binds `open_lane` any more"),
    ],
)
def test_an_import_of_a_name_that_went_is_found(user: str, code: str, message: str, project: Project) -> None:
    source = {"shop/spill.py": SPILL, "shop/user.py": user}
    findings = prove(project, source, {"shop/spill.py": LESS, "shop/user.py": user})
    assert [(finding.code, finding.message) for finding in findings] == [(code, message)]
    assert findings[0].path == "src/shop/user.py"


@pytest.mark.parametrize(
    "user",
    [
        "import shop.spill\n",
        "from shop import spill\n",
        "from .spill import close\n",
        "from . import spill as s\n",
        "import importlib\nimportlib.import_module('shop.spill')\n",
        "import importlib\nimportlib.import_module('.spill', package=__package__)\n",
        "__import__('shop.spill')\n",
    ],
)
def test_an_import_of_a_module_that_went_is_found(user: str, project: Project) -> None:
    findings = prove(project, {"shop/spill.py": SPILL, "shop/user.py": user}, {"shop/user.py": user})
    assert [(finding.code, finding.message) for finding in findings] == [
        ("PC403", "this tree has no module `shop.spill`")
    ]


@pytest.mark.parametrize("call", ["importlib.import_module('shop.spill')", "__import__('shop.spill')"])
def test_an_import_at_run_time_that_may_fail_is_left_alone(call: str, project: Project) -> None:
    user = f"import importlib\ntry:\n    spill = {call}\nexcept ImportError:\n    spill = None\n"
    assert prove(project, {"shop/spill.py": SPILL, "shop/user.py": user}, {"shop/user.py": user}) == []


def test_a_name_that_went_is_followed_through_a_star_import(project: Project) -> None:
    files = {"shop/all.py": "from .spill import *\n", "shop/user.py": "from .all import open_lane\n"}
    findings = prove(project, {"shop/spill.py": SPILL, **files}, {"shop/spill.py": LESS, **files})
    assert [finding.message for finding in findings] == ["`shop.all` has no `open_lane` in this tree"]


@pytest.mark.parametrize(
    "user",
    [
        "try:\n    from .spill import open_lane\nexcept ImportError:\n    open_lane = None\n",
        "from . import spill\ndef f(spill):\n    spill.open_lane()\n",
        "from .spill import close\n",
        "'''open_lane'''\n",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    from .spill import open_lane\n",
        "from . import spill\nif hasattr(spill, 'open_lane'):\n    spill.open_lane()\n",
        "from . import spill\ntry:\n    spill.open_lane()\nexcept AttributeError:\n    pass\n",
        "from . import spill\nspill.open_lane = close\nspill.open_lane()\n",
        "import shop.spill\nshop.spill.close.open_lane\n",
        "from .spill import *\ndef f(open_lane):\n    open_lane()\n",
        "from . import spill\ndef f(x: 'spill.close', y: 'a.open_lane', z='spill.open_lane'): ...\n",
        "def __getattr__(name):\n    if name == 'open_lane':\n        return print\n",
        "__all__ = 'open_lane'.split()\nfrom .other import *\n",
    ],
)
def test_an_import_that_can_do_without_is_left_alone(user: str, project: Project) -> None:
    source = {"shop/spill.py": SPILL, "shop/user.py": user}
    assert prove(project, source, {"shop/spill.py": LESS, "shop/user.py": user}) == []


def test_a_name_that_went_is_followed_through_a_module_that_passes_another_on(project: Project) -> None:
    files = {
        "shop/all.py": "from shop import spill as spill\n",
        "shop/user.py": "import shop.all\n\nshop.all.spill.open_lane()\n",
    }
    findings = prove(project, {"shop/spill.py": SPILL, **files}, {"shop/spill.py": LESS, **files})
    assert [(finding.path, finding.message) for finding in findings] == [
        ("src/shop/user.py", "`shop.spill` has no `open_lane` in this tree")
    ]


def test_a_submodule_that_went_is_found_where_only_its_package_is_imported(project: Project) -> None:
    files = {"shop/lanes/__init__.py": "", "shop/user.py": "import shop.lanes\n\nshop.lanes.spill.close()\n"}
    findings = prove(project, {"shop/lanes/spill.py": SPILL, **files}, files)
    assert [finding.message for finding in findings] == ["this tree has no module `shop.lanes.spill`"]


def test_an_emitted_file_that_does_not_compile_is_found(project: Project) -> None:
    source = "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n"
    (finding,) = prove(project, {"shop/a.py": source}, {"shop/a.py": source.replace("x = 1", "y = 1")})
    assert (finding.code, finding.path, finding.line) == ("PC402", "src/shop/a.py", 4)
    assert finding.message == "the emitted file does not compile: no binding for nonlocal 'x' found"


def test_a_finding_points_at_the_line_of_the_source(project: Project) -> None:
    before = {"shop/a.py": "if 1:\n    y = x\n    x = 1\n"}
    (finding,) = prove(project, before, {"shop/a.py": "\ny = x\n"})
    assert (finding.path, finding.line, finding.source_line) == ("src/shop/a.py", 2, "    y = x")
    assert finding.source_line[finding.column - 1 : finding.end_column - 1] == "x"
    assert finding.profiles == ("wasm",)


def test_a_file_that_was_not_selected_from_is_the_source(project: Project) -> None:
    sources = {
        "shop/a.py": SourceFile("shop/a.py", b"x = 1\n"),
        "shop/b.bin": SourceFile("shop/b.bin", b"\x00"),
    }
    files = [
        EmittedFile("shop/a.py", b"x=1\n", False),
        EmittedFile("shop/b.bin", b"\x01", True),
        EmittedFile("shop/c.py", b"", True),
    ]
    tree = Tree("wasm", {file.path: file for file in files})
    findings = prove_lossless(sources, tree, project.config)
    assert [(finding.code, finding.path) for finding in findings] == [
        ("PC410", "src/shop/a.py"),
        ("PC410", "src/shop/b.bin"),
        ("PC410", "src/shop/c.py"),
    ]


@pytest.mark.parametrize(
    "user", ["from . import open_lane\n", "from .\\\n import open_lane\n", "from shop import open_lane\n"]
)
def test_an_import_of_a_name_that_went_from_the_package_itself_is_found(user: str, project: Project) -> None:
    source = {"shop/__init__.py": SPILL, "shop/user.py": user}
    findings = prove(project, source, {"shop/__init__.py": LESS, "shop/user.py": user})
    assert [finding.message for finding in findings] == ["`shop` has no `open_lane` in this tree"]


STARS = {
    "the only one": ("from shop.spill import *\nopen_lane()\n", "\nopen_lane()\n"),
    "one of two": (
        "from shop.spill import *\nfrom shop.other import *\nclose()\nopen_lane()\n",
        "\nfrom shop.other import *\nclose()\nopen_lane()\n",
    ),
    "one by way of another": ("from shop.all import *\nopen_lane()\n", "\nopen_lane()\n"),
    "one of another package": ("from tkinter import *\nopen_lane()\n", "\nopen_lane()\n"),
}


@pytest.mark.parametrize("name", STARS)
def test_a_name_that_only_a_star_import_brought_is_lost_with_it(name: str, project: Project) -> None:
    before, after = STARS[name]
    files = {
        "shop/spill.py": SPILL,
        "shop/other.py": "def close(): ...\n",
        "shop/all.py": "from shop.spill import *\n",
    }
    findings = prove(project, files | {"shop/user.py": before}, files | {"shop/user.py": after})
    assert [(finding.code, finding.message) for finding in findings] == [
        ("PC404", "nothing binds `open_lane` any more")
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from shop.spill import *\nother()\n", "\nother()\n"),
        ("from shop.spill import *\nfrom tkinter import *\nclose()\n", "\nfrom tkinter import *\nclose()\n"),
        (
            "from shop.spill import *\nfrom shop.all import *\nclose()\n",
            "\nfrom shop.all import *\nclose()\n",
        ),
        ("from shop.spill import *\ndef close(): ...\nclose()\n", "\ndef close(): ...\nclose()\n"),
    ],
)
def test_a_name_that_may_come_from_elsewhere_is_not_lost_with_a_star(
    before: str, after: str, project: Project
) -> None:
    files = {"shop/spill.py": SPILL, "shop/all.py": "from shop.spill import *\n"}
    assert prove(project, files | {"shop/user.py": before}, files | {"shop/user.py": after}) == []


@pytest.mark.parametrize(
    "other",
    ["def open_lane(): ...\n", "from shop.more import *\nfrom shop import more\n__all__ = more.__all__\n"],
)
def test_a_name_that_another_star_import_brings_is_not_lost(other: str, project: Project) -> None:
    source = {
        "shop/spill.py": SPILL,
        "shop/other.py": other,
        "shop/more.py": "__all__ = ['open_lane']\ndef open_lane(): ...\n",
        "shop/user.py": "from shop.spill import *\nfrom shop.other import *\nopen_lane()\n",
        "shop/last.py": "from shop import user\nuser.open_lane()\n",
    }
    assert prove(project, source, source | {"shop/spill.py": LESS}) == []


@pytest.mark.parametrize(
    ("user", "messages"),
    [
        ("from shop.spill import *\nopen_lane()\n", ["nothing binds `open_lane` any more"]),
        ("from shop.all import *\nopen_lane()\n", ["nothing binds `open_lane` any more"]),
        ("from shop.all import open_lane\n", ["`shop.all` has no `open_lane` in this tree"]),
        ("from shop import all\nall.open_lane()\n", ["`shop.all` has no `open_lane` in this tree"]),
        ("from shop.spill import open_lane\nopen_lane()\n", []),
        ("from shop.spill import *\nclose()\n", []),
    ],
)
def test_a_name_that_is_not_listed_any_more_is_not_what_a_star_import_brings(
    user: str, messages: list[str], project: Project
) -> None:
    spill = "{}def open_lane(): ...\ndef close(): ...\n"
    source = {"shop/spill.py": spill.format("__all__ = ['open_lane', 'close']\n"), "shop/user.py": user}
    source |= {"shop/all.py": "from shop import spill\nfrom shop.spill import *\n__all__ = spill.__all__\n"}
    emitted = {**source, "shop/spill.py": spill.format("__all__ = ['close']\n")}
    assert [finding.message for finding in prove(project, source, emitted)] == messages


def test_stubs_for_type_checkers_are_proved_too(project: Project) -> None:
    left = prove(project, {"shop/a.pyi": "\nx: int\n"}, {"shop/a.pyi": "# profilec: only THREADS\nx: int\n"})
    assert [finding.message for finding in left] == ["a marker comment is left"]
    unbound = prove(project, {"shop/a.pyi": "from b import X\nx: X\n"}, {"shop/a.pyi": "\nx: X\n"})
    assert [finding.message for finding in unbound] == ["nothing binds `X` any more"]
    broken = prove(project, {"shop/a.pyi": "x: int\n"}, {"shop/a.pyi": "x: (\n"})
    assert [finding.code for finding in broken] == ["PC402"]


@pytest.mark.parametrize(
    ("user", "found"),
    [
        ("from shop import lane\n", []),
        ("import shop.lane\nshop.lane.put()\n", []),
        ("import shop\nshop.lane.put()\n", ["`shop` has no `lane` in this tree"]),
    ],
)
def test_a_module_of_the_name_that_went_from_its_package_is_what_an_import_finds(
    user: str, found: list[str], project: Project
) -> None:
    source = {
        "shop/__init__.py": "from shop._a import lane\n",
        "shop/lane.py": "",
        "shop/_a.py": "lane = 1\n",
    }
    findings = prove(project, source, {**source, "shop/__init__.py": "", "shop/b.py": user})
    assert [finding.message for finding in findings] == found


def test_what_is_left_of_the_module_of_flags_is_told_once_by_whatever_way_it_is_reached(
    project: Project,
) -> None:
    project.write({
        "src/shop/uses.py": "from shop._profile import THREADS\nif THREADS:\n    print(1)\n",
        "src/shop/here.py": "import shop\nprint(shop._profile.THREADS)\n",
        "src/shop/lent.py": "import shop as lent\n",
        "src/shop/there.py": "from shop.lent import lent\nprint(lent._profile.THREADS)\n",
    })  # fmt: skip
    found = [(one["code"], one["path"]) for one in project.run("check", "--json").json["findings"]]
    assert found == [("PC401", "src/shop/here.py"), ("PC404", "src/shop/there.py")]
