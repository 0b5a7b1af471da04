"""PC6xx: source files that cannot be read."""

from profilec.diagnostics.codes.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "PC610",
        "a file cannot be read",
        "error",
        "The operating system refused to open a file of the package.",
        "$ chmod -r src/shop/prices.py",
        "$ chmod +r src/shop/prices.py",
    ),
    Code(
        "PC611",
        "an entry of the package is not a file with a name",
        "error",
        "A link that leads to a folder, or to nothing, has no content that could be emitted, and a name that "
        "is not Unicode cannot be the same on every machine.",
        "$ ln -s ../../shared src/shop/shared",
        "$ cp -r shared src/shop/shared",
    ),
)
