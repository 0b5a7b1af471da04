"""Runs one script in both worlds and prints what it told, fact by fact: `side_by_side.py SCRIPT [ARGS…]`.

The script prints lines of JSON, `{"fact": …, "value": …}`; the trees have to be built. Both worlds run at the
same time. If the script fails in one of them, its error is shown and the status is 1.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent


def start(command: list[str | Path], **environment: str) -> subprocess.Popen[str]:
    """Start one world's run of the script."""
    return subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def told(world: str, run: subprocess.Popen[str]) -> dict[str, str]:
    """Wait for a run and return its facts in the order they were told; a failed run ends this one."""
    stdout, stderr = run.communicate()
    if run.returncode != 0:
        raise SystemExit(
            f"{stderr}side by side: the script failed in the {world} world, status {run.returncode}"
        )
    return {line["fact"]: line["value"] for line in map(json.loads, stdout.splitlines())}


def table(native: dict[str, str], wasm: dict[str, str]) -> Table:
    """Lay the facts of both worlds beside each other; what only one of them told leaves a gap."""
    rows = Table("", "native", "wasm")
    for fact in native | wasm:
        rows.add_row(fact, native.get(fact, ""), wasm.get(fact, ""))
    return rows


def main() -> None:
    """Run the script that the command line names and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("script", metavar="SCRIPT")
    parser.add_argument("arguments", metavar="ARGS", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    script = [given.script, *given.arguments]
    runs = {
        "native": start([sys.executable, *script], PYTHONPATH=str(ROOT / "build/native")),
        "wasm": start([ROOT / "tools/wasm-python", *script]),
    }
    facts = {world: told(world, run) for world, run in runs.items()}
    Console(width=None if sys.stdout.isatty() else 110).print(table(**facts))


if __name__ == "__main__":
    main()
