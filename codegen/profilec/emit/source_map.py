"""The source map that lies beside a package: from every line of its files to a line of the source, and back.

A file is written as runs: `[1, 4, 10]` says that ten lines from line 1 on come from line 4 of the source
on. Lines in no run were generated. A file that came out as it went in has no entry of its own: it is listed
under `unchanged`.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct, field

from profilec.tree import EmittedFile

MAP_FILE = "profilec-map.json"


class SourceMap(Struct, frozen=True, tag_field="version", tag=1):
    """The map of one tree, with the fields of its file.

    Attributes:
        profile: whose tree it is.
        source: the source root, relative to the project's root.
        runs: for every changed file, its runs: first line, first line of the source, number of lines.
        unchanged: the files that are byte for byte those of the source.
    """

    profile: str
    source: str
    runs: Mapping[str, tuple[tuple[int, int, int], ...]] = field(name="files")
    unchanged: frozenset[str]

    def to_source(self, path: str, line: int) -> int | None:
        """The line of the source that a line of the tree comes from; None where there is none."""
        if path in self.unchanged:
            return line
        runs = self.runs.get(path, ())
        return next(
            (origin + line - first for first, origin, count in runs if 0 <= line - first < count), None
        )

    def to_tree(self, path: str, line: int) -> tuple[int, ...]:
        """The lines of the tree that come from a line of the source."""
        if path in self.unchanged:
            return (line,)
        runs = self.runs.get(path, ())
        return tuple(first + line - origin for first, origin, count in runs if 0 <= line - origin < count)


def render_map(profile: str, source: str, files: Mapping[str, EmittedFile]) -> bytes:
    """The bytes of the map of one tree."""
    changed = {path: _runs(file.lines) for path, file in files.items() if file.changed}
    unchanged = frozenset(path for path, file in files.items() if not file.changed)
    content = SourceMap(profile, source, changed, unchanged)
    return msgspec.json.encode(content, order="deterministic") + b"\n"


def read_map(folder: Path) -> SourceMap | None:
    """The map beside a package, or None where there is none that can be read."""
    try:
        return msgspec.json.decode((folder / MAP_FILE).read_bytes(), type=SourceMap)
    except (OSError, msgspec.DecodeError):
        return None


def _runs(lines: tuple[int, ...]) -> tuple[tuple[int, int, int], ...]:
    runs: list[tuple[int, int, int]] = []
    for number, origin in enumerate(lines, 1):
        if not origin:
            continue
        first, start, count = runs[-1] if runs else (0, 0, 0)
        if runs and (first + count, start + count) == (number, origin):
            runs[-1] = first, start, count + 1
        else:
            runs.append((number, origin, 1))
    return tuple(runs)
