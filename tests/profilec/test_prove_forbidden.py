"""Proof 3: what a profile forbids is found however it is reached, and nothing else is taken for it."""

from pathlib import Path

import pytest
from profilec_project import Project
from proved_package import install, prove

REACHED = {
    "an entry of sys.modules": ("import sys\nsys.modules['threading']", "threading"),
    "an entry of vars": ("import time\nvars(time)['sleep'](1)", "time.sleep"),
    "an entry of a __dict__": ("import time\ntime.__dict__['sleep'](1)", "time.sleep"),
    "an entry of the builtins": ("__builtins__['open']", "open"),
    "one of two values": ("import time\nclock = time if time else None\nclock.sleep(1)", "time.sleep"),
    "one of two operands": ("import time\n(time or None).sleep(1)", "time.sleep"),
    "a named expression": ("import time\n(clock := time).sleep(1)", "time.sleep"),
    "a builtin by another name": ("import io\nio.open('x')", "open"),
    "an import": ("import threading", "threading"),
    "an import of a submodule": ("import concurrent.futures.thread", "concurrent.futures"),
    "an import from": ("from threading import Thread", "threading"),
    "a module from its package": ("from concurrent import futures", "concurrent.futures"),
    "an import in a function": ("def f():\n    import threading as t", "threading"),
    "an import that may fail": ("try:\n    import threading\nexcept ImportError:\n    pass", "threading"),
    "an import under a condition": ("if (f() if x else g()):\n    import threading", "threading"),
    "an import at run time": ("import importlib\nimportlib.import_module('threading')", "threading"),
    "an import at run time, renamed": (
        "from importlib import import_module as im\nim('threading')",
        "threading",
    ),
    "an import at run time, in pieces": (
        "import importlib\nimportlib.import_module('thread' + 'ing')",
        "threading",
    ),
    "__import__": ("__import__('threading')", "threading"),
    "what __import__ gives": ("__import__('time').sleep(1)", "time.sleep"),
    "what import_module gives": (
        "import importlib as i\nt = i.import_module('time')\nt.sleep(1)",
        "time.sleep",
    ),
    "a call": ("import time\ntime.sleep(1)", "time.sleep"),
    "a call of a renamed module": ("import time as t\nt.sleep(1)", "time.sleep"),
    "a call of a renamed name": ("from time import sleep as nap\nnap(1)", "time.sleep"),
    "a call of an assigned module": ("import time\nclock = time\ndef f():\n    clock.sleep(1)", "time.sleep"),
    "a name that is handed on": ("import time\nrun(time.sleep)", "time.sleep"),
    "getattr": ("import time\ngetattr(time, 'sleep')(1)", "time.sleep"),
    "a star import": ("from asyncio import *\nto_thread(f)", "asyncio.to_thread"),
    "an attribute chain": ("import concurrent\nconcurrent.futures.wait([])", "concurrent.futures"),
    "a builtin": ("def f(path):\n    with open(path) as file:\n        return file", "open"),
    "a builtin that is replaced under a condition": (
        "if x:\n    def open(path): ...\n\ndef f():\n    open('x')",
        "open",
    ),
    "a builtin that is replaced if it can be": (
        "try:\n    from .types import open\nexcept ImportError:\n    pass\nopen('x')",
        "open",
    ),
    "a builtin by its module": ("import builtins\nbuiltins.open('x')", "open"),
    "a method": ("async def f(loop):\n    await loop.run_in_executor(None, g)", "*.run_in_executor"),
    "a method that a pattern takes": (
        "match x:\n    case Loop(run_in_executor=run):\n        run(None, g)",
        "*.run_in_executor",
    ),
    "a method of a call": ("get_loop().run_in_executor(None, g)", "*.run_in_executor"),
}


@pytest.mark.parametrize("name", REACHED)
def test_what_is_forbidden_is_found(name: str, tmp_path: Path) -> None:
    text, pattern = REACHED[name]
    findings = prove(tmp_path, {"shop/a.py": text})
    assert [(f.code, f.message, f.path) for f in findings] == [
        ("PC405", f"`{pattern}` is forbidden", "src/shop/a.py")
    ]
    assert findings[0].profiles == ("wasm",)


OF_A_TYPE = {
    "a parameter": "def f(x: Path):\n    x.write_text('')",
    "a parameter that may be None": "def f(x: 'pathlib.Path | None'):\n    x and x.write_text('')",
    "a field": "class A:\n    x: Path\n    def f(self):\n        self.x.write_text('')",
    "what a field is set to": (
        "class A:\n    def __init__(self, x: Path):\n        self.x = x\n"
        "    def f(self):\n        self.x.write_text('')"
    ),
    "what a function gives": "def f() -> Path: ...\nf().write_text('')",
    "what an operator gives": "def f(x: Path):\n    y = x / 'y'\n    y.write_text('')",
    "what an operator makes of an instance": "(Path('x') / 'y').write_text('')",
}


