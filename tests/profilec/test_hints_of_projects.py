"""A fault of a project, what its hint says, and the same project with just that done: the fault is gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from shutil import rmtree

import pytest
from profilec_project import CONFIGURATION, Project

FLAGS = "from shop._profile import THREADS, WASM\n"
TOP = "[tool.profilec]\n"
NATIVE = "[tool.profilec.profiles.native]\n"
WASM = "[tool.profilec.profiles.wasm]\n"
USES = FLAGS + "if THREADS:\n    print(1)\nelif WASM:\n    print(2)\n"


FAST = "from profilec import flag\nTHREADS = flag('threads')\nWASM = flag('wasm')\nFAST = flag(\"fast\")\n"
"""The flags, with one more."""
USES_FAST = USES + "from shop._profile import FAST\nif FAST:\n    print(3)\n"


@dataclass(frozen=True)
class Mended:
    """A fault and what mends it.

    Attributes:
        fault: files of the package, or what is replaced in `pyproject.toml` by what.
        mended: the files and replacements once more, as the hint has them.
    """

    hint: str
    fault: Mapping[str, str]
    mended: Mapping[str, str]


def module(text: str) -> dict[str, str]:
    return {"a.py": FLAGS + text}


CASES = {
    "PC003": Mended("did you mean `features`", {NATIVE: NATIVE + "feature = []\n"}, {}),
    "PC004": Mended("write a string", {TOP: TOP + "out = 1\n"}, {TOP: TOP + 'out = "build"\n'}),
    "PC005 package": Mended('add the name of the package: package = "…"', {'package = "shop"\n': ""}, {}),
    "PC005 unless": Mended(
        'add the feature that the module needs: unless = "…"',
        {
            WASM: "[tool.profilec.stub-modules]\n'shop.a' = { message = 'no' }\n" + WASM,
            "a.py": "def f(): return 1\n",
        },
        {WASM: "[tool.profilec.stub-modules]\n'shop.a' = { message = 'no', unless = 'threads' }\n" + WASM},
    ),
    "PC006 source": Mended("did you mean `src`", {'source = "src"': 'source = "scr"'}, {}),
    "PC006 package": Mended("did you mean `shop`", {'package = "shop"': 'package = "shpo"'}, {}),
    "PC006 flags": Mended(
        "create it, or leave `flags` out",
        {'flags = "shop._profile"': 'flags = "shop._flags"'},
        {
            "_flags.py": "from profilec import flag\nTHREADS = flag('threads')\n",
            'flags = "shop._profile"': 'flags = "shop._flags"',
        },
    ),
    "PC007": Mended("did you mean `threads`", {'features = ["threads"]': 'features = ["thread"]'}, {}),
    "PC008": Mended(
        "did you mean `native`", {TOP: TOP + 'default = "nativ"\n'}, {TOP: TOP + 'default = "native"\n'}
    ),
    "PC009": Mended(
        "rename the feature",
        {'threads = "': 'wasm = "in wasm"\nthreads = "'},
        {'threads = "': 'fast = "quick"\nthreads = "', "_profile.py": FAST, "uses.py": USES_FAST},
    ),
    "PC010": Mended("start with a letter", {'threads = "': '"1" = "one"\nthreads = "'}, {}),
    "PC012": Mended(
        "they are listed in `exclusive`",
        {
            'threads = "': 'fast = "quick"\nthreads = "',
            TOP: TOP + 'exclusive = [["threads", "fast"]]\n',
            'features = ["threads"]': 'features = ["threads", "fast"]',
        },
        {
            'threads = "': 'fast = "quick"\nthreads = "',
            TOP: TOP + 'exclusive = [["threads", "fast"]]\n',
            "_profile.py": FAST,
            "uses.py": USES_FAST,
        },
    ),
    "PC013 format": Mended(
        'write format = "black"', {TOP: TOP + 'format = "blue"\n'}, {TOP: TOP + 'format = "black"\n'}
    ),
    "PC013 out": Mended(
        'write a folder of its own: out = "build"',
        {TOP: TOP + 'out = "src/shop"\n'},
        {TOP: TOP + 'out = "build"\n'},
    ),
    "PC013 forbid": Mended(
        "a module, a dotted name, a builtin, or *.method",
        {WASM: WASM + 'forbid = ["a b"]\n'},
        {WASM: WASM + 'forbid = ["*.a", "open"]\n'},
    ),
    "PC013 wheel-tag": Mended(
        "write python-abi-platform",
        {WASM: WASM + 'wheel-tag = "wasm"\n'},
        {WASM: WASM + 'wheel-tag = "py3-none-any"\n'},
    ),
    "PC013 script": Mended(
        "write module:function",
        {NATIVE: NATIVE + 'scripts = { a = "shop.a" }\n'},
        {NATIVE: NATIVE + 'scripts = { a = "shop.a:f" }\n', "a.py": "def f(): ...\n"},
    ),
    "PC013 marker": Mended(
        "as in \"sys_platform == 'emscripten'\"",
        {WASM: WASM + 'marker = "linux"\n'},
        {WASM: WASM + "marker = \"sys_platform == 'emscripten'\"\n"},
    ),
    "PC013 fact": Mended(
        'as in "sys.platform"',
        {WASM: WASM + "facts = { 'sys.platform ==' = 'emscripten' }\n"},
        {WASM: WASM + "facts = { 'sys.platform' = 'emscripten' }\n"},
    ),
    "PC403 command": Mended(
        "list the command only under the profiles that have what it calls",
        {
            'version = "1.2"': 'version = "1.2"\nscripts = { shop = "shop.a:main" }',
            **module(
                "from profilec import only\n@only(THREADS)\ndef main(): return WASM_FREE\nWASM_FREE = 1"
            ),
        },
        {'version = "1.2"': 'version = "1.2"', NATIVE: NATIVE + 'scripts = { shop = "shop.a:main" }\n'},
    ),
    "PC013 dependency": Mended(
        "write it as pip takes it",
        {NATIVE: NATIVE + 'dependencies = ["a b"]\n'},
        {},
    ),
    "PC014": Mended(
        'write version = "…" into [project], and take it out of `dynamic`',
        {'version = "1.2"': 'dynamic = ["version"]'},
        {'version = "1.2"': 'version = "1"'},
    ),
    "PC015": Mended(
        "write a path relative to `src` or to the package",
        {TOP: TOP + 'copy = ["src/shop/a.py"]\n', "a.py": "x = 1\n"},
        {TOP: TOP + 'copy = ["shop/a.py"]\n'},
    ),
    "PC101 elsewhere": Mended(
        "from shop.has import FAST",
        {
            'threads = "': 'fast = "quick"\nthreads = "',
            "has.py": 'from profilec import flag\nFAST = flag("fast")\n',
            "a.py": "if FAST:\n    print(3)\n",
        },
        {
            'threads = "': 'fast = "quick"\nthreads = "',
            "a.py": "from shop.has import FAST\nif FAST:\n    print(3)\n",
        },
    ),
    "PC101 without a module of flags": Mended(
        "from shop._profile import THREADS",
        {'flags = "shop._profile"\n': "", "a.py": "if THREADS:\n    print(1)\n"},
        {'flags = "shop._profile"\n': "", "a.py": FLAGS + "if THREADS:\n    print(1)\n"},
    ),
    "PC101 without any flag": Mended(
        'declare it: NATIVE = flag("…")',
        {
            'flags = "shop._profile"\n': "",
            "_profile.py": "",
            "uses.py": "",
            "a.py": "x = 1  # profilec: only NATIVE\n",
        },
        {
            'flags = "shop._profile"\n': "",
            "_profile.py": "from profilec import flag\nNATIVE = flag('native')\n",
            "a.py": "x = 1  # profilec: only NATIVE\n",
        },
    ),
    "PC016": Mended(
        "did you mean `threading`",
        {WASM: WASM + 'forbid = ["threding"]\n'},
        {WASM: WASM + 'forbid = ["threading"]\n'},
    ),
    "PC103": Mended(
        "did you mean `threads`",
        {"_profile.py": "from profilec import flag\nTHREADS = flag('thread')\nWASM = flag('wasm')\n"},
        {"_profile.py": "from profilec import flag\nTHREADS = flag('threads')\nWASM = flag('wasm')\n"},
    ),
    "PC105": Mended(
        'declare FAST = flag("fast") in shop._profile',
        {'threads = "': 'fast = "quick"\nthreads = "'},
        {
            'threads = "': 'fast = "quick"\nthreads = "',
            "_profile.py": FAST,
            "uses.py": USES_FAST,
        },
    ),
    "PC214": Mended(
        "write `if` where the un-compiled program must differ",
        module("_x = []\n_x.append(1)  # profilec: only WASM\nprint(_x)\n"),
        module("_x = []\nif WASM:\n    _x.append(1)\nprint(_x)\n"),
    ),
    "PC218": Mended(
        "if that is meant, give it a line of its own",
        module("print(1, 2)  # profilec: only THREADS\n"),
        module("print(1,\n      2)  # profilec: only THREADS\n"),
    ),
    "PC218 around": Mended(
        "else write `if`",
        module("print(1, 2)  # profilec: only THREADS\n"),
        module("if THREADS:\n    print(1, 2)\n"),
    ),
    "PC218 definition": Mended(
        "or `@only` above a definition",
        module("def f(a):  # profilec: only THREADS\n    return 1\n"),
        module("from profilec import only\n@only(THREADS)\ndef f(a):\n    return 1\n"),
    ),
    "PC403": Mended(
        "select both for the same profiles",
        {"a.py": "# profilec: only THREADS\nx = 1\n", "b.py": "from shop import a\nprint(a)\n"},
        {
            "a.py": "# profilec: only THREADS\nx = 1\n",
            "b.py": FLAGS + "if THREADS:\n    from shop import a\n    print(a)\n",
        },
    ),
    "PC404": Mended(
        "for the same profiles",
        {
            "a.py": FLAGS + "if THREADS:\n    _x = 1\n    print(_x)\n",
            "b.py": "from shop import a\nprint(a._x)\n",
        },
        {
            "a.py": FLAGS + "if THREADS:\n    _x = 1\n    print(_x)\n",
            "b.py": FLAGS + "from shop import a\nif THREADS:\n    print(a._x)\nprint(a)\n",
        },
    ),
    "PC408": Mended(
        "mark it with `@only`",
        module("if THREADS:\n    def f(): ...\n"),
        module("from profilec import only\n@only(THREADS)\ndef f(): ...\n"),
    ),
    "PC408 constant": Mended(
        "or its line with `# profilec: only FLAG`",
        module("if THREADS:\n    X = 1\n"),
        module("X = 1  # profilec: only THREADS\n"),
    ),
    "PC605": Mended("end lines with \\n or \\r\\n", module("x = 1\ry = 2\n"), module("x = 1\r\ny = 2\n")),
}


def _written(project: Project, changes: Mapping[str, str]) -> dict[str, str]:
    """Write the project with changes, build it, and return the hints of what was found by code."""
    configuration = project.read("pyproject.toml.plain")
    for before, after in changes.items():
        if before.endswith(".py"):
            (project.root / "src/shop" / before).write_text(after, newline="")
        else:
            assert before in configuration
            configuration = configuration.replace(before, after)
    project.write({"pyproject.toml": configuration})
    found = project.run("build", "--json").json["findings"]
    return {finding["code"]: finding["hint"] for finding in found}


@pytest.mark.parametrize("name", CASES)
def test_what_a_hint_says_mends_the_project(project: Project, name: str) -> None:
    case, code = CASES[name], name.partition(" ")[0]
    project.write({"pyproject.toml.plain": CONFIGURATION, "src/shop/uses.py": USES})
    assert case.hint in _written(project, case.fault)[code]
    assert _written(project, case.mended) == {}


def test_a_file_is_read_in_the_place_of_a_link_that_leads_nowhere(project: Project) -> None:
    link = project.root / "src/shop/data.txt"
    link.symlink_to("nowhere")
    project.write({"pyproject.toml.plain": CONFIGURATION, "src/shop/uses.py": USES})
    assert _written(project, {})["PC611"] == "put the file itself here"
    link.unlink()
    link.write_text("data")
    assert _written(project, {}) == {}


def test_a_changed_tree_is_built_anew_once_it_is_removed(project: Project) -> None:
    project.write({"pyproject.toml.plain": CONFIGURATION, "src/shop/uses.py": USES})
    assert _written(project, {}) == {}
    (project.root / "build/wasm/shop/uses.py").write_text("x = 1\n")
    assert _written(project, {})["PC501"] == "move the change to the source, then remove build/wasm"
    rmtree(project.root / "build/wasm")
    assert _written(project, {}) == {}


def test_what_lies_where_a_tree_goes_is_moved_away(project: Project) -> None:
    project.write({"pyproject.toml.plain": CONFIGURATION, "src/shop/uses.py": USES, "build/wasm/a.txt": ""})
    assert _written(project, {})["PC502"] == "move it away, or choose another `out`"
    assert _written(project, {TOP: TOP + 'out = "trees"\n'}) == {}
    (project.root / "build/wasm").rename(project.root / "elsewhere")
    assert _written(project, {}) == {}
