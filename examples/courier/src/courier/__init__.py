"""Fetches from HTTP servers, one address or many at once.

```python
answers = await courier.fetch_all(["https://example.org/a", "https://example.org/b"])
```
"""

from courier.cache import Cache  # profilec: only FILES
from courier.errors import FetchError, FetchTimeoutError, UnsupportedHereError
from courier.fetching import AT_ONCE, fetch, fetch_all, fetch_now
from courier.response import Response

__all__ = [
    "AT_ONCE",
    "Cache",  # profilec: only FILES
    "FetchError",
    "FetchTimeoutError",
    "Response",
    "UnsupportedHereError",
    "fetch",
    "fetch_all",
    "fetch_now",
]
