"""What is importable inside: wheels for WebAssembly, installed beside the environment's own packages.

    python -m profilec.wasm.packages [REQUIREMENT…]

A Python environment has one folder of them (`Interpreter.packages`), as it has one `site-packages`. What a
run needs and the folder lacks is installed by pip; what is there and fits is left as it is, so that a
folder filled from a lock file stays at the locked releases.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from profilec.locking import locked
from profilec.wasm.environment import marker_environment
from profilec.wasm.interpreter import Interpreter, NotHereError, find_interpreter

_HERE = Path(__file__).parent


class InstallError(Exception):
    """What has to be importable inside cannot be installed; the text is what pip or Pyodide said."""


def prepare(
    interpreter: Interpreter,
    requirements: Iterable[str] = (),
    on_step: Callable[[str], None] = lambda step: None,
) -> None:
    """Install what of `requirements` is not there and compile all that a start would compile.

    Costs a look at the installed metadata where nothing is missing. A second call waits for the first.

    Args:
        interpreter: for which Pyodide.
        requirements: requirement strings (PEP 508); those whose marker is false inside count for nothing.
        on_step: called with a sentence before something that takes its time.

    Raises:
        InstallError: pip, or Pyodide's compiler, failed.
    """
    wanted = list(requirements)
    if not _missing(interpreter, wanted) and interpreter.compiled_library.is_file():
        return
    try:
        interpreter.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = "use a virtual environment that you may write to"
        raise InstallError(f"{interpreter.home} cannot be made ({error.strerror}): {hint}") from None
    with locked(interpreter.home):
        _forget_other_releases(interpreter)
        missing = _missing(interpreter, wanted)
        if missing:
            on_step(f"installing {', '.join(missing)} for {interpreter.platform} into {interpreter.packages}")
            _install(interpreter, missing)
        if missing or not interpreter.compiled_library.is_file():
            on_step("compiling what is importable in WebAssembly, once")
            _compile(interpreter)


def _missing(interpreter: Interpreter, requirements: Iterable[str]) -> list[str]:
    """The requirements that are not met by what is installed, or by what that requires in turn."""
    inside = marker_environment(interpreter.python)
    installed = {
        canonicalize_name(package.name): package
        for package in distributions(path=[str(interpreter.packages)])
    }
    missing: dict[str, None] = {}
    seen: set[str] = set()
    open_ = [(Requirement(text), text) for text in requirements if _counts(Requirement(text), inside)]
    while open_:
        requirement, asked_for = open_.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        package = installed.get(canonicalize_name(requirement.name))
        if package is None or not requirement.specifier.contains(package.version, prereleases=True):
            missing[asked_for] = None
            continue
        for extra in ("", *requirement.extras):
            further = map(Requirement, package.requires or ())
            open_ += [(each, asked_for) for each in further if _counts(each, inside | {"extra": extra})]
    return list(missing)


def _counts(requirement: Requirement, inside: Mapping[str, str]) -> bool:
    """Whether the marker of a requirement is true inside."""
    return requirement.marker is None or requirement.marker.evaluate(dict(inside))


def _forget_other_releases(interpreter: Interpreter) -> None:
    """Remove what was made for another release of Pyodide: its packages need not load in this one."""
    others = set(interpreter.home.glob("python_stdlib-*.zip")) - {interpreter.compiled_library}
    if others:
        shutil.rmtree(interpreter.packages, ignore_errors=True)
    for other in others:
        other.unlink()


def _install(interpreter: Interpreter, requirements: Iterable[str]) -> None:
    """Install requirements with this environment's pip, which reads its configuration as it always does."""
    python = interpreter.python
    pip = [sys.executable, str(_HERE / "pip_inside.py"), json.dumps(marker_environment(python))]
    quiet = ["-qq", "--disable-pip-version-check", "--no-compile"]
    world = [f"--platform={interpreter.platform}", f"--python-version={python}", "--implementation=cp"]
    target = ["--only-binary=:all:", "--upgrade", f"--target={interpreter.packages}"]
    hint = "what cannot be there needs a marker, such as `; sys_platform != 'emscripten'`"
    _run([*pip, "install", *quiet, *world, *target, *requirements], "pip", hint)


def _compile(interpreter: Interpreter) -> None:
    files = (_HERE / "precompile.py", interpreter.library, interpreter.compiled_library, interpreter.packages)
    _run(interpreter.command([str(file) for file in files]), "Pyodide")


def _run(command: list[str], program: str, hint: str = "") -> None:
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if ran.returncode != 0:
        said = f"{program} failed with status {ran.returncode}:\n{ran.stdout.rstrip()}\n{hint}"
        raise InstallError(said.rstrip())


def main() -> None:
    """Prepare this environment for the requirements that the command line names."""
    try:
        prepare(find_interpreter(Path.cwd()), sys.argv[1:], print)
    except (NotHereError, InstallError) as error:
        sys.exit(f"profilec.wasm.packages: {error}")


if __name__ == "__main__":
    main()
