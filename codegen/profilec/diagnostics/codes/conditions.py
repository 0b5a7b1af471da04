"""PC1xx: flags and conditions."""

from profilec.diagnostics.codes.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "PC101",
        "a flag is not known",
        "error",
        "The name looks like a flag, but the module of flags declares none of that name, or it is not "
        "imported from there. A misspelt flag would otherwise be a runtime error in one world only.",
        "from shop._profile import SPIL_FS\n\nif SPIL_FS:\n    ...",
        "from shop._profile import SPILL_FS\n\nif SPILL_FS:\n    ...",
    ),
    Code(
        "PC102",
        "a flag is used as a value",
        "error",
        "A flag stands only in conditions, because only there does it vanish without a trace. As an "
        "argument, an element, a comparison or the right side of an assignment it would have to become a "
        "constant that says which build this is.",
        "workers = make_workers(threaded=THREADS)",
        "workers = make_workers(threaded=choose(native=True, wasm=False))",
    ),
    Code(
        "PC103",
        "a flag stands for nothing",
        "error",
        "`flag` takes the name of a feature or a profile that the configuration declares.",
        '# _profile.py\nCOLOUR = flag("color")',
        '# _profile.py\nCOLOUR = flag("colour")',
    ),
    Code(
        "PC104",
        "something with an effect stands before the flag that decides",
        "error",
        "`and` and `or` evaluate from left to right. Where a flag decides the whole, what stands before "
        "it would go too, and with it a call, an `await`, a `yield` or an assignment that the un-compiled"
        " program makes. Nothing with an effect is ever dropped. What only asks, as `isinstance(x, str)`"
        " and `os.environ.get(name)` do, has none.",
        "if connect() and THREADS:\n    ...",
        "if THREADS and connect():\n    ...",
    ),
    Code(
        "PC105",
        "a feature has no flag",
        "warning",
        "The configuration declares a feature that no flag stands for, so that no source line can depend "
        "on it.",
        '[tool.profilec.features]\ncolour = "print in colour"  # and no flag("colour") anywhere',
        '# _profile.py\nCOLOUR = flag("colour")',
    ),
    Code(
        "PC106",
        "a feature decides nothing",
        "warning",
        "No line of the source depends on the feature: every profile is the same with it and without it. A "
        "feature that is not needed any more goes with its flag.",
        '# _profile.py\nCOLOUR = flag("colour")  # and no line that uses COLOUR',
        "# printing.py\nfrom shop._profile import COLOUR\n\nif COLOUR:\n    ...",
    ),
    Code(
        "PC107",
        "a fact is left as it stands",
        "warning",
        "Facts decide the condition, but what it selects is needed by what remains: a name would lose its "
        "only binding, or `__all__` would list what went. A flag is refused there; a fact need not be used,"
        " and the condition is left for run time.",
        'if sys.platform == "win32":\n    import msvcrt\n\n\ndef getch():\n    return msvcrt.getch()',
        'if sys.platform == "win32":\n    import msvcrt\n\n    def getch():\n        return msvcrt.getch()',
    ),
    Code(
        "PC108",
        "a field that shows its own text holds a choice",
        "error",
        '`f"{x=}"` shows the text of the field and its value. With a choice in it the un-compiled program '
        "shows the choice, which no emitted one has.",
        'f"{native_size if NATIVE else wasm_size=}"',
        'f"size={native_size if NATIVE else wasm_size}"',
    ),
    Code(
        "PC109",
        "what a fact speaks of is bound to something else",
        "warning",
        "A profile fixes the value, and a line of the package changes it: by an assignment, `setattr`, a key "
        "of `sys.modules`, or a patch in a test that lies inside of the package. In this file the fact then "
        "decides nothing; in all others it does, so that what the line changes is not seen there. Remove the "
        "line, or the fact; tests that patch it are better off outside of the package.",
        'sys.platform = "linux"  # and facts = { "sys.platform" = "emscripten" }',
        '[tool.profilec.profiles.wasm]\nfacts = {}  # without "sys.platform"',
    ),
    Code(
        "PC110",
        "the name of a flag is bound to something else",
        "error",
        "A flag is what the configuration says, everywhere and for good, and its import goes from all trees. "
        "A file that binds the same name to something else, be it in a function under `global` or in case "
        "the import fails, would read that instead, or nothing at all.",
        "from shop._profile import THREADS\n\nTHREADS = THREADS and ask()",
        "from shop._profile import THREADS\n\nif THREADS:\n    threads = ask()\nelse:\n    threads = False",
    ),
)
