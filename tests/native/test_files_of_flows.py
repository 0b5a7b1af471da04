"""Reading flows from files, which only the native build does."""

from pathlib import Path

import pytest

from kernel_exec import FlowBuilder, FlowFormatError, dump_flow, load_flow


def test_a_path_is_read_as_the_text_of_its_file(tmp_path: Path) -> None:
    flow = FlowBuilder("café", "1.0.0").node("a", "x").build()
    file = tmp_path / "flow.json"
    file.write_bytes(dump_flow(flow))
    assert load_flow(file) == flow


def test_a_file_that_is_not_json_is_a_format_error(tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    file.write_text("id: flow")
    with pytest.raises(FlowFormatError, match="not JSON"):
        load_flow(file)


def test_a_missing_file_is_an_error_of_the_system_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.json"):
        load_flow(tmp_path / "none.json")


def test_a_str_is_always_text_and_one_that_looks_like_a_path_is_told_so() -> None:
    with pytest.raises(FlowFormatError, match=r"perhaps a path: hand load_flow Path\('flow\.json'\)"):
        load_flow("flow.json")
    with pytest.raises(FlowFormatError, match=r"^not JSON: "):
        load_flow("flow")
