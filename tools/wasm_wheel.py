"""Builds a project's wheel for Pyodide with pyodide-build, without a network: `wasm_wheel.py PROJECT OUT`.

pyodide-build wants a cross-build environment, which it downloads: headers, libraries and a compiler for
extension modules. A wheel of Python files needs of all that only what the interpreter is called and how it
was configured, and the Pyodide in node_modules knows both. The build runs in a copy of the project, because
it leaves files behind.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYODIDE = ROOT / "node_modules/pyodide"
_SYSCONFIG = "_sysconfigdata__emscripten_wasm32-emscripten"
_NOT_OF_THE_SOURCE = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "build", "dist")


def main() -> None:
    """Build the wheel of the project that the command line names, into the folder that it names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("project", metavar="PROJECT", type=Path)
    parser.add_argument("out", metavar="OUT", type=Path)
    arguments = parser.parse_args()
    build(arguments.project, arguments.out)


def build(project: Path, out: Path) -> None:
    """Build the wheel of `project` into the folder `out`."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = cross_build_environment(Path(scratch, "pyodide"))
        copy = Path(scratch, "project")
        shutil.copytree(project, copy, ignore=_NOT_OF_THE_SOURCE)
        pyodide = Path(sys.executable).with_name("pyodide")
        # PYODIDE_ROOT says that a cross-build environment is there, so that none is looked for elsewhere.
        done = subprocess.run(
            [pyodide, "build", copy, "--no-isolation", "--outdir", out],
            env={**os.environ, "PYODIDE_ROOT": str(environment)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout}wasm_wheel: pyodide build failed for {project}")


def cross_build_environment(folder: Path) -> Path:
    """Write what pyodide-build asks of its environment to build Python files; return its root."""
    root = folder / "pyodide-root"
    configured = folder / "installed/sysconfigdata"
    for place in (root, configured):
        place.mkdir(parents=True)
    (root / "dist").symlink_to(PYODIDE)
    with zipfile.ZipFile(PYODIDE / "python_stdlib.zip") as library:
        library.extract(f"{_SYSCONFIG}.py", configured)
    (folder / "requirements.txt").touch()  # no package of the build has to be Pyodide's own
    (folder / "constraints.txt").touch()
    variables = "".join(f"export {name}={value}\n" for name, value in variables_of(folder).items())
    (root / "Makefile.envs").write_text(f"{variables}.output_vars:\n\t@env\n")
    return root


def variables_of(folder: Path) -> dict[str, str]:
    """The variables of `Makefile.envs`, in which Pyodide tells pyodide-build what it is."""
    about = json.loads((PYODIDE / "pyodide-lock.json").read_bytes())["info"]
    version = json.loads((PYODIDE / "package.json").read_bytes())["version"]
    major, minor, micro = about["python"].split(".")
    installed = folder / "installed"
    return {
        "PYODIDE_VERSION": version,
        "PYODIDE_ABI_VERSION": about["abi_version"],
        "PYODIDE_EMSCRIPTEN_VERSION": about["platform"].removeprefix("emscripten_").replace("_", "."),
        "PYVERSION": about["python"],
        "PYMAJOR": major,
        "PYMINOR": minor,
        "PYMICRO": micro,
        "PLATFORM_TRIPLET": "wasm32-emscripten",
        "CPYTHONINSTALL": str(installed),
        "TARGETINSTALLDIR": str(installed),
        "PYTHONINCLUDE": str(installed / f"include/python{major}.{minor}"),
        "SYSCONFIG_NAME": _SYSCONFIG,
        "SYSCONFIGDATA_DIR": str(installed / "sysconfigdata"),
        "PIP_CONSTRAINT": str(folder / "constraints.txt"),
        "SKIP_EMSCRIPTEN_VERSION_CHECK": "1",
        "CFLAGS_BASE": "",
        "CXXFLAGS_BASE": "",
        "LDFLAGS_BASE": "",
    }


if __name__ == "__main__":
    main()
