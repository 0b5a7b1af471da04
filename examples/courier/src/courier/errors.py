"""What can go wrong."""


class FetchError(Exception):
    """No answer came from a server. An answer with a status like 404 or 500 is an answer."""

    def __init__(self, message: str, *, url: str) -> None:
        super().__init__(message)
        self.url = url


class FetchTimeoutError(FetchError):
    """No answer came in time."""


class UnsupportedHereError(FetchError):
    """The platform cannot do what was asked for."""
