"""Makes the page and the plot of the documentation from a kept record, and from nothing else."""

from __future__ import annotations

from math import log10
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.record import QUEUED, Record, Row

__all__ = ["render_page", "render_plot"]

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,
)


_ASIDE = ("growth", "method", "edge")
"""What the names of rows begin with that stand in no world of the first table, nor in the plot."""


class Table(NamedTuple):
    """Rows by name, each with a cell for every world that measured it."""

    worlds: list[str]
    rows: list[tuple[str, list[Row | None]]]


class Bar(NamedTuple):
    """One bar of the plot, in pixels; `goal` is where its mark stands, None where no goal is set."""

    label: str
    world: str
    y: int
    width: float
    value: str
    goal: float | None
    shade: int
    label_at: float


def render_page(record: Record) -> str:
    """Return docs/benchmarks.md."""
    measured = {name: rows for name, rows in record.worlds.items() if not name.startswith(_ASIDE)}
    return _templates.get_template("benchmarks.md.j2").render(
        table=_table(measured),
        growth=[row for row in _rows(record, "growth") if row.name != QUEUED],
        queued=[row for row in _rows(record, "growth") if row.name == QUEUED],
        rounds=record.rounds,
        scale=record.scale,
        method=_rows(record, "method"),
        edge=_rows(record, "edge"),
        peers=record.peers,
        short=[row.name for rows in measured.values() for row in rows if not row.is_reached],
    )


def render_plot(record: Record) -> str:
    """Return docs/benchmarks.svg: the rows that compare with the plain design, on a logarithmic scale."""
    worlds = [name for name in record.worlds if not name.startswith(_ASIDE)]
    table = _table({name: record.worlds[name] for name in worlds})
    compared = [
        (name, cells) for name, cells in table.rows if not name.startswith(("copy", "marginal", "spill"))
    ]
    bars: list[Bar] = []
    heads: list[tuple[str, int]] = []
    y = 40
    for name, cells in compared:
        heads.append((name, y + 11))
        y += 18
        for shade, (world, cell) in enumerate(zip(table.worlds, cells, strict=True)):
            if cell is not None:
                goal = None if cell.goal is None else _x(cell.goal)
                width = _x(cell.median)
                in_the_way = goal is not None and width <= goal < width + 34
                label_at = goal if goal is not None and in_the_way else width
                bars.append(Bar(name, world, y, width, f"{cell.median:.1f}", goal, shade, label_at))
                y += 14
        y += 8
    return _templates.get_template("benchmarks.svg.j2").render(
        bars=bars,
        heads=heads,
        height=y + 30,
        worlds=list(enumerate(table.worlds)),
        ticks=[(tick, _x(tick)) for tick in (1, 2, 5, 10, 20, 50, 100, 500)],
    )


def _x(ratio: float) -> float:
    """Return the width of a bar: 1 to 1,000 times, on 480 pixels."""
    return round(max(0.0, min(log10(max(ratio, 0.01)), 3.0)) * 160, 1)


def _rows(record: Record, kind: str) -> list[Row]:
    return [row for name, rows in record.worlds.items() if name.startswith(kind) for row in rows]


def _table(worlds: dict[str, list[Row]]) -> Table:
    by_world = {world: {row.name: row for row in rows} for world, rows in worlds.items()}
    names = dict.fromkeys(row.name for rows in worlds.values() for row in rows)
    return Table(list(worlds), [(name, [rows.get(name) for rows in by_world.values()]) for name in names])
