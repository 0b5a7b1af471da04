"""Runs the kernel's suite on the wasm tree in a real browser: `browser_suite.py RESULT.xml TESTS…`.

A loopback server hands Pyodide, the tree and the tests to headless Chromium, which runs browser_suite.html
and posts the junit result back. The status is pytest's; a browser that is missing, silent or dead is status 1
and a sentence.
"""

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from profilec.wasm.interpreter import find_interpreter

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "/repository"
"""Where the repository lies inside the browser's Pyodide."""

TIMEOUT = 600.0
"""Seconds that the browser has for the whole suite."""

CARRIED = ["build/wasm", ".venv/wasm/lib", "tests", "examples", "pyproject.toml", "codegen/profilec"]
CARRIED += [
    f"kernel_exec_src/{name}" for name in ("README.md", "kernel_exec/_profile.py")
]  # the configuration's
TYPES = {
    ".html": "text/html",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".json": "application/json",
}


class Suite:
    """One run of the suite: what the browser asks for, and what it answered."""

    def __init__(self, result: Path, tests: list[str]) -> None:
        self.result = result
        self.ended = threading.Event()
        self.end: dict[str, Any] = {}
        plugin = ["-p", "profilec.pytest_plugin", "--profilec", "wasm"]
        arguments = {
            "argv": ["-m", "pytest", *plugin, "--junitxml=result.xml", *tests],
            "folder": FOLDER,
            "importable": [f"{FOLDER}/.venv/wasm/lib"],
            "profilec": f"{FOLDER}/codegen/profilec",
            "result": f"{FOLDER}/result.xml",
        }
        self.made = {"/arguments.json": json.dumps(arguments).encode(), "/repository.zip": repository()}

    def asked(self, address: str) -> bytes | None:
        """Return what lies at an address: something made for this run, a tool, or a file of Pyodide."""
        if address in self.made:
            return self.made[address]
        pages = {
            "/": ROOT / "tools/browser_suite.html",
            "/start.py": ROOT / "codegen/profilec/wasm/start.py",
            "/python_stdlib.zip": find_interpreter(ROOT).compiled_library,
        }
        file = pages.get(address, ROOT / "node_modules" / address.removeprefix("/")).resolve()
        return file.read_bytes() if file.is_file() and file.is_relative_to(ROOT) else None

    def told(self, address: str, body: bytes) -> None:
        """Take the junit file or the end of the run."""
        if address == "/result":
            self.result.parent.mkdir(parents=True, exist_ok=True)
            self.result.write_bytes(body)
        else:
            self.end = json.loads(body)
            self.ended.set()


def repository() -> bytes:
    """Pack what the suite needs, as it lies in the repository."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in CARRIED:
            top = ROOT / name
            for path in [top] if top.is_file() else sorted(top.rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts[:-1]:
                    archive.write(path, path.relative_to(ROOT))
    return packed.getvalue()


def serve(suite: Suite) -> ThreadingHTTPServer:
    """Answer the browser on a free port of the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = suite.asked(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", TYPES.get(Path(self.path).suffix or ".html", "text/plain"))
            self.end_headers()
            self.wfile.write(body or b"")

        def do_POST(self) -> None:
            suite.told(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Stay quiet: the suite's own output is what counts."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def command(profile: str) -> list[str]:
    """Return how headless Chromium is started, with a profile folder of its own."""
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        raise SystemExit(
            f"browser: none of {', '.join(names)} is on PATH: install Chromium and run this again"
        )
    start = [browser, "--headless=new", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}"]
    if os.geteuid() == 0:
        start.append("--no-sandbox")  # Chromium has no sandbox for root.
    return start


def browse(address: str, profile: str) -> subprocess.Popen[bytes]:
    """Open an address in headless Chromium."""
    start = [*command(profile), address]
    return subprocess.Popen(start, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> int:
    """Run the tests that the command line names and return their status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("result", metavar="RESULT.xml", type=Path)
    parser.add_argument("tests", metavar="TESTS", nargs="+")
    arguments = parser.parse_args()
    suite = Suite(arguments.result, arguments.tests)
    suite.result.unlink(missing_ok=True)
    server = serve(suite)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = browse(f"http://127.0.0.1:{server.server_port}/", profile)
        ended = suite.ended.wait(TIMEOUT)
        browser.terminate()
        browser.wait()
    if not ended:
        raise SystemExit(f"browser: the suite did not end within {TIMEOUT:.0f} s")
    print(suite.end["output"])
    return int(suite.end["status"])


if __name__ == "__main__":
    sys.exit(main())
