"""Fixtures of several files: a project whose suite the pytest plugin runs."""

import shutil
from pathlib import Path

import pytest
from shop_suite import CONFIGURATION, FLAGS, PACKAGE

from profilec.build import build_profiles
from profilec.config import load_config


@pytest.fixture(scope="session")
def built_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as each test finds it; built, since most tests are not about that."""
    root = tmp_path_factory.mktemp("shop")
    (root / "src/shop").mkdir(parents=True)
    (root / "pyproject.toml").write_text(CONFIGURATION)
    (root / "src/shop/__init__.py").write_text(PACKAGE)
    (root / "src/shop/_profile.py").write_text(FLAGS)
    assert build_profiles(load_config(root), ("native", "wasm")).written
    return root


@pytest.fixture
def shop(pytester: pytest.Pytester, built_shop: Path) -> pytest.Pytester:
    """A project of two profiles whose suite is still empty."""
    shutil.copytree(built_shop, pytester.path, dirs_exist_ok=True)
    return pytester
