"""What comes from JavaScript and goes there: values, calls from its callbacks, runs that it awaits."""

import asyncio
import json
from typing import Any

import js
import pytest
from pyodide.code import run_js
from pyodide.ffi import create_once_callable, create_proxy

from kernel_exec import FlowBuilder, FlowExecutor, NodeFailed, NodeRegistry, ValidatedFlow, Value, validate

registry = NodeRegistry()


@registry.node("test::same")
async def same(payload: Any) -> Any:
    return payload


def flow_of(*edges: str) -> ValidatedFlow:
    builder = FlowBuilder("f", "1.0.0")
    for alias in sorted({alias for edge in edges for alias in edge.split(">")}):
        builder.node(alias, "test::same", summary="s")
    for edge in edges:
        builder.edge(*edge.split(">"))
    return validate(builder.build())


async def test_a_javascript_object_goes_along_a_chain_as_it_is() -> None:
    order = run_js("({pieces: 3, note: null, call: () => 7})")
    result = await FlowExecutor(registry).run_once(flow_of("a>b"), "a", order, capture="b")
    assert isinstance(result, Value)
    assert result.value is order
    assert order.call() == 7


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("({pieces: 3})", "at $ there is a pyodide.ffi.JsProxy"),
        ("null", "at $ there is a pyodide.ffi.JsNull"),
    ],
)
async def test_a_javascript_value_cannot_be_copied_for_a_branch(source: str, place: str) -> None:
    with pytest.raises(NodeFailed, match=f"node 'a' failed: PayloadError: .*{place.replace('$', '[$]')}"):
        await FlowExecutor(registry).run_once(flow_of("a>b", "a>c"), "a", run_js(source), capture="b")


async def test_the_json_of_a_javascript_value_is_a_payload() -> None:
    order = json.loads(js.JSON.stringify(run_js("({pieces: 3, note: null, lines: [1, 2]})")))
    result = await FlowExecutor(registry).run_once(flow_of("a>b", "a>c"), "a", order, capture="b")
    assert result == Value({"pieces": 3, "note": None, "lines": [1, 2]})


async def test_a_javascript_callback_sends_to_the_run_that_called_it() -> None:
    sends: list[asyncio.Future[None]] = []
    own = NodeRegistry()

    @own.node("test::same")
    async def call_back(payload: int) -> int:
        if payload < 5:
            call = create_once_callable(
                lambda: sends.append(asyncio.ensure_future(run.send("a", payload + 10)))
            )
            run_js("(call) => call()")(call)
        return payload

    builder = FlowBuilder("f", "1.0.0").node("a", "test::same", summary="s")
    async with (
        FlowExecutor(own).instantiate(validate(builder.build()), capture="a") as run,
        asyncio.timeout(10),
    ):
        for number in range(5):
            await run.send("a", number)
        results = [await run.next() for _ in range(10)]
        assert set(results) == {Value(number) for number in (*range(5), *range(10, 15))}
        await asyncio.gather(*sends)


async def test_javascript_awaits_runs_side_by_side() -> None:
    executor, plan = FlowExecutor(registry), flow_of("a>b")
    run_once = create_proxy(lambda number, *_: executor.run_once(plan, "a", number, capture="b"))
    gather = run_js("async (run) => (await Promise.all([1, 2, 3].map(run))).map((result) => result.value)")
    assert (await gather(run_once)).to_py() == [1, 2, 3]
