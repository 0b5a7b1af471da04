"""The store over a folder: objects survive a restart, are whole or absent, and never leave the folder."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from kernel_exec import SpillFailed
from kernel_exec.spill import DirectoryStore, open_lane


async def test_objects_survive_in_the_folder(tmp_path: Path) -> None:
    await DirectoryStore(tmp_path / "made" / "here").put("key", b"data")
    assert await DirectoryStore(tmp_path / "made" / "here").get("key") == b"data"


async def test_a_lane_over_a_folder_leaves_nothing_in_it(tmp_path: Path) -> None:
    lane = open_lane("a->b", "disk", {"disk": DirectoryStore(tmp_path)})
    items = [await lane.write(b"%d" % number) for number in range(5)]
    assert len(list(tmp_path.iterdir())) == 5
    assert [await lane.read(item) for item in items[:3]] == [b"0", b"1", b"2"]
    await lane.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("key", ["../escape", "/etc/passwd", "..", ".", "a/b", "a\\b", "ü", "nul\0"])
async def test_no_key_leaves_the_folder(key: str, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "in")
    await store.put(key, b"data")
    assert await store.get(key) == b"data"
    assert len(list((tmp_path / "in").iterdir())) == 1
    assert len(list(tmp_path.iterdir())) == 1
    await store.delete(key)
    assert not list((tmp_path / "in").iterdir())


async def test_deleting_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    await DirectoryStore(tmp_path).delete("never")


async def test_a_put_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bytes = Path.write_bytes

    def partly(path: Path, data: Any) -> int:
        write_bytes(path, data[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", partly)
    lane = open_lane("a->b", "disk", {"disk": DirectoryStore(tmp_path)})
    with pytest.raises(SpillFailed, match="No space left on device"):
        await lane.write(b"data")
    await lane.close()
    assert not list(tmp_path.iterdir())


async def test_a_put_that_is_cancelled_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on, done = threading.Event(), threading.Event(), threading.Event()
    write_bytes = Path.write_bytes

    def slow(path: Path, data: Any) -> int:
        began.set()
        go_on.wait(5)
        written = write_bytes(path, data)
        done.set()
        return written

    monkeypatch.setattr(Path, "write_bytes", slow)
    writing = asyncio.ensure_future(DirectoryStore(tmp_path).put("key", b"data"))
    await asyncio.to_thread(began.wait, 5)
    writing.cancel()
    await asyncio.wait([writing])
    go_on.set()
    await asyncio.to_thread(done.wait, 5)
    while list(tmp_path.iterdir()):
        await asyncio.sleep(0.01)
    assert writing.cancelled()
