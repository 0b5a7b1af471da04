"""`profilec diff`: how the packages of two profiles differ."""

import difflib
from collections.abc import Iterator, Mapping

import click
from msgspec import Struct, to_builtins

from profilec.cli.options import (
    as_json,
    command,
    configuration,
    known_profiles,
    profile_names,
    report,
    write_json,
)
from profilec.cli.progress import say, steps


@command
@click.argument("first", metavar="A", shell_complete=profile_names)
@click.argument("second", metavar="B", shell_complete=profile_names)
@as_json
def diff(first: str, second: str, as_json: bool) -> int:
    """Show how the package of profile B differs from that of profile A.

    Example: profilec diff native wasm
    """
    from profilec.emit.package import render_package
    from profilec.project import analyse, open_project

    config = configuration()
    known_profiles(config, (first, second))
    with steps("reading") as step:
        analysis = analyse(open_project(config), step)
    if not analysis.proved:
        return report(analysis.errors, "json" if as_json else "text", err=True)
    trees, answers = [analysis.trees[name] for name in (first, second)], analysis.package.answers
    packages = [render_package(tree, config, answers).tree.files for tree in trees]
    texts = [{path: file.data for path, file in files.items()} for files in packages]
    found = [*differences(first, texts[0], second, texts[1])]
    if as_json:
        write_json({"files": [to_builtins(one) for one in found]})
        return 0
    if not found:
        say(f"the packages of {first} and {second} are the same")
    for line in (line for one in found for line in one.lines):
        click.echo(line)
    return 0


class Difference(Struct, frozen=True):
    """How one file of two packages differs.

    Attributes:
        path: the file in both packages.
        in_first: whether the first package has it.
        in_second: whether the second package has it.
        lines: a unified diff, or a sentence where the file is no text.
    """

    path: str
    in_first: bool
    in_second: bool
    lines: list[str]


def differences(
    first: str, before: Mapping[str, bytes], second: str, after: Mapping[str, bytes]
) -> Iterator[Difference]:
    """What differs between two sets of files, which are named by two names, in the order of the paths."""
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old != new:
            left = f"{first}/{path}" if old is not None else "/dev/null"
            right = f"{second}/{path}" if new is not None else "/dev/null"
            lines = [*_compared(left, old or b"", right, new or b"")]
            yield Difference(path, old is not None, new is not None, lines)


def _compared(left: str, old: bytes, right: str, new: bytes) -> Iterator[str]:
    try:
        lines = old.decode("utf-8").splitlines(), new.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        yield f"Binary files {left} and {right} differ"
    else:
        yield from difflib.unified_diff(lines[0], lines[1], left, right, lineterm="")
