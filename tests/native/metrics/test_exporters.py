"""What the exporters make of the kernel's metrics: Prometheus' text, and calls of an OpenTelemetry meter."""

import threading
import time
from typing import Any

from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, validate
from kernel_exec.exporters import OpenTelemetrySink, PrometheusSink


def test_counters_add_up_and_gauges_are_set_by_series() -> None:
    sink = PrometheusSink()
    for _ in range(3):
        sink.counter("lattice.executor.node_errors_total", 1, {"node": "a", "flow": "f"})
    sink.counter("lattice.executor.node_errors_total", 1, {"flow": "f", "node": "b"})
    sink.gauge("lattice.executor.queue_depth", 3, {"edge": "a->b"})
    sink.gauge("lattice.executor.queue_depth", 1.5, {"edge": "a->b"})
    assert sink.render() == (
        "# TYPE lattice_executor_node_errors_total counter\n"
        'lattice_executor_node_errors_total{flow="f",node="a"} 3\n'
        'lattice_executor_node_errors_total{flow="f",node="b"} 1\n'
        "# TYPE lattice_executor_queue_depth gauge\n"
        'lattice_executor_queue_depth{edge="a->b"} 1.5\n'
    )


def test_histograms_count_what_is_at_most_each_bound() -> None:
    sink = PrometheusSink()
    for value in (0.1, 0.125, 3, 10_000, 99_999.5):
        sink.histogram("node_latency_ms", value, {"node": "a"})
    lines = sink.render().splitlines()
    assert lines[0] == "# TYPE node_latency_ms histogram"
    buckets = (line.split('le="')[1].split('"} ') for line in lines if "_bucket" in line)
    counts = {bound: int(count) for bound, count in buckets}
    assert (counts["0.1"], counts["0.25"], counts["2.5"], counts["5"]) == (1, 2, 2, 3)
    assert (counts["5000"], counts["10000"], counts["+Inf"]) == (3, 4, 5)
    assert lines[-2:] == ['node_latency_ms_sum{node="a"} 110002.725', 'node_latency_ms_count{node="a"} 5']


def test_histograms_have_bounds_from_a_tenth_of_a_millisecond_to_ten_seconds() -> None:
    sink = PrometheusSink()
    sink.histogram("node_latency_ms", 3, {"node": "a"})
    bounds = [line.split('le="')[1].split('"')[0] for line in sink.render().splitlines() if 'le="' in line]
    assert " ".join(bounds) == "0.1 0.25 0.5 1 2.5 5 10 25 50 100 250 500 1000 2500 5000 10000 +Inf"


def test_the_series_of_a_histogram_are_in_the_order_of_their_labels() -> None:
    sink = PrometheusSink()
    for node, value in (("b", 2), ("a", 1), ("b", 4)):
        sink.histogram("node_latency_ms", value, {"node": node})
    sums = [line for line in sink.render().splitlines() if line.startswith(("node_latency_ms_sum", "# TYPE"))]
    assert sums == [
        "# TYPE node_latency_ms histogram",
        'node_latency_ms_sum{node="a"} 1',
        'node_latency_ms_sum{node="b"} 6',
    ]


def test_labels_are_escaped() -> None:
    sink = PrometheusSink()
    sink.gauge("depth", 1, {"flow": 'a "quoted" \\ name\nin two lines'})
    assert sink.render().splitlines()[1] == r'depth{flow="a \"quoted\" \\ name\nin two lines"} 1'


def test_what_is_no_finite_number_is_written_as_prometheus_has_it() -> None:
    sink = PrometheusSink()
    for number, value in enumerate((float("nan"), float("inf"), float("-inf"), -2.0)):
        sink.gauge("depth", value, {"n": str(number)})
    assert [line.split()[-1] for line in sink.render().splitlines()[1:]] == ["NaN", "+Inf", "-Inf", "-2"]


def test_nothing_is_rendered_before_something_is_reported() -> None:
    assert PrometheusSink().render() == ""


def test_rendering_on_another_thread_sees_whole_reports() -> None:
    sink = PrometheusSink()
    done = threading.Event()

    def report() -> None:
        for number in range(5000):
            sink.gauge(f"g{number % 50}", number, {"n": str(number)})
        done.set()

    reporter = threading.Thread(target=report)
    reporter.start()
    while not done.is_set():
        sink.render()
    reporter.join()
    assert sink.render().count("\ng") == 5000


async def test_a_run_is_exported() -> None:
    registry = NodeRegistry()

    @registry.node("double")
    async def double(number: int) -> int:
        return number * 2

    plan = validate(FlowBuilder("doubling", "1.0.0", profile="dev").node("in", "double", summary="-").build())
    sink = PrometheusSink()
    await FlowExecutor(registry, metrics=sink).run_once(plan, "in", 21, capture="in")
    text = sink.render()
    assert 'lattice_executor_node_latency_ms_count{flow="doubling",node="in",profile="dev"} 1\n' in text
    assert 'lattice_executor_active_nodes{flow="doubling",node="in",profile="dev"} 0\n' in text


class FakeInstrument:
    def __init__(self, calls: list[Any], name: str, unit: str) -> None:
        self._calls = calls
        self._name = (name, unit)

    def __getattr__(self, method: str) -> Any:
        return lambda value, attributes: self._calls.append((*self._name, method, value, attributes))


class FakeMeter:
    """A meter that remembers what was made, and each report."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.made: list[str] = []

    def create_counter(self, name: str, unit: str = "") -> Any:
        self.made.append(name)
        return FakeInstrument(self.calls, name, unit)

    create_gauge = create_histogram = create_counter


class SlowMeter(FakeMeter):
    """A meter that lets other threads go on while it makes an instrument."""

    def create_counter(self, name: str, unit: str = "") -> Any:
        made = super().create_counter(name, unit)
        time.sleep(0.02)
        return made


def test_a_meter_gets_each_report_on_one_instrument() -> None:
    meter = FakeMeter()
    sink = OpenTelemetrySink(meter)
    for _ in range(2):
        sink.counter("errors", 1, {"node": "a"})
        sink.gauge("depth", 3, {"edge": "e"})
        sink.histogram("latency", 1.5, {"node": "a"})
    assert meter.made == ["errors", "depth", "latency"]
    assert meter.calls == 2 * [
        ("errors", "", "add", 1, {"node": "a"}),
        ("depth", "", "set", 3, {"edge": "e"}),
        ("latency", "ms", "record", 1.5, {"node": "a"}),
    ]


def test_threads_that_report_at_once_share_an_instrument() -> None:
    meter = SlowMeter()
    sink = OpenTelemetrySink(meter)
    reporters = [threading.Thread(target=sink.counter, args=("errors", 1, {})) for _ in range(4)]
    for reporter in reporters:
        reporter.start()
    for reporter in reporters:
        reporter.join()
    assert meter.made == ["errors"]
    assert meter.calls == 4 * [("errors", "", "add", 1, {})]
