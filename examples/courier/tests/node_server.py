"""The server of the tests inside WebAssembly: Node's, in the process that Pyodide runs in."""

from collections.abc import Iterator
from typing import Any

import js
from answers import Server
from pyodide.ffi import create_once_callable, create_proxy, run_sync, to_js


def serve() -> Iterator[Server]:
    """Serve on a free port until the test ends."""
    seen = Server()

    def handle(request: Any, response: Any) -> None:
        answer = seen.asked(request.url, request.headers.to_py())

        def send() -> None:
            seen.answered()
            response.writeHead(answer.status, to_js(answer.headers, dict_converter=js.Object.fromEntries))
            response.end(to_js(answer.body))

        js.setTimeout(create_once_callable(send), answer.delay * 1000)

    handler = create_proxy(handle)
    listening = js.process.getBuiltinModule("node:http").createServer(handler)
    listening.listen(0, "127.0.0.1")
    run_sync(js.process.getBuiltinModule("node:events").once(listening, "listening"))
    seen.url = f"http://127.0.0.1:{listening.address().port}"
    yield seen
    listening.close()
    listening.closeAllConnections()
    handler.destroy()
