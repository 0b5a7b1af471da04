"""The moving parts of one run: nodes, edges, segments, drivers, and the messages between them.

Plain state without behaviour, made by `assembly` from a `Program`; `scheduler` moves it and says when. What
may be read off a cell at any moment between two steps of the event loop:

- A node is `idle` (nobody holds it, its inbox is empty) or it is in exactly one of these places: `ready` (its
  inbox has a message or its output found room), held by one driver (its handler runs), or blocked (`pending`
  says what it still has to send). That is why one invocation of a node runs at a time.
- `edge.held` is the number of messages of that edge in the inbox of its target, spilled ones left out.
- `segment.busy` is the number of its inner nodes, those behind the first, that are not idle.

What travels with a message besides its payload is a ticket, one number. Bit 0 says whether the message holds
the permit that its `send` took. Where a program is traced the bits above name the message, the same on every
attempt: the number of the `send` it comes from, and which branch it took at every fan-out since. Elsewhere
they only count, and nobody reads them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from operator import length_hint
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kernel_exec.context import NodeContext
from kernel_exec.offload import Ahead
from kernel_exec.program import Manner

if TYPE_CHECKING:
    from kernel_exec.spill import SpillLane

type Message = tuple[Any, Edge, int, Parcel | int | None]
"""A queued message: payload, the edge it came by, its ticket, and what else travels with it: its size in
bytes where queues are weighed, a parcel where it is timed or spilled.
"""


type Work = tuple[Node, Any, int]
"""What a driver can take up: a node that was claimed for it, a payload and its ticket; or a node that is
ready, no payload, and `LOOK`."""

LOOK: Final = -1
"""In the place of a ticket: what there is to do waits at the node itself."""


class Pending(NamedTuple):
    """What a blocked node has yet to send: `routes` from position `at`; -1 is the capture queue."""

    payload: Any
    ticket: int
    routes: tuple[Edge, ...]
    at: int


type Waiter = Node | asyncio.Future[None]
"""Who waits for room: a node with something pending, or a send of the host."""


class Spilled(NamedTuple):
    """Where a payload went that an edge had no room for: the item that stands for it, and its bytes there."""

    lane: SpillLane
    item: Any
    size: int


class Parcel:
    """What travels with a message on an edge that spills or has a timeout, until its handler has ended."""

    __slots__ = ("due", "size", "spilled", "timer")

    def __init__(self, size: int, spilled: Spilled | None) -> None:
        self.size = size
        self.timer: asyncio.TimerHandle | None = None
        self.due: float  # of the timer, on the loop's clock; not every loop's timers can tell
        self.spilled = spilled


class Segment:
    """A maximal line of plain nodes, each the only target of the one before it and fed by nothing else.

    While no other of its inner nodes is busy, one driver may run its handlers one after the other with no
    bookkeeping: nobody else can reach the nodes inside. It may go on with another segment, where several lead
    to one, while that is idle: so there are segments of two, which begin as the `short` one does, and as the
    other from `merge` on.
    """

    __slots__ = ("busy", "calls", "emits", "hops", "last", "merge", "nodes", "short")

    def __init__(
        self, nodes: tuple[Node, ...], merge: Node | None = None, short: Segment | None = None
    ) -> None:
        self.busy = 0
        self.nodes = nodes
        self.hops = len(nodes)
        self.last = nodes[-1]
        self.emits = self.last.emits
        """What its last node returns goes to the host and nowhere else."""
        self.calls = tuple([node.call for node in nodes])
        """How to call the handlers of `nodes`."""
        self.merge = merge
        self.short = short


class Node:
    """One node of the run. The first group never changes after assembly, the second is its state.

    What is declared and nothing else, `assembly` fills in for every node that a driver may hold.
    """

    __slots__ = (
        "ahead",
        "alias",
        "awaited",
        "call",
        "captures",
        "context",
        "contextual",
        "emits",
        "gate",
        "halts",
        "idle",
        "inbox",
        "inner",
        "line",
        "manner",
        "onward",
        "parcel",
        "pending",
        "plain",
        "ready",
        "routes",
        "segment",
        "spills",
        "way",
    )

    def __init__(self, alias: str, manner: Manner) -> None:
        self.alias = alias
        self.manner = manner
        self.awaited = manner is Manner.AWAITED
        self.contextual = False
        """Its handler asks for its context."""
        self.context: NodeContext
        """What it sees of the run in the invocation that began last, if it asks."""
        self.call: Callable[[Any], Any]
        self.ahead: Ahead | None
        """What works ahead on the messages in its inbox, if anything does."""
        self.captures: bool
        self.halts: bool
        self.plain: bool
        """Awaiting or calling the handler is all there is to an invocation."""
        self.spills: bool
        """An edge out of it can spill, so that sending may have to wait for a lane."""
        self.routes: tuple[Edge, ...]
        self.gate: Callable[[Any], tuple[Edge, ...]] | None = None
        """Chooses the routes of one payload where a control surface has a say."""
        self.emits: bool
        """Its output goes to the host and nowhere else."""
        self.onward: Node | None = None
        """The one place its output can go, if it may be handed there directly."""
        self.way: Edge | None = None
        """The edge there, if a message may be queued on it as it is: queues are not weighed."""
        self.segment: Segment
        self.inner = False
        """It is not the first of its segment."""
        self.line: Segment | None = None
        """The line that begins here, if it pays to run it as a whole: more nodes follow, or what comes
        out goes to the host."""

        self.ready: Work = (self, None, LOOK)
        """What stands for it in the work of its run while it is ready."""

        self.idle = True
        self.inbox: deque[Message]
        self.pending: Pending | None = None
        self.parcel: Parcel | None = None


class Edge:
    """One edge of the run, or the entrance to a trigger. `blocked` are those who found no room on it."""

    __slots__ = (
        "blocked",
        "branch",
        "capacity",
        "held",
        "label",
        "lane",
        "line",
        "spilled_bytes",
        "target",
        "threshold",
        "tier",
        "timeout",
        "wrapped",
    )

    line: Segment
    """What a tour carries as a whole from here on; set where there are tours."""

    def __init__(self, label: str, target: Node, capacity: int) -> None:
        self.label = label
        self.target = target
        self.capacity = capacity
        self.timeout: float | None = None
        """Seconds from acceptance to the end of the target's handler."""
        self.tier: str | None = None
        self.threshold: int | None = None
        """Bytes from which a payload spills even while there is room."""
        self.lane: SpillLane | None = None
        """Opened by the first message that spills."""
        self.wrapped = False
        """Every message of it is queued and travels with a parcel: it is timed, measured or observed."""
        self.branch = 0
        """Its number among the ways out of its source, from 1, where messages are named and there are
        several."""
        self.held = 0
        self.spilled_bytes = 0
        self.blocked: Sequence[Waiter] = ()


