"""The public interface of one file whose names hang on no other: any process can work that out."""

from profilec.prove.interface import Alone, Entry, Interface
from profilec.tree import EmittedFile, Tree


def entries_of(_: None, one: Alone) -> tuple[dict[str, Entry], ...]:
    """The public names of a file, or nothing where they hang on another one; a question to `answers`."""
    path = one.file.path
    tree = Tree("", {path: one.file})
    sources = {path: one.source} if one.source else {}
    try:
        return (_OfOneFile(tree, sources, frozenset({path}), {path: one.by_facts}).entries(),)
    except _ElsewhereError:
        return ()


class _ElsewhereError(Exception):
    """Another file of the tree is asked for."""


class _OfOneFile(Interface):
    """The interface of a file without the rest of its tree."""

    def _file(self, module: str) -> EmittedFile | None:
        if (file := super()._file(module)) is None and module.partition(".")[0] in self._tops:
            raise _ElsewhereError
        return file
