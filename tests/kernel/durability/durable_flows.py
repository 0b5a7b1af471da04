"""Durable flows for tests: a graph as text, handlers that write down what they did, and a store."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from itertools import pairwise
from typing import Any

from kernel_exec import (
    FlowBuilder,
    FlowExecutor,
    NodeContext,
    NodeRegistry,
    Result,
    ValidatedFlow,
    validate,
)
from kernel_exec.durability import MemoryCheckpoints
from kernel_exec.flow_ir import Durability, DurabilityPolicy, Idempotency, Policies

type Handler = Callable[[Any, NodeContext], Awaitable[Any]]

LEASE_MS = 200
"""A lease that runs out while a test waits; the usual one does not, however slow the machine."""


class Shop:
    """A durable flow, what its handlers did, and the store that its checkpoints are in.

    A node that is given no handler adds its name to the list that is its payload. A resume waits until the
    run before has given its lease back, unless the flow says otherwise.
    """

    def __init__(
        self,
        graph: str,
        handlers: Mapping[str, Handler] = {},
        *,
        halts: str = "",
        capture: str = "out",
        timeouts: Mapping[str, int] = {},
        build: Callable[[FlowBuilder], object] = lambda builder: None,
        store: Any = None,
        blobs: Any = None,
        name: str = "shop",
        version: str = "1.0.0",
        **policy: Any,
    ) -> None:
        self.store = MemoryCheckpoints() if store is None else store
        self.resources = {"checkpoints": self.store}
        if blobs is not None:
            self.resources["checkpoint_blobs"] = blobs
        self.capture = capture
        self.handlers = dict(handlers)
        self.effects: list[tuple[str, Any, str]] = []
        """Node, payload and idempotency key of every invocation, in the order in which they began."""
        self.finished: list[str] = []
        """The idempotency keys of those that ended."""
        self.contexts: list[NodeContext] = []
        policies = Policies(durability=DurabilityPolicy(**{"retry_on_lease_conflict": True, **policy}))
        builder = FlowBuilder(name, version, policies=policies)
        self.registry = NodeRegistry()
        edges = [pair for line in graph.replace(" ", "").split(",") for pair in pairwise(line.split(">"))]
        for alias in dict.fromkeys(node for edge in edges for node in edge):
            self._add(builder, alias, halts=alias in halts.split())
        for source, target in edges:
            builder.edge(source, target, timeout_ms=timeouts.get(f"{source}>{target}"))
        build(builder)
        self.plan: ValidatedFlow = validate(builder.build())

    def _add(self, builder: FlowBuilder, alias: str, *, halts: bool) -> None:
        builder.node(
            alias,
            f"test::{alias}",
            summary="-",
            durability=Durability(halts=halts),
            idempotency=Idempotency(key="message"),
        )

        @self.registry.node(f"test::{alias}", halts=halts)
        async def handle(payload: Any, ctx: NodeContext) -> Any:
            key = ctx.idempotency_key
            self.effects.append((alias, payload, key))
            self.contexts.append(ctx)
            handler = self.handlers.get(alias)
            result = [*payload, alias] if handler is None else await handler(payload, ctx)
            self.finished.append(key)
            return result

    def executor(self) -> FlowExecutor:
        """Return an executor as another process would make it: nothing but the store is shared."""
        return FlowExecutor(self.registry, resources=self.resources)

    async def run(self, payload: Any = (), **options: Any) -> Result:
        """Run once from the first node."""
        trigger = self.plan.flow.nodes[0].alias
        start = list(payload) if payload == () else payload
        return await self.executor().run_once(self.plan, trigger, start, capture=self.capture, **options)

    async def resume(self, checkpoint: str | None = None, payload: Any = None, **options: Any) -> Result:
        """Resume a checkpoint, the only one that there is unless one is named."""
        if checkpoint is None:
            (checkpoint,) = await self.store.list()
        return await self.executor().resume(self.plan, checkpoint, payload, **options)

    async def cut_off(self, alias: str, run: Coroutine[Any, Any, Result]) -> None:
        """Await a run until a handler of the node has begun, and cancel it there."""
        running, before = asyncio.ensure_future(run), len(self.did(alias))
        while len(self.did(alias)) == before and not running.done():
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])

    def did(self, alias: str) -> list[Any]:
        """Return the payloads that a node was invoked with."""
        return [payload for node, payload, _ in self.effects if node == alias]


async def forever(payload: Any, ctx: NodeContext) -> Any:
    """Handle a message without ever returning."""
    await asyncio.Event().wait()
