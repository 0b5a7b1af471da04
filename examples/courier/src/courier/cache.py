# profilec: only FILES
"""Answers kept in a folder, and asked for again only if they changed."""

import hashlib
import json
from pathlib import Path

from courier.response import Response


class Cache:
    """A folder of answers that carry an entity tag (RFC 9110, section 8.8.3).

    A kept answer is never used unasked: the server says whether it still holds.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def find(self, url: str) -> Response | None:
        """The answer that is kept for an address."""
        try:
            head = json.loads(self._file(url, ".json").read_bytes())
            return Response(**head, body=self._file(url, ".body").read_bytes())
        except FileNotFoundError:
            return None

    def updated(self, url: str, answer: Response) -> Response:
        """The kept answer if the server says that it still holds, else the new one, which is kept."""
        if answer.status == 304 and (kept := self.find(url)) is not None:
            return kept
        if answer.status == 200 and "etag" in answer.headers:
            self._folder.mkdir(parents=True, exist_ok=True)
            head = {"url": answer.url, "status": answer.status, "headers": dict(answer.headers)}
            self._file(url, ".body").write_bytes(answer.body)
            self._file(url, ".json").write_text(json.dumps(head), encoding="utf-8")
        return answer

    def _file(self, url: str, suffix: str) -> Path:
        return self._folder / (hashlib.sha256(url.encode()).hexdigest() + suffix)
