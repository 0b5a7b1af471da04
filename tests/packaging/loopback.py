"""A package index on the loopback interface: the simple API (PEP 503) as JSON (PEP 691), over some wheels.

It also hands out what a page needs to install from it: Pyodide, the page, and a place to leave the result.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue

TYPES = {".html": "text/html", ".mjs": "text/javascript", ".wasm": "application/wasm"}
SIMPLE = "application/vnd.pypi.simple.v1+json"


class Index:
    """What is offered, what was fetched, and what a page reported.

    Attributes:
        address: where the server listens, as `http://127.0.0.1:PORT`.
        fetched: the names of the wheels that were asked for, in order.
        reports: what was posted to `/report`.
    """

    def __init__(self, wheels: list[Path], pages: Mapping[str, Path]) -> None:
        self.address = ""
        self.fetched: list[str] = []
        self.reports: SimpleQueue[bytes] = SimpleQueue()
        self._pages = pages
        self._wheels = {wheel.name: wheel for wheel in wheels}

    @property
    def simple(self) -> str:
        """The URL that pip and micropip are given."""
        return f"{self.address}/simple"

    def url_of(self, project: str) -> str:
        """The URL of the one wheel of a project."""
        [name] = self._of(project)
        return f"{self.address}/wheels/{name}"

    def asked(self, path: str) -> tuple[str, bytes] | None:
        """The type and the bytes of what lies at a path."""
        match path.strip("/").split("/"):
            case ["simple", project]:
                return SIMPLE, self._listing(project)
            case ["wheels", name] if name in self._wheels:
                self.fetched.append(name)
                return "application/octet-stream", self._wheels[name].read_bytes()
        for prefix, place in self._pages.items():
            file = place / path.removeprefix(prefix) if place.is_dir() else place
            if (path == prefix or (path.startswith(prefix) and place.is_dir())) and file.is_file():
                return TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes()
        return None

    def _of(self, project: str) -> list[str]:
        wanted = re.sub(r"[-_.]+", "_", project).lower()
        return [name for name in sorted(self._wheels) if name.partition("-")[0].lower() == wanted]

    def _listing(self, project: str) -> bytes:
        files = [
            {
                "filename": name,
                "url": f"{self.address}/wheels/{name}",
                "hashes": {"sha256": hashlib.sha256(self._wheels[name].read_bytes()).hexdigest()},
            }
            for name in self._of(project)
        ]
        return json.dumps({"meta": {"api-version": "1.0"}, "name": project, "files": files}).encode()


@contextmanager
def serving(wheels: list[Path], pages: Mapping[str, Path]) -> Iterator[Index]:
    """Offer wheels on a free port.

    Args:
        wheels: what the index holds.
        pages: other files by their path, and other folders by the beginning of their path.
    """
    index = Index(wheels, pages)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = index.asked(self.path) or ("text/plain", b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            index.reports.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Stay quiet: what was fetched is kept."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        index.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield index
        server.shutdown()
