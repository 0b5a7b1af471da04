"""Runs flows: once, many times, or as an instance that the host holds open.

The last room of the kernel, and where most programs begin: a registry, and what the host binds and bounds,
make a `FlowExecutor`; every call of it takes a plan that `validate` gave.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

from kernel_exec.errors import DeadlineExceeded, MissingDurabilityServices
from kernel_exec.instance import FlowInstance
from kernel_exec.once import Finish, Pool, seconds, see_through
from kernel_exec.preflight import keeps_checkpoints, preflight
from kernel_exec.program import Capacities, compile_program
from kernel_exec.registry import NodeRegistry
from kernel_exec.results import Result
from kernel_exec.runtime import QUEUE_LIMIT_BYTES
from kernel_exec.scheduler import Host
from kernel_exec.validation import ValidatedFlow

if TYPE_CHECKING:
    from kernel_exec.durability import Durability
    from kernel_exec.metrics import MetricsSink
    from kernel_exec.spill import SpillStore


class FlowExecutor:
    """Runs the flows whose handlers a registry has. One executor serves any number of plans and runs.

    Args:
        registry: the handlers.
        resources: what handlers and durability need, by domain (`"kv"`) or domain and mode (`"kv::read"`).
        spill_stores: the stores that serve spill tiers, by tier; they win over local files.
        edge_capacity: messages that an edge without `max_items` holds.
        trigger_capacity: messages that wait at a trigger.
        capture_capacity: messages on their way at once, and results that wait for the host.
        spill_limit_bytes: what one edge may hold in its spill lane; None for no limit.
        queue_limit_bytes: what all queues of a run may hold together, estimated; None for this build's
            default.
        metrics: what receives the metrics of all runs; None costs nothing.
        payloads: `"isolated"` gives every branch of a fan-out a copy, `"shared"` the same object.
        check_ownership: fail a node that changes a payload after handing it on; for debugging, and slow.

    Raises:
        ValueError: a capacity or limit is no whole number, or below 1, or `payloads` is something else.
    """

    def __init__(
        self,
        registry: NodeRegistry,
        *,
        resources: Mapping[str, Any] = {},
        spill_stores: Mapping[str, SpillStore] = {},
        edge_capacity: int = 32,
        trigger_capacity: int = 8,
        capture_capacity: int = 8,
        spill_limit_bytes: int | None = None,
        queue_limit_bytes: int | None = None,
        metrics: MetricsSink | None = None,
        payloads: Literal["isolated", "shared"] = "isolated",
        check_ownership: bool = False,
    ) -> None:
        _check_positive(
            edge_capacity=edge_capacity,
            trigger_capacity=trigger_capacity,
            capture_capacity=capture_capacity,
            spill_limit_bytes=1 if spill_limit_bytes is None else spill_limit_bytes,
            queue_limit_bytes=1 if queue_limit_bytes is None else queue_limit_bytes,
        )
        if payloads not in ("isolated", "shared"):
            raise ValueError(f"payloads must be 'isolated' or 'shared', not {payloads!r}")
        self._registry = registry
        self._resources = dict(resources)
        self._capacities = Capacities(edge_capacity, trigger_capacity, capture_capacity)
        meter = None
        if metrics is not None:
            from kernel_exec.metrics import Meter  # only runs that are measured pay for it

            meter = Meter(metrics)
        self._host = Host(
            spill_stores=dict(spill_stores),
            spill_limit=spill_limit_bytes,
            queue_limit=QUEUE_LIMIT_BYTES if queue_limit_bytes is None else queue_limit_bytes,
            isolated=payloads == "isolated",
            meter=meter,
            check_ownership=check_ownership,
        )
        self._pools: WeakKeyDictionary[ValidatedFlow, dict[str, Pool]] = WeakKeyDictionary()
        self._latest: tuple[ValidatedFlow, str, Pool] | None = None
        """The pool that was asked for last: most programs ask for the same one again and again."""

    async def run_once(
        self,
        plan: ValidatedFlow,
        trigger: str,
        payload: Any,
        *,
        capture: str,
        deadline: float | None = None,
        finish: Finish = "all",
    ) -> Result:
        """Send one payload to `trigger` and return the first result of `capture`.

        Args:
            plan: what `validate` gave.
            trigger: the alias of a node without inbound edges.
            payload: what is sent.
            capture: the alias of the node whose result is wanted.
            deadline: seconds after which the run is stopped, side branches and streams included.
            finish: `"all"` lets side branches end before this returns, `"capture"` stops them.

        Raises:
            UnknownTrigger, UnknownCapture, UnregisteredNode, NodeMismatch: the call does not fit flow and
            registry.
            MissingCapabilities, MissingDurabilityServices, UnsupportedControlSurface, UnsupportedSpill: as
                `preflight`; no handler has run.
            NodeFailed, SpillFailed, QueueLimitExceeded: the run failed.
            DeadlineExceeded: it did not end in time.
            MissingOutput: it ended, and `capture` gave nothing.
            TypeError: `plan` is something else, or a handler's annotation cannot be resolved.
            ValueError: `deadline` is negative or no number, or `finish` is something else.
            If a result was captured before the run failed, the error has it as its `.result`.
        """
        if finish not in ("all", "capture"):
            raise ValueError(f"finish must be 'all' or 'capture', not {finish!r}")
        pool = self._pool(plan, capture)
        scheduler = pool.borrow(trigger)
        limit = None
        if deadline is not None:
            limit = scheduler.loop.time() + seconds(deadline), deadline
        result = scheduler.run_through(trigger, payload)
        if result is None or (limit is not None and scheduler.loop.time() >= limit[0]):
            result = await see_through(scheduler, capture, limit, finish, result)
            if not scheduler.reusable:
                return result
        pool.give_back(scheduler)
        return result

    def run_many(
        self,
        plan: ValidatedFlow,
        trigger: str,
        payloads: Iterable[Any] | AsyncIterable[Any],
        *,
        capture: str,
    ) -> AsyncIterator[Result]:
        """Send many payloads, as many at once as there is room for, and iterate over the results.

        Results come in the order in which the flow gives them. A payload is taken from `payloads` when there
        is room for it. What `payloads` raises is raised behind the results of what it gave before, an
        interrupt at once. Leaving the iteration stops the run.

        Args:
            plan: what `validate` gave.
            trigger: the alias of a node without inbound edges.
            payloads: what is sent, in this order.
            capture: the alias of the node whose results are wanted.

        Raises:
            What `run_once` raises, but for the deadline and the missing output: here what does not fit, and
            from the iteration what fails the run.
            TypeError: `payloads` is no iterable.
            RuntimeError: no event loop is running.
        """
        from kernel_exec.many import run_many  # most programs run flows one way alone

        return run_many(self.instantiate(plan, capture=capture), trigger, payloads)

    def instantiate(self, plan: ValidatedFlow, *, capture: str) -> FlowInstance:
        """Return a run of `plan` that stays open for payloads, to be used with `async with`.

        Args:
            plan: what `validate` gave.
            capture: the alias of the node whose results are wanted.

        Raises:
            UnknownCapture, UnregisteredNode, NodeMismatch: flow, capture and registry do not fit together.
            MissingCapabilities, MissingDurabilityServices, UnsupportedControlSurface, UnsupportedSpill: as
                `preflight`.
            TypeError: `plan` is something else, or a handler's annotation cannot be resolved.
            RuntimeError: no event loop is running.
        """
        return FlowInstance(self._pool(plan, capture).make())

    async def resume(
        self, plan: ValidatedFlow, checkpoint_id: str, payload: Any, *, deadline: float | None = None
    ) -> Result:
        """Go on from a checkpoint, in this process or another, and return the first result of its run.

        Every message that was on its way is taken up where it was: the handler it waited for, or was in, runs
        (again), with the `ctx.idempotency_key` of every earlier attempt. When the run has ended, the
        checkpoint is acknowledged. If it fails, the checkpoint stays, to be resumed once more.

        Args:
            plan: the flow that wrote the checkpoint, in the same version.
            checkpoint_id: as `Halted.checkpoint` gave it, or the store's `list()`.
            payload: goes on from the node that halted, in the place of what it returned; not looked at where
                none did.
            deadline: seconds after which the run is stopped.

        Raises:
            CheckpointNotFound, CheckpointLeaseConflict, CheckpointStateCorrupted,
            CheckpointIncompatibleVersion: the checkpoint cannot be resumed; no handler has run.
            MissingDurabilityServices: the flow is not durable, or no checkpoint store is bound.
            CheckpointError: the store failed, or the flow allows no further attempt.
            ExecutionError, TypeError, ValueError: as `run_once`.
        """
        ends = None
        if deadline is not None:
            ends = asyncio.get_running_loop().time() + seconds(deadline), deadline
        preflight(plan, self._resources, self._host.spill_stores)
        durability = self._durability(plan)
        if durability is None:
            message = (
                f"flow {plan.flow.name!r} keeps no checkpoints: none of its nodes halts, nor is it strong"
            )
            raise MissingDurabilityServices(message, services=())
        from kernel_exec.durability import reopen

        try:
            async with asyncio.timeout_at(ends and ends[0]):
                reopened = await reopen(durability, plan.flow, checkpoint_id)
        except TimeoutError as error:
            message = f"the run did not end within {deadline} s: its checkpoint was not to be had"
            raise DeadlineExceeded(message, deadline=deadline) from error
        try:
            capture = reopened.record.capture
            scheduler = self._pool(plan, capture).make_from(reopened, payload)
        except BaseException:
            await reopened.journal.end()
            raise
        scheduler.pump()
        return await see_through(scheduler, capture, ends, "all", None)

    def _pool(self, plan: ValidatedFlow, capture: str) -> Pool:
        """Return what runs `plan` captured at `capture`; checked and compiled the first time."""
        latest = self._latest
        if latest is not None and latest[0] is plan and latest[1] == capture:
            return latest[2]
        pool = self._find_pool(plan, capture)
        self._latest = plan, capture, pool
        return pool

    def _find_pool(self, plan: ValidatedFlow, capture: str) -> Pool:
        pools = self._pools.get(plan) if isinstance(plan, ValidatedFlow) else None
        if pools is None:
            preflight(plan, self._resources, self._host.spill_stores)
            pools = self._pools[plan] = {}
        pool = pools.get(capture)
        if pool is None:
            durability = self._durability(plan)
            observed = durability is not None or self._host.observes
            program = compile_program(plan, self._registry, capture, self._capacities, observed=observed)
            pool = pools[capture] = Pool(program, self._host, self._resources, durability)
        return pool

    def _durability(self, plan: ValidatedFlow) -> Durability | None:
        """Return how runs of `plan` are durable; None where they keep no checkpoints, as most."""
        if not keeps_checkpoints(plan.flow):
            return None
        from kernel_exec.durability import durability_of  # only flows that are durable pay for it

        return durability_of(plan.flow, self._resources)


def _check_positive(**limits: int) -> None:
    for name, limit in limits.items():
        if not isinstance(limit, int) or limit < 1:
            raise ValueError(f"{name} must be at least 1 and whole, not {limit!r}")
