"""The command line: one file per command, each from arguments to an exit code.

Exit codes: 0 all is well, 1 there is an error, 2 the usage or the configuration is wrong, 3 the fault is
ours, 130 somebody interrupted.
"""

import gc
import sys


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
        from profilec.cli.outcome import outcome  # takes long enough to be interrupted

        return outcome(arguments)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
