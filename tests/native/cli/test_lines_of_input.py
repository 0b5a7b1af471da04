"""Payloads that come line by line to `kernel-exec run --input -`, from whatever standard input is."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel_exec import FlowBuilder, dump_flow

HANDLERS = """
from kernel_exec import NodeRegistry

registry = NodeRegistry()

@registry.node("t::measure")
async def measure(payload): return {"length": len(str(payload))}
"""


COMMAND = (
    *(sys.executable, "-m", "kernel_exec", "run", "flow.json", "--nodes", "handlers"),
    *("--trigger", "in", "--capture", "in", "--input", "-"),
)
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the flow is, and its handlers."""
    (tmp_path / "handlers.py").write_text(HANDLERS)
    flow = FlowBuilder("test", "1.0.0").node("in", "t::measure", summary="-").build()
    (tmp_path / "flow.json").write_bytes(dump_flow(flow))
    return tmp_path


@pytest.fixture(params=["pipe", "socket", "terminal"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """Two descriptors: what is written to the first can be read from the second."""
    match request.param:
        case "pipe":
            theirs, ours = os.pipe()
        case "socket":
            ours, theirs = (end.detach() for end in socket.socketpair())
        case _:
            ours, theirs = pty.openpty()
    yield ours, theirs
    for descriptor in (ours, theirs):
        os.close(descriptor)


@pytest.fixture
def run(ends: tuple[int, int], folder: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """The command, which reads from the second of the ends."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        COMMAND, cwd=folder, stdin=ends[1], stdout=pipe, stderr=pipe, env=ENVIRONMENT
    ) as running:
        yield running
        running.kill()


def test_a_result_comes_while_more_lines_may(ends: tuple[int, int], run: "subprocess.Popen[bytes]") -> None:
    assert run.stdout is not None
    for text in ("1", "1234"):
        os.write(ends[0], f"{text}\n".encode())
        assert json.loads(run.stdout.readline()) == {"length": len(text)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_that_waits_for_the_rest_of_a_line(
    ends: tuple[int, int], run: "subprocess.Popen[bytes]", number: signal.Signals
) -> None:
    assert run.stdout is not None
    os.write(ends[0], b"1\n")
    run.stdout.readline()
    os.write(ends[0], b'{"half')
    run.send_signal(number)
    assert run.wait(30) == 128 + number


def test_lines_may_be_long_or_empty_and_the_last_needs_no_end(folder: Path) -> None:
    text = json.dumps("x" * 300_000)
    done = subprocess.run(
        COMMAND, cwd=folder, input=f"{text}\n\n{text}\n12".encode(), capture_output=True, env=ENVIRONMENT
    )
    assert [json.loads(line)["length"] for line in done.stdout.splitlines()] == [300_000, 300_000, 2]
