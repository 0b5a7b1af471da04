"""Checkpoints in an SQLite file: several processes, and processes that are killed."""

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kernel_exec.durability import CheckpointStore, MemoryCheckpoints, SqliteCheckpoints

KILLS = 200


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CheckpointStore]:
    """Give each store in turn: both keep the same promises."""
    if request.param == "memory":
        yield MemoryCheckpoints()
        return
    sqlite = SqliteCheckpoints(tmp_path / "checkpoints.db")
    yield sqlite
    sqlite.close()


async def test_a_full_disk_is_named_and_harms_nothing(tmp_path: Path) -> None:
    store = SqliteCheckpoints(tmp_path / "checkpoints.db")
    assert await store.put("it", b"kept", owner="me", expires=None)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        for size in (200_000, 20_000_000):  # the larger one fails before it is committed
            with pytest.raises(sqlite3.OperationalError, match="disk"):
                await store.put("it", bytes(size), owner="me", expires=None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert await store.get("it") == b"kept"
    assert await store.put("it", b"again", owner="me", expires=None)
    assert await store.get("it") == b"again"
    store.close()


def threads() -> list[str]:
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith("kernel-exec-checkpoints")]


async def test_a_change_that_is_refused_harms_nothing(tmp_path: Path) -> None:
    store: Any = SqliteCheckpoints(tmp_path / "checkpoints.db")
    with pytest.raises(sqlite3.IntegrityError):
        await store.put("it", "text and no bytes", owner="me", expires=None)
    assert await store.put("it", b"kept", owner="me", expires=None)
    assert await store.list() == ["it"]
    store.close()


async def test_the_file_does_not_grow_by_what_has_expired(tmp_path: Path) -> None:
    store = SqliteCheckpoints(tmp_path / "checkpoints.db")
    for number in range(100):
        assert await store.put(f"number {number}", bytes(10_000), owner="me", expires=time.time())
    store.close()
    assert (tmp_path / "checkpoints.db").stat().st_size < 100_000


async def test_a_store_that_is_closed_leaves_its_file_alone(tmp_path: Path) -> None:
    store = SqliteCheckpoints(tmp_path / "checkpoints.db")
    assert await store.put("it", b"kept", owner="me", expires=None)
    assert (tmp_path / "checkpoints.db-wal").exists()
    store.close()
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoints.db"]
    assert not threads()


