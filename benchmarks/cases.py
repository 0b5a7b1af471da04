"""What is compared: flows of identity handlers, driven in the ways that hosts drive them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

from benchmarks.baseline import Baseline
from benchmarks.timing import Program
from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, ValidatedFlow, validate

IN_THE_INBOX = 33
"""Messages at a blocking handler: one that it works on, and 32 that wait."""

type Handler = Callable[[Any], Any]


async def same(payload: Any) -> Any:
    """Return the payload."""
    return payload


async def suspended(payload: Any) -> Any:
    """Return the payload after a turn of the loop."""
    await asyncio.sleep(0)
    return payload


def blocking(payload: Any) -> Any:
    """Return the payload, as a plain function."""
    return payload


class Graph(NamedTuple):
    """Nodes and edges; the first node is sent to, the last is captured, and `results` come per message."""

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    results: int

    def flow(self, handler: Handler, permits: int) -> tuple[ValidatedFlow, FlowExecutor]:
        """Return the flow with `handler` in every node, and what runs it."""
        registry = NodeRegistry()
        builder = FlowBuilder("bench", "1.0.0")
        registry.node("bench::node")(handler)
        for node in self.nodes:
            builder.node(node, "bench::node", summary="-")
        for source, target in self.edges:
            builder.edge(source, target)
        executor = FlowExecutor(registry, trigger_capacity=permits, capture_capacity=permits)
        return validate(builder.build()), executor

    def baseline(self, handler: Callable[[Any], Awaitable[Any]], permits: int = 8) -> Baseline:
        """Return a run of baseline A with `handler` in every node."""
        return Baseline(dict.fromkeys(self.nodes, handler), self.edges, permits=permits)


def chain(length: int) -> Graph:
    """Return a line of nodes."""
    nodes = tuple(f"n{number}" for number in range(length))
    return Graph(nodes, tuple(pairwise(nodes)), 1)


def fan(width: int) -> Graph:
    """Return a node that leads to `width` others, which all lead to the last."""
    middle = tuple(f"m{number}" for number in range(width))
    edges = tuple((("in", node), (node, "out")) for node in middle)
    return Graph(("in", *middle, "out"), tuple(edge for pair in edges for edge in pair), width)


class Case(NamedTuple):
    """A row: how many times longer `slow` takes than `fast`; `target` is the least to reach, if it is set."""

    name: str
    slow: Program
    fast: Program
    target: float | None


# Baseline A ------------------------------------------------------------------------------------------------


async def a_produce_and_consume(graph: Graph, handler: Handler, messages: int, permits: int = 8) -> None:
    """Send from one task and take from another."""
    run = graph.baseline(handler, permits)

    async def produce() -> None:
        for number in range(messages):
            await run.send(number)

    producer = asyncio.create_task(produce())
    for _ in range(messages * graph.results):
        await run.next()
    await producer
    await run.close()


async def a_in_turns(graph: Graph, handler: Handler, messages: int) -> None:
    """Send and take in turns."""
    run = graph.baseline(handler)
    for number in range(messages):
        await run.send(number)
        for _ in range(graph.results):
            await run.next()
    await run.close()


async def a_once(graph: Graph, handler: Handler, messages: int) -> None:
    """Make a run for every message."""
    for number in range(messages):
        run = graph.baseline(handler)
        await run.send(number)
        await run.next()
        await run.close()


async def a_blocking(graph: Graph, messages: int) -> None:
    """Hand every message to the loop's executor."""
    loop = asyncio.get_running_loop()

    async def handler(payload: Any) -> Any:
        return await loop.run_in_executor(None, blocking, payload)

    await a_produce_and_consume(graph, handler, messages, IN_THE_INBOX)


# The kernel ------------------------------------------------------------------------------------------------


