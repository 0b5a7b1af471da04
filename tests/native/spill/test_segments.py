"""Local segments: order, reuse of room, and every fault a disk can show (kernel contract, decision 7)."""

import asyncio
import errno
import os
import resource
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_exec import SpillFailed
from kernel_exec.spill import SpillLane, open_lane, segments

LARGE = b"L" * (segments.INLINE_BYTES + 1)


@pytest.fixture(autouse=True)
def no_descriptor_is_left_open(folder: Path) -> Iterator[None]:
    """Fail a test that leaves a spill file open."""
    yield
    assert not open_spill_files()


def open_spill_files() -> dict[str, int]:
    """Return the nameless files that are open in this test's folder, the size of each by its descriptor."""
    sizes = {}
    folder = tempfile.gettempdir()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = str(descriptor.readlink())
            if target.startswith(folder) and target.endswith("(deleted)"):
                sizes[descriptor.name] = descriptor.stat().st_size
        except OSError:
            continue  # the descriptor of this very listing
    return sizes


def bytes_on_disk() -> int:
    """Return the room that the open files without a name take."""
    return sum(open_spill_files().values())


def lane_in_files() -> SpillLane:
    return open_lane("parse->load", "disk", {})


# --- What a lane holds ----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300_000), st.booleans()), max_size=30))
def test_whatever_is_written_is_read_back(steps: list[tuple[int, bool]]) -> None:
    async def scenario() -> None:
        lane = lane_in_files()
        waiting: list[tuple[Any, bytes]] = []
        for number, (size, read_first) in enumerate(steps):
            if read_first and waiting:
                item, expected = waiting.pop(0)
                assert await lane.read(item) == expected
            data = bytes([number]) * size
            waiting.append((await lane.write(data), data))
        for item, expected in waiting:
            assert await lane.read(item) == expected
        await lane.close()

    asyncio.run(scenario())


async def test_writes_that_overlap_in_time_do_not_overlap_on_disk() -> None:
    lane = lane_in_files()
    payloads = [bytes([number]) * (50_000 * number) for number in range(1, 9)]
    items = await asyncio.gather(*(lane.write(data) for data in payloads))
    assert await asyncio.gather(*(lane.read(item) for item in items)) == payloads
    await lane.close()


async def test_nothing_is_opened_before_something_spills(folder: Path) -> None:
    folder.rmdir()
    await lane_in_files().close()


async def test_files_have_no_name(folder: Path) -> None:
    lane = lane_in_files()
    await lane.write(LARGE)
    await lane.write(b"small")
    assert not list(folder.iterdir())
    assert open_spill_files()
    await lane.close()


async def test_a_drained_segment_is_written_from_its_start_again() -> None:
    lane = lane_in_files()
    for number in range(1000):
        data = bytes([number % 256]) * 10_000
        assert await lane.read(await lane.write(data)) == data
    assert bytes_on_disk() == 10_000
    await lane.close()


async def test_room_is_given_back_while_an_edge_stays_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "SEGMENT_BYTES", 100_000)
    lane = lane_in_files()
    waiting = [await lane.write(b"%05d" % number * 2000) for number in range(30)]
    for number in range(1000):
        assert await lane.read(waiting.pop(0)) == b"%05d" % number * 2000
        waiting.append(await lane.write(b"%05d" % (number + 30) * 2000))
        if number % 100 == 0:
            assert bytes_on_disk() <= 30 * 10_000 + 2 * 110_000
    await lane.close()


async def test_payloads_up_to_the_inline_size_need_no_thread() -> None:
    before = set(threading.enumerate())  # workers of other tests may end meanwhile
    lane = lane_in_files()
    for _ in range(10):
        await lane.read(await lane.write(LARGE[1:]))
    assert set(threading.enumerate()) <= before
    await lane.read(await lane.write(LARGE))
    assert not set(threading.enumerate()) <= before
    await lane.close()


# --- Faults ---------------------------------------------------------------------------------------


def failing(error: int) -> Callable[..., Any]:
    def fail(*_: object) -> Any:
        raise OSError(error, os.strerror(error))

    return fail


