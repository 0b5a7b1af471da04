"""The documentation of the command: what it shows works as it says."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from kernel_exec import FlowBuilder, dump_flow
from kernel_exec.cli import main

DOCUMENT = Path(__file__).parents[3] / "docs" / "command-line.md"


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Write the files that the document speaks of; give its commands, without pipes and redirections."""
    text = DOCUMENT.read_text("utf-8")
    [module] = re.findall(r"```python\n# shop\.py\n(.*?)```", text, re.DOTALL)
    (tmp_path / "shop.py").write_text(module)
    builder = FlowBuilder("orders", "1.0.0").node("in", "shop::price", summary="In.")
    flow = builder.node("out", "shop::price", summary="Out.").edge("in", "out").build()
    (tmp_path / "orders.json").write_bytes(dump_flow(flow))
    (tmp_path / "orders.jsonl").write_text('{"id": 1}\n{"id": 2}\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    lines = re.findall(r"^kernel-exec ([^|>#\n]*)", text, re.MULTILINE)
    return [[word.strip("'") for word in re.findall(r"'[^']*'|\S+", line)] for line in lines]


def test_the_commands_that_the_document_shows_do_what_it_says(commands: list[list[str]]) -> None:
    without_graphviz = [command for command in commands if "svg" not in command]
    assert len(without_graphviz) == 6
    for command in without_graphviz:
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 0, (command, done.output)
        if command[0] == "run":
            assert done.stdout.splitlines()[0] == '{"id":1,"price":3}'
