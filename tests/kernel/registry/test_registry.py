"""Which callables can be registered, what fills their parameters, what a payload becomes on its way in."""

import functools
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import pytest

from kernel_exec import NodeContext, NodeRegistry
from kernel_exec.context import RunState
from kernel_exec.errors import UnregisteredNode

if TYPE_CHECKING:
    from decimal import Decimal as OnlyForTypeCheckers


class Order(msgspec.Struct):
    sku: str
    quantity: int = 1


class Rush(Order):
    hours: int = 1


@dataclass
class Parcel:
    sku: str


CONTEXT = NodeContext(RunState(lambda: {"lf.run_id": "run-1"}), "node")
INVOCATION = SimpleNamespace(context=CONTEXT)


def call(handler: Any, payload: object, **options: Any) -> Any:
    """Register `handler`, bind it and call it with `payload`."""
    registry = NodeRegistry()
    registry.node("it", **options)(handler)
    return registry.get("it").bind(INVOCATION)(payload)


# --- What fills which parameter -------------------------------------------------------------------


def only_payload(order: Any) -> Any:
    return order, None


def context_by_name(order: Any, ctx: Any) -> Any:
    return order, ctx


def context_by_annotation(order: Any, run: NodeContext) -> Any:
    return order, run


def context_by_string(order: Any, run: "NodeContext") -> Any:
    return order, run


def context_by_optional_annotation(order: Any, run: NodeContext | None = None) -> Any:
    return order, run


def context_first(ctx: NodeContext, order: Any) -> Any:
    return order, ctx


def context_after_a_default(order: Any, retries: int = 3, *, ctx: NodeContext) -> Any:
    assert retries == 3
    return order, ctx


def context_after_a_default_by_position(order: Any, retries: int = 3, ctx: Any = None) -> Any:
    assert retries == 3
    return order, ctx


def context_positional_only(order: Any, ctx: NodeContext, /) -> Any:
    return order, ctx


def context_annotated_beside_one_named_so(ctx: Any, run: NodeContext) -> Any:
    return ctx, run


def payload_variadic(*orders: Any, ctx: Any) -> Any:
    return orders[0], ctx


def with_a_bound_prefix(prefix: str, order: Any, ctx: Any) -> Any:
    assert prefix == "p"
    return order, ctx


class Service:
    def method(self, order: Any, ctx: Any) -> Any:
        return order, ctx

    @classmethod
    def class_method(cls, order: Any, ctx: Any) -> Any:
        return order, ctx

    @staticmethod
    def static_method(order: Any, ctx: Any) -> Any:
        return order, ctx

    def __call__(self, order: Any, ctx: NodeContext) -> Any:
        return order, ctx


@pytest.mark.parametrize(
    "handler",
    [
        context_by_name,
        context_by_annotation,
        context_by_string,
        context_by_optional_annotation,
        context_first,
        context_after_a_default,
        context_after_a_default_by_position,
        context_positional_only,
        context_annotated_beside_one_named_so,
        payload_variadic,
        functools.partial(with_a_bound_prefix, "p"),
        Service().method,
        Service.class_method,
        Service.static_method,
        Service(),
    ],
)
def test_a_handler_gets_its_payload_and_its_context_wherever_it_declares_them(handler: Any) -> None:
    assert call(handler, "payload") == ("payload", CONTEXT)


def test_a_handler_that_asks_for_no_context_gets_none() -> None:
    assert call(only_payload, 1) == (1, None)
    assert call(lambda order, context="mine": (order, context), 1) == (1, "mine")


async def test_an_async_handler_may_be_a_function_a_partial_or_a_callable_object() -> None:
    async def function(order: Any) -> Any:
        return order

    class Asynchronous:
        async def __call__(self, order: Any) -> Any:
            return order

    registry = NodeRegistry()
    for handler in (function, functools.partial(function), Asynchronous()):
        identifier = f"node-{len(registry)}"
        registry.node(identifier)(handler)
        spec = registry.get(identifier)
        assert spec.is_async
        assert await spec.bind(INVOCATION)(5) == 5