class Weights:
    """What all queues of the run hold, in estimated bytes, and the bound (kernel decision 14)."""

    __slots__ = ("blocked", "held", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0
        self.blocked: Sequence[Waiter] = ()


class Driver:
    """One coroutine that carries messages, and how far it has come."""

    __slots__ = (
        "attended",
        "calls",
        "interrupted",
        "left",
        "line",
        "node",
        "task",
        "ticket",
    )

    ticket: int
    """Of the message that it carries, while it is on a tour."""

    def __init__(self) -> None:
        self.attended = True
        """The pump that started it is still below it on the stack: it has never suspended."""
        self.node: Node
        """The node whose handler it runs, once it has one and is not in an exclusive run."""
        self.line: Segment | None = None
        """What it runs exclusively, while it does; then it holds the first node of that."""
        self.calls: Any = None
        """What is left of that run: an iterator over the tuple of calls of its segment."""
        self.left = 0
        """How many hops of its pace it had not gone when it ended."""
        self.task: asyncio.Task[None] | None = None
        self.interrupted = False
        """Its handler was cancelled and has not ended."""

    def interrupt(self) -> None:
        """Cancel the handler that has suspended, once: what it then awaits to clean up is left to it."""
        if self.task is not None and not self.interrupted:
            self.interrupted = True
            self.task.cancel()

    async def heed(self, task: asyncio.Task[None]) -> None:
        """Raise the cancellation that the handler asked for and did not wait for."""
        await asyncio.sleep(0)
        while task.uncancel():
            pass
        self.interrupted = False

    def standing(self) -> Node:
        """Return the node that an exclusive run has come to.

        The iterator knows, so that no hop has to note it.
        """
        assert self.line is not None
        nodes = self.line.nodes
        return nodes[len(nodes) - length_hint(self.calls) - 1]


_ROOT_BITS = 40
_BRANCH_BITS = 20


def branch_of(ticket: int, branch: int) -> int:
    """Return the ticket of the message that goes on along way `branch` (from 1) of a fan-out."""
    name = ticket >> 1
    root = name & (1 << _ROOT_BITS) - 1
    path = name >> _ROOT_BITS << _BRANCH_BITS | branch
    return (path << _ROOT_BITS | root) << 1 | ticket & 1


def name_of(ticket: int) -> str:
    """Return the name of a message: `7` for the seventh sent, `7.2` for its second branch."""
    name = ticket >> 1
    parts = []
    path = name >> _ROOT_BITS
    while path:
        parts.append(str(path & (1 << _BRANCH_BITS) - 1))
        path >>= _BRANCH_BITS
    parts.append(str(name & (1 << _ROOT_BITS) - 1))
    return ".".join(reversed(parts))


def ticket_of(name: str, *, permit: bool) -> int:
    """Return the ticket of the message that `name_of` named, with or without a permit."""
    root, *branches = map(int, name.split("."))
    ticket = root << 1 | permit
    for branch in branches:
        ticket = branch_of(ticket, branch)
    return ticket
