"""How a command ended, as an exit code: whatever is raised in it is told in a sentence."""

import sys
import traceback
from contextlib import suppress

import click

from profilec.cli.commands import profilec


def outcome(arguments: list[str] | None) -> int:
    """Run a command and return its exit code.

    Args:
        arguments: what follows the name of the program; those of this process where left out.

    Raises:
        KeyboardInterrupt: somebody interrupted.
    """
    try:
        result = profilec.main(arguments, prog_name="profilec", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        raise KeyboardInterrupt from None
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception as error:
        if isinstance(error, OSError) and _was_telling(error):
            click.echo(f"profilec: the output cannot be written: {error.strerror}", err=True)
            with suppress(OSError):  # nor what it still holds
                sys.stdout.close()
            return 1
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.name}, line {place.lineno} of {place.filename}"
        click.echo(f"profilec: internal error: {type(error).__name__}: {error} ({where})", err=True)
        click.echo(
            "This is a fault of the compiler. Please report it with the file that it was reading.", err=True
        )
        return 3


def _was_telling(error: OSError) -> bool:
    """Tell whether an error was met while something was written for who called, and not in a file."""
    return any(frame.f_code is click.echo.__code__ for frame, _ in traceback.walk_tb(error.__traceback__))