def test_the_decorator_returns_the_handler_as_it_is() -> None:
    assert NodeRegistry().node("it")(only_payload) is only_payload


def test_options_are_kept_with_the_handler() -> None:
    registry = NodeRegistry()
    registry.node("halt", halts=True)(only_payload)
    registry.node("inline", inline=True)(only_payload)

    @registry.node("stream", stream=True)
    async def stream(order: Any) -> Any:
        yield order

    assert (registry.get("halt").halts, registry.get("halt").inline) == (True, False)
    assert (registry.get("inline").halts, registry.get("inline").inline) == (False, True)
    assert registry.get("stream").stream
    assert list(registry) == ["halt", "inline", "stream"]
    assert "stream" in registry
    assert "other" not in registry


# --- What is refused at registration --------------------------------------------------------------


async def coroutine(order: Any) -> Any:
    return order


async def generator(order: Any) -> Any:
    yield order


def plain_generator(order: Any) -> Any:
    yield order


def without_payload(*, ctx: Any) -> None: ...


def nobody_fills(order: Any, tenant: str, ctx: Any) -> None: ...


def context_out_of_reach(order: Any, retries: int = 3, ctx: Any = None, /) -> None: ...


def two_contexts(order: Any, one: NodeContext, two: NodeContext) -> None: ...


@pytest.mark.parametrize(
    ("handler", "options", "error", "says"),
    [
        (3, {}, TypeError, "not 3"),
        (Order, {}, TypeError, "must be a function"),
        (coroutine, {"stream": True}, TypeError, "needs an async generator"),
        (only_payload, {"stream": True}, TypeError, "needs an async generator"),
        (plain_generator, {"stream": True}, TypeError, "needs an async generator"),
        (plain_generator, {}, TypeError, "is a generator function"),
        (generator, {}, TypeError, "stream=True"),
        (coroutine, {"inline": True}, ValueError, "inline=True is for plain functions"),
        (generator, {"stream": True, "inline": True}, ValueError, "inline=True is for plain functions"),
        (generator, {"stream": True, "halts": True}, ValueError, "cannot both stream and halt"),
        (without_payload, {}, TypeError, "no positional parameter"),
        (nobody_fills, {}, TypeError, "nothing fills tenant"),
        (two_contexts, {}, TypeError, "2 parameters annotated NodeContext"),
        (context_out_of_reach, {}, TypeError, "takes `ctx` by its position alone"),
    ],
)
def test_a_handler_that_could_never_run_is_refused_when_it_is_registered(
    handler: Any, options: dict[str, Any], error: type[Exception], says: str
) -> None:
    registry = NodeRegistry()
    with pytest.raises(error, match=says):
        registry.node("it", **options)(handler)
    assert "it" not in registry


def test_an_identifier_is_registered_once() -> None:
    registry = NodeRegistry()
    registry.node("it")(only_payload)
    with pytest.raises(ValueError, match=r"'it' is registered already, for only_payload"):
        registry.node("it")(context_by_name)
    assert registry.get("it").handler is only_payload


def test_an_identifier_is_a_text_that_is_not_empty() -> None:
    registry = NodeRegistry()
    for identifier in ("", 3, None):
        with pytest.raises(ValueError, match="not empty"):
            registry.node(identifier)  # type: ignore[arg-type]  # the mistake under test


def test_forgetting_the_identifier_says_what_to_write() -> None:
    with pytest.raises(TypeError, match=r'@registry\.node\("shop::price"\)'):
        NodeRegistry().node(only_payload)  # type: ignore[arg-type]  # the mistake under test


def test_an_unknown_identifier_says_what_to_write() -> None:
    with pytest.raises(UnregisteredNode, match=r"@registry\.node\('it'\)") as caught:
        NodeRegistry().get("it")
    assert caught.value.identifier == "it"


