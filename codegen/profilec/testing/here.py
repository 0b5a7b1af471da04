"""A run in this interpreter: the tree of a profile is what the tests import."""

import os
import platform
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from _pytest.junitxml import xml_key  # the only way into the report of a suite that workers run (xdist)

from profilec.config import Config, Profile
from profilec.pin import Pin
from profilec.testing import absent
from profilec.testing.result import Recorder


class Here:
    """Holds the import path for the time of a run, and tells in the run's reports what it was made on."""

    def __init__(self, pytest_config: pytest.Config, config: Config, profile: Profile, tree: Path) -> None:
        self._config = config
        self._profile = profile
        self._tree = tree
        self._enter(pytest_config)
        Recorder.register_if_wanted(pytest_config)

    def _enter(self, pytest_config: pytest.Config) -> None:
        config = self._config
        package = self._tree / config.package_path
        imported = sys.modules.get(config.package)
        if imported is not None and imported.__file__ != str(package / "__init__.py"):
            raise pytest.UsageError(
                f"profilec: before the tree could be put on the path, a plugin (-p, PYTEST_PLUGINS) imported "
                f"{config.package} from {imported.__file__}"
            )
        # The pin holds against whatever pytest or `python -m` puts first on the path; the path is for what
        # is not a package's own import, and the variable for processes that a test starts.
        pin = Pin(config.package, str(package.parent))
        pin.set()
        pytest_config.add_cleanup(pin.remove)
        patch = pytest.MonkeyPatch()
        patch.syspath_prepend(self._tree)
        patch.setenv("PYTHONPATH", str(self._tree), prepend=os.pathsep)
        pytest_config.add_cleanup(patch.undo)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Take, inside WebAssembly, the markers of plugins that cannot be there."""
        if sys.platform == "emscripten":
            absent.add_markers(config)

    def pytest_report_header(self) -> str:
        """Name the tree and the interpreter."""
        python = f"{platform.python_implementation()} {platform.python_version()}, {sys.platform}"
        return f"profilec: {self._profile.name} ({self._tree}) on {python}"

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Say what tests in the source are called in the tree, beside which they cannot be imported."""
        report = yield
        if report.failed and collector.path.is_relative_to(self._config.package_folder):
            module = collector.path.relative_to(self._config.source_folder).with_suffix("")
            told = f"the tree has this as {'.'.join(module.parts)}: name it so, behind --pyargs"
            report.sections.append(("profilec", told))
        return report

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Write the profile and the platform into the junit file, if there is to be one."""
        report = session.config.stash.get(xml_key, None)
        if report is not None:
            report.add_global_property("profile", self._profile.name)
            report.add_global_property("platform", sys.platform)
