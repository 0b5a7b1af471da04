"""What a Worker cannot do, and how its build says so."""

import pytest

import courier


def test_waiting_without_a_coroutine_is_refused_with_a_sentence_that_says_what_to_write() -> None:
    with pytest.raises(courier.UnsupportedHereError, match=r"`await fetch\(url\)`") as caught:
        courier.fetch_now("http://127.0.0.1:1/")

    assert caught.value.url == "http://127.0.0.1:1/"


def test_what_only_other_builds_have_is_not_there() -> None:
    assert not hasattr(courier, "Cache")
