"""The `kernel-exec` command as a user meets it: what it prints, where, and how it exits."""

import asyncio
import importlib.metadata
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from kernel_exec import FlowBuilder, dump_flow
from kernel_exec.cli import main
from kernel_exec.flow_ir import Durability

HANDLERS = """
import asyncio, dataclasses, tempfile, time
from kernel_exec import FlowExecutor, NodeRegistry
from kernel_exec.durability import MemoryCheckpoints

registry = NodeRegistry()
executor = FlowExecutor(registry, resources={"kv": object(), "checkpoints": MemoryCheckpoints()})
nothing = 3
with tempfile.TemporaryFile() as file:
    opened = file.fileno()

@dataclasses.dataclass
class Row:
    n: int

@registry.node("t::in")
async def receive(payload): return payload

@registry.node("t::loop")
async def say_which_loop(payload): return type(asyncio.get_running_loop()).__name__

@registry.node("t::open")
async def say_which_was_opened(payload): return opened

@registry.node("t::double")
async def double(payload): return {"twice": payload * 2}

@registry.node("t::fail")
async def fail(payload): raise ValueError("no such order")

@registry.node("t::fail_late")
async def fail_late(payload):
    await asyncio.sleep(0.1)
    raise ValueError("too late")

@registry.node("t::stream", stream=True)
async def stream(payload):
    for number in range(payload):
        yield number

@registry.node("t::nap")
async def nap(payload): await asyncio.sleep(0.15)

@registry.node("t::slow")
async def slow(payload):
    await asyncio.sleep(60)

@registry.node("t::block")
def block(payload):
    print("blocking", flush=True)
    time.sleep(60)

@registry.node("t::lost")
async def lost(payload: "Nowhere"): return payload

@registry.node("t::wait", halts=True)
async def wait(payload): return {"waits": payload}

@registry.node("t::odd")
async def odd(payload): return object()

@registry.node("t::half")
async def half(payload): return {"share": payload / 2, "none": [float("nan")]}

@registry.node("t::any")
async def any_of(payload): return [10**30, 1e300, "\\u00e9", b"ab", {1: Row(2)}]

@registry.node("t::endless")
async def endless(payload):
    payload = []
    payload.append(payload)
    return payload
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in a fresh folder that holds the module `handlers`."""
    (tmp_path / "handlers.py").write_text(HANDLERS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("handlers", None)


def flow(last: str, **node: object) -> str:
    """Write a flow of two nodes and return the name of its file."""
    builder = FlowBuilder("test", "1.0.0").node("in", "t::in", kind="trigger", summary="In.")
    built = builder.node("out", f"t::{last}", summary="Out.", **node).edge("in", "out").build()  # type: ignore[arg-type]  # the fields of a node, by name
    Path("flow.json").write_bytes(dump_flow(built))
    return "flow.json"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="kernel-exec")


def run(last: str, *arguments: str, nodes: str = "handlers") -> Result:
    ends = ("--trigger", "in", "--capture", "out")
    return call("run", flow(last), "--nodes", nodes, *ends, *arguments)


def test_run_prints_the_result_as_a_line_of_json() -> None:
    done = run("double", "--payload", "21")
    assert (done.exit_code, done.stdout, done.stderr) == (0, '{"twice":42}\n', "")


def test_run_sends_null_unless_told_otherwise() -> None:
    assert run("in").stdout == "null\n"


def test_run_uses_the_loop_of_uvloop_where_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loop(asyncio.SelectorEventLoop):
        pass

    monkeypatch.setitem(sys.modules, "uvloop", SimpleNamespace(new_event_loop=Loop))
    assert run("loop").stdout == '"Loop"\n'


def test_run_prints_a_stream_item_by_item() -> None:
    assert run("stream", "--payload", "3").stdout == "0\n1\n2\n"


def test_run_prints_where_a_flow_halted() -> None:
    path = flow("wait", durability=Durability(halts=True))
    ends = ("--trigger", "in", "--capture", "out", "--payload", "1")
    done = call("run", path, "--nodes", "handlers:executor", *ends)
    halted = json.loads(done.stdout)["halted"]
    assert (done.exit_code, halted["alias"], halted["payload"]) == (0, "out", {"waits": 1})
    assert set(halted) == {"alias", "payload", "checkpoint"}


