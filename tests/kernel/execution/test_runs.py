"""What a run makes of its payloads: chains, branches, merges, surfaces, SKIP."""

import asyncio
import gc
import math
import weakref
from typing import Any

import pytest
from small_flows import Gate, collect, halts, inline, same, slowly, small, soon, stream, turns

from kernel_exec import (
    SKIP,
    FlowExecutor,
    MissingOutput,
    NodeFailed,
    NodeMismatch,
    NodeRegistry,
    UnknownCapture,
    UnknownTrigger,
    UnregisteredNode,
    UnsupportedControlSurface,
    Value,
)


async def plus_one(number: int) -> int:
    return number + 1


async def plus_one_later(number: int) -> int:
    await asyncio.sleep(0)
    return number + 1


def plus_one_plainly(number: int) -> int:
    return number + 1


HANDLERS = {
    "never suspends": plus_one,
    "suspends": plus_one_later,
    "plain": plus_one_plainly,
    "plain inline": inline(plus_one_plainly),
}


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
async def test_a_chain_gives_what_its_handlers_make_of_the_payload(handler: Any) -> None:
    flow = small("in>a>b>out", {"in": handler, "a": handler, "b": handler, "out": handler})
    assert await flow.executor().run_once(flow.plan, "in", 1, capture="out") == Value(5)


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
async def test_run_many_keeps_the_order_of_a_chain(handler: Any) -> None:
    flow = small("in>a>b>out", {"a": handler, "b": handler})
    results = flow.executor().run_many(flow.plan, "in", range(300), capture="out")
    assert await collect(results) == list(range(2, 302))


async def test_handlers_of_every_kind_mix_in_one_chain() -> None:
    kinds = list(HANDLERS.values())
    names = [f"n{number}" for number in range(12)]
    flow = small(">".join(names), {name: kinds[at % len(kinds)] for at, name in enumerate(names)})
    results = flow.executor().run_many(flow.plan, "n0", range(100), capture="n11")
    assert await collect(results) == list(range(12, 112))


@pytest.mark.parametrize("handler", [plus_one, plus_one_later], ids=["never suspends", "suspends"])
async def test_inbound_edges_merge_and_do_not_join(handler: Any) -> None:
    flow = small("in>a>out, in>b>out", {"a": handler})
    results = await collect(flow.executor().run_many(flow.plan, "in", range(50), capture="out"))
    assert sorted(results) == sorted([*range(50), *range(1, 51)])


async def test_parallel_edges_between_two_nodes_both_deliver() -> None:
    flow = small("in>out, in>out")
    results = await collect(flow.executor().run_many(flow.plan, "in", [1, 2], capture="out"))
    assert sorted(results) == [1, 1, 2, 2]


async def test_a_capture_node_with_outgoing_edges_emits_and_forwards() -> None:
    seen = []

    async def after(payload: Any) -> None:
        seen.append(payload)

    flow = small("in>middle>after", {"after": after})
    results = await collect(flow.executor().run_many(flow.plan, "in", [1, 2, 3], capture="middle"))
    assert results == seen == [1, 2, 3]


async def test_every_node_without_inbound_edges_can_be_sent_to() -> None:
    flow = small("first>out, second>out")
    async with flow.executor().instantiate(flow.plan, capture="out") as run:
        await run.send("first", 1)
        assert await soon(run.next()) == Value(1)
        await run.send("second", 2)
        assert await soon(run.next()) == Value(2)


async def test_branches_are_followed_in_the_order_of_their_edges() -> None:
    seen: list[str] = []

    def note(alias: str) -> Any:
        async def handler(payload: int) -> int:
            seen.append(alias)
            return payload

        return handler

    flow = small("in>a>out, in>b>out, in>c>out", {alias: note(alias) for alias in "abc"})
    results = flow.executor().run_many(flow.plan, "in", [1], capture="out")
    assert await collect(results) == [1, 1, 1]
    assert seen == ["a", "b", "c"]


async def test_a_switch_follows_the_matching_case_or_the_default() -> None:
    flow = small(
        "in>card>out, in>cash>out, in>other>out",
        {"card": lambda order: "card", "cash": lambda order: "cash", "other": lambda order: "other"},
        build=lambda b: b.switch("s", "in", "/pay", {"card": "card", "cash": "cash"}, default="other"),
    )
    payloads = [{"pay": "cash"}, {"pay": "card"}, {"pay": "gold"}]
    executor = flow.executor()
    for payload, expected in zip(payloads, ["cash", "card", "other"], strict=True):
        assert await executor.run_once(flow.plan, "in", payload, capture="out") == Value(expected)


