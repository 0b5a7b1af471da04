"""What the server of the tests answers, whatever serves it, and what it saw while it did."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """A status, fields, a body, and the seconds until they are sent."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0


@dataclass
class Server:
    """A running server: its address, and the requests that it has seen."""

    url: str = ""
    paths: list[str] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    def asked(self, path: str, headers: Mapping[str, str]) -> Answer:
        """Note a request, and say what to answer."""
        self.paths.append(path)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        return _answer(path, headers)

    def answered(self) -> None:
        """Note that an answer was sent."""
        self.in_flight -= 1


def _answer(path: str, headers: Mapping[str, str]) -> Answer:
    match path.strip("/").split("/"):
        case ["text"]:
            return Answer(
                headers={"Content-Type": "text/plain; charset=iso-8859-1"}, body="Grüße".encode("latin-1")
            )
        case ["headers"]:
            return Answer(
                headers={"Content-Type": "application/json"}, body=json.dumps(dict(headers)).encode()
            )
        case ["status", status]:
            return Answer(int(status), body=b"so it is")
        case ["moved"]:
            return Answer(302, {"Location": "/text"})
        case ["after", seconds, *_]:
            return Answer(body=path.encode(), delay=float(seconds))
        case ["tagged"]:
            holds = headers.get("if-none-match") == '"1"'
            return Answer(304 if holds else 200, {"ETag": '"1"'}, b"" if holds else b"tagged")
    return Answer(404)
