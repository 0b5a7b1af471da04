"""Moves the messages of a run: the driver hand-off, the same text in every tree.

Stands between `program`, which it walks, and `instance`, which it serves. `scheduler` is the heart and states
the rules; `cells` is the state it moves, `assembly` makes that state from a program, `outlet` is the host's
side, and what only
some nodes need stands beside: `invocation`, `spilling`.
"""

from kernel_exec.scheduler.assembly import Host, assemble
from kernel_exec.scheduler.journaling import answer, attach, restore
from kernel_exec.scheduler.scheduler import Scheduler

__all__ = ["Host", "Scheduler", "answer", "assemble", "attach", "restore"]
