"""What the build for CPython keeps in files."""

from pathlib import Path

from answers import Server

import courier


async def test_an_answer_that_still_holds_is_taken_from_the_folder(server: Server, tmp_path: Path) -> None:
    first = await courier.fetch(f"{server.url}/tagged", cache=courier.Cache(tmp_path))
    second = await courier.fetch(f"{server.url}/tagged", cache=courier.Cache(tmp_path))

    assert (first.status, first.body) == (200, b"tagged")
    assert second == first
    assert server.paths == ["/tagged", "/tagged"]


async def test_an_answer_without_an_entity_tag_is_not_kept(server: Server, tmp_path: Path) -> None:
    await courier.fetch(f"{server.url}/text", cache=courier.Cache(tmp_path))

    assert list(tmp_path.iterdir()) == []