@pytest.mark.parametrize("data", [b"small", LARGE])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
async def test_a_write_that_fails_says_where(
    data: bytes, error: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = lane_in_files()
    kept = await lane.write(b"kept")
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", failing(error))
        with pytest.raises(SpillFailed) as caught:
            await lane.write(data)
    assert str(folder) in str(caught.value)
    assert os.strerror(error) in str(caught.value)
    assert "parse->load, spill tier 'disk'" in str(caught.value)
    assert (caught.value.edge, caught.value.tier) == ("parse->load", "disk")
    assert await lane.read(kept) == b"kept"
    await lane.close()


async def test_a_full_disk_is_met_by_the_operating_system_itself() -> None:
    lane = lane_in_files()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        kept = await lane.write(b"k" * 60_000)
        with pytest.raises(SpillFailed, match=r"writing 60000 bytes .* failed"):
            await lane.write(b"x" * 60_000)
        assert await lane.read(kept) == b"k" * 60_000
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await lane.close()


async def test_a_disk_that_takes_and_gives_a_part_at_a_time_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pwrite, pread = os.pwrite, os.pread
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: pwrite(fd, bytes(data)[:1000], at))
    monkeypatch.setattr(os, "pread", lambda fd, size, at: pread(fd, min(size, 700), at))
    lane = lane_in_files()
    payloads = [bytes(range(number, 256)) * 100 for number in range(3)]
    items = [await lane.write(data) for data in payloads]
    assert [await lane.read(item) for item in items] == payloads
    await lane.close()


async def test_a_disk_that_takes_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pwrite", lambda *_: 0)
    lane = lane_in_files()
    with pytest.raises(SpillFailed, match="takes no more bytes"):
        await lane.write(b"x")
    await lane.close()


@pytest.mark.parametrize("data", [b"small payload", LARGE])
async def test_a_read_that_fails_is_cut_short_or_damaged_says_so(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pread = os.pread
    faults: list[tuple[Callable[..., Any], str]] = [
        (failing(errno.EIO), "reading .* bytes back failed"),
        (lambda fd, size, at: b"", f"ended at 0 of the {len(data)} bytes"),
        (lambda fd, size, at: b"!" + pread(fd, size - 1, at + 1), "is damaged: its checksum differs"),
    ]
    for fault, says in faults:
        lane = lane_in_files()
        item = await lane.write(data)
        with monkeypatch.context() as patched:
            patched.setattr(os, "pread", fault)
            with pytest.raises(SpillFailed, match=says) as caught:
                await lane.read(item)
        assert "parse->load, spill tier 'disk'" in str(caught.value)
        await lane.close()


async def test_a_record_that_was_overwritten_on_disk_is_found_out() -> None:
    lane = lane_in_files()
    item = await lane.write(b"x" * 1000)
    (descriptor,) = (name for name, size in open_spill_files().items() if size == 1000)
    os.pwrite(int(descriptor), b"y", 500)
    with pytest.raises(SpillFailed, match="checksum"):
        await lane.read(item)
    await lane.close()


async def test_a_folder_that_is_gone_fails_the_first_write(folder: Path) -> None:
    folder.rmdir()
    lane = lane_in_files()
    with pytest.raises(SpillFailed, match=r"No such file or directory") as caught:
        await lane.write(b"x")
    assert str(folder) in str(caught.value)
    await lane.close()


async def test_a_folder_that_goes_while_files_are_open_harms_nothing(folder: Path) -> None:
    lane = lane_in_files()
    item = await lane.write(b"x")
    folder.rmdir()
    assert await lane.read(item) == b"x"
    assert await lane.read(await lane.write(b"y")) == b"y"
    await lane.close()


async def test_a_lane_that_is_closed_holds_nothing_and_takes_nothing() -> None:
    lane = lane_in_files()
    item = await lane.write(b"x")
    await lane.close()
    for use in (lambda: lane.read(item), lambda: lane.write(b"y")):
        with pytest.raises(SpillFailed, match=r"closed|ended"):
            await use()
    await lane.close()


async def test_a_write_cancelled_in_the_middle_does_not_write_into_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go_on = threading.Event(), threading.Event()
    pwrite = os.pwrite

    def slow(descriptor: int, data: Any, offset: int) -> int:
        began.set()
        go_on.wait(5)
        return pwrite(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", slow)
    lane = lane_in_files()
    writing = asyncio.ensure_future(lane.write(LARGE))
    await asyncio.to_thread(began.wait, 5)
    writing.cancel()
    await asyncio.wait([writing])
    assert writing.cancelled()
    await lane.close()
    with (tmp_path / "innocent").open("w+b") as innocent:
        go_on.set()
        while open_spill_files():
            await asyncio.sleep(0.01)
        assert os.fstat(innocent.fileno()).st_size == 0
