"""A lane over a bound store: what it keeps, deletes and refuses (kernel contract, decision 9)."""

import asyncio
from typing import Any

import pytest

from kernel_exec import SpillFailed
from kernel_exec.spill import MemoryStore, SpillLane, open_lane


class FaultyStore(MemoryStore):
    """A store that raises where it is told to, or gives back something else."""

    def __init__(self, *fails: str, gives: Any = None) -> None:
        super().__init__()
        self.fails = set(fails)
        self.gives = gives

    async def put(self, key: str, data: bytes) -> None:
        if "put" in self.fails:
            raise ConnectionError("the bucket is gone")
        await super().put(key, data)

    async def get(self, key: str) -> bytes:
        if "get" in self.fails:
            raise ConnectionError("the bucket is gone")
        data = await super().get(key)
        return data if self.gives is None else self.gives(data)

    async def delete(self, key: str) -> None:
        if "delete" in self.fails:
            raise ConnectionError("the bucket is gone")
        await super().delete(key)


class RaisingStore(MemoryStore):
    """A store of which one method raises what a store should not."""

    def __init__(self, method: str, error: BaseException) -> None:
        super().__init__()
        setattr(self, method, self._fail)
        self._error = error

    async def _fail(self, *_: object) -> bytes:
        raise self._error


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError("nothing to say")

    __repr__ = __str__


class HangingStore(MemoryStore):
    """A store that keeps what it is given and then never answers."""

    async def put(self, key: str, data: bytes) -> None:
        await super().put(key, data)
        await asyncio.Event().wait()


def lane_over(store: Any) -> SpillLane:
    return open_lane("parse->load", "blobs", {"blobs": store, "others": MemoryStore()})


async def test_what_was_written_is_read_back_whatever_the_order() -> None:
    store = MemoryStore()
    lane = lane_over(store)
    items = [await lane.write(bytes([number]) * number) for number in range(10)]
    assert len(store.objects) == 10
    for number in (3, 0, 9, 4, 1, 2, 8, 7, 6, 5):
        assert await lane.read(items[number]) == bytes([number]) * number
    assert not store.objects


async def test_the_store_holds_exactly_the_bytes_that_were_measured() -> None:
    store = MemoryStore()
    await lane_over(store).write(b"payload")
    assert list(store.objects.values()) == [b"payload"]


async def test_keys_are_letters_digits_and_hyphens_and_no_two_lanes_share_one() -> None:
    store = MemoryStore()
    for _ in range(3):
        lane = lane_over(store)
        for _ in range(3):
            await lane.write(b"x")
    assert len(store.objects) == 9
    assert all(key.replace("-", "").isalnum() and key.isascii() for key in store.objects)


async def test_closing_deletes_what_was_not_read(caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore()
    lane = lane_over(store)
    items = [await lane.write(b"x") for _ in range(5)]
    await lane.read(items[2])
    await lane.close()
    assert not store.objects
    assert not caplog.records


async def test_closing_deletes_what_a_cancelled_write_left_behind() -> None:
    store = HangingStore()
    lane = lane_over(store)
    writing = asyncio.ensure_future(lane.write(b"x"))
    await asyncio.sleep(0)
    assert store.objects
    writing.cancel()
    await asyncio.wait([writing])
    assert writing.cancelled()
    await lane.close()
    assert not store.objects


@pytest.mark.parametrize(
    ("store", "says"),
    [
        (FaultyStore("put"), "could not keep .*bucket is gone"),
        (FaultyStore("get"), "could not give back .*bucket is gone"),
        (FaultyStore(gives=lambda data: data[:-1]), "was given 7 bytes .* gave back 6 others"),
        (FaultyStore(gives=lambda data: data[:-1] + b"!"), "was given 7 bytes .* gave back 7 others"),
        (FaultyStore(gives=lambda data: b""), "gave back 0 others"),
        (FaultyStore(gives=lambda data: 7), "could not give back .*TypeError"),
        (FaultyStore(gives=lambda data: "payload"), "could not give back .*TypeError"),
        (RaisingStore("put", asyncio.CancelledError("lost")), "could not keep .*CancelledError: lost"),
        (RaisingStore("get", asyncio.CancelledError("lost")), "could not give back .*CancelledError: lost"),
        (RaisingStore("put", Mute()), "could not keep .*Mute"),
    ],
)
async def test_a_store_that_fails_or_damages_fails_with_edge_tier_and_reason(store: Any, says: str) -> None:
    lane = lane_over(store)
    with pytest.raises(SpillFailed, match=rf"parse->load, spill tier 'blobs': .*{says}") as caught:
        await lane.read(await lane.write(b"payload"))
    assert (caught.value.edge, caught.value.tier) == ("parse->load", "blobs")
    assert caught.value.to_dict()["details"]


async def test_every_object_is_deleted_once() -> None:
    deleted: list[str] = []

    class Noting(MemoryStore):
        async def delete(self, key: str) -> None:
            deleted.append(key)
            await super().delete(key)

    lane = lane_over(Noting())
    items = [await lane.write(b"x") for _ in range(4)]
    for item in items[:2]:
        await lane.read(item)
    await lane.close()
    assert len(deleted) == len(set(deleted)) == 4


async def test_an_object_that_vanished_fails() -> None:
    store = MemoryStore()
    lane = lane_over(store)
    item = await lane.write(b"x")
    store.objects.clear()
    with pytest.raises(SpillFailed, match="could not give back"):
        await lane.read(item)


async def test_an_item_is_read_once() -> None:
    lane = lane_over(MemoryStore())
    item = await lane.write(b"x")
    await lane.read(item)
    with pytest.raises(SpillFailed):
        await lane.read(item)


async def test_a_delete_that_fails_costs_nothing_now_and_is_tried_again_when_closing() -> None:
    store = FaultyStore("delete")
    lane = lane_over(store)
    assert await lane.read(await lane.write(b"payload")) == b"payload"
    store.fails.clear()
    await lane.close()
    assert not store.objects


@pytest.mark.parametrize(
    "store",
    [FaultyStore("delete"), RaisingStore("delete", asyncio.CancelledError()), RaisingStore("delete", Mute())],
)
async def test_closing_never_raises_and_says_what_stays(store: Any, caplog: pytest.LogCaptureFixture) -> None:
    lane = lane_over(store)
    await lane.write(b"payload")
    await lane.close()
    assert "stays in the store of the tier 'blobs'" in caplog.text
