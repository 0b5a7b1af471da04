"""Random annotated modules: un-compiled, with the real markers, each does what the emitted one does.

`PROFILEC_PROFILE` says as which profile the un-compiled one runs.
"""

import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from case_files import CONFIGURATION, FLAGS
from hypothesis import given, settings
from hypothesis import strategies as st
from observed import OWN_MODULES, observed
from random_modules import ModuleWriter

from profilec import CompileError, compile_source
from profilec.config import Config, load_config
from profilec.markers import PROFILE_VARIABLE

REFUSALS = {"PC104", "PC302"}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "shop").mkdir()
    (folder / "shop/_profile.py").write_text(FLAGS)
    (folder / "pyproject.toml").write_text(CONFIGURATION)
    yield load_config(folder)
    for name in OWN_MODULES:
        sys.modules.pop(name, None)


@st.composite
def modules(draw: st.DrawFn) -> str:
    return ModuleWriter(lambda below: draw(st.integers(0, below - 1))).module()


def _compiled(source: str, profile: str, config: Config) -> str | None:
    """Compile a module, or return None where it is refused for what removal would change."""
    try:
        return compile_source(source, profile, config)
    except CompileError as error:
        if all(finding.code in REFUSALS for finding in error.findings):
            return None
        raise


def _package(config: Config) -> dict[str, types.ModuleType]:
    """Return the package with its flags, as the profile that the environment names."""
    shop, profile = types.ModuleType("shop"), types.ModuleType("shop._profile")
    exec(compile(FLAGS, str(config.root / "shop/_profile.py"), "exec"), vars(profile))
    shop._profile = profile  # type: ignore[attr-defined]  # as the import system does
    return {"shop": shop, "shop._profile": profile}


@settings(max_examples=100, deadline=None)
@given(modules())
def test_an_emitted_module_does_what_the_uncompiled_one_does(config: Config, source: str) -> None:
    file: Path = config.root / "shop/module.py"
    for profile in config.profiles:
        emitted = _compiled(source, profile, config)
        if emitted is None:
            continue
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv(PROFILE_VARIABLE, profile)
            expected = observed(source, file, _package(config))
        assert observed(emitted, file, {}) == expected
        assert not re.search(r"\b(NATIVE|WASM|THREADS|SPILL_FS|choose|only|stub)\b", emitted)
        assert compile_source(emitted, profile, config) == emitted