class Driven:
    """A graph in the kernel, compiled once, and the ways to drive it."""

    def __init__(self, graph: Graph, handler: Handler, permits: int = 8) -> None:
        self._graph = graph
        self._plan, self._executor = graph.flow(handler, permits)
        self._first, self._last = graph.nodes[0], graph.nodes[-1]

    async def produce_and_consume(self, messages: int) -> None:
        """Send from one task and take from another."""
        async with self._executor.instantiate(self._plan, capture=self._last) as run:

            async def produce() -> None:
                for number in range(messages):
                    await run.send(self._first, number)

            producer = asyncio.create_task(produce())
            for _ in range(messages * self._graph.results):
                await run.next()
            await producer

    async def run_many(self, messages: int) -> None:
        """Feed an iterable."""
        async for _ in self._executor.run_many(self._plan, self._first, range(messages), capture=self._last):
            pass

    async def in_turns(self, messages: int) -> None:
        """Send and take in turns."""
        async with self._executor.instantiate(self._plan, capture=self._last) as run:
            for number in range(messages):
                await run.send(self._first, number)
                for _ in range(self._graph.results):
                    await run.next()

    async def once(self, messages: int) -> None:
        """Make a run for every message."""
        for number in range(messages):
            await self._executor.run_once(self._plan, self._first, number, capture=self._last)


def throughput(
    name: str, graph: Graph, handler: Handler, messages: int, targets: dict[str, float | None]
) -> Iterator[Case]:
    """Yield the rows of one graph, one for each way to drive it that has a target."""
    driven = Driven(graph, handler)
    ways: dict[str, tuple[Callable[..., Awaitable[None]], Callable[[int], Awaitable[None]]]] = {
        "producer and consumer": (a_produce_and_consume, driven.produce_and_consume),
        "run_many": (a_produce_and_consume, driven.run_many),
        "send, next": (a_in_turns, driven.in_turns),
        "run_once": (a_once, driven.once),
    }
    for way, target in targets.items():
        slow, fast = ways[way]
        count = messages // 4 if way == "run_once" else messages
        yield Case(f"{name}, {way}", partial(slow, graph, handler, count), partial(fast, count), target)


IN_PYODIDE = {"chain of 10, run_many": 14.0, "chain of 10, send, next": 30.0, "chain of 10, run_once": 50.0}
"""The goals that are set for Pyodide; the other rows are there to be seen."""


def all_cases(scale: float, *, threads: bool) -> Iterator[Case]:
    """Yield every row that compares with baseline A; `scale` is the share of the messages to send."""
    messages = int(2000 * scale)
    ways: dict[str, float | None] = {
        "producer and consumer": 5.5,
        "run_many": 9,
        "send, next": 14,
        "run_once": 40,
    }
    yield from throughput("chain of 10", chain(10), same, messages, ways)
    branches: dict[str, float | None] = {"run_many": 10, "producer and consumer": 10}
    yield from throughput("diamond", fan(2), same, messages, branches)
    yield from throughput("fan of 100", fan(100), same, messages // 20, {"run_many": 10})
    yield from throughput("chain of 10, sleep(0)", chain(10), suspended, messages // 2, {"run_many": 1.5})
    yield from ceilings(messages)
    if threads:
        yield from blocking_cases(messages)


def blocking_cases(messages: int) -> Iterator[Case]:
    """Yield the rows of plain handlers, which leave the loop's thread."""
    goals: dict[str, tuple[int, int, float | None]] = {
        "blocking handler, 32 in its inbox": (1, messages * 4, 46),
        "10 blocking handlers in a row, 32 in the inbox": (10, messages // 2, None),
    }
    for name, (length, count, goal) in goals.items():
        graph = chain(length)
        driven = Driven(graph, blocking, IN_THE_INBOX)
        yield Case(name, partial(a_blocking, graph, count), partial(driven.run_many, count), goal)


def ceilings(messages: int) -> Iterator[Case]:
    """Yield what baseline A costs against the handlers alone: no kernel can be faster than that."""
    quick = partial(a_produce_and_consume, chain(10), same, messages)
    yield Case("chain of 10, ceiling", quick, partial(floor, 10, messages), None)
    count = messages // 2
    slow = partial(a_produce_and_consume, chain(10), suspended, count)
    yield Case("chain of 10, sleep(0), ceiling", slow, partial(floor_in_tasks, 10, count), None)


async def floor(hops: int, messages: int, handler: Handler = same) -> None:
    """Await handlers one after the other: what no kernel can beat."""
    handlers = [handler] * hops
    for number in range(messages):
        payload: Any = number
        for one in handlers:
            payload = await one(payload)


async def floor_in_tasks(hops: int, messages: int, permits: int = 8) -> None:
    """Await handlers that suspend, for as many messages at once as a run has permits."""
    async with asyncio.TaskGroup() as group:
        for _ in range(permits):
            group.create_task(floor(hops, messages // permits, suspended))
