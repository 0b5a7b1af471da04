"""What a type checker makes of flags, as docs/profilec-configuration.md says."""

import subprocess
import sys

from profilec_project import Project

BRANCHES = """
from shop._profile import THREADS, WASM

if THREADS:
    a: int = ""
else:
    b: int = ""
if WASM:
    c: int = ""
"""


def test_mypy_reads_the_source_as_the_profile_that_it_is_told(project: Project) -> None:
    project.write({"src/shop/a.py": BRANCHES})
    flags = ["--always-true", "THREADS", "--always-false", "WASM"]
    command = [sys.executable, "-m", "mypy", "--no-error-summary", *flags, "src/shop/a.py"]
    ran = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    assert [line.split(":")[1] for line in ran.stdout.splitlines()] == ["4"], ran.stdout
