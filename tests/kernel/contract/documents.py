"""Small Flow IR documents for the tests of this folder: free of findings until a test changes them."""

from typing import Any

Document = dict[str, Any]


def node(alias: str, **changes: object) -> Document:
    return {
        "id": f"flow::{alias}",
        "alias": alias,
        "identifier": f"test::{alias}",
        "name": alias,
        "kind": "inline",
        "summary": "A node.",
        "in_schema": {"kind": "opaque"},
        "out_schema": {"kind": "opaque"},
        "effects": "pure",
        "determinism": "strict",
        **changes,
    }


def edge(from_: str, to: str, **changes: object) -> Document:
    return {"from": from_, "to": to, "delivery": "at_least_once", "ordering": "ordered", **changes}


def document(*parts: Document, **changes: object) -> Document:
    """Sort nodes, edges and control surfaces into a flow; `changes` are fields of the flow."""
    return {
        "id": "flow",
        "name": "flow",
        "version": "1.0.0",
        "profile": "dev",
        "nodes": [part for part in parts if "alias" in part],
        "edges": [part for part in parts if "from" in part],
        "control_surfaces": [part for part in parts if "config" in part],
        **changes,
    }


def surface(kind: str, config: object, targets: tuple[str, ...] = (), id: str = "s") -> Document:
    return {"id": id, "kind": kind, "targets": list(targets), "config": config}
