# profilec: only CLI
"""The `kernel-exec` command: runs, checks and draws flows from a shell.

The outermost room: files and arguments in, lines and an exit code out. Results go to standard output
as JSON lines, everything else to standard error. Exit codes: 0 done, 1 the flow was refused or its run
failed, 2 the command was called wrongly, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import asyncio
import errno
import importlib
import importlib.metadata
import json
import math
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import click
import msgspec

from kernel_exec.errors import DeadlineExceeded, ExecutionError, FlowFormatError, InvalidFlow, in_words
from kernel_exec.executor import FlowExecutor
from kernel_exec.flow_ir import FlowIR
from kernel_exec.graphs import to_dot, to_mermaid
from kernel_exec.loading import load_flow
from kernel_exec.registry import NodeRegistry
from kernel_exec.results import Halted, Result, Stream, Value
from kernel_exec.validation import ValidatedFlow, diagnose, validate

_INTERRUPTED = 130
_TERMINATED = 143
_MOST_AT_ONCE = 64 * 1024
"""Bytes that are read at once of what comes bit by bit."""


class _Failure(click.ClickException):
    """The command was called rightly, and the flow was refused or its run failed."""

    exit_code = 1


class _Program(click.Group):
    """The commands together: what stops any of them is said in one line."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Read the arguments; help is shown here."""
        _fill_standard_descriptors()
        with _writing():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            with _writing():
                return super().invoke(ctx)
        except (KeyboardInterrupt, asyncio.CancelledError) as stopped:
            # A handler that was abandoned on a worker may be printing. Python aborts if it ends while a
            # thread holds the lock of standard output, so wait for that lock once.
            click.echo(nl=False)
            interrupted = isinstance(stopped, KeyboardInterrupt)
            click.echo("Interrupted." if interrupted else "Terminated.", err=True)
            sys.exit(_INTERRUPTED if interrupted else _TERMINATED)


def _fill_standard_descriptors() -> None:
    """Open what is closed of standard input, output and error, so that no other file gets its number.

    A message for people would be written into that file, and uvloop aborts when it closes one.
    """
    opened = 0
    while opened <= 2:
        opened = os.open(os.devnull, os.O_RDWR)
    os.close(opened)


@contextmanager
def _writing() -> Iterator[None]:
    """Say in one line what could not be read or written."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # click ends quietly where nobody reads any more
        # What could not be written would fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise _Failure(f"reading or writing failed: {error.strerror or error}") from None


class _Lines(click.File):
    """A file of lines, where `-` is standard input."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Open the file."""
        if value == "-" and sys.stdin is None:
            self.fail("standard input is closed.", param, ctx)
        return super().convert(value, param, ctx)


_flow_argument = click.argument(
    "path", metavar="FLOW", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


def _print_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if not asked or ctx.resilient_parsing:
        return
    try:
        version = importlib.metadata.version("kernel-exec")
    except importlib.metadata.PackageNotFoundError:
        raise _Failure(
            "only an installed kernel-exec has a version, and this one is run from its files"
        ) from None
    click.echo(f"kernel-exec, version {version}")
    ctx.exit()


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def main() -> None:
    """Run, check and draw flows: graphs of Python handlers written as Flow IR.

    \b
    Example:
        kernel-exec check orders.json
    """


@main.command()
@_flow_argument
@click.option(
    "--nodes",
    required=True,
    metavar="MODULE[:NAME]",
    help="The NodeRegistry to take handlers from, or a FlowExecutor where resources must be bound. NAME is "
    "`registry` unless given.",
)
@click.option("--trigger", required=True, metavar="ALIAS", help="The node to send to.")
@click.option("--capture", required=True, metavar="ALIAS", help="The node whose results to print.")
@click.option("--payload", metavar="JSON", help="What to send; null unless given.")
@click.option(
    "--input",
    "lines",
    type=_Lines("rb"),
    help="A file of payloads to send, one JSON value a line; - for stdin.",
)
@click.option(
    "--deadline",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="When to stop the whole run.",
)
def run(
    path: Path,
    nodes: str,
    trigger: str,
    capture: str,
    payload: str | None,
    lines: BinaryIO | None,
    deadline: float | None,
) -> None:
    """Run FLOW and print every result as a line of JSON.

    \b
    Example:
        kernel-exec run orders.json --nodes shop:registry --trigger in --capture out --payload '{"id": 1}'
    """
    if deadline is not None and math.isnan(deadline):
        raise click.UsageError("--deadline is 0 seconds or more, not nan")
    if payload is not None and lines is not None:
        raise click.UsageError("give --payload or --input, not both")
    plan = _validated(path)
    executor = _executor(nodes)
    if lines is None:
        value = _payload("null" if payload is None else payload, "--payload")
        call = partial(executor.run_once, plan, trigger, value, capture=capture, deadline=deadline)
        printing = _print_one(call, _Output())
    else:
        calls = partial(executor.run_many, plan, trigger, _payloads(lines), capture=capture)
        printing = _print_many(calls, deadline, _Output())
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_until_terminated(printing))
    except ExecutionError as error:
        raise _Failure(str(error) if error.code is None else f"{error.code}: {error}") from None
    except TypeError as error:  # a handler whose annotations cannot be resolved
        raise _Failure(str(error)) from None


