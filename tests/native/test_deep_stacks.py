"""Payloads that are fine in themselves, met where little is left of the stack."""

import inspect
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from kernel_exec import PayloadError
from kernel_exec.payloads import copy_payload, encode, estimate_bytes

LEVELS = 200


class Holder(msgspec.Struct):
    held: Any


def nested(hold: Callable[[Any], Any]) -> Any:
    """Return what is held by what is held, so many times."""
    value: Any = None
    for _ in range(LEVELS):
        value = hold(value)
    return value


def with_frames_left[T](count: int, use: Callable[[], T]) -> T:
    """Call `use` where no more than about `count` calls may be in each other."""

    def descend(levels: int) -> T:
        return descend(levels - 1) if levels else use()

    return descend(sys.getrecursionlimit() - len(inspect.stack()) - count)


@pytest.mark.parametrize("use", [copy_payload, encode])
@pytest.mark.parametrize("value", [nested(lambda it: [it]), nested(Holder)], ids=["lists", "structs"])
def test_a_payload_is_refused_that_the_stack_that_is_left_cannot_take(
    use: Callable[[Any], Any], value: Any
) -> None:
    with pytest.raises(PayloadError, match="deeper than the stack that is left here allows"):
        with_frames_left(LEVELS // 2, lambda: use(value))
    use(value)


def test_a_size_is_estimated_with_what_is_left_of_the_stack() -> None:
    value = nested(lambda it: [it])
    assert 0 < with_frames_left(LEVELS // 2, lambda: estimate_bytes(value)) < estimate_bytes(value)
