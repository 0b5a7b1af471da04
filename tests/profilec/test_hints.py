"""A fault, what its hint says, and the same source with just that done: it has no fault any more."""

from dataclasses import dataclass

import pytest
from case_files import CONFIGURATION, FLAGS
from msgspec.structs import replace

from profilec import CompileError, compile_source
from profilec.config import Config, load_config

IMPORTS = "from profilec import choose, only, stub\nfrom shop._profile import THREADS, WASM\n\n"
PROFILES = (
    "[tool.profilec.profiles.edge-cache]\n[tool.profilec.profiles.wasm.facts]\n'sys.platform' = 'linux'\n"
)


@dataclass(frozen=True)
class Mended:
    fault: str
    hint: str
    mended: str


CASES = {
    "PC101": Mended("if THREDS: pass", "did you mean `THREADS`?", "if THREADS: pass"),
    "PC101 a flag": Mended(
        "if NATIVE: pass",
        "from shop._profile import NATIVE",
        "from shop._profile import NATIVE\nif NATIVE: pass",
    ),
    "PC102": Mended(
        "f(THREADS)", "write `choose(...)`", "f(choose(native=True, wasm=False, edge_cache=False))"
    ),
    "PC102 compared": Mended(
        "if THREADS == False: pass", "write `THREADS`, or `not THREADS`", "if not THREADS: pass"
    ),
    "PC102 identical": Mended(
        "if f() or THREADS is True: pass", "write `THREADS`, or `not THREADS`", "if THREADS or f(): pass"
    ),
    "PC102 decorator": Mended("@WASM\ndef f(): ...", "write `@only(WASM)`", "@only(WASM)\ndef f(): ..."),
    "PC102 matched": Mended("match WASM:\n    case True: pass", "write `if WASM:`", "if WASM: pass"),
    "PC102 called": Mended("if WASM(): pass", "write `WASM`, or `not WASM`", "if WASM: pass"),
    "PC102 type": Mended(
        "def f(x: 'list[WASM]'): ...",
        "by `if`/`else`, outside of the string",
        "if WASM:\n    X = int\nelse:\n    X = str\ndef f(x: 'list[X]'): ...",
    ),
    "PC102 code": Mended(
        "exec('if WASM: print(1)')",
        "by `if`/`else`, outside of the string",
        "if WASM:\n    exec('print(1)')",
    ),
    "PC102 joined": Mended("if THREADS | WASM: pass", "join flags by `or`", "if THREADS or WASM: pass"),
    "PC102 inverted": Mended("if ~WASM: pass", "as `not` negates them", "if not WASM: pass"),
    "PC104": Mended("if f() and THREADS: pass", "put the flag first", "if THREADS and f(): pass"),
    "PC201": Mended("@only\ndef f(): ...", "write @only(FLAG)", "@only(THREADS)\ndef f(): ..."),
    "PC201 of two": Mended(
        "@only(THREADS, NATIVE)\ndef f(): ...",
        "joined by not, and, or",
        "@only(THREADS or WASM)\ndef f(): ...",
    ),
    "PC202": Mended("@only(x)\ndef f(): ...", "use flags", "@only(THREADS and not WASM)\ndef f(): ..."),
    "PC202 in quotes": Mended(
        '@only("threads")\ndef f(): ...', "write `THREADS`", "@only(THREADS)\ndef f(): ..."
    ),
    "PC203": Mended("f = only(THREADS)(g)", "write it as a decorator", "@only(THREADS)\ndef f(): ..."),
    "PC204": Mended(
        "x = choose(1, 2, 3)", "the name of a profile before", "x = choose(native=1, wasm=2, edge_cache=3)"
    ),
    "PC205": Mended(
        "x = choose(native=1, wasm=2)", "add edge_cache=...", "x = choose(native=1, wasm=2, edge_cache=...)"
    ),
    "PC205 one too many": Mended(
        "x = choose(native=1, wasm=2, wsm=2, edge_cache=3)",
        "remove it",
        "x = choose(native=1, wasm=2, edge_cache=3)",
    ),
    "PC206": Mended(
        "x = choose(native=f(), wasm=1, edge_cache=1)",
        "use `if`/`else`",
        "if not WASM and THREADS:\n    x = f()\nelse:\n    x = 1",
    ),
    "PC208": Mended(
        "@stub(unless=THREADS, msg='')\ndef f(): ...",
        "remove the others",
        "@stub(unless=THREADS)\ndef f(): ...",
    ),
    "PC209": Mended(
        "@stub(unless=THREADS, message='{')\ndef f(x): ...",
        "write {name}",
        "@stub(unless=THREADS, message='{x}')\ndef f(x): ...",
    ),
    "PC209 named": Mended(
        "MSG = ''\n@stub(unless=THREADS, message=MSG)\ndef f(x): ...",
        "write the text itself",
        "MSG = ''\n@stub(unless=THREADS, message='no f')\ndef f(x): ...",
    ),
    "PC210": Mended("x = 1  # profilec:", "write only, unless or keep", "x = 1  # profilec: unless THREADS"),
    "PC211": Mended("x = 1  # profilec: only", "name a flag", "x = 1  # profilec: only THREADS"),
    "PC211 kept": Mended(
        "x = 1  # profilec: keep THREADS", "write `only THREADS`", "x = 1  # profilec: only THREADS"
    ),
    "PC212": Mended(
        "\n# profilec: only THREADS\nx = 1", "put it behind the code", "\nx = 1  # profilec: only THREADS"
    ),
    "PC212 else": Mended(
        "if x:\n    y = 1\nelse:  # profilec: only THREADS\n    y = 2",
        "write `if` and the flags around",
        "if x:\n    y = 1\nelse:\n    if THREADS:\n        y = 2",
    ),
    "PC213": Mended(
        "@only(WASM)\ndef f(): ...\n@only(not WASM)\ndef f(): ...",
        "write `if`/`else`",
        "if WASM:\n    def f(): ...\nelse:\n    def f(): ...",
    ),
    "PC216": Mended(
        "from shop._profile import *", "import each name", "from shop._profile import CLI\nif CLI: pass"
    ),
    "PC301": Mended(
        "def f():\n    if THREADS:\n        yield 1",
        "keep a `yield` in every profile",
        "def f():\n    if THREADS:\n        yield 1\n    else:\n        yield 2",
    ),
    "PC302": Mended(
        "if THREADS:\n    x = 1\nprint(x)", "for the same profiles", "if THREADS:\n    x = 1\n    print(x)"
    ),
    "PC303 listed": Mended(
        "__all__ = ['f', 'g']\ndef g(): ...\n@only(THREADS)\ndef f(): ...",
        "on a line of its own and mark it too",
        "__all__ = [\n'f',  # profilec: only THREADS\n'g']\ndef g(): ...\n@only(THREADS)\ndef f(): ...",
    ),
    "PC303 appended": Mended(
        "__all__ = []\n__all__.append('f')\n@only(THREADS)\ndef f(): ...",
        "put the call into `if`",
        "__all__ = []\nif THREADS: __all__.append('f')\n@only(THREADS)\ndef f(): ...",
    ),
    "PC303 flag": Mended(
        "__all__ = ['WASM', 'f']\ndef f(): ...", "remove the entry", "__all__ = ['f']\ndef f(): ..."
    ),
    "PC304": Mended(
        "x = [1]\nif THREADS:\n    y = 1\ndel y",
        "for the same profiles",
        "x = [1]\nif THREADS:\n    y = 1\n    del y",
    ),
    "PC305": Mended(
        "from typing import Protocol\nclass P(Protocol):\n    if THREADS:\n        def f(self): ...",
        "in a class of its own, and mark that",
        "from typing import Protocol\n@only(THREADS)\nclass P(Protocol):\n    def f(self): ...",
    ),
    "PC306": Mended(
        "def f():\n    if THREADS: g()\n    'text'",
        "make it a comment",
        "def f():\n    if THREADS: g()\n    # text",
    ),
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("project")
    (folder / "shop").mkdir()
    (folder / "shop/_profile.py").write_text(FLAGS)
    (folder / "pyproject.toml").write_text(CONFIGURATION + PROFILES)
    return load_config(folder)


def _found(source: str, config: Config) -> dict[str, str]:
    """Return the hints of what is found in a source, by code."""
    found: dict[str, str] = {}
    for profile in config.profiles:
        try:
            compile_source(IMPORTS + source + "\n", profile, config)
        except CompileError as error:
            found |= {finding.code: finding.hint for finding in error.findings}
    return found


@pytest.mark.parametrize("name", CASES)
def test_what_a_hint_says_mends_the_fault(config: Config, name: str) -> None:
    case, code = CASES[name], name.partition(" ")[0]
    assert case.hint in _found(case.fault, config)[code]
    assert _found(case.mended, config) == {}


def test_a_docstring_that_is_read_is_kept_where_the_wheel_is_stripped(config: Config) -> None:
    stripped = replace(config.profiles["wasm"], stripped=True)
    config = replace(config, profiles={**config.profiles, "wasm": stripped})
    fault = 'def f():\n    """Text."""\nprint(f.__doc__)'
    hint = "write `# profilec: keep` behind the docstring that is meant, and behind this line"
    assert _found(fault, config) == {"PC307": hint}
    assert _found("\n".join(f"{line}  # profilec: keep" for line in fault.split("\n")), config) == {}
