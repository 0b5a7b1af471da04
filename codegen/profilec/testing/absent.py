"""What stands in, inside WebAssembly, for plugins that cannot be there: one configuration serves both worlds.

There are no processes for pytest-xdist, and no loop that pytest-asyncio could run. Their options and markers
are taken all the same: a run there has one process, and `coroutines` awaits every coroutine test.
"""

from importlib.util import find_spec

import pytest

DISTRIBUTIONS = ("profilec", "pytest-xdist", "pytest-asyncio")
"""What is not installed inside, though a suite may ask for it. profilec is importable as it lies here."""

_XDIST = [("-n", "--numprocesses"), ("--maxprocesses",), ("--dist",)]
_ASYNCIO = ["asyncio_mode", "asyncio_default_fixture_loop_scope", "asyncio_default_test_loop_scope"]


def add_options(parser: pytest.Parser) -> None:
    """Take the options of pytest-xdist and the settings of pytest-asyncio, which then change nothing."""
    if find_spec("xdist") is not None:  # PYTHONPATH may hold anything.
        return
    group = parser.getgroup("xdist")
    for names in _XDIST:  # `addoption` refuses short names like xdist's own -n
        group._addoption(*names, help="taken and not used: there is one process")
    for name in _ASYNCIO:
        parser.addini(name, "taken and not used: every coroutine test is awaited")


def add_markers(config: pytest.Config) -> None:
    """Take the marker of pytest-asyncio."""
    config.addinivalue_line("markers", "asyncio: a coroutine test; every one is awaited here")
