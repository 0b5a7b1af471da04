"""What is compared: a chain of 10, a diamond, and the chain for one message at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from benchmarks.cases import Graph, chain, fan, same
from kernel_exec import Value

__all__ = ["LENGTH", "SHAPES", "Peer", "Shapes", "check", "kernel"]

LENGTH = 10
"""Nodes in the chain."""

SHAPES = ("chain", "diamond", "single")

type Take = Callable[[int], Awaitable[list[Any]]]
"""Sends the numbers below its argument through a graph and returns all that came out."""


class Shapes(NamedTuple):
    """A library's programs; a text in place of one says why the library cannot do it.

    `chain` gives each number once, and so does `single`, which waits for a result before it sends the next;
    `diamond` gives each number twice, once by either branch.
    """

    chain: Take | str
    diamond: Take | str
    single: Take | str


@dataclass(frozen=True)
class Peer:
    """A library, by the name it has on PyPI.

    Attributes:
        name: the distribution.
        handlers: what its handlers are; plain functions where the library awaits none.
        clock: "cpu" for the time of this process, "wall" where other threads or processes do the work.
        load: imports the library and builds what its users build once.
    """

    name: str
    handlers: Literal["async", "plain"]
    clock: Literal["cpu", "wall"]
    load: Callable[[], Shapes]


def kernel() -> tuple[Take, Take, Take]:
    """Return the kernel's programs by shape, which every peer is compared with."""

    def many(graph: Graph) -> Take:
        plan, executor = graph.flow(same, 8)
        first, last = graph.nodes[0], graph.nodes[-1]

        async def take(messages: int) -> list[Any]:
            results = executor.run_many(plan, first, range(messages), capture=last)
            return [result.value async for result in results if isinstance(result, Value)]

        return take

    line = chain(LENGTH)
    plan, executor = line.flow(same, 8)

    async def single(messages: int) -> list[Any]:
        results = []
        for number in range(messages):
            result = await executor.run_once(plan, line.nodes[0], number, capture=line.nodes[-1])
            assert isinstance(result, Value)
            results.append(result.value)
        return results

    return many(line), many(fan(2)), single


async def check(who: str, shape: str, take: Take, messages: int = 20) -> None:
    """See that a program gives what its shape promises, in any order.

    Raises:
        AssertionError: it gives something else.
    """
    copies = 2 if shape == "diamond" else 1
    found = sorted(await take(messages))
    wanted = sorted([*range(messages)] * copies)
    assert found == wanted, f"{who}, {shape}: {found} came out of it, and not {wanted}"
