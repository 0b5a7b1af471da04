"""Whole runs over a local tier: order is kept, a fault fails the run and says where, nothing stays."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from burst import LARGE, SMALL, Burst

from kernel_exec import (
    Cancelled,
    DeadlineExceeded,
    FlowBuilder,
    FlowExecutor,
    NodeRegistry,
    SpillFailed,
    ValidatedFlow,
    Value,
    validate,
)
from kernel_exec.flow_ir import BufferPolicy
from kernel_exec.spill import DirectoryStore

SIZES = pytest.mark.parametrize("text", [SMALL, LARGE], ids=["small", "large"])


def spilling_all() -> tuple[FlowExecutor, ValidatedFlow]:
    """Two nodes, `in` and `out`, between which each payload spills."""
    registry = NodeRegistry()

    @registry.node("same")
    async def same(payload: str) -> str:
        return payload

    buffer = BufferPolicy(max_items=1, spill_tier="disk", spill_threshold_bytes=1)
    builder = FlowBuilder("f", "1.0.0").node("in", "same", effect_hints=["resource::blob::write"])
    plan = validate(builder.node("out", "same").edge("in", "out", buffer=buffer).build())
    return FlowExecutor(registry, resources={"blob": 1}), plan


@pytest.fixture(autouse=True)
def nothing_stays(folder: Path) -> Iterator[None]:
    """Fail a test that leaves a file behind, open or not."""
    yield
    deadline = time.monotonic() + 5
    while open_files(folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not open_files(folder)
    assert not folder.exists() or not list(folder.iterdir())


def open_files(folder: Path) -> list[str]:
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith(str(folder)):
            found.append(target)
    return found


@SIZES
async def test_everything_comes_through_once_and_in_order(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pwrite = os.pwrite
    written = 0

    def counting(*arguments: Any) -> int:
        nonlocal written
        written += 1
        return pwrite(*arguments)

    monkeypatch.setattr(os, "pwrite", counting)
    count = 20_000_000 // (len(text) + 10_000)
    assert await Burst().run(count, text) == list(range(count))
    assert written > count / 2


@SIZES
@pytest.mark.parametrize("call", ["pwrite", "pread"])
async def test_a_disk_that_fails_in_the_middle_fails_the_run_behind_what_came_before(
    call: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(os, call)
    calls = 0

    def fails_later(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments)

    monkeypatch.setattr(os, call, fails_later)
    burst = Burst()
    results: list[int] = []

    async def collect() -> None:
        payloads = ({"number": number, "text": text} for number in range(500))
        async for result in burst.executor.run_many(burst.plan, "in", payloads, capture="slow"):
            assert isinstance(result, Value)
            results.append(result.value)

    with pytest.raises(SpillFailed, match=r"edge in->slow, spill tier 'disk': .*No space left on device"):
        await collect()
    assert results == list(range(len(results)))
    assert burst.taken == list(range(len(burst.taken)))


async def test_a_single_run_gives_its_files_back_when_it_has_ended(folder: Path) -> None:
    executor, plan = spilling_all()
    for _ in range(3):
        assert await executor.run_once(plan, "in", SMALL, capture="out") == Value(SMALL)
        assert not open_files(folder)


async def test_a_folder_that_is_not_writable_fails_the_run(folder: Path) -> None:
    folder.rmdir()
    with pytest.raises(SpillFailed, match=r"edge in->slow, spill tier 'disk': .*No such file"):
        await Burst().run(100, SMALL)


async def test_cancelling_in_the_middle_of_a_write_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pwrite = os.pwrite

    def slow(*arguments: Any) -> int:
        time.sleep(0.3)
        return pwrite(*arguments)

    monkeypatch.setattr(os, "pwrite", slow)
    burst = Burst(pause=10)
    async with burst.executor.instantiate(burst.plan, capture="slow") as run:
        for number in range(10):
            await run.send("in", {"number": number, "text": LARGE})
        waiting = asyncio.ensure_future(run.next())
        await asyncio.sleep(0.05)
        began = time.monotonic()
        run.cancel("enough")
        with pytest.raises(Cancelled, match="enough"):
            await waiting
        assert time.monotonic() - began < 0.1


async def test_a_deadline_does_not_wait_for_a_slow_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    pwrite = os.pwrite

    def slow(*arguments: Any) -> int:
        time.sleep(0.5)
        return pwrite(*arguments)

    monkeypatch.setattr(os, "pwrite", slow)
    executor, plan = spilling_all()
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        await executor.run_once(plan, "in", LARGE, capture="out", deadline=0.1)
    assert time.monotonic() - began < 0.2


async def test_a_folder_as_store_is_empty_when_the_run_has_ended(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "tier")
    burst = Burst(spill_stores={"disk": store})
    assert await burst.run(100, SMALL) == list(range(100))
    assert not list((tmp_path / "tier").iterdir())


def test_a_killed_run_leaves_nothing_on_disk(folder: Path) -> None:
    script = textwrap.dedent("""
        import asyncio, os, signal, sys
        sys.path.insert(0, sys.argv[1])
        from burst import LARGE, Burst

        async def main():
            burst = Burst(pause=10)
            async with burst.executor.instantiate(burst.plan, capture="slow") as run:
                for number in range(40):
                    await run.send("in", {"number": number, "text": LARGE})
                await asyncio.sleep(0.3)
                print(len(os.listdir(os.environ["TMPDIR"])), flush=True)
                os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(main())
        """)
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script, str(Path(__file__).parent)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout == "0\n"
