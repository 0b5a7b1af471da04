"""Baseline A, the kernel that everybody would write: one task per node and one `asyncio.Queue` per edge.

It does what the compared flows need and no more: bounded edges, permits, fan-out, and a capture queue. It has
no streams, surfaces, spill, deadlines, metrics or isolation of payloads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

type Handler = Callable[[Any], Awaitable[Any]]


class Baseline:
    """One run: `handlers` by node, `edges` as pairs; the first node is sent to, the last captured."""

    def __init__(
        self,
        handlers: dict[str, Handler],
        edges: Sequence[tuple[str, str]],
        *,
        capacity: int = 32,
        permits: int = 8,
    ) -> None:
        self._permits = asyncio.Semaphore(permits)
        self._captured: asyncio.Queue[tuple[Any, bool]] = asyncio.Queue(permits)
        self._capture = list(handlers)[-1]
        self._entrance: asyncio.Queue[tuple[Any, bool]] = asyncio.Queue(permits)
        inbound: dict[str, list[asyncio.Queue[tuple[Any, bool]]]] = {node: [] for node in handlers}
        outbound: dict[str, list[asyncio.Queue[tuple[Any, bool]]]] = {node: [] for node in handlers}
        inbound[next(iter(handlers))].append(self._entrance)
        for source, target in edges:
            queue: asyncio.Queue[tuple[Any, bool]] = asyncio.Queue(capacity)
            outbound[source].append(queue)
            inbound[target].append(queue)
        self._tasks: list[asyncio.Task[None]] = []
        for node, handler in handlers.items():
            inbox = self._merge(inbound[node])
            work = self._work(inbox, handler, outbound[node], captures=node == self._capture)
            self._tasks.append(asyncio.create_task(work))

    async def send(self, payload: Any) -> None:
        """Send a payload in, when a permit is free."""
        await self._permits.acquire()
        await self._entrance.put((payload, True))

    async def next(self) -> Any:
        """Return the next result."""
        payload, permit = await self._captured.get()
        if permit:
            self._permits.release()
        return payload

    async def close(self) -> None:
        """Stop the nodes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _merge(self, queues: list[asyncio.Queue[tuple[Any, bool]]]) -> asyncio.Queue[tuple[Any, bool]]:
        """Return one queue for all: of several edges each is pumped into a queue of one."""
        if len(queues) == 1:
            return queues[0]
        merged: asyncio.Queue[tuple[Any, bool]] = asyncio.Queue(1)

        async def pump(queue: asyncio.Queue[tuple[Any, bool]]) -> None:
            while True:
                await merged.put(await queue.get())

        self._tasks.extend(asyncio.create_task(pump(queue)) for queue in queues)
        return merged

    async def _work(
        self,
        inbox: asyncio.Queue[tuple[Any, bool]],
        handler: Handler,
        outbound: list[asyncio.Queue[tuple[Any, bool]]],
        *,
        captures: bool,
    ) -> None:
        while True:
            payload, permit = await inbox.get()
            result = await handler(payload)
            for queue in [self._captured, *outbound] if captures else outbound:
                await queue.put((result, permit))
                permit = False
            if permit:
                self._permits.release()
