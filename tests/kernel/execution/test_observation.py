"""Metrics of real runs (decision 12), and the check of who changes what it has handed on (decision 6)."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
from metrics_sink import Sink
from small_flows import Gate, collect, inline, same, small, soon, stream, turns

from kernel_exec import Cancelled, DeadlineExceeded, FlowBuilder, NodeFailed, PayloadMutated, Stream, Value
from kernel_exec.instance import FlowInstance


@pytest.mark.parametrize("handler", [same, inline(lambda payload: payload)], ids=["async", "plain"])
async def test_every_invocation_and_every_edge_is_counted(handler: Any) -> None:
    sink = Sink()
    flow = small("in>a>out, in>b>out", dict.fromkeys(["in", "a", "b", "out"], handler))
    results = await collect(flow.executor(metrics=sink).run_many(flow.plan, "in", range(10), capture="out"))
    assert len(results) == 20
    invocations = {
        alias: count for (name, alias), count in sink.observed.items() if name == "node_latency_ms"
    }
    assert invocations == {"in": 10, "a": 10, "b": 10, "out": 20}
    edges = {key[1] for key in sink.gauges if key[0] == "queue_depth"}
    assert edges == {"in->a", "in->b", "a->out", "b->out", "capture::out"}
    assert set(sink.gauges.values()) == {0}
    assert all(sink.highest[key] >= 1 for key in sink.gauges)


async def test_every_gauge_is_at_zero_while_an_open_run_holds_nothing() -> None:
    sink = Sink()
    flow = small("in>a>out, in>b>out")
    async with flow.executor(metrics=sink).instantiate(flow.plan, capture="out") as run:
        for number in range(3):
            await run.send("in", number)
            assert [await soon(run.next()), await soon(run.next())] == [Value(number)] * 2
            await turns()
            assert set(sink.gauges.values()) == {0}


async def test_a_result_that_is_discarded_is_in_no_queue_while_its_run_goes_on() -> None:
    sink, gate = Sink(), Gate()
    flow = small("in>a>out, in>b>out, in>side", {"side": gate})
    executor = flow.executor(metrics=sink)
    running = asyncio.create_task(executor.run_once(flow.plan, "in", 1, capture="out"))
    await turns()
    assert (sink.gauges["active_nodes", "side"], sink.gauges["queue_depth", "capture::out"]) == (1, 0)
    assert sink.highest["queue_depth", "capture::out"] == 2
    gate.open.set()
    assert await soon(running) == Value(1)


async def test_every_gauge_returns_to_zero_whatever_a_run_still_holds() -> None:
    async def hang(payload: Any) -> None:
        await asyncio.sleep(3600)

    sink = Sink()
    flow = small("in>out, in>a>b", {"b": hang})
    async with flow.executor(metrics=sink).instantiate(flow.plan, capture="out") as run:
        for number in range(3):
            await run.send("in", number)
        await turns()
        assert sink.gauges["active_nodes", "b"] == 1
        assert sink.gauges["queue_depth", "a->b"] == 2
        assert sink.gauges["queue_depth", "capture::out"] == 3
    assert set(sink.gauges.values()) == {0}


async def test_metrics_alone_let_the_payload_itself_be_handed_over() -> None:
    payload = [1]
    flow = small("in>a>out")
    result = await flow.executor(metrics=Sink()).run_once(flow.plan, "in", payload, capture="out")
    assert isinstance(result, Value)
    assert result.value is payload


async def test_run_once_reports_each_run_and_returns_to_zero() -> None:
    sink = Sink()
    flow = small("in>out")
    executor = flow.executor(metrics=sink)
    for number in range(5):
        assert await executor.run_once(flow.plan, "in", number, capture="out") == Value(number)
    assert sink.observed["node_latency_ms", "in"] == 5
    assert set(sink.gauges.values()) == {0}


class CancelsAfter(Sink):
    """Cancels a run at a report, when it has let so many pass."""

    def __init__(self, reports: int) -> None:
        super().__init__()
        self.left = reports
        self.run: FlowInstance | None = None
        self.has_cancelled = False

    def gauge(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        super().gauge(name, value, labels)
        self.left -= 1
        if self.left < 0 and self.run is not None and not self.has_cancelled:
            self.has_cancelled = True
            self.run.cancel("enough")


@pytest.mark.parametrize("reports", range(24))
@pytest.mark.parametrize(
    ("graph", "streams"),
    [("in>a>out", False), ("in>a>out", True), ("in>a>out, in>b>out", False), ("in>out>a", False)],
)
async def test_no_handler_begins_once_a_report_has_cancelled_the_run(
    graph: str, streams: bool, reports: int
) -> None:
    sink, begun_late = CancelsAfter(reports), list[Any]()

    async def handle(payload: Any) -> Any:
        if sink.has_cancelled:
            begun_late.append(payload)
        return payload

    async def items(payload: Any) -> AsyncIterator[Any]:
        yield await handle(payload)

    flow = small(graph, {"out": stream(items)} if streams else {}, default=handle)
    async with flow.executor(metrics=sink).instantiate(flow.plan, capture="out") as run:
        sink.run = run
        with suppress(Cancelled):
            for number in range(3):
                await run.send("in", number)
            await turns()
            await soon(run.next())
    assert sink.has_cancelled
    assert begun_late == []
    assert set(sink.gauges.values()) == {0}


async def test_errors_are_counted_by_their_kind() -> None:
    async def fail(payload: Any) -> None:
        raise KeyError(payload)

    sink = Sink()
    flow = small("in>out", {"out": fail})
    with pytest.raises(NodeFailed):
        await flow.executor(metrics=sink).run_once(flow.plan, "in", 1, capture="out")
    assert sink.counters == {("node_errors_total", "KeyError", "out"): 1}
    assert set(sink.gauges.values()) == {0}


async def pause(payload: Any) -> Any:
    await asyncio.sleep(3600)


@inline
def block(payload: Any) -> Any:
    time.sleep(0.02)
    return payload


async def no_payload(payload: Any) -> Any:
    return object()


async def number(payload: int) -> int:
    return payload


def asks_for_more(builder: FlowBuilder) -> None:
    builder.switch("s", "in", "/more", {"go": "out"})


@pytest.mark.parametrize(
    ("graph", "options", "failed"),
    [
        ("in>a>out", {"edges": {"in>a": {"timeout_ms": 5}}, "handlers": {"a": pause}}, ("TimeoutError", "a")),
        ("in>a>out", {"edges": {"in>a": {"timeout_ms": 5}}, "handlers": {"a": block}}, ("TimeoutError", "a")),
        ("in>a>out, in>out", {"handlers": {"in": no_payload}}, ("PayloadError", "in")),
        ("in>a, in>out", {"build": asks_for_more}, ("PointerError", "in")),
        ("in>out", {"handlers": {"out": number}}, ("ValidationError", "out")),
    ],
    ids=["in time", "later", "copied", "gated", "converted"],
)
async def test_whatever_fails_a_node_is_counted_once(
    graph: str, options: dict[str, Any], failed: tuple[str, str]
) -> None:
    sink = Sink()
    flow = small(graph, **options)
    with pytest.raises(NodeFailed) as caught:
        await soon(flow.executor(metrics=sink).run_once(flow.plan, "in", {"some": "text"}, capture="out"))
    assert (type(caught.value.cause).__name__, caught.value.alias) == failed
    errors = {key: count for key, count in sink.counters.items() if key[0] == "node_errors_total"}
    assert errors == {("node_errors_total", *failed): 1}


async def test_what_is_interrupted_is_counted_as_cancelled() -> None:
    async def hang(payload: Any) -> None:
        await asyncio.sleep(3600)

    sink = Sink()
    flow = small("in>out", {"out": hang})
    executor = flow.executor(metrics=sink)
    with pytest.raises(DeadlineExceeded):
        await executor.run_once(flow.plan, "in", 1, capture="out", deadline=0.01)
    async with executor.instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        await turns()
        run.cancel("enough")
    assert sink.counters == {
        ("cancellations_total", "deadline", "out"): 1,
        ("cancellations_total", "enough", "out"): 1,
    }
    assert set(sink.gauges.values()) == {0}


async def test_a_cancellation_says_why_the_run_ended() -> None:
    async def hang(payload: Any) -> None:
        await asyncio.sleep(3600)

    async def fail(payload: Any) -> None:
        await asyncio.sleep(0)
        raise KeyError

    sink = Sink()
    flow = small("in>out, in>side>fails", {"side": hang})
    executor = flow.executor(metrics=sink)
    assert await soon(executor.run_once(flow.plan, "in", 1, capture="out", finish="capture")) == Value(1)
    run = executor.instantiate(flow.plan, capture="out")
    await run.send("in", 1)
    await turns()
    del run
    gc.collect()
    await turns()
    flow = small("in>side, in>fails", {"side": hang, "fails": fail})
    with pytest.raises(NodeFailed):
        await soon(flow.executor(metrics=sink).run_once(flow.plan, "in", 1, capture="side"))
    assert {key[1:]: count for key, count in sink.counters.items() if key[0] == "cancellations_total"} == {
        ("ended", "side"): 1,
        ("dropped", "side"): 1,
        ("failed", "side"): 1,
    }


async def test_times_are_in_milliseconds() -> None:
    told: list[float] = []

    class Timed(Sink):
        def histogram(self, name: str, value: float, labels: Mapping[str, str]) -> None:
            told.append(value)

    async def pause(payload: Any) -> Any:
        begun = time.perf_counter()
        await asyncio.sleep(0.01)
        told.append((time.perf_counter() - begun) * 1000)

    flow = small("in", {"in": pause})
    await collect(flow.executor(metrics=Timed()).run_many(flow.plan, "in", [None], capture="in"))
    inside, reported = told
    assert inside <= reported <= inside + 1000


async def test_a_result_that_waits_for_room_is_timed() -> None:
    sink = Sink()
    flow = small("in>a>out, in>b>out")
    async with flow.executor(metrics=sink, capture_capacity=1).instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        await turns()
        assert sink.gauges["queue_depth", "capture::out"] == 1
        assert [await soon(run.next()), await soon(run.next())] == [Value(1)] * 2
        await turns()
        assert sink.observed["capture_backpressure_ms", "out"] == 1
        await run.send("in", 2)
        await turns()
        run.finish()
        assert await collect(run) == [2, 2]
    assert sink.observed["capture_backpressure_ms", "out"] == 2


async def test_no_result_waits_for_room_while_the_host_takes_what_is_there() -> None:
    sink = Sink()
    flow = small("in>a>out, in>b>out")
    results = flow.executor(metrics=sink).run_many(flow.plan, "in", range(100), capture="out")
    assert [result.value async for result in results] == [number for number in range(100) for _ in "ab"]
    assert sink.observed["capture_backpressure_ms", "out"] == 0


async def test_streams_are_counted() -> None:
    async def items(number: int) -> AsyncIterator[int]:
        for item in range(number):
            yield item

    sink = Sink()
    flow = small("in>out", {"out": stream(items)})
    result = await flow.executor(metrics=sink).run_once(flow.plan, "in", 3, capture="out")
    assert isinstance(result, Stream)
    assert [item async for item in result] == [0, 1, 2]
    assert sink.counters == {("stream_clients_total", "out"): 1}
    assert set(sink.gauges.values()) == {0}


async def test_a_handler_that_changes_what_it_returned_fails_when_ownership_is_checked() -> None:
    kept: list[list[int]] = []

    async def keep(number: int) -> list[int]:
        if kept:
            kept[-1].append(number)
        kept.append([number])
        return kept[-1]

    flow = small("in>a>out", {"a": keep})
    run = flow.executor().run_many(flow.plan, "in", [1, 2], capture="out")
    assert len(await collect(run)) == 2
    kept.clear()
    with pytest.raises(NodeFailed, match="changed a payload") as caught:
        await collect(flow.executor(check_ownership=True).run_many(flow.plan, "in", [1, 2], capture="out"))
    assert caught.value.alias == "a"
    assert isinstance(caught.value.cause, PayloadMutated)


async def test_a_change_behind_the_back_of_the_next_node_is_found_at_the_end() -> None:
    tasks: list[asyncio.Task[None]] = []

    async def change_later(payload: list[int]) -> list[int]:
        async def change() -> None:
            payload.append(2)

        tasks.append(asyncio.create_task(change()))
        return payload

    async def wait(payload: list[int]) -> list[int]:
        await asyncio.sleep(0.005)
        return payload

    flow = small("in>a>out", {"a": change_later, "out": wait})
    with pytest.raises(NodeFailed) as caught:
        await soon(flow.executor(check_ownership=True).run_once(flow.plan, "in", [1], capture="out"))
    assert caught.value.alias == "a"
    assert caught.value.result == Value([1])


async def test_a_change_that_nobody_waits_for_is_found_when_all_is_drained() -> None:
    kept: list[list[int]] = []

    async def keep(payload: list[int]) -> list[int]:
        kept.append(payload)
        return payload

    async def change(payload: list[int]) -> list[int]:
        kept[0].append(2)
        return payload

    flow = small("in>a>out", {"a": keep, "out": change})
    async with flow.executor(check_ownership=True).instantiate(flow.plan, capture="out") as run:
        await run.send("in", [1])
        await turns()
        run.finish()
        assert await soon(run.next()) == Value([1])
        with pytest.raises(NodeFailed) as caught:
            await soon(run.next())
        assert caught.value.alias == "a"


async def test_a_failure_is_what_was_raised_where_ownership_is_checked() -> None:
    cause = ValueError("no")

    async def fail(payload: Any) -> None:
        raise cause

    flow = small("in>out", {"out": fail})
    with pytest.raises(NodeFailed) as caught:
        await flow.executor(check_ownership=True).run_once(flow.plan, "in", 1, capture="out")
    assert caught.value.cause is cause


async def test_who_changes_only_what_it_owns_passes_the_check() -> None:
    async def mark(payload: dict[str, Any]) -> dict[str, Any]:
        payload["marks"] = payload.get("marks", 0) + 1
        return payload

    flow = small("in>a>b>out, in>c>out", dict.fromkeys(["in", "a", "b", "c", "out"], mark))
    executor = flow.executor(check_ownership=True)
    results = await collect(executor.run_many(flow.plan, "in", [{} for _ in range(20)], capture="out"))
    assert sorted(result["marks"] for result in results) == [3] * 20 + [4] * 20