@main.command()
@_flow_argument
@click.option("--json", "as_json", is_flag=True, help="Print the findings as a JSON array.")
def check(path: Path, as_json: bool) -> None:
    """Print everything that validation finds in FLOW.

    The exit code is 1 if there is an error.

    \b
    Example:
        kernel-exec check orders.json --json
    """
    found = diagnose(_loaded(path))
    errors = sum(finding.severity == "error" for finding in found)
    if as_json:
        click.echo(
            msgspec.json.format(msgspec.json.encode([finding.to_dict() for finding in found]), indent=2)
        )
    else:
        for finding in found:
            click.echo(f"{path}: {finding}")
        click.echo(f"{path}: {_counted(errors, 'error')}, {_counted(len(found) - errors, 'warning')}")
    sys.exit(1 if errors else 0)


@main.command()
@_flow_argument
@click.option(
    "--format", "form", type=click.Choice(["mermaid", "dot", "svg"]), default="mermaid", show_default=True
)
def graph(path: Path, form: str) -> None:
    """Print the graph of FLOW, valid or not. The form svg needs Graphviz.

    \b
    Example:
        kernel-exec graph orders.json --format svg > orders.svg
    """
    flow = _loaded(path)
    if form == "mermaid":
        click.echo(to_mermaid(flow), nl=False)
    elif form == "dot":
        click.echo(to_dot(flow), nl=False)
    else:
        click.echo(_drawn(to_dot(flow)), nl=False)


# --- Arguments ------------------------------------------------------------------------------------


def _loaded(path: Path) -> FlowIR:
    try:
        return load_flow(path)
    except (FlowFormatError, OSError) as error:
        raise _Failure(f"{path}: {error}") from None


def _validated(path: Path) -> ValidatedFlow:
    try:
        return validate(_loaded(path))
    except InvalidFlow as error:
        raise _Failure(f"{path}: {error}") from None


def _payload(text: str | bytes, place: str) -> object:
    try:
        value: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise click.UsageError(f"{place} cannot be read as JSON: {error}") from None
    return value


def _executor(target: str) -> FlowExecutor:
    """Return the executor that `--nodes` names, made of a registry unless it is one."""
    module_name, _, name = target.partition(":")
    if not all(map(str.isidentifier, module_name.split("."))):
        raise click.UsageError(f"--nodes {target}: name a module as `import` does, such as shop.handlers")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = importlib.import_module(module_name)
        for part in (name or "registry").split("."):
            found = getattr(found, part)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a module raises that is imported
        raise click.UsageError(f"--nodes {target}: {_where(error)}{in_words(error)}") from None
    if isinstance(found, NodeRegistry):
        return FlowExecutor(found)
    if not isinstance(found, FlowExecutor):
        kind = type(found).__name__
        raise click.UsageError(f"--nodes {target} is of type {kind}; name a NodeRegistry or a FlowExecutor")
    return found


def _where(error: BaseException) -> str:
    """Return where the user's own module failed; nothing if it was never entered."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    inside = last.filename != __file__ and not last.filename.startswith("<frozen")
    return f"{last.filename}:{last.lineno}: " if inside else ""


# --- Running --------------------------------------------------------------------------------------


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes the fastest loop that is installed; None for the one of asyncio."""
    try:
        factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module("uvloop").new_event_loop
    except ImportError:
        return None
    return factory


