"""Spill tiers without a store, which local files serve on the native build."""

import tempfile

import pytest

from kernel_exec import FlowBuilder, UnsupportedSpill, ValidatedFlow, preflight, validate
from kernel_exec.flow_ir import BufferPolicy

RESOURCES = {"blob": object()}


@pytest.fixture
def spilling() -> ValidatedFlow:
    builder = FlowBuilder("f", "1.0.0").node("a", "x", effect_hints=["resource::blob::write"]).node("b", "x")
    return validate(builder.edge("a", "b", buffer=BufferPolicy(max_items=1, spill_tier="disk")).build())


def test_a_tier_without_a_store_passes_preflight(spilling: ValidatedFlow) -> None:
    preflight(spilling, RESOURCES)


def test_a_host_without_a_temporary_folder_is_refused_before_anything_runs(
    spilling: ValidatedFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError("no usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    with pytest.raises(UnsupportedSpill, match=r"a->b.*'disk'") as caught:
        preflight(spilling, RESOURCES)
    assert (caught.value.edge, caught.value.tier) == ("a->b", "disk")
    preflight(spilling, RESOURCES, {"disk": object()})
