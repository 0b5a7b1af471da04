"""One request for one answer, by the means of the platform."""

import asyncio
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse  # profilec: only SOCKETS
from urllib.error import HTTPError, URLError  # profilec: only SOCKETS
from urllib.request import Request, urlopen  # profilec: only SOCKETS

from courier._profile import BLOCKING, SOCKETS
from profilec import only

if not SOCKETS:
    from pyodide.ffi import run_sync
    from pyodide.http import pyfetch

from courier.errors import FetchError, FetchTimeoutError
from courier.response import Response


async def send(url: str, headers: Mapping[str, str], timeout: float) -> Response:
    """Exchange a request for its answer, within `timeout` seconds.

    Raises:
        FetchTimeoutError: there was no answer in time.
        FetchError: there was no answer at all.
    """
    try:
        async with asyncio.timeout(timeout):
            if SOCKETS:
                return await asyncio.to_thread(exchange, url, headers, timeout)
            return await _ask_host(url, headers)
    except TimeoutError:
        raise FetchTimeoutError(f"{url}: no answer within {timeout:g} s", url=url) from None


@only(not SOCKETS)
async def _ask_host(url: str, headers: Mapping[str, str]) -> Response:
    try:
        answer = await pyfetch(url, headers=dict(headers))
        return Response(answer.url, answer.status, answer.headers, await answer.bytes())
    except OSError as error:
        raise FetchError(f"{url}: {error}", url=url) from None


@only(BLOCKING)
def exchange(url: str, headers: Mapping[str, str], timeout: float) -> Response:
    """Do the same, and hold the calling thread until there is an answer."""
    if not SOCKETS:
        received: Response = run_sync(send(url, headers, timeout))
        return received
    try:
        with urlopen(Request(url, headers=dict(headers)), timeout=timeout) as answer:
            return _read(answer)
    except HTTPError as answer:  # urllib's name for an answer with a status of 400 and above
        with answer:
            return _read(answer)
    except TimeoutError:
        raise FetchTimeoutError(f"{url}: no answer within {timeout:g} s", url=url) from None
    except (OSError, ValueError, HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise FetchError(f"{url}: {reason}", url=url) from None


@only(SOCKETS)
def _read(answer: HTTPResponse | HTTPError) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(answer.url, answer.status or 0, headers, answer.read())
