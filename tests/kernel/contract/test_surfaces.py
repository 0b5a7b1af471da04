"""What `if` and `switch` choose."""

from typing import Any

import pytest

from kernel_exec.flow_ir import ControlSurfaceIR
from kernel_exec.pointers import PointerError
from kernel_exec.surfaces import Gate, IfConfig, SwitchConfig, read_surface


def gate(kind: Any, **config: object) -> Gate:
    surface = ControlSurfaceIR("s", kind, (), {"source": "a", "selector_pointer": "/on", **config})
    read = read_surface(surface)
    assert isinstance(read, IfConfig | SwitchConfig)
    return read


TWO_WAYS = gate("if", then="yes", **{"else": "no"})
MANY_WAYS = gate("switch", cases={"x": "left", "y": "right", "": "empty"}, default="rest")
NO_DEFAULT = gate("switch", cases={"x": "left"})


@pytest.mark.parametrize(
    ("chooser", "selected", "target"),
    [
        (TWO_WAYS, True, "yes"),
        (TWO_WAYS, False, "no"),
        (MANY_WAYS, "x", "left"),
        (MANY_WAYS, "y", "right"),
        (MANY_WAYS, "", "empty"),
        (MANY_WAYS, "X", "rest"),
        (NO_DEFAULT, "x", "left"),
        (NO_DEFAULT, "z", None),
    ],
)
def test_a_gate_chooses_its_target(chooser: Gate, selected: object, target: str | None) -> None:
    assert chooser.choose({"on": selected}) == target


@pytest.mark.parametrize("selected", [0, 1, "true", None, [], {}])
def test_an_if_takes_nothing_but_a_boolean(selected: object) -> None:
    with pytest.raises(TypeError, match=r"the if selector '/on' gives .*, not a boolean"):
        TWO_WAYS.choose({"on": selected})


@pytest.mark.parametrize("selected", [1, True, None, ["x"]])
def test_a_switch_takes_nothing_but_a_string(selected: object) -> None:
    with pytest.raises(TypeError, match=r"the switch selector '/on' gives .*, not a string"):
        MANY_WAYS.choose({"on": selected})


@pytest.mark.parametrize("chooser", [TWO_WAYS, MANY_WAYS])
@pytest.mark.parametrize("document", [{}, [], "on", None])
def test_a_selector_that_does_not_resolve_is_an_error(chooser: Gate, document: object) -> None:
    with pytest.raises(PointerError):
        chooser.choose(document)


def test_a_gate_names_each_of_its_edges_once() -> None:
    same = gate("switch", cases={"x": "left", "y": "left"}, default="left")
    assert same.edges() == (("a", "left"),)
    assert MANY_WAYS.edges() == (("a", "left"), ("a", "right"), ("a", "empty"), ("a", "rest"))
    assert gate("if", then="b", **{"else": "b"}).edges() == (("a", "b"),)
