"""Importing the wasm package touches nothing: on Workers the top level runs at deploy time.

There is no clock then, no entropy of its own and no I/O, and what an import had taken from them would be the
same in every instance that is started later.
"""

import asyncio
import builtins
import importlib
import os
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator

import pytest

GUARDED: list[tuple[object, list[str]]] = [
    (builtins, ["open", "print", "input"]),
    (time, ["time", "time_ns", "monotonic", "perf_counter", "sleep"]),
    (random, ["random", "randrange", "getrandbits", "choice"]),
    (uuid, ["uuid1", "uuid4"]),
    (os, ["urandom", "open", "mkdir"]),
    (asyncio, ["get_event_loop", "new_event_loop", "ensure_future"]),
]


@pytest.fixture
def without_the_kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take the kernel's modules out of `sys.modules`, and put the very same ones back."""
    with monkeypatch.context() as taken_out:
        for name in [name for name in sys.modules if name.partition(".")[0] == "kernel_exec"]:
            taken_out.delitem(sys.modules, name)
        yield


@pytest.mark.usefixtures("without_the_kernel")
def test_importing_every_module_uses_no_clock_no_randomness_and_no_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used = []

    def noted(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def note(*arguments: object, **options: object) -> object:
            used.append(name)
            return function(*arguments, **options)

        return note

    with monkeypatch.context() as guards:
        for module, names in GUARDED:
            for name in names:
                guards.setattr(module, name, noted(name, getattr(module, name)))
        package = importlib.import_module("kernel_exec")
        for name in package.__all__:
            getattr(package, name)

    assert used == []


ON_DEMAND = {"builder", "durability", "graphs", "many", "metrics", "pointers", "spill", "surfaces"}
"""What only some flows and programs need, each a part of what an import would cost."""


@pytest.mark.usefixtures("without_the_kernel")
def test_an_import_loads_what_every_flow_needs_and_the_rest_is_loaded_when_it_is_asked_for() -> None:
    package = importlib.import_module("kernel_exec")
    rooms = {name.split(".")[1] for name in sys.modules if name.startswith("kernel_exec.")}
    assert ON_DEMAND & rooms == set()
    assert not {"kernel_exec.payloads.codec", "kernel_exec.scheduler.observation"} & sys.modules.keys()

    assert package.FlowBuilder is importlib.import_module("kernel_exec.builder").FlowBuilder
    assert package.to_dot is importlib.import_module("kernel_exec.graphs").to_dot


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'kernel_exec' has no attribute 'FlowBilder'"):
        importlib.import_module("kernel_exec").FlowBilder  # noqa: B018  # asking is the point


def test_what_only_native_has_is_not_there() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("kernel_exec.cli")
    with pytest.raises(ImportError):
        from kernel_exec.spill import DirectoryStore  # noqa: F401  # its absence is the point
