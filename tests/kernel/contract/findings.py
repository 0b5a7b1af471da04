"""The table of validation: documents, each with the codes and places that must be found in it, in order."""

from documents import Document, document, edge, node, surface

ROUTED = (node("a"), node("b"), node("c"), edge("a", "b"), edge("a", "c"))
IF = {"v": 1, "source": "a", "selector_pointer": "/ok", "then": "b", "else": "c"}
SWITCH = {"v": 1, "source": "a", "selector_pointer": "/kind", "cases": {"x": "b"}, "default": "c"}
LONG = 300_000
DEDUPE = ["resource::dedupe::write"]
BLOB = node("a", effectHints=["resource::blob::write"])


def named(name: str) -> Document:
    return {"kind": "named", "name": name}


def spill(**buffer: object) -> Document:
    return edge("a", "b", buffer=buffer)


def durable(mode: str, *parts: Document) -> Document:
    return document(*parts, policies={"durability": {"mode": mode}})


EFFECTFUL: Document = {"effects": "effectful"}
HALTS: Document = {"durability": {"halts": True}}
KEYED: Document = {"idempotency": {"key": "k"}}

CASES: dict[str, tuple[Document, list[str]]] = {
    "an empty flow has no findings": (document(), []),
    # DAG004
    "idempotency with a scope needs a key": (
        document(node("a", idempotency={"scope": "node"})),
        ["DAG004 a"],
    ),
    "idempotency with a ttl needs a key": (document(node("a", idempotency={"ttlMs": 1})), ["DAG004 a"]),
    "an empty idempotency key is no key": (
        document(node("a", idempotency={"key": "", "ttlMs": 1})),
        ["DAG004 a"],
    ),
    "idempotency with a key may have both": (
        document(node("a", idempotency={"key": "k", "scope": "edge", "ttlMs": 1})),
        [],
    ),
    # DAG104
    "two triggers are one finding": (
        document(node("a", kind="trigger"), node("b", kind="trigger")),
        ["DAG104"],
    ),
    "three triggers are one finding": (document(*(node(a, kind="trigger") for a in "abc")), ["DAG104"]),
    "one trigger is enough": (document(node("a", kind="trigger"), node("b")), []),
    "many triggers may be allowed": (
        document(
            node("a", kind="trigger"),
            node("b", kind="trigger"),
            policies={"lint": {"allow_multiple_triggers": True}},
        ),
        [],
    ),
    "many triggers are not allowed by a false": (
        document(
            node("a", kind="trigger"),
            node("b", kind="trigger"),
            policies={"lint": {"allow_multiple_triggers": False}},
        ),
        ["DAG104"],
    ),
    # DAG200
    "a cycle is found": (
        document(node("a"), node("b"), edge("a", "b"), edge("b", "a")),
        ["DAG200 a"],
    ),
    "a node that leads to itself is a cycle": (document(node("a"), edge("a", "a")), ["DAG200 a"]),
    "separate cycles are separate findings, in document order": (
        document(
            node("a"),
            node("b"),
            node("c"),
            node("d"),
            edge("c", "d"),
            edge("d", "c"),
            edge("a", "b"),
            edge("b", "a"),
            edge("a", "c"),
        ),
        ["DAG200 a", "DAG200 c"],
    ),
    "a diamond is no cycle": (
        document(*ROUTED, node("d"), edge("b", "d"), edge("c", "d")),
        [],
    ),
    "parallel edges are no cycle": (document(node("a"), node("b"), edge("a", "b"), edge("a", "b")), []),
    # DAG201
    "different schemas do not fit": (
        document(node("a", out_schema=named("X")), node("b", in_schema=named("Y")), edge("a", "b")),
        ["DAG201 a->b"],
    ),
    "an into transform makes different schemas fit": (
        document(
            node("a", out_schema=named("X")),
            node("b", in_schema=named("Y")),
            edge("a", "b", transform={"kind": "into"}),
        ),
        [],
    ),
    "equal schemas fit": (
        document(node("a", out_schema=named("X")), node("b", in_schema=named("X")), edge("a", "b")),
        [],
    ),
    "an opaque schema fits any": (
        document(
            node("a", out_schema=named("X")),
            node("b"),
            node("c", in_schema=named("Y")),
            edge("a", "b"),
            edge("b", "c"),
        ),
        [],
    ),
    # DAG202
    "an unknown source is found": (document(node("a"), edge("z", "a")), ["DAG202 z z->a"]),
    "an unknown target is found": (document(node("a"), edge("a", "z")), ["DAG202 z a->z"]),
    "unknown ends are found once each": (document(edge("y", "z")), ["DAG202 y y->z", "DAG202 z y->z"]),
    # DAG205
    "a duplicate alias is found": (document(node("a"), node("a"), node("b")), ["DAG205 a"]),
    "an alias used three times is one finding": (document(node("a"), node("a"), node("a")), ["DAG205 a"]),
    # DAG350
    "a node without a summary is a warning": (document(node("a", summary=None)), ["DAG350 a"]),
    "a node with an empty summary is a warning": (document(node("a", summary="")), ["DAG350 a"]),
    # EFFECT201
    "reading over http is not pure": (
        document(node("a", effectHints=["resource::http::read"])),
        ["EFFECT201 a"],
    ),
    "writing over http is more than reading": (
        document(node("a", effects="read_only", effectHints=["resource::http::write"])),
        ["EFFECT201 a"],
    ),
    "writing to a database is more than reading": (
        document(node("a", effects="read_only", effectHints=["resource::db::write::orders"])),
        ["EFFECT201 a"],
    ),
    "every effect hint is judged": (
        document(node("a", effectHints=["resource::http::read", "resource::db::write"])),
        ["EFFECT201 a", "EFFECT201 a"],
    ),
    "enough effects satisfy their hints": (
        document(
            node("a", effects="read_only", effectHints=["resource::http::read"]),
            node("b", effects="effectful", effectHints=["resource::http::read", "resource::db::write"]),
            node("c", effectHints=["resource::db::read", "my::own"]),
        ),
        [],
    ),
    # DET302
    "a clock is not strict": (document(node("a", determinismHints=["resource::clock"])), ["DET302 a"]),
    "http is not stable": (
        document(node("a", determinism="stable", determinismHints=["resource::http::read"])),
        ["DET302 a"],
    ),
    "randomness is not strict": (document(node("a", determinismHints=["resource::rng::read"])), ["DET302 a"]),
    "loose determinism satisfies its hints": (
        document(
            node("a", determinism="best_effort", determinismHints=["resource::clock"]),
            node("b", determinism="nondeterministic", determinismHints=["resource::rng"]),
            node("c", determinismHints=["resource::kv"]),
        ),
        [],
    ),
    # EXACT001, EXACT002, EXACT003
    "exactly once needs a hint, a key and a ttl": (
        document(node("a"), node("b"), edge("a", "b", delivery="exactly_once")),
        ["EXACT001 b a->b", "EXACT002 b a->b", "EXACT003 b a->b"],
    ),
    "exactly once needs a ttl of five minutes": (
        document(
            node("a"),
            node("b", effectHints=DEDUPE, idempotency={"key": "k", "ttlMs": LONG - 1}),
            edge("a", "b", delivery="exactly_once"),
        ),
        ["EXACT003 b a->b"],
    ),
    "exactly once needs a dedupe hint": (
        document(
            node("a"),
            node("b", idempotency={"key": "k", "ttlMs": LONG}),
            edge("a", "b", delivery="exactly_once"),
        ),
        ["EXACT001 b a->b"],
    ),
    "exactly once is content with all three": (
        document(
            node("a"),
            node("b", effectHints=DEDUPE, idempotency={"key": "k", "ttlMs": LONG}),
            edge("a", "b", delivery="exactly_once"),
        ),
        [],
    ),
    "an exactly once edge to nowhere is only unknown": (
        document(node("a"), edge("a", "z", delivery="exactly_once")),
        ["DAG202 z a->z"],
    ),
    # CTRL101, CTRL102
    "a timeout of zero is refused": (
        document(node("a"), node("b"), edge("a", "b", timeout_ms=0)),
        ["CTRL101 a->b"],
    ),
    "a negative timeout is refused": (
        document(node("a"), node("b"), edge("a", "b", timeout_ms=-1)),
        ["CTRL101 a->b"],
    ),
    "a timeout of one is accepted": (document(node("a"), node("b"), edge("a", "b", timeout_ms=1)), []),
    "a buffer of no items is refused": (document(node("a"), node("b"), spill(max_items=0)), ["CTRL102 a->b"]),
    "a buffer of one item is accepted": (document(node("a"), node("b"), spill(max_items=1)), []),
    # CTRL110, CTRL111, CTRL112
    "a switch without cases is refused": (
        document(*ROUTED, surface("switch", {"source": "a", "selector_pointer": ""})),
        ["CTRL110 s"],
    ),
    "a switch with a bad pointer is refused": (
        document(*ROUTED, surface("switch", {**SWITCH, "selector_pointer": "kind"})),
        ["CTRL110 s"],
    ),
    "a switch with a pointer that is no string is refused": (
        document(*ROUTED, surface("switch", {**SWITCH, "selector_pointer": 0})),
        ["CTRL110 s"],
    ),
    "a switch with a number in the place of a pointer is refused": (
        document(*ROUTED, surface("switch", {**SWITCH, "selector_pointer": 7})),
        ["CTRL110 s"],
    ),
    "a switch with a bad escape is refused": (
        document(*ROUTED, surface("switch", {**SWITCH, "selector_pointer": "/~2"})),
        ["CTRL110 s"],
    ),
    "a switch of another version is refused": (
        document(*ROUTED, surface("switch", {**SWITCH, "v": 2})),
        ["CTRL110 s"],
    ),
    "a switch without an object is refused": (document(*ROUTED, surface("switch", None)), ["CTRL110 s"]),
    "a switch on an unknown source is refused": (
        document(*ROUTED, surface("switch", {**SWITCH, "source": "z"})),
        ["CTRL110 s"],
    ),
    "a switch to where no edge leads is refused": (
        document(*ROUTED, surface("switch", {**SWITCH, "cases": {"x": "a", "y": "z"}, "default": "a"})),
        ["CTRL111 a->a s", "CTRL111 a->z s"],
    ),
    "a second switch on a source is refused": (
        document(*ROUTED, surface("switch", SWITCH), surface("switch", SWITCH, id="t")),
        ["CTRL112 a t"],
    ),
    "a switch without default and version is accepted": (
        document(*ROUTED, surface("switch", {"source": "a", "selector_pointer": "", "cases": {"x": "b"}})),
        [],
    ),
    # CTRL120, CTRL121, CTRL122
    "an if without else is refused": (
        document(
            *ROUTED, surface("if", {key: IF[key] for key in ("v", "source", "selector_pointer", "then")})
        ),
        ["CTRL120 s"],
    ),
    "an if with a bad pointer is refused": (
        document(*ROUTED, surface("if", {**IF, "selector_pointer": "ok"})),
        ["CTRL120 s"],
    ),
    "an if on an unknown source is refused": (
        document(*ROUTED, surface("if", {**IF, "source": "z"})),
        ["CTRL120 s"],
    ),
    "an if to where no edge leads is refused": (
        document(*ROUTED, surface("if", {**IF, "then": "z", "else": "a"})),
        ["CTRL121 a->z s", "CTRL121 a->a s"],
    ),
    "a second if on a source is refused": (
        document(*ROUTED, surface("if", IF), surface("if", IF, id="t")),
        ["CTRL122 a t"],
    ),
    "an if and a switch may share a source": (
        document(*ROUTED, surface("if", IF), surface("switch", SWITCH, id="t")),
        [],
    ),
    # CTRL130, CTRL131, CTRL132
    "a for_each without items is refused": (
        document(*ROUTED, surface("for_each", {"source": "a", "body_entry": "b"})),
        ["CTRL130 s"],
    ),
    "a for_each of unknown nodes is refused": (
        document(*ROUTED, surface("for_each", {"source": "y", "items_pointer": "/i", "body_entry": "z"})),
        ["CTRL131 y s", "CTRL131 z s"],
    ),
    "a for_each without its edge is refused": (
        document(*ROUTED, surface("for_each", {"source": "b", "items_pointer": "/i", "body_entry": "c"})),
        ["CTRL132 b->c s"],
    ),
    "a for_each with its edge is accepted": (
        document(
            *ROUTED, surface("for_each", {"v": 1, "source": "a", "items_pointer": "", "body_entry": "b"})
        ),
        [],
    ),
    "a partition without a key is refused": (
        document(*ROUTED, surface("partition", {"edge": {"from": "a", "to": "b"}, "key": ""})),
        ["CTRL130 s"],
    ),
    "a partition of a missing edge is refused": (
        document(*ROUTED, surface("partition", {"edge": {"from": "b", "to": "a"}, "key": "k"})),
        ["CTRL132 b->a s"],
    ),
    "a partition of an edge is accepted": (
        document(*ROUTED, surface("partition", {"edge": {"from": "a", "to": "b"}, "key": "k"})),
        [],
    ),
    "a rate limit of zero is refused": (
        document(*ROUTED, surface("rate_limit", {"target": "a", "qps": 0, "burst": 1})),
        ["CTRL130 s"],
    ),
    "a rate limit without burst is refused": (
        document(*ROUTED, surface("rate_limit", {"target": "a", "qps": 1, "burst": 0})),
        ["CTRL130 s"],
    ),
    "a rate limit of an unknown node is refused": (
        document(*ROUTED, surface("rate_limit", {"target": "z", "qps": 1, "burst": 1})),
        ["CTRL131 z s"],
    ),
    "a rate limit below one is accepted": (
        document(*ROUTED, surface("rate_limit", {"target": "a", "qps": 0.5, "burst": 1})),
        [],
    ),
    "an error handler of an unknown strategy is refused": (
        document(*ROUTED, surface("error_handler", {"scope": {"nodes": ["a"]}, "strategy": "pray"})),
        ["CTRL130 s"],
    ),
    "an error handler of an unknown node is refused": (
        document(*ROUTED, surface("error_handler", {"scope": {"nodes": ["a", "z"]}, "strategy": "fail"})),
        ["CTRL131 z s"],
    ),
    "an error handler is accepted": (
        document(
            *ROUTED,
            surface(
                "error_handler",
                {"scope": {"nodes": ["a"]}, "strategy": "retry", "max_retries": 3, "backoff_ms": 10},
            ),
        ),
        [],
    ),
    "a window of no size is refused": (
        document(
            *ROUTED,
            surface(
                "window",
                {"event_time_pointer": "/t", "size_ms": 0, "allowed_lateness_ms": 0, "watermark": "w"},
            ),
        ),
        ["CTRL130 s"],
    ),
    "a window is accepted": (
        document(
            *ROUTED,
            surface(
                "window",
                {"event_time_pointer": "/t", "size_ms": 1, "allowed_lateness_ms": 0, "watermark": "w"},
            ),
        ),
        [],
    ),
    "a loop and a timeout have no config of their own": (
        document(*ROUTED, surface("loop", {}, ("a",)), surface("timeout", None, ("b",), id="t")),
        [],
    ),
    "a target of a reserved surface must be known": (
        document(*ROUTED, surface("loop", {}, ("z", "a", "z"))),
        ["CTRL131 z s"],
    ),
    # SPILL001, SPILL002, SPILL003
    "a spill tier needs max_items": (document(BLOB, node("b"), spill(spill_tier="disk")), ["SPILL001 a->b"]),
    "a spill tier needs a blob hint somewhere": (
        document(
            node("a"),
            node("b"),
            edge("a", "b", buffer={"max_items": 1, "spill_tier": "disk"}),
            edge("a", "b", buffer={"max_items": 1, "spill_tier": "disk"}),
        ),
        ["SPILL002 a->b"],
    ),
    "a spill tier with both is accepted": (
        document(BLOB, node("b"), spill(max_items=1, spill_tier="disk")),
        [],
    ),
    "a spill threshold alone needs nothing": (
        document(node("a"), node("b"), spill(spill_threshold_bytes=1)),
        [],
    ),
    # DAG-CKPT-001, DAG-CKPT-002, DAG-CKPT-004
    "strong durability needs checkpointable nodes": (
        durable("strong", node("a", durability={"checkpointable": False})),
        ["DAG-CKPT-001 a"],
    ),
    "partial durability does not need checkpointable nodes": (
        durable("partial", node("a", durability={"checkpointable": False})),
        [],
    ),
    "durability may be off where no node halts": (durable("off", node("a"), node("b", **EFFECTFUL)), []),
    "no node halts where durability is off": (durable("off", node("a", **HALTS)), ["DAG-CKPT-002 a"]),
    "a node may halt where durability is partial": (durable("partial", node("a", **HALTS)), []),
    "a node may halt by default": (document(node("a", **HALTS)), []),
    "what a halting node reaches needs a key if it has effects": (
        document(
            node("a", **EFFECTFUL),
            node("b", **HALTS),
            node("c"),
            node("d", **EFFECTFUL),
            edge("a", "b"),
            edge("b", "c"),
            edge("c", "d"),
        ),
        ["DAG-CKPT-004 d"],
    ),
    "an effectful halting node needs a key": (document(node("a", **HALTS, **EFFECTFUL)), ["DAG-CKPT-004 a"]),
    "a keyed effect may run again": (document(node("a", **HALTS, **EFFECTFUL, **KEYED)), []),
    "every effect needs a key where durability is strong": (
        durable("strong", node("a", **EFFECTFUL), node("b", **EFFECTFUL, **KEYED), node("c")),
        ["DAG-CKPT-004 a"],
    ),
    "effects need no key where nothing halts": (document(node("a", **EFFECTFUL)), []),
}
