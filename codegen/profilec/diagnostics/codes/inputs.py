"""PC6xx: source files that cannot be read."""

from profilec.diagnostics.codes.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "PC601",
        "a file is not Python",
        "error",
        "The file cannot be parsed, so that nothing in it can be decided. What is not meant to be Python, "
        "such as a template, is listed under `copy`.",
        "def price(:\n    ...",
        "def price():\n    ...",
    ),
    Code(
        "PC602",
        "a file is not text in its encoding",
        "error",
        "A Python file is UTF-8, or what its `coding` line says (PEP 263). Its bytes must be those that "
        "the codec would write, or they could not be given back unchanged.",
        "# -*- coding: utf-9 -*-",
        "# -*- coding: utf-8 -*-",
    ),
    Code(
        "PC603",
        "a file nests too deeply",
        "error",
        "Expressions or blocks are nested so deeply that the parser gives up. Where nothing in the file is "
        "annotated, it can be copied unread.",
        "((((((((((((((((((((((((((((((((((((((((((((((((...",
        '[tool.profilec]\ncopy = ["tables.py"]',
    ),
    Code(
        "PC604",
        "a file is read as something else than it says",
        "error",
        "LibCST understands a line differently from what stands there, or rejects what is Python, so that "
        "it is not safe to edit the file: please report it. Where nothing in it is annotated, it can be "
        "copied unread.",
        "",
        '[tool.profilec]\ncopy = ["tables.py"]',
    ),
    Code(
        "PC605",
        "a lone carriage return ends a line",
        "error",
        "Python takes a carriage return without a line feed as the end of a line; hardly any other tool "
        "does, and nothing in such a file could be shown at its line. Where nothing in it is annotated, it "
        "can be copied unread (`copy`).",
        "x = 1\\ry = 2",
        "x = 1\ny = 2",
    ),
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
        "A link that leads to a folder, or to nothing, has no content that could be emitted, nor has a pipe "
        "or a socket, and a name that is not Unicode cannot be the same on every machine.",
        "$ ln -s ../../shared src/shop/shared",
        "$ cp -r shared src/shop/shared",
    ),
)
