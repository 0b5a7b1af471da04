"""`profilec explain`: why a line is kept or dropped, or what a code means."""

from collections.abc import Iterable
from pathlib import PurePosixPath

import click

from profilec.cli.options import as_json, command, configuration, report, write_json
from profilec.cli.places import Place, read_place, source_path, tree_path
from profilec.config import Config
from profilec.diagnostics import CODES, did_you_mean


@command
@click.argument("what", metavar="FILE:LINE|CODE", shell_complete=click.Path().shell_complete)
@as_json
def explain(what: str, as_json: bool) -> int:
    """Say what became of a line of the source in each profile and why, or what a code means.

    Example: profilec explain src/shop/jobs.py:12
    """
    if what[:2].upper() == "PC" and ":" not in what:
        return _explain_code(what.upper(), as_json=as_json)
    config = configuration()
    return _explain_line(config, read_place(what, config), as_json=as_json)


def _explain_code(name: str, *, as_json: bool) -> int:
    if name not in CODES:
        raise click.UsageError(
            f"unknown code `{name}`: {did_you_mean(name, CODES) or f'there are {", ".join(CODES)}'}"
        )
    code = CODES[name]
    if as_json:
        fields = ("name", "title", "severity", "explanation", "example", "instead")
        write_json({field: getattr(code, field) for field in fields})
        return 0
    click.echo(f"{code.name}: {code.title} ({code.severity})\n")
    click.echo(click.wrap_text(code.explanation, width=100))
    for heading, text in (("Example:", code.example), ("Write instead:", code.instead)):
        if text:
            click.echo(f"\n{heading}\n" + "\n".join(f"    {line}".rstrip() for line in text.split("\n")))
    return 0


def _not_in_package(config: Config, place: Place, sources: Iterable[str]) -> str:
    if tree_path(config, place.file):
        hint = "; to find the source of a line of a tree, use `profilec map`"
    else:
        files = [config.shown(path) for path in sources]
        same = [file for file in files if PurePosixPath(file).name == place.file.name]
        asked = place.file.as_posix()
        nearest = did_you_mean(asked, same, cutoff=0) or did_you_mean(asked, files)
        hint = f": {nearest}" if nearest else ""
    return f"{place.file} is not a file of the package {config.package}{hint}"


def _explain_line(config: Config, place: Place, *, as_json: bool) -> int:
    from profilec.fates import Kind, fates, lines_of
    from profilec.project import analyse, open_project

    path = source_path(config, place.file)
    analysis = analyse(open_project(config))
    if path is None or path not in analysis.project.sources:
        raise click.UsageError(_not_in_package(config, place, analysis.project.sources))
    lines = lines_of(analysis, path)
    if place.line > len(lines):
        raise click.UsageError(f"{place.file} has {len(lines)} lines")
    if not analysis.proved:
        return report(analysis.errors, "json" if as_json else "text", err=True)
    found = {name: fates(analysis, path, name)[place.line - 1] for name in config.profiles}
    text = lines[place.line - 1]
    if as_json:
        profiles = {
            name: {
                "fate": fate.kind,
                "causes": [{"reason": cause.reason, "line": cause.line or None} for cause in fate.causes],
            }
            for name, fate in found.items()
        }
        write_json({"path": config.shown(path), "line": place.line, "text": text, "profiles": profiles})
        return 0
    click.echo(f"{config.shown(path)}:{place.line}: {text.strip()}")
    width = max(map(len, found))
    for name, fate in found.items():
        reasons = [cause.reason + (f" (line {cause.line})" if cause.line else "") for cause in fate.causes]
        because = f", because {'; '.join(reasons)}" if fate.kind is not Kind.KEPT and reasons else ""
        click.echo(f"  {name:{width}}  {fate.kind}{because}")
    return 0
