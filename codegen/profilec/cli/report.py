"""`profilec report`: one HTML page about a project."""

from pathlib import Path

import click

from profilec.cli import options
from profilec.cli.progress import steps
from profilec.diagnostics import Finding


@options.command
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to."
)
@options.as_json
def report(output: Path | None, as_json: bool) -> int:
    """Write one HTML page: each line with its profiles, the proofs, the public names, the sizes.

    It is written to report.html in the output folder, or to FILE. Findings do not keep it from being written.

    Example: profilec report -o report.html
    """
    from profilec.project import analyse, open_project
    from profilec.report import render_report, survey

    config = options.configuration()
    with steps("reading") as step:
        analysis = analyse(open_project(config), step)
        step("rendering")
        page = render_report(survey(analysis))
    file = output or config.root / config.out / "report.html"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        message, hint = f"the output cannot be written: {error.strerror}", "name a file that can be with -o"
        finding = Finding("PC504", str(file), message=message, hint=hint)
        return options.report((finding,), "json" if as_json else "text", err=True)
    if as_json:
        return options.report(analysis.findings, "json", page=str(file))
    click.echo(str(file))
    return 1 if analysis.errors else 0