# --- What a payload becomes -----------------------------------------------------------------------


def takes(annotation: Any) -> Any:
    """Return a handler whose payload parameter has this annotation."""

    def handler(it: Any) -> Any:
        return it

    handler.__annotations__["it"] = annotation
    return handler


@pytest.mark.parametrize(
    ("annotation", "payload", "expected"),
    [
        (Order, {"sku": "a", "quantity": 2}, Order("a", 2)),
        (Order, {"sku": "a", "unknown": 1}, Order("a")),
        (Parcel, {"sku": "a"}, Parcel("a")),
        (Parcel, Order("a"), Parcel("a")),
        (dict, Order("a"), {"sku": "a", "quantity": 1}),
        (list[Order], [{"sku": "a"}, Order("b")], [Order("a"), Order("b")]),
        (list[Parcel], [Order("a")], [Parcel("a")]),
        pytest.param(Order | None, None, None, id="optional"),
        (float, 1, 1.0),
        (int, 2**100, 2**100),
        (Annotated[int, msgspec.Meta(gt=0)], 1, 1),
        ("Order", {"sku": "a"}, Order("a")),
        ("dict[str, list[int]]", {"a": [1]}, {"a": [1]}),
    ],
)
def test_a_payload_is_converted_to_the_annotation(annotation: Any, payload: object, expected: object) -> None:
    converted = call(takes(annotation), payload)
    assert (converted, type(converted)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("annotation", "payload"),
    [
        (Order, Order("a")),
        (Order, Rush("a")),
        (Parcel, Parcel("a")),
        (dict, {"a": 1}),
        (dict[str, Any], {"a": object()}),
        (list, [1]),
        (str, "a"),
        (Any, object()),
        (object, object()),
        pytest.param(Order | None, Order("a"), id="optional"),
    ],
)
def test_a_payload_that_is_what_the_annotation_asks_for_is_handed_over_itself(
    annotation: Any, payload: object
) -> None:
    assert call(takes(annotation), payload) is payload


@pytest.mark.parametrize(
    ("annotation", "payload", "says"),
    [
        (Order, {"sku": 1}, r"\$\.sku"),
        (Order, {"sku": "a", "quantity": "2"}, r"\$\.quantity"),
        (Order, 5, "got `int`"),
        (Parcel, Order(1), "sku"),  # type: ignore[arg-type]  # a struct does not check its fields
        (int, True, "got `bool`"),
        (int, "1", "got `str`"),
        (Annotated[int, msgspec.Meta(gt=0)], 0, ">= 1"),
    ],
)
def test_a_payload_that_cannot_be_converted_says_where(annotation: Any, payload: object, says: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=says):
        call(takes(annotation), payload)


def test_an_annotation_that_exists_for_type_checkers_only_is_refused_before_anything_runs() -> None:
    def handler(price: "OnlyForTypeCheckers") -> None: ...

    registry = NodeRegistry()
    registry.node("it")(handler)
    with pytest.raises(TypeError, match=r"`price` as .*OnlyForTypeCheckers.* outside `TYPE_CHECKING`"):
        registry.get("it").bind(INVOCATION)


def test_such_an_annotation_elsewhere_does_not_matter() -> None:
    def handler(order: Order, retries: "OnlyForTypeCheckers | None" = None) -> "OnlyForTypeCheckers": ...

    assert call(handler, {"sku": "a"}) is None


def test_a_type_that_is_defined_after_the_handler_is_found() -> None:
    assert call(takes_later, {"sku": "a"}) == Later("a")


def takes_later(order: "Later") -> Any:
    return order


class Later(msgspec.Struct):
    sku: str


def test_an_annotation_that_nothing_can_be_converted_to_is_refused_before_anything_runs() -> None:
    registry = NodeRegistry()
    registry.node("it")(takes(Order | Parcel))
    with pytest.raises(TypeError, match=r"'it' annotates `it` as .* no payload can be converted"):
        registry.get("it").bind(INVOCATION)
