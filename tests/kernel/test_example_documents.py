"""The Flow IR documents of the examples are accepted, and refused by the right codes once they are broken."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kernel_exec import InvalidFlow, diagnose, dump_flow, load_flow, validate
from kernel_exec.flow_ir import flow_id

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DOCUMENTS = ["parcel_tracking", "meter_readings"]

type Document = dict[str, Any]


def document(name: str) -> Document:
    loaded: Document = json.loads((EXAMPLES / f"{name}.flow.json").read_text())
    return loaded


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_accepted_without_a_remark_and_carries_derived_ids(name: str) -> None:
    flow = load_flow(document(name))

    assert diagnose(flow) == ()
    assert flow.id == str(flow_id(flow.name, flow.version))
    assert [node.id for node in flow.nodes] == [f"{flow.id}::{node.alias}" for node in flow.nodes]
    assert load_flow(dump_flow(flow)) == flow


def forget_the_blob(flow: Document) -> None:
    flow["nodes"][1]["effectHints"] = []


def forget_the_dedupe_store(flow: Document) -> None:
    flow["nodes"][3]["effectHints"].remove("resource::dedupe::store")


def forget_the_key(flow: Document) -> None:
    del flow["nodes"][3]["idempotency"]["key"]


def remember_for_a_minute(flow: Document) -> None:
    flow["nodes"][3]["idempotency"]["ttlMs"] = 60_000


def spill_without_a_bound(flow: Document) -> None:
    del flow["edges"][2]["buffer"]["max_items"]


def spill_into_a_path(flow: Document) -> None:
    flow["edges"][2]["buffer"]["spill_tier"] = "../disk"


def claim_that_booking_is_pure(flow: Document) -> None:
    flow["nodes"][3]["effects"] = "pure"


def point_back(flow: Document) -> None:
    flow["edges"].append(flow["edges"][0] | {"from": "book", "to": "read"})


@pytest.mark.parametrize(
    ("breaks", "codes"),
    [
        (forget_the_blob, ["SPILL002"]),
        (forget_the_dedupe_store, ["EXACT001"]),
        (forget_the_key, ["DAG004", "EXACT002"]),
        (remember_for_a_minute, ["EXACT003"]),
        (spill_without_a_bound, ["SPILL001"]),
        (spill_into_a_path, ["SPILL003"]),
        (claim_that_booking_is_pure, ["EFFECT201"]),
        (point_back, ["DAG200", "DAG201"]),
    ],
)
def test_a_broken_document_is_refused_by_the_right_codes(
    breaks: Callable[[Document], None], codes: list[str]
) -> None:
    flow = document("meter_readings")
    breaks(flow)

    with pytest.raises(InvalidFlow) as refused:
        validate(load_flow(flow))

    errors = [found.code for found in refused.value.diagnostics if found.severity == "error"]
    assert sorted(set(errors)) == codes
