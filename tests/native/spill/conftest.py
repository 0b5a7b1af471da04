"""Where spill files go in these tests."""

import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let spill files go to a folder of this test."""
    place = tmp_path / "spill"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place