def test_run_sends_every_line_of_a_file_and_skips_empty_ones(folder: Path) -> None:
    (folder / "in.jsonl").write_text("1\n\n2\n  \n3")
    assert run("double", "--input", "in.jsonl").stdout == '{"twice":2}\n{"twice":4}\n{"twice":6}\n'


def test_run_takes_an_executor_that_binds_resources() -> None:
    path = flow("double", effect_hints=["resource::kv::read"])
    arguments = ("run", path, "--trigger", "in", "--capture", "out", "--payload", "1", "--nodes")
    refused, served = call(*arguments, "handlers"), call(*arguments, "handlers:executor")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Error: CAP101: ")
    assert (served.exit_code, served.stdout) == (0, '{"twice":2}\n')


def test_a_failing_node_is_one_line_and_exit_1() -> None:
    done = run("fail", "--payload", "1")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "'out'" in done.stderr
    assert "no such order" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_result_before_the_failure_of_a_side_branch_is_printed(folder: Path) -> None:
    builder = FlowBuilder("forked", "1.0.0").node("in", "t::in").node("out", "t::double")
    builder.node("side", "t::fail_late").edge("in", "out").edge("in", "side")
    (folder / "forked.json").write_bytes(dump_flow(builder.build()))
    done = call(
        "run",
        "forked.json",
        *("--nodes", "handlers", "--trigger", "in", "--capture", "out", "--payload", "1"),
    )
    assert (done.exit_code, done.stdout) == (1, '{"twice":2}\n')
    assert "'side'" in done.stderr


def test_an_annotation_that_means_nothing_is_one_line_and_exit_1() -> None:
    done = run("lost")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "'t::lost'" in done.stderr
    assert "Traceback" not in done.stderr


def test_results_before_a_failure_are_printed(folder: Path) -> None:
    (folder / "in.jsonl").write_text("[1]\n{}\n")
    done = run("double", "--input", "in.jsonl")
    assert (done.exit_code, done.stdout) == (1, '{"twice":[1,1]}\n')


@pytest.mark.parametrize("arguments", [("--payload", "1"), ("--input", "in.jsonl")])
def test_a_deadline_stops_the_run(folder: Path, arguments: tuple[str, str]) -> None:
    (folder / "in.jsonl").write_text("1\n2\n")
    started = time.monotonic()
    done = run("slow", *arguments, "--deadline", "0.1")
    assert done.exit_code == 1
    assert "within 0.1 s" in done.stderr
    assert time.monotonic() - started < 10


def test_what_a_payload_may_be_is_printed_as_json_has_it() -> None:
    printed = run("any").stdout
    assert printed.endswith(',"é","YWI=",{"1":{"n":2}}]\n')
    assert json.loads(printed)[:2] == [10**30, 1e300]


@pytest.mark.parametrize("last", ["odd", "endless", "half"])
def test_a_result_that_json_cannot_say_is_exit_1(last: str) -> None:
    done = run(last, "--payload", "1")
    assert done.exit_code == 1
    assert "a result cannot be written as JSON" in done.stderr


WRONG = {
    "bad payload": (("--payload", "{"), "handlers", "--payload cannot be read as JSON"),
    "both sources": (("--payload", "1", "--input", "-"), "handlers", "give --payload or --input, not both"),
    "bad line": (("--input", "in.jsonl"), "handlers", "line 2 of --input cannot be read as JSON"),
    "no module": ((), "missing", "No module named 'missing'"),
    "a path": ((), "./handlers.py", "name a module as `import` does"),
    "a name without a module": ((), ":registry", "name a module as `import` does"),
    "no name": ((), "handlers:absent", "has no attribute 'absent'"),
    "no registry": ((), "handlers:nothing", "is of type int; name a NodeRegistry or a FlowExecutor"),
    "broken module": ((), "broken", "broken.py:2: ZeroDivisionError"),
    "no deadline": (("--deadline", "0"), "handlers", "--deadline"),
    "a deadline that is no number": (("--deadline", "nan"), "handlers", "not nan"),
    "deep payload": (
        ("--payload", "[" * 100_000 + "]" * 100_000),
        "handlers",
        "--payload cannot be read as JSON",
    ),
    "deep line": (("--input", "deep.jsonl"), "handlers", "line 1 of --input cannot be read as JSON"),
    "a module that ends": ((), "ending", "ending.py:2: SystemExit: 7"),
    "a module that leaves": ((), "leaving", "leaving.py:1: GeneratorExit"),
    "a module that cannot say why": ((), "silent", "silent.py:4: Silent: its message could not be had"),
}


