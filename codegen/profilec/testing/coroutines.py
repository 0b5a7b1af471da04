"""Coroutine tests: each is awaited on an event loop of its own, in every world.

On CPython whoever else takes such a test (pytest-asyncio, anyio) takes it first. Inside WebAssembly they
cannot: the only loop there is always running, and `asyncio.run` waits for it by switching stacks.
"""

import asyncio
import inspect
import sys

import pytest


@pytest.hookimpl(tryfirst=sys.platform == "emscripten")
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Await a test that is a coroutine function; leave every other test to pytest."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True
