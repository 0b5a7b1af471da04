"""How much of the host's time ready work takes at once: counted in hops, for the clock may stand still."""

import asyncio

from kernel_exec import FlowBuilder, FlowExecutor, NodeContext, NodeRegistry, Value, validate


async def same(payload: object) -> object:
    return payload


async def test_short_runs_take_no_more_of_a_slice_than_the_hops_they_go() -> None:
    registry = NodeRegistry()
    registry.node("test::same")(same)
    builder = FlowBuilder("f", "1.0.0")
    for number in range(10):
        builder.node(f"n{number}", "test::same", summary="s")
    for number in range(9):
        builder.edge(f"n{number}", f"n{number + 1}")
    plan, executor = validate(builder.build()), FlowExecutor(registry)
    turns = 0

    async def beat() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def run(times: int) -> None:
        for number in range(times):
            assert await executor.run_once(plan, "n0", number, capture="n9") == Value(number)

    beating = asyncio.create_task(beat())
    await run(205)  # a slice is 2,048 hops: what others left of one, and the whole of the next
    before = turns
    await run(150)
    assert turns - before <= 2, "1,500 hops end at most one slice, and nothing else gives the host a turn"
    await run(1000)
    beating.cancel()
    assert 4 <= turns - before <= 14, "the host has a turn or two when a slice is used up"


async def test_many_that_waited_for_the_same_share_a_slice_when_they_go_on() -> None:
    hops = most = waiting = 0

    async def count(payload: object) -> object:
        nonlocal hops
        hops += 1
        return payload

    async def wait(payload: object, ctx: NodeContext) -> object:  # which keeps it out of every line
        nonlocal waiting
        waiting += 1
        await go.wait()
        return await count(payload)

    async def beat() -> None:
        nonlocal hops, most
        while True:
            most, hops = max(most, hops), 0
            await asyncio.sleep(0)

    registry, builder, go = NodeRegistry(), FlowBuilder("f", "1.0.0"), asyncio.Event()
    for handler in (same, wait, count):
        registry.node(f"test::{handler.__name__}")(handler)
    builder.node("in", "test::same", summary="s")
    for line in range(200):
        builder.node(f"n{line}_0", "test::wait", summary="s")
        builder.edge("in", f"n{line}_0")
        for at in range(1, 60):
            builder.node(f"n{line}_{at}", "test::count", summary="s")
            builder.edge(f"n{line}_{at - 1}", f"n{line}_{at}")
    async with FlowExecutor(registry).instantiate(validate(builder.build()), capture="in") as run:
        await run.send("in", 1)
        await run.next()
        while waiting < 200:
            await asyncio.sleep(0)
        beating = asyncio.create_task(beat())
        go.set()
        run.finish()
        assert [result async for result in run] == []
        await asyncio.sleep(0)
        beating.cancel()
    assert 200 * 60 / 10 < most <= 4096
