"""The exceptions of the contract: their codes, fields, envelopes, and that they survive pickling."""

import copy
import json
import pickle

import pytest

import kernel_exec
from kernel_exec import Diagnostic, ExecutionError, NodeFailed
from kernel_exec import errors as e

ENVELOPES: list[tuple[e.KernelError, str | None, dict[str, object]]] = [
    (e.UnknownTrigger("m", alias="a"), None, {"alias": "a"}),
    (e.UnknownCapture("m", alias="a"), None, {"alias": "a"}),
    (e.Cancelled("m", reason="stop"), None, {"reason": "stop"}),
    (e.Cancelled("m"), None, {}),
    (e.DeadlineExceeded("m", deadline=2.0), None, {"deadline": 2.0}),
    (e.MissingOutput("m", alias="a"), None, {"alias": "a"}),
    (
        e.NodeFailed("m", alias="a", cause=KeyError("k")),
        None,
        {"alias": "a", "cause": {"type": "KeyError", "message": "'k'"}},
    ),
    (e.UnregisteredNode("m", identifier="i", alias="a"), None, {"identifier": "i", "alias": "a"}),
    (e.NodeMismatch("m", alias="a"), None, {"alias": "a"}),
    (e.MissingCapabilities("m", hints=["h"]), "CAP101", {"hints": ["h"]}),
    (
        e.MissingDurabilityServices("m", services=["checkpoints"], aliases=["a"]),
        "DAG-CKPT-003",
        {"services": ["checkpoints"], "aliases": ["a"]},
    ),
    (e.UnsupportedControlSurface("m", id="s", kind="loop"), "CTRL901", {"id": "s", "kind": "loop"}),
    (
        e.InvalidControlSurface("m", id="s", kind="switch", reason="r"),
        "CTRL110",
        {"id": "s", "kind": "switch", "reason": "r"},
    ),
    (
        e.InvalidControlSurface("m", id="s", kind="if", reason="r"),
        "CTRL120",
        {"id": "s", "kind": "if", "reason": "r"},
    ),
    (e.UnsupportedSpill("m", edge="a->b", tier="t"), "SPILL901", {"edge": "a->b", "tier": "t"}),
    (e.SpillFailed("m", edge="a->b", reason="full"), None, {"edge": "a->b", "reason": "full"}),
    (
        e.QueueLimitExceeded("m", limit_bytes=1, payload_bytes=2),
        None,
        {"limit_bytes": 1, "payload_bytes": 2},
    ),
    (e.CheckpointError("m", checkpoint_id="c"), None, {"checkpoint_id": "c"}),
    (e.CheckpointNotFound("m", checkpoint_id="c"), "DAG-CKPT-006", {"checkpoint_id": "c"}),
    (e.CheckpointLeaseConflict("m", checkpoint_id="c"), "DAG-CKPT-007", {"checkpoint_id": "c"}),
    (e.CheckpointStateCorrupted("m", checkpoint_id="c"), "DAG-CKPT-008", {"checkpoint_id": "c"}),
    (e.CheckpointIncompatibleVersion("m", checkpoint_id="c"), "DAG-CKPT-009", {"checkpoint_id": "c"}),
    (e.FlowFormatError("m", path="$.a"), None, {"path": "$.a"}),
    (
        e.InvalidFlow("m", diagnostics=[Diagnostic("DAG205", "twice", alias="a")]),
        None,
        {"diagnostics": [{"code": "DAG205", "severity": "error", "alias": "a", "message": "twice"}]},
    ),
]
NAMES = [f"{type(error).__name__} {error.code}" for error, _, _ in ENVELOPES]


@pytest.mark.parametrize(("error", "code", "details"), ENVELOPES, ids=NAMES)
def test_an_error_has_its_code_and_gives_the_envelope_of_hosts(
    error: e.KernelError, code: str | None, details: dict[str, object]
) -> None:
    expected: dict[str, object] = {"error": "m"}
    if code is not None:
        expected["code"] = code
    if details:
        expected["details"] = details
    assert error.code == code
    assert error.to_dict() == expected
    assert json.loads(json.dumps(error.to_dict())) == expected


@pytest.mark.parametrize("error", [error for error, _, _ in ENVELOPES], ids=NAMES)
@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_survives_copying_and_pickling(error: e.KernelError, again: object) -> None:
    assert callable(again)
    twin = again(error)
    assert type(twin) is type(error)
    assert twin.to_dict() == error.to_dict()
    assert repr(twin.__cause__) == repr(error.__cause__)


def test_every_error_is_public_and_what_runs_raise_is_an_execution_error() -> None:
    about_the_document = {"FlowFormatError", "InvalidFlow"}
    for error, _, _ in ENVELOPES:
        name = type(error).__name__
        assert getattr(kernel_exec, name) is type(error)
        assert isinstance(error, ExecutionError) == (name not in about_the_document)
        assert isinstance(error, ValueError) == (name in about_the_document)


def test_a_failed_node_shows_its_cause() -> None:
    cause = ZeroDivisionError("x")
    error = NodeFailed("node 'a' failed", alias="a", cause=cause)
    assert error.__cause__ is cause
    match error:
        case NodeFailed(alias, raised):
            assert (alias, raised) == ("a", cause)


def test_an_error_carries_the_result_that_came_before_it() -> None:
    error = NodeFailed("node 'a' failed", alias="a")
    assert error.result is None
    error.result = {"price": 3}
    assert pickle.loads(pickle.dumps(error)).result == {"price": 3}