@pytest.mark.parametrize("name", OF_A_TYPE)
def test_a_method_of_a_type_is_found_where_an_annotation_says_so(name: str, tmp_path: Path) -> None:
    text = f"import pathlib\nfrom pathlib import Path\n\n{OF_A_TYPE[name]}"
    (finding,) = prove(tmp_path, {"shop/a.py": text}, forbid=("pathlib.Path.write_text",))
    assert (finding.code, finding.message) == ("PC405", "`pathlib.Path.write_text` is forbidden")


@pytest.mark.parametrize(
    "text", ["def f(x: Paths):\n    x.write_text('')", "def f(x: list[Path]):\n    x.write_text('')"]
)
def test_a_method_of_another_type_is_left_alone(text: str, tmp_path: Path) -> None:
    files = {
        "shop/a.py": f"from pathlib import Path\nfrom .b import Paths\n\n{text}",
        "shop/b.py": "class Paths: ...",
    }
    assert prove(tmp_path, files, forbid=("pathlib.Path.write_text",)) == []


NOT_REACHED = {
    "an entry put into sys.modules": "import sys\nsys.modules['threading'] = None",
    "a parameter of that name": "def f(open, time):\n    open(1)\n    time.sleep(2)",
    "a function of that name": "def open(x): ...\nopen(1)",
    "what a loop, a context or a pattern gives that name": (
        "for open in x:\n    open(1)\nwith x as open:\n    open(1)\n"
        "match x:\n    case [open]:\n        open(1)"
    ),
    "one of two functions of that name": "if x:\n    def open(x): ...\nelse:\n    open = x\nopen(1)",
    "a function of that name, or another": (
        "try:\n    from .types import open\nexcept ImportError:\n    def open(x): ...\nopen(1)"
    ),
    "a function of that name, or none": (
        "try:\n    from .types import open\nexcept ImportError as e:\n    raise x from e\nopen(1)"
    ),
    "a module of the package": "from . import threading_helpers as threading\nthreading.go()",
    "another module's name": "import trio as time\ntime.sleep(1)",
    "an import for type checkers": "import typing\nif typing.TYPE_CHECKING:\n    import threading",
    "a method that is defined": "class A:\n    def run_in_executor(self): ...",
    "an attribute that is set": "a.run_in_executor = None",
    "text": "'''import threading; time.sleep'''\n# open()",
    "a local variable": "def f():\n    sleep = 1\n    return sleep",
}


@pytest.mark.parametrize("name", NOT_REACHED)
def test_what_only_looks_forbidden_is_not_reported(name: str, tmp_path: Path) -> None:
    files = {
        "shop/a.py": NOT_REACHED[name],
        "shop/threading_helpers.py": "def go(): ...",
        "shop/types.py": "",
    }
    assert prove(tmp_path, files) == []


def test_a_module_is_not_the_thing_in_it_of_the_same_name(tmp_path: Path) -> None:
    text = "import socket\nfrom datetime import timezone\n\nsocket.gaierror\nsocket.socket()\n"
    (finding,) = prove(tmp_path, {"shop/a.py": text}, forbid=("socket.socket", "datetime.datetime"))
    assert (finding.line, finding.notes) == (5, ())


def test_what_a_class_has_of_its_own_is_not_that_of_its_base(tmp_path: Path) -> None:
    text = (
        "import threading\n\nclass A(threading.Thread):\n    size = input()\n    def __init__(self):\n"
        "        self.active = False\n    def f(self):\n        print(self.active, self.size)\n"
        "        self.join()\n"
    )
    (finding,) = prove(tmp_path, {"shop/a.py": text}, forbid=("threading.Thread",))
    assert (finding.line, finding.also) == (3, (9,))


