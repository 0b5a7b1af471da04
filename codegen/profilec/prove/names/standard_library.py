"""What a name of a standard-library module stands for that it imports.

`asyncio.base_events.threading` is `threading`, and `ssl.socket` is `socket.socket`. Nothing else of the
standard library is read.
"""

import sys
import sysconfig
from functools import cache
from pathlib import Path

from profilec.prove.names.modules import parse
from profilec.prove.names.scopes import find_scopes


@cache
def imported_as(name: str) -> frozenset[str]:
    """What a dotted name stands for, by the import statements of the module that its first parts are."""
    parts = name.split(".")
    if parts[0] not in sys.stdlib_module_names:
        return frozenset()
    for length in range(len(parts) - 1, 0, -1):
        if (path := _file(parts[:length])) is not None:
            return _imports(path, parts[length], parts[length + 1 :])
    return frozenset()


def _imports(path: str, name: str, rest: list[str]) -> frozenset[str]:
    module = parse(path, (_folder() / path).read_bytes())
    found = find_scopes(module.syntax).imports.get(name, ()) if module else ()
    parts = (
        [one.module, *filter(None, [one.name]), *rest]
        for one in found
        if one.level == 0  # what its own package has, is found by the name of that
    )
    return frozenset(map(".".join, parts))


def _file(parts: list[str]) -> str | None:
    """The file of a module, relative to the standard library; None for one that is not written in Python."""
    path = "/".join(parts)
    return next(
        (file for file in (f"{path}.py", f"{path}/__init__.py") if (_folder() / file).is_file()), None
    )


@cache
def _folder() -> Path:
    return Path(sysconfig.get_path("stdlib"))
