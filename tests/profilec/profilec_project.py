"""A small project on disk, and the command run on it as a user runs it."""

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from profilec.cli import run
from profilec.config import Config, load_config

CONFIGURATION = """
    [project]
    name = "shop"
    version = "1.2"
    license = "MIT"
    requires-python = ">=3.12"

    [tool.profilec]
    source = "src"
    package = "shop"
    flags = "shop._profile"

    [tool.profilec.features]
    threads = "run jobs on threads"

    [tool.profilec.profiles.native]
    features = ["threads"]

    [tool.profilec.profiles.wasm]
    """
FLAGS = """
    from profilec import flag

    NATIVE = flag("native")
    WASM = flag("wasm")
    THREADS = flag("threads")
    """


@dataclass(frozen=True)
class Ran:
    """What a command did: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it wrote with `--json`."""
        return json.loads(self.out)

    @property
    def codes(self) -> list[str]:
        """The codes of the findings that it wrote with `--json`."""
        return [finding["code"] for finding in self.json["findings"]]


@dataclass(frozen=True)
class Project:
    """A project in a folder of its own."""

    root: Path
    capture: pytest.CaptureFixture[str]

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files, given by path; text is dedented."""
        for path, content in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                file.write_bytes(content)
            else:
                file.write_text(textwrap.dedent(content).lstrip("\n"), encoding="utf-8", newline="")

    def read(self, path: str) -> str:
        """The text of a file."""
        return (self.root / path).read_text(encoding="utf-8")

    def files(self, folder: str = "build") -> dict[str, bytes]:
        """Every file below a folder, by path, without what a build notes for itself."""
        base = self.root / folder
        found = (file for file in base.rglob("*") if file.is_file() and "/." not in file.as_posix())
        return {file.relative_to(base).as_posix(): file.read_bytes() for file in sorted(found)}

    def run(self, *arguments: str) -> Ran:
        """Run `profilec` with these arguments in the project's folder."""
        self.capture.readouterr()
        code = run(["-C", str(self.root), *arguments])
        return Ran(code, *self.capture.readouterr())

    @property
    def config(self) -> Config:
        """The configuration as the compiler reads it."""
        return load_config(self.root)
