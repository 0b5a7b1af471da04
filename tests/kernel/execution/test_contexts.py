"""Handlers live in a task and a context of their own (decision 11) and know their run (`ctx`)."""

import asyncio
import contextvars
from typing import Any

import pytest
from small_flows import collect, inline, small, soon

from kernel_exec import NodeContext, NodeFailed, Value

who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


async def test_a_handler_sees_the_context_of_whoever_started_the_run() -> None:
    async def ask(payload: Any) -> str:
        return who.get()

    def ask_plainly(payload: Any) -> str:
        return who.get()

    for handler in (ask, ask_plainly):
        flow = small("in>a>out", {"out": handler})
        executor = flow.executor()
        for name in ("ann", "bob"):
            who.set(name)
            assert await executor.run_once(flow.plan, "in", 1, capture="out") == Value(name)
        run = executor.instantiate(flow.plan, capture="out")
        results = executor.run_many(flow.plan, "in", [1, 2], capture="out")
        who.set("carl")
        async with run:
            await run.send("in", 1)
            assert await soon(run.next()) == Value("bob")
        assert await collect(results) == ["bob", "bob"]


@pytest.mark.parametrize("suspends", [False, True])
async def test_what_a_handler_sets_is_not_seen_by_another_run_or_the_caller(suspends: bool) -> None:
    async def leave_a_mark(name: str) -> str:
        seen = who.get()
        who.set(name)
        if suspends:
            await asyncio.sleep(0)
        return seen

    flow = small("in>out", {"in": leave_a_mark})
    executor = flow.executor()
    for name in ("ann", "bob", "carl"):
        assert await executor.run_once(flow.plan, "in", name, capture="out") == Value("nobody")
    assert await collect(executor.run_many(flow.plan, "in", ["x"] * 50, capture="out")) == ["nobody"] * 50
    assert who.get() == "nobody"


async def fail_in_a_group() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(3600))
        raise ValueError


async def test_timeouts_groups_and_the_current_task_are_right_in_a_handler() -> None:
    async def careful(payload: Any) -> Any:
        task = asyncio.current_task()
        assert task is not None
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await asyncio.sleep(3600)
        assert task.cancelling() == 0
        async with asyncio.TaskGroup() as group:
            children = [group.create_task(asyncio.sleep(0, number)) for number in range(3)]
        with pytest.raises(ExceptionGroup):
            await fail_in_a_group()
        assert asyncio.current_task() is task
        return [child.result() for child in children]

    flow = small("in>a>out", {"in": careful, "a": careful, "out": careful})
    assert await soon(flow.executor().run_once(flow.plan, "in", 1, capture="out")) == Value([0, 1, 2])
    assert (
        await collect(flow.executor().run_many(flow.plan, "in", range(10), capture="out")) == [[0, 1, 2]] * 10
    )


async def wait_a_turn(payload: Any) -> Any:
    await asyncio.sleep(0)
    return payload


async def be_failed_by_a_task() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(fail_in_a_group())
        await asyncio.sleep(3600)


async def cancel_and_return(payload: Any) -> Any:
    """Ask for a cancellation that nothing waits for any more: a task of its own would end cancelled."""
    await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    return payload


async def cancel_and_recover(payload: Any) -> Any:
    """Ask for a cancellation and wait for it: a task of its own would end well."""
    await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(0)
    return payload


@pytest.mark.parametrize("graph", ["in>a>b>out", "in>a>b>out, in>b", "in>b>a>out"])
async def test_a_cancellation_that_comes_too_late_fails_the_handler_that_asked_for_it(graph: str) -> None:
    flow = small(graph, {"a": cancel_and_return, "b": wait_a_turn})
    with pytest.raises(NodeFailed) as caught:
        await soon(flow.executor().run_once(flow.plan, "in", 1, capture="out"))
    assert caught.value.alias == "a"
    assert isinstance(caught.value.cause, asyncio.CancelledError)


async def test_a_handler_knows_of_no_cancellation_that_was_for_another() -> None:
    async def careful(payload: Any) -> Any:
        task = asyncio.current_task()
        assert task is not None
        with pytest.raises(ExceptionGroup):
            await be_failed_by_a_task()
        return task.cancelling()

    flow = small("in>a>b>out", {"a": cancel_and_recover, "b": careful})
    assert await soon(flow.executor().run_once(flow.plan, "in", 1, capture="out")) == Value(0)


async def test_the_caller_keeps_its_own_task() -> None:
    flow = small("in>a>out")
    executor = flow.executor()
    task = asyncio.current_task()
    await executor.run_once(flow.plan, "in", 1, capture="out")
    assert asyncio.current_task() is task
    async with asyncio.timeout(5):
        async with executor.instantiate(flow.plan, capture="out") as run:
            await run.send("in", 1)
            await run.next()
        assert asyncio.current_task() is task


