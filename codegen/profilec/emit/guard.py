"""The package guard: the few lines at the top of a package that refuse to be imported in the wrong world.

A resolver that does not know a wheel's platform may install it all the same. The guard turns what would be
an odd failure later into one sentence at import.
"""

import ast
import codecs
import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from profilec.answers import Answers
from profilec.config import Config, Profile
from profilec.config.marker import MarkerTest, python_test
from profilec.emit.templating import render
from profilec.tree import EmittedFile, SourceFile

_NAME = re.compile(rb"os|platform|sys")
_NEWLINE = re.compile(rb"\r\n|\r|\n")
_IMPORT = re.compile(rb"import[ \t]+((?:os|platform|sys)(?:[ \t]*,[ \t]*(?:os|platform|sys))*)[ \t]*(?:#.*)?")
"""A line that imports nothing but modules of which a guard may ask."""


def add_guard(
    file: EmittedFile,
    profile: Profile,
    config: Config,
    distribution: str,
    answers: Answers,
    *,
    on_one_line: bool = False,
) -> EmittedFile:
    """The `__init__.py` of a package with the guard of its profile, if the profile declares a marker.

    The guard stands behind the docstring and the `__future__` imports, before everything else. Only
    imports that it needs itself may stand before it.
    """
    if profile.marker is None:
        return file
    mark = codecs.BOM_UTF8 if file.data.startswith(codecs.BOM_UTF8) else b""
    content = file.data[len(mark) :]
    test, lines = python_test(profile.marker), _lines(content)
    position = _position(content)
    if not on_one_line:
        position, test = _behind_imports(lines, position, test)
    guard = _guard(test, profile, config, distribution, answers, on_one_line=on_one_line).splitlines()
    before, after = lines[:position], lines[position:]
    block = [line.encode("ascii") for line in guard]
    if before and before[-1].strip():
        block.insert(0, b"")
    while after and not after[0].strip():
        after = after[1:]
    block += [b""] if after else []
    newline = found[0] if (found := _NEWLINE.search(content)) else b"\n"
    if before and not _NEWLINE.search(before[-1]):
        before[-1] += newline
    origins = file.lines if file.changed else tuple(range(1, len(lines) + 1))
    kept = origins[len(lines) - len(after) :] if after else ()
    generated = (0,) * (len(block) if after else len(block) + 1)
    return replace(
        file,
        data=b"".join([mark, *before, *(line + newline for line in block), *after]),
        changed=True,
        lines=(*origins[:position], *generated, *kept),
    )


def _lines(content: bytes) -> list[bytes]:
    """The lines of a file as Python counts them, each with its end; the last one has none."""
    lines = content.splitlines(keepends=True)
    return lines if lines and not _NEWLINE.search(lines[-1]) else [*lines, b""]


def _guard(
    test: MarkerTest,
    profile: Profile,
    config: Config,
    distribution: str,
    answers: Answers,
    *,
    on_one_line: bool,
) -> str:
    others = [other for other in config.profiles.values() if other.marker != profile.marker]
    fails = test.fails
    for module in test.modules if on_one_line else ():
        fails = fails.replace(f"_{module}.", f'__import__("{module}").')
    names = " or ".join(other.name for other in others)
    here = f"the {names} build" if others else "a build for this platform"
    tags = " or ".join(other.wheel_tag for other in others if other.wheel_tag)
    how = f"{distribution} with the tag {tags}" if tags else f"pip install --force-reinstall {distribution}"
    return render(
        answers,
        "guard_line.py.j2" if on_one_line else "guard.py.j2",
        modules=test.modules,
        fails=fails,
        refusal=f"this is the {profile.name} build of {config.package}, for {profile.marker}; ",
        advice=f"install {here} here instead: {how}",
    )


def _position(data: bytes) -> int:
    """The number of lines that stand before the guard."""
    position = 0
    for first, last, stands_before in _statements(data):
        if not stands_before:
            return position or _after_header(data, first)
        position = last
    return position or _after_header(data, len(_lines(data)))


def _behind_imports(lines: Sequence[bytes], position: int, test: MarkerTest) -> tuple[int, MarkerTest]:
    """Go on behind the imports of a guard's modules, and let the test use those that it finds there."""
    imported: set[str] = set()
    end = position
    for number, line in enumerate(lines[position:], position + 1):
        if found := _IMPORT.fullmatch(line.rstrip(b"\r\n")):
            imported.update(name.decode() for name in _NAME.findall(found[1]))
            end = number
        elif line.strip() and not line.startswith(b"#"):
            break
    needed = [module for module in test.modules if module in imported]
    fails = test.fails
    for module in needed:
        fails = fails.replace(f"_{module}.", f"{module}.")
    others = tuple(module for module in test.modules if module not in imported)
    return (end, MarkerTest(fails, others)) if needed else (position, test)


def _after_header(data: bytes, first: int) -> int:
    """The end of the comments that open a file without a docstring."""
    lines = data.splitlines()[: first - 1]
    for index, line in enumerate(lines):
        if not line.lstrip().startswith(b"#"):
            return index
    return len(lines)


def _statements(data: bytes) -> Iterator[tuple[int, int, bool]]:
    """The statements at the top of a file: first line, last line, whether the guard stands behind."""
    try:
        body = ast.parse(data).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from _statements_elsewhere(data)
        return
    for index, statement in enumerate(body):
        docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        yield statement.lineno, statement.end_lineno or statement.lineno, future or (docstring and not index)


def _statements_elsewhere(data: bytes) -> Iterator[tuple[int, int, bool]]:
    """The same of a file that only another version of Python reads."""
    import libcst as cst  # slow to import, and almost never needed

    from profilec.syntax.read import UnreadableSourceError, decode, parse

    try:
        syntax = parse(decode(SourceFile("__init__.py", data), "__init__.py"))
    except UnreadableSourceError:
        return
    for index, node in enumerate(syntax.module.body):
        match node:
            case cst.SimpleStatementLine(
                body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString())]
            ):
                stands_before = index == 0
            case cst.SimpleStatementLine(body=[cst.ImportFrom(module=cst.Name(value="__future__")), *_]):
                stands_before = True
            case _:
                stands_before = False
        span = syntax.inner(node)
        yield syntax.place(span.start)[0], syntax.place(span.end)[0], stands_before
