"""The names that the package gives: each is there, and shown, before anything has asked for it."""

import pytest

import kernel_exec


@pytest.mark.parametrize("name", kernel_exec.__all__)
def test_every_public_name_is_there_and_listed(name: str) -> None:
    assert getattr(kernel_exec, name) is not None
    assert name in dir(kernel_exec)


def test_a_name_that_is_not_there_is_refused_as_by_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'kernel_exec' has no attribute 'FlowBilder'"):
        kernel_exec.FlowBilder  # noqa: B018  # only asked for