@pytest.mark.parametrize(("arguments", "nodes", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_call_is_one_sentence_and_exit_2(
    folder: Path, arguments: tuple[str, ...], nodes: str, message: str
) -> None:
    (folder / "broken.py").write_text("import kernel_exec\n1 / 0\n")
    (folder / "ending.py").write_text("import sys\nsys.exit(7)\n")
    (folder / "leaving.py").write_text("raise GeneratorExit\n")
    (folder / "silent.py").write_text(
        "class Silent(BaseException):\n    def __str__(self):\n        raise self\nraise Silent()\n"
    )
    (folder / "in.jsonl").write_text("1\nx\n")
    (folder / "deep.jsonl").write_text("[" * 100_000 + "]" * 100_000)
    done = run("double", *arguments, nodes=nodes)
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_flow_that_is_no_flow_is_refused_by_every_command(folder: Path) -> None:
    (folder / "flow.json").write_text('{"id": 1}')
    for arguments in (
        ("check",),
        ("graph",),
        ("run", "--nodes", "handlers", "--trigger", "in", "--capture", "out"),
    ):
        done = call(arguments[0], "flow.json", *arguments[1:])
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr == "Error: flow.json: $.id: expected `str`, got `int`\n"


def test_check_prints_every_finding_and_exits_1_on_errors(folder: Path) -> None:
    builder = FlowBuilder("bad", "1.0.0").node("a", "t::in").edge("a", "a", timeout_ms=0)
    (folder / "bad.json").write_bytes(dump_flow(builder.build()))
    done = call("check", "bad.json")
    assert done.exit_code == 1
    assert [line.split(":")[1].split(" at")[0].strip() for line in done.stdout.splitlines()[:-1]] == [
        "warn DAG350",
        "error DAG200",
        "error CTRL101",
    ]
    assert done.stdout.splitlines()[-1] == "bad.json: 2 errors, 1 warning"
    found = json.loads(call("check", "bad.json", "--json").stdout)
    assert found[1] == {
        "code": "DAG200",
        "severity": "error",
        "alias": "a",
        "message": "the graph has a cycle: a -> a",
    }


def test_check_exits_0_on_warnings_and_on_nothing() -> None:
    done = call("check", flow("double", kind="inline"))
    assert (done.exit_code, done.stdout) == (0, "flow.json: 0 errors, 0 warnings\n")
    assert json.loads(call("check", "flow.json", "--json").stdout) == []


def test_graph_prints_mermaid_and_dot() -> None:
    path = flow("double")
    assert call("graph", path).stdout.startswith("flowchart TD\n")
    assert call("graph", path, "--format", "dot").stdout.startswith('digraph "test" {\n')


def test_graph_prints_svg_through_graphviz(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graphviz = folder / "dot"
    graphviz.write_text('#!/bin/sh\necho "<svg $1>"\ncat\n')
    graphviz.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    done = call("graph", flow("double"), "--format", "svg")
    assert done.stdout.startswith('<svg -Tsvg>\ndigraph "test" {\n')
    graphviz.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    failed = call("graph", "flow.json", "--format", "svg")
    assert (failed.exit_code, failed.stdout, failed.stderr) == (1, "", "Error: Graphviz failed: broken\n")
    monkeypatch.setenv("PATH", "")
    missing = call("graph", "flow.json", "--format", "svg")
    assert missing.exit_code == 2
    assert "or choose mermaid" in missing.stderr


@pytest.mark.parametrize("command", [(), ("run",), ("check",), ("graph",)])
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    done = call(*command, "--help")
    assert done.exit_code == 0
    assert "Usage: kernel-exec" in done.stdout
    assert not command or f"kernel-exec {command[0]} orders.json" in done.stdout


# --- As a process ---------------------------------------------------------------------------------


def process(last: str, *arguments: str, stderr: int = subprocess.PIPE) -> "subprocess.Popen[str]":
    ends = ("--nodes", "handlers", "--trigger", "in", "--capture", "out")
    return subprocess.Popen(
        [sys.executable, "-m", "kernel_exec", "run", flow(last), *ends, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.parametrize("last", ["double", "block"])
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(signal.SIGINT, 130, "Interrupted.\n"), (signal.SIGTERM, 143, "Terminated.\n")],
)
def test_a_signal_ends_the_run_at_once_and_says_so(
    last: str, number: signal.Signals, code: int, said: str
) -> None:
    with process(last, "--input", "-") as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdin.write("1\n")
        running.stdin.flush()
        running.stdout.readline()
        told = time.monotonic()
        running.send_signal(number)
        assert running.wait(30) == code
        assert time.monotonic() - told < 10
        assert running.stderr.read() == said


def test_an_interrupt_while_handlers_are_imported_is_one_too(folder: Path) -> None:
    (folder / "handlers.py").write_text("raise KeyboardInterrupt")
    with process("double") as running:
        assert running.stderr is not None
        assert running.wait(30) == 130
        assert running.stderr.read() == "Interrupted.\n"


@pytest.mark.parametrize(
    "command", ["run {} --nodes handlers --trigger in --capture out", "check {}", "graph {}", "--help"]
)
def test_a_full_disk_is_one_line_and_exit_1(command: str) -> None:
    arguments = command.format(flow("in"))
    done = shell(f"{quote(sys.executable)} -m kernel_exec {arguments} > /dev/full")
    assert done.stderr == "Error: reading or writing failed: No space left on device\n"
    assert done.returncode == 1


def test_a_standard_input_that_is_closed_is_a_wrong_call() -> None:
    ends = "--nodes handlers --trigger in --capture out --input -"
    done = shell(f"{quote(sys.executable)} -m kernel_exec run {flow('in')} {ends} <&-")
    assert "'--input': standard input is closed" in done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize(("closed", "printed"), [(">&-", ""), ("2>&-", "null\n")])
def test_a_run_goes_on_where_nobody_can_see_it(closed: str, printed: str) -> None:
    ends = "--nodes handlers --trigger in --capture out"
    done = shell(f"{quote(sys.executable)} -m kernel_exec run {flow('in')} {ends} {closed}")
    assert (done.returncode, done.stdout, done.stderr) == (0, printed, "")


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
def test_no_file_of_a_handler_is_taken_for_a_stream_that_is_closed(closed: str) -> None:
    ends = "--nodes handlers --trigger in --capture out"
    done = shell(f"{quote(sys.executable)} -m kernel_exec run {flow('open')} {ends} {closed}")
    assert int(done.stdout) > 2


def shell(command: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, shell=True, capture_output=True, text=True, env=environment, check=False)


def test_a_reader_that_goes_away_ends_the_run_quietly() -> None:
    with process("double", "--input", "-") as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        running.stdin.write("1\n" * 100)
        running.stdin.close()
        assert running.wait(30) == 1
        assert "Traceback" not in running.stderr.read()


def test_a_tree_that_is_not_installed_says_so_when_it_is_asked_for_its_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed = {"kernel-exec": "1.2.3"}

    def version(name: str) -> str:
        if name not in installed:
            raise importlib.metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert call("--version").stdout == "kernel-exec, version 1.2.3\n"
    installed.clear()
    done = call("--version")
    assert (done.exit_code, done.stdout) == (1, "")
    assert (
        done.stderr
        == "Error: only an installed kernel-exec has a version, and this one is run from its files\n"
    )


def test_a_terminal_shows_how_many_results_there_are_and_is_left_clean(folder: Path) -> None:
    (folder / "in.jsonl").write_text("1\n2\n")
    ours, theirs = pty.openpty()
    try:
        with process("nap", "--input", "in.jsonl", stderr=theirs) as running:
            assert running.wait(30) == 0
        shown = os.read(ours, 1000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert shown.startswith("\r\x1b[K1 result, ")
    assert " a second" in shown
    assert shown.endswith("\r\x1b[K")