async def test_an_if_chooses_by_a_boolean() -> None:
    flow = small(
        "in>yes>out, in>no>out",
        {"yes": lambda order: "yes", "no": lambda order: "no"},
        build=lambda b: b.if_("i", "in", "/0", then="yes", else_="no"),
    )
    executor = flow.executor()
    assert await executor.run_once(flow.plan, "in", [True], capture="out") == Value("yes")
    assert await executor.run_once(flow.plan, "in", [False], capture="out") == Value("no")


async def test_edges_that_no_surface_names_are_always_followed() -> None:
    flow = small(
        "in>a>out, in>b>out, in>out", build=lambda b: b.switch("s", "in", "/k", {"a": "a", "b": "b"})
    )
    results = await collect(
        flow.executor().run_many(flow.plan, "in", [{"k": "a"}, {"k": "x"}], capture="out")
    )
    assert len(results) == 3


async def test_a_switch_without_a_match_ends_that_message_alone() -> None:
    flow = small("in>a>out", build=lambda b: b.switch("s", "in", "", {"go": "a"}))
    payloads = ["go", "stop", "go"]
    assert await collect(flow.executor().run_many(flow.plan, "in", payloads, capture="out")) == ["go", "go"]
    with pytest.raises(MissingOutput):
        await flow.executor().run_once(flow.plan, "in", "stop", capture="out")


@pytest.mark.parametrize(
    ("payload", "because"), [({}, "nothing at"), ({"k": 1}, "string"), (3, "nothing at")]
)
async def test_a_selector_that_gives_no_string_fails_the_source(payload: Any, because: str) -> None:
    flow = small("in>a>out", build=lambda b: b.switch("s", "in", "/k", {"go": "a"}))
    with pytest.raises(NodeFailed, match=because) as caught:
        await flow.executor().run_once(flow.plan, "in", payload, capture="out")
    assert caught.value.alias == "in"


@pytest.mark.parametrize("middle", ["a", "b", "out"])
async def test_skip_ends_a_message_wherever_it_is_returned(middle: str) -> None:
    async def odd_only(number: int) -> Any:
        return number if number % 2 else SKIP

    flow = small("in>a>b>out", {middle: odd_only})
    assert await collect(flow.executor().run_many(flow.plan, "in", range(20), capture="out")) == [
        *range(1, 20, 2)
    ]
    with pytest.raises(MissingOutput) as caught:
        await flow.executor().run_once(flow.plan, "in", 2, capture="out")
    assert caught.value.alias == "out"


@pytest.mark.parametrize("suspends", [False, True], ids=["quick", "suspends"])
async def test_more_skipped_messages_than_permits_do_not_stall_run_many(suspends: bool) -> None:
    async def last_only(number: int) -> Any:
        if suspends:
            await asyncio.sleep(0)
        return number if number == 199 else SKIP

    flow = small("in>out", {"in": last_only})
    for payloads in (range(200), slowly(range(200))):
        assert await collect(flow.executor().run_many(flow.plan, "in", payloads, capture="out")) == [199]


async def test_messages_that_end_without_a_result_make_room_while_another_goes_on() -> None:
    gate = Gate()

    async def skip(payload: Any) -> Any:
        await asyncio.sleep(0)
        return SKIP

    flow = small(
        "in>held>out, in>skip",
        {"held": gate, "skip": skip},
        build=lambda builder: builder.switch("s", "in", "", cases={"held": "held"}, default="skip"),
    )
    left = iter(["held", *"abcdefgh"])
    results = flow.executor(capture_capacity=2).run_many(flow.plan, "in", left, capture="out")
    result = asyncio.ensure_future(anext(results))
    await turns()
    assert not list(left)
    gate.open.set()
    assert await soon(result) == Value("held")


async def test_what_is_no_iterable_is_refused_at_once() -> None:
    flow = small("in>out")
    payloads: Any = 5
    with pytest.raises(TypeError, match="'int' object is not iterable"):
        flow.executor().run_many(flow.plan, "in", payloads, capture="out")


async def test_run_many_takes_no_more_payloads_than_it_has_room_for() -> None:
    taken = 0

    def payloads() -> Any:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield number

    flow = small("in>out")
    results = flow.executor(capture_capacity=4).run_many(flow.plan, "in", payloads(), capture="out")
    assert (await anext(results)).value == 0
    assert taken <= 8
    await results.aclose()


