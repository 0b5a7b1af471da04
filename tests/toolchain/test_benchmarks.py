"""A ratio that has become worse is told from one that scatters; page and plot say what was measured."""

from pathlib import Path

import pytest
from benchmarks.check import regressions
from benchmarks.page import render_page, render_plot
from benchmarks.record import Record, Row, read, write

KEPT = Record(
    {
        "CPython 3.12.1": [
            Row("chain, run_many", 9.0, 8.9, 9.1, goal=8.0),
            Row("marginal hop", 1.10, 1.09, 1.11, goal=1.1, at_most=True),
        ],
        "Pyodide, CPython 3.14.2": [Row("chain, run_many", 12.0, 10.0, 14.0, goal=14.0)],
    }
)


def fresh(median: float, hop: float = 1.10, spread: float = 0.1, world: str = "CPython 3.12.1") -> Record:
    rows = [
        Row("chain, run_many", median, median - spread, median + spread),
        Row("marginal hop", hop, hop - 0.01, hop + 0.01, at_most=True),
    ]
    return Record({world: rows})


def test_the_same_ratios_are_no_regression() -> None:
    assert list(regressions(KEPT, KEPT)) == []


def test_a_ratio_that_falls_beyond_its_noise_is_one() -> None:
    assert list(regressions(KEPT, fresh(8.3))) == [
        "CPython 3.12.1: chain, run_many: 8.30, and was 9.00 ± 0.45"
    ]


@pytest.mark.parametrize("median", [8.6, 9.0, 30.0])
def test_a_ratio_within_its_noise_or_better_is_none(median: float) -> None:
    assert list(regressions(KEPT, fresh(median))) == []


def test_a_run_that_scatters_more_is_forgiven_more() -> None:
    assert list(regressions(KEPT, fresh(8.3, spread=0.4))) == []


def test_no_scatter_excuses_everything() -> None:
    (found,) = regressions(KEPT, fresh(5.0, spread=9.0))
    assert found == "CPython 3.12.1: chain, run_many: 5.00, and was 9.00 ± 2.70"


def test_where_less_is_better_more_is_a_regression() -> None:
    found = list(regressions(KEPT, fresh(9.0, hop=1.2)))
    assert found == ["CPython 3.12.1: marginal hop: 1.20, and was 1.10 ± 0.06"]
    assert list(regressions(KEPT, fresh(9.0, hop=1.0))) == []


def test_another_bug_fix_release_is_the_same_world_and_another_feature_release_is_not() -> None:
    assert len(list(regressions(KEPT, fresh(5.0, world="CPython 3.12.9")))) == 1
    (found,) = regressions(KEPT, fresh(5.0, world="CPython 3.13.0"))
    assert found.startswith("nothing to compare: measured CPython 3.13.0")


def test_a_row_that_is_no_longer_measured_is_named() -> None:
    short = Record({"CPython 3.12.1": fresh(9.0).worlds["CPython 3.12.1"][:1]})
    assert list(regressions(KEPT, short)) == ["CPython 3.12.1: marginal hop: is no longer measured"]


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    write(KEPT, tmp_path / "kept.json")
    assert read(tmp_path / "kept.json") == KEPT


def test_a_record_that_is_missing_or_broken_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="make bench"):
        read(tmp_path / "none.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(SystemExit, match=r"broken\.json is no record"):
        read(tmp_path / "broken.json")


def test_the_page_says_what_falls_short() -> None:
    page = render_page(KEPT)
    assert "| chain, run_many | 9.00 / 8 | 12.00 / 14 ✗ |" in page
    assert "| marginal hop | 1.10 / 1.1 | - |" in page


def test_the_plot_has_a_bar_for_every_world_that_measured_a_row() -> None:
    plot = render_plot(KEPT)
    assert plot.count('<rect class="w') == 2
    assert "9.0" in plot
    assert "12.0" in plot


def test_the_documentation_is_made_from_the_record_that_is_kept() -> None:
    docs = Path(__file__).resolve().parents[2] / "docs"
    record = read(docs / "benchmarks.json")
    assert (docs / "benchmarks.md").read_text(encoding="utf-8") == render_page(record)
    assert (docs / "benchmarks.svg").read_text(encoding="utf-8") == render_plot(record)
