"""A loopback server of the world that the suite runs in: Python on threads, or Node beside Pyodide."""

import sys
from collections.abc import Iterator

import pytest
from answers import Server

if sys.platform == "emscripten":
    from node_server import serve
else:
    from thread_server import serve


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that has seen nothing yet."""
    yield from serve()
