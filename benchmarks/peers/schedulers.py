"""Peers that schedule tasks on threads or processes, which is why their time is that of the wall."""

from __future__ import annotations

import os
from typing import Any

from benchmarks.cases import blocking as plain
from benchmarks.peers.shapes import LENGTH, Peer, Shapes

__all__ = ["SCHEDULERS"]


def pair(left: Any, right: Any) -> list[Any]:
    """Return what came by either branch."""
    return [left, right]


def dask() -> Shapes:
    """Delayed calls, computed together by the scheduler on threads."""
    from dask import compute, delayed

    node, out = delayed(plain, pure=False), delayed(pair, pure=False)

    def line(number: int) -> Any:
        value: Any = number
        for _ in range(LENGTH):
            value = node(value)
        return value

    def diamond(number: int) -> Any:
        entry = node(number)
        return out(node(entry), node(entry))

    async def run_chain(messages: int) -> list[Any]:
        return list(compute(*(line(number) for number in range(messages))))

    async def run_diamond(messages: int) -> list[Any]:
        pairs = compute(*(diamond(number) for number in range(messages)))
        return [number for both in pairs for number in both]

    async def single(messages: int) -> list[Any]:
        return [line(number).compute() for number in range(messages)]

    return Shapes(run_chain, run_diamond, single)


def ray() -> Shapes:
    """Remote tasks on worker processes of a Ray that is started here and ends with this process."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    ray.init(num_cpus=os.cpu_count(), include_dashboard=False, log_to_driver=False, logging_level="error")
    node, out = ray.remote(plain), ray.remote(pair)

    def line(number: int) -> Any:
        value: Any = number
        for _ in range(LENGTH):
            value = node.remote(value)
        return value

    def diamond(number: int) -> Any:
        entry = node.remote(number)
        return out.remote(node.remote(entry), node.remote(entry))

    async def run_chain(messages: int) -> list[Any]:
        return list(ray.get([line(number) for number in range(messages)]))

    async def run_diamond(messages: int) -> list[Any]:
        pairs = ray.get([diamond(number) for number in range(messages)])
        return [number for both in pairs for number in both]

    async def single(messages: int) -> list[Any]:
        return [ray.get(line(number)) for number in range(messages)]

    return Shapes(run_chain, run_diamond, single)


SCHEDULERS = (Peer("dask", "plain", "wall", dask), Peer("ray", "plain", "wall", ray))
