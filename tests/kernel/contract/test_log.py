"""The kernel's log is there for whoever listens, and silent for everybody else."""

import logging

import pytest

import kernel_exec


def test_the_log_is_quiet_unless_the_host_listens(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    try:
        logging.getLogger(f"{kernel_exec.__name__}.metrics").error("nobody shall see this")
    finally:
        root.handlers = handlers
    assert capsys.readouterr().err == ""


def test_the_log_speaks_under_the_name_of_the_package(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("kernel_exec.metrics").error("a host listens")
    assert caplog.messages == ["a host listens"]
