"""JSON Pointers as RFC 6901 states them; the document is that of its section 5."""

import pytest

from kernel_exec.pointers import Pointer, PointerError

DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
    "deep": {"0": {"-": [[None, True]]}},
}

RESOLVED = {
    "": DOCUMENT,
    "/foo": ["bar", "baz"],
    "/foo/0": "bar",
    "/": 0,
    "/a~1b": 1,
    "/c%d": 2,
    "/e^f": 3,
    "/g|h": 4,
    "/i\\j": 5,
    '/k"l': 6,
    "/ ": 7,
    "/m~0n": 8,
    "/deep/0/-/0/1": True,
    "/deep/0/-/0/0": None,
}


@pytest.mark.parametrize(("text", "value"), RESOLVED.items())
def test_a_pointer_resolves_as_the_rfc_says(text: str, value: object) -> None:
    pointer = Pointer.parse(text)
    assert pointer.resolve(DOCUMENT) == value
    assert str(pointer) == text


def test_an_escaped_tilde_before_a_one_is_no_slash() -> None:
    assert Pointer.parse("/~01").resolve({"~1": "tilde one", "/": "slash"}) == "tilde one"


@pytest.mark.parametrize("text", ["foo", "#/foo", " /foo", "/~", "/~2", "/a~", "/~~0"])
def test_a_malformed_pointer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the pointer"):
        Pointer.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "/none",
        "/foo/2",
        "/foo/-",
        "/foo/01",
        "/foo/-1",
        "/foo/+1",
        "/foo/bar",
        "/foo/0/0",
        "//x",
        "/foo/\u0660",
        "/foo/" + "1" * 5000,
    ],
)
def test_a_pointer_to_nothing_does_not_resolve(text: str) -> None:
    with pytest.raises(PointerError, match="nothing at"):
        Pointer.parse(text).resolve(DOCUMENT)


def test_the_error_names_the_first_step_that_leads_nowhere() -> None:
    with pytest.raises(PointerError, match="nothing at '/foo/7'"):
        Pointer.parse("/foo/7/deeper").resolve(DOCUMENT)
