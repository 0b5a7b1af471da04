"""What every build of courier does."""

import asyncio

import pytest
from answers import Server

import courier


async def test_an_answer_has_its_status_its_fields_and_its_text(server: Server) -> None:
    answer = await courier.fetch(f"{server.url}/text")

    assert (answer.status, answer.ok) == (200, True)
    assert answer.headers["content-type"] == "text/plain; charset=iso-8859-1"
    assert answer.text == "Grüße"


async def test_fields_of_the_request_reach_the_server(server: Server) -> None:
    answer = await courier.fetch(f"{server.url}/headers", headers={"X-Purpose": "test"})

    assert answer.json()["x-purpose"] == "test"


@pytest.mark.parametrize("status", [404, 500])
async def test_a_status_that_is_not_success_is_an_answer(server: Server, status: int) -> None:
    answer = await courier.fetch(f"{server.url}/status/{status}")

    assert (answer.status, answer.ok, answer.body) == (status, False, b"so it is")


async def test_a_redirect_is_followed_and_the_answer_says_where_it_led(server: Server) -> None:
    answer = await courier.fetch(f"{server.url}/moved")

    assert (answer.url, answer.text) == (f"{server.url}/text", "Grüße")


async def test_a_server_that_is_not_there_is_an_error_that_names_the_address(server: Server) -> None:
    nowhere = "http://127.0.0.1:1/"  # tcpmux: reserved, and served nowhere

    with pytest.raises(courier.FetchError, match=nowhere) as caught:
        await courier.fetch(nowhere)

    assert caught.value.url == nowhere


async def test_an_answer_that_does_not_come_in_time_is_an_error(server: Server) -> None:
    with pytest.raises(courier.FetchTimeoutError, match=r"/after/0\.5: no answer within 0\.1 s"):
        await courier.fetch(f"{server.url}/after/0.5", timeout=0.1)


async def test_answers_to_many_requests_come_in_their_order(server: Server) -> None:
    delays = ["0.06", "0", "0.03"]

    answers = await courier.fetch_all(f"{server.url}/after/{delay}" for delay in delays)

    assert [answer.text for answer in answers] == [f"/after/{delay}" for delay in delays]


async def test_no_more_requests_are_in_flight_than_the_platform_has_connections(server: Server) -> None:
    await courier.fetch_all(f"{server.url}/after/0.05/{number}" for number in range(3 * courier.AT_ONCE))

    assert len(server.paths) == 3 * courier.AT_ONCE
    assert 2 <= server.most_in_flight <= courier.AT_ONCE


async def test_many_requests_end_with_the_first_that_gets_no_answer(server: Server) -> None:
    addresses = [f"{server.url}/after/1", "http://127.0.0.1:1/"]

    async with asyncio.timeout(0.9):
        with pytest.raises(ExceptionGroup) as caught:
            await courier.fetch_all(addresses)

    assert [type(error) for error in caught.value.exceptions] == [courier.FetchError]
