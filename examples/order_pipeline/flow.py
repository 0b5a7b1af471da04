"""The graph of the order pipeline, written with `FlowBuilder`.

    receive ─ check ┬ price ═ charge ─ label ┬ express ┬ confirm ┬ answer
                    │                        ├ parcel ─┤         │
                    │                        └ freight ┘         │
                    └ decline ───────────────────────────────────┘

The edge `═` in front of the payment provider, which is slow, may overflow: into the tier it is given.
"""

from kernel_exec import FlowBuilder, FlowIR
from kernel_exec.flow_ir import BufferPolicy, Idempotency

HELD_IN_MEMORY = 16
LANES = ("express", "parcel", "freight")


def order_pipeline(spill_tier: str | None = None) -> FlowIR:
    """Return the flow; with a `spill_tier`, orders that wait for payment overflow into it."""
    waiting = BufferPolicy(max_items=HELD_IN_MEMORY, spill_tier=spill_tier)
    build = FlowBuilder("order_pipeline", "1.0.0", profile="queue", summary="From order to answer.")

    build.node("receive", "shop::receive", kind="trigger", summary="Takes an order in")
    build.node("check", "shop::check", summary="Refuses what cannot be sold or delivered")
    build.node("price", "shop::price", summary="Adds up and chooses a lane")
    build.node(
        "charge",
        "shop::charge",
        kind="activity",
        summary="Takes the money",
        effects="effectful",
        determinism="best_effort",
        effect_hints=["resource::http::write"],
        determinism_hints=["resource::http"],
        idempotency=Idempotency(key="number"),
    )
    build.node("label", "shop::label", kind="activity", summary="Prints the label", effects="effectful")
    for lane in LANES:
        build.node(lane, f"shop::ship_{lane}", summary=f"Ships by {lane}")
    build.node(
        "confirm",
        "shop::confirm",
        kind="activity",
        summary="Archives the receipt",
        effects="effectful",
        effect_hints=["resource::blob::write"],
        idempotency=Idempotency(key="number"),
    )
    build.node("decline", "shop::decline", summary="Writes the refusal")
    build.node("answer", "shop::answer", summary="Sends the answer out")

    build.edge("receive", "check")
    build.edge("check", "price").edge("check", "decline")
    build.switch("verdict", "check", "/verdict", {"accepted": "price", "rejected": "decline"})
    build.edge("price", "charge", buffer=waiting).edge("charge", "label")
    for lane in LANES:
        build.edge("label", lane).edge(lane, "confirm")
    build.switch("lane", "label", "/lane", {lane: lane for lane in LANES})
    build.edge("confirm", "answer").edge("decline", "answer")
    return build.build()
