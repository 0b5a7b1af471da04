# profilec: only NATIVE
"""The checkpoint store in an SQLite file, for any number of processes on one machine.

Beside the store in memory. Write-ahead logging makes every change whole or absent whenever a process is
killed; one transaction that takes the write lock first makes a lease exclusive.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS checkpoints (
    id TEXT PRIMARY KEY, data BLOB NOT NULL, expires REAL, position INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS expiring ON checkpoints (expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS leases (id TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL) STRICT;
"""

_BUSY_SECONDS = 30.0
"""How long a change waits for another process to finish its own."""


class SqliteCheckpoints:
    """A `CheckpointStore` in a file, in write-ahead mode. Close it when no run uses it any more.

    When a method returns, its change is on the disk: it survives whatever happens afterwards. Each process
    opens the file itself: neither a thread nor a connection of SQLite's survives a fork.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open or make the file at `path`.

        Raises:
            sqlite3.Error: it cannot be opened, or is no such file.
        """
        self._process = os.getpid()
        # One thread of its own: SQLite waits for locks and disks, and the loop must not.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kernel-exec-checkpoints")
        try:
            self._connection = self._thread.submit(_open, Path(path)).result()
        except BaseException:
            self._thread.shutdown()
            raise

    def close(self) -> None:
        """Close the file; the store is of no use afterwards."""
        self._thread.submit(self._connection.close)
        self._thread.shutdown()

    async def put(self, checkpoint_id: str, data: bytes, *, owner: str, expires: float | None) -> bool:
        """Keep `data` in the place of what was kept before."""

        def change(connection: sqlite3.Connection) -> None:
            _forget_expired(connection)
            connection.execute(
                "INSERT INTO checkpoints (id, data, expires, position)"
                " SELECT :id, :data, :expires, coalesce(max(position), 0) + 1 FROM checkpoints WHERE true"
                " ON CONFLICT (id) DO UPDATE SET data = :data, expires = :expires",
                {"id": checkpoint_id, "data": data, "expires": expires},
            )

        return await self._change(checkpoint_id, owner, change)

    async def get(self, checkpoint_id: str) -> bytes | None:
        """Return what is kept, or None."""
        query = "SELECT data FROM checkpoints WHERE id = ? AND (expires IS NULL OR expires > ?)"

        def fetch() -> bytes | None:
            row = self._connection.execute(query, (checkpoint_id, time.time())).fetchone()
            return None if row is None else row[0]

        return await self._run(fetch)

    async def ack(self, checkpoint_id: str, *, owner: str) -> bool:
        """Forget a checkpoint whose run has ended, and its lease."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM checkpoints WHERE id = ?", (checkpoint_id,))
            connection.execute("DELETE FROM leases WHERE id = ?", (checkpoint_id,))

        return await self._change(checkpoint_id, owner, change)

    async def lease(self, checkpoint_id: str, *, owner: str, seconds: float) -> bool:
        """Lend the checkpoint to `owner` for that long from now."""

        def change(connection: sqlite3.Connection) -> None:
            lease = (checkpoint_id, owner, time.time() + seconds)
            connection.execute("REPLACE INTO leases (id, owner, until) VALUES (?, ?, ?)", lease)

        return await self._change(checkpoint_id, owner, change)

    async def release(self, checkpoint_id: str, *, owner: str) -> None:
        """End the lease of `owner`, if it has one."""

        def change() -> None:
            with _transaction(self._connection):
                self._connection.execute(
                    "DELETE FROM leases WHERE id = ? AND owner = ?", (checkpoint_id, owner)
                )

        await self._run(change)

    async def list(self) -> list[str]:
        """Return the ids of what is kept, oldest first."""

        def fetch() -> list[str]:
            with _transaction(self._connection):
                _forget_expired(self._connection)
                rows = self._connection.execute("SELECT id FROM checkpoints ORDER BY position").fetchall()
            return [row[0] for row in rows]

        return await self._run(fetch)

    async def _change(
        self, checkpoint_id: str, owner: str, change: Callable[[sqlite3.Connection], None]
    ) -> bool:
        """Make a change unless another owner holds the lease; both are seen under one lock."""

        def attempt() -> bool:
            with _transaction(self._connection):
                query = "SELECT 1 FROM leases WHERE id = ? AND owner <> ? AND until > ?"
                if self._connection.execute(query, (checkpoint_id, owner, time.time())).fetchone():
                    return False
                change(self._connection)
                return True

        return await self._run(attempt)

    async def _run[T](self, work: Callable[[], T]) -> T:
        if os.getpid() != self._process:
            raise RuntimeError(
                "the file was opened before this process was forked off: open it in each process"
            )
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _open(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path)
    except sqlite3.Error as error:
        raise type(error)(f"{path}: {error}") from error  # SQLite does not say which file


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _forget_expired(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM checkpoints WHERE expires <= ?", (time.time(),))


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock from the first statement on, so that what was read is still true when writing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # where the disk is full SQLite has gone back by itself
            connection.execute("ROLLBACK")
        raise