class OutOfReach(BaseException):
    """What no `except Exception` finds."""


BEYOND_EXCEPTION = [asyncio.CancelledError, GeneratorExit, OutOfReach]


@pytest.mark.parametrize(
    ("asynchronous", "kind"),
    [(False, RuntimeError), (True, RuntimeError), *((True, kind) for kind in BEYOND_EXCEPTION)],
)
async def test_what_the_payloads_raise_is_raised_behind_their_results(
    asynchronous: bool, kind: type[BaseException]
) -> None:
    def payloads() -> Any:
        yield from (1, 2, 3)
        raise kind("no more")

    flow = small("in>out")
    source = slowly(payloads()) if asynchronous else payloads()
    results = flow.executor().run_many(flow.plan, "in", source, capture="out")
    assert [(await soon(anext(results))).value for _ in range(3)] == [1, 2, 3]
    with pytest.raises(kind, match="no more"):
        await soon(anext(results))


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, *BEYOND_EXCEPTION])
async def test_an_interrupt_among_the_payloads_waits_for_no_result(kind: type[BaseException]) -> None:
    def payloads() -> Any:
        yield 1
        raise kind("at once")

    flow = small("in>out")
    with pytest.raises(kind, match="at once"):
        await soon(anext(flow.executor().run_many(flow.plan, "in", payloads(), capture="out")))


async def test_what_the_payloads_raise_goes_with_a_host_that_leaves_before() -> None:
    def payloads() -> Any:
        yield from (1, 2)
        raise ValueError("nobody hears it")

    gc.collect()  # what is told of earlier tests is told now
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
    flow = small("in>out")
    for source in (payloads(), slowly(payloads())):
        results = flow.executor().run_many(flow.plan, "in", source, capture="out")
        assert await soon(anext(results)) == Value(1)
        await turns()
        await results.aclose()
    gc.collect()
    assert not told


async def test_nothing_more_is_taken_from_payloads_that_have_raised() -> None:
    class Stumbling:
        """Raises once, and then would give more."""

        def __init__(self) -> None:
            self.given = iter([1, 2, ValueError("a stumble"), 4, 5])

        def __iter__(self) -> Any:
            return self

        def __next__(self) -> Any:
            given = next(self.given)
            if isinstance(given, ValueError):
                raise given
            return given

    flow, payloads = small("in>out", {"in": same_later}), Stumbling()
    results = flow.executor().run_many(flow.plan, "in", payloads, capture="out")
    assert [(await soon(anext(results))).value for _ in range(2)] == [1, 2]
    with pytest.raises(ValueError, match="a stumble"):
        await soon(anext(results))
    assert list(payloads) == [4, 5]


async def test_ten_thousand_nodes_in_a_chain_run() -> None:
    names = [f"n{number}" for number in range(10_000)]
    for handler in (plus_one, inline(plus_one_plainly)):
        flow = small(">".join(names), dict.fromkeys(names, handler))
        assert await flow.executor().run_once(flow.plan, "n0", 0, capture="n9999") == Value(10_000)


async def test_ten_thousand_branches_run() -> None:
    branches = [f"b{number}" for number in range(10_000)]
    flow = small(", ".join(f"in>{branch}>out" for branch in branches))
    executor = flow.executor()
    assert await executor.run_once(flow.plan, "in", 7, capture="out") == Value(7)
    assert len(await collect(executor.run_many(flow.plan, "in", [7], capture="out"))) == 10_000


async def test_one_executor_serves_many_runs_at_once() -> None:
    flow = small("in>a>out", {"a": plus_one_later})
    executor = flow.executor()
    runs = [executor.run_once(flow.plan, "in", number, capture="out") for number in range(100)]
    assert await soon(asyncio.gather(*runs)) == [Value(number + 1) for number in range(100)]


async def test_a_flow_that_does_not_fit_is_refused_before_anything_runs() -> None:
    ran = []
    flow = small("in>out", {"in": ran.append})
    executor = flow.executor()
    with pytest.raises(UnknownTrigger) as trigger:
        await executor.run_once(flow.plan, "out", 1, capture="out")
    assert trigger.value.alias == "out"
    with pytest.raises(UnknownCapture):
        await executor.run_once(flow.plan, "in", 1, capture="nowhere")
    with pytest.raises(UnregisteredNode) as unregistered:
        await FlowExecutor(NodeRegistry()).run_once(flow.plan, "in", 1, capture="out")
    assert unregistered.value.identifier == "test::in"
    with pytest.raises(UnknownTrigger):
        executor.run_many(flow.plan, "nobody", [1], capture="out")
    assert not ran


