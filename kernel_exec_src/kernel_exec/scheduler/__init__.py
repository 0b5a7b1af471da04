"""Moves the messages of a run: the driver hand-off, the same text in every tree.

Stands between `program`, which it walks, and `instance`, which it serves. `scheduler` is the heart and states
the rules: who may move what. `run` is what it moves, sends and ends; `cells` are its smallest parts, which
`assembly` makes from a program; `doors` and `outlet` are the host's side. What only some nodes or runs need
stands beside: `invocation`, `spilling`, `journaling`, `observation`.
"""

from kernel_exec.scheduler.assembly import Host, assemble
from kernel_exec.scheduler.doors import END, ROOM
from kernel_exec.scheduler.journaling import answer, attach, restore
from kernel_exec.scheduler.scheduler import Scheduler

__all__ = ["END", "ROOM", "Host", "Scheduler", "answer", "assemble", "attach", "restore"]
