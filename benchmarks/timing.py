"""Compares two programs in one process: in turns, by CPU time, the median of the ratios of neighbours."""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

type Program = Callable[[], Awaitable[None]]

# The CPU clock of Pyodide is the wall clock, and coarse.
_clock = time.perf_counter if sys.platform == "emscripten" else time.process_time


class Ratio(NamedTuple):
    """How much longer the first of two programs took; half of the rounds lie between `low` and `high`."""

    median: float
    low: float
    high: float


async def compare(slow: Program, fast: Program, rounds: int) -> Ratio:
    """Return how much longer `slow` takes than `fast`."""
    await slow()
    await fast()
    ratios = []
    for _ in range(rounds):
        gc.collect()
        slower, faster = await seconds(slow), await seconds(fast)
        ratios.append(slower / faster)
    low, median, high = statistics.quantiles(ratios, n=4) if rounds > 1 else ratios * 3
    return Ratio(median, low, high)


async def seconds(program: Program) -> float:
    """Return the seconds of the processor that a program takes."""
    begun = _clock()
    await program()
    return _clock() - begun


async def marginal(
    short: Program, long: Program, floor_short: Program, floor_long: Program, rounds: int
) -> Ratio:
    """Return what the further hops of `long` over `short` cost, in hops of the floor."""
    ratios = []
    for _ in range(rounds):
        gc.collect()
        times = [await seconds(program) for program in (short, long, floor_short, floor_long)]
        ratios.append((times[1] - times[0]) / (times[3] - times[2]))
    low, median, high = statistics.quantiles(ratios, n=4)
    return Ratio(median, low, high)
