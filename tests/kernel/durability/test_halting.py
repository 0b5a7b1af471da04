"""A node that halts ends its run with a checkpoint, and a resume goes on from there with an answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from durable_flows import Shop, forever

from kernel_exec import (
    SKIP,
    CheckpointNotFound,
    DeadlineExceeded,
    Halted,
    NodeContext,
    NodeFailed,
    PayloadError,
    Value,
)
from kernel_exec.durability import MemoryCheckpoints


def halted(result: Any) -> str:
    """Return the checkpoint that a run halted with."""
    assert isinstance(result, Halted), result
    assert result.checkpoint is not None
    return result.checkpoint


async def test_a_run_halts_with_what_the_node_returned_and_a_checkpoint() -> None:
    shop = Shop("in > ask > out", halts="ask")
    result = await shop.run()
    assert result == Halted("ask", ["in", "ask"], halted(result))
    assert await shop.store.list() == [halted(result)]
    assert shop.did("out") == []


async def test_a_resume_sends_the_answer_on_and_acknowledges_when_the_run_has_ended() -> None:
    shop = Shop("in > ask > check > out", halts="ask")
    checkpoint = halted(await shop.run())
    assert await shop.resume(checkpoint, ["yes"]) == Value(["yes", "check", "out"])
    assert [node for node, _, _ in shop.effects] == ["in", "ask", "check", "out"]
    assert await shop.store.list() == []
    with pytest.raises(CheckpointNotFound):
        await shop.resume(checkpoint, ["again"])


async def test_the_answer_goes_where_a_switch_sends_it_and_to_every_branch() -> None:
    shop = Shop(
        "in > ask, ask > yes, ask > no, ask > log, yes > out, no > out, log > end",
        halts="ask",
        build=lambda builder: builder.switch("s", "ask", "/answer", cases={"y": "yes", "n": "no"}),
    )
    shop.handlers = {name: _give(name) for name in ("in", "ask", "yes", "no", "log", "out", "end")}
    checkpoint = halted(await shop.run())
    assert await shop.resume(checkpoint, {"answer": "n"}) == Value("out")
    assert (shop.did("yes"), shop.did("no"), shop.did("log")) == ([], [{"answer": "n"}], [{"answer": "n"}])


def _give(what: Any) -> Any:
    async def handler(payload: Any, ctx: NodeContext) -> Any:
        return what

    return handler


async def test_the_answer_is_the_result_where_the_capture_node_halts() -> None:
    shop = Shop("in > out", halts="out")
    assert await shop.resume(halted(await shop.run()), {"answer": 42}) == Value({"answer": 42})


async def test_a_resumed_run_may_halt_again() -> None:
    shop = Shop("in > first > second > out", halts="first second")
    once = halted(await shop.run())
    twice = await shop.resume(once, ["one"])
    assert twice == Halted("second", ["one", "second"], halted(twice))
    assert await shop.resume(halted(twice), ["two"]) == Value(["two", "out"])
    assert await shop.store.list() == []


async def test_a_halting_node_that_skips_does_not_halt() -> None:
    shop = Shop("in > ask, in > out", {"ask": _give(SKIP)}, halts="ask")
    assert await shop.run() == Value(["in", "out"])
    assert await shop.store.list() == []


async def test_what_was_on_its_way_beside_is_taken_up_again_with_the_same_key() -> None:
    went_on = asyncio.Event()

    async def slow(payload: Any, ctx: NodeContext) -> Any:
        if ctx.checkpoint is None:
            went_on.set()
            await asyncio.Event().wait()
        return "slow"

    async def ask(payload: Any, ctx: NodeContext) -> Any:
        await went_on.wait()
        return "question"

    shop = Shop("in > slow > end, in > ask > out", {"slow": slow, "ask": ask}, halts="ask")
    checkpoint = halted(await shop.run())
    assert shop.did("end") == []
    shop.handlers["end"] = _give("end")
    assert await shop.resume(checkpoint, ["answer"]) == Value(["answer", "out"])
    assert shop.did("end") == ["slow"]
    keys = [key for node, _, key in shop.effects if node == "slow"]
    assert len(keys) == 2
    assert len(set(keys)) == 1


async def test_a_handler_can_tell_that_its_run_was_resumed() -> None:
    shop = Shop("in > ask > out", halts="ask")
    checkpoint = halted(await shop.run())
    await shop.resume(checkpoint, [])
    first, second = shop.contexts[0], shop.contexts[-1]
    assert first.checkpoint is None
    assert "lf.checkpoint_id" not in first.labels
    assert second.checkpoint is not None
    assert second.checkpoint.id == checkpoint
    assert second.checkpoint.attempt == 1
    assert second.labels["lf.run_id"] == first.labels["lf.run_id"]
    assert second.labels["lf.trigger_alias"] == "in"
    assert second.labels["lf.capture_alias"] == "out"
    assert second.labels["lf.checkpoint_id"] == checkpoint
    assert second.labels["lf.resume_id"] == second.checkpoint.resume_id
    assert second.labels["lf.resume_attempt"] == "1"


async def test_a_resume_that_failed_can_be_tried_again_and_counts() -> None:
    shop = Shop("in > ask > out", {"out": _fail_until(2)}, halts="ask")
    checkpoint = halted(await shop.run())
    with pytest.raises(NodeFailed):
        await shop.resume(checkpoint, ["a"])
    with pytest.raises(NodeFailed):
        await shop.resume(checkpoint, ["b"])
    assert await shop.resume(checkpoint, ["c"]) == Value(["c"])
    attempts = [ctx.labels["lf.resume_attempt"] for ctx in shop.contexts if ctx.alias == "out"]
    assert attempts == ["1", "2", "3"]


def _fail_until(attempt: int) -> Any:
    async def handler(payload: Any, ctx: NodeContext) -> Any:
        assert ctx.checkpoint is not None
        if ctx.checkpoint.attempt <= attempt:
            raise RuntimeError("not yet")
        return payload

    return handler


async def test_a_resume_has_a_deadline() -> None:
    shop = Shop("in > ask > out", {"out": forever}, halts="ask")
    checkpoint = halted(await shop.run())
    with pytest.raises(DeadlineExceeded):
        await shop.resume(checkpoint, [], deadline=0.05)
    shop.handlers.clear()
    assert await shop.resume(checkpoint, []) == Value(["out"])


async def slowly(payloads: list[Any]) -> AsyncIterator[Any]:
    for payload in payloads:
        await asyncio.sleep(0)
        yield payload


@pytest.mark.parametrize("source", [list, slowly])
async def test_many_payloads_give_the_halt_and_then_end(source: Any) -> None:
    it = Shop("in > ask > out", halts="ask")
    payloads = source([[1], [2], [3]])
    results = it.executor().run_many(it.plan, "in", payloads, capture="out")
    (halted,) = [result async for result in results]
    assert isinstance(halted, Halted)
    assert halted.payload == [1, "in", "ask"]
    assert await it.store.list() == [halted.checkpoint]


async def test_an_instance_gives_the_halt_and_then_ends() -> None:
    shop = Shop("in > ask > out", halts="ask")
    async with shop.executor().instantiate(shop.plan, capture="out") as run:
        await run.send("in", [])
        checkpoint = halted(await run.next())
        with pytest.raises(StopAsyncIteration):
            await run.next()
    assert await shop.resume(checkpoint, []) == Value(["out"])


async def test_messages_that_waited_in_an_instance_are_in_the_checkpoint() -> None:
    async def ask(payload: Any, ctx: NodeContext) -> Any:
        return payload if payload["number"] == 2 else SKIP

    shop = Shop("in > ask > out", {"in": _same, "ask": ask, "out": _same}, halts="ask")
    async with shop.executor().instantiate(shop.plan, capture="out") as run:
        for number in range(5):
            await run.send("in", {"number": number})
        checkpoint = halted(await run.next())
    shop.effects.clear()
    assert await shop.resume(checkpoint, {"number": "answer"}) == Value({"number": "answer"})
    assert sorted(payload["number"] for payload in shop.did("ask")) == [3, 4]


async def _same(payload: Any, ctx: NodeContext) -> Any:
    return payload


class Noting(MemoryCheckpoints):
    """A store that notes what is asked of it, and is slow to take a lease back."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def put(self, checkpoint_id: str, data: bytes, *, owner: str, expires: float | None) -> bool:
        self.asked.append("put")
        return await super().put(checkpoint_id, data, owner=owner, expires=expires)

    async def lease(self, checkpoint_id: str, *, owner: str, seconds: float) -> bool:
        self.asked.append("lease")
        return await super().lease(checkpoint_id, owner=owner, seconds=seconds)

    async def release(self, checkpoint_id: str, *, owner: str) -> None:
        self.asked.append("release")
        await asyncio.sleep(0.03)
        await super().release(checkpoint_id, owner=owner)