@pytest.mark.parametrize("text", ["import ssl\nssl.socket()", "from ssl import socket as s"])
def test_what_a_module_of_the_library_has_from_another_is_that(text: str, tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": text}, forbid=("socket.socket",))
    assert finding.message == "`socket.socket` is forbidden"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("socket", "import _socket"),
        ("socket.socket", "from _socket import socket"),
        ("os.fork", "import posix\nposix.fork()"),
        ("os", "import nt"),
        ("threading", "from _thread import start_new_thread"),
        ("subprocess", "import _posixsubprocess"),
    ],
)
def test_the_compiled_half_of_a_module_is_that_module(pattern: str, text: str, tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": f"import _heapq\n{text}\n"}, forbid=(pattern,))
    assert finding.message == f"`{pattern}` is forbidden"


@pytest.mark.parametrize(
    "text",
    [
        "from pathlib import Path\nPath('x').write_text('')",
        "from pathlib import Path\npath = Path('x')\nprint(path.name)\npath.write_text('')",
        "from shop.paths import P\nP('x').write_text('')",
        "from shop import paths\npaths.root.write_text('')",
        "import pathlib\nclass A(pathlib.Path): ...\nA('x').write_text('')",
    ],
)
def test_a_method_is_forbidden_by_the_name_of_its_class(text: str, tmp_path: Path) -> None:
    files = {"shop/a.py": text, "shop/paths.py": "from pathlib import Path as P\nroot = P('x')\n"}
    (finding,) = prove(tmp_path, files, forbid=("pathlib.Path.write_text",))
    assert (finding.path, finding.message) == ("src/shop/a.py", "`pathlib.Path.write_text` is forbidden")


def test_a_name_of_a_package_in_a_package_is_that_of_its_modules(tmp_path: Path) -> None:
    text = "from concurrent.futures.thread import ThreadPoolExecutor\n"
    (finding,) = prove(tmp_path, {"shop/a.py": text}, forbid=("concurrent.futures.ThreadPoolExecutor",))
    assert finding.line == 1


def test_a_pattern_names_a_builtin_with_its_module_or_without(tmp_path: Path) -> None:
    text = "import io\n\nio.open('x')\ninput()\n"
    findings = prove(tmp_path, {"shop/a.py": text}, forbid=("builtins.input", "io.open"))
    messages = {finding.message for finding in findings}
    assert messages == {"`io.open` is forbidden", "`builtins.input` is forbidden"}


def test_each_forbidden_thing_is_reported_once_for_a_file(tmp_path: Path) -> None:
    text = "import time\n\ntime.sleep(1)\ntime.sleep(2)\n\ntime.sleep(3)\n"
    (finding,) = prove(tmp_path, {"shop/a.py": text})
    assert finding.line == 3
    assert finding.source_line[finding.column - 1 : finding.end_column - 1] == "time.sleep"
    assert finding.also == (4, 6)


def test_a_name_is_seen_through_modules_of_the_package(tmp_path: Path) -> None:
    files = {
        "shop/compat.py": "import time\n",
        "shop/more.py": "from .compat import time as clock\n",
        "shop/user.py": "from shop import more\n\nmore.clock.sleep(1)\n",
    }
    (finding,) = prove(tmp_path, files)
    assert (finding.path, finding.line, finding.message) == (
        "src/shop/user.py",
        3,
        "`time.sleep` is forbidden",
    )


def test_a_finding_prints_the_chain_of_imports(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "from shop.api import run\n",
        "shop/api.py": "import os\n\nfrom . import jobs\n\ndef run(): ...\n",
        "shop/jobs.py": "import threading\n",
    }
    (finding,) = prove(tmp_path, files)
    assert finding.notes == (
        "src/shop/__init__.py:1 imports shop.api",
        "src/shop/api.py:3 imports shop.jobs",
        "src/shop/jobs.py:1 names threading",
    )


def test_dependencies_are_followed_file_by_file(tmp_path: Path) -> None:
    install(
        tmp_path / "deps",
        "fetch",
        {
            "fetch/__init__.py": "from fetch import core\n",
            "fetch/core.py": "import low.wire\n",
            "fetch/unused.py": "import threading\n",
        },
        requires="low>=1; python_version > '3'",
    )
    install(
        tmp_path / "deps",
        "low",
        {"low/__init__.py": "", "low/wire.py": "import os\nimport concurrent.futures\n"},
    )
    findings = prove(tmp_path, {"shop/net.py": "\nimport fetch\n"}, requires=("fetch>=1",))
    assert [(finding.path, finding.line, finding.message) for finding in findings] == [
        ("src/shop/net.py", 2, "`concurrent.futures` is forbidden, and `low.wire` reaches it")
    ]
    assert findings[0].notes == (
        "src/shop/net.py:2 imports fetch",
        "fetch/__init__.py:1 imports fetch.core",
        "fetch/core.py:1 imports low.wire",
        "low/wire.py:2 names concurrent.futures",
    )


def test_what_a_dependency_reaches_is_shown_at_the_import_behind_its_indentation(tmp_path: Path) -> None:
    install(tmp_path / "deps", "fetch", {"fetch.py": "import threading\n"})
    files = {"shop/net.py": "try:\n    import fetch\nexcept OSError:\n    pass\n"}
    (finding,) = prove(tmp_path, files, requires=("fetch",))
    assert (finding.line, finding.column, finding.end_column) == (2, 5, 17)


def test_what_is_installed_but_not_declared_is_not_followed(tmp_path: Path) -> None:
    install(tmp_path / "deps", "fetch", {"fetch/__init__.py": "import threading\n"})
    assert prove(tmp_path, {"shop/net.py": "import fetch\n"}) == []


def test_an_extra_of_a_dependency_is_not_followed(tmp_path: Path) -> None:
    install(tmp_path / "deps", "fetch", {"fetch.py": "import fast\n"}, requires="fast; extra == 'speed'")
    install(tmp_path / "deps", "fast", {"fast.py": "import threading\n"})
    assert prove(tmp_path, {"shop/net.py": "import fetch\n"}, requires=("fetch",)) == []


def test_a_dependency_that_is_not_installed_is_a_finding(tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {}, requires=("fetch>=1",))
    assert finding.code == "PC407"
    assert "fetch>=1" in finding.message


def test_a_profile_that_forbids_nothing_needs_no_dependencies(tmp_path: Path) -> None:
    assert prove(tmp_path, {"shop/a.py": "import threading\n"}, forbid=(), requires=("fetch",)) == []


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\ndef load(name):\n    return importlib.import_module(name)\n",
        "def load(name):\n    return __import__(name)\n",
        "from importlib import import_module\nimport_module(f'json.{kind}')\n",
    ],
)
def test_an_import_that_cannot_be_decided_is_a_warning(text: str, tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": text})
    assert (finding.code, finding.is_error) == ("PC406", False)


def test_a_relative_import_at_run_time_is_decided(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "import importlib\nimportlib.import_module('.jobs', __package__)\n",
        "shop/jobs.py": "import threading\n",
    }
    (finding,) = prove(tmp_path, files)
    assert finding.notes[0] == "src/shop/__init__.py:2 imports shop.jobs"


def test_of_many_lines_the_first_ones_are_named(tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": "import time\n" + "time.sleep(1)\n" * 14})
    assert finding.also == tuple(range(3, 16))
    assert finding.remarks[-1] == "also in lines 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 3 more"


def test_all_lines_of_a_finding_are_those_of_the_source(project: Project) -> None:
    text = """
        import sys
        import time
        from shop._profile import THREADS

        if THREADS:
            x = sys.argv

        time.sleep(1)
        time.sleep(2)
        """
    project.write({"src/shop/a.py": text})
    project.write({"pyproject.toml": project.read("pyproject.toml") + 'forbid = ["time.sleep"]\n'})
    (finding,) = project.run("audit", "--json").json["findings"]
    assert (finding["line"], finding["also"], finding["notes"]) == (8, [9], [])


def test_a_circle_of_imports_comes_to_an_end(tmp_path: Path) -> None:
    files = {"shop/a.py": "from .b import time\n", "shop/b.py": "from .a import time\ntime.sleep(1)\n"}
    assert prove(tmp_path, files) == []


def test_a_dependency_whose_only_import_went_is_a_warning(project: Project) -> None:
    configuration = project.read("pyproject.toml")
    wasm = '[tool.profilec.profiles.wasm]\ndependencies = ["psutil>=5"]\n'
    project.write(
        {
            "pyproject.toml": configuration.replace("[tool.profilec.profiles.wasm]\n", wasm),
            "src/shop/a.py": "from shop._profile import THREADS\n\nif THREADS:\n    import psutil as p\n",
        }
    )
    ran = project.run("check", "--json")
    assert (ran.code, ran.codes) == (0, ["PC409"])
    assert ran.json["findings"][0]["message"] == "the dependency `psutil>=5` is no longer imported"


def test_what_a_forbidden_thing_gave_is_told_where_that_is_named(tmp_path: Path) -> None:
    text = """
        class Pager:
            def __init__(self, stream):
                self.stream = stream

        def pipe():
            import threading
            worker = threading.Thread(stream=threading)
            Pager(worker.stream).stream.write(worker.name)
        """
    files = {"shop/a.py": text, "shop/b.py": "from shop import a\n\na.pipe().name\n"}
    (finding,) = prove(tmp_path, files)
    assert (finding.line, finding.also, finding.notes) == (7, (8,), ())


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("threding", "threading"),
        ("subproces", "subprocess"),
        ("mutliprocessing.Pool", "multiprocessing"),
        ("sqlite", "sqlite3"),
    ],
)
def test_a_forbidden_name_that_is_probably_misspelt_is_told(name: str, meant: str, tmp_path: Path) -> None:
    (finding,) = prove(tmp_path, {"shop/a.py": "import threading\n"}, forbid=(name,))
    assert (finding.code, finding.hint) == ("PC016", f"did you mean `{meant}`?")


def test_a_forbidden_name_of_what_may_be_elsewhere_is_left_alone(tmp_path: Path) -> None:
    names = (
        "urllib3",
        "ujson",
        "pickle5",
        "psutil",
        "socketio",
        "js",
        "time.sleep",
        "open",
        "shop",
        "*.opne",
    )
    assert prove(tmp_path, {"shop/a.py": "x = 1\n"}, forbid=(*names, "builtins.exec", "libcst")) == []
