"""Peers that are streams: stages between channels, or operators on one another's output."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from benchmarks.cases import blocking as plain
from benchmarks.cases import same
from benchmarks.peers.shapes import LENGTH, Peer, Shapes, Take

__all__ = ["STREAMS"]


type Drain = Callable[[range], Awaitable[list[Any]]]
"""Builds a stream, feeds it some numbers and returns all that came out."""


def shapes(line: Drain, diamond: Drain | str) -> Shapes:
    """Return the programs of a library whose streams end: one that is to take one message is built for it."""

    def many(drain: Drain) -> Take:
        async def take(messages: int) -> list[Any]:
            return await drain(range(messages))

        return take

    async def single(messages: int) -> list[Any]:
        return [(await line(range(number, number + 1)))[0] for number in range(messages)]

    return Shapes(many(line), diamond if isinstance(diamond, str) else many(diamond), single)


def anyio() -> Shapes:
    """One task per node and one memory object stream per edge."""
    from anyio import create_memory_object_stream, create_task_group

    async def node(receive: Any, *sends: Any) -> None:
        async with receive:
            async for item in receive:
                result = await same(item)
                for send in sends:
                    await send.send(result)
        for send in sends:
            await send.aclose()

    async def feed(send: Any, numbers: range) -> None:
        async with send:
            for number in numbers:
                await send.send(number)

    async def run_chain(numbers: range) -> list[Any]:
        async with create_task_group() as tasks:
            send, receive = create_memory_object_stream(8)
            tasks.start_soon(feed, send, numbers)
            for _ in range(LENGTH):
                send, following = create_memory_object_stream(8)
                tasks.start_soon(node, receive, send)
                receive = following
            async with receive:
                return [item async for item in receive]

    async def run_diamond(numbers: range) -> list[Any]:
        async with create_task_group() as tasks:
            send, source = create_memory_object_stream(8)
            to_left, left = create_memory_object_stream(8)
            to_right, right = create_memory_object_stream(8)
            to_out, out = create_memory_object_stream(8)
            to_end, end = create_memory_object_stream(8)
            tasks.start_soon(feed, send, numbers)
            tasks.start_soon(node, source, to_left, to_right)
            tasks.start_soon(node, left, to_out.clone())
            tasks.start_soon(node, right, to_out)
            tasks.start_soon(node, out, to_end)
            async with end:
                return [item async for item in end]

    return shapes(run_chain, run_diamond)


def aiostream() -> Shapes:
    """A pipe of map operators over an asynchronous handler."""
    from aiostream import pipe, stream

    async def handler(item: Any, *_: Any) -> Any:
        return await same(item)

    async def run_chain(numbers: range) -> list[Any]:
        line = stream.iterate(numbers)
        for _ in range(LENGTH):
            line |= pipe.map(handler, task_limit=1)
        async with line.stream() as items:
            return [item async for item in items]

    return shapes(run_chain, "no operator gives a stream to two branches")


def pypeln() -> Shapes:
    """Stages of asyncio tasks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about pkg_resources, which requirements/peers.in sees to
        from pypeln import task

    # A worker that ends forgets its tasks before their callbacks do, and each callback fails for that. The
    # results are right, and the time that logging it takes is not to be held against the library.
    def report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "TaskPool.on_task_done" not in context["message"]:
            loop.default_exception_handler(context)

    asyncio.get_running_loop().set_exception_handler(report)

    async def source(numbers: range) -> AsyncIterator[int]:
        for number in numbers:
            yield number

    async def run_chain(numbers: range) -> list[Any]:
        stage = task.from_iterable(source(numbers), maxsize=8)
        for _ in range(LENGTH):
            stage = task.map(same, stage, workers=1, maxsize=8)
        return [item async for item in stage]

    async def run_diamond(numbers: range) -> list[Any]:
        entry = task.map(same, source(numbers), workers=1, maxsize=8)
        branches = [task.map(same, entry, workers=1, maxsize=8) for _ in range(2)]
        out = task.map(same, task.concat(branches, maxsize=8), workers=1, maxsize=8)
        return [item async for item in out]

    return shapes(run_chain, run_diamond)


def streamz() -> Shapes:
    """A source that calls the functions downstream of it for each emit."""
    from streamz import Stream

    def program(build: Callable[[Any], Any]) -> Take:
        source = Stream()
        results: list[Any] = []
        build(source).sink(results.append)

        async def take(messages: int) -> list[Any]:
            for number in range(messages):
                source.emit(number)
            taken = results.copy()
            results.clear()
            return taken

        return take

    def line(node: Any) -> Any:
        for _ in range(LENGTH):
            node = node.map(plain)
        return node

    def diamond(source: Any) -> Any:
        entry = source.map(plain)
        return entry.map(plain).union(entry.map(plain)).map(plain)

    # An emit returns when all that follows from it is done, so that one at a time is no other program.
    return Shapes(program(line), program(diamond), program(line))


def reactivex() -> Shapes:
    """An observable with map operators, and one shared by two branches."""
    import reactivex as rx
    from reactivex import operators as ops

    line = [ops.map(plain) for _ in range(LENGTH)]

    async def run_chain(messages: int) -> list[Any]:
        results: list[Any] = []
        rx.from_iterable(range(messages)).pipe(*line).subscribe(results.append)
        return results

    async def run_diamond(messages: int) -> list[Any]:
        results: list[Any] = []
        entry = rx.from_iterable(range(messages)).pipe(ops.map(plain), ops.publish())
        branches = [entry.pipe(ops.map(plain)) for _ in range(2)]
        rx.merge(*branches).pipe(ops.map(plain)).subscribe(results.append)
        entry.connect()
        return results

    async def single(messages: int) -> list[Any]:
        return [rx.just(number).pipe(*line).run() for number in range(messages)]

    return Shapes(run_chain, run_diamond, single)


STREAMS = (
    Peer("anyio", "async", "cpu", anyio),
    Peer("aiostream", "async", "cpu", aiostream),
    Peer("pypeln", "async", "cpu", pypeln),
    Peer("streamz", "plain", "cpu", streamz),
    Peer("reactivex", "plain", "cpu", reactivex),
)
