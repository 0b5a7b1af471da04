"""The server of the tests on CPython."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from answers import Server


def serve() -> Iterator[Server]:
    """Serve on a free port until the test ends."""
    seen = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = seen.asked(self.path, {name.lower(): value for name, value in self.headers.items()})
            time.sleep(answer.delay)
            seen.answered()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # Nobody waits any more.
                self.wfile.write(answer.body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Keep the output of the tests their own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        seen.url = f"http://127.0.0.1:{listening.server_port}"
        threading.Thread(target=listening.serve_forever, args=(0.01,)).start()
        yield seen
        listening.shutdown()
