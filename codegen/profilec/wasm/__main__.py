"""Runs Python inside WebAssembly as `python` would run it here.

    python -m profilec.wasm SCRIPT [ARGS…]  |  -m MODULE [ARGS…]  |  -c CODE [ARGS…]

The process becomes the run: its signals, its streams and its status are the program's own.
"""

import os
import sys
from pathlib import Path

from profilec.wasm.interpreter import NotHereError, find_interpreter


def main() -> None:
    """Replace this process by the run of what the command line names."""
    try:
        interpreter = find_interpreter(Path.cwd())
    except NotHereError as error:
        sys.exit(f"wasm-python: {error}")
    sys.stdout.flush()
    os.execv(interpreter.node, interpreter.command(sys.argv[1:]))


if __name__ == "__main__":
    main()
