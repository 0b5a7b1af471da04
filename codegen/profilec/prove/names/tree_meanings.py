"""What the names of a whole tree stand for, seen through the modules that pass them on."""

from collections.abc import Mapping
from typing import Self

from msgspec import Struct

from profilec.prove.names.meanings import Meanings
from profilec.prove.names.modules import is_python, module_name, parse
from profilec.prove.names.scopes import find_scopes
from profilec.tree import EmittedFile, Tree

_FURTHEST = 8
"""Re-exports that are followed; a circle ends here."""


class TreeMeanings(Struct):
    """The files of a tree by module, each read when it is first asked about."""

    files: Mapping[str, EmittedFile]
    _read: dict[str, Meanings | None] = {}

    @classmethod
    def of(cls, tree: Tree) -> Self:
        """Those of a tree."""
        return cls({module_name(file.path)[0]: file for file in tree.files.values() if is_python(file.path)})

    def meanings(self, module: str) -> Meanings | None:
        """What the expressions of a module stand for; None where there is none that can be read."""
        if module not in self._read:
            file = self.files.get(module)
            parsed = parse(file.path, file.data) if file else None
            self._read[module] = (
                Meanings(parsed, find_scopes(parsed.syntax), is_guessing=False) if parsed else None
            )
        return self._read[module]

    def seen_through(self, name: str) -> str:
        """A dotted name as the module has it that defines its first part, as far as it is certain."""
        for _ in range(_FURTHEST):
            parts = name.split(".")
            lengths = range(len(parts) - 2, 0, -1)
            length = next((n for n in lengths if ".".join(parts[:n]) in self.files), 0)
            meanings = self.meanings(".".join(parts[:length]))
            exported = [*meanings.exports([parts[length]])] if meanings else []
            if len(exported) != 1:
                break
            name = ".".join([exported[0], *parts[length + 1 :]])
        return name
