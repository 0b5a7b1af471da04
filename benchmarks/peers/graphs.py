"""Peers that are graphs: built once, then invoked for a message; after a join the last node has both."""

from __future__ import annotations

import operator
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from typing import Annotated, Any, TypedDict

from benchmarks.cases import same
from benchmarks.peers.shapes import LENGTH, Peer, Shapes, Take

__all__ = ["GRAPHS"]

NODES = [f"n{number}" for number in range(LENGTH)]


def in_turns(invoke: Callable[[int], Awaitable[Any]]) -> Take:
    """Return a program that invokes a graph for one message after the other."""

    async def take(messages: int) -> list[Any]:
        return [await invoke(number) for number in range(messages)]

    return take


def both(take: Take) -> Take:
    """Return the same program for a graph whose last node gives a list of two."""

    async def flat(messages: int) -> list[Any]:
        return [number for pair in await take(messages) for number in pair]

    return flat


def pocketflow() -> Shapes:
    """Nodes that read and write a shared dictionary; a batch flow for many messages."""
    from pocketflow import AsyncBatchFlow, AsyncFlow, AsyncNode

    # What follows derives from classes that are not there where types are checked.
    class Entry(AsyncNode):  # type: ignore[misc]  # its base is not there where types are checked
        async def prep_async(self, shared: dict[str, Any]) -> Any:
            return self.params["number"]

        async def exec_async(self, prep_res: Any) -> Any:
            return await same(prep_res)

        async def post_async(self, shared: dict[str, Any], prep_res: Any, exec_res: Any) -> None:
            shared["number"] = exec_res

    class Inner(Entry):
        async def prep_async(self, shared: dict[str, Any]) -> Any:
            return shared["number"]

    class Last(Inner):
        async def post_async(self, shared: dict[str, Any], prep_res: Any, exec_res: Any) -> None:
            shared["results"].append(exec_res)

    class Batch(AsyncBatchFlow):  # type: ignore[misc]  # its base is not there where types are checked
        async def prep_async(self, shared: dict[str, Any]) -> Any:
            return [{"number": number} for number in range(shared["messages"])]

    nodes = [Entry(), *(Inner() for _ in range(LENGTH - 2)), Last()]
    for node, following in pairwise(nodes):
        node >> following
    batch, flow = Batch(start=nodes[0]), AsyncFlow(start=nodes[0])

    async def run_chain(messages: int) -> list[Any]:
        shared: dict[str, Any] = {"messages": messages, "results": []}
        await batch.run_async(shared)
        results: list[Any] = shared["results"]
        return results

    async def invoke(number: int) -> Any:
        shared: dict[str, Any] = {"results": []}
        flow.set_params({"number": number})
        await flow.run_async(shared)
        return shared["results"][0]

    return Shapes(run_chain, "a node leads to one successor at a time", in_turns(invoke))


def hamilton() -> Shapes:
    """Modules of functions, whose parameters are the edges."""
    from hamilton import async_driver

    from benchmarks.peers import hamilton_chain, hamilton_diamond

    def invoke(module: Any, last: str) -> Callable[[int], Awaitable[Any]]:
        driver = None

        async def execute(number: int) -> Any:
            nonlocal driver
            if driver is None:
                driver = await async_driver.Builder().with_modules(module).build()
            return (await driver.execute([last], inputs={"number": number}))[last]

        return execute

    line = in_turns(invoke(hamilton_chain, NODES[-1]))
    return Shapes(line, both(in_turns(invoke(hamilton_diamond, "out"))), line)


