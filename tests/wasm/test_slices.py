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
    await run(90)
    assert turns == 0, "900 hops are less than a slice, and nothing else gives the host a turn"
    await run(400)
    beating.cancel()
    assert 1 <= turns <= 10, "4,000 hops more are four slices or so"
