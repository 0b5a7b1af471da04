"""One address, or many at once."""

import asyncio
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from courier._profile import BLOCKING, FILES
from courier.cache import Cache  # profilec: only FILES
from courier.errors import UnsupportedHereError
from courier.response import Response
from courier.transport import exchange, send
from profilec import choose, only, stub

AT_ONCE = choose(native=32, worker=6, browser=6)
"""How many requests `fetch_all` has in flight at most: browsers and Workers open no more than six."""

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


async def fetch(
    url: str,
    *,
    headers: Mapping[str, str] = _NO_HEADERS,
    timeout: float = 30.0,
    cache: Cache | None = None,  # profilec: only FILES
) -> Response:
    """Fetch what lies at an address.

    Raises:
        FetchTimeoutError: there was no answer within `timeout` seconds.
        FetchError: there was no answer at all.
    """
    if FILES and cache is not None:
        return await _through(cache, url, headers, timeout)
    return await send(url, headers, timeout)


@only(FILES)
async def _through(cache: Cache, url: str, headers: Mapping[str, str], timeout: float) -> Response:
    """Fetch what lies at an address, unless the server says that what is kept of it still holds."""
    kept = cache.find(url)
    if kept is not None:
        headers = {**headers, "if-none-match": kept.headers["etag"]}
    return cache.updated(url, await send(url, headers, timeout))


async def fetch_all(
    urls: Iterable[str], *, headers: Mapping[str, str] = _NO_HEADERS, timeout: float = 30.0
) -> list[Response]:
    """Fetch many addresses, a few at a time; the answers come in the order of the addresses.

    Args:
        urls: the addresses.
        headers: header fields of every request.
        timeout: seconds for each, counted from when its request is sent.

    Raises:
        ExceptionGroup: of the `FetchError`s of addresses that gave no answer; other requests are then ended.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(url: str) -> Response:
        async with gate:
            return await fetch(url, headers=headers, timeout=timeout)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(url)) for url in urls]
    return [task.result() for task in tasks]


@stub(
    unless=BLOCKING,
    error=UnsupportedHereError,
    message="{url} cannot be waited for here: a Worker runs coroutines, so `await fetch(url)`",
)
def fetch_now(url: str, *, headers: Mapping[str, str] = _NO_HEADERS, timeout: float = 30.0) -> Response:
    """Fetch what lies at an address, from code that is not a coroutine.

    Raises:
        FetchTimeoutError: there was no answer within `timeout` seconds.
        FetchError: there was no answer at all.
    """
    return exchange(url, headers, timeout)
