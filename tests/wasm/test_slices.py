"""How much of the host's time ready work takes at once: counted in hops, for the clock may stand still."""

import asyncio

from kernel_exec import FlowBuilder, FlowExecutor, NodeRegistry, Value, validate


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
