"""What a sink receives: the contract's names and labels, gauges that return to zero (decision 12)."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from kernel_exec.metrics import Meter


class Recorder:
    """A sink that remembers every call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, float, Mapping[str, str]]] = []

    def counter(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        self.calls.append(("counter", name, value, labels))

    def gauge(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        self.calls.append(("gauge", name, value, labels))

    def histogram(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        self.calls.append(("histogram", name, value, labels))

    def levels(self, name: str, **labels: str) -> list[float]:
        """Return the values that a gauge with these labels was set to."""
        return [
            value
            for kind, called, value, given in self.calls
            if (kind, called) == ("gauge", name) and labels.items() <= given.items()
        ]


@pytest.fixture
def sink() -> Recorder:
    return Recorder()


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (
            lambda run: run.node_started("price"),
            [("gauge", "lattice.executor.active_nodes", 1, {"node": "price"})],
        ),
        (
            lambda run: run.node_ended("price", 12.5),
            [
                ("gauge", "lattice.executor.active_nodes", -1, {"node": "price"}),
                ("histogram", "lattice.executor.node_latency_ms", 12.5, {"node": "price"}),
            ],
        ),
        (
            lambda run: run.node_failed("price", "KeyError"),
            [
                (
                    "counter",
                    "lattice.executor.node_errors_total",
                    1,
                    {"node": "price", "error_kind": "KeyError"},
                ),
            ],
        ),
        (
            lambda run: run.node_cancelled("price", "deadline"),
            [
                ("gauge", "lattice.executor.active_nodes", -1, {"node": "price"}),
                (
                    "counter",
                    "lattice.executor.cancellations_total",
                    1,
                    {"node": "price", "reason": "deadline"},
                ),
            ],
        ),
        (
            lambda run: run.enqueued("in->price"),
            [("gauge", "lattice.executor.queue_depth", 1, {"edge": "in->price"})],
        ),
        (
            lambda run: run.dequeued("capture::price"),
            [("gauge", "lattice.executor.queue_depth", -1, {"edge": "capture::price"})],
        ),
        (
            lambda run: run.capture_waited("price", 3),
            [("histogram", "lattice.executor.capture_backpressure_ms", 3, {"capture": "price"})],
        ),
        (
            lambda run: run.stream_opened("price"),
            [("counter", "lattice.executor.stream_clients_total", 1, {"node": "price"})],
        ),
    ],
)
def test_every_report_has_the_contracts_names_and_labels(sink: Recorder, report: Any, expected: Any) -> None:
    report(Meter(sink).for_run("shop", "web"))
    common = {"flow": "shop", "profile": "web"}
    assert [(*call[:3], dict(call[3])) for call in sink.calls] == [
        (*call[:3], {**common, **call[3]}) for call in expected
    ]


def test_a_gauge_is_absolute_over_all_runs_of_a_flow(sink: Recorder) -> None:
    meter = Meter(sink)
    one, other = meter.for_run("shop", "web"), meter.for_run("shop", "web")
    stranger = meter.for_run("etl", "dev")
    one.enqueued("a->b")
    other.enqueued("a->b")
    stranger.enqueued("a->b")
    one.enqueued("a->c")
    one.dequeued("a->b")
    other.dequeued("a->b")
    assert sink.levels("lattice.executor.queue_depth", flow="shop", edge="a->b") == [1, 2, 1, 0]
    assert sink.levels("lattice.executor.queue_depth", flow="etl") == [1]


def test_a_run_that_ends_takes_back_what_it_left_behind_and_nothing_else(sink: Recorder) -> None:
    meter = Meter(sink)
    ended, goes_on = meter.for_run("shop", "web"), meter.for_run("shop", "web")
    for run in (ended, goes_on):
        run.node_started("a")
        run.enqueued("a->b")
        run.enqueued("a->b")
    ended.close()
    assert sink.levels("lattice.executor.active_nodes", node="a")[-1] == 1
    assert sink.levels("lattice.executor.queue_depth", edge="a->b")[-1] == 2
    goes_on.close()
    assert sink.levels("lattice.executor.active_nodes", node="a")[-1] == 0
    assert sink.levels("lattice.executor.queue_depth", edge="a->b")[-1] == 0


def test_whoever_a_closed_run_left_behind_moves_no_gauge(sink: Recorder) -> None:
    run = Meter(sink).for_run("shop", "web")
    run.node_started("a")
    run.close()
    run.node_ended("a", 5)
    assert sink.levels("lattice.executor.active_nodes", node="a") == [1, 0]


def test_labels_cannot_be_changed_by_the_sink(sink: Recorder) -> None:
    run = Meter(sink).for_run("shop", "web")
    run.enqueued("a->b")
    labels: Any = sink.calls[0][3]
    with pytest.raises(TypeError):
        labels["flow"] = "other"


def test_a_sink_that_lacks_a_method_costs_those_reports_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Partial:
        def __init__(self) -> None:
            self.counted: list[str] = []

        def counter(self, name: str, value: float, labels: Mapping[str, str]) -> None:
            self.counted.append(name)

    sink: Any = Partial()
    run = Meter(sink).for_run("shop", "web")
    run.node_started("price")
    run.node_failed("price", "KeyError")
    assert sink.counted == ["lattice.executor.node_errors_total"]
    assert "failed on lattice.executor.active_nodes" in caplog.text
    assert "has no attribute 'gauge'" in caplog.text


@pytest.mark.parametrize("kind", [RuntimeError, asyncio.CancelledError])
def test_a_sink_that_raises_costs_the_report_and_is_logged(
    kind: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Recorder):
        def gauge(self, name: str, value: float, labels: Mapping[str, str]) -> None:
            raise kind("no connection")

    run = Meter(Broken()).for_run("shop", "web")
    run.enqueued("a->b")
    assert "failed on lattice.executor.queue_depth" in caplog.text
    assert "no connection" in caplog.text
