"""The command line: one file per command, each from arguments to an exit code.

Exit codes: 0 all is well, 1 there is an error, 2 the usage or the configuration is wrong, 3 the fault is
ours, 130 somebody interrupted.
"""

import gc
import sys
import traceback
from contextlib import suppress

import click

from profilec.cli.commands import profilec


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    # Syntax trees are many small objects, nearly all without cycles: looking for garbage doubles the cost
    # of parsing.
    gc.set_threshold(200_000, 20, 100)
    code = run()
    gc.freeze()  # what there is ends with the process: nobody need look for garbage in it
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code.

    Args:
        arguments: what follows the name of the program; those of this process where left out.
    """
    try:
        result = profilec.main(arguments, prog_name="profilec", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        click.echo("interrupted", err=True)
        return 130
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
