"""From a file of a tree on disk to the source that it was made from, by the map beside the tree.

What tracebacks and coverage ask. Needs no configuration: the map names the source root, which lies in a
folder above the tree.
"""

from functools import cache
from pathlib import Path

from msgspec import Struct

from profilec.emit.source_map import MAP_FILE, SourceMap, read_map


class MappedTree(Struct, frozen=True):
    """A tree on disk.

    Attributes:
        folder: where its map lies, with the package beside it.
        map: its map.
        source: the source root that it was made from.
    """

    folder: Path
    map: SourceMap
    source: Path

    def origin(self, file: Path, line: int) -> tuple[Path, int] | None:
        """The source file and its line that a line of a file of the tree comes from; None if generated."""
        path = file.relative_to(self.folder).as_posix()
        number = self.map.to_source(path, line)
        return (self.source / path, number) if number else None


@cache
def tree_in(folder: Path) -> MappedTree | None:
    """The tree whose map lies in a folder; None where there is none, or its source is in no folder above."""
    source_map = read_map(folder) if (folder / MAP_FILE).is_file() else None
    if source_map is None:
        return None
    sources = (above / source_map.source for above in folder.parents)
    source = next((root for root in sources if _holds(root, source_map)), None)
    return MappedTree(folder, source_map, source) if source else None


def _holds(root: Path, source_map: SourceMap) -> bool:
    """Whether a folder holds the files that a map speaks of; one of them says it."""
    path = next(iter((*source_map.runs, *source_map.unchanged)), None)
    return path is not None and (root / path).is_file()


def tree_of(file: Path) -> MappedTree | None:
    """The tree that a file, given by its absolute path, lies in."""
    return next((tree for folder in file.parents if (tree := tree_in(folder))), None)
