"""Flows as Mermaid and DOT text."""

from kernel_exec import FlowBuilder, FlowIR, to_dot, to_mermaid

HOSTILE = 'a"];\n<b>&#`\\'


def routed() -> FlowIR:
    return (
        FlowBuilder("routes", "1.0.0")
        .node("in", "shop::receive", kind="trigger")
        .node("price", "shop::price")
        .node("store", "shop::store", kind="activity")
        .node("sub", "shop::sub", kind="subflow")
        .edge("in", "price")
        .edge("in", "store")
        .edge("price", "sub")
        .edge("price", "gone")
        .switch("route", "in", "/kind", {"sale": "price", "offer": "price"}, default="store")
        .if_("again", "price", "/ok", then="sub", else_="gone")
        .surface("broken", "if", {"source": "in"})
        .build()
    )


def test_a_flow_is_drawn_as_a_mermaid_flowchart() -> None:
    assert to_mermaid(routed()) == """\
flowchart TD
    n0(["in<br/>shop::receive"])
    n1["price<br/>shop::price"]
    n2[["store<br/>shop::store"]]
    n3{{"sub<br/>shop::sub"}}
    n4["gone"]
    style n4 stroke-dasharray: 4
    n0 -->|"'sale' | 'offer'"| n1
    n0 -->|"default"| n2
    n1 -->|"true"| n3
    n1 -->|"false"| n4
"""


def test_a_flow_is_drawn_as_a_dot_digraph() -> None:
    assert to_dot(routed()) == """\
digraph "routes" {
    n0 [label="in\\nshop::receive", shape=oval];
    n1 [label="price\\nshop::price", shape=box];
    n2 [label="store\\nshop::store", shape=component];
    n3 [label="sub\\nshop::sub", shape=box3d];
    n4 [label="gone", style=dashed];
    n0 -> n1 [label="'sale' | 'offer'"];
    n0 -> n2 [label="default"];
    n1 -> n3 [label="true"];
    n1 -> n4 [label="false"];
}
"""


def test_names_cannot_break_out_of_their_labels() -> None:
    flow = FlowBuilder(HOSTILE, "1.0.0").node(HOSTILE, "x").build()
    assert to_mermaid(flow).splitlines() == [
        "flowchart TD",
        '    n0["a#34;]; #60;b#62;#38;#35;#96;#92;<br/>x"]',
    ]
    assert to_dot(flow).splitlines() == [
        'digraph "a\\"]; <b>&amp;#`\\\\" {',
        '    n0 [label="a\\"]; <b>&amp;#`\\\\\\nx", shape=box];',
        "}",
    ]


def test_names_are_no_commands_to_mermaid() -> None:
    flow = FlowBuilder("odd", "1.0.0").node("%%{init: {}}%%", "any direction  LR").build()
    assert to_mermaid(flow).splitlines() == [
        "flowchart TD",
        '    n0["#37;#37;{init: {}}#37;#37;<br/>any direction#32; LR"]',
    ]
