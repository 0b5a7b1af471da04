"""Proof 4: public names and signatures agree in all trees, except where the source declares a difference."""

import pytest
from profilec_project import CONFIGURATION, Project

HEAD = "from profilec import choose, only, stub\n\nfrom shop._profile import THREADS, WASM\n\n"

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


DECLARED = {
    "a definition": "@only(THREADS)\ndef run(): ...\n",
    "a class": "@only(THREADS)\nclass A:\n    def run(self): ...\n",
    "a method": "class A:\n    @only(THREADS)\n    def run(self): ...\n",
    "a parameter": "def run(\n    a,\n    b=1,  # profilec: only THREADS\n): ...\n",
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
}


@pytest.mark.parametrize("name", DECLARED)
def test_a_difference_that_is_declared_or_private_is_none(name: str, project: Project) -> None:
    project.write({"src/shop/a.py": HEAD + DECLARED[name]})
    ran = project.run("check", "--json")
    assert [finding["message"] for finding in ran.json["findings"]] == []


def test_a_file_of_one_profile_is_declared(project: Project) -> None:
    project.write({"src/shop/a.py": "# profilec: only THREADS\ndef run(): ...\n"})
    assert project.run("check").code == 0


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


BY_FACTS = {
    "a function": "if sys.platform != 'emscripten':\n    def run(): ...\n",
    "a signature": "if sys.platform == 'emscripten':\n    def run(): ...\nelse:\n    def run(a): ...\n",
    "a method": "class A:\n    if sys.platform != 'emscripten':\n        def run(self): ...\n",
    "a function beside an import": "from sys import path\nif sys.platform == 'linux':\n    def path(): ...\n",
    "a function of a private module": "from shop._c import go as go\n",
    "a value": "SIZE = 1\nif sys.platform == 'emscripten':\n    SIZE = 2\n",
    "the argument of a decorator": "@mark(sys.platform == 'emscripten')\ndef run(): ...\n",
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
    project.write({"src/shop/_c.py": f"import sys\n{go}"})
    codes = project.run("check", "--json").codes
    assert [code for code in codes if code != "PC106"] == []
