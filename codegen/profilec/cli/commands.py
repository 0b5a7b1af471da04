"""The table of commands. A command's module is imported when the command is called, and no other."""

import importlib
from typing import Any

import click

from profilec.cli.options import change_folder

_COMMANDS = {
    "build": "Write one package per profile.",
    "check": "Report every fault, write nothing.",
    "explain": "Say why a line is kept or dropped, or what a code means.",
    "diff": "Show how the packages of two profiles differ.",
    "map": "Find a line of the source in the trees, or the other way round.",
    "audit": "List what is forbidden and reached all the same.",
    "parity": "List what is public in one profile and not in another.",
    "powerset": "Prove every combination of features.",
    "report": "Write one HTML page about the project.",
    "init": "Give a project its first configuration.",
}
"""Each command with its line of the overview; it lives in the module of its name."""


class Commands(click.Group):
    """A group whose commands are found by name when they are needed."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Import a command by its name."""
        if name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"profilec.cli.{name}"), name)
        return command

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was probably meant."""
        from profilec.diagnostics import did_you_mean

        name = arguments[0]
        if name not in _COMMANDS and not name.startswith("-"):
            hint = did_you_mean(name, _COMMANDS) or f"there are {', '.join(_COMMANDS)}"
            raise click.UsageError(f"unknown command `{name}`: {hint}", context)
        return super().resolve_command(context, arguments)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview without importing a command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@change_folder
@click.version_option(package_name="profilec")
def profilec(**_: Any) -> None:
    """One annotated Python tree in, one specialised package per profile out.

    Example: profilec build native
    """