def burr() -> Shapes:
    """Actions that read and write a state; an application for each message, all of one graph."""
    from burr.core import ApplicationBuilder, GraphBuilder, State, action
    from burr.core.action import create_action
    from burr.core.parallelism import MapActions

    @action(reads=["number"], writes=["number"])  # type: ignore[untyped-decorator]  # not there, as below
    async def node(state: Any) -> Any:
        return state.update(number=await same(state["number"]))

    @action(reads=["results"], writes=["results"])  # type: ignore[untyped-decorator]  # as above
    async def out(state: Any) -> Any:
        return state.update(results=await same(state["results"]))

    class Branches(MapActions):  # type: ignore[misc]  # its base is not there where types are checked
        async def actions(self, state: Any, context: Any, inputs: Any) -> AsyncIterator[Any]:
            # As its builder names them; the documented `node.bind().with_name("left")` fails for a function.
            yield create_action(node, "left")
            yield create_action(node, "right")

        async def reduce(self, state: Any, states: AsyncIterator[Any]) -> Any:
            return state.update(results=[branch["number"] async for branch in states])

        def is_async(self) -> bool:
            return True

        @property
        def reads(self) -> list[str]:
            return ["number"]

        @property
        def writes(self) -> list[str]:
            return ["results"]

    def invoke(actions: dict[str, Any], result: str) -> Callable[[int], Awaitable[Any]]:
        names = list(actions)
        graph = GraphBuilder().with_actions(**actions).with_transitions(*pairwise(names)).build()

        async def run(number: int) -> Any:
            builder = ApplicationBuilder().with_graph(graph).with_state(State({"number": number}))
            application = await builder.with_entrypoint(names[0]).abuild()
            _, _, state = await application.arun(halt_after=[names[-1]])
            return state[result]

        return run

    line = in_turns(invoke(dict.fromkeys(NODES, node), "number"))
    diamond = in_turns(invoke({"entry": node, "branches": Branches(), "out": out}, "results"))
    return Shapes(line, both(diamond), line)


def pydantic_graph() -> Shapes:
    """Steps of a built graph, which is run for each message; a join collects what both branches return."""
    from pydantic_graph import GraphBuilder, StepContext, reduce_list_append

    async def number(context: Any) -> int:
        return int(await same(context.inputs))

    async def numbers(context: Any) -> list[int]:
        return list(await same(context.inputs))

    number.__annotations__["context"] = StepContext[None, None, int]
    numbers.__annotations__["context"] = StepContext[None, None, list[int]]

    line = GraphBuilder(input_type=int, output_type=int)
    steps = [line.start_node, *(line.step(number, node_id=name) for name in NODES), line.end_node]
    line.add(*(line.edge_from(source).to(target) for source, target in pairwise(steps)))
    chain = line.build()

    builder = GraphBuilder(input_type=int, output_type=list[int])
    entry, left, right = (builder.step(number, node_id=name) for name in ("entry", "left", "right"))
    join = builder.join(reduce_list_append, initial_factory=list[int])
    out = builder.step(numbers, node_id="out")
    builder.add(
        builder.edge_from(builder.start_node).to(entry),
        builder.edge_from(entry).to(left, right),
        builder.edge_from(left, right).to(join),
        builder.edge_from(join).to(out),
        builder.edge_from(out).to(builder.end_node),
    )
    diamond = builder.build()

    take = in_turns(lambda sent: chain.run(inputs=sent))
    return Shapes(take, both(in_turns(lambda sent: diamond.run(inputs=sent))), take)


class _Number(TypedDict):
    number: int


class _Numbers(_Number):
    branches: Annotated[list[int], operator.add]
    results: list[int]


def langgraph() -> Shapes:
    """Nodes of a compiled state graph; `abatch` for many messages."""
    from langgraph.graph import END, START, StateGraph

    async def node(state: _Number) -> dict[str, Any]:
        return {"number": await same(state["number"])}

    async def branch(state: _Number) -> dict[str, Any]:
        return {"branches": [await same(state["number"])]}

    async def out(state: _Numbers) -> dict[str, Any]:
        return {"results": await same(state["branches"])}

    line = StateGraph(_Number)
    for name in NODES:
        line.add_node(name, node)
    for source, target in pairwise([START, *NODES, END]):
        line.add_edge(source, target)
    chain = line.compile()

    builder = StateGraph(_Numbers)
    builder.add_node("entry", node)
    builder.add_node("left", branch)
    builder.add_node("right", branch)
    builder.add_node("out", out)
    builder.add_edge(START, "entry")
    builder.add_edge("entry", "left")
    builder.add_edge("entry", "right")
    builder.add_edge(["left", "right"], "out")
    builder.add_edge("out", END)
    diamond = builder.compile()

    def batch(graph: Any, result: str) -> Take:
        async def take(messages: int) -> list[Any]:
            states = await graph.abatch([{"number": number} for number in range(messages)])
            return [state[result] for state in states]

        return take

    async def invoke(number: int) -> Any:
        return (await chain.ainvoke({"number": number}))["number"]

    return Shapes(batch(chain, "number"), both(batch(diamond, "results")), in_turns(invoke))


GRAPHS = (
    Peer("pocketflow", "async", "cpu", pocketflow),
    Peer("sf-hamilton", "async", "cpu", hamilton),
    Peer("burr", "async", "cpu", burr),
    Peer("pydantic-graph", "async", "cpu", pydantic_graph),
    Peer("langgraph", "async", "cpu", langgraph),
)
