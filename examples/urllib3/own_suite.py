"""Runs urllib3's own test suite on its source and on the tree for CPython: `own_suite.py FOLDER`.

FOLDER is the one that `specialise.py` was given. The suite's requirements are those that urllib3 declares;
they are installed into an environment in FOLDER. The status is 0 if the same tests passed on both.
"""

import os
import subprocess
import sys
import time
import tomllib
import venv
from pathlib import Path
from xml.etree import ElementTree

from specialise import NAME


def environment(folder: Path) -> Path:
    """Make the environment that the suite runs in, and return its Python."""
    python = folder / "venv/bin/python"
    if not python.exists():
        venv.create(folder / "venv", with_pip=True)
        with (folder / NAME / "pyproject.toml").open("rb") as file:
            groups = tomllib.load(file)["dependency-groups"]
        wanted = [line for group in ("test", "dev") for line in groups[group] if isinstance(line, str)]
        pip = [str(python), "-m", "pip", "-qq", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, *wanted], check=True)
    return python


def passed(python: Path, project: Path, path: str) -> frozenset[str]:
    """Run the suite with urllib3 imported from a path, and return the tests that passed.

    Some of its tests measure time or talk to threads that are slow to end, so those that fail are run again,
    twice. What urllib3 runs inside a browser is left out: it needs one, with Pyodide in it.
    """
    name = path.replace("/", "-")
    options = [
        "--ignore=test/contrib/emscripten",
        "--timeout=120",
        f"-ocache_dir=.cache-{name}",
        f"--basetemp=.tmp-{name}",
    ]
    failed = ["--last-failed", "--last-failed-no-failures=none"]
    found: set[str] = set()
    report = project / f"{name}.xml"
    for again in ([], failed, failed):
        report.unlink(missing_ok=True)
        suite = subprocess.Popen(
            [python, "-m", "pytest", "-q", *options, f"--junitxml={report}", *again, "test"],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(project / path)},
            stdout=subprocess.DEVNULL,
        )
        _wait(suite, report)
        cases = ElementTree.parse(report).iter("testcase")
        found.update(f"{case.get('classname')}.{case.get('name')}" for case in cases if not len(case))
    return frozenset(found)


def _wait(suite: "subprocess.Popen[bytes]", report: Path) -> None:
    """Wait until a suite has ended, or has written its report: threads that a test left may never end."""
    while suite.poll() is None and not report.exists():
        time.sleep(0.2)
    try:
        suite.wait(timeout=10)
    except subprocess.TimeoutExpired:
        suite.kill()
        suite.wait()


def main(folder: Path) -> int:
    """Run the suite on both, and print how many tests passed and which did only on one."""
    project = folder / NAME
    python = environment(folder)
    source, native = (passed(python, project, path) for path in ("src", "build/native"))
    print(f"passed on the source: {len(source)}\npassed on the native tree: {len(native)}")
    for test in sorted(source ^ native):
        print(f"  only on {'the source' if test in source else 'the native tree'}: {test}")
    return 0 if source and source == native else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: own_suite.py FOLDER")
    sys.exit(main(Path(sys.argv[1])))
