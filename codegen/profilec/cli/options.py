"""What commands share: options, opening the project, and writing findings."""

import functools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, cast

import click
from msgspec import to_builtins

from profilec.config import Config, ConfigError, find_project, load_config
from profilec.diagnostics import CODES, Finding, render


def _enter(context: click.Context, parameter: click.Parameter, folder: str | None) -> None:
    if folder is None:
        return
    try:
        os.chdir(folder)
    except OSError as error:
        raise click.BadParameter(f"{folder}: {error.strerror}", context, parameter) from None


change_folder = click.option(
    "-C",
    "folder",
    metavar="DIR",
    expose_value=False,
    is_eager=True,
    callback=_enter,
    shell_complete=click.Path(file_okay=False).shell_complete,
    help="Run as if started in DIR.",
)
"""The option `-C DIR`: everything after it, arguments included, is relative to DIR."""

_JSON = "Write JSON, for other programs."
as_json = click.option("--json", "as_json", is_flag=True, help=_JSON)
"""The option `--json`."""


type Form = Literal["text", "json", "sarif"]


def form[**P](function: Callable[P, int]) -> Callable[P, int]:
    """Add the options that say how findings are written: `--json` and `--sarif`."""
    for name, text in (("sarif", "Write SARIF 2.1.0, for code hosts and editors."), ("json", _JSON)):
        function = click.option(f"--{name}", "form", flag_value=name, default="text", help=text)(function)
    return function


dependencies = click.option(
    "--deps",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Read third-party dependencies in DIR, as `pip install --target DIR` fills it.",
)
"""The option `--deps DIR`; without it, they are read in the environment of the compiler."""


REFUSED = (ConfigError, PermissionError, FileNotFoundError)
"""What keeps a command from its work: a wrong configuration, or files that are closed to it or just went."""


def command[**P](function: Callable[P, int]) -> click.Command:
    """Make a command of a function that returns its exit code.

    The name of the command is that of its module, its help the function's docstring. It gets the option
    `-C`, and a wrong configuration becomes its findings and exit code 2.
    """

    @functools.wraps(function)
    def guarded(*arguments: P.args, **options: P.kwargs) -> int:
        try:
            return function(*arguments, **options)
        except REFUSED as error:
            given = options.get("form", "json" if options.get("as_json") else "text")
            report(refusals(error), cast("Form", given), err=True)
            return 2 if isinstance(error, ConfigError) else 1

    name = function.__module__.rpartition(".")[2]
    return click.command(name, context_settings={"help_option_names": ["-h", "--help"]})(
        change_folder(guarded)
    )


def refusals(error: ConfigError | PermissionError | FileNotFoundError) -> tuple[Finding, ...]:
    """The findings about what kept a command from its work."""
    if isinstance(error, ConfigError):
        return error.findings
    place = os.path.relpath(os.fsdecode(error.filename or "."))
    hint = "" if isinstance(error, FileNotFoundError) else "give yourself the right to read it"
    return (Finding("PC610", place, message=f"this cannot be read: {error.strerror}", hint=hint),)


def configuration() -> Config:
    """The configuration of the project that the current folder lies in.

    Raises:
        ConfigError: there is none, or it is wrong.
    """
    return load_config(find_project(Path.cwd()))


def profile_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The profiles that begin with what was typed, for the completion of a shell."""
    try:
        return [name for name in configuration().profiles if name.startswith(incomplete)]
    except ConfigError:
        return []


def known_profiles(config: Config, names: Iterable[str]) -> tuple[str, ...]:
    """The profiles that were named, each once; all of them where none was.

    Raises:
        click.UsageError: a name is not that of a profile.
    """
    for name in names:
        if name not in config.profiles:
            raise click.UsageError(config.unknown_profile(name))
    return tuple(dict.fromkeys(names)) or tuple(config.profiles)


def report(findings: tuple[Finding, ...], form: Form, *, err: bool = False, **more: Any) -> int:
    """Write findings; the exit code is 1 if there is an error among them.

    Args:
        findings: what there is to report.
        form: for a person (`text`), or for a program.
        err: whether text goes to standard error.
        more: what else a command has to say in JSON.
    """
    if form == "json":
        listed = [to_builtins(finding) | {"severity": CODES[finding.code].severity} for finding in findings]
        write_json({"findings": listed, **more})
    elif form == "sarif":
        from profilec.diagnostics.sarif import to_sarif

        write_json(to_sarif(findings))
    else:
        _show(findings, err=err)
    return 1 if any(finding.is_error for finding in findings) else 0


def write_json(value: object) -> None:
    """Write a value for other programs."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _show(findings: tuple[Finding, ...], *, err: bool) -> None:
    """Write findings for a person, and how many there are."""
    for finding in findings:
        click.echo(render(finding), err=err)
        click.echo(err=err)
    if findings:
        severities = Counter(CODES[finding.code].severity for finding in findings)
        counts = [_count(severities[noun], noun) for noun in ("error", "warning", "note")]
        click.echo(" and ".join(count for count in counts if count), err=err)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number > 1 else ''}" if number else ""
