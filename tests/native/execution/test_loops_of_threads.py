"""Loops on several threads at once: what all of them share stays whole whenever another comes between."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import make_dataclass
from typing import Any

from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, Result, Value, validate
from kernel_exec.metrics import Meter
from kernel_exec.payloads import decode, encode


def on_a_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_loop_may_come_while_another_thread_looks_for_closed_ones() -> None:
    registry = NodeRegistry()

    @registry.node("test::same")
    async def same(payload: Any) -> Any:
        return payload

    plan = validate(FlowBuilder("f", "1.0.0").node("a", "test::same", summary="-").build())
    executor = FlowExecutor(registry)
    between: list[Callable[[], object]] = []

    class Loop(asyncio.SelectorEventLoop):
        def is_closed(self) -> bool:
            if between and threading.current_thread() is threading.main_thread():
                on_a_thread(between.pop())
            return super().is_closed()

    def run() -> Result:
        with asyncio.Runner(loop_factory=Loop) as runner:
            loops.append(runner.get_loop())
            return runner.run(executor.run_once(plan, "a", 1, capture="a"))

    loops: list[object] = []  # they stay, closed
    run()
    between.append(run)
    assert run() == Value(1)
    assert len(loops) == 3


def test_the_last_report_of_a_gauge_tells_its_level_whichever_thread_makes_it() -> None:
    reported: list[float] = []
    others: list[threading.Thread] = []

    class Sink:
        def gauge(self, name: str, value: float, labels: Mapping[str, str]) -> None:
            if not others:  # another thread comes between, if it can
                others.append(threading.Thread(target=meter.for_run("f", "dev").enqueued, args=("a->b",)))
                others[0].start()
                others[0].join(0.1)
            reported.append(value)

        def counter(self, name: str, value: float, labels: Mapping[str, str]) -> None: ...

        def histogram(self, name: str, value: float, labels: Mapping[str, str]) -> None: ...

    meter = Meter(Sink())
    meter.for_run("f", "dev").enqueued("a->b")
    others[0].join()
    assert reported == [1, 2]


def test_classes_that_two_threads_meet_at_the_same_time_are_told_apart() -> None:
    between: list[Callable[[], object]] = []

    class Meta(type):
        def __hash__(cls) -> int:
            if between and threading.current_thread() is threading.main_thread():
                on_a_thread(between.pop())
            return super().__hash__()

    others: list[Any] = []

    def encode_another() -> None:
        other = make_dataclass("Other", ["value"])(1)
        others.append((other, encode(other)))

    kind = make_dataclass("One", ["value"], namespace={}, bases=(Meta("Base", (), {}),))
    between.extend([encode_another] * 10)
    data = encode(kind(1))
    assert decode(data) == kind(1)
    assert all(decode(written) == other for other, written in others)
    assert others
