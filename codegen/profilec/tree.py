"""What flows through the compiler: the files of a source root, and the tree that one profile makes of them.

Plain frozen data. `read` makes `SourceFile`s, `specialise` makes `Tree`s, the proofs and `emit` take them.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct


def packages_around(path: str) -> Iterator[str]:
    """Yield the paths that the `__init__.py` of each package around a file has, the innermost first."""
    folder = path.rpartition("/")[0]
    while folder:
        yield f"{folder}/__init__.py"
        folder = folder.rpartition("/")[0]


class SourceFile(Struct, frozen=True):
    """One file below the source root: its path relative to that root with forward slashes, and its bytes."""

    path: str
    data: bytes


class EmittedFile(Struct, frozen=True):
    """One file of a tree.

    Attributes:
        path: relative to the root of the tree, with forward slashes.
        data: the bytes to write.
        changed: false where `data` is the source byte for byte.
        lines: for every line of `data`, in order, the line of the source that it comes from, from one;
            0 for a generated line. Empty where the file is unchanged: each line is then its own.
    """

    path: str
    data: bytes
    changed: bool
    lines: tuple[int, ...] = ()

    def source_line(self, line: int) -> int:
        """Return the source line that an emitted line comes from, or 0 where it was generated."""
        if not self.changed:
            return line
        return self.lines[line - 1] if 1 <= line <= len(self.lines) else 0


class Tree(Struct, frozen=True):
    """One profile's package before it is written: its files by path."""

    profile: str
    files: Mapping[str, EmittedFile]
