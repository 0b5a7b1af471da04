"""Progress on a terminal; silence in a pipe."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def steps(first: str) -> Iterator[Callable[[str], None]]:
    """Show the step that a command is at, until the block ends.

    Yields:
        A function that names the next step.
    """
    if not _is_watched():
        yield lambda step: None
        return
    from rich.console import Console  # slow to import, and of no use in a pipe

    with Console(stderr=True).status(first) as status:
        yield status.update


def say(text: str) -> None:
    """Tell a person at a terminal; tell nobody in a pipe."""
    if _is_watched():
        click.echo(text, err=True)


def _is_watched() -> bool:
    """Tell whether a person may be looking; where standard error is closed, nobody is."""
    return sys.stderr is not None and sys.stderr.isatty()