async def test_nothing_is_kept_while_a_halt_gives_the_lease_back() -> None:
    async def later(payload: Any, ctx: NodeContext) -> Any:
        await asyncio.sleep(0.002)
        return payload

    store = Noting()
    beside = dict.fromkeys("abcd", later)
    shop = Shop("in > ask > out, in > a > b > c > d", beside, halts="ask", mode="strong", store=store)
    halted(await shop.run())
    assert len(shop.did("b")) == 1
    assert store.asked.count("release") == 1
    assert store.asked[-1] == "release"


async def test_a_flow_that_cannot_halt_and_is_not_strong_keeps_nothing() -> None:
    shop = Shop("in > out")
    assert await shop.run() == Value(["in", "out"])
    assert await shop.store.list() == []


class Basket(msgspec.Struct):
    lines: list[str]
    total: Any = 2**70


async def test_payloads_come_back_with_their_types() -> None:
    shop = Shop("in > ask > out, in > aside", {"in": _give(Basket(["a"])), "aside": forever}, halts="ask")
    shop.handlers["ask"] = _same
    checkpoint = halted(await shop.run())
    shop.handlers |= {"aside": _same, "out": _same}
    assert await shop.resume(checkpoint, Basket(["answer"])) == Value(Basket(["answer"]))
    assert shop.did("aside")[-1] == Basket(["a"])


async def test_a_node_that_returns_no_payload_fails() -> None:
    shop = Shop("in > ask > out", {"ask": _give({1, 2})}, halts="ask")
    with pytest.raises(NodeFailed, match="there is a set") as caught:
        await shop.run()
    assert caught.value.alias == "ask"
    assert isinstance(caught.value.cause, PayloadError)


async def test_the_time_that_an_edge_allows_is_kept_after_a_resume() -> None:
    shop = Shop(
        "in > slow, in > ask > out",
        {"slow": forever, "ask": _after_a_while},
        halts="ask",
        timeouts={"in>slow": 60_000},
    )
    checkpoint = halted(await shop.run())
    again = Shop(
        "in > slow, in > ask > out",
        {"slow": forever, "out": forever},
        halts="ask",
        timeouts={"in>slow": 50},
        store=shop.store,
    )
    with pytest.raises(NodeFailed, match="in->slow was not handled within") as caught:
        await again.resume(checkpoint, [])
    assert caught.value.alias == "slow"


async def _after_a_while(payload: Any, ctx: NodeContext) -> Any:
    await asyncio.sleep(0.01)
    return payload
