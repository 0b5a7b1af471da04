"""The READMEs do not promise what does not run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORLDS: dict[str, list[str | Path]] = {"native": [sys.executable], "wasm": [ROOT / "tools/wasm-python"]}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("readme", ["README.md", "kernel_exec_src/README.md"])
def test_the_flow_of_a_readme_runs(world: str, readme: str) -> None:
    text = (ROOT / readme).read_text()
    blocks: list[str] = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    [program] = [block for block in blocks if "asyncio.run" in block]

    run = subprocess.run(
        [*WORLDS[world], "-c", program],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "build" / world)},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert (run.stdout, run.stderr) == ("Value(value='7.50')\n", "")


def test_what_the_readme_shows_of_the_source_and_of_the_trees_is_there() -> None:
    blocks: list[str] = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE
    )
    shown = [block for block in blocks if "def _open_local" in block]

    for tree, block in zip(("kernel_exec_src", "build/native", "build/wasm"), shown, strict=True):
        assert block in (ROOT / tree / "kernel_exec/spill/__init__.py").read_text()


def test_every_file_that_the_documents_link_to_is_there() -> None:
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md")]
    links = {
        (document, target): document.parent / target
        for document in documents
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text())
    }

    assert len(links) > 5
    assert [link for link, target in links.items() if not target.exists()] == []
