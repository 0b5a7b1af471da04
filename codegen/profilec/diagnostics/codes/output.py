"""PC5xx: the output folders."""

from profilec.diagnostics.codes.code import Code

CODES = (
    Code(
        "PC501",
        "a generated file was changed by hand",
        "error",
        "The output folder belongs to the compiler, and a new build would overwrite the change. So it "
        "stops and says which file it is, until the change is in the source or undone.",
        "$ $EDITOR build/native/shop/prices.py",
        "$ $EDITOR src/shop/prices.py && rm -r build/native && profilec build",
    ),
    Code(
        "PC502",
        "the output folder holds something else",
        "error",
        "The folder that the build would replace was not written by the compiler. Replacing it could "
        "destroy work, so it is left as it is.",
        '[tool.profilec]\nout = "."  # ./native is a folder of sources',
        '[tool.profilec]\nout = "build"',
    ),
    Code(
        "PC503",
        "the output differs from what the source gives",
        "error",
        "`profilec build --check` compares what is on disk with what the present source would give. They "
        "differ, so somebody changed the source without building, or the other way round.",
        "$ profilec build --check",
        "$ profilec build",
    ),
    Code(
        "PC504",
        "the output cannot be written",
        "error",
        "The operating system refused to write the output folder, or the page of `report`. The earlier tree "
        "is still there, whole.",
        "$ chmod -w build && profilec build",
        "$ chmod +w build && profilec build",
    ),
    Code(
        "PC505",
        "a changed file cannot be formatted",
        "error",
        'With `format = "black"` every changed file goes through Black, and Black refused this one. The '
        "source is valid, so this is a fault of the compiler or of Black: please report it with the file.",
        "",
        "",
    ),
    Code(
        "PC506",
        "a line cannot stay at its number",
        "error",
        "With `--keep-lines` every kept line stands where it stands in the source. Something that the "
        "compiler generates, such as the package guard, needs a line before this one, and none went there; "
        "or lines went from within a string, where no others can stand in for them; or a `try` whose body "
        "stands on its line loses its handlers, and what follows joins that body. Build without the option, "
        "and read places by the source map.",
        '"""A shop."""\nimport os',
        '"""A shop."""\n\nimport os',
    ),
)
