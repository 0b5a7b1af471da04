"""A run inside WebAssembly: pytest there, with the arguments of this one, its output on this terminal."""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.dependency_groups import resolve_dependency_groups
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from profilec.config import Config, Profile
from profilec.testing import absent
from profilec.testing.result import VARIABLE, complaint
from profilec.wasm.interpreter import Interpreter, NotHereError, find_interpreter
from profilec.wasm.packages import InstallError, prepare

PLUGIN = "profilec.pytest_plugin"
_OF_THE_PLUGIN = ("msgspec>=0.20",)
"""What profilec itself imports inside, of what pytest does not bring."""
_GROUPS = ("test", "tests")
"""What the dependency group of a suite is called (PEP 735)."""


class Elsewhere:
    """Runs the suite in place of this pytest, which collects nothing."""

    def __init__(self, config: Config, profile: Profile) -> None:
        self._config = config
        self._profile = profile

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> int:
        """Run pytest inside and return its status.

        Raises:
            pytest.UsageError: Node or Pyodide is not here, or the packages for it cannot be installed.
        """
        try:
            interpreter = find_interpreter(self._config.root)
            prepare(interpreter, requirements(self._config, self._profile), _tell)
        except (NotHereError, InstallError) as error:
            raise pytest.UsageError(f"profilec: {error}") from None
        except (InvalidRequirement, ValueError) as error:
            raise pytest.UsageError(f"profilec: pyproject.toml: {error}") from None
        with tempfile.TemporaryDirectory(prefix="profilec-") as scratch:
            result = Path(scratch, "result.json")
            status = _run_inside(interpreter, config.invocation_params.args, result)
            wrong = complaint(result, status)
        if wrong is None:
            return status
        print(f"ERROR: profilec: {wrong}", file=sys.stderr)
        return status if status > 0 else int(pytest.ExitCode.TESTS_FAILED)


def requirements(config: Config, profile: Profile) -> list[str]:
    """What a suite needs inside: pytest, the plugin, what the project requires, and its groups of tests."""
    text = (config.root / "pyproject.toml").read_text(encoding="utf-8")
    groups = tomllib.loads(text).get("dependency-groups", {})
    of_the_tests = resolve_dependency_groups(groups, *(name for name in _GROUPS if name in groups))
    of_the_project = (*config.requirements, *profile.dependencies)
    wanted = [f"pytest=={pytest.__version__}", *_OF_THE_PLUGIN, *of_the_project, *of_the_tests]
    return [text for text in wanted if canonicalize_name(Requirement(text).name) not in absent.DISTRIBUTIONS]


def _run_inside(interpreter: Interpreter, arguments: Iterable[str], result: Path) -> int:
    command = interpreter.command(["-m", "pytest", *arguments], parent=os.getpid())
    plugins = [*filter(None, [os.environ.get("PYTEST_PLUGINS")]), PLUGIN]
    environment = {**os.environ, VARIABLE: str(result), "PYTEST_PLUGINS": ",".join(plugins)}
    if sys.stdout.isatty():
        environment.setdefault("COLUMNS", str(shutil.get_terminal_size().columns))  # Node does not tell it.
    with subprocess.Popen(command, env=environment) as node:
        try:
            return node.wait()
        except KeyboardInterrupt:
            node.terminate()
            return int(pytest.ExitCode.INTERRUPTED)


def _tell(step: str) -> None:
    print(f"profilec: {step}", file=sys.stderr, flush=True)
