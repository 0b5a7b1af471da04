"""A line of handlers that proved quick is run as a whole; one of them that waits is a node like any other."""

import asyncio
from collections import defaultdict
from typing import Any

import pytest
from small_flows import small, soon, turns

from kernel_exec import Cancelled, FlowInstance, NodeFailed

QUICK = range(100)
"""Messages after which a run takes its handlers to be quick."""


class Gates:
    """Nodes of one letter that let numbers pass; `"bc1"` is kept at `b` and at `c` until it is let on."""

    def __init__(self, graph: str = "a>b>c>d", capture: str = "d") -> None:
        self.inside: list[str] = []
        self._doors: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._flow = small(graph, {alias: self._gate(alias) for alias in "abcde" if alias in graph})
        self._capture = capture

    def _gate(self, alias: str) -> Any:
        async def handle(payload: Any) -> Any:
            if alias in str(payload):
                place = f"{payload} at {alias}"
                self.inside.append(place)
                await self._doors[place].wait()
                self.inside.remove(place)
            return payload

        return handle

    async def let_on(self, place: str) -> None:
        self._doors[place].set()
        await turns()

    async def run(self, *, results: int = 1) -> FlowInstance:
        """Return a run that takes its handlers to be quick."""
        run = self._flow.executor().instantiate(self._flow.plan, capture=self._capture)
        for number in QUICK:
            await run.send("a", number)
            for _ in range(results):
                assert (await soon(run.next())).value == number
        return run


async def send(run: FlowInstance, *payloads: Any) -> None:
    for payload in payloads:
        await run.send("a", payload)
        await turns()


async def test_a_node_that_waits_takes_no_other_message() -> None:
    gates = Gates()
    async with await gates.run() as run:
        await send(run, "b1", "b2", 3)
        assert gates.inside == ["b1 at b"]
        await gates.let_on("b1 at b")
        assert gates.inside == ["b2 at b"]
        await gates.let_on("b2 at b")
        assert [(await soon(run.next())).value for _ in range(3)] == ["b1", "b2", 3]


async def test_a_message_that_has_waited_holds_no_node_but_the_one_it_is_at() -> None:
    gates = Gates()
    async with await gates.run() as run:
        await send(run, "bc1")
        await gates.let_on("bc1 at b")
        await send(run, "ab2", "a3")
        assert gates.inside == ["bc1 at c", "ab2 at a"]
        await gates.let_on("ab2 at a")
        assert set(gates.inside) == {"bc1 at c", "ab2 at b", "a3 at a"}
        for place in ("a3 at a", "bc1 at c", "ab2 at b"):
            await gates.let_on(place)
        assert [(await soon(run.next())).value for _ in range(3)] == ["bc1", "ab2", "a3"]


async def test_a_message_that_waits_where_branches_join_keeps_all_others_from_there() -> None:
    gates = Gates("a>b>d>e, a>c>d", "e")
    async with await gates.run(results=2) as run:
        await send(run, "d1")
        assert gates.inside == ["d1 at d"]
        await send(run, "d2", 3)
        assert gates.inside == ["d1 at d"]
        await gates.let_on("d1 at d")
        await gates.let_on("d2 at d")
        assert [(await soon(run.next())).value for _ in range(6)] == ["d1", "d1", "d2", "d2", 3, 3]


async def test_who_fails_where_branches_join_is_named() -> None:
    flow = small("a>b>d>e, a>c>d", {"e": _fails_at(200)})
    results = flow.executor().run_many(flow.plan, "a", range(1000), capture="e")
    with pytest.raises(NodeFailed) as raised:
        async for _ in results:
            pass
    assert raised.value.alias == "e"


async def test_who_returned_what_cannot_be_copied_is_named_behind_a_line() -> None:
    async def strange(payload: int) -> object:
        return payload if payload < 200 else object()

    flow = small("a>b>c>d>f, c>e>f", {"c": strange})
    with pytest.raises(NodeFailed) as raised:
        async for _ in flow.executor().run_many(flow.plan, "a", range(1000), capture="f"):
            pass
    assert raised.value.alias == "c"


def _fails_at(number: int) -> Any:
    async def handle(payload: int) -> int:
        if payload == number:
            raise ValueError(payload)
        return payload

    return handle


@pytest.mark.parametrize("waits", [False, True])
async def test_who_fails_is_named_wherever_it_stands(waits: bool) -> None:
    async def wait(payload: int) -> int:
        if payload < 0 and waits:
            await asyncio.sleep(0)
        return payload

    async def fail(payload: int) -> int:
        if payload < 0:
            raise ValueError(payload)
        return payload

    flow = small("a>b>c>d", {"b": wait, "c": fail})
    async with flow.executor().instantiate(flow.plan, capture="d") as run:
        for number in QUICK:
            await run.send("a", number)
            await soon(run.next())
        await send(run, -1)
        with pytest.raises(NodeFailed) as caught:
            await soon(run.next())
    assert caught.value.alias == "c"


@pytest.mark.parametrize("messages_before", [0, len(QUICK)])
async def test_a_handler_that_cancels_its_run_and_waits_is_cancelled(messages_before: int) -> None:
    ended: list[str] = []

    async def cancel(payload: int) -> int:
        if payload < 0:
            run.cancel("from inside")
            try:
                await asyncio.sleep(60)
            finally:
                ended.append("here")
        return payload

    flow = small("a>b>c>d", {"b": cancel})
    async with flow.executor().instantiate(flow.plan, capture="d") as run:
        for number in QUICK[:messages_before]:
            await run.send("a", number)
            await soon(run.next())
        await send(run, -1)
        assert ended == ["here"]
        with pytest.raises(Cancelled, match="from inside"):
            await soon(run.next())


@pytest.mark.parametrize(
    ("limits", "kept"),
    [({"capture_capacity": 3}, 3), ({"queue_limit_bytes": 10_000, "capture_capacity": 100}, 2)],
)
async def test_a_line_carries_on_no_more_than_the_host_has_room_for(
    limits: dict[str, int], kept: int
) -> None:
    made: list[int] = []

    async def grow(payload: int) -> Any:
        if payload < 0:
            made.append(payload)
            return "y" * 4_000
        return payload

    flow = small("in>x>a,in>y>a,a>b>c>d", {"d": grow})  # two results of each message
    async with flow.executor(**limits).instantiate(flow.plan, capture="d") as run:
        for number in QUICK:
            await run.send("in", number)
            assert [(await soon(run.next())).value for _ in range(2)] == [number, number]
        for number in range(-3, 0):
            await soon(run.send("in", number))
            await turns()
        assert len(made) == kept + 1  # the last one waits at its node
        await soon(run.next())
        await turns()
        assert len(made) == kept + 2
