"""Who owns a payload: handed over along a chain, copied for every further branch (decision 6)."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from msgspec import Struct
from small_flows import collect, small

from kernel_exec import NodeFailed, PayloadError, Value


class Order(Struct):
    """A payload of its own type."""

    lines: list[str]
    total: float = 0.0


@dataclass
class Note:
    """A payload that is a dataclass."""

    text: str
    tags: dict[str, Any]


PAYLOADS = [
    {"a": [1, 2.5, None, True], "b": {"c": "d"}},
    [10**40, float("inf"), -0.0],
    Order(["x", "y"], 3.5),
    Note("n", {"k": [Order(["z"])]}),
    "text",
    None,
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: type(payload).__name__)
async def test_along_a_chain_the_object_itself_is_handed_over(payload: Any) -> None:
    seen = []

    async def see(payload: Any) -> Any:
        seen.append(payload)
        return payload

    flow = small("in>a>out", {"in": see, "a": see})
    result = await flow.executor().run_once(flow.plan, "in", payload, capture="out")
    assert isinstance(result, Value)
    assert all(each is payload for each in (*seen, result.value))


async def test_along_a_chain_nothing_is_copied_encoded_or_looked_into() -> None:
    looked_into: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.parent.name == "payloads" and file.stem in ("copying", "codec", "shapes"):
            looked_into.add(file.stem)

    async def run(graph: str) -> None:
        flow = small(graph)
        executor = flow.executor()
        sys.setprofile(note)
        try:
            async for _ in executor.run_many(flow.plan, "in", [{"seen": []}] * 20, capture="out"):
                pass
            await executor.run_once(flow.plan, "in", {"seen": []}, capture="out")
        finally:
            sys.setprofile(None)

    await run("in>a>b>c>out")
    assert not looked_into
    await run("in>a>out, in>b>out")
    assert "copying" in looked_into


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: type(payload).__name__)
async def test_every_branch_gets_an_equal_payload_of_the_same_type(payload: Any) -> None:
    flow = small("in>a>out, in>b>out, in>c>out, in>out")
    results = await collect(flow.executor().run_many(flow.plan, "in", [payload], capture="out"))
    assert len(results) == 4
    assert all(result == payload and type(result) is type(payload) for result in results)


async def test_no_branch_sees_what_another_does_to_its_payload() -> None:
    async def mark(payload: Any) -> Any:
        await asyncio.sleep(0)
        payload["seen"].append("mark")
        return payload

    def mark_at_once(payload: Any) -> Any:
        payload["seen"].append("mark")
        return payload

    flow = small("in>a>out, in>b>out, in>c>out", {"a": mark, "b": mark_at_once, "c": mark})
    results = await collect(flow.executor().run_many(flow.plan, "in", [{"seen": []}], capture="out"))
    assert results == [{"seen": ["mark"]}] * 3


async def test_a_branch_that_waits_for_room_is_not_touched_meanwhile() -> None:
    gate = asyncio.Event()

    async def mark(payload: Any) -> Any:
        payload["seen"] = True
        gate.set()
        return payload

    async def wait(payload: Any) -> Any:
        await gate.wait()
        await asyncio.sleep(0)
        return payload

    flow = small("in>a>out, in>b>out", {"a": mark, "b": wait})
    payloads = [{"number": number} for number in range(20)]
    results = await collect(flow.executor(edge_capacity=1).run_many(flow.plan, "in", payloads, capture="out"))
    assert sum("seen" in result for result in results) == 20


async def test_a_capture_that_forwards_gives_away_a_copy() -> None:
    async def mark(payload: Any) -> Any:
        payload.append("after")

    flow = small("in>middle>after", {"after": mark})
    assert await flow.executor().run_once(flow.plan, "in", [], capture="middle") == Value([])


async def test_shared_payloads_are_not_copied() -> None:
    flow = small("in>a>out, in>b>out")
    payload = {"x": object()}
    executor = flow.executor(payloads="shared")
    results = await collect(executor.run_many(flow.plan, "in", [payload], capture="out"))
    assert all(result is payload for result in results)


async def test_what_is_no_payload_passes_along_a_chain_and_fails_where_it_would_be_copied() -> None:
    odd = object()
    chain = small("in>a>out")
    assert await chain.executor().run_once(chain.plan, "in", odd, capture="out") == Value(odd)
    fork = small("in>a>out, a>b")
    executor = fork.executor()
    for warm in (False, True):  # quick handlers are run in other ways once they are known
        with pytest.raises(NodeFailed) as caught:
            await executor.run_once(fork.plan, "in", odd, capture="out")
        assert caught.value.alias == "a"
        assert isinstance(caught.value.cause, PayloadError)
        for number in range(0 if warm else 50):
            assert await executor.run_once(fork.plan, "in", number, capture="out") == Value(number)


async def test_a_payload_is_converted_to_the_annotation_of_its_handler() -> None:
    async def total(order: Order) -> int:
        return len(order.lines)

    flow = small("in>out", {"out": total})
    executor = flow.executor()
    assert await executor.run_once(flow.plan, "in", {"lines": ["a", "b"]}, capture="out") == Value(2)
    with pytest.raises(NodeFailed) as caught:
        await executor.run_once(flow.plan, "in", {"lines": 3}, capture="out")
    assert caught.value.alias == "out"


async def test_selectors_read_the_json_form_of_structs() -> None:
    flow = small("in>a>out", build=lambda b: b.switch("s", "in", "/lines/0", {"x": "a"}))
    order = Order(["x"])
    assert await flow.executor().run_once(flow.plan, "in", order, capture="out") == Value(order)
    flow = small("in>a>out", build=lambda b: b.switch("s", "in", "/order/lines/0", {"x": "a"}))
    held = {"order": order}
    assert await flow.executor().run_once(flow.plan, "in", held, capture="out") == Value(held)


@pytest.mark.parametrize("before", [0, 3], ids=["idle", "busy"])
async def test_all_branches_but_one_get_a_copy(before: int) -> None:
    payloads = [[number] for number in range(before + 1)]
    got: list[Any] = []

    async def keep(payload: Any) -> Any:
        await asyncio.sleep(0)
        got.append(payload)
        return payload

    flow = small("in>a, in>b, in>out", {"a": keep, "b": keep, "out": keep})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        for payload in payloads:
            await run.send("in", payload)
        run.finish()
        await collect(run)
    for payload in payloads:
        assert sum(each is payload for each in got) == 1
        assert got.count(payload) == 3
