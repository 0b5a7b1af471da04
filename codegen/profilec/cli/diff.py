"""`profilec diff`: how the packages of two profiles differ."""

import difflib
from collections.abc import Iterator, Mapping

import click

from profilec.cli.options import command, configuration, known_profiles, profile_names, report
from profilec.cli.progress import say, steps


@command
@click.argument("first", metavar="A", shell_complete=profile_names)
@click.argument("second", metavar="B", shell_complete=profile_names)
def diff(first: str, second: str) -> int:
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
        return report(analysis.errors, "text", err=True)
    trees, answers = [analysis.trees[name] for name in (first, second)], analysis.package.answers
    packages = [render_package(tree, config, answers).tree.files for tree in trees]
    texts = [{path: file.data for path, file in files.items()} for files in packages]
    if texts[0] == texts[1]:
        say(f"the packages of {first} and {second} are the same")
    for line in differences(first, texts[0], second, texts[1]):
        click.echo(line)
    return 0


def differences(
    first: str, before: Mapping[str, bytes], second: str, after: Mapping[str, bytes]
) -> Iterator[str]:
    """The lines of a unified diff of two sets of files, named by the two names."""
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        left = f"{first}/{path}" if old is not None else "/dev/null"
        right = f"{second}/{path}" if new is not None else "/dev/null"
        try:
            lines = (old or b"").decode("utf-8").splitlines(), (new or b"").decode("utf-8").splitlines()
        except UnicodeDecodeError:
            yield f"Binary files {left} and {right} differ"
            continue
        yield from difflib.unified_diff(lines[0], lines[1], left, right, lineterm="")
