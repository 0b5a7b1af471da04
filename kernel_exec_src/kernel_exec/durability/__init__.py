"""Durability: checkpoints of runs that halt or must survive their process, and how a run goes on from one.

```
records -> stores, leases -> journal -> opening
```

A durable run keeps a journal of the messages on their way. At a halt, and in `strong` mode before every
handler, the journal is kept as a checkpoint in the store that the host bound as `"checkpoints"`. Resuming is
at least once: a handler may run again, with the same `ctx.idempotency_key`.
"""

from __future__ import annotations

from kernel_exec.durability.journal import Journal
from kernel_exec.durability.opening import Reopened, begin, reopen
from kernel_exec.durability.records import Place
from kernel_exec.durability.sqlite import SqliteCheckpoints  # profilec: only NATIVE
from kernel_exec.durability.stores import CheckpointStore, Durability, MemoryCheckpoints, durability_of

__all__ = [
    "CheckpointStore",
    "Durability",
    "Journal",
    "MemoryCheckpoints",
    "Place",
    "Reopened",
    "SqliteCheckpoints",  # profilec: only NATIVE
    "begin",
    "durability_of",
    "reopen",
]
