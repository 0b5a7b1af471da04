"""Measures a peer: how many times longer it takes for a message than the kernel, in turns in one process."""

from __future__ import annotations

import gc
import statistics
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Literal, TypedDict

from benchmarks.peers.shapes import SHAPES, Peer, Take, check
from benchmarks.timing import Program, compare

__all__ = ["NOT_INSTALLED", "Row", "row"]

NOT_INSTALLED = "not installed"

LONG_ENOUGH = 0.1
"""Seconds for which a program runs, so that its start and the grain of the clock do not count."""

MOST = {"chain": 2000, "diamond": 2000, "single": 500}
"""Messages that the kernel gets at a time, and a peer at most."""


class Row(TypedDict):
    """A peer's ratios by shape; a text in place of one says why there is none."""

    version: str
    handlers: Literal["async", "plain"]
    clock: Literal["cpu", "wall"]
    chain: float | str
    diamond: float | str
    single: float | str


async def row(peer: Peer, kernel: tuple[Take, Take, Take], rounds: int) -> Row:
    """Return what the comparison with a peer gives; every cell says so where it is not installed.

    Raises:
        AssertionError: a program of the peer gives a wrong result.
    """
    found = Row(
        version=NOT_INSTALLED,
        handlers=peer.handlers,
        clock=peer.clock,
        chain=NOT_INSTALLED,
        diamond=NOT_INSTALLED,
        single=NOT_INSTALLED,
    )
    try:
        found["version"] = version(peer.name)
    except PackageNotFoundError:
        return found
    shapes = peer.load()
    found["chain"], found["diamond"], found["single"] = [
        await ratio(peer, shape, theirs, ours, rounds)
        for shape, theirs, ours in zip(SHAPES, shapes, kernel, strict=True)
    ]
    return found


async def ratio(peer: Peer, shape: str, theirs: Take | str, ours: Take, rounds: int) -> float | str:
    """Return how many times longer a message takes, or why it cannot be said."""
    if isinstance(theirs, str):
        return theirs
    await check(peer.name, shape, theirs)
    most = MOST[shape]
    messages = await enough(theirs, most)
    slow, fast = program(theirs, messages), program(ours, most)
    if peer.clock == "cpu":
        whole = (await compare(slow, fast, rounds)).median
    else:
        whole = await compare_by_wall(slow, fast, rounds)
    return whole * most / messages


async def enough(take: Take, most: int) -> int:
    """Return how many messages keep a program busy for long enough, if not `most` at once."""
    messages = 10
    while messages < most and await wall(program(take, messages)) < LONG_ENOUGH:
        messages *= 2
    return min(messages, most)


def program(take: Take, messages: int) -> Program:
    """Return a program that drops what it took."""

    async def run() -> None:
        await take(messages)

    return run


async def compare_by_wall(slow: Program, fast: Program, rounds: int) -> float:
    """Return the median of what `timing.compare` tells by CPU time, by the time that passes."""
    await slow()
    await fast()
    ratios = []
    for _ in range(rounds):
        gc.collect()
        slower, faster = await wall(slow), await wall(fast)
        ratios.append(slower / faster)
    return statistics.median(ratios)


async def wall(run: Program) -> float:
    """Return the seconds that pass while a program runs."""
    begun = time.perf_counter()
    await run()
    return time.perf_counter() - begun