def test_a_store_that_cannot_be_opened_leaves_no_thread(tmp_path: Path) -> None:
    (tmp_path / "checkpoints.db").write_text("no database, and long enough to be taken for none" * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        SqliteCheckpoints(tmp_path / "checkpoints.db")
    assert not threads()


# --- What every store promises --------------------------------------------------------------------


async def test_what_was_put_last_is_kept_and_listed_by_age(store: CheckpointStore) -> None:
    for checkpoint in ("b", "a", "c"):
        assert await store.put(checkpoint, b"first", owner="me", expires=None)
    assert await store.put("b", b"second", owner="me", expires=None)
    assert await store.get("b") == b"second"
    assert await store.get("a") == b"first"
    assert await store.get("unknown") is None
    assert await store.list() == ["b", "a", "c"]


async def test_a_lease_keeps_others_from_changing_anything(store: CheckpointStore) -> None:
    assert await store.put("it", b"mine", owner="me", expires=None)
    assert await store.lease("it", owner="me", seconds=60)
    assert await store.lease("it", owner="me", seconds=60)
    assert not await store.lease("it", owner="you", seconds=60)
    assert not await store.put("it", b"yours", owner="you", expires=None)
    assert not await store.ack("it", owner="you")
    await store.release("it", owner="you")
    assert not await store.lease("it", owner="you", seconds=60)
    assert await store.get("it") == b"mine"
    await store.release("it", owner="me")
    assert await store.lease("it", owner="you", seconds=60)
    assert not await store.put("it", b"mine", owner="me", expires=None)


async def test_a_lease_runs_out_and_can_be_renewed_until_somebody_else_took_it(
    store: CheckpointStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    assert await store.lease("it", owner="me", seconds=1)
    now += 1.5
    assert await store.lease("it", owner="me", seconds=1)
    now += 1.5
    assert await store.lease("it", owner="you", seconds=1)
    assert not await store.lease("it", owner="me", seconds=1)


async def test_what_is_acknowledged_is_gone_with_its_lease(store: CheckpointStore) -> None:
    await store.put("it", b"x", owner="me", expires=None)
    await store.lease("it", owner="me", seconds=60)
    assert await store.ack("it", owner="me")
    assert await store.get("it") is None
    assert await store.list() == []
    assert await store.lease("it", owner="you", seconds=1)


async def test_what_has_expired_is_gone(store: CheckpointStore, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    await store.put("it", b"x", owner="me", expires=now + 1)
    await store.put("stays", b"x", owner="me", expires=None)
    assert await store.list() == ["it", "stays"]
    now += 1
    assert await store.get("it") is None
    assert await store.list() == ["stays"]


# --- One file, many users -------------------------------------------------------------------------


async def test_checkpoints_survive_closing(tmp_path: Path) -> None:
    first = SqliteCheckpoints(tmp_path / "it.db")
    await first.put("it", b"data", owner="me", expires=None)
    first.close()
    second = SqliteCheckpoints(str(tmp_path / "it.db"))
    assert await second.get("it") == b"data"
    second.close()


async def test_of_many_stores_on_one_file_one_gets_the_lease(tmp_path: Path) -> None:
    stores = [SqliteCheckpoints(tmp_path / "it.db") for _ in range(6)]
    for round_ in range(20):
        leased = await asyncio.gather(
            *(store.lease(f"it-{round_}", owner=str(at), seconds=60) for at, store in enumerate(stores))
        )
        assert leased.count(True) == 1
    for store in stores:
        store.close()


def test_a_file_that_is_no_database_is_refused_by_its_name_when_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "it.db").write_bytes(b"not a database, and long enough to be read as one" * 100)
    with pytest.raises(sqlite3.DatabaseError, match=r"/it\.db: file is not a database"):
        SqliteCheckpoints(tmp_path / "it.db")


def test_a_folder_that_is_missing_is_refused_by_its_name_when_it_is_opened(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match=r"/missing/it\.db: unable to open"):
        SqliteCheckpoints(tmp_path / "missing" / "it.db")


# --- Processes that are killed --------------------------------------------------------------------

# Forks a worker, kills it, forks another, until as many were killed as it is told. A worker begins the flow
# or takes it up. Every effect is a line in a file, written amid a handler: run, node, key, what was given.
KILLER = textwrap.dedent("""
    import asyncio, os, random, signal, sys, time
    from kernel_exec import (
        CheckpointError, CheckpointNotFound, FlowBuilder, FlowExecutor, NodeContext, NodeRegistry, Value,
        validate,
    )
    from kernel_exec.durability import SqliteCheckpoints
    from kernel_exec.flow_ir import DurabilityPolicy, Idempotency, Policies

    folder, kills = sys.argv[1], int(sys.argv[2])
    registry = NodeRegistry()
    policy = DurabilityPolicy(
        mode="strong", lease_ttl=20, retry_on_lease_conflict=True, retain_completed_for=3_600_000
    )
    builder = FlowBuilder("killed", "1.0.0", policies=Policies(durability=policy))
    edges = [("in", "a"), ("a", "b"), ("b", "c"), ("a", "d"), ("d", "e"), ("c", "out"), ("e", "end")]
    for alias in dict.fromkeys(node for edge in edges for node in edge):
        builder.node(alias, alias, summary="-", effects="effectful", idempotency=Idempotency(key="k"))

        @registry.node(alias)
        async def handle(payload: list, ctx: NodeContext):
            await asyncio.sleep(0.001)
            line = f"{ctx.labels['lf.run_id']} {ctx.alias} {ctx.idempotency_key} {','.join(payload)}\\n"
            descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(descriptor, line.encode())
            os.close(descriptor)
            await asyncio.sleep(0.001)
            return [*payload, ctx.alias]

    for source, target in edges:
        builder.edge(source, target)
    plan = validate(builder.build())

    async def work():
        store = SqliteCheckpoints(database)
        executor = FlowExecutor(registry, resources={"checkpoints": store})
        try:
            kept = await store.list()
            if kept:
                result = await executor.resume(plan, kept[0], None)
            else:
                result = await executor.run_once(plan, "in", [], capture="out")
            assert result == Value(["in", "a", "b", "c", "out"]), result
        except CheckpointNotFound:
            pass  # killed between the end of the run and its own
        except CheckpointError:
            os.kill(os.getpid(), signal.SIGKILL)  # the disk took longer than the lease: so much for this one

    chance = random.Random(7)
    killed = rounds = 0
    while killed < kills:
        database, log = f"{folder}/{rounds}.db", f"{folder}/{rounds}.log"
        patience = 0.03  # grows, since a run whose process dies at once every time does not get on
        while True:
            worker = os.fork()
            if not worker:
                asyncio.run(work())
                os._exit(0)
            time.sleep(chance.uniform(0, patience))
            os.kill(worker, signal.SIGKILL)
            _, status = os.waitpid(worker, 0)
            if os.WIFSIGNALED(status):
                killed += 1
                patience *= 1.05
            elif os.waitstatus_to_exitcode(status) == 0:
                break
            else:
                sys.exit(f"a worker failed in round {rounds}")
        rounds += 1
    """)


def test_a_strong_run_that_is_killed_again_and_again_comes_to_its_end(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", KILLER, str(tmp_path), str(KILLS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    logs = sorted(tmp_path.glob("*.log"))
    assert logs
    repeated = sum(_repeated_effects(log) for log in logs)
    assert repeated, "no kill hit between an effect and the checkpoint after it"


def _repeated_effects(log: Path) -> int:
    """Check that no effect is missing and that repeated ones share a key; return how many were repeated."""
    lines = [line.split(" ") for line in log.read_text().splitlines()]
    keys: dict[tuple[str, str], set[str]] = {}
    for run, node, key, payload in lines:
        assert key.startswith(run)
        keys.setdefault((node, payload), set()).add(key)
    assert {run for run, *_ in lines} == {lines[0][0]}
    assert sorted(node for node, _ in keys) == ["a", "b", "c", "d", "e", "end", "in", "out"]
    assert all(len(used) == 1 for used in keys.values()), keys
    return len(lines) - len(keys)
