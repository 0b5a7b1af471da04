"""What the compiler says about a fault: findings, their codes, and how they are shown.

Every later room makes `Finding`s and imports them from here; `cli/` shows them. Nothing here imports another
room.
"""

from profilec.diagnostics.codes import CODES, Code
from profilec.diagnostics.finding import Finding, also_in, merged
from profilec.diagnostics.suggest import did_you_mean
from profilec.diagnostics.text import render

__all__ = ["CODES", "Code", "Finding", "also_in", "did_you_mean", "merged", "render"]
