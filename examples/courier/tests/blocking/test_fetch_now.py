"""What builds do that can hold a program until an answer is there."""

import pytest
from answers import Server

import courier


def test_an_answer_can_be_waited_for_without_a_coroutine(server: Server) -> None:
    assert courier.fetch_now(f"{server.url}/text").text == "Grüße"


def test_the_wait_ends_with_the_time_limit(server: Server) -> None:
    with pytest.raises(courier.FetchTimeoutError, match=r"no answer within 0\.1 s"):
        courier.fetch_now(f"{server.url}/after/0.5", timeout=0.1)


def test_a_server_that_is_not_there_is_an_error() -> None:
    with pytest.raises(courier.FetchError, match=r"http://127\.0\.0\.1:1/"):
        courier.fetch_now("http://127.0.0.1:1/")
