"""Rows of plain handlers: the same flow gives the same in both worlds, on whatever thread they run."""

from collections.abc import Callable
from typing import Any

import pytest
from small_flows import collect, small, soon

from kernel_exec import SKIP, NodeFailed, Value


def noting(log: list[Any], handler: Callable[[int], Any]) -> Callable[[int], Any]:
    """Return `handler` with every payload noted."""

    def note(payload: int) -> Any:
        log.append(payload)
        return handler(payload)

    return note


def add_one(number: int) -> int:
    return number + 1


async def test_a_row_of_plain_handlers_keeps_the_order_at_every_node() -> None:
    logs: dict[str, list[int]] = {alias: [] for alias in "abcd"}
    flow = small("a>b>c>d", {alias: noting(log, add_one) for alias, log in logs.items()})
    results = flow.executor().run_many(flow.plan, "a", range(100), capture="d")
    assert await collect(results) == list(range(4, 104))
    for before, alias in enumerate("abcd"):
        assert logs[alias] == list(range(before, before + 100))


async def test_what_a_plain_handler_in_a_row_skips_goes_no_further() -> None:
    reached: list[int] = []
    flow = small(
        "a>b>c",
        {
            "a": lambda number: number,
            "b": lambda number: SKIP if number % 3 else number,
            "c": noting(reached, lambda number: number),
        },
    )
    results = flow.executor(capture_capacity=2).run_many(flow.plan, "a", range(30), capture="c")
    assert await collect(results) == reached == list(range(0, 30, 3))


@pytest.mark.parametrize("alias", ["a", "b", "c"])
async def test_a_failure_in_a_row_of_plain_handlers_names_its_node(alias: str) -> None:
    cause = ValueError("not this one")

    def fail(number: int) -> int:
        raise cause

    flow = small("a>b>c", {name: fail if name == alias else add_one for name in "abc"})
    with pytest.raises(NodeFailed) as caught:
        await soon(flow.executor().run_once(flow.plan, "a", 1, capture="c"))
    assert (caught.value.alias, caught.value.cause) == (alias, cause)
    assert str(caught.value) == f"node '{alias}' failed: ValueError: not this one"


async def test_plain_and_async_handlers_take_turns_in_a_row() -> None:
    async def double(number: int) -> int:
        return number * 2

    flow = small("a>b>c>d>e", {"a": add_one, "b": add_one, "c": double, "d": add_one, "e": add_one})
    results = flow.executor().run_many(flow.plan, "a", range(50), capture="e")
    assert await collect(results) == [(number + 2) * 2 + 2 for number in range(50)]


async def test_a_row_of_plain_handlers_that_is_captured_within_emits_and_forwards() -> None:
    beyond: list[int] = []
    flow = small("a>b>c", {"a": add_one, "b": add_one, "c": noting(beyond, add_one)})
    results = flow.executor().run_many(flow.plan, "a", range(20), capture="b")
    assert await collect(results) == beyond == list(range(2, 22))


async def test_a_row_of_plain_handlers_serves_run_after_run() -> None:
    flow = small("a>b>c", dict.fromkeys("abc", add_one))
    executor = flow.executor()
    for number in range(30):
        assert await soon(executor.run_once(flow.plan, "a", number, capture="c")) == Value(number + 3)


@pytest.mark.parametrize("limit", [None, 2_000])
async def test_a_row_of_plain_handlers_keeps_to_the_limit_in_bytes(limit: int | None) -> None:
    flow = small("a>b>c", dict.fromkeys("abc", lambda text: text + "x"))
    results = flow.executor(queue_limit_bytes=limit).run_many(flow.plan, "a", ["y" * 100] * 40, capture="c")
    assert await collect(results) == ["y" * 100 + "xxx"] * 40
