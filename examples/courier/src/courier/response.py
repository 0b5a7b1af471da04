"""What a server answered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any


@dataclass(frozen=True)
class Response:
    """An answer, read to its end.

    Attributes:
        url: where it came from, after redirects.
        status: the status code (RFC 9110, section 15).
        headers: header fields by their names in lower case.
        body: the content, with its coding (gzip and the like) undone.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the request succeeded."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The content as text, in the charset that the server names, else in UTF-8."""
        field = Message()
        field["content-type"] = self.headers.get("content-type", "")
        return self.body.decode(field.get_content_charset("utf-8"), errors="replace")

    def json(self) -> Any:
        """The content as JSON.

        Raises:
            json.JSONDecodeError: it is not.
        """
        return json.loads(self.body)
