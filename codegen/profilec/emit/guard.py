"""The package guard: the few lines at the top of a package that refuse to be imported in the wrong world.

A resolver that does not know a wheel's platform may install it all the same. The guard turns what would be
an odd failure later into one sentence at import.
"""

import ast
from dataclasses import replace

from profilec.config import Config, Profile
from profilec.config.marker import python_test
from profilec.emit.templating import render
from profilec.tree import EmittedFile


def add_guard(
    file: EmittedFile, profile: Profile, config: Config, distribution: str, *, on_one_line: bool = False
) -> EmittedFile:
    """The `__init__.py` of a package with the guard of its profile, if the profile declares a marker.

    The guard stands behind the docstring and the `__future__` imports, before everything else.
    """
    if profile.marker is None:
        return file
    newline = b"\r\n" if b"\r\n" in file.data else b"\n"
    guard = _guard(profile, config, distribution, on_one_line=on_one_line).splitlines()
    lines = file.data.split(newline)
    position = _position(file.data)
    before, after = lines[:position], lines[position:]
    block = [line.encode("ascii") for line in guard]
    if before and before[-1].strip():
        block.insert(0, b"")
    while after and not after[0].strip():
        after = after[1:]
    block += [b"", *after] if after else [b""]
    origins = file.lines if file.changed else tuple(range(1, len(lines) + 1))
    kept = origins[len(lines) - len(after) :] if after else ()
    generated = (0,) * (len(block) - len(after))
    return replace(
        file,
        data=newline.join([*before, *block]),
        changed=True,
        lines=(*origins[:position], *generated, *kept),
    )


def _guard(profile: Profile, config: Config, distribution: str, *, on_one_line: bool) -> str:
    test = python_test(profile.marker or "")
    others = [other for other in config.profiles.values() if other.name != profile.name]
    fails = test.fails
    for module in test.modules if on_one_line else ():
        fails = fails.replace(f"_{module}.", f'__import__("{module}").')
    names = " or ".join(other.name for other in others)
    here = f"the {names} build" if others else "a build for this platform"
    tags = " or ".join(other.wheel_tag for other in others if other.wheel_tag)
    how = f"{distribution} with the tag {tags}" if tags else f"pip install --force-reinstall {distribution}"
    return render(
        "guard_line.py.j2" if on_one_line else "guard.py.j2",
        modules=test.modules,
        fails=fails,
        refusal=f"this is the {profile.name} build of {config.package}, for {profile.marker}; ",
        advice=f"install {here} here instead: {how}",
    )


def _position(data: bytes) -> int:
    """The number of lines that stand before the guard."""
    position, rest = 0, _statements(data)
    for index, statement in enumerate(rest):
        is_docstring = (
            index == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        )
        if not is_docstring and not (
            isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        ):
            return position or _after_header(data, statement.lineno)
        position = statement.end_lineno or statement.lineno
    return position or _after_header(data, data.count(b"\n") + 1)


def _after_header(data: bytes, first: int) -> int:
    """The end of the comments that open a file without a docstring."""
    lines = data.splitlines()[: first - 1]
    for index, line in enumerate(lines):
        if not line.lstrip().startswith(b"#"):
            return index
    return len(lines)


def _statements(data: bytes) -> list[ast.stmt]:
    """The statements at the top of a file, as far as this interpreter can read it."""
    try:
        return ast.parse(data).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
