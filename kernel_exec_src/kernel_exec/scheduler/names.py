"""Tickets: what travels with a message besides its payload, as one number.

Bit 0 says whether the message holds the permit that its `send` took. Where a program is traced the bits above
name the
message, the same on every attempt: the number of the `send` it comes from, and which branch it took at every
fan-out since. Elsewhere they only count, and nobody reads them.
"""

from __future__ import annotations

__all__ = ["branch_of", "name_of", "ticket_of"]

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
