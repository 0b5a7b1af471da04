"""PC2xx: annotations in the wrong place."""

from profilec.diagnostics.codes.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "PC201",
        "a marker has no condition",
        "error",
        "`only` takes one condition; `stub` takes it as `unless=`.",
        "@only\ndef spill(): ...",
        "@only(SPILL_FS)\ndef spill(): ...",
    ),
    Code(
        "PC202",
        "the condition of a marker is not decided by the profile",
        "error",
        "A definition is there or it is not: what only run time knows cannot select it.",
        '@only(os.environ.get("DEBUG"))\ndef dump(): ...',
        'if os.environ.get("DEBUG"):\n    def dump(): ...',
    ),
    Code(
        "PC203",
        "a marker stands where it means nothing",
        "error",
        "`only` and `stub` are decorators, called with their condition; `flag` declares a name at the top"
        " level of a module; all markers are imported from `profilec` and used by name.",
        "spill = only(SPILL_FS)(make_spill)",
        "@only(SPILL_FS)\ndef spill(): ...",
    ),
    Code(
        "PC204",
        "`choose` is called with something else than one value for each profile",
        "error",
        "`choose` takes keyword arguments: the name of a profile, and its value.",
        "LIMIT = choose(32, 8)",
        "LIMIT = choose(native=32, wasm=8)",
    ),
    Code(
        "PC205",
        "`choose` does not fit the profiles",
        "error",
        "Every profile needs a value, and every value a profile.",
        "LIMIT = choose(native=32)",
        "LIMIT = choose(native=32, wasm=8)",
    ),
    Code(
        "PC206",
        "a value of `choose` is evaluated",
        "error",
        "The un-compiled program evaluates every value, the emitted one only its own. They agree only if "
        "evaluating has no effect.",
        "LIMIT = choose(native=count_cores(), wasm=1)",
        "if NATIVE:\n    LIMIT = count_cores()\nelse:\n    LIMIT = 1",
    ),
    Code(
        "PC208",
        "`stub` is called with something that it does not take",
        "error",
        "`stub` takes `unless=`, `error=` (an exception class or `module:name`), `code=` and `message=`. A "
        "class that its module does not have would make an `ImportError` of the refusal.",
        "@stub(unless=SPILL_FS, raises=OSError)\ndef spill(): ...",
        "@stub(unless=SPILL_FS, error=OSError)\ndef spill(): ...",
    ),
    Code(
        "PC209",
        "the message of a stub cannot be formatted",
        "error",
        "The message is a format string over the parameters of the definition, in the form of `str.format`.",
        '@stub(unless=SPILL_FS, message="no tier {teir}")\ndef spill(tier): ...',
        '@stub(unless=SPILL_FS, message="no tier {tier}")\ndef spill(tier): ...',
    ),
    Code(
        "PC210",
        "a marker comment asks for something unknown",
        "error",
        "A marker comment reads `# profilec: only FLAG`, `# profilec: unless FLAG` or `# profilec: keep`.",
        "import tempfile  # profilec: olny SPILL_FS",
        "import tempfile  # profilec: only SPILL_FS",
    ),
    Code(
        "PC211",
        "the condition of a marker comment is no expression of flags",
        "error",
        "Behind `only` and `unless` stand flags, joined by `not`, `and`, `or` and parentheses.",
        "import tempfile  # profilec: only SPILL_FS if POSIX",
        "import tempfile  # profilec: only SPILL_FS and POSIX",
    ),
    Code(
        "PC212",
        "a marker comment marks nothing",
        "error",
        "A marker comment stands behind the code that it marks, on the same line. Alone it marks the "
        "whole file, and only on the first line. `choose`, `@only` and `@stub` are never emitted: there is "
        "nothing of them to mark.",
        "# profilec: only SPILL_FS\nimport tempfile",
        "import tempfile  # profilec: only SPILL_FS",
    ),
    Code(
        "PC213",
        "two `only` definitions have one name",
        "error",
        "Type checkers and the un-compiled program see both definitions, and the later one wins in every "
        "profile. `if`/`else` says the same in a form that both follow.",
        "@only(NATIVE)\ndef sleep(): ...\n\n@only(WASM)\ndef sleep(): ...",
        "if NATIVE:\n    def sleep(): ...\nelse:\n    def sleep(): ...",
    ),
    Code(
        "PC214",
        "a marker comment is false in the default profile",
        "warning",
        "A comment does nothing while the program runs un-compiled, so the un-compiled program has what "
        "the default profile lacks. Of a file that is marked this is not told: nothing that the default "
        "profile has can import it.",
        "import js  # profilec: only WASM",
        "if WASM:\n    import js",
    ),
    Code(
        "PC215",
        "the code of a stub is not the code of its error",
        "error",
        "`code` is written beside the message so that it can be found; it must equal the class attribute "
        "`code`.",
        'class SpillRefused(Exception):\n    code = "SPILL901"\n\n\n'
        '@stub(unless=SPILL_FS, error=SpillRefused, code="SPILL902")\ndef spill(): ...',
        'class SpillRefused(Exception):\n    code = "SPILL901"\n\n\n'
        '@stub(unless=SPILL_FS, error=SpillRefused, code="SPILL901")\ndef spill(): ...',
    ),
    Code(
        "PC216",
        "flags or markers are imported with a star",
        "error",
        "A star import hides which names are flags, from the compiler and from the reader.",
        "from shop._profile import *",
        "from shop._profile import SPILL_FS",
    ),
    Code(
        "PC217",
        "the error of a stub does not take what its message names",
        "error",
        "The parameters that the message names are handed to the error by name, so that a caller can read "
        "them from it. A class that does not take one of them would raise a `TypeError` instead.",
        "class Refused(Exception): ...\n\n\n"
        '@stub(unless=SPILL_FS, error=Refused, message="no tier {tier}")\ndef spill(tier): ...',
        "class Refused(Exception):\n    def __init__(self, message, *, tier):\n"
        "        super().__init__(message)\n        self.tier = tier\n\n\n"
        '@stub(unless=SPILL_FS, error=Refused, message="no tier {tier}")\ndef spill(tier): ...',
    ),
    Code(
        "PC218",
        "a marker comment marks less than what stands before it",
        "warning",
        "A comment marks the innermost argument, parameter, element and the like that lies on its line, the "
        "last of several. The call, the element or the definition around it stays.",
        "pool.submit(job)  # profilec: only THREADS",
        "if THREADS:\n    pool.submit(job)",
    ),
    Code(
        "PC219",
        "a marker comment marks more than its line",
        "warning",
        "A line amid a statement may hold nothing that can go alone: a part of a subscript or of a string, "
        "an operand, `/` or `*` among parameters. A comment there marks the whole statement.",
        "print(sizes[\n    kind,\n    worker,  # profilec: only THREADS\n])",
        "print(sizes[kind, worker] if THREADS else sizes[kind])",
    ),
)
