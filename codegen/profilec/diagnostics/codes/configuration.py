"""PC0xx: the configuration in pyproject.toml."""

from profilec.diagnostics.codes.code import Code

CODES = (
    Code(
        "PC001",
        "there is no configuration",
        "error",
        "No `pyproject.toml` with a `[tool.profilec]` table was found in the folder or in one above it. "
        "Without it the compiler does not know which package to read and which profiles to build.",
        "$ profilec build -C somewhere/else",
        "$ cd my-project && profilec init",
    ),
    Code(
        "PC002",
        "pyproject.toml is not valid TOML",
        "error",
        "The file could not be read as TOML, so nothing in it could be trusted. A table or key that is "
        "declared twice is reported here too: TOML allows one.",
        "[tool.profilec]\nsource = src",
        '[tool.profilec]\nsource = "src"',
    ),
    Code(
        "PC003",
        "unknown key",
        "error",
        "The configuration holds a key that the compiler does not know. It would have no effect, and a "
        "setting that silently has no effect is a wrong build that nobody notices.",
        '[tool.profilec.profiles.wasm]\nforbids = ["threading"]',
        '[tool.profilec.profiles.wasm]\nforbid = ["threading"]',
    ),
    Code(
        "PC004",
        "a value has the wrong type",
        "error",
        "A key holds a value of another type than the compiler reads there. Nothing is converted silently:"
        " a string in place of a list would be read letter by letter.",
        '[tool.profilec.profiles.wasm]\nfeatures = "threads"',
        '[tool.profilec.profiles.wasm]\nfeatures = ["threads"]',
    ),
    Code(
        "PC005",
        "a key is missing",
        "error",
        "The compiler cannot work without this key. `package` names what to compile, and at least one "
        "profile says what to compile it for.",
        '[tool.profilec]\nsource = "src"',
        '[tool.profilec]\nsource = "src"\npackage = "shop"\n\n[tool.profilec.profiles.native]',
    ),
    Code(
        "PC006",
        "a folder or file that the configuration names does not exist",
        "error",
        "The source folder, the package in it, the module of flags, one of `stub-modules`, or the README or "
        "licence of `[project]` is not where the configuration says.",
        '[tool.profilec]\nsource = "scr"\npackage = "shop"',
        '[tool.profilec]\nsource = "src"\npackage = "shop"',
    ),
    Code(
        "PC007",
        "unknown feature",
        "error",
        "A profile, an exclusion or a stub module names a feature that `[tool.profilec.features]` does not"
        " declare. Features are declared once, with a sentence that says what they are, so that a misspelt"
        " one cannot quietly become a feature that is never switched on.",
        '[tool.profilec.features]\nthreads = "run handlers on threads"\n\n'
        '[tool.profilec.profiles.native]\nfeatures = ["thread"]',
        '[tool.profilec.profiles.native]\nfeatures = ["threads"]',
    ),
    Code(
        "PC008",
        "unknown profile",
        "error",
        "`default`, `extends` or the command line names a profile that is not declared.",
        '[tool.profilec]\ndefault = "naitve"',
        '[tool.profilec]\ndefault = "native"',
    ),
    Code(
        "PC009",
        "a name is used twice",
        "error",
        'One name stands for two things, such as a profile and a feature, so that `flag("name")` could '
        "mean either. A profile that is declared twice is reported here as well.",
        '[tool.profilec.features]\nwasm = "small"\n\n[tool.profilec.profiles.wasm]',
        '[tool.profilec.features]\nsmall = "small"\n\n[tool.profilec.profiles.wasm]',
    ),
    Code(
        "PC010",
        "a name cannot be used as a name",
        "error",
        "The name of a profile is the name of its output folder and the keyword that `choose` takes, and "
        "the name of a feature stands in source code: both start with a letter and go on with letters, "
        "digits, `-` and `_`. A package or module is named by Python identifiers joined by dots.",
        '[tool.profilec.profiles."wasm/2026"]',
        "[tool.profilec.profiles.wasm-2026]",
    ),
    Code(
        "PC011",
        "profiles extend each other in a circle",
        "error",
        "A profile that `extends` another takes over its settings; in a circle there is nothing to start "
        "from.",
        '[tool.profilec.profiles.a]\nextends = "b"\n\n[tool.profilec.profiles.b]\nextends = "a"',
        '[tool.profilec.profiles.a]\n\n[tool.profilec.profiles.b]\nextends = "a"',
    ),
    Code(
        "PC012",
        "a profile combines features that exclude each other",
        "error",
        "`exclusive` lists features that no build may combine, and this profile has several of one list, "
        "its own and those of the profile that it extends together.",
        '[tool.profilec]\nexclusive = [["sqlite", "postgres"]]\n\n'
        '[tool.profilec.profiles.server]\nfeatures = ["sqlite", "postgres"]',
        '[tool.profilec.profiles.server]\nfeatures = ["postgres"]',
    ),
    Code(
        "PC013",
        "a value cannot be used",
        "error",
        "The value has the right type but not a usable form: an environment marker or a requirement that is "
        "not one, a wheel tag that is not `python-abi-platform`, a script that is not `module:function`, an "
        "expression that Python cannot parse, a fact about the platform whose value is of another kind or "
        "whose name is misspelt, an output folder that holds the source, an `exclusive` list of fewer than "
        "two features.",
        '[tool.profilec.profiles.wasm]\nmarker = "sys.platform == wasm"',
        "[tool.profilec.profiles.wasm]\nmarker = \"sys_platform == 'emscripten'\"",
    ),
    Code(
        "PC014",
        "metadata of the project is not in the configuration",
        "warning",
        "The emitted metadata needs a version. It is read from `[project]`, else from `PKG-INFO` beside "
        'it, else from a plain `__version__ = "…"` in the package; none of these was there, and the '
        "packages are called 0.0.0. Everything else is read from `[project]` alone: what a build backend "
        "would work out (`dynamic`), such as dependencies from a `requirements.txt`, the packages go "
        "without, and so they do with what only older tools are told (`[tool.poetry]`, `[tool.flit]`, "
        "`setup.cfg`, `setup.py`), and with extension modules that somebody else has to compile.",
        '[project]\nname = "shop"\ndynamic = ["version", "dependencies"]',
        '[project]\nname = "shop"\nversion = "1.0"\ndependencies = ["click>=8"]',
    ),
    Code(
        "PC015",
        "a pattern of `copy` matches no file",
        "warning",
        "`copy` lists files that are copied unread. What matches none has no effect: a file that it was meant"
        " for is read, and may be changed or refused. A pattern is relative to the source root or to the "
        "package; `*` stays in one folder, `**` reaches into those below.",
        '[tool.profilec]\ncopy = ["src/shop/__init__.py"]',
        '[tool.profilec]\ncopy = ["shop/__init__.py"]',
    ),
    Code(
        "PC016",
        "a forbidden name is probably misspelt",
        "warning",
        "Nothing that can be imported here, and nothing that is built in, has the name that a profile "
        "forbids, and a module of the standard library is called almost like it. What is misspelt is found "
        "nowhere, so that forbidding it proves nothing.",
        '[tool.profilec.profiles.wasm]\nforbid = ["threding"]',
        '[tool.profilec.profiles.wasm]\nforbid = ["threading"]',
    ),
)
