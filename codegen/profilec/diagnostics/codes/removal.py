"""PC3xx: what removal would change in what remains."""

from profilec.diagnostics.codes.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "PC301",
        "a function would change its kind",
        "error",
        "A function that loses its only `yield` is no generator any more, and one that loses its only "
        "`await` may no longer have to be a coroutine: its callers would break or wait for nothing.",
        "def lines():\n    if FILES:\n        yield from read()",
        "def lines():\n    if FILES:\n        yield from read()\n    else:\n        yield from ()",
    ),
    Code(
        "PC302",
        "a name would lose its only binding",
        "error",
        "What remains of the scope still reads the name. Without the binding it would mean a global of "
        "the same name, or nothing.",
        "def size(path):\n    if FILES:\n        count = path.stat().st_size\n    return count",
        "def size(path):\n    if FILES:\n        count = path.stat().st_size\n    else:\n        count = 0\n"
        "    return count",
    ),
    Code(
        "PC303",
        "`__all__` or an import names what went",
        "error",
        "Importing the module, or everything from it, would fail.",
        '__all__ = ["spill"]\n\n@only(SPILL_FS)\ndef spill(): ...',
        '__all__ = [\n    "spill",  # profilec: only SPILL_FS\n]\n\n@only(SPILL_FS)\ndef spill(): ...',
    ),
    Code(
        "PC304",
        "`del`, `global` or `nonlocal` names what went",
        "error",
        "A `del` of a name that nothing binds any more fails when it runs; a `nonlocal` of one is not "
        "even valid.",
        "if THREADS:\n    pool = Pool()\ndel pool",
        "if THREADS:\n    pool = Pool()\n    del pool",
    ),
    Code(
        "PC305",
        "a member that others implement went",
        "error",
        "It belonged to a protocol, or was abstract. What implements the protocol would be checked for less "
        "in one tree than in the other, and an abstract class could suddenly be instantiated.",
        "class Lane(Protocol):\n    @only(SPILL_FS)\n    def spill(self) -> None: ...",
        "class Lane(Protocol): ...\n\n\n@only(SPILL_FS)\nclass SpillLane(Lane, Protocol):\n"
        "    def spill(self) -> None: ...",
    ),
    Code(
        "PC306",
        "a string would become a docstring",
        "error",
        "Python takes a string for the docstring where no statement stands before it. When those before it "
        "go, `__doc__` and the help would say in one tree what they do not say in the source.",
        'def root():\n    if FILES:\n        prepare()\n    """Where the files are."""\n    return "."',
        'def root():\n    if FILES:\n        prepare()\n    # where the files are\n    return "."',
    ),
    Code(
        "PC307",
        "a docstring is read where the wheel is stripped",
        "error",
        "The profile has `wheel-strip = true`: in its wheel the program would find None in place of a text. "
        "`# profilec: keep` keeps a docstring, and on the line that reads one says so.",
        'def main():\n    """Move files."""\n    print(main.__doc__)',
        'def main():\n    """Move files."""  # profilec: keep\n    print(main.__doc__)  # profilec: keep',
    ),
)