async def _until_terminated(printing: Coroutine[Any, Any, None]) -> None:
    """Await `printing`; a termination cancels it, so that the run cleans up, and a second one kills."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def terminate(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        task.cancel()
        loop.call_soon_threadsafe(lambda: None)  # a loop that sleeps has to wake up for it

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        await printing
    finally:
        signal.signal(signal.SIGTERM, before)


async def _print_one(run_once: Callable[[], Awaitable[Result]], output: _Output) -> None:
    try:
        await output.print(await run_once())
    except ExecutionError as error:
        if isinstance(error.result, Value):
            await output.print(error.result)
        raise
    finally:
        output.close()


async def _print_many(
    run_many: Callable[[], AsyncIterator[Result]], deadline: float | None, output: _Output
) -> None:
    try:
        async with asyncio.timeout(deadline) as limit:
            async for result in run_many():
                await output.print(result)
    except TimeoutError:
        if not limit.expired():
            raise
        message = f"the run did not end within {deadline:g} seconds"
        raise DeadlineExceeded(message, deadline=deadline) from None
    finally:
        output.close()


async def _payloads(file: BinaryIO) -> AsyncIterator[object]:
    number = 0
    async for line in _lines(file):
        number += 1
        if line.strip():
            yield _payload(line, f"line {number} of --input")


async def _lines(file: BinaryIO) -> AsyncIterator[bytes]:
    """Give the lines of `file`, those that come bit by bit without holding up the run."""
    descriptor = file.fileno()
    if not _comes_bit_by_bit(descriptor):
        for line in file:
            yield line
        return
    parts: list[bytes] = []
    while data := await _read(descriptor):
        end, *others = data.split(b"\n")
        parts.append(end)
        for other in others:
            yield b"".join(parts)
            parts = [other]
    yield b"".join(parts)


def _comes_bit_by_bit(descriptor: int) -> bool:
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)


async def _read(descriptor: int) -> bytes:
    """Wait for what comes next and return it, nothing at the end.

    The descriptor stays as blocking as it is: others may have it too, such as the shell of a terminal.
    """
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)
    return os.read(descriptor, _MOST_AT_ONCE)


# --- Output ---------------------------------------------------------------------------------------


class _Output:
    """Prints results and, where these go elsewhere than to the terminal, a line on it that says how many."""

    _INTERVAL = 0.1
    """Seconds between two drawings of the line."""

    def __init__(self) -> None:
        self._draws = _is_terminal(sys.stderr) and not _is_terminal(sys.stdout)
        self._started = self._drawn = time.monotonic()
        self._count = 0

    async def print(self, result: Result) -> None:
        """Print a result as lines of JSON: a value as one, a stream as one for every item."""
        match result:
            case Value(value):
                self.print_value(value)
            case Halted(alias, payload, checkpoint):
                self.print_value({"halted": {"alias": alias, "payload": payload, "checkpoint": checkpoint}})
            case Stream():
                async for item in result:
                    self.print_value(item)

    def print_value(self, value: object) -> None:
        """Print one value as a line of JSON."""
        try:
            plain = msgspec.to_builtins(value, str_keys=True)
            line = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise _Failure(f"a result cannot be written as JSON: {error}") from None
        click.echo(line)
        self._count += 1
        now = time.monotonic()
        if self._draws and now - self._drawn >= self._INTERVAL:
            self._drawn = now
            rate = self._count / (now - self._started)
            click.echo(f"\r\x1b[K{_counted(self._count, 'result')}, {rate:.0f} a second", nl=False, err=True)

    def close(self) -> None:
        """Take the line off the terminal."""
        if self._draws:
            click.echo("\r\x1b[K", nl=False, err=True)


def _is_terminal(file: TextIO | None) -> bool:
    """Tell whether somebody sees what is written to `file`, which is None where it is closed."""
    return file is not None and file.isatty()


def _drawn(dot: str) -> bytes:
    program = shutil.which("dot")
    if program is None:
        raise click.UsageError(
            "svg needs Graphviz: install it so that `dot` is on the PATH, or choose mermaid"
        )
    done = subprocess.run([program, "-Tsvg"], input=dot.encode(), capture_output=True, check=False)
    if done.returncode != 0:
        raise _Failure(f"Graphviz failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"
