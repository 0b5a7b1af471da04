"""Durable runs: noting in the journal what a node has done, and waiting until it is kept.

Beside the drivers, which come here by way of `invocation` where the run has a journal. A message is noted at
the node it goes to before it is sent there, under the ticket that it will carry.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from kernel_exec.errors import ExecutionError
from kernel_exec.results import SKIP, Value
from kernel_exec.scheduler.cells import Driver, Edge, Node, branch_of, name_of, ticket_of

if TYPE_CHECKING:
    from kernel_exec.durability import Journal, Place
    from kernel_exec.scheduler.scheduler import Scheduler


def attach(scheduler: Scheduler, journal: Journal) -> None:
    """Let a run be noted in `journal`, and end if somebody else takes its checkpoint over."""
    scheduler.journal = journal
    scheduler.lingers = True
    journal.lease.on_lost = scheduler.stop


async def keep(scheduler: Scheduler, driver: Driver, journal: Journal) -> None:
    """Wait until everything that was noted is kept, if the run is strong: a handler is about to begin."""
    if journal.behind:
        await _stopping_on_failure(scheduler, driver, journal.commit())


def _place_of(journal: Journal, node: Node, ticket: int) -> Place:
    """Return where the message of `ticket` stands that `node` is about to handle."""
    return journal.place(node.alias, name_of(ticket), bool(ticket & 1))


def note_entry(journal: Journal, entrance: Edge, ticket: int, payload: Any) -> None:
    """Note that the host has sent `payload` to the node behind `entrance`."""
    journal.accept(_place_of(journal, entrance.target, ticket), entrance.label, payload)


def note(journal: Journal, node: Node, ticket: int, result: Any) -> None:
    """Note that `node` has returned `result`: its message is where that goes, or at its end."""
    place = _place_of(journal, node, ticket)
    if result is SKIP:
        journal.move(place, (), None, captured=False)
    else:
        journal.move(place, _labelled(_ways(journal, node, ticket, result)), result, captured=node.captures)


async def keep_halted(
    scheduler: Scheduler, driver: Driver, journal: Journal, node: Node, ticket: int, result: Any
) -> str:
    """Keep the run as it is now that `node` halts it, and return the id of the checkpoint."""
    journal.halt(_place_of(journal, node, ticket), result)
    await _stopping_on_failure(scheduler, driver, journal.suspend())
    return journal.checkpoint_id


def restore(scheduler: Scheduler, messages: Iterable[tuple[Place, str, Any]]) -> None:
    """Let messages in where another run left them, by the edges they came by, room or not."""
    ways = [
        *scheduler.entrances.values(),
        *(edge for node in scheduler.nodes.values() for edge in node.routes),
    ]
    # Where aliases hold `->` a label alone may name two ways, but not two to one node.
    edges = {(edge.label, edge.target.alias): edge for edge in ways}
    for place, edge, payload in messages:
        _restore(scheduler, place, edges[edge, place.alias], payload)


def _restore(scheduler: Scheduler, place: Place, edge: Edge, payload: Any) -> None:
    if place.permit and scheduler.permits.free:
        scheduler.permits.free -= 1
    scheduler.queue(edge, payload, ticket_of(place.message, permit=place.permit))


def answer(scheduler: Scheduler, journal: Journal, halted: Place, payload: Any) -> None:
    """Send `payload` on from the node that halted, in the place of what it returned, or fail that node."""
    node = scheduler.nodes[halted.alias]
    ticket = ticket_of(halted.message, permit=halted.permit)
    try:
        onward = tuple(_ways(journal, node, ticket, payload))
        journal.answer(_labelled(onward), payload, captured=node.captures)
    except Exception as error:
        scheduler.fail(node, error)
        return
    if node.captures:
        scheduler.outlet.put(Value(scheduler.copy(payload) if onward else payload), 0)
    for place, edge in onward[:-1]:
        _restore(scheduler, place, edge, scheduler.copy(payload))
    for place, edge in onward[-1:]:
        _restore(scheduler, place, edge, payload)


def _labelled(ways: Iterable[tuple[Place, Edge]]) -> Iterator[tuple[Place, str]]:
    return ((place, edge.label) for place, edge in ways)


def _ways(journal: Journal, node: Node, ticket: int, result: Any) -> Iterator[tuple[Place, Edge]]:
    """Give the places to which `Scheduler.send` sends a result, under the tickets that it gives out."""
    routes = node.routes if node.gate is None else node.gate(result)
    if node.captures:
        ticket &= ~1  # the result has the permit
    for edge in routes:
        name = branch_of(ticket, edge.branch) if edge.branch else ticket
        yield _place_of(journal, edge.target, name), edge
        ticket &= ~1


async def _stopping_on_failure(scheduler: Scheduler, driver: Driver, keeping: Awaitable[None]) -> None:
    """Await the store; if it fails the run does, and no node is to blame."""
    scheduler.before_waiting(driver)
    try:
        await keeping
    except ExecutionError as error:
        scheduler.stop(error)
        raise
