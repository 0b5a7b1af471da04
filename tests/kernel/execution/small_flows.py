"""Small flows for tests: a graph written as text, and handlers by alias."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from kernel_exec import FlowBuilder, FlowExecutor, FlowInstance, NodeRegistry, Stream, ValidatedFlow, validate
from kernel_exec.flow_ir import Durability

Handler = Callable[..., Any]


class Marked(NamedTuple):
    """A handler with the options of its registration."""

    handler: Handler
    options: dict[str, bool]


def stream(handler: Handler) -> Marked:
    return Marked(handler, {"stream": True})


def halts(handler: Handler) -> Marked:
    return Marked(handler, {"halts": True})


def inline(handler: Handler) -> Marked:
    return Marked(handler, {"inline": True})


async def same(payload: Any) -> Any:
    """Return the payload: what a node does that no test gives a handler."""
    return payload


class Gate:
    """A handler that lets payloads pass once it is open."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.passed: list[Any] = []

    async def __call__(self, payload: Any) -> Any:
        await self.open.wait()
        self.passed.append(payload)
        return payload


class Small(NamedTuple):
    """A flow and the registry that serves it."""

    plan: ValidatedFlow
    registry: NodeRegistry

    def executor(self, **options: Any) -> FlowExecutor:
        return FlowExecutor(self.registry, **{"resources": {"blob": object()}, **options})


def small(
    graph: str,
    handlers: Mapping[str, Handler | Marked] = {},
    *,
    edges: Mapping[str, Mapping[str, Any]] = {},
    build: Callable[[FlowBuilder], object] = lambda builder: None,
    default: Handler = same,
) -> Small:
    """Return the flow of a graph such as `in>a>out, in>b>out`.

    `edges` gives fields of an edge by its name, such as `{"a>out": {"timeout_ms": 5}}`; `build` may add more.
    """
    registry = NodeRegistry()
    builder = FlowBuilder("small", "1.0.0")
    names: dict[str, None] = {}
    pairs: list[tuple[str, str]] = []
    for line in graph.replace(" ", "").split(","):
        stops = line.split(">")
        names.update(dict.fromkeys(stops))
        pairs.extend(pairwise(stops))
    identifiers: dict[int, str] = {}  # nodes with the same handler share its registration
    for name in names:
        given = handlers.get(name, default)
        handler, options = given if isinstance(given, Marked) else (given, {})
        if id(given) not in identifiers:
            identifiers[id(given)] = f"test::{name}"
            registry.node(f"test::{name}", **options)(handler)
        durability = Durability(halts=True) if options.get("halts") else Durability()
        hints = ["resource::blob::write"] if edges and name == next(iter(names)) else []
        builder.node(
            name,
            identifiers[id(given)],
            summary="-",
            durability=durability,
            effects="read_only",
            effect_hints=hints,
        )
    for source, target in pairs:
        builder.edge(source, target, **edges.get(f"{source}>{target}", {}))
    build(builder)
    return Small(validate(builder.build()), registry)


async def soon[T](awaitable: Awaitable[T], seconds: float = 10.0) -> T:
    """Await what must not hang."""
    return await asyncio.wait_for(awaitable, seconds)


async def close_early(run: FlowInstance, number: int) -> None:
    """Send a number to a handler that streams it for ever, take one item, and close the stream."""
    await soon(run.send("in", number))
    result = await soon(run.next())
    assert isinstance(result, Stream)
    assert await soon(anext(result)) == number
    await soon(result.aclose())


async def turns(count: int = 60) -> None:
    """Give the loop so many turns that everything has happened that can without waiting for time to pass."""
    for _ in range(count):
        await asyncio.sleep(0)


async def collect(results: AsyncIterator[Any]) -> list[Any]:
    """Return the values of results until they end."""

    async def values() -> list[Any]:
        return [result.value async for result in results]

    return await soon(values())


async def slowly(payloads: Iterable[Any]) -> AsyncIterator[Any]:
    """Yield payloads with a turn of the loop before each."""
    for payload in payloads:
        await asyncio.sleep(0)
        yield payload


class Endless:
    """A handler that yields for ever, and tells when it was stopped."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()
        self.yielded = 0

    async def __call__(self, payload: Any) -> AsyncIterator[int]:
        try:
            while True:
                self.yielded += 1
                yield self.yielded
                await asyncio.sleep(0)
        finally:
            self.stopped.set()


async def count(number: int) -> AsyncIterator[int]:
    for item in range(number):
        yield item


async def items_of(result: Any) -> list[Any]:
    assert isinstance(result, Stream)

    async def all_items() -> list[Any]:
        return [item async for item in result]

    return await soon(all_items())
