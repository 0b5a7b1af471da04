"""Runs coroutine tests on a fresh event loop, on CPython and, through stack switching, inside Pyodide.

The junit result says in which of the two it was made.
"""

import asyncio
import inspect
import sys
from collections.abc import Callable

import pytest


@pytest.fixture(scope="session", autouse=True)
def _platform_in_junit(record_testsuite_property: Callable[[str, object], None]) -> None:
    record_testsuite_property("platform", sys.platform)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Await a test that is a coroutine function; leave every other test to pytest."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True
