"""The tables of ARCHITECTURE.md name every room, in the order in which they may import each other."""

import ast
import re
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = {
    "The compiler": (ROOT / "codegen/profilec", set[str]()),
    "The kernel": (ROOT / "kernel_exec_src/kernel_exec", {"_profile", "__main__"}),
}


def _rooms(heading: str) -> dict[str, int]:
    """The rooms of a program, each with the number of its row."""
    [section] = re.findall(
        rf"^## {heading},.*?(?=^## )", (ROOT / "ARCHITECTURE.md").read_text(), re.DOTALL | re.MULTILINE
    )
    rows: list[str] = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    named = [re.findall(r"`([\w/]+)`", row) for row in rows]
    return {room.strip("/").replace("/", "."): row for row, names in enumerate(named) for room in names}


def _imported(node: ast.AST) -> Iterator[str]:
    """The modules of the package that a file imports when it runs, from its root."""
    match node:
        case ast.If(test=ast.Name("TYPE_CHECKING")):
            return
        case ast.Import(names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(str(origin), names):
            yield from (f"{origin}.{alias.name}" for alias in names)
    for child in ast.iter_child_nodes(node):
        yield from _imported(child)


def _place(module: str, rooms: dict[str, int]) -> tuple[int, float] | None:
    """The rows of the outermost room around a module and of its file, which precedes the room itself."""
    names = module.split(".")
    around = [".".join(names[:size]) for size in range(1, len(names) + 1)]
    rows = [rooms[name] for name in around if name in rooms]
    return (rows[0], rows[1] if len(rows) > 1 else inf) if rows else None


@pytest.mark.parametrize("heading", PROGRAMS)
def test_a_room_imports_only_from_rooms_above_it(heading: str) -> None:
    folder, outside = PROGRAMS[heading]
    rooms = _rooms(heading)
    files = {
        ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__"): file
        for file in folder.rglob("*.py")
    }
    for module, file in files.items():
        if module in outside | {"__init__"}:
            continue
        place = _place(module, rooms)
        assert place, f"{module} has no row"
        prefix = f"{folder.name}."
        for name in _imported(ast.parse(file.read_text())):
            if name.startswith(prefix):
                other = _place(name.removeprefix(prefix), rooms)
                assert other is None or other <= place, f"{module} imports {name}"


@pytest.mark.parametrize("heading", PROGRAMS)
def test_every_room_is_there(heading: str) -> None:
    folder, _ = PROGRAMS[heading]
    paths = [folder / room.replace(".", "/") for room in _rooms(heading)]
    assert len(paths) > 10
    assert [path for path in paths if not path.is_dir() and not path.with_suffix(".py").is_file()] == []
