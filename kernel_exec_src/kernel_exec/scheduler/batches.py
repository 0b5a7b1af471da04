"""Batches: the results of a node that works ahead on its inbox, let on in one go.

Beside the drivers, which come here with such a node in hand when one result of it went the only way it can
go. The others that are there go the same way, as far as there is room; the rest goes one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernel_exec.results import SKIP, Value
from kernel_exec.scheduler.cells import Node

if TYPE_CHECKING:
    from kernel_exec.offload import Ahead
    from kernel_exec.scheduler.run import Run

__all__ = ["send_ahead"]


def send_ahead(run: Run, node: Node, ahead: Ahead) -> None:
    """Send what became of the first messages in the inbox of `node`, as the driver that holds it would."""
    ready, inbox, way, outlet = ahead.results, node.inbox, node.way, run.outlet
    if not ready or run.weights is not None:
        return
    room = outlet.direct_room - len(outlet.results) if way is None else way.capacity - way.held
    count = min(room, len(ready))
    for _ in range(count):
        payload = ready.popleft()
        _, edge, ticket, _ = inbox.popleft()
        edge.held -= 1
        if edge.blocked:
            run.make_room(edge)
        if payload is SKIP:
            if ticket & 1:
                run.permits.release()
        elif way is not None:
            way.held += 1
            way.target.inbox.append((payload, way, ticket, None))
        else:
            outlet.results.append((Value(payload), ticket, 0))
            if outlet.readers:
                outlet.wake_one()
    if count > 0:
        ahead.took(count)
