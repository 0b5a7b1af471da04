"""Which names of its module a definition asks for, anywhere in its body, without LibCST.

From the standard library's symbol tables, which know what each name of a scope is.
"""

import warnings
from collections.abc import Iterator, Set
from symtable import SymbolTable, symtable

_WITHOUT_NAME = frozenset({"lambda", "genexpr", "listcomp", "setcomp", "dictcomp"})
"""What scopes are called that are no definitions; one may stand in the header of a definition."""


class Reads:
    """The definitions of one text that stand at its top, or in a class there, and what they read."""

    def __init__(self, content: str) -> None:
        """Read a text; nothing is known of what is in one that the running Python does not compile."""
        self._tables: dict[int, SymbolTable] = {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                self._tables.update(reversed([*_definitions(symtable(content, "", "exec"))]))
        except SyntaxError:
            pass

    def of(self, line: int, names: Set[str]) -> frozenset[str]:
        """Return those of some names that the definition whose `def` or `class` is in a line surely reads.

        They are names of the module there, not of the definition itself or of what is around it.
        """
        return frozenset(_read(self._tables[line], names)) if line in self._tables else frozenset()


def _definitions(table: SymbolTable) -> Iterator[tuple[int, SymbolTable]]:
    """Yield the definitions at the top, or in a class, with their lines; the outer before the inner."""
    for inner in table.get_children():
        kind, is_definition = inner.get_type(), inner.get_name() not in _WITHOUT_NAME
        if kind in ("function", "class") and is_definition:
            yield inner.get_lineno(), inner
        if kind != "function":
            yield from _definitions(inner)


def _read(table: SymbolTable, names: Set[str]) -> Iterator[str]:
    for name in names & {*table.get_identifiers()}:
        symbol = table.lookup(name)
        if symbol.is_global() and symbol.is_referenced():
            yield name
    for inner in table.get_children():
        yield from _read(inner, names)
