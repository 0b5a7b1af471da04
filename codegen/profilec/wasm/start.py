"""Starts a program inside Pyodide the way `python` starts one: the last step of `python -m profilec.wasm`.

python.mjs loads this file and calls `run`; nothing imports it. It sets `sys.argv`, `sys.path` and
`__main__`, runs the program, and turns however it ended into an exit status.
"""

import asyncio
import atexit
import os
import runpy
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any


def run(argv: list[str], importable: list[str], profilec: str) -> int:
    """Run what `argv` asks for, as `python` would, and return the exit status.

    Args:
        argv: `SCRIPT [ARGS…]`, `-m MODULE [ARGS…]` or `-c CODE [ARGS…]`.
        importable: folders for the end of `sys.path`, where site-packages stand.
        profilec: the folder of this package, which stays importable; what lies beside it was installed for
            another world.
    """
    os.environ.pop("PYTHONINSPECT", None)  # Pyodide sets it for itself: a child or a test should not see it.
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in os.environ
    sys.path.extend(importable)
    runpy.run_path(f"{profilec}/pin.py")["Pin"]("profilec", str(Path(profilec).parent)).set()
    # A SystemExit in a task would end the run in the event loop; ignored there, `asyncio.run` raises it.
    loop: Any = asyncio.get_event_loop()  # Pyodide's own
    loop._system_exit_handler = lambda status: None
    match argv:
        case ["-m", module, *arguments]:
            return _finish(lambda: _run_module(module, arguments))
        case ["-c", code, *arguments]:
            return _finish(lambda: _run_code(code, "<string>", ["-c", *arguments], ""))
        case [script, *arguments] if not script.startswith("-"):
            return _finish(lambda: _run_script(script, arguments))
    print("usage: wasm-python SCRIPT [ARGS…] | -m MODULE [ARGS…] | -c CODE [ARGS…]", file=sys.stderr)
    return 2


def _run_script(script: str, arguments: list[str]) -> None:
    path = Path(script).absolute()
    try:
        code = path.read_bytes()
    except OSError as error:
        print(f"wasm-python: can't open file {script!r}: {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None
    _run_code(code, str(path), [script, *arguments], str(path.resolve().parent), __file__=str(path))


def _run_code(code: str | bytes, name: str, argv: list[str], folder: str, **names: str) -> None:
    sys.argv[:] = argv
    sys.path[0] = folder
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__dict__.update(names)
    exec(compile(code, name, "exec", dont_inherit=True), main.__dict__)


def _run_module(module: str, arguments: list[str]) -> None:
    sys.argv[:] = [module, *arguments]
    sys.path[0] = str(Path.cwd())
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _finish(program: Callable[[], None]) -> int:
    """Run `program` and the exit handlers, which nobody else calls: Pyodide never finalises."""
    try:
        program()
        return 0
    except SystemExit as stop:
        return _status(stop)
    except BaseException as error:
        _show(error)
        return 1
    finally:
        atexit._run_exitfuncs()


def _status(stop: SystemExit) -> int:
    match stop.code:
        case None:
            return 0
        case int(status):
            return status & 0xFF
    print(stop.code, file=sys.stderr)
    return 1


def _show(error: BaseException) -> None:
    """Print the traceback from the program's own first frame on."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_globals is globals():
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)
