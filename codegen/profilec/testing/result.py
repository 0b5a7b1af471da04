"""What a run in another interpreter leaves for the one that started it: the proof that pytest ended there.

Node can die with status 0 (an event loop run dry, `process.exit`), and so can the interpreter in it
(`os._exit`). So the status is believed only beside a file that pytest wrote last, with every test in it.
"""

import json
import os
from pathlib import Path
from typing import Self

import pytest

VARIABLE = "PROFILEC_RESULT"
"""The environment variable that says where the run has to leave its result."""


class Recorder:
    """Counts the tests that a run collected and those that it finished; writes both when pytest is done."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._collected: set[str] = set()
        self._finished: set[str] = set()

    @classmethod
    def register_if_wanted(cls, config: pytest.Config) -> Self | None:
        """Record this run, if the one that started it asked for that."""
        file = os.environ.pop(VARIABLE, None)  # Not for a pytest that a test starts.
        if file is None:
            return None
        recorder = cls(Path(file))
        config.pluginmanager.register(recorder, "profilec-result")
        config.add_cleanup(recorder.write)
        return recorder

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what is going to run."""
        if not session.config.option.collectonly:
            self._collected = {item.nodeid for item in session.items}

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Note that a test has run, however it ended."""
        self._finished.add(nodeid)

    def write(self) -> None:
        """Leave the result; nothing of pytest comes after it."""
        counts = {"collected": len(self._collected), "finished": len(self._finished)}
        self._file.write_text(json.dumps(counts), encoding="utf-8")


def complaint(file: Path, status: int) -> str | None:
    """What keeps a status from being believed, as a sentence; None where it holds.

    Args:
        file: where the run had to leave its result.
        status: its exit status.
    """
    try:
        counts = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return f"the run ended with status {status} before pytest did: there is no result"
    if status == 0 and counts["finished"] != counts["collected"]:
        return f"the run passed, but finished only {counts['finished']} of {counts['collected']} tests"
    return None