async def test_a_stream_that_cannot_leave_the_run_is_refused() -> None:
    async def items(payload: Any) -> Any:
        yield payload

    for graph, capture in (("in>out", "out"), ("in>out", "in")):
        flow = small(graph, {"in": stream(items)})
        with pytest.raises(NodeMismatch) as caught:
            flow.executor().instantiate(flow.plan, capture=capture)
        assert caught.value.alias == "in"


async def test_a_halt_that_flow_and_registration_do_not_agree_on_is_refused() -> None:
    halting = small("in>out", {"in": halts(same)})
    registry = NodeRegistry()
    for name in ("in", "out"):
        registry.node(f"test::{name}")(same)
    plain = small("in>out")
    with pytest.raises(NodeMismatch):
        FlowExecutor(registry, resources={"checkpoints": object()}).instantiate(halting.plan, capture="out")
    with pytest.raises(NodeMismatch):
        FlowExecutor(halting.registry).instantiate(plain.plan, capture="out")


async def test_a_reserved_surface_is_refused_at_instantiation() -> None:
    flow = small("in>out", build=lambda b: b.surface("l", "loop", {}, targets=["out"]))
    with pytest.raises(UnsupportedControlSurface) as caught:
        flow.executor().instantiate(flow.plan, capture="out")
    assert (caught.value.id, caught.value.kind) == ("l", "loop")


CAPACITIES = ["edge_capacity", "trigger_capacity", "capture_capacity"]
LIMITS = ["queue_limit_bytes", "spill_limit_bytes"]


@pytest.mark.parametrize("limit", [*CAPACITIES, *LIMITS])
@pytest.mark.parametrize("value", [0, -1, 2.5, math.inf, math.nan, "8"])
def test_a_capacity_that_is_no_number_of_things_is_refused(limit: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{limit} must be at least 1 and whole, not {value!r}"):
        FlowExecutor(NodeRegistry(), **{limit: value})


@pytest.mark.parametrize("limit", CAPACITIES)
def test_no_capacity_at_all_is_refused(limit: str) -> None:
    with pytest.raises(ValueError, match=f"{limit} must be at least 1 and whole, not None"):
        FlowExecutor(NodeRegistry(), **{limit: None})


def test_limits_of_bytes_may_be_left_open() -> None:
    FlowExecutor(NodeRegistry(), spill_limit_bytes=None, queue_limit_bytes=None)


@pytest.mark.parametrize("graph", ["in>out", "in>out>tail", "in>out, in>side", "in>a>out, in>b>out"])
async def test_a_run_gives_its_result_whatever_the_run_before_it_left(graph: str) -> None:
    flow = small(graph, {"in": same_later})
    executor = flow.executor()
    for number in range(20):
        assert await executor.run_once(flow.plan, "in", number, capture="out") == Value(number)


async def test_a_flow_that_was_not_validated_is_no_plan() -> None:
    flow = small("in>out")
    executor, unchecked = flow.executor(), flow.plan.flow
    says = r"a plan is what validate\(\) gives, not FlowIR"
    with pytest.raises(TypeError, match=says):
        await executor.run_once(unchecked, "in", 1, capture="out")  # type: ignore[arg-type]  # a common mistake
    with pytest.raises(TypeError, match=says):
        executor.instantiate(unchecked, capture="out")  # type: ignore[arg-type]  # a common mistake
    with pytest.raises(TypeError, match=says):
        await executor.resume(unchecked, "it", 1)  # type: ignore[arg-type]  # a common mistake


def test_payloads_are_isolated_or_shared() -> None:
    with pytest.raises(ValueError, match="payloads must be 'isolated' or 'shared', not 'copied'"):
        FlowExecutor(NodeRegistry(), payloads="copied")  # type: ignore[arg-type]  # what a caller may mistype


async def same_later(payload: Any) -> Any:
    await asyncio.sleep(0)
    return payload


@pytest.mark.parametrize("handler", [same, same_later, inline(lambda payload: payload)])
async def test_nothing_keeps_a_payload_when_its_run_has_ended(handler: Any) -> None:
    class Order:
        """Something that tells when it is gone."""

    flow = small("in>a>out", {"a": handler})
    executor = flow.executor()
    order = Order()
    gone = weakref.ref(order)
    await executor.run_once(flow.plan, "in", order, capture="out")
    del order
    gc.collect()
    assert gone() is None