async def test_a_context_tells_the_labels_and_resources_of_its_run() -> None:
    seen: list[Any] = []

    async def look(payload: Any, ctx: NodeContext) -> Any:
        seen.append((dict(ctx.labels), ctx.resources["kv"], ctx.cancelled))
        return payload

    flow = small("in>out", {"in": look, "out": look})
    executor = flow.executor(resources={"kv": "the store"})
    for _ in range(2):
        await executor.run_once(flow.plan, "in", 1, capture="out")
    runs = [labels["lf.run_id"] for labels, _, _ in seen]
    assert runs[0] == runs[1] != runs[2] == runs[3]
    labels, store, cancelled = seen[0]
    assert labels["lf.flow_id"] == flow.plan.flow.id
    assert (labels["lf.trigger_alias"], labels["lf.capture_alias"]) == ("in", "out")
    assert (store, cancelled) == ("the store", False)


@pytest.mark.parametrize(("graph", "trigger"), [("in>out", "in"), ("in>out, other>out", None)])
async def test_a_run_that_is_held_open_tells_its_trigger_where_there_is_but_one(
    graph: str, trigger: str | None
) -> None:
    async def look(payload: Any, ctx: NodeContext) -> Any:
        return ctx.labels.get("lf.trigger_alias")

    flow = small(graph, {"out": look})
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("in", 1)
        assert await soon(run.next()) == Value(trigger)


async def test_every_invocation_has_an_idempotency_key_of_its_own() -> None:
    keys: list[str] = []

    async def note(payload: Any, ctx: NodeContext) -> Any:
        await asyncio.sleep(0)
        keys.append(ctx.idempotency_key)
        return payload

    flow = small("in>a>c>out, in>b>c, in>out, c>d>out, c>e", {"c": note, "d": note, "out": note})
    await collect(flow.executor().run_many(flow.plan, "in", range(10), capture="out"))
    assert len(keys) == len(set(keys)) == 10 * (2 + 2 + 2 + 2 + 1)


async def test_a_key_names_the_branch_that_was_taken_at_every_fan_out() -> None:
    keys: list[str] = []

    async def note(payload: Any, ctx: NodeContext) -> Any:
        keys.append(ctx.idempotency_key.rpartition(":")[2])
        return payload

    flow = small("in>a>x>out, in>b>x, a>y>out, b>y, a>z>out, b>z", {"out": note})
    await collect(flow.executor().run_many(flow.plan, "in", [0], capture="out"))
    assert sorted(keys) == [f"1.{first}.{second}" for first in (1, 2) for second in (1, 2, 3)]


async def test_idempotency_keys_do_not_depend_on_what_happens_first() -> None:
    async def keys_of(pauses: dict[str, float]) -> set[str]:
        keys: set[str] = set()

        async def pause(payload: Any, ctx: NodeContext) -> Any:
            await asyncio.sleep(pauses[ctx.alias])
            keys.add(ctx.idempotency_key.partition(":")[2])
            return payload

        flow = small("in>a>c, in>b>c, c>out", dict.fromkeys("abc", pause))
        await flow.executor().run_once(flow.plan, "in", 1, capture="out")
        return keys

    assert await keys_of({"a": 0, "b": 0.005, "c": 0}) == await keys_of({"a": 0.005, "b": 0, "c": 0})


@pytest.mark.parametrize("kind", ["async", "plain", "inline"])
async def test_a_context_that_is_kept_tells_of_the_invocation_that_it_was_made_for(kind: str) -> None:
    kept: list[tuple[NodeContext, str, str]] = []

    def plain(payload: Any, ctx: NodeContext) -> Any:
        kept.append((ctx, ctx.labels["lf.run_id"], ctx.idempotency_key))
        return payload

    async def asynchronous(payload: Any, ctx: NodeContext) -> Any:
        return plain(payload, ctx)

    flow = small("in>a>out", {"a": {"async": asynchronous, "plain": plain, "inline": inline(plain)}[kind]})
    executor = flow.executor()
    for _ in range(3):
        await executor.run_once(flow.plan, "in", 1, capture="out")
    await collect(executor.run_many(flow.plan, "in", range(20), capture="out"))
    assert [(ctx.labels["lf.run_id"], ctx.idempotency_key) for ctx, *_ in kept] == [
        (run, key) for _, run, key in kept
    ]
    assert len({run for _, run, _ in kept}) == 4
    assert len({key for *_, key in kept}) == 23
