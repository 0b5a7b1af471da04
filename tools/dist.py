"""Makes what is published, into an empty folder: `dist.py OUT`.

Of kernel-exec an sdist, the native wheel, built from that sdist, and the wasm wheel, built by pyodide-build;
of profilec an sdist and a wheel. Everything is built with what `make setup` installed, without a network, and
comes out the same, bit for bit, wherever and whenever it is built.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Fill the folder that the command line names anew, and name every file in it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", metavar="OUT", type=Path)
    out = parser.parse_args().out.absolute()
    shutil.rmtree(out, ignore_errors=True)
    build = ["-m", "build", "--no-isolation", "--outdir", str(out)]
    print("dist: sdist and native wheel of kernel-exec", flush=True)
    run(*build, str(ROOT))
    print("dist: wasm wheel of kernel-exec", flush=True)
    run(str(ROOT / "tools/wasm_wheel.py"), str(ROOT), str(out))
    print("dist: sdist and wheel of profilec", flush=True)
    run(*build, str(ROOT / "codegen"))
    for file in sorted(out.iterdir()):
        print(f"{file.stat().st_size / 1024:7.1f} KB  {file.name}")


def run(*arguments: str) -> None:
    """Run Python; show what it said only if it fails, and end then."""
    command = [sys.executable, *arguments]
    # Without a date from outside, hatchling gives all files the same one: a commit is then one set of bytes.
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout}dist: this failed with status {done.returncode}: {' '.join(command)}")


if __name__ == "__main__":
    main()
