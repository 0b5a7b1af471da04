"""PC4xx: what a build proves before it writes."""

from profilec.diagnostics.codes.code import Code

FORBIDDEN = ("PC016", "PC405", "PC406", "PC407", "PC411", "PC412")
"""The codes of one proof: that nothing can be reached which a profile forbids."""

CODES = (
    Code(
        "PC401",
        "something of the compiler is left in a tree",
        "error",
        "An emitted package may hold no flag, no marker, no marker comment and no import of `profilec` or "
        "of the module of flags: none of them exists where the package runs. This is found where a flag "
        "reaches code in a way that the compiler does not follow, such as a name in a string or an import "
        "at run time, and where a comment was meant for a marker and is not written as one.",
        'settings = importlib.import_module("shop._profile")',
        "from shop._profile import THREADS\n\nif THREADS:\n    ...",
    ),
    Code(
        "PC402",
        "an emitted file does not compile",
        "error",
        "A file of a tree is not valid Python, though its source was, and nothing else was found wrong with "
        "what went. This is a fault of the compiler: please report it with the file.",
        "",
        "",
    ),
    Code(
        "PC403",
        "an import no longer resolves",
        "error",
        "A file of this tree imports a module, or a name of one, that the tree no longer has, so that "
        "importing it would fail. What is imported was selected for fewer profiles than the import. So is "
        "what a command calls, or an entry point of plugins names, that the project gives to every profile.",
        "# spill.py\n@only(SPILL_FS)\ndef open_segment(): ...\n\n"
        "# lanes.py\nfrom shop.spill import open_segment",
        "# lanes.py\nfrom shop.spill import open_segment  # profilec: only SPILL_FS",
    ),
    Code(
        "PC404",
        "a name no longer resolves",
        "error",
        "A name is read that nothing binds in this tree any more: what bound it was selected for fewer "
        "profiles than what reads it. So is a member that a class has lost, and an argument that is given "
        "for a parameter which its function has lost.",
        "class Jobs:\n    @only(THREADS)\n    def stop(self): ...\n\n    def close(self):\n"
        "        self.stop()",
        "class Jobs:\n    @only(THREADS)\n    def stop(self): ...\n\n    def close(self):\n"
        "        if THREADS:\n            self.stop()",
    ),
    Code(
        "PC405",
        "a forbidden module or call is reachable",
        "error",
        "The profile forbids this module or call, and importing the package of this tree reaches it. The "
        "chain shows how, from the package to the place. Third-party dependencies are followed file by "
        "file; the standard library is not. Where a module becomes the value of anything but a name (it is "
        "returned, put in a table, given to somebody), a forbidden name of it that is asked of something "
        "unknown may be that of the module: then write out what it is. Code in strings is read where it is "
        "written out and run (`exec`, `compile`, `timeit`, `python -c`), and so are names that the standard "
        "library imports (`logging.config`, `pickle`, `python -m`). What is called through a library that "
        "is not Python, such as one that `ctypes` loads, is not seen: forbid what loads it. Nor is what a "
        "library imports that the profile does not declare, be it for others (`lazy_loader`), or what is "
        "taken out of the insides of other modules (`f.__globals__`, a loop over `sys.modules`).",
        '# profile wasm: forbid = ["threading"]\nimport threading',
        "import threading  # profilec: only THREADS",
    ),
    Code(
        "PC406",
        "what is reached at run time cannot be decided",
        "warning",
        "The name of the imported module, or of what a module is asked for, is computed while the program "
        "runs, or stands in data (a pickle, a configuration of logs, the metadata of plug-ins), or a "
        "function that imports is handed on, so the proof cannot say what is reached. Nor can it "
        "where something unknown is asked for a forbidden name, and the module that has it was handed on in "
        "a file that this one has nothing to do with.",
        "module = importlib.import_module(name)",
        'module = importlib.import_module("shop.json") if kind == "json" else '
        'importlib.import_module("shop.text")',
    ),
    Code(
        "PC407",
        "a declared dependency cannot be read",
        "error",
        "The profile declares a dependency that is not installed where the proofs look for it, so nothing "
        "can be said about what it reaches.",
        "$ profilec audit --deps empty-folder",
        "$ pip install --target deps msgspec && profilec audit --deps deps",
    ),
    Code(
        "PC408",
        "the public interface differs between profiles",
        "error",
        "A public name or signature of one tree is missing or different in another, and nothing in the "
        "source declares that it is meant. Code that uses the package would work with one build and fail "
        "with the other.",
        "if THREADS:\n    def submit(job, timeout): ...\nelse:\n    def submit(job): ...",
        "def submit(job, timeout):\n    if THREADS:\n        ...",
    ),
    Code(
        "PC409",
        "a dependency is no longer imported",
        "warning",
        "The profile declares a dependency that the source imports but this tree does not: what imported "
        "it was selected for other profiles.",
        '[tool.profilec.profiles.wasm]\ndependencies = ["psutil"]',
        "[tool.profilec.profiles.wasm]\ndependencies = []",
    ),
    Code(
        "PC410",
        "an unchanged file would not come out as it went in",
        "error",
        "A file in which nothing was folded or removed must be emitted byte for byte. It was not, which is"
        " a fault of the compiler: please report it with the file.",
        "",
        "",
    ),
    Code(
        "PC411",
        "a compiled module cannot be read",
        "note",
        "The package imports a module that is there in compiled form alone, such as an extension module. "
        "What it reaches in turn cannot be read, so the proof of what is forbidden ends there. `audit` and "
        "the report say so once for each distribution; `build` and `check` do not.",
        "",
        "",
    ),
    Code(
        "PC412",
        "a file is not read by this Python",
        "warning",
        "The file is Python of a version newer than the one that the compiler runs on. It is compiled all "
        "the same, but what it imports and calls is not looked for.",
        "try:\n    connect()\nexcept OSError, ValueError:  # Python 3.14\n    ...",
        "$ python3.14 -m profilec.cli audit",
    ),
    Code(
        "PC413",
        "the package cannot be imported",
        "warning",
        "Importing the package runs this import, under no condition and in no `try`, and what is imported is "
        "not there: the profile says so in `modules`, or it lies beside the package and so comes into no "
        "tree. So nobody could import the package of this tree.",
        "# profile wasm: modules = { termios = false }\nimport termios",
        "try:\n    import termios\nexcept ImportError:\n    termios = None",
    ),
)
