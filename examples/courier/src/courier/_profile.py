"""Compile-time flags. Read by profilec and by editors; never part of a built package."""

from profilec import flag

SOCKETS = flag("sockets")
FILES = flag("files")
BLOCKING = flag("blocking")
